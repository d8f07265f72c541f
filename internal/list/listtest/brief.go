package listtest

import (
	"fmt"
	"strings"

	"plimsoll/internal/list"
)

// Brief prints an entry in one line, so that a table of them can be read: key, kind, names
// (with a tilde where weak), numbers, countries, days, programmes, effect.
func Brief(e *list.Entry) string {
	var names []string
	for _, n := range e.Names {
		mark := map[bool]string{true: "~"}[n.Weak]
		names = append(names, fmt.Sprintf("%s%s(%s)", mark, n.Text, n.Type))
	}
	out := []string{e.ID, string(e.Kind), strings.Join(names, " + ")}
	for _, id := range e.Identifiers {
		out = append(out, id.String())
	}
	out = append(out, strings.Join(e.Countries, "+"), strings.Join(e.Addresses, "; "), strings.Join(e.Dates, "+"))
	if e.Listed.Known() {
		out = append(out, "from "+e.Listed.String())
	}
	if e.Until.Known() {
		out = append(out, "until "+e.Until.String())
	}
	if e.Status == list.Removed {
		out = append(out, "removed")
	}
	out = append(out, strings.Join(e.Programs, "+"), e.Effect)
	var said []string
	for _, s := range out {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, " | ")
}
