package capability

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// names reads a table of charges whose capability a reader has told: "a|b" where either is right, "-" where
// nothing of interest is.
func names(t *testing.T, path string, comma rune) []map[string]string {
	t.Helper()
	f, err := os.Open(recordtest.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = comma, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

// told compares what was found with what a reader says.
func told(capability, want string) bool {
	if want == "-" {
		return capability == ""
	}
	return slices.Contains(strings.Split(want, "|"), capability)
}

// TestAzureMeters: three quarters of the AI meters of Azure's public price list, as FOCUS 1.0 and 1.2 show them,
// under the old name of their service and the new one.
func TestAzureMeters(t *testing.T) {
	rows := names(t, "data/focus/meters/azure-ai-meters.csv", ',')
	for _, service := range []string{"Azure AI Services", "Foundry Tools", "Cognitive Services"} {
		t.Run(service, func(t *testing.T) {
			good := 0
			for _, r := range rows {
				c := Charge{
					Category: "AI and Machine Learning", Service: service, Meter: r["MeterName"],
					Words: r["MeterSubCategory"] + " :: ", Unit: r["ConsumedUnit"], Provider: "Microsoft",
				}
				a := Service(c)
				if told(a.Capability, r["capability"]) {
					good++
				} else {
					t.Logf("%s / %s [%s] is %q %v, want %s: %s", r["MeterSubCategory"], r["MeterName"],
						r["ConsumedUnit"], a.Capability, a.May, r["capability"], a.Evidence)
				}
			}
			if share := float64(good) / float64(len(rows)); share < 0.99 {
				t.Errorf("%d of %d meters (%.1f %%) reach their capability", good, len(rows), share*100)
			}
		})
	}
}

// TestProviderNames: names of services, meters and SKUs of several providers, in the columns of each.
func TestProviderNames(t *testing.T) {
	rows := names(t, "cases/bills/real-service-names/names.tsv", '\t')
	good := 0
	for _, r := range rows {
		c := Charge{Category: r["ServiceCategory"], Subcategory: r["ServiceSubcategory"], Service: r["ServiceName"],
			Meter: r["SkuMeter"], Unit: r["ConsumedUnit"], Provider: r["provider"]}
		if c.Meter == "" {
			c.Meter = r["x_SkuMeterName"] + r["x_UsageType"]
		}
		product, meter := strings.TrimSpace(r["x_SkuMeterSubcategory"]+" "+r["x_ServiceCode"]),
			strings.TrimSpace(r["x_Operation"]+" "+r["ChargeDescription"])
		c.Words = product + " :: " + meter
		a := Service(c)
		switch {
		case !told(a.Capability, r["capability"]):
			t.Logf("%+v is %q %v, want %s: %s", c, a.Capability, a.May, r["capability"], a.Evidence)
		case r["measure"] != "" && a.Measure != r["measure"]:
			t.Logf("%+v counts in %q, want %s: %s", c, a.Measure, r["measure"], a.Evidence)
		case r["capability"] == "-" && len(a.May) > 0:
			t.Logf("%+v may be %v, and is of no interest: %s", c, a.May, a.Evidence)
		default:
			good++
		}
	}
	if share := float64(good) / float64(len(rows)); share < 0.97 {
		t.Errorf("%s names reach their capability and measure", fmt.Sprintf("%d of %d", good, len(rows)))
	}
}

// TestQualityServices prints how many public names of services, meters and SKUs reach the capability that a reader
// gives them, by provider and by what the bill shows (FOCUS 1.2 with the meter, 1.0 with the x_ columns), and by
// language.
func TestQualityServices(t *testing.T) {
	type share struct{ good, all int }
	got := map[string]*share{}
	count := func(name string, ok bool) {
		if got[name] == nil {
			got[name] = &share{}
		}
		got[name].all++
		if ok {
			got[name].good++
		}
	}
	for _, r := range names(t, "data/focus/meters/azure-ai-meters.csv", ',') {
		for _, service := range []string{"Azure AI Services", "Foundry Tools", "Cognitive Services"} {
			c := Charge{Category: "AI and Machine Learning", Service: service, Unit: r["ConsumedUnit"],
				Provider: "Microsoft"}
			c12, c10 := c, c
			c12.Meter, c12.Words = r["MeterName"], r["MeterSubCategory"]+" :: "
			c10.Meter, c10.Words = r["MeterName"], service+" | "+r["MeterSubCategory"]+" :: "+r["MeterName"]
			count("Azure AI meters, FOCUS 1.2", told(Service(c12).Capability, r["capability"]))
			count("Azure AI meters, FOCUS 1.0 with x_ columns", told(Service(c10).Capability, r["capability"]))
		}
	}
	for _, r := range names(t, "cases/bills/real-service-names/names.tsv", '\t') {
		c := Charge{Category: r["ServiceCategory"], Subcategory: r["ServiceSubcategory"], Service: r["ServiceName"],
			Meter: r["SkuMeter"], Unit: r["ConsumedUnit"], Provider: r["provider"]}
		if c.Meter == "" {
			c.Meter = r["x_SkuMeterName"] + r["x_UsageType"]
		}
		c.Words = strings.TrimSpace(r["x_SkuMeterSubcategory"]+" "+r["x_ServiceCode"]) + " :: " +
			strings.TrimSpace(r["x_Operation"]+" "+r["ChargeDescription"])
		count("names of "+r["provider"], told(Service(c).Capability, r["capability"]))
	}
	for _, r := range slices.Concat(testCharges(t, "testdata/service-names.tsv"),
		testCharges(t, "testdata/more-names.tsv"), testCharges(t, "testdata/listed-names.tsv")) {
		a := Service(chargeOf(r))
		ok := told(a.Capability, r[7]) || slices.Contains(strings.Split(r[7], "|"), "?") && len(a.May) > 0
		if !ok && r[7] != "-" && a.Capability == "" && len(a.May) == 0 { // absent is worse than unknown
			t.Errorf("%s %q %q is taken for nothing of interest, and is %s: %s", r[0], r[3], r[4], r[7], a.Evidence)
		}
		if !ok {
			t.Logf("%q is %q %v, want %s: %s", r, a.Capability, a.May, r[7], a.Evidence)
		}
		count("own collection, "+r[0], ok)
	}
	for _, r := range testCharges(t, "testdata/ordinary-names.tsv") {
		count(r[0], !accused(Service(chargeOf(r))))
		count("ordinary, told as such", len(Service(chargeOf(r)).May) == 0)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		s := got[name]
		part := float64(s.good) / float64(s.all)
		t.Logf("%-50s %5d of %5d  %5.1f %%", name, s.good, s.all, 100*part)
		least := 0.95
		switch {
		case strings.HasPrefix(name, "Azure"):
			least = 0.97
		case name == "ordinary, told as such": // the rest is unknown, which costs an answer and accuses nobody
			least = 0.90
		case strings.HasPrefix(name, "ordinary"):
			least = 1
		}
		if part < least {
			t.Errorf("%s: %.1f %% is below %.0f %%", name, 100*part, 100*least)
		}
	}
}

// chargeOf is the charge of a row of [testCharges].
func chargeOf(r []string) Charge {
	return Charge{Provider: r[1], Category: r[2], Service: r[3], Meter: r[4], Words: r[5], Unit: r[6]}
}

// accused reports whether a charge counts as something that it is not, when nothing of interest is: storage is used by
// everybody.
func accused(a ServiceAssignment) bool { return a.Capability != "" && a.Capability != BulkStorage }

// TestOrdinaryServices: no name of an ordinary service counts as speech, faces, translation, an accelerator or the
// like, whatever of it the bill shows.
func TestOrdinaryServices(t *testing.T) {
	for _, r := range testCharges(t, "testdata/ordinary-names.tsv") {
		for _, part := range lesser(chargeOf(r)) {
			if a := Service(part); accused(a) {
				t.Errorf("%+v is %q: %s", part, a.Capability, a.Evidence)
			}
		}
	}
}

// TestNeverAbsent: a name of a service of interest may lose its category, its meter, its unit or its provider. It is
// then told, or unknown, and never of no interest.
func TestNeverAbsent(t *testing.T) {
	for _, r := range slices.Concat(testCharges(t, "testdata/service-names.tsv"),
		testCharges(t, "testdata/more-names.tsv")) {
		if told("", r[7]) || slices.Contains(strings.Split(r[7], "|"), "-") {
			continue
		}
		for _, part := range lesser(chargeOf(r)) {
			if a := Service(part); a.Capability == "" && len(a.May) == 0 {
				t.Errorf("%+v is of no interest, and is %s: %s", part, r[7], a.Evidence)
			}
		}
	}
}

// lesser is a charge as it is, and with each of its columns away.
func lesser(c Charge) []Charge {
	out := []Charge{c, c, c, c, c}
	out[1].Category = ""
	out[2].Meter, out[2].Words = "", ""
	out[3].Unit = ""
	out[4].Provider = ""
	return out
}

// testCharges reads a table of this package's own.
func testCharges(t *testing.T, path string) (out [][]string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if !strings.HasPrefix(line, "#") && len(f) >= 9 && f[0] != "language" {
			out = append(out, f)
		}
	}
	return out
}

// TestChargesOfProviders: testdata/charges.tsv.
func TestChargesOfProviders(t *testing.T) {
	b, err := os.ReadFile("testdata/charges.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		f := strings.Split(line+strings.Repeat("\t", 9), "\t")
		if strings.HasPrefix(line, "#") || line == "" || f[0] == "provider" {
			continue
		}
		t.Run(fmt.Sprintf("line %d", i+1), func(t *testing.T) {
			c := Charge{Provider: f[0], Category: f[1], Service: f[2], Meter: f[3], Words: f[4], Unit: f[5]}
			a := Service(c)
			capability := a.Capability
			if len(a.May) > 0 {
				capability = "?"
			} else if capability == "" {
				capability = "-"
			}
			if !slices.Contains(strings.Split(f[6], "|"), capability) {
				t.Errorf("%+v is %q %v, want %s: %s", c, a.Capability, a.May, f[6], a.Evidence)
			}
			if f[7] != "" && a.Measure != f[7] {
				t.Errorf("%+v is counted in %q, want %s: %s", c, a.Measure, f[7], a.Evidence)
			}
			if f[8] != "" && !slices.Contains(a.May, f[8]) {
				t.Errorf("%+v may be %v, want %s among them: %s", c, a.May, f[8], a.Evidence)
			}
			if a.UnitUnknown != (a.Wants != "") || a.UnitUnknown && a.Measure != "" {
				t.Errorf("%+v: %+v", c, a)
			}
		})
	}
}
