package policy

import (
	"maps"
	"slices"

	"plimsoll/internal/signal"
)

// renamed returns the facts with every free text written otherwise, equal texts equally: no
// name of a party, place, list, source or event, and no date, reads as before. What a rule
// says of both must be the same. The day of a claim stays, since the earliest is shown.
func renamed(f *signal.Facts) *signal.Facts {
	out := *f
	out.Subject.Name = rename(f.Subject.Name)
	out.Values = make(map[string]any, len(f.Values))
	for name, v := range f.Values {
		switch s := shapes[name]; {
		case s != nil:
			out.Values[name] = renameElements(v, name)
		case FreeText(name):
			out.Values[name] = renameValue(v)
		default:
			out.Values[name] = v
		}
	}
	out.Hits = slices.Clone(f.Hits)
	for i := range out.Hits {
		h := &out.Hits[i]
		h.List, h.Title, h.Entry, h.Name, h.Matched = rename(h.List), rename(h.Title), rename(h.Entry), rename(h.Name),
			rename(h.Matched)
	}
	out.Path = slices.Clone(f.Path)
	for i := range out.Path {
		out.Path[i].From, out.Path[i].To = rename(out.Path[i].From), rename(out.Path[i].To)
	}
	out.Further = slices.Clone(f.Further)
	for i := range out.Further {
		out.Further[i] = slices.Clone(out.Further[i])
		for j := range out.Further[i] {
			s := &out.Further[i][j]
			s.From, s.To = rename(s.From), rename(s.To)
		}
	}
	out.Claims = slices.Clone(f.Claims)
	for i := range out.Claims {
		c := &out.Claims[i]
		c.Text, c.Source, c.Origin, c.Reply = rename(c.Text), rename(c.Source), rename(c.Origin), rename(c.Reply)
	}
	return &out
}

// rename writes a text backwards, behind a word that no record holds.
func rename(s string) string {
	if s == "" {
		return ""
	}
	letters := []rune(s)
	slices.Reverse(letters)
	return "Other " + string(letters)
}

func renameValue(v any) any {
	switch v := v.(type) {
	case string:
		return rename(v)
	case []string:
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = rename(s)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = renameValue(e)
		}
		return out
	}
	return v
}

func renameElements(v any, name string) any {
	element := func(m map[string]any) map[string]any {
		m = maps.Clone(m)
		for k := range m {
			if FreeText(name + "." + k) {
				m[k] = renameValue(m[k])
			}
		}
		return m
	}
	switch v := v.(type) {
	case []map[string]any:
		out := make([]map[string]any, len(v))
		for i, m := range v {
			out[i] = element(m)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = e
			if m, ok := e.(map[string]any); ok {
				out[i] = element(m)
			}
		}
		return out
	}
	return v
}
