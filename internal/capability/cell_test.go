package capability

import (
	"slices"
	"testing"
)

func TestCodeCells(t *testing.T) {
	for _, tt := range []struct {
		name, scheme, code string
		gives              string // a class that the thing has, "" for none
		understood         bool
	}{
		{"paper, then cartridges", "HS", "4802.56; 9306.30", Arms, true},
		{"cartridges, then paper", "HS", "9306.30 | 4802.56", Arms, true},
		{"parted by a comma", "CPV", "30192000-1, 35321000-4", Arms, true},
		{"parted by a space", "CPV", "30192000-1 35321000-4", Arms, true},
		{"parted by a stroke", "HS", "4802 56/9306 30", Arms, true},
		{"lines of a cell", "UNSPSC", "44121500\n46101501", Arms, true},
		{"paper and pens", "HS", "4802.56; 9608.10", "", true},
		{"paper and what is no code", "HS", "4802.56; 0000.00", "", false},
		{"cartridges and what is no code", "HS", "9306.30; 0000.00", Arms, false},
		{"one code in groups", "HS", "9306 30 90", Arms, true},
		{"an edition before the code", "HS", "HS2022:930630", Arms, true},
		{"an edition with a space", "HS", "2017 9306.30", Arms, true},
		{"heading 2008 is fruit", "HS", "2008.11", "", true},
		{"Arabic-Indic digits", "HS", "٩٣٠٦٫٣٠", Arms, true},
		{"Persian digits", "HS", "۹۳۰۶۳۰", Arms, true},
		{"dots in the vocabulary", "CPV", "35.32.10.00-4", Arms, true},
		{"spaces in the vocabulary", "CPV", "35 321 000", Arms, true},
		{"UNSPSC with hyphens", "UNSPSC", "46-10-15-01", Arms, true},
		{"a word and the scheme", "Código CPV", "35321000", Arms, true},
		{"a version of the scheme", "UNSPSC v26", "46101501", Arms, true},
		{"the vocabulary of 2003", "CPV 2003", "35321000", "", false},
		{"customs in French", "code douanier", "8430 41 00", HeavyMachinery, true},
		{"customs in Spanish", "partida arancelaria", "9306.30", Arms, true},
		{"stock number", "NATO stock number", "1305-12-345-6789", Arms, true},
		{"a scheme that is none", "Lots", "X12", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Item("", tt.scheme, tt.code)
			if tt.gives == "" && len(a.Capabilities) > 0 || tt.gives != "" && !slices.Contains(a.Capabilities,
				tt.gives) || a.Understood != tt.understood {
				t.Errorf("%v, understood %v; want %q, %v", a.Capabilities, a.Understood, tt.gives, tt.understood)
			}
		})
	}
}

func TestControlColumns(t *testing.T) {
	for _, tt := range []struct {
		name, scheme, code string
		controlled         string // "" for none
		unlisted           bool
	}{
		{"a number of the munitions list alone", "ML", "13.c", "ML13.c", false},
		{"the list by its name", "Common Military List", "ML1", "ML1", false},
		{"the German list", "Ausfuhrliste", "0006", "ML6", false},
		{"the German list with its part", "AL", "A 0001", "ML1", false},
		{"the annex in German", "Anhang I", "4A005", "4A005", false},
		{"the annex in French", "Annexe I", "4D004", "4D004", false},
		{"a category with its section", "USML", "121.1 VIII(a)", "USML VIII", false},
		{"a category abbreviated", "ITAR", "Cat. XII (c)", "USML XII", false},
		{"an entry of another matter", "ECCN", "1C350", "", true},
		{"an entry of the UK's list", "PL", "PL9009", "", true},
		{"what is no entry", "ECCN", "see annex", "", true},
		{"what is no category", "USML", "foo", "", true},
		{"no category of that number", "ML", "ML99", "", true},
		{"the basket", "ECCN", "EAR99", "", false},
		{"no licence required", "ECCN", "NLR", "", false},
		{"an empty cell in words", "ECCN", "n/a", "", false},
		{"the 990 series", "ECCN", "3A991.a", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Item("", tt.scheme, tt.code)
			got := ""
			if len(a.Controlled) > 0 {
				got = a.Controlled[0]
			}
			if got != tt.controlled || a.Unlisted != tt.unlisted || a.Unlisted && !a.HintsControl {
				t.Errorf("controlled %q, unlisted %v, hints %v", got, a.Unlisted, a.HintsControl)
			}
		})
	}
}

func TestGoodsInMoreWords(t *testing.T) {
	for _, tt := range []struct{ item, gives string }{
		{"Artilleriemunition 155 mm", Arms}, {"Obus de 155 mm", Arms}, {"Intercepteur IMSI", Interception},
		{"مناظير ليلية", "optics"}, {"Drohnenteile", "drones"},
		{"Fil barbelé", "barriers"}, {"Alambre de púas", "barriers"}, {"Filo spinato", "barriers"},
		{"Arame farpado", "barriers"}, {"Колючая проволока", "barriers"}, {"أسلاك شائكة", "barriers"},
	} {
		t.Run(tt.item, func(t *testing.T) {
			if a := Item(tt.item, "", ""); !slices.Contains(a.Capabilities, tt.gives) {
				t.Errorf("%v, want %s", a.Capabilities, tt.gives)
			}
		})
	}
}
