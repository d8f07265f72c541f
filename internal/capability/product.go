package capability

import (
	"slices"
	"strings"
)

// A Product is what a company says of one thing that it sells.
type Product struct {
	SKU, Name    string
	Codes        [][2]string // scheme and code
	Capabilities []string    // classes
	Stated       bool        // the company says what it can be used for, if only that it is of no class
	Unclear      bool        // a part of what it says is not understood
	Source       string      // file and place of the row
}

// A Range is what a company sells. The zero value is an empty one.
type Range struct {
	products []Product
	byKey    map[string][]int // folded SKU or name → products
	numbers  map[string]bool  // folded SKUs that are told from words: with a digit, of skuLength or more
}

// skuLength is how many characters a product number has at least that is looked for inside the words
// of an item: shorter ones are sizes and counts ("A4", "500").
const skuLength = 4

// NewRange returns the range of these products.
func NewRange(products []Product) *Range {
	g := &Range{products: products, byKey: map[string][]int{}, numbers: map[string]bool{}}
	for i, p := range products {
		name, sku := productKey(p.Name), productKey(p.SKU)
		for _, k := range []string{sku, name} {
			if k != "" && !slices.Contains(g.byKey[k], i) {
				g.byKey[k] = append(g.byKey[k], i)
			}
		}
		if len(p.SKU) >= skuLength && strings.ContainsAny(p.SKU, "0123456789") &&
			strings.Trim(p.SKU, "0123456789.,") != "" {
			g.numbers[strings.ToUpper(strings.TrimSpace(p.SKU))] = true
		}
	}
	return g
}

func productKey(s string) string { return strings.Join(strings.Fields(foldString(s)), " ") }

// find returns the products that an item is: by its code, by all of its words, or by a product number among them.
func (g *Range) find(text, scheme, code string) []int {
	if code != "" {
		// A code of a known classification is no product number, unless the scheme says nothing.
		if kind, known := schemeOf(scheme); !known || kind == "" {
			if list := g.byKey[productKey(code)]; len(list) > 0 {
				return list
			}
		}
	}
	if list := g.byKey[productKey(text)]; len(list) > 0 {
		return list
	}
	if len(g.numbers) == 0 {
		return nil
	}
	var out []int
	for w := range strings.FieldsSeq(strings.ToUpper(text)) {
		if w = strings.Trim(w, `.,;:()[]"'`); g.numbers[w] {
			for _, i := range g.byKey[productKey(w)] {
				if !slices.Contains(out, i) {
					out = append(out, i)
				}
			}
		}
	}
	return out
}

// Item is [Item] for a company with a range of its own, which comes first: a product is what the company
// says it is. What words or codes say of arms, interception, intrusion, forensics or export control stays,
// whatever the company says. A product of which a word is not understood is not understood.
func (g *Range) Item(text, scheme, code string) (a Assignment, product bool) {
	a = Item(text, scheme, code)
	if g == nil {
		return a, false
	}
	found := g.find(text, scheme, code)
	if len(found) == 0 {
		return a, false
	}
	var own Assignment
	stated, unclear := false, false
	for _, i := range found {
		p := &g.products[i]
		stated, unclear = stated || p.Stated, unclear || p.Unclear
		b := p.assignment()
		merge(&own, &b, false)
		own.Understood = own.Understood || b.Understood
	}
	if own.Understood || stated {
		merge(&own, &a, stated)
		own.HintsControl = own.HintsControl || len(own.Controlled) > 0
		own.Understood = !unclear
		return own, true
	}
	merge(&a, &own, false)
	a.Understood = a.Understood && !unclear
	if unclear {
		a.May = nil
	}
	return a, true
}

// assignment is what the row says, and what its codes and its name say.
func (p *Product) assignment() Assignment {
	var a Assignment
	for _, c := range p.Codes {
		b := Item("", c[0], c[1])
		merge(&a, &b, false)
		a.Understood = a.Understood || b.Understood
	}
	if p.Stated {
		for _, c := range p.Capabilities {
			a.add(Evidence{Table: "products", Rule: p.SKU + " " + p.Name, Matched: p.Name, Gives: c, Source: p.Source},
				[]string{c}, "")
		}
		a.HintsControl = a.HintsControl || slices.ContainsFunc(p.Capabilities, sensitive)
		b := Item(p.Name, "", "")
		merge(&a, &b, true)
		a.Understood = true
	} else {
		b := Item(p.Name, "", "")
		merge(&a, &b, false)
		a.Understood = a.Understood || b.Understood
	}
	return a
}

// sensitive reports whether a class stays whatever a company says of its product.
func sensitive(class string) bool {
	switch class {
	case Interception, Intrusion, Forensics, Arms:
		return true
	}
	return false
}

// merge adds to a what b says; with only, no more of its classes than the sensitive ones.
func merge(a, b *Assignment, only bool) {
	for _, c := range b.Capabilities {
		if i, found := slices.BinarySearch(a.Capabilities, c); !found && (!only || sensitive(c)) {
			a.Capabilities = slices.Insert(a.Capabilities, i, c)
		}
	}
	for _, c := range b.Controlled {
		if i, found := slices.BinarySearch(a.Controlled, c); !found {
			a.Controlled = slices.Insert(a.Controlled, i, c)
		}
	}
	a.Evidence = append(a.Evidence, b.Evidence...)
	a.HintsControl = a.HintsControl || b.HintsControl
	a.Unlisted = a.Unlisted || b.Unlisted
}

// Against returns the classes that the name or the codes of a product say and its row does not, as far as
// they stay whatever the row says; sorted.
func (p *Product) Against() (out []string) {
	if !p.Stated {
		return nil
	}
	a := p.assignment()
	for _, c := range a.Capabilities {
		if !slices.Contains(p.Capabilities, c) {
			out = append(out, c)
		}
	}
	return out
}

// CodesUnknown returns the codes of the product of which nothing is known.
func (p *Product) CodesUnknown() (out []string) {
	for _, c := range p.Codes {
		if a := Item("", c[0], c[1]); !a.Understood && !a.HintsControl && len(a.May) == 0 {
			out = append(out, strings.TrimPrefix(c[0]+":"+c[1], ":"))
		}
	}
	return out
}
