package capability

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// A dim is what a unit counts.
type dim string

const (
	dimNone     dim = ""         // not understood, or empty
	dimBytes    dim = "bytes"    // an amount of data
	dimByteTime dim = "bytetime" // an amount kept for a time: GB-Hours, GB-Months
	dimTime     dim = "time"
	dimUnitTime dim = "unittime" // units of something for a time: Units/Month, Units/Hour
	dimChars    dim = "characters"
	dimTokens   dim = "tokens"
	dimImages   dim = "images"
	dimDocs     dim = "documents" // pages, records, messages: things of no known length
	dimRequests dim = "requests"  // requests, transactions, operations
	dimMachine  dim = "machine"   // processors, memory and other capacity, mostly by the hour
	dimCount    dim = "count"     // units of nothing in particular, or nothing but a number
)

// A quantity is what one unit is worth.
type quantity struct {
	dim    dim
	factor float64 // in TB, TB·month, hours, characters, tokens, images or counts; of unit time in hours or months
	hourly bool    // bytetime and unittime in hours, not months: to be divided by the hours of the month
}

// unitKind is what a word of a unit stands for; the kinds stand in unit.tsv.
type unitKind string

const (
	kindBytes     unitKind = "bytes"
	kindByteMonth unitKind = "bytemonth"
	kindTime      unitKind = "time"
	kindMonth     unitKind = "month"
	kindYear      unitKind = "year"
	kindMultiple  unitKind = "multiplier"
	kindRate      unitKind = "khz"
	kindCodec     unitKind = "codec"
	kindBinary    unitKind = "binary"
)

type unitWord struct {
	kind  unitKind
	value float64
}

const (
	bytesPerTB   = 1e12
	hoursPerYear = 8766 // of 365.25 days
)

// unitWords are the words of unit.tsv as fold writes them, characters of scripts without blanks together.
// binaryProviders are those of kind binary.
var unitWords, binaryProviders = readUnits()

// longestUnit is the length in characters of the longest word that is found inside a run of letters.
const longestUnit = 4

func readUnits() (map[string]unitWord, []string) {
	words := map[string]unitWord{}
	var binary []string
	for _, r := range readTable("unit.tsv") {
		w := unitWord{kind: unitKind(r.fields["kind"]), value: 1}
		if v := r.fields["value"]; v != "" {
			over, under, fraction := strings.Cut(v, "/")
			x, err := strconv.ParseFloat(over, 64)
			y := 1.
			if err == nil && fraction {
				y, err = strconv.ParseFloat(under, 64)
			}
			if err != nil {
				panic(fmt.Sprintf("unit.tsv line %d: value %q", r.line, v))
			}
			w.value = x / y
		}
		for _, name := range strings.Split(r.fields["word"], "|") {
			key := strings.ReplaceAll(foldString(name), " ", "")
			if w.kind == kindBinary {
				binary = append(binary, key)
				continue
			}
			if have, twice := words[key]; twice && have != w {
				panic(fmt.Sprintf("unit.tsv line %d: %q stands for two things", r.line, name))
			}
			words[key] = w
		}
	}
	return words, binary
}

// unitTokens splits a unit into its words and numbers. Words that a provider writes together
// ("GBHours", "KTokens") and runs of characters without blanks ("百万字符") are parted where
// the whole is no word of unit.tsv.
func unitTokens(unit string) []string {
	var out []string
	add := func(raw string) {
		out = append(out, strings.Fields(foldString(raw))...)
	}
	runes := []rune(plainNumbers(unit))
	class := func(r rune) int {
		switch {
		case unicode.IsDigit(r), r == '.':
			return 1
		case unicode.Is(unicode.Han, r), unicode.Is(unicode.Katakana, r), unicode.Is(unicode.Hiragana, r),
			unicode.Is(unicode.Hangul, r), r == 'ー':
			return 3
		case unicode.IsLetter(r), unicode.Is(unicode.Mn, r):
			return 2
		}
		return 0
	}
	for i := 0; i < len(runes); {
		c := class(runes[i])
		if c == 0 || runes[i] == '.' && (i+1 == len(runes) || !unicode.IsDigit(runes[i+1])) {
			i++
			continue
		}
		j := i + 1
		for j < len(runes) && class(runes[j]) == c && (c == 1 || runes[j] != '.') {
			j++
		}
		raw := string(runes[i:j])
		switch {
		case c == 1:
			out = append(out, strings.TrimRight(raw, "."))
		case c == 3:
			out = append(out, unspacedTokens(runes[i:j])...)
		case unitWords[foldString(raw)].kind != "":
			out = append(out, foldString(raw))
		case len(sizeAndTime(foldString(raw))) > 0:
			out = append(out, sizeAndTime(foldString(raw))...)
		default:
			add(splitCase(raw))
		}
		i = j
	}
	return out
}

