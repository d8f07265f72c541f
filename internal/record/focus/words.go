package focus

import (
	"fmt"
	"slices"
	"strings"
)

// providerWords are the columns outside of FOCUS in which a provider describes what it bills
// in words of its own: the product, and the meter or SKU. They are read for classification
// only. A column that is not in this list is not read, and none in which a customer writes
// (resources, tags, projects, labels, cost categories) may be added.
//
// Sources: Microsoft Cost Management FOCUS exports (x_Sku…), AWS Data Exports FOCUS tables
// (x_ServiceCode, x_UsageType, x_Operation), Google's FOCUS view of BigQuery exports
// (x_ServiceId, x_SkuDescription); the other spellings are those of converters and warehouses.
var providerWords = []struct {
	name    string
	product bool   // names a product; otherwise a meter, SKU or operation
	of      string // whose own export to FOCUS has the column, "" for converters and warehouses
}{
	{"x_SkuServiceFamily", true, ofMicrosoft}, {"x_SkuMeterCategory", true, ofMicrosoft}, {"x_SkuMeterSubcategory",
		true, ofMicrosoft},
	{"x_MeterCategory", true, ""}, {"x_MeterSubcategory", true, ""}, {"x_ServiceFamily", true, ""},
	{"x_ServiceCode", true, ofAWS}, {"x_ServiceId", true, ofGoogle}, {"x_ProductName", true, ""},
	{"x_ProductCode", true, ""},
	{"x_ProductFamily", true, ""}, {"x_ServiceName", true, ""}, {"x_ServiceDescription", true, ""},
	{"x_SkuMeterName", false, ofMicrosoft}, {"x_MeterName", false, ""}, {"x_SkuMeter", false, ""},
	{"x_UsageType", false, ofAWS},
	{"x_Operation", false, ofAWS}, {"x_SkuName", false, ""}, {"x_SkuDescription", false, ofGoogle},
	{"x_BillingItemName", false, ""},
}

// The providers whose exports to FOCUS are documented.
const (
	ofAWS       = "aws"
	ofGoogle    = "google"
	ofMicrosoft = "microsoft"
	ofOracle    = "oracle"
)

// describers are the providers that are known to write ChargeDescription themselves, as the
// description of the SKU, and to have no other column for it: Google (sku.description) and
// Oracle (product/Description). The names are compared by their beginning, folded. Of any
// other provider ChargeDescription is taken for words of the customer and is not read.
var describers = []string{"google", "gcp", "oracle", "oci"}

const (
	wordSeparator    = " | "  // between two columns
	productSeparator = " :: " // between products and meters
)

// words are the positions of the columns that make up colWords.
type words struct {
	product, meter        []int
	description, provider int // -1 when absent
}

func (w words) none() bool { return len(w.product)+len(w.meter) == 0 && w.description < 0 }

// all are the positions of the columns that are read for no other purpose; descriptions that
// are not a provider's own count as dropped, so theirs is not among them.
func (w words) all() []int { return slices.Concat(w.product, w.meter) }

func newWords(h *header, index map[string]int) words {
	w := words{description: -1, provider: h.at[colProvider]}
	for _, p := range providerWords {
		i, ok := index[nameKey(p.name)]
		switch {
		case !ok || slices.Contains(h.at[:], i):
		case p.product:
			w.product = append(w.product, i)
		default:
			w.meter = append(w.meter, i)
		}
	}
	if i, ok := index["chargedescription"]; ok && w.provider >= 0 {
		w.description = i
	}
	return w
}

// sql is the expression for colWords; column gives the text of the column at a position.
func (w words) sql(column func(i int) string) string {
	filled := func(x string) string { return fmt.Sprintf("CASE WHEN NOT %s THEN trim(%s) END", sqlNull(x), x) }
	join := func(list []string) string {
		if len(list) == 0 {
			return "''"
		}
		return "concat_ws(" + quote(wordSeparator) + ", " + strings.Join(list, ", ") + ")"
	}
	var product, meter []string
	for _, i := range w.product {
		product = append(product, filled(column(i)))
	}
	for _, i := range w.meter {
		meter = append(meter, filled(column(i)))
	}
	if w.description >= 0 {
		var own []string
		for _, d := range describers {
			own = append(own, fmt.Sprintf("starts_with(lower(trim(%s)), %s)", column(w.provider), quote(d)))
		}
		meter = append(meter, fmt.Sprintf("CASE WHEN (%s) AND NOT %s THEN trim(%s) END",
			strings.Join(own, " OR "), sqlNull(column(w.description)), column(w.description)))
	}
	return fmt.Sprintf("nullif(%s || %s || %s, %s)", join(product), quote(productSeparator), join(meter),
		quote(productSeparator))
}

// text is what sql gives, for a row of fields.
func (w words) text(fields []string) string {
	if w.none() {
		return ""
	}
	join := func(at []int) []string {
		var list []string
		for _, i := range at {
			if !null(fields[i]) {
				list = append(list, strings.TrimSpace(fields[i]))
			}
		}
		return list
	}
	product, meter := join(w.product), join(w.meter)
	if w.description >= 0 && !null(fields[w.description]) {
		provider := strings.ToLower(strings.TrimSpace(fields[w.provider]))
		own := func(d string) bool { return strings.HasPrefix(provider, d) }
		if slices.ContainsFunc(describers, own) {
			meter = append(meter, strings.TrimSpace(fields[w.description]))
		}
	}
	if len(product)+len(meter) == 0 {
		return ""
	}
	return strings.Join(product, wordSeparator) + productSeparator + strings.Join(meter, wordSeparator)
}
