package table

import (
	"slices"
	"strings"

	"plimsoll/internal/record"
)

// Products is the table of what a company sells, in its own words.
const Products = "products"

// noCapability is the word of products.capability for a product of no class.
const noCapability = "none"

// The names of the columns of a table of products; the first of each is that of the documents.
var (
	skuNames = []string{"sku", "product_code", "product_id", "article_number", "article_no", "part_number",
		"material_number", "item_number"}
	productNames    = []string{"name", "product_name", "product", "description", "title"}
	codesNames      = []string{"codes", "classification_codes", "classification"}
	capabilityNames = []string{"capability", "capabilities"}
)

// schemeColumns are columns of a table of products that hold codes of one scheme.
var schemeColumns = []string{"hs", "cn", "hs_code", "tariff_code", "commodity_code", "eccn", "ml", "cpv", "unspsc"}

// productWords are the words of products.capability.
var productWords = func() vocabulary {
	v := vocabulary{words: append(slices.Clone(claimCapability.words), noCapability), also: map[string]string{
		"no": noCapability, "nil": noCapability}}
	for from, to := range claimCapability.also {
		v.also[from] = to
	}
	return v
}()

// isProducts reports whether a header is that of a table of products: a number or name of a product, and
// what it is by codes or by capability.
func isProducts(one func(...string) bool) bool {
	return one(skuNames...) && (one(codesNames...) || one(capabilityNames...) || one(schemeColumns...)) ||
		one("name", "product_name", "product") && one(capabilityNames...)
}

func (b *binder) product() func(*row) record.Record {
	sku, name := b.first(skuNames...), b.first(productNames...)
	codes, capability := b.first(codesNames...), b.first(capabilityNames...)
	if capability.here() {
		capability.column = "capability"
	}
	var schemes []col
	for _, s := range schemeColumns {
		if c := b.col(s); c.here() {
			schemes = append(schemes, c)
		}
	}
	return func(r *row) record.Record {
		p := &record.Product{Place: r.place, SKU: r.text(sku), Name: r.text(name), Lacks: b.lacks}
		if isNobody(p.SKU) {
			p.SKU = ""
		}
		if isNobody(p.Name) {
			p.Name = ""
		}
		p.Codes = productCodes(p.Codes, "", r.text(codes))
		for _, c := range schemes {
			p.Codes = productCodes(p.Codes, strings.ToUpper(c.column), r.text(c))
		}
		for _, w := range split(r.text(capability)) {
			known, ok := productWords.find(w)
			p.Stated = p.Stated || ok || !isNobody(w)
			switch {
			case !ok && isNobody(w):
			case !ok:
				r.unread(capability, w, "none of "+productWords.String())
				p.Unclear = true
			case known != noCapability && !slices.Contains(p.Capabilities, known):
				p.Capabilities = append(p.Capabilities, known)
			}
		}
		if p.SKU == "" && p.Name == "" {
			r.fail("%s and %s are empty: no item can be this product", sku.name, name.name)
		}
		return p
	}
}

// productCodes adds the codes of a cell: "HS:8429.52; ECCN:5A001". A code without a scheme has that of its column.
func productCodes(out []record.Code, scheme, text string) []record.Code {
	for _, c := range split(text) {
		if isNobody(c) {
			continue
		}
		if s, code, ok := strings.Cut(c, ":"); ok {
			out = append(out, record.Code{Scheme: strings.ToUpper(strings.TrimSpace(s)), Code: strings.TrimSpace(code)})
		} else {
			out = append(out, record.Code{Scheme: scheme, Code: c})
		}
	}
	return out
}

// split returns the values of a cell that stand between semicolons, commas, pipes or line breaks.
func split(text string) (out []string) {
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r == ';' || r == ',' || r == '|' ||
			r == '\n'
	}) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}
