package name

import "strings"

// Key returns the folded name without legal forms and articles, for exact joins: two
// companies that differ only in how their legal form is written share it. A name made of
// nothing else is returned folded.
func Key(s string) string {
	n := Parse(s, Org)
	var b strings.Builder
	for i := range n.Tokens {
		t := &n.Tokens[i]
		if t.Class == Form || t.Class == Stop {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	if b.Len() == 0 {
		return Fold(s)
	}
	return b.String()
}
