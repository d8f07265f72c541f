package focus

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"plimsoll/internal/record/delimited"
)

// A profile says how a bill in a provider's own form reads as FOCUS: which of its columns
// stand for which, and what all of its charges have in common. Columns are compared by their
// letters and digits alone, so that lineItem/UsageType, line_item_usage_type and
// "Line Item Usage Type" are one.
type profile struct {
	name    string
	source  string   // where the form is documented
	needs   []string // alternatives of each column that has to be there, as "a|b"
	without []string // columns by which a file is of another profile
	columns [columns][]string
	product []string // columns that name the product, in the provider's own words
	meter   []string // columns that describe the meter
	fixed   [columns]string
	// charges are the words for kinds of charges, folded to letters, as FOCUS has them. Others are unknown.
	charges map[string]string
	dates   []dateForm
	hours   float64 // how long the period of each charge is, where no column says

	keys     []columnKey // every column that it names, once
	needKeys [][]string  // needs, folded
}

// A columnKey is the name of a column as headers are compared, and what it is made of, "" when its words are not known.
type columnKey struct{ key, concepts string }

// A dateForm is how a file may write a day, beside ISO 8601.
type dateForm struct{ pattern, format string }

var (
	// Spreadsheets and warehouses write days so when they save a bill again.
	compact = dateForm{`^\s*\d{8}\s*$`, "%Y%m%d"}
	// Microsoft documents mm/dd/yyyy; dd/mm/yyyy is taken only for a file in which the other cannot be. A time of
	// day may follow, which no sum needs.
	monthFirst = dateForm{`^\s*\d{1,2}/\d{1,2}/\d{4}(\s+\d{1,2}:\d\d.*)?\s*$`, "%m/%d/%Y"}
	dayFirst   = dateForm{`^\s*\d{1,2}/\d{1,2}/\d{4}(\s+\d{1,2}:\d\d.*)?\s*$`, "%d/%m/%Y"}
	dayDotted  = dateForm{`^\s*\d{1,2}\.\d{1,2}\.\d{4}(\s+\d{1,2}:\d\d.*)?\s*$`, "%d.%m.%Y"}
	monthOnly  = dateForm{`^\s*\d{6}\s*$`, "%Y%m"}
)

const (
	chargeUsage      = "Usage"
	chargePurchase   = "Purchase"
	chargeTax        = "Tax"
	chargeCredit     = "Credit"
	chargeAdjustment = "Adjustment"
)

// What Azure's forms have in common.
var (
	azureColumns = [columns][]string{
		colAccount:     {"billingAccountId", "billingAccountNumber", "enrollmentNumber", "customerId"},
		colSubAccount:  {"subscriptionGuid", "subscriptionId", "entitlementId"},
		colChargeStart: {"date", "usageDateTime", "usageDate", "usageStart"}, colBillingStart: {
			"billingPeriodStartDate", "billingPeriodStart", "servicePeriodStartDate"},
		colRegion: {"resourceLocation", "resourceLocationNormalized", "meterRegion"}, colCategory: {"serviceFamily"},
		colService: {"meterCategory"}, colMeter: {"meterName"}, colUnit: {"unitOfMeasure", "unit"},
		colQuantity: {"quantity", "consumedQuantity", "usageQuantity"}, colCharge: {"chargeType", "costType"},
		colBilled:    {"costInBillingCurrency", "pretaxCost", "cost", "extendedCost", "billingPreTaxTotal"},
		colCurrency:  {"billingCurrencyCode", "billingCurrency", "currency", "currencyCode"},
		colPublisher: {"publisherName"}, colIssuer: {"partnerName"},
	}
	azureProduct = []string{"meterSubCategory", "meterSubcategory", "consumedService"}
	azureMeter   = []string{"productName", "product", "skuName"}
)

