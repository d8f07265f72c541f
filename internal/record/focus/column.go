package focus

import (
	"slices"
	"strings"
)

// A column that is read.
type column int

const (
	colAccount column = iota
	colSubAccount
	colChargeStart
	colBillingStart
	colRegion
	colCategory
	colService
	colSubcategory
	colMeter
	colUnit
	colCharge
	colClass
	colCommitment
	colCapacity
	colCurrency
	colProvider
	colIssuer
	colPublisher
	colHost
	colQuantity
	colBilled
	colEffective
	colChargeEnd
	colApplied
	colWords
	columns
)

// wordColumns are the columns that charges are grouped by as they are written; the others are numbers and times.
var wordColumns = []column{
	colAccount, colSubAccount, colRegion, colCategory, colService, colSubcategory, colMeter, colUnit, colCharge,
	colClass,
	colCommitment, colCapacity, colCurrency, colProvider, colIssuer, colPublisher, colHost, colWords,
}

// timeColumns are the columns that hold times.
var timeColumns = []column{colChargeStart, colChargeEnd, colBillingStart}

// numberColumns are the columns that hold numbers.
var numberColumns = []column{colQuantity, colBilled, colEffective}

// reads gives for each column its name in FOCUS 1.4 and the names that stand for it, the
// best first. FOCUS 1.3 deprecated ProviderName for ServiceProviderName, 1.4 removed it
// with PublisherName (specification, "Deprecated columns"). The last names are those of
// the preview 0.5. Before version 1.1 brought SkuMeter, Microsoft wrote the meter's name in
// x_SkuMeterName and Amazon its usage type in x_UsageType; both became SkuMeter later.
// colWords has no name: it is put together from the columns of [providerWords].
var reads = [columns]struct {
	name  string
	alias []string
}{
	colAccount:      {"BillingAccountId", nil},
	colSubAccount:   {"SubAccountId", nil},
	colChargeStart:  {"ChargePeriodStart", nil},
	colBillingStart: {"BillingPeriodStart", nil},
	colRegion:       {"RegionId", []string{"Region"}},
	colCategory:     {"ServiceCategory", nil},
	colService:      {"ServiceName", nil},
	colSubcategory:  {"ServiceSubcategory", nil},
	colMeter:        {"SkuMeter", []string{"x_SkuMeterName", "x_UsageType"}},
	colUnit:         {"ConsumedUnit", nil},
	colCharge:       {"ChargeCategory", []string{"ChargeType"}},
	colClass:        {"ChargeClass", nil},
	colCommitment:   {"CommitmentDiscountStatus", nil},
	colCapacity:     {"CapacityReservationStatus", nil},
	colCurrency:     {"BillingCurrency", []string{"BilledCurrency"}},
	colProvider:     {"ServiceProviderName", []string{"ProviderName", "Provider"}},
	colIssuer:       {"InvoiceIssuerName", []string{"InvoiceIssuer"}},
	colPublisher:    {"PublisherName", []string{"Publisher"}},
	colHost:         {"HostProviderName", nil},
	colQuantity:     {"ConsumedQuantity", nil},
	colBilled:       {"BilledCost", nil},
	colEffective:    {"EffectiveCost", []string{"AmortizedCost"}},
	colChargeEnd:    {"ChargePeriodEnd", nil},
	colApplied:      {"ContractApplied", nil},
}

// lacked are the columns whose absence from a source makes something not computable, by
// the names that [signal.Catalogue] uses.
var lacked = []column{
	colAccount, colSubAccount, colChargeStart, colRegion, colCategory, colService, colSubcategory, colMeter, colUnit,
	colCharge,
	colCurrency, colProvider, colIssuer, colPublisher, colHost, colQuantity, colBilled, colEffective, colCommitment,
}

// known are the columns of the cost and usage dataset with the version that brought them.
var known = func() []knownColumn {
	var out []knownColumn
	for _, v := range []struct{ version, names string }{
		{"1.0", "AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd " +
			"BillingPeriodStart " +
			"ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart " +
			"CommitmentDiscountCategory " +
			"CommitmentDiscountId CommitmentDiscountName CommitmentDiscountStatus CommitmentDiscountType " +
			"ConsumedQuantity ConsumedUnit " +
			"ContractedCost ContractedUnitPrice EffectiveCost InvoiceIssuerName ListCost ListUnitPrice " +
			"PricingCategory PricingQuantity " +
			"PricingUnit ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType " +
			"ServiceCategory ServiceName " +
			"SkuId SkuPriceId SubAccountId SubAccountName Tags"},
		{"1.1", "CapacityReservationId CapacityReservationStatus CommitmentDiscountQuantity CommitmentDiscountUnit " +
			"ServiceSubcategory SkuMeter SkuPriceDetails"},
		{"1.2", "BillingAccountType InvoiceId PricingCurrency PricingCurrencyContractedUnitPrice " +
			"PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice SubAccountType"},
		{"1.3", "AllocatedMethodDetails AllocatedMethodId AllocatedResourceId AllocatedResourceName AllocatedTags " +
			"ContractApplied HostProviderName ServiceProviderName"},
		{"1.4", "CommitmentProgramEligibilityDetails InvoiceDetailId"},
	} {
		for _, n := range strings.Fields(v.names) {
			out = append(out, knownColumn{n, v.version})
		}
	}
	return out
}()

