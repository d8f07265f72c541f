package capability

import (
	"regexp"
	"slices"
)

// understood reports whether the words of an item say what the thing is: a word of goods or
// of a class stands in it, not only behind "for" or "with" after words that nothing is known
// of; or all words are those of a service that is common to many things ("annual maintenance"). A word of watching,
// hearing or locating that no longer phrase explains ("air quality monitoring") leaves it open what the thing is, even
// beside goods: "telephone tapping".
func understood(f *folder, found []match) bool {
	told := tellingsOf(f, found)
	any := slices.ContainsFunc(told, func(t telling) bool { return t == goods || t == light })
	if !any || doubtful(found, told) {
		return false
	}
	onlyLight, known, strange := true, false, false
	for i, t := range told {
		switch t {
		case goods:
			return !strange || !linked(told[:i])
		case light:
			known = true
		case nothing:
			if !plainToken(f.word(i)) {
				strange, onlyLight = true, false
			}
		}
	}
	return onlyLight && known
}

// tellingsOf returns what each word of an item says of what the thing is, by the phrases found.
func tellingsOf(f *folder, found []match) []telling {
	told := make([]telling, len(f.words))
	for i, m := range found {
		r := &itemRules().rules[m.rule]
		t := r.tells
		switch {
		case r.parts > 1 && !itemRules().complete(found, m):
			continue
		case t == nothing:
			t = goods // a class, or a phrase that is known to mean nothing of interest
		case t == hint, t == doubt:
			continue
		case t == goods && masking(found, i):
			continue
		}
		for k := m.from; k < m.to; k++ {
			if told[k] == nothing || t < told[k] {
				told[k] = t
			}
		}
	}
	return told
}

// listParts are what parts the things of an item that lists several: commas, signs and words for "and".
var listParts = regexp.MustCompile(`(?i)[,;+&|\n•、，；]|\s(?:and|und|sowie|et|y|e|i|og|och|ja|ve|și|si|и|та|і|και|و)\s`)

// doubtBeside reports whether an item that has a class lists something else beside it, of which a word of watching,
// hearing, locating or analysing leaves open what it is: "object storage and monitoring".
func doubtBeside(text string, found []match) bool {
	if !slices.ContainsFunc(found, func(m match) bool { return itemRules().rules[m.rule].tells == doubt }) {
		return false
	}
	parts := listParts.Split(text, -1)
	for _, part := range parts {
		f := fold(nil, nil, part)
		found := itemRules().find(&f, nil)
		classed := false
		itemRules().valid(found, func(m match) {
			r := &itemRules().rules[m.rule]
			classed = classed || !r.none() && r.tells == nothing
		})
		if len(parts) > 1 && !classed && doubtful(found, tellingsOf(&f, found)) {
			return true
		}
	}
	return false
}

// doubtful reports whether a word of watching stands in an item and no longer phrase covers it. Behind a linking word
// it does not count when goods stand before: "chairs for the monitoring room" are chairs.
func doubtful(found []match, told []telling) bool {
	end, goodsBefore := len(told), false
	for i, t := range told {
		if t == link && goodsBefore {
			end = i
			break
		}
		goodsBefore = goodsBefore || t == goods
	}
	for _, m := range found {
		if itemRules().rules[m.rule].tells != doubt || int(m.from) >= end {
			continue
		}
		covered := false
		for _, x := range found {
			r := &itemRules().rules[x.rule]
			longer := x.to-x.from > m.to-m.from
			covered = covered || x.from <= m.from && x.to >= m.to && (longer && r.tells != doubt || r.tells == filler ||
				r.none())
		}
		if !covered {
			return true
		}
	}
	return false
}

// linked reports whether a linking word stands among words, so that what follows is not the
// thing itself: "Zorblax for vehicles".
func linked(words []telling) bool {
	for i, t := range words {
		if t == link && i > 0 {
			return true
		}
	}
	return false
}

// masking reports whether a longer filler covers match i: "fuel cell" of "fuel".
func masking(found []match, i int) bool {
	m := found[i]
	for _, x := range found {
		if itemRules().rules[x.rule].tells == filler && x.from <= m.from && x.to >= m.to && x.to-x.from > m.to-m.from {
			return true
		}
	}
	return false
}

// plainToken reports whether a word is a number, a letter or a size that names nothing: 12, a4, x, 20l.
func plainToken(w []byte) bool {
	letters := 0
	for _, c := range w {
		if c < '0' || c > '9' {
			letters++
		}
	}
	return letters == 0 || letters == 1 && len(w) <= 4
}
