package resolve

import (
	"slices"
	"testing"
)

// Each piece of a weight stands in one of these pairs, with its sign.
func TestPieceRules(t *testing.T) {
	addressed := func(name, address string) Mention {
		m := published(name, "")
		m.Ref.Address = address
		return m
	}
	seen := map[int]bool{}
	for _, tt := range []struct {
		part int
		sign float64
		ms   []Mention
	}{
		{partPrior, -1, []Mention{reg("Quorvane Biometrics", "GB"), published("Quorvane Biometrics", "GB")}},
		{partName, 1, []Mention{reg("Quorvane Biometrics", "GB"), published("Quorvane Biometrics", "GB")}},
		{partCountry, 1, []Mention{reg("Quorvane Biometrics", "GB"), published("Quorvane Biometrics", "England")}},
		{partPlace, 1, []Mention{reg("Quorvane Biometrics", "Vessia"), published("Quorvane Biometrics", "Vessia")}},
		{partAddress, 1, []Mention{addressed("Quorvane Biometrics", "7 Mill Street"),
			addressed("Quorvane Biometrics AG", "7, Mill Street")}},
		{partNumber, 1, []Mention{reg("Quorvane Biometrics", "", "0120 9384"),
			reg("Quorvane Biometrics", "", "", "GB-COH:01209384")}},
		{partForm, 1, []Mention{reg("Quorvane Biometrics Ltd"), published("Quorvane Biometrics Limited", "")}},
		{partForm, -1, []Mention{reg("Quorvane Biometrics GmbH", "DE"), published("Quorvane Biometrics AG", "DE")}},
		{partAbroad, -1, []Mention{reg("Delta Quorvane Lanthir GmbH"), published("Delta Quorvane Lanthir", "SG")}},
		{partRegisters, -1, []Mention{reg("Fenervick Orchards Lanthir Kestrel Ltd", "", "", "NL-KVK:30281733"),
			reg("Fenarvick Orchards Lanthir Kestrel Ltd", "", "", "GB-COH:08812764")}},
		{partOwn, 1, []Mention{reg("Quorvane Biometrics", "GB"), reg("Quorvane Biometrics")}},
		{partState, -1, []Mention{reg("Quorvane Lanthir Optics (Turkey)"), reg("Quorvane Lanthir Optics")}},
		{partNamesakes, -1, []Mention{reg("Quorvane Biometrics", "GB"), reg("Quorvane Biometrics", "DE"),
			published("Quorvane Biometrics", "")}},
		{partOthers, -1, []Mention{reg("Quorvane Lanthir Kestrel GmbH", "DE"), reg("Quorvane Lanthir Kestrel", "FR"),
			published("Quorvane Lanthir Kestrel AG", "")}},
		{partSlips, -1, []Mention{reg("Quorvane Lanthir Kestrel", "GB"), reg("Quorvane Lanthyro Kestrel", "GB")}},
		{partKeys, -1, []Mention{reg("Quorvane Biometrics", "GB", "C-1001"),
			reg("Quorvane Biometrics", "GB", "V-2044")}},
		{partOnly, 1, []Mention{reg("Bureau of Supply", "Calder"), lone("Bureau of Supply", "claim 1")}},
		{partAlone, 1, []Mention{lone("Prison Service", "account A"), lone("Prison Service", "account B")}},
	} {
		t.Run(partWords[tt.part], func(t *testing.T) {
			found := false
			var all []Piece
			for _, e := range weighed(tt.ms) {
				all = append(all, e.pieces()...)
				found = found || float64(e.part[tt.part])*tt.sign > 0
			}
			if !found {
				t.Errorf("no pair of %d mentions has it: %v", len(tt.ms), all)
			}
		})
		seen[tt.part] = true
	}
	for _, r := range pieceRules {
		if !seen[r.part] {
			t.Errorf("no row for %q", partWords[r.part])
		}
	}
}

// weighed returns the weights of all pairs of mentions of near names that do not contradict.
func weighed(ms []Mention) []tie {
	r := newResolver(ms)
	texts, _, of := r.texts()
	known := r.namesakes(texts, of)
	var out []tie
	near := append(alike(texts), likeness{})
	for i := range int32(len(r.m)) {
		for j := range i {
			if r.group(i).contradicts(r.group(j)) {
				continue
			}
			for _, l := range near {
				if a, b := of[i], of[j]; a == b && l.bits == 0 {
					x := &texts[a]
					out = append(out, r.weigh(i, j, x, x, &likeness{a: a, b: a, score: 1, bits: x.bits}, known))
				} else if l.bits != 0 && min(a, b) == l.a && max(a, b) == l.b {
					out = append(out, r.weigh(i, j, &texts[a], &texts[b], &l, known))
				}
			}
		}
	}
	return out
}

// Each cap keeps one of these pairs at possible, whatever it weighs.
func TestCapRules(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct {
		what string
		ms   []Mention
	}{
		{"countries in two spellings that are not known", []Mention{reg("Quorvane Biometrics", "Vessya"),
			published("Quorvane Biometrics", "Vessia")}},
		{"a slip, and something else beside it", []Mention{reg("Quorvane Lanthir Kestrel GmbH", "DE"),
			reg("Quorvane Lantihr Kestrel AG", "DE")}},
		{"legal forms of two classes", []Mention{reg("Quorvane Lanthir Kestrel GmbH", "DE"),
			reg("Quorvane Lanthir Kestrel AG", "DE")}},
		{"a word more in one name", []Mention{reg("Quorvane Lanthir Kestrel Biometrics Ltd", "GB"),
			reg("Quorvane Lanthir Kestrel Biometrics Service Ltd", "GB")}},
		{"any of the namesakes may be meant", []Mention{reg("Silver Lake Services", "GB"), reg("Silver Lake Services",
			"DE"), published("Silver Lake Services", "")}},
		{"usual words in two spellings, and nothing beside them", []Mention{reg("Silver Lake Services Limited", "", "",
			"IN-REG:11187001"),
			reg("Silver Lake Services Co., Ltd.")}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if !slices.ContainsFunc(weighed(tt.ms), func(e tie) bool { return e.flags&flagMost != 0 }) {
				t.Error("no pair is possible at most")
			}
			at := slices.IndexFunc(capRules, func(r capRule) bool { return r.what == tt.what })
			kept := capRules[at].when
			defer func() { capRules[at].when = kept }()
			before := 0
			capRules[at].when = func(p *pair) bool {
				if kept(p) {
					before++
				}
				return false
			}
			weighed(tt.ms)
			if before == 0 {
				t.Error("the rule fits no pair")
			}
		})
		seen[tt.what] = true
	}
	for _, r := range capRules {
		if !seen[r.what] {
			t.Errorf("no row for %q", r.what)
		}
	}
}
