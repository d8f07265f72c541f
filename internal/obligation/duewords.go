package obligation

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"plimsoll/internal/record"
)

// A word is one of data/due.tsv.
type word struct{ text, means string }

// words of data/due.tsv by kind, the longest first.
type lexicon map[string][]word

var dueWords = sync.OnceValue(func() lexicon {
	data, err := fs.Sub(shipped, "data")
	if err != nil {
		panic(err) // the file is part of the program
	}
	w := lexicon{}
	err = eachRow(data, "due.tsv", func(_ int, x map[string]string) error {
		w[x["kind"]] = append(w[x["kind"]], word{plain(x["word"]), x["means"]})
		return nil
	})
	if err != nil {
		panic(err)
	}
	for _, list := range w {
		slices.SortFunc(list, func(a, b word) int {
			return cmp.Or(len(b.text)-len(a.text), strings.Compare(a.text,
				b.text))
		})
	}
	return w
})

// plain folds a text: lower case, digits of any script as 0 to 9, vowel signs of Arabic and Hebrew left out, one blank
// between words, no full stop at the end.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Nd, r) && r > '9':
			return '0' + rune(digit(r))
		case r == 'ـ', unicode.Is(unicode.Mn, r) && unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Inherited) &&
			r < 0x06e0 && r >= 0x0591:
			return -1
		case r == '’', r == 'ʼ':
			return '\''
		case r == '–', r == '−', r == '\u2011':
			return '-'
		}
		return r
	}, norm.NFC.String(strings.ToLower(s)))
	return strings.TrimRight(strings.Join(strings.Fields(s), " "), ".")
}

// digit is the value of a decimal digit: those of a script stand in runs of ten whose first is 0.
func digit(r rune) int {
	for n := range 10 {
		if !unicode.Is(unicode.Nd, r-rune(n)-1) {
			return n
		}
	}
	return int(r-'0') % 10
}

// take cuts a word of a kind off the front of a text; the text as it is when it begins with none.
func (w lexicon) take(kind, s string) (means, rest string) {
	for _, x := range w[kind] {
		rest, ok := strings.CutPrefix(s, x.text)
		if ok && (rest == "" || rest[0] == ' ' || strings.HasSuffix(x.text, "'")) {
			return x.means, strings.TrimSpace(rest)
		}
	}
	return "", s
}

// strip cuts articles and the like off the front.
func strip(w lexicon, s string) string {
	for {
		_, rest := w.take("skip", s)
		if rest == s {
			return s
		}
		s = rest
	}
}

var (
	figures  = regexp.MustCompile(`^(\d{1,4})(?:\s+|$)`)
	bracket  = regexp.MustCompile(`^\((\d{1,4})\)\s*`)
	spanCode = regexp.MustCompile(`^p(\d{1,4})([dwmy])(?:\s+|$)`) // of ISO 8601, one unit
)

// span reads a span at the front of a text; the zero value where none stands there.
func (w lexicon) span(s string) (span Span, rest string, err error) {
	s = strip(w, s)
	if m := spanCode.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		span = Span{n, map[string]SpanUnit{"d": Days, "w": Weeks, "m": Months, "y": Years}[m[2]]}
		return span, s[len(m[0]):], span.check()
	}
	if means, rest := w.take("dual", s); rest != s {
		n, unit, _ := strings.Cut(means, " ")
		count, _ := strconv.Atoi(n)
		return Span{count, SpanUnit(unit)}, rest, nil
	}
	n := -1
	if m := figures.FindStringSubmatch(s); m != nil {
		n, _ = strconv.Atoi(m[1])
		s = s[len(m[0]):]
	} else if means, rest := w.take("number", s); rest != s {
		n, _ = strconv.Atoi(means)
		s = rest
	}
	if n < 0 {
		return Span{}, s, nil
	}
	if m := bracket.FindStringSubmatch(s); m != nil {
		if again, _ := strconv.Atoi(m[1]); again != n {
			return Span{}, s, fmt.Errorf("it says %d and %d", n, again)
		}
		s = s[len(m[0]):]
	}
	unit, rest := w.take("unit", s)
	if rest == s {
		return Span{}, s, nil
	}
	span = Span{n, SpanUnit(unit)}
	return span, rest, span.check()
}

func (s Span) check() error {
	if s.N < 1 || s.N > mostSpan {
		return fmt.Errorf("a span is of 1 to %d", mostSpan)
	}
	return nil
}

// start reads the day from which a span runs: that which is named, or that of the instrument.
func (w lexicon) start(s string, itself record.Date) (time.Time, error) {
	_, day := w.take("from", s)
	if s != "" && day == s {
		return time.Time{}, fmt.Errorf("“%s” is no day from which it runs", s)
	}
	for t := day; ; {
		if _, rest := w.take("self", t); rest == "" {
			if itself.Prec < record.Day {
				return time.Time{}, errors.New("the span runs from the day of the instrument, which is not known")
			}
			return itself.Time, nil
		}
		if t == "" {
			break
		}
		_, next := w.take("skip", t)
		if next == t {
			break
		}
		if t = next; t == "" { // nothing but an article
			break
		}
	}
	return calendarDay(strip(w, day))
}