type knownColumn struct{ name, version string }

var knownKey = func() map[string]int {
	m := map[string]int{}
	for i, c := range known {
		m[nameKey(c.name)] = i
	}
	return m
}()

// A header is the columns of one source.
type header struct {
	names []string // as written, in their order
	at    [columns]int
	have  map[string]bool // keys of known columns
	delim byte
	line  int    // that it stands in, 0 when the source is no text
	place string // what stands before the number of a row in rejects, "" for the usual
	short bool   // it stands in one line
	words words
	// profile is how a bill in a provider's own form reads, nil for FOCUS.
	profile *profile
	// dates are the forms of its days beside ISO 8601, for a bill of FOCUS that something else than a provider wrote.
	dates []dateForm
	// comma says that numbers are written with a decimal comma.
	comma bool
}

// given reports whether a column is there, or is the same for all charges.
func (h *header) given(c column) bool {
	return h.has(c) || h.profile != nil && h.profile.fixed[c] != ""
}

// texts fills in the expressions of a scan: column gives the text of what stands at a position of the header.
func (h *header) texts(s *scan, column func(i int) string) {
	for c := range columns {
		switch {
		case h.has(c):
			s.text[c] = h.profile.sql(c, column(h.at[c]))
			if slices.Contains(timeColumns, c) {
				s.text[c] = sqlDates(h.dates, s.text[c])
			}
			if h.comma && slices.Contains(numberColumns, c) {
				s.text[c] = sqlComma(s.text[c])
			}
		case h.given(c):
			s.text[c] = quote(h.profile.fixed[c])
		case c == colWords && !h.words.none():
			s.text[c] = h.words.sql(column)
		}
	}
	if h.profile != nil {
		s.hours = h.profile.hours
	}
}

func (h *header) has(c column) bool { return h.at[c] >= 0 }

// refused says why no charge of the source can be placed in a month, "" when it can.
func (h *header) refused() string {
	if h.has(colChargeStart) || h.has(colBillingStart) {
		return ""
	}
	return "no column ChargePeriodStart or BillingPeriodStart: the charges belong to no month"
}

// version is the lowest version that has all the columns, the way each version changed them.
func (h *header) version() string {
	if h.profile != nil {
		return h.profile.name
	}
	v := "1.0"
	for i, c := range known {
		if h.have[nameKey(known[i].name)] && c.version > v {
			v = c.version
		}
	}
	switch {
	case h.have["serviceprovidername"] && !h.have["providername"] && !h.have["publishername"]:
		v = max(v, "1.4")
	case h.have["chargetype"] && !h.have["chargecategory"]:
		v = "0.5"
	}
	return v
}

// says is the note on what a source is.
func (h *header) says() string {
	if h.profile != nil {
		return "columns of the " + h.profile.name
	}
	return "columns of FOCUS " + h.version()
}

// newHeader recognises a cost and usage table by its columns: it has at least three columns
// of FOCUS, one of them an amount and one of them what it is for. Other datasets of FOCUS
// 1.3 and 1.4 (contract commitments, invoice details) and native bills fail that.
// A bill in a provider's own form is recognised by its [profile] first.
func newHeader(names []string) (*header, bool) {
	if h, ok := nativeHeader(names); ok {
		return h, true
	}
	h := &header{names: names, have: map[string]bool{}}
	index := map[string]int{}
	for i, n := range names {
		k := nameKey(n)
		if _, twice := index[k]; twice {
			continue
		}
		index[k] = i
		if _, ok := knownKey[k]; ok {
			h.have[k] = true
		}
	}
	for c := range columns {
		h.at[c] = -1
		if reads[c].name == "" {
			continue
		}
		for _, n := range append([]string{reads[c].name}, reads[c].alias...) {
			if i, ok := index[nameKey(n)]; ok {
				h.at[c] = i
				if n == "ChargeType" {
					h.have["chargetype"] = true
				}
				break
			}
		}
	}
	h.words = newWords(h, index)
	any := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return h.have[n] })
	}
	if len(h.have) < 3 ||
		!any("billedcost", "effectivecost", "listcost", "contractedcost", "consumedquantity") ||
		!any("billingaccountid", "subaccountid", "chargeperiodstart", "billingperiodstart", "servicename",
			"servicecategory") {
		return nil, false
	}
	// The invoice detail dataset of 1.4 bills a second time what cost and usage has.
	if _, invoice := index["invoicedetailgrain"]; invoice && !any("servicename", "servicecategory") {
		return nil, false
	}
	return h, true
}

// twice names a column that is read and stands in the header more than once.
func (h *header) twice() string {
	seen := map[string]bool{}
	for _, n := range h.names {
		k := nameKey(n)
		if seen[k] {
			for c := range columns {
				if h.at[c] >= 0 && nameKey(h.names[h.at[c]]) == k {
					return n
				}
			}
		}
		seen[k] = true
	}
	return ""
}
