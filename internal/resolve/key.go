package resolve

import (
	"slices"
	"strings"
	"unicode"
)

// usableKey reports whether a key of the company's own tables can stand for one party: a word for none does not, nor
// one digit again and again or digits in order, when they are too many to be a number that was counted up to.
func usableKey(key string) bool {
	if key == "" || None(key) {
		return false
	}
	var digits []byte
	for _, c := range key {
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, byte(c))
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			return true
		}
	}
	return len(digits) == 0 || strings.Trim(string(digits), "0") != "" && !placeholder(digits)
}

// countedDigits is how many digits a customer number of a small firm may have: 111 and 1234 are such numbers.
const countedDigits = 4

// placeholder reports whether digits are typed to get past a form.
func placeholder(d []byte) bool {
	return len(d) > countedDigits && (oneDigit(d) || inOrder(d) || groups(d))
}

// kindOf is what keys share that are counted by one system: the letters before the digits ("C-" of C-1001, "HRB " of
// HRB 45712), "" for digits alone. Keys of other forms are of one kind, "?".
func kindOf(key string) string {
	key = strings.ToUpper(strings.TrimSpace(key))
	head := strings.TrimRight(key, "0123456789")
	if strings.IndexFunc(head, unicode.IsDigit) >= 0 || len(head) == len(key) {
		return "?"
	}
	return strings.TrimFunc(head, func(r rune) bool { return !unicode.IsLetter(r) })
}

// keysDiffer says which keys of one system two groups have different ones of, or nil. A firm may be a customer and a
// supplier, or stand in a list of another system: C-1001 and V-2044 contradict nothing.
func keysDiffer(a, b []string) (mine, theirs []string) {
	of := func(keys []string, kind string) (out []string) {
		for _, k := range keys {
			if kindOf(k) == kind {
				out = append(out, k)
			}
		}
		return out
	}
	for i, k := range a {
		kind := kindOf(k)
		if slices.ContainsFunc(a[:i], func(o string) bool { return kindOf(o) == kind }) {
			continue
		}
		mine, theirs = of(a, kind), of(b, kind)
		if len(theirs) > 0 && !overlap(mine, theirs) {
			return mine, theirs
		}
	}
	return nil, nil
}
