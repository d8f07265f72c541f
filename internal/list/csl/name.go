package csl

import (
	"regexp"
	"strings"

	"plimsoll/internal/list"
)

// successors is a clause that the State Department appends to a name.
var successors = regexp.MustCompile(`(?i)[;,]? and any successor.*$`)

// otherName begins a further name inside a name: "X (a.k.a. Y; Z)", "X, a.k.a. Y", "X [aka Y]".
var otherName = regexp.MustCompile(
	`(?i)(?:[,;]?\s+|\s*([(\[])\s*)([afn])\.k\.a\.?[,:]*\s+|\s*([(\[])\s*([afn])ka[,:]?\s+`)

// names splits what stands in one cell into the names it holds. The first is of the type
// given, those behind a.k.a. are aka and so on.
func names(cell, first string) []list.Name {
	cell = list.Clean(cell)
	if strings.Contains(cell, "successor") {
		cell = successors.ReplaceAllString(cell, "")
	}
	var m []int
	if low := strings.ToLower(cell); strings.Contains(low, "k.a.") || strings.Contains(low, "ka ") ||
		strings.Contains(low, "ka,") || strings.Contains(low, "ka:") {
		m = otherName.FindStringSubmatchIndex(cell)
	}
	if m == nil || m[0] == 0 {
		return []list.Name{{Text: cell, Type: first}}
	}
	kind, open := "", false
	for _, g := range []int{2, 4} {
		if m[2*g] >= 0 {
			kind = strings.ToLower(cell[m[2*g]:m[2*g+1]]) + "ka"
			open = m[2*(g-1)] >= 0
		}
	}
	rest := cell[m[1]:]
	if open {
		depth := 1
		for i, r := range rest {
			switch r {
			case '(', '[':
				depth++
			case ')', ']':
				depth--
			}
			if depth == 0 {
				rest = rest[:i]
				break
			}
		}
	}
	out := []list.Name{{Text: strings.TrimRight(cell[:m[0]], " ,;"), Type: first}}
	for _, n := range strings.Split(rest, "; ") {
		out = append(out, names(n, kind)...)
	}
	return out
}
