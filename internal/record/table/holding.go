package table

import (
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Holdings is the table of what portfolios hold.
const Holdings = "holdings"

// The names of the columns of a table of holdings; the first of each is that of the documents.
var (
	issuerNames = []string{"issuer_name", "issuer", "company_name", "company", "security_name", "security",
		"holding_name", "holding", "instrument", "name"}
	portfolioNames = []string{"portfolio", "portfolio_name", "fund", "fund_name"}
	valueNames     = []string{"value", "market_value", "position_value", "fair_value", "amount"}
	weightNames    = []string{"weight", "weight_percent", "weight_%", "portfolio_weight", "percent_of_portfolio"}
	asOfNames      = []string{"as_of", "as_of_date", "valuation_date", "position_date", "holding_date", "date"}
	numberSchemes  = []struct{ column, scheme string }{{"lei", "LEI"}, {"isin", "ISIN"}, {"figi", "FIGI"}}
)

// isHoldings reports whether a header is that of a table of holdings: an issuer by name or number, and
// a portfolio, a weight, or a day with a value.
func isHoldings(one func(...string) bool) bool {
	if !one(issuerNames...) && !one("lei", "isin", "figi") {
		return false
	}
	number := one("lei", "isin", "figi")
	return one(portfolioNames...) && (number || one(valueNames...) || one(weightNames...)) ||
		number && (one(weightNames...) || one(valueNames...) && one(asOfNames...)) ||
		one("issuer_name") && one(valueNames...)
}

func (b *binder) holding() func(*row) record.Record {
	issuer, country := b.first(issuerNames...), b.first("country", "issuer_country", "domicile", "country_of_issuer")
	portfolio, currency := b.first(portfolioNames...), b.first("currency", "value_currency", "base_currency")
	value, weight, asOf := b.first(valueNames...), b.first(weightNames...), b.first(asOfNames...)
	numbers := make([]col, len(numberSchemes))
	for i, n := range numberSchemes {
		numbers[i] = b.col(n.column)
	}
	for _, c := range []struct {
		col
		name string
	}{{issuer, "issuer_name"}, {value, "value"}, {weight, "weight"}, {asOf, "as_of"}, {portfolio, "portfolio"},
		{currency, "currency"}} {
		if !c.here() {
			b.lacks[c.name] = true
		}
	}
	return func(r *row) record.Record {
		h := &record.Holding{Place: r.place, Portfolio: r.text(portfolio), Value: r.number(value),
			Weight:   r.share(weight),
			Currency: r.currency(currency), AsOf: r.date(asOf), Lacks: b.lacks}
		h.Issuer = party.Ref{Name: r.text(issuer), Country: r.text(country), Scope: "register"}
		if isNobody(h.Issuer.Name) {
			h.Issuer.Name = ""
		}
		for i, n := range numberSchemes {
			text := r.text(numbers[i])
			if text == "" || isNobody(text) {
				continue
			}
			id := party.ParseIdentifier(n.scheme + ":" + text)
			if id.Empty() {
				continue
			}
			h.Issuer.Identifiers = append(h.Issuer.Identifiers, id)
			if n.scheme == "ISIN" {
				h.ISIN = id.ID
			}
			if h.Issuer.Name == "" {
				h.Issuer.Name = id.ID
			}
		}
		if h.Issuer.Name == "" {
			r.fail("neither %s nor lei, isin or figi has a value: nothing is held", issuer.name)
		}
		return h
	}
}

// share reads a weight: "2.5 %" is 0.025, and so is 0.025; a number over 1 is percent.
func (r *row) share(c col) record.Decimal {
	s := r.text(c)
	if s == "" || isNobody(s) {
		return ""
	}
	percent := strings.HasSuffix(s, "%") || strings.Contains(strings.ToLower(c.name), "percent") ||
		strings.Contains(c.name, "%")
	n, err := ParseNumber(strings.TrimSpace(strings.TrimSuffix(s, "%")))
	if err != nil {
		r.unread(c, s, strings.TrimPrefix(err.Error(), quoted(s)+" "))
		return ""
	}
	if percent {
		return n + "%"
	}
	return n
}