// sizeAndTime parts a word of an amount of data and a time that are written together ("gbh", "tibhours", "gbday"), nil
// for any other. "gbs" is not parted: it may be gigabytes.
func sizeAndTime(word string) []string {
	for i := len(word) - 1; i > 0; i-- {
		size, time := word[:i], word[i:]
		if unitWords[size].kind != kindBytes || time == "s" || size == "b" && len(time) < 2 {
			continue
		}
		switch unitWords[time].kind {
		case kindTime, kindMonth, kindYear:
			return []string{size, time}
		}
	}
	return nil
}

// unspacedTokens parts a run of characters into the longest words that unit.tsv has.
func unspacedTokens(run []rune) []string {
	var out []string
	strange := false // the signs before are not understood
	for i := 0; i < len(run); {
		n := 1
		word := string(run[i : i+1])
		for k := min(longestUnit, len(run)-i); k > 0; k-- {
			w := strings.ReplaceAll(foldString(string(run[i:i+k])), " ", "")
			if unitWords[w].kind != "" {
				n, word = k, w
				break
			}
		}
		// A longer word of the table, as トークン, is found whole.
		for k := len(run) - i; k > longestUnit; k-- {
			if w := strings.ReplaceAll(foldString(string(run[i:i+k])), " ", ""); unitWords[w].kind != "" {
				n, word = k, w
				break
			}
		}
		switch known := unitWords[word].kind; {
		case known == kindBytes && strange: // "…バイト" behind signs that are not understood is no byte
			word = notUnderstood
			strange = false
		default:
			strange = known == ""
		}
		out = append(out, word)
		i += n
	}
	return out
}

// notUnderstood is a token that makes its unit one that is not understood.
const notUnderstood = "?"

// parseUnit reads the units that providers write: "GB-Mo", "GB Hours", "1K Characters",
// "100 GB/Month", "Lambda-GB-Second", "Audio Hours", "1M", "By.s", "Go-mois", "小时". "per" and "/" bind
// as "-" does: Azure writes GB/Hour for GB-Hours. Words that are not in unit.tsv describe
// ("Transcription Hours"); a unit of nothing else is not understood.
//
// binary says that the provider's GB are GiB (see [binaryUnits]).
func parseUnit(unit string, binary bool) quantity {
	tokens := unitTokens(unit)
	p := unitParser{factor: 1, binary: binary}
	if perTime.MatchString(unit) {
		p.kind = dimCount // "1/Hour": of something, for an hour
	}
	for i, w := range tokens {
		p.add(tokens, i, w)
		if p.bad {
			return quantity{}
		}
	}
	if p.factor > mostUnits {
		return quantity{}
	}
	return p.quantity()
}

// mostUnits is more than any provider counts as one unit; a number beyond it is no unit.
const mostUnits = 1e15

// perTime is a number for a time without the thing that it counts.
var perTime = regexp.MustCompile(`^\s*[0-9.,]+\s*[kKmM]?\s*/`)

type unitParser struct {
	factor, size, hours float64
	months              float64 // 1 when a month is named, 12 for a year
	kind                dim
	known, numbered     bool
	strange             int // words that are not understood
	binary, bad         bool
}

func (p *unitParser) add(tokens []string, i int, w string) {
	next := func() unitWord {
		if i+1 < len(tokens) {
			return unitWords[tokens[i+1]]
		}
		return unitWord{}
	}
	if w == notUnderstood {
		p.bad = true
		return
	}
	if w[0] >= '0' && w[0] <= '9' {
		x, err := strconv.ParseFloat(w, 64)
		switch {
		case err != nil, x == 0:
			p.bad = true
		case next().kind == kindRate, i > 0 && unitWords[tokens[i-1]].kind == kindCodec, w == "4" &&
			i+2 < len(tokens) && tokens[i+1] == "k" && tokens[i+2] == "video":
			// the rate of audio, the width of characters, the size of a picture
		default:
			p.factor *= x
			p.numbered = true
		}
		return
	}
	u, ok := unitWords[w]
	if w == "k" && i > 0 && tokens[i-1] == "4" && i+1 < len(tokens) && tokens[i+1] == "video" {
		return
	}
	if w == "mo" && p.size == 0 && p.kind == dimNone && p.hours == 0 && next().kind != "" && next().kind != kindBytes {
		u = unitWord{kindBytes, 1e6} // the French megabyte of "Mo-mois"
	}
	if !ok {
		if n := next(); n.kind == kindBytes && (len(w) <= 2 || n.value == 1) {
			p.bad = true // a size that is not known: "Z Byte", "Xi B", "zetta bytes"
			return
		}
		if w != "per" && w != "par" && w != "por" && w != "pro" && w != "je" && w != "每" && w != "毎" {
			p.strange++
		}
		return
	}
	p.take(u, w, len(tokens))
}

