package compare

import "testing"

// Each rule changes the score of one of these pairs: without it, the pair has another score.
func TestOrgRules(t *testing.T) {
	row := map[string][2]string{
		"no word is sure": {"Kestral Borlin", "Kestrab Bormin"},
		"words on one side only, or against each other": {"Quorvane Optics Holding", "Quorvane Shipyards Holding"},
		"numbers":     {"Quorvane 7", "Quorvane 9"},
		"legal forms": {"Quorvane Relief e.V.", "Quorvane Relief GmbH"},
		"other spaces and another spelling, and nothing else": {"Lan Thir", "Lenthyr"},
		"a name of one word": {"Quorvane", "Quorvene"},
		"general words alone": {"Vantech International Trading Company",
			"Vartech International Trading Company"},
		"single letters alone":           {"P&I", "P.AD Ltd."},
		"general words in two languages": {"Bank Trading", "Banque Commerce"},

		"a body of several people against an office": {"Department of National Defence",
			"National Defense Commission"},
		"letters alone that stand for the words of a body": {"MSS", "Ministry of State Security"},
		"one office by two words, and nothing says whose":  {"Police Department", "Police Service"},
	}
	for i := range orgRules {
		r := &orgRules[i]
		t.Run(r.what, func(t *testing.T) {
			p := row[r.what]
			with := Pair("Company", p[0], p[1])
			kept := r.apply
			r.apply = func(_ *orgPair, v float32) float32 { return v }
			without := Pair("Company", p[0], p[1])
			r.apply = kept
			if p[0] == "" || with >= without {
				t.Errorf("%q and %q score %.3f with the rule and %.3f without it", p[0], p[1], with, without)
			}
		})
	}
}

func TestPersonRules(t *testing.T) {
	row := map[string][2]string{
		"other spaces and another spelling, and nothing else": {"Abel Tarim", "Abeltaryim"},
		"no word is sure":             {"Kestral Borlin", "Kestrab Bormin"},
		"words against each other":    {"Tarim Quenlow", "Tarim Ostrand"},
		"words on one side only":      {"Tarim Quenlow", "Tarim Walrad Quenlow"},
		"one word of several":         {"Quenlow", "Tarim Quenlow"},
		"an initial on one side only": {"Tarim Quenlow", "Tarim J. Quenlow"},
		"a name of one word":          {"Quenlow", "Quenlau"},
		"father and son":              {"Tarim bin Walrad", "Walrad bin Tarim"},
		"two Korean names":            {"Cho Pung Sok", "Choe Pung Sok"},
		"junior and senior":           {"Tom Quenlow Jr", "Tom Quenlow Sr"},
		"a word that is hardly near":  {"Tarim North", "Tarim South"},
	}
	for i := range personRules {
		r := &personRules[i]
		t.Run(r.what, func(t *testing.T) {
			p := row[r.what]
			with := Pair("Person", p[0], p[1])
			kept := r.apply
			r.apply = func(_ *personPair, v float32) float32 { return v }
			without := Pair("Person", p[0], p[1])
			r.apply = kept
			if p[0] == "" || with >= without {
				t.Errorf("%q and %q score %.3f with the rule and %.3f without it", p[0], p[1], with, without)
			}
		})
	}
}

// Each way in which two words are alike or not, in the order in which they are tried.
func TestWordSim(t *testing.T) {
	for _, tt := range []struct {
		what, a, b  string
		least, most float64
	}{
		{"equal", "Quorvane Optics", "Quorvane Optics", 1, 1},
		{"one meaning", "Quorvane Bank", "Quorvane Banque", 0.9, 1},
		{"two meanings", "Quorvane Bank", "Quorvane Shipping", 0, 0.7},
		{"an abbreviation spelt in another way", "Q.V.X. Kestrel", "Q.V.Y. Kestrel", 0, 0.7},
		{"one sound without vowels", "شركة كورفان", "Korfan Company", 0.7, 1},
		{"another vowel", "محمد الدوري", "Mahmoud Alduri", 0, 0.95},
		{"one consonant apart", "ضياءالمنصور", "Zayalmansur", 0, 0.95},
		{"other consonants", "شركة كورفان", "Baltrum Company", 0, 0.5},
		{"a slip", "Quorvane", "Quorvnae", 0.7, 0.99},
		{"too far", "Quorvane", "Quislane", 0, 0.7},
		{"another syllable", "海光", "Haigong", 0, 0.9},
		{"a word of another language in Kana", "ブリヂストン", "Bridgestone", 0.79, 1},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if v := Pair("Company", tt.a, tt.b); v < tt.least || v > tt.most {
				t.Errorf("%q and %q score %.3f, want %.2f to %.2f", tt.a, tt.b, v, tt.least, tt.most)
			}
		})
	}
}

// Korean names in Latin letters: each syllable counts, and the family name may stand at either end.
func TestKoreanNames(t *testing.T) {
	for _, tt := range []struct {
		what, a, b string
		same       bool
	}{
		{"other spaces and hyphens", "PAK, Tok-Hun", "Pak Tok Hun", true},
		{"another romanisation", "Ri Yong Sok", "Lee Young-suk", true},
		{"a particle of other languages", "Pak Kyong Il", "Park Kyung-il", true},
		{"the family name last", "Tok Hun Pak", "Pak Tok Hun", true},
		{"another family name", "CHOE, Pung Yong", "CHO, Pung-ryong", false},
		{"a syllable more", "Jo Sok", "Jo Kyong Sok", false},
		{"a syllable more, and another", "Pak, Tong-Myong", "Pak, Song", false},
		{"the given name turned round", "Ri Hyok Song", "Ri Song Hyok", false},
		{"the same three syllables of another family", "KIM PUNG CHOL", "CHOE PUNG IL", false},
		{"no Korean name", "Kim Larsen", "Kim Peter Larsen", true},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if v := Pair("Person", tt.a, tt.b); (v >= Threshold) != tt.same {
				t.Errorf("%q and %q score %.3f, want a match: %v", tt.a, tt.b, v, tt.same)
			}
		})
	}
}
