package ocds

import (
	"strings"
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// currencies are the codes of ISO 4217, current and historic, as the codelist currency.csv
// of OCDS 1.1.5 has them, and VED, XAD, XCG and ZWG, which came later.
const currencies = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF " +
	"CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD " +
	"HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD " +
	"MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD " +
	"SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED " +
	"VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL ADP AFA ALK AOK " +
	"AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEF BEL BGJ BGK BGL BOP BRB BRC BRE BRN BRR BUK BYB BYR CHC CSD CSJ CSK CYP DDM DEM ECS " +
	"ECV EEK ESA ESB ESP FIM FRF GEK GHC GHP GNE GNS GQE GRD GWE GWP HRD IEP ILP ILR ISJ ITL LAJ LSM LTL LTT LUC LUF LUL LVL LVR MGF " +
	"MLF MRO MTL MTP MVQ MXP MZE MZM NIC NLG PEH PEI PES PLZ PTE RHD ROK ROL RUR SDD SDP SIT SKK SRG STD SUR TJR TMM TPE TRL UAK UGS " +
	"UGW USS UYN UYP VEB VEF VNC XEU XFO XFU XRE YDD YUD YUM YUN ZAL ZMK ZRN ZRZ ZWC ZWD ZWN ZWR"

var currencySet = func() map[string]string {
	set := map[string]string{}
	for _, c := range strings.Fields(currencies) {
		set[c] = c
	}
	return set
}()

// currency returns the code in upper case, "" when it is none.
func (d *decoder) currency(v *value) string {
	s := v.text()
	if s == "" {
		return ""
	}
	if len(s) == 3 {
		if c, ok := currencySet[s]; ok {
			return c
		}
		if c, ok := currencySet[strings.ToUpper(s)]; ok {
			return c
		}
	}
	d.out.notes[noteCurrency]++
	return ""
}

// decimal reads a number, also one written as a string.
func (d *decoder) decimal(v *value) record.Decimal {
	s := v.text()
	if s == "" {
		return ""
	}
	n, err := table.ParseNumber(s)
	if err != nil {
		d.out.notes[noteAmount]++
		return ""
	}
	return record.Decimal(d.words.keep(string(n)))
}

// money reads a value object.
func (d *decoder) money(v *value) (record.Decimal, string) {
	if v != nil && (v.k == kNumber || v.k == kString) {
		return d.decimal(v), ""
	}
	n := d.decimal(v.get("amount"))
	if n.Null() {
		return "", ""
	}
	c := d.currency(v.get("currency"))
	if c == "" && v.get("currency").text() == "" {
		d.out.notes[noteNoCurrency]++
	}
	return n, c
}

// date reads a date. "2031-05-17 14:00 Eastern Daylight Time" gives its day.
func (d *decoder) date(v *value) record.Date {
	s := v.text()
	if s == "" {
		return record.Date{}
	}
	if record.NullDate(s) {
		d.out.notes[noteNullDate]++
		return record.Date{}
	}
	if len(s) == 10 {
		if t, ok := day(s); ok {
			return t
		}
	}
	t, err := record.ParseDate(s)
	if err == nil {
		return t
	}
	d.out.notes[noteDate]++
	if len(s) > 10 {
		if t, ok := day(s[:10]); ok {
			return t
		}
	}
	return record.Date{}
}

// day reads YYYY-MM-DD, which is most dates, without trying every layout.
func day(s string) (record.Date, bool) {
	num := func(s string) (n int) {
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return -1
			}
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return record.Date{}, false
	}
	y, m, dd := num(s[:4]), num(s[5:7]), num(s[8:])
	if y < 1 || m < 1 || m > 12 || dd < 1 || dd > 31 {
		return record.Date{}, false
	}
	t := record.DayOf(y, time.Month(m), dd)
	return t, t.Time.Day() == dd
}

// period reads a period; an end that is missing follows from the duration.
func (d *decoder) period(v *value) (start, end record.Date) {
	start, end = d.date(v.get("startDate")), d.date(v.get("endDate"))
	if days := v.get("durationInDays"); !end.Known() && start.Known() && days != nil {
		if n := d.decimal(days); !n.Null() {
			if f := n.Float(); f > 0 && f < 36525 {
				t := start.Time.AddDate(0, 0, int(f))
				end = record.DayOf(t.Year(), t.Month(), t.Day())
			}
		}
	}
	return start, end
}
