package name

import (
	"math"
	"strconv"
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
	for i := range n.Tokens {
		sum += wordRarity(&n.Tokens[i])
	}
	return sum
}

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