// take adds a word that is understood. A second word of a kind describes the first.
func (p *unitParser) take(u unitWord, w string, tokens int) {
	p.known = true
	switch u.kind {
	case kindBytes, kindByteMonth:
		// A single letter beside a number is a multiplier of billions ("10B"), not bytes.
		if w == "b" && (tokens == 1 || p.numbered) {
			p.known = p.numbered
			if p.numbered {
				p.factor *= 1e9
			}
			return
		}
		if p.size == 0 {
			p.size = p.sized(u.value) / bytesPerTB
		}
		if u.kind == kindByteMonth {
			p.months = 1
		}
	case kindMultiple:
		p.factor *= u.value
		p.numbered = true
	case kindTime:
		if p.hours == 0 {
			p.hours = u.value
		}
	case kindMonth:
		p.months = 1
	case kindYear:
		p.months = 12
	case kindRate, kindCodec:
	default:
		if d := dim(u.kind); p.kind == dimNone || p.kind == dimCount || p.kind == dimRequests || d == dimMachine {
			p.kind = d
		}
	}
}

// sized gives a decimal size the value that the provider means by it.
func (p *unitParser) sized(bytes float64) float64 {
	if !p.binary {
		return bytes
	}
	for power, x := 1024., 1e3; x <= 1e18; power, x = power*1024, x*1e3 {
		if bytes == x {
			return power
		}
	}
	return bytes
}

func (p *unitParser) quantity() quantity {
	switch {
	case p.kind == dimMachine:
		return quantity{dim: dimMachine, factor: p.factor}
	case p.size > 0 && p.hours > 0 && p.months > 0:
		return quantity{dim: dimRequests, factor: p.factor} // "GiB/Second-Months": how fast, not how much
	case p.size > 0 && p.months > 0:
		return quantity{dim: dimByteTime, factor: p.factor * p.size * p.months}
	case p.size > 0 && p.hours > 0:
		return quantity{dim: dimByteTime, factor: p.factor * p.size * p.hours, hourly: true}
	case p.size > 0:
		return quantity{dim: dimBytes, factor: p.factor * p.size}
	case p.kind == dimCount && (p.hours > 0 || p.months > 0):
		if p.months > 0 {
			return quantity{dim: dimUnitTime, factor: p.factor * p.months}
		}
		return quantity{dim: dimUnitTime, factor: p.factor * p.hours, hourly: true}
	case p.kind != dimNone:
		return quantity{dim: p.kind, factor: p.factor}
	case p.hours > 0:
		return quantity{dim: dimTime, factor: p.factor * p.hours}
	case p.numbered && p.strange == 0 && p.months == 0:
		return quantity{dim: dimCount, factor: p.factor}
	}
	return quantity{}
}

// binaryUnits reports whether what a provider calls GB is 2^30 bytes, by its documentation (kind binary of unit.tsv).
func binaryUnits(provider string) bool {
	key := strings.ReplaceAll(foldString(provider), " ", "")
	for _, b := range binaryProviders {
		if strings.HasPrefix(key, b) {
			return true
		}
	}
	return false
}

// Numbers as they are written in units. A dot before three digits is a separator of thousands ("1.000 Zeichen"):
// nobody writes a unit with three decimals of which the whole part is not 0.
var (
	groupedNumber = regexp.MustCompile(`([1-9][0-9]{0,2})((?:[,.'’_ \x{a0}\x{2009}\x{202f}][0-9]{3})+)([^0-9]|$)`)
	powerOfTen    = regexp.MustCompile(
		`([0-9])[eE]([0-9]{1,2})([^0-9A-Za-z]|$)|(?:([0-9]+)\s*[x×*]\s*)?\b10\^([0-9]{1,2})([^0-9]|$)`)
)

// plainNumbers writes the numbers of a unit in digits alone: "1,000,000", "1.000", "1 000", "1e6", "10^6".
func plainNumbers(s string) string {
	s = groupedNumber.ReplaceAllStringFunc(s, func(m string) string {
		part := groupedNumber.FindStringSubmatch(m)
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, part[2])
		return part[1] + digits + part[3]
	})
	return powerOfTen.ReplaceAllStringFunc(s, func(m string) string {
		part := powerOfTen.FindStringSubmatch(m)
		digit, power, end := part[1], part[2], part[3]
		if power == "" {
			digit, power, end = part[4], part[5], part[6]
		}
		if digit == "" {
			digit = "1"
		}
		n, err := strconv.Atoi(power)
		if err != nil || n > 15 { // beyond mostUnits
			return m
		}
		return digit + strings.Repeat("0", n) + end
	})
}
