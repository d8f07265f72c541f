package book

import (
	"iter"
	"strconv"
	"strings"

	"plimsoll/internal/record"
)

// Places are places of rows in the order in which they were added. A numbered row takes eight bytes: an account of a
// hyperscaler is named by as many rows as it has sub-accounts.
type Places struct {
	at    []placed
	texts []string // of places that are no numbered row
}

// A placed is a row of a source; with inTexts set, the number of a text.
type placed struct {
	source int32
	row    uint32
}

const (
	rowWord = "row "
	inTexts = 1 << 31
)

// add appends a place.
func (p *Places) add(at record.Place) {
	x := placed{source: int32(at.Source)}
	if n, ok := rowNumber(at.At); ok {
		x.row = n
	} else {
		x.row = uint32(len(p.texts)) | inTexts
		p.texts = append(p.texts, at.At)
	}
	p.at = append(p.at, x)
}

// rowNumber reads "row 17", as it is written back.
func rowNumber(at string) (uint32, bool) {
	digits, ok := strings.CutPrefix(at, rowWord)
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	return uint32(n), err == nil
}

// Len is how many there are.
func (p *Places) Len() int { return len(p.at) }

// place is the i-th.
func (p *Places) place(i int) record.Place {
	x := p.at[i]
	if x.row&inTexts != 0 {
		return record.Place{Source: int(x.source), At: p.texts[x.row&^inTexts]}
	}
	return record.Place{Source: int(x.source), At: rowWord + strconv.FormatUint(uint64(x.row), 10)}
}

// All yields them.
func (p *Places) All() iter.Seq[record.Place] {
	return func(yield func(record.Place) bool) {
		for i := range p.at {
			if !yield(p.place(i)) {
				return
			}
		}
	}
}
