package gatehouse

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"plimsoll/internal/access"
	"plimsoll/internal/capability"
)

// goodsTypes are types of resources whose words say what they are.
var goodsTypes = map[string]bool{"product": true, "goods": true, "good": true, "item": true, "article": true,
	"sku": true, "spare_part": true,
	"part": true, "material": true, "order_line": true}

// The members of a resource's properties that are read, by their letters and digits in lower case: words, codes with
// their schemes beside them, lists of codes, and items. codeMembers has the members of a scheme for each of a code.
var (
	wordMembers = set("item itemname name names title titles description descriptions text label product productname " +
		"bezeichnung beschreibung désignation designation libellé libelle descripción descripcion denominación " +
		"denominacion descrição descricao descrizione omschrijving opis nazwa наименование название описание назва " +
		"опис açıklama aciklama ürün urun الوصف اسم תיאור 品名 名称 商品名 품명")
	codeMembers = []struct{ code, scheme string }{{"itemcode", "itemscheme"}, {"itemcode", "scheme"},
		{"code", "scheme"}, {"code", "codescheme"}, {"code", "system"}, {"code", "type"},
		{"classificationcode", "classificationscheme"}, {"id", "scheme"}, {"value", "scheme"}}
	codeLists = set("codes classification classifications additionalclassifications commoditycodes")
	itemLists = set("items item lines line orderlines lineitems products product goods articles positions position " +
		"parts contents cargo materials")
)

// otherMembers are named like a scheme and mostly hold something else.
var otherMembers = set("rating customs al ec sel psc commodity")

// schemeParts are what the name of a member with a code may hold among other words ("main_cpv").
var schemeParts = set("hs cpv eccn unspsc taric hts usml")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

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

// plainName is the name of a member, letters and digits only, in lower case.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// schemeIn is the scheme that the name of a member tells, as the tables of codes read it; "" for none.
func schemeIn(name string) string {
	plain := plainName(name)
	switch {
	case otherMembers[plain]:
		return ""
	case plain == "exportcontrolclassificationnumber":
		return "ECCN"
	case capability.Scheme(name) != "":
		return strings.TrimRight(strings.TrimSuffix(strings.ToLower(name), "code"), "_- ")
	}
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if part = strings.ToLower(part); schemeParts[part] {
			return part
		}
	}
	return ""
}

// codesOf adds the codes that an object states. words: its words are read where it has no code.
func codesOf(m map[string]any, words bool, depth int, found []code) []code {
	if len(m) == 0 || len(found) > mostCodes {
		return found
	}
	if depth > deepestItem { // nobody looks there: it may be anything
		return append(found, code{words: unreadable})
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	plain := make(map[string]any, len(m))
	for _, name := range names {
		if p := plainName(name); plain[p] == nil {
			plain[p] = m[name]
		}
	}
	var said []string
	for _, name := range names {
		if wordMembers[plainName(name)] {
			said = wordsOf(m[name], said)
		}
	}
	text, before := strings.Join(said, " "), len(found)
	for _, pair := range codeMembers {
		scheme, ok := plain[pair.scheme].(string)
		if pair.scheme == "type" || pair.scheme == "system" {
			ok = ok && capability.Scheme(scheme) != ""
		}
		if ok || words && pair.scheme == "scheme" && pair.code != "id" && pair.code != "value" {
			// else it may be the code of anything
			found = texts(plain[pair.code], scheme, text, depth, found)
		}
	}
	for _, name := range names {
		switch p := plainName(name); {
		case schemeIn(name) != "":
			found = texts(m[name], schemeIn(name), text, depth, found)
		case codeLists[p]:
			found = listed(m[name], depth, text, found)
		case itemLists[p]:
			found = itemsOf(m[name], depth, found)
		default:
			found = within(m[name], depth, found)
		}
	}
	if words && text != "" && len(found) == before {
		found = append(found, code{words: text})
	}
	return found
}

// unreadable are words that no table knows: they stand for what is there and cannot be read.
const unreadable = "?"

// wordsOf adds the words of a text, of an array of texts, or of a text in several languages.
func wordsOf(v any, said []string) []string {
	switch v := v.(type) {
	case string:
		said = append(said, v)
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				said = append(said, s)
			}
		}
	case map[string]any:
		for _, language := range slices.Sorted(maps.Keys(v)) {
			if s, ok := v[language].(string); ok && len(language) <= len("zh-Hant") {
				said = append(said, s)
			}
		}
	}
	return said
}

