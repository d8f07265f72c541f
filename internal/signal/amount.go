package signal

import (
	"math"
	"strconv"
	"strings"
)

// amount writes a number for people: "11,400,000", "24.5", never in E notation.
func amount(x float64) string {
	digits := 2
	if math.Abs(x) >= 1000 {
		digits = 0
	}
	s := strconv.FormatFloat(x, 'f', digits, 64)
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var out []byte
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, whole[i])
	}
	if frac != "" {
		return sign + string(out) + "." + frac
	}
	return sign + string(out)
}

// volume writes a quantity in its unit, data in the unit that reads best.
func volume(x float64, unit string) string {
	if unit == "TB" {
		switch a := math.Abs(x); {
		case a >= 1000:
			return amount(x/1000) + " PB"
		case a < 1 && a > 0:
			return amount(x*1000) + " GB"
		}
	}
	return strings.TrimSpace(amount(x) + " " + unit)
}

// clip shortens a text from the records to what a row of evidence needs.
func clip(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return s
}
