package gatehouse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/access"
	"plimsoll/internal/capability"
)

// goodsTypes are types of resources whose words say what they are.
var goodsTypes = map[string]bool{"product": true, "goods": true, "good": true, "item": true, "article": true,
	"sku": true, "spare_part": true,
	"part": true, "material": true, "order_line": true}

// The members of a resource's properties that are read: words, and codes with their schemes beside them.
var (
	wordMembers = []string{"item", "item_name", "name", "title", "description", "text"}
	codeMembers = [][2]string{{"item_code", "item_scheme"}, {"item_code", "scheme"}, {"code", "scheme"},
		{"code", "code_scheme"}, {"classification_code", "classification_scheme"},
		{"id", "scheme"}}
	codeLists = []string{"codes", "classification", "classifications", "additional_classifications",
		"additionalClassifications"}
	itemLists = []string{"items", "lines", "order_lines", "products"}
)

// otherMembers are named like a scheme and mostly hold something else.
var otherMembers = map[string]bool{"rating": true, "customs": true, "al": true, "ec": true, "sel": true, "psc": true}

// How deep items may stand inside items, and how many codes one resource may have.
const (
	deepestItem = 4
	mostCodes   = 200
)

// code is one code of a resource, with the words beside it.
type code struct{ scheme, code, words string }

// Goods is the [access.Classifier] that reads codes and words with the tables of reviews (package capability). Codes
// may stand in members that are named after their scheme ("hs", "eccn", "cpv_code"), beside a scheme, in a list of
// codes, and in items. A resource whose type is a scheme is its own code.
func Goods(resource access.Ref, properties map[string]any) access.Goods {
	var found []code
	if scheme := capability.Scheme(resource.Type); scheme != "" {
		found = append(found, code{scheme: scheme, code: resource.ID})
	}
	found = codesOf(properties, goodsTypes[strings.ToLower(resource.Type)], 0, found)
	var g access.Goods
	for _, c := range found {
		a := capability.Item(c.words, c.scheme, c.code)
		g.Capabilities = append(g.Capabilities, a.Capabilities...)
		for _, entry := range a.Controlled {
			g.Control = append(g.Control, entry)
			if head, _, ok := strings.Cut(entry, "."); ok {
				g.Control = append(g.Control, head)
			}
		}
		switch {
		case a.Understood:
		case a.May == nil: // it may be anything
			g.May = append(g.May, capability.Classes...)
		default:
			g.May = append(g.May, a.May...)
		}
	}
	if len(found) > mostCodes {
		g.May = append(g.May, capability.Classes...) // not all was looked at
	}
	for _, s := range []*[]string{&g.Capabilities, &g.Control, &g.May} {
		slices.Sort(*s)
		*s = slices.Compact(*s)
	}
	return g
}

// codesOf adds the codes that an object states. words: its words are read where it has no code.
func codesOf(m map[string]any, words bool, depth int, found []code) []code {
	if len(m) == 0 || depth > deepestItem || len(found) > mostCodes {
		return found
	}
	var said []string
	for _, name := range wordMembers {
		if s, ok := m[name].(string); ok {
			said = append(said, s)
		}
	}
	text, before := strings.Join(said, " "), len(found)
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if scheme := capability.Scheme(name); scheme != "" && !otherMembers[name] {
			found = texts(m[name], scheme, text, found)
		}
	}
	for _, pair := range codeMembers {
		scheme, ok := m[pair[1]].(string)
		if ok || words && pair[1] == "scheme" && pair[0] != "id" { // else it may be the code of anything
			found = texts(m[pair[0]], scheme, text, found)
		}
	}
	for _, name := range codeLists {
		found = listed(m[name], depth, text, found)
	}
	for _, name := range itemLists {
		all, ok := m[name].([]any)
		if !ok && m[name] != nil {
			all = []any{m[name]}
		}
		for _, x := range all {
			if o, ok := x.(map[string]any); ok {
				found = codesOf(o, true, depth+1, found)
			} else if s, ok := x.(string); ok {
				found = append(found, code{words: s})
			}
		}
	}
	if words && text != "" && len(found) == before {
		found = append(found, code{words: text})
	}
	return found
}

// listed adds the codes of a list: texts with the scheme in front, and objects of scheme and code.
func listed(v any, depth int, text string, found []code) []code {
	switch v := v.(type) {
	case string:
		found = append(found, code{code: v, words: text})
	case []any:
		for _, x := range v {
			found = listed(x, depth, text, found)
		}
	case map[string]any:
		scheme, _ := v["scheme"].(string)
		id := cmp.Or(textOf(v["code"]), textOf(v["id"]))
		description, _ := v["description"].(string)
		if id != "" {
			found = append(found, code{scheme, id, strings.TrimSpace(text + " " + description)})
		}
	}
	return found
}

// texts adds one code, or each of an array.
func texts(v any, scheme, words string, found []code) []code {
	if all, ok := v.([]any); ok {
		for _, x := range all {
			found = texts(x, scheme, words, found)
		}
		return found
	}
	if s := textOf(v); s != "" {
		found = append(found, code{scheme, s, words})
	}
	return found
}

// textOf is a code as text; numbers lose nothing, since codes are short.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
