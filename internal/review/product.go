package review

import (
	"fmt"
	"sort"
	"strings"

	"plimsoll/internal/capability"
	"plimsoll/internal/record"
)

// mostProductNotes is how many rows of a table of products a note names.
const mostProductNotes = 10

// product keeps a row of a table of products.
func (r *run) product(p *record.Product) {
	q := capability.Product{SKU: p.SKU, Name: p.Name, Capabilities: p.Capabilities, Stated: p.Stated,
		Unclear: p.Unclear,
		Source:  r.files[p.Source].Name + " " + p.At}
	for _, c := range p.Codes {
		q.Codes = append(q.Codes, [2]string{c.Scheme, c.Code})
	}
	r.products = append(r.products, q)
}

// productNotes say which codes of products are not known, and which products are more by name or code
// than their rows say.
func (r *run) productNotes() {
	sort.SliceStable(r.products, func(i, j int) bool { return r.products[i].Source < r.products[j].Source })
	var unknown, against []string
	for i := range r.products {
		p := &r.products[i]
		if c := p.CodesUnknown(); len(c) > 0 {
			unknown = append(unknown, p.Source+": "+strings.Join(c, ", "))
		}
		if c := p.Against(); len(c) > 0 {
			against = append(against, p.Source+": "+strings.ReplaceAll(strings.Join(c, ", "), "_", " "))
		}
	}
	for _, n := range []struct {
		what string
		rows []string
	}{
		{"codes of products that are not known (nothing follows from them)", unknown},
		{"products that are more by name or code than their rows say (both count)", against},
	} {
		if len(n.rows) > 0 {
			rest := ""
			if more := len(n.rows) - mostProductNotes; more > 0 {
				rest = fmt.Sprintf("; and %d more", more)
			}
			r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("%d %s: %s%s", len(n.rows), n.what,
				strings.Join(n.rows[:min(len(n.rows), mostProductNotes)], "; "), rest))
		}
	}
}
