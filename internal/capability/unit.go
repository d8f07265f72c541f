package capability

import (
	"strconv"
	"strings"
)

// What a unit counts.
const (
	dimNone     = ""
	dimBytes    = "bytes"
	dimByteTime = "bytetime" // an amount kept for a time: GB-Hours, GB-Months
	dimTime     = "time"
	dimChars    = "characters"
	dimTokens   = "tokens"
	dimImages   = "images"
	dimCount    = "count" // requests, transactions, units, or nothing but a number
)

// A quantity is what one unit is worth.
type quantity struct {
	dim    string
	factor float64 // in TB, TB·month, hours, characters, tokens, images or counts
	hourly bool    // bytetime in TB·hours: to be divided by the hours of the month
}

// Data sizes in decimal TB. FOCUS 1.0 §"Unit Format" has both series; what a provider
// calls GB is taken at its word.
var byteWords = map[string]float64{
	"byte": 1e-12, "bytes": 1e-12, "b": 1e-12,
	"kb": 1e-9, "mb": 1e-6, "gb": 1e-3, "tb": 1, "pb": 1e3, "eb": 1e6,
	"kib": 1.024e-9, "mib": 1.048576e-6, "gib": 1.073741824e-3, "tib": 1.099511627776, "pib": 1.125899906842624e3,
	"gigabyte": 1e-3, "gigabytes": 1e-3, "terabyte": 1, "terabytes": 1, "petabyte": 1e3, "petabytes": 1e3,
	"gibibyte": 1.073741824e-3, "tebibyte": 1.099511627776,
}

// Times in hours; a month is handled apart, since its length differs.
var timeWords = map[string]float64{
	"second": 1. / 3600, "seconds": 1. / 3600, "sec": 1. / 3600, "secs": 1. / 3600, "s": 1. / 3600,
	"minute": 1. / 60, "minutes": 1. / 60, "min": 1. / 60, "mins": 1. / 60,
	"hour": 1, "hours": 1, "hr": 1, "hrs": 1, "h": 1, "hora": 1, "horas": 1, "stunde": 1, "stunden": 1, "heure": 1, "heures": 1,
	"day": 24, "days": 24,
	"millisecond": 1. / 3.6e6, "milliseconds": 1. / 3.6e6, "ms": 1. / 3.6e6,
}

var monthWords = map[string]bool{"month": true, "months": true, "mo": true, "mes": true, "monat": true, "mois": true, "mos": true}

var countWords = map[string]string{
	"character": dimChars, "characters": dimChars, "char": dimChars, "chars": dimChars, "zeichen": dimChars, "caracteres": dimChars,
	"token": dimTokens, "tokens": dimTokens,
	"image": dimImages, "images": dimImages, "face": dimImages, "faces": dimImages, "frame": dimImages, "frames": dimImages, "picture": dimImages, "pictures": dimImages,
	"page": dimCount, "pages": dimCount,
	"request": dimCount, "requests": dimCount, "transaction": dimCount, "transactions": dimCount, "call": dimCount, "calls": dimCount,
	"unit": dimCount, "units": dimCount, "operation": dimCount, "operations": dimCount, "query": dimCount, "queries": dimCount,
	"count": dimCount, "each": dimCount, "prediction": dimCount, "predictions": dimCount, "record": dimCount, "records": dimCount,
	"document": dimCount, "documents": dimCount, "message": dimCount, "messages": dimCount,
}

var multiplierWords = map[string]float64{
	"k": 1e3, "m": 1e6, "b": 1e9, "thousand": 1e3, "thousands": 1e3, "million": 1e6, "millions": 1e6, "billion": 1e9,
	"1ks": 1e3, "1ms": 1e6,
}

// parseUnit reads the units that providers write: "GB-Mo", "GB Hours", "1K Characters",
// "100 GB/Month", "Lambda-GB-Second", "Audio Hours", "1M", "1000 Tokens", "Hrs".
// "per" and "/" bind as "-" does: Azure writes GB/Hour for GB-Hours.
func parseUnit(unit string) quantity {
	q := quantity{factor: 1}
	f := fold(nil, nil, thousands(unit))
	size, hours, month, kind := 0., 0., false, dimNone
	for i := range f.words {
		w := string(f.word(i))
		if w == "per" {
			continue
		}
		if n, rest := leadingDigits(w); n != "" {
			x, err := strconv.ParseFloat(n, 64)
			if err != nil || x == 0 {
				return quantity{}
			}
			q.factor *= x
			if w = rest; w == "" {
				continue
			}
		}
		switch {
		case size == 0 && (i > 0 || len(f.words) > 1 || w != "b") && byteWords[w] != 0 && !(w == "b" && q.factor != 1):
			size = byteWords[w]
		case multiplierWords[w] != 0:
			q.factor *= multiplierWords[w]
		case timeWords[w] != 0 && hours == 0:
			hours = timeWords[w]
		case monthWords[w]:
			month = true
		case countWords[w] != dimNone && (kind == dimNone || kind == dimCount):
			kind = countWords[w]
		}
	}
	switch {
	case size > 0 && month:
		q.dim, q.factor = dimByteTime, q.factor*size
	case size > 0 && hours > 0:
		q.dim, q.factor, q.hourly = dimByteTime, q.factor*size*hours, true
	case size > 0:
		q.dim, q.factor = dimBytes, q.factor*size
	case kind != dimNone && kind != dimCount:
		q.dim = kind
	case hours > 0:
		q.dim, q.factor = dimTime, q.factor*hours
	case month:
		return quantity{}
	case kind == dimCount || len(f.words) > 0 && q.factor > 1:
		q.dim = dimCount
	default:
		return quantity{}
	}
	return q
}

// thousands takes the commas out of "1,000,000 characters".
func thousands(s string) string {
	isDigit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	if strings.IndexByte(s, ',') < 0 {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == ',' && isDigit(i-1) && isDigit(i+1) && isDigit(i+2) && isDigit(i+3) && !isDigit(i+4) {
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
