package capability

import "strings"

// pieces are the words that count single things.
var pieces = func() map[string]bool {
	m := map[string]bool{}
	for _, r := range readTable("piece.tsv") {
		for _, w := range expand(r.fields["word"]) {
			m[w] = true
		}
	}
	return m
}()

// Unit returns one spelling for the units of goods that count the same: "pcs", "Stück" and no unit at
// all are "piece"; any other unit is itself in lower case without dots and blanks.
func Unit(s string) string {
	s = strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '.' }), ""))
	if s == "" || pieces[s] {
		return "piece"
	}
	return s
}
