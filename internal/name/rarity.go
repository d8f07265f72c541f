package name

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// How many bits of evidence it is that two names share a word: the binary logarithm of how
// seldom a name holds it (data/common.tsv). A million names know no word that is rarer than
// one in 8,000; general words, states and legal forms say almost nothing.
const (
	rareBits    = 13.0
	genericBits = 1.5
	placeBits   = 1.5
	formBits    = 0.0
	shortBits   = 5.0 // a word of three letters or fewer
	numberBits  = 3.0 // a number of one or two digits; a longer one has one more for each digit
	bodyBits    = 2.0 // what a public body is, and what it deals with
	stateBits   = 8.0 // the state of a public body: it has one ministry of a kind
)

var common = sync.OnceValue(func() map[string]float64 {
	m := map[string]float64{}
	table("common", func(f []string) {
		if n, err := strconv.ParseFloat(f[1], 64); err == nil && n > 0 {
			m[f[0]] = math.Log2(1e6 / n)
		}
	})
	return m
})

// Rarity returns how much evidence it is, in bits, that another name is the same as n.
func (n *Name) Rarity() float64 {
	sum := 0.0
	unit := false
	for i := range n.Tokens {
		t := &n.Tokens[i]
		sum += wordRarity(t)
		unit = unit || n.Body && allDigits(t.Text)
	}
	if n.Body && !unit && len(n.States()) > 0 {
		sum += stateBits
	}
	return sum
}

// Usual reports whether every word of n is one that many names of firms share.
func (n *Name) Usual() bool {
	for i := range n.Tokens {
		if t := &n.Tokens[i]; t.Class == Word && wordRarity(t) > usualBits {
			return false
		}
	}
	return !n.Body
}

// usualBits is how many bits a word has at most that many names share: one in 4,000.
const usualBits = 12.0

func wordRarity(t *Token) float64 {
	switch {
	case t.Class == Generic:
		return genericBits
	case t.Class == Place:
		return placeBits
	case t.Class == Form || t.Class == Stop:
		return formBits
	case allDigits(t.Text):
		return numberBits + max(0, float64(len(t.Text)-2))
	case len(t.Syms) > 0 && t.Syms[0].Kind() == SymBody:
		if t.Weight > 1.5 {
			return rareBits // one body, known by letters
		}
		return bodyBits
	}
	if bits, ok := common()[t.Text]; ok {
		return bits
	}
	if len(lex().given[t.Text]) > 0 {
		return rareBits / 2
	}
	if len(t.Text) <= 3 && !t.Bent {
		return shortBits
	}
	if t.Bent {
		return rareBits / 2 // one character of several
	}
	return rareBits
}

// States returns the codes (ISO 3166-1, lower case) of the states that the words of n name.
func (n *Name) States() []string {
	var out []string
	for i := range n.Tokens {
		if t := &n.Tokens[i]; t.Class == Place && len(t.Syms) > 0 {
			if code := stateCodes()[t.Syms[0]]; code != "" {
				out = append(out, code)
			}
		}
	}
	return out
}

// stateCodes turns lexicon.states round.
var stateCodes = sync.OnceValue(func() map[Sym]string {
	m := map[Sym]string{}
	for code, sym := range lex().states {
		if len(code) == 2 {
			m[sym] = strings.ToLower(code)
		}
	}
	return m
})

// Core returns the words that tell n from others, parted by spaces: no legal forms, articles
// and places.
func (n *Name) Core() string {
	var b strings.Builder
	for i := range n.Tokens {
		switch t := &n.Tokens[i]; t.Class {
		case Form, Stop, Place:
		default:
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

// FormStates returns the codes (ISO 3166-1, lower case) of the states whose law knows the legal
// form of n; nil when n has none, or one that many states know.
func (n *Name) FormStates() []string {
	var out []string
	for _, row := range n.Forms {
		states := lex().formRows[row].states
		if slices.Contains(states, "*") || slices.Contains(states, "eu") {
			return nil
		}
		out = append(out, states...)
	}
	return out
}

// FormClasses returns the classes that the legal form of n may be of: AS is one in Norway, another in Türkiye.
func (n *Name) FormClasses() Legal {
	var out Legal
	for _, row := range n.Forms {
		out |= lex().formRows[row].class
	}
	return out
}
