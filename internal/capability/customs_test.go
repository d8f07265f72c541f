package capability

import "testing"

// TestCustomsCodes: what codes of goods stand for, whatever their scheme is called.
func TestCustomsCodes(t *testing.T) {
	for _, tt := range []struct{ scheme, code, want string }{
		{"HS", "9301.20", Arms}, {"HS", "9306", Arms}, {"CN", "9305 91 00", Arms}, {"HS Code", "870710", ""},
		{"Zolltarifnummer", "8429 51 99", HeavyMachinery},
		{"HS", "8431.42", HeavyMachinery}, {"HS", "8431.41", HeavyMachinery}, {"HS", "8431.31", ""},
		{"HS", "8430.20", ""}, {"HS", "8704.21", Vehicles},
		{"HS", "2710.19", Fuel}, {"HS", "7313.00", Barriers}, {"HS", "8807.30", Drones}, {"HS", "9013.10", Optics},
		{"", "8429.11", HeavyMachinery},
		{"UNSPSC", "22101703", HeavyMachinery}, {"CPV", "43600000-6", HeavyMachinery}, {"CPV", "38632000-6", Optics},
		{"FSC", "3830", HeavyMachinery},
		{"ECCN", "9A012.a", Drones}, {"HS", "8419.81", ""}, {"HS", "4802.56", ""},
	} {
		t.Run(tt.scheme+" "+tt.code, func(t *testing.T) {
			a := Item("", tt.scheme, tt.code)
			found := tt.want == "" && !a.has(Arms, HeavyMachinery, Vehicles, Fuel, Barriers, Drones, Optics) ||
				a.has(tt.want)
			if !found {
				t.Errorf("%v, want %q", a.Capabilities, tt.want)
			}
		})
	}
}

func (a Assignment) has(classes ...string) bool {
	for _, c := range a.Capabilities {
		for _, w := range classes {
			if c == w {
				return true
			}
		}
	}
	return false
}

func TestUnit(t *testing.T) {
	for _, tt := range []struct {
		in     string
		unit   string
		factor float64
	}{{"", "piece", 1}, {"pcs.", "piece", 1}, {"Stück", "piece", 1}, {"штук", "piece", 1}, {"dozen", "piece", 12},
		{"тыс. шт.", "piece", 1000}, {"kg", "kg", 1}, {"t", "kg", 1000}, {"Tonnes", "kg", 1000},
		{"lbs", "kg", 0.45359237},
		{"g", "kg", 0.001}, {"m³", "l", 1000}, {"km", "m", 1000}, {"ton", "ton", 1}, {"pairs", "pairs", 1}} {
		t.Run(tt.in, func(t *testing.T) {
			if unit, factor := Unit(tt.in); unit != tt.unit || factor != tt.factor {
				t.Errorf("Unit(%q) = %q, %v, want %q, %v", tt.in, unit, factor, tt.unit, tt.factor)
			}
		})
	}
}
