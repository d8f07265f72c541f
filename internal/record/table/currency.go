package table

import "strings"

// currencies are the codes of ISO 4217, current and historic, as the codelist currency.csv
// of OCDS 1.1.5 has them, and VED, XAD, XCG and ZWG, which came later.
const currencies = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP " +
	"BYN BZD CAD CDF " +
	"CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD " +
	"GNF GTQ GYD HKD " +
	"HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD " +
	"MAD MDL MGA MKD " +
	"MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD " +
	"RUB RWF SAR SBD " +
	"SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI " +
	"UYU UYW UZS VED " +
	"VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL " +
	"ADP AFA ALK AOK " +
	"AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEF BEL BGJ BGK BGL BOP BRB BRC BRE BRN BRR BUK BYB BYR CHC CSD CSJ CSK " +
	"CYP DDM DEM ECS " +
	"ECV EEK ESA ESB ESP FIM FRF GEK GHC GHP GNE GNS GQE GRD GWE GWP HRD IEP ILP ILR ISJ ITL LAJ LSM LTL LTT LUC LUF " +
	"LUL LVL LVR MGF " +
	"MLF MRO MTL MTP MVQ MXP MZE MZM NIC NLG PEH PEI PES PLZ PTE RHD ROK ROL RUR SDD SDP SIT SKK SRG STD SUR TJR TMM " +
	"TPE TRL UAK UGS " +
	"UGW USS UYN UYP VEB VEF VNC XEU XFO XFU XRE YDD YUD YUM YUN ZAL ZMK ZRN ZRZ ZWC ZWD ZWN ZWR"

var currencySet = func() map[string]string {
	set := map[string]string{}
	for _, c := range strings.Fields(currencies) {
		set[c] = c
	}
	return set
}()

// currencySigns are signs and words that stand for one currency only: no "$", no "kr".
var currencySigns = map[string]string{"€": "EUR", "£": "GBP", "₪": "ILS", "₹": "INR", "₽": "RUB", "₺": "TRY",
	"₩": "KRW", "₴": "UAH", "₸": "KZT",
	"₫": "VND", "₱": "PHP", "₦": "NGN", "฿": "THB", "US$": "USD", "CA$": "CAD", "C$": "CAD", "A$": "AUD", "AU$": "AUD",
	"NZ$": "NZD", "HK$": "HKD",
	"R$": "BRL", "ZŁ": "PLN", "KČ": "CZK", "EURO": "EUR", "EUROS": "EUR"}

// Currency returns the code of ISO 4217 that a text means, in any case.
func Currency(s string) (string, bool) {
	if c, ok := currencySet[s]; ok {
		return c, true
	}
	s = strings.ToUpper(strings.TrimSpace(s))
	if c, ok := currencySet[s]; ok {
		return c, true
	}
	c, ok := currencySigns[s]
	return c, ok
}
