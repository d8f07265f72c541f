package table

import (
	_ "embed"
	"strings"
)

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

// currencyTable holds signs and words that stand for one currency only: no "$", no "kr".
//
//go:embed data/currency.tsv
var currencyTable string

// currencySigns are the codes of those words.
var currencySigns = func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(currencyTable) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || f[0] == "word" {
			continue
		}
		if len(f) != 3 || currencySet[f[1]] == "" || f[2] == "" {
			panic("table: data/currency.tsv: a row without word, code and source: " + line)
		}
		out[f[0]] = f[1]
	}
	return out
}()

// Currency returns the code of ISO 4217 that a text means, in any case.
func Currency(s string) (string, bool) {
	if c, ok := currencySet[s]; ok {
		return c, true
	}
	s = strings.Join(strings.Fields(strings.ToUpper(s)), " ")
	if c, ok := currencySet[s]; ok {
		return c, true
	}
	c, ok := currencySigns[s]
	return c, ok
}