// profiles are the forms that are recognised, each by the columns that it alone has.
var profiles = foldNames([]*profile{
	{
		name:   "AWS Cost and Usage Report",
		source: "AWS Data Exports table dictionary (CUR 2.0); AWS Cost and Usage Report data dictionary (CUR 1)",
		needs: []string{"lineItemLineItemType", "lineItemUsageAccountId", "lineItemUsageType", "lineItemUsageAmount",
			"lineItemUsageStartDate"},
		columns: [columns][]string{
			colAccount: {"billPayerAccountId"}, colSubAccount: {"lineItemUsageAccountId"},
			colChargeStart: {"lineItemUsageStartDate"}, colChargeEnd: {"lineItemUsageEndDate"}, colBillingStart: {
				"billBillingPeriodStartDate"},
			colRegion:  {"productRegionCode", "productRegion"},
			colService: {"productProductName", "productServiceName", "lineItemProductCode", "productServicecode"},
			colMeter:   {"lineItemUsageType"},
			colUnit:    {"pricingUnit"}, colQuantity: {"lineItemUsageAmount"}, colCharge: {"lineItemLineItemType"},
			colBilled: {"lineItemUnblendedCost"}, colEffective: {"lineItemNetUnblendedCost"},
			colCurrency: {"lineItemCurrencyCode"},
			colIssuer:   {"billInvoicingEntity", "lineItemLegalEntity"},
		},
		product: []string{"lineItemProductCode", "productServicecode", "productProductFamily", "productServiceName"},
		meter:   []string{"lineItemOperation", "productInstanceType", "productGroup"},
		fixed:   [columns]string{colProvider: "AWS"},
		charges: map[string]string{
			"usage": chargeUsage, "discountedusage": chargeUsage, "savingsplancoveredusage": chargeUsage,
			"savingsplannegation": chargeAdjustment, "fee": chargePurchase, "rifee": chargePurchase,
			"savingsplanupfrontfee":   chargePurchase,
			"savingsplanrecurringfee": chargePurchase, "tax": chargeTax, "credit": chargeCredit, "refund": chargeCredit,
			"bundleddiscount": chargeCredit, "edpdiscount": chargeCredit, "privateratediscount": chargeCredit,
			"sppdiscount": chargeCredit, "discount": chargeCredit,
		},
	},
	{
		name: "Azure usage details of the older kind",
		source: "Microsoft Cost Management: Enterprise Agreement usage detail report (until 2019), pay-as-you-go " +
			"cost and usage " +
			"details version 2019-11-01, which list use and no purchase",
		needs: []string{"meterCategory", "subscriptionGuid|subscriptionId", "consumedQuantity|usageQuantity",
			"date|usageDateTime|usageDate"},
		without: []string{"chargeType", "customerId"},
		columns: azureColumns, product: azureProduct, meter: azureMeter,
		fixed: [columns]string{colProvider: "Microsoft", colCharge: chargeUsage},
		dates: []dateForm{monthFirst, dayDotted},
		hours: 24,
	},
	{
		name: "Azure cost and usage details",
		source: "Microsoft Cost Management, cost and usage details file schema (EA, MCA, pay-as-you-go); partner " +
			"daily rated usage",
		needs: []string{"meterCategory", "subscriptionGuid|subscriptionId|customerId",
			"date|usageDateTime|usageDate|usageStart"},
		columns: azureColumns, product: azureProduct, meter: azureMeter,
		fixed: [columns]string{colProvider: "Microsoft"},
		charges: map[string]string{
			"usage": chargeUsage, "purchase": chargePurchase, "refund": chargeCredit, "tax": chargeTax,
			"roundingadjustment": chargeAdjustment,
			"unusedreservation":  chargePurchase, "unusedsavingsplan": chargePurchase,
			// Partner daily rated usage, whose lines are all of use: a new charge is one that was not there before.
			"new": chargeUsage, "dailyratedusage": chargeUsage, "renew": chargePurchase, "cyclefee": chargePurchase,
			// The words of translated exports, by their letters a to z.
			"nutzung": chargeUsage, "verbrauch": chargeUsage, "kauf": chargePurchase, "erstattung": chargeCredit,
			"rckerstattung": chargeCredit,
			"utilisation":   chargeUsage, "achat": chargePurchase, "remboursement": chargeCredit, "uso": chargeUsage,
			"compra":    chargePurchase,
			"reembolso": chargeCredit, "utilizzo": chargeUsage, "acquisto": chargePurchase, "rimborso": chargeCredit,
		},
		dates: []dateForm{monthFirst, dayDotted},
		hours: 24, // a line is a day's use of a resource
	},
	{
		name:   "Microsoft partner reconciliation of use",
		source: "Microsoft Partner Center, usage-based reconciliation file",
		needs: []string{"partnerId", "subscriptionId", "serviceName", "serviceType|resourceGuid", "consumedQuantity",
			"chargeStartDate"},
		columns: [columns][]string{
			colAccount: {"customerId", "customerCompanyName", "customerName"}, colSubAccount: {"subscriptionId"},
			colChargeStart: {"usageDate", "chargeStartDate"}, colChargeEnd: {"chargeEndDate"}, colBillingStart: {
				"chargeStartDate"},
			colRegion: {"region", "meteredRegion"}, colService: {"serviceName", "meteredService"},
			colMeter: {"resourceName", "meteredServiceType"},
			colUnit:  {"unit"}, colQuantity: {"consumedQuantity"}, colCharge: {"chargeType"},
			colBilled:   {"pretaxCharges"},
			colCurrency: {"currency"}, colIssuer: {"partnerName"},
		},
		product: []string{"serviceType"},
		meter:   []string{"sku"},
		fixed:   [columns]string{colProvider: "Microsoft", colCharge: chargeUsage},
		charges: map[string]string{
			"assessusagefeeforcurrentcycle": chargeUsage, "assessusagefee": chargeUsage, "usage": chargeUsage,
			"usagefee":       chargeUsage,
			"customercredit": chargeCredit, "offset": chargeCredit, "proratecredit": chargeCredit,
		},
		dates: []dateForm{monthFirst, dayDotted},
	},
	{
		name: "Microsoft partner reconciliation of licences",
		source: "Microsoft Partner Center, licence-based reconciliation file, whose lines are purchases and what " +
			"changes them",
		needs: []string{"partnerId", "customerId", "offerName|offerId|durableOfferId", "chargeType",
			"chargeStartDate"},
		columns: [columns][]string{
			colAccount: {"customerId"}, colSubAccount: {"subscriptionId"},
			colChargeStart: {"chargeStartDate"}, colChargeEnd: {"chargeEndDate"}, colBillingStart: {"chargeStartDate"},
			colService: {"offerName"}, colQuantity: {"quantity"}, colBilled: {"subtotal", "amount"},
			colCurrency: {"currency"},
		},
		product: []string{"subscriptionDescription"},
		fixed:   [columns]string{colProvider: "Microsoft", colCharge: chargePurchase},
		dates:   []dateForm{monthFirst, dayDotted},
	},
	{
		name:   "Microsoft partner invoice reconciliation",
		source: "Microsoft Partner Center, new commerce invoice reconciliation file",
		needs: []string{"partnerId", "customerId", "productId|productName", "skuId|skuName", "chargeType",
			"chargeStartDate"},
		columns: [columns][]string{
			colAccount: {"customerId"}, colSubAccount: {"subscriptionId"},
			colChargeStart: {"chargeStartDate"}, colChargeEnd: {"chargeEndDate"}, colBillingStart: {"chargeStartDate"},
			colService: {"productName"}, colMeter: {"skuName"}, colUnit: {"unitType"}, colQuantity: {"billableQuantity",
				"quantity"},
			colCharge: {"chargeType"}, colBilled: {"subtotal"}, colCurrency: {"currency", "billingCurrency"},
			colPublisher: {"publisherName"},
			colIssuer:    {"partnerName"},
		},
		product: []string{"subscriptionDescription", "productCategory"},
		meter:   []string{"meterDescription"},
		fixed:   [columns]string{colProvider: "Microsoft"},
		// "New" stands on licences and on use alike, so it is left unknown.
		charges: map[string]string{
			"renew": chargePurchase, "cyclefee": chargePurchase, "cyclecharge": chargePurchase,
			"addquantity":    chargePurchase,
			"customercredit": chargeCredit, "credit": chargeCredit, "refund": chargeCredit,
			"cancelimmediate": chargeCredit, "removequantity": chargeCredit,
		},
		dates: []dateForm{monthFirst, dayDotted},
	},
	{
		name:   "Google Cloud billing export",
		source: "Google Cloud Billing documentation, schemas of standard and detailed usage cost exports to BigQuery",
		needs:  []string{"billingAccountId", "serviceDescription", "skuDescription", "usageStartTime", "usageAmount"},
		columns: [columns][]string{
			colAccount: {"billingAccountId"}, colSubAccount: {"projectId"}, colChargeStart: {"usageStartTime"},
			colChargeEnd:    {"usageEndTime"},
			colBillingStart: {"invoiceMonth"}, colRegion: {"locationRegion", "locationLocation"},
			colService: {"serviceDescription"}, colMeter: {"skuDescription"},
			colUnit: {"usageUnit"}, colQuantity: {"usageAmount"}, colCharge: {"costType"}, colBilled: {"cost"},
			colCurrency: {"currency"}, colIssuer: {"sellerName"},
		},
		fixed: [columns]string{colProvider: "Google Cloud"},
		charges: map[string]string{
			"regular": chargeUsage, "tax": chargeTax, "adjustment": chargeAdjustment, "roundingerror": chargeAdjustment,
		},
		dates: []dateForm{monthOnly},
	},
	{
		name:   "Oracle Cloud cost report",
		source: "Oracle Cloud Infrastructure documentation, cost and usage reports",
		needs:  []string{"lineItemIntervalUsageStart", "productService", "usageBilledQuantity|usageConsumedQuantity"},
		columns: [columns][]string{
			colAccount: {"lineItemTenantId"}, colSubAccount: {"productCompartmentId"}, colChargeStart: {
				"lineItemIntervalUsageStart"}, colChargeEnd: {"lineItemIntervalUsageEnd"},
			colRegion: {"productRegion"}, colService: {"productService"}, colMeter: {"productDescription",
				"productResource"},
			colUnit:     {"costBillingUnitReadable", "usageConsumedQuantityUnits", "costSkuUnitDescription"},
			colQuantity: {"usageBilledQuantity", "usageConsumedQuantity"},
			colBilled:   {"costMyCost"}, colCurrency: {"costCurrencyCode"},
		},
		meter: []string{"costSkuUnitDescription"},
		// the report lists usage and nothing else
		fixed: [columns]string{colProvider: "Oracle", colCharge: chargeUsage},
	},
})