// itemsOf adds the codes of items: an array or an object of them, or a single one.
func itemsOf(v any, depth int, found []code) []code {
	switch v := v.(type) {
	case string:
		if depth > 0 || v == "" { // beside a code it is a word of it
			return found
		}
		return append(found, code{words: v})
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				found = append(found, code{words: s})
			} else {
				found = itemsOf(x, depth, found)
			}
		}
	case map[string]any:
		before := len(found)
		found = codesOf(v, true, depth+1, found)
		if len(found) == before { // items by their numbers
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if o, ok := v[name].(map[string]any); ok {
					found = codesOf(o, true, depth+1, found)
				}
			}
		}
	}
	return found
}

// within adds the codes that stand in objects whose name says nothing.
func within(v any, depth int, found []code) []code {
	switch v := v.(type) {
	case map[string]any:
		return codesOf(v, false, depth+1, found)
	case []any:
		for _, x := range v {
			if o, ok := x.(map[string]any); ok {
				found = codesOf(o, false, depth+1, found)
			}
		}
	}
	return found
}

// listed adds the codes of a list: texts with the scheme in front, pairs of scheme and code, and objects of them.
func listed(v any, depth int, text string, found []code) []code {
	switch v := v.(type) {
	case nil:
	case string:
		found = append(found, code{code: v, words: text})
	case []any:
		if len(v) == 2 {
			scheme, _ := v[0].(string)
			if id := textOf(v[1]); capability.Scheme(scheme) != "" && id != "" {
				return append(found, code{scheme, id, text})
			}
		}
		for _, x := range v {
			found = listed(x, depth, text, found)
		}
	case map[string]any:
		found = texts(v, "", text, depth, found)
	default:
		found = append(found, code{code: textOf(v), words: strings.TrimSpace(text + " " + unreadable)})
	}
	return found
}

// texts adds one code, or each of an array or object.
func texts(v any, scheme, words string, depth int, found []code) []code {
	switch v := v.(type) {
	case nil:
		return found
	case []any:
		for _, x := range v {
			found = texts(x, scheme, words, depth, found)
		}
		return found
	case map[string]any:
		return codeObject(v, scheme, words, depth, found)
	}
	s := textOf(v)
	if _, text := v.(string); s == "" && text {
		return found
	}
	return append(found, code{scheme, cmp.Or(s, unreadable), words})
}

// codeObject adds the code of an object: its scheme, its code under one of several names, and its words. An object in
// the place of a code in which none is found may be anything.
func codeObject(m map[string]any, scheme, words string, depth int, found []code) []code {
	plain := make(map[string]any, len(m))
	for name, v := range m {
		plain[plainName(name)] = v
	}
	for _, name := range []string{"scheme", "system", "type"} {
		if s, ok := plain[name].(string); ok && capability.Scheme(s) != "" {
			scheme = s
			break
		}
	}
	description, _ := plain["description"].(string)
	for _, name := range []string{"code", "id", "value", "number"} {
		if id := textOf(plain[name]); id != "" {
			return append(found, code{scheme, id, strings.TrimSpace(words + " " + description)})
		}
	}
	before := len(found)
	if found = codesOf(m, false, depth+1, found); len(found) == before && len(m) > 0 {
		found = append(found, code{scheme, unreadable, words})
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