// nested are the objects of Google's export whose fields are read, with these fields.
var nested = map[string][]string{
	"service": {"description"}, "sku": {"description"}, "project": {"id"}, "location": {"region", "location"},
	"usage": {"amount", "unit"}, "invoice": {"month"},
}

// nativeKey is how columns of profiles are compared.
func nativeKey(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// foldNames brings the columns of profiles into the form in which headers are compared, once for all files. What a
// profile needs stays as it is beside it, for people to read.
func foldNames(all []*profile) []*profile {
	fold := func(names []string) []string {
		out := make([]string, len(names))
		for i, n := range names {
			out[i] = nativeKey(n)
		}
		return out
	}
	for _, p := range all {
		seen := map[string]bool{}
		for _, list := range p.names() {
			for _, n := range list {
				if key := nativeKey(n); !seen[key] {
					seen[key] = true
					c, _ := headerWords[0].concepts(n)
					p.keys = append(p.keys, columnKey{key, c})
				}
			}
		}
		for c := range p.columns {
			p.columns[c] = fold(p.columns[c])
		}
		p.product, p.meter, p.without = fold(p.product), fold(p.meter), fold(p.without)
		for _, need := range p.needs {
			p.needKeys = append(p.needKeys, fold(strings.Split(need, "|")))
		}
	}
	return all
}

// fit returns the position of the first of the folded names that a header has, -1 without any.
func fit(index map[string]int, keys []string) int {
	for _, k := range keys {
		if i, ok := index[k]; ok {
			return i
		}
	}
	return -1
}

// fits reports whether a header has the columns that the profile needs, and none of another profile.
func (p *profile) fits(index map[string]int) bool {
	lacks := func(need []string) bool { return fit(index, need) < 0 }
	return !slices.ContainsFunc(p.needKeys, lacks) && fit(index, p.without) < 0
}

// nativeHeader recognises a bill in a provider's own form.
func nativeHeader(names []string) (*header, bool) {
	index := map[string]int{}
	for i, n := range names {
		if _, twice := index[nativeKey(n)]; !twice {
			index[nativeKey(n)] = i
		}
	}
	own := index
	languages := sync.OnceValue(func() []map[string]int { return conceptsOf(names) })
	for _, p := range profiles {
		if index = own; !p.fits(index) {
			var ok bool
			if index, ok = p.translated(languages(), own); !ok {
				continue
			}
		}
		h := &header{names: names, have: map[string]bool{}, profile: p, words: words{description: -1, provider: -1}}
		for c := range columns {
			h.at[c] = fit(index, p.columns[c])
		}
		add := func(list []string) (at []int) {
			for _, n := range list {
				if i := fit(index, []string{n}); i >= 0 && !slices.Contains(h.at[:], i) && !slices.Contains(at, i) {
					at = append(at, i)
				}
			}
			return at
		}
		h.words.product, h.words.meter = add(p.product), add(p.meter)
		return h, true
	}
	return nil, false
}

// Nearest names the form of a bill that the header in the first line of head comes nearest to, and the columns of it
// that are not there; "" when none is near.
func Nearest(head []byte) string {
	best := ""
	for _, d := range delimited.Candidates(head) {
		for _, r := range delimited.First(head, d, 1) {
			best = cmp.Or(nearest(r.Cells), best)
		}
	}
	return best
}

func nearest(names []string) string {
	index := map[string]int{}
	for i, n := range names {
		index[nativeKey(n)] = i
	}
	best, missing := "", []string(nil)
	for _, p := range profiles {
		var lacks []string
		for i, need := range p.needs {
			if fit(index, p.needKeys[i]) < 0 {
				lacks = append(lacks, strings.ReplaceAll(need, "|", " or "))
			}
		}
		if 2*len(lacks) < len(p.needs) && (best == "" || len(lacks) < len(missing)) {
			best, missing = p.name, lacks
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("nearest is %s, which has %s", best, strings.Join(missing, ", "))
}

// sql turns the text of a column into what FOCUS has in its place.
func (p *profile) sql(c column, x string) string {
	if p == nil || x == "" {
		return x
	}
	switch c {
	case colCharge:
		if len(p.charges) == 0 {
			return x
		}
		var b strings.Builder
		fmt.Fprintf(&b, "CASE regexp_replace(lower(%s), '[^a-z]', '', 'g')", x)
		for _, word := range slices.Sorted(maps.Keys(p.charges)) {
			fmt.Fprintf(&b, " WHEN %s THEN %s", quote(word), quote(p.charges[word]))
		}
		return b.String() + " ELSE " + x + " END"
	case colChargeStart, colChargeEnd, colBillingStart:
		return sqlDates(p.dates, x)
	}
	return x
}

// sqlDates turns days of the forms given into ISO 8601; what is of another form stays.
func sqlDates(dates []dateForm, x string) string {
	if len(dates) == 0 {
		return x
	}
	var b strings.Builder
	b.WriteString("CASE")
	for _, d := range dates {
		fmt.Fprintf(&b, " WHEN regexp_matches(%s, %s) THEN coalesce(strftime(try_strptime(%s, %s), "+
			"'%%Y-%%m-%%dT00:00:00Z'), %s)",
			x, quote(d.pattern), sqlDay(x), quote(d.format), x)
	}
	return b.String() + " ELSE " + x + " END"
}

// dayForms are the forms other than ISO 8601 in which a bill of FOCUS writes its days, by some of them. Days with
// strokes are read only where one of them can be read in one order alone, and none in the other alone.
func dayForms(days []string) []dateForm {
	var out []dateForm
	for _, d := range []dateForm{dayDotted, compact} {
		if re := regexp.MustCompile(d.pattern); slices.ContainsFunc(days, re.MatchString) {
			out = append(out, d)
		}
	}
	first, second := 0, 0 // that can only be days
	for _, d := range days {
		if m := stroked.FindStringSubmatch(d); m != nil {
			if len(m[1]) == 2 && m[1] > "12" {
				first++
			}
			if len(m[2]) == 2 && m[2] > "12" {
				second++
			}
		}
	}
	switch {
	case first > 0 && second == 0:
		out = append(out, dayFirst)
	case second > 0 && first == 0:
		out = append(out, monthFirst)
	}
	return out
}

var stroked = regexp.MustCompile(`^\s*(\d{1,2})/(\d{1,2})/\d{4}`)

// dayFirst returns the profile of a file that writes 31/01/2030.
func (p *profile) dayFirst() *profile {
	q := *p
	q.dates = slices.Clone(p.dates)
	for i, d := range q.dates {
		if d == monthFirst {
			q.dates[i] = dayFirst
		}
	}
	return &q
}

// sqlDay is what stands before the time of day.
func sqlDay(x string) string { return fmt.Sprintf("regexp_extract(%s, '[0-9./]+')", x) }
