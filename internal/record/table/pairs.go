package table

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// IsNumberPairs reports whether a text begins as a file that ties LEI to ISIN: in the form of GLEIF's ISIN-to-LEI
// relationship files (two columns, LEI and ISIN), or an answer of its API (records of the type isins).
func IsNumberPairs(head []byte) bool {
	if isPairAnswer(head) {
		return true
	}
	for _, d := range delimited.Candidates(head) {
		cells, ok := firstRow(head, d)
		if !ok || len(cells) != 2 {
			continue
		}
		a, b := key(cells[0]), key(cells[1])
		if a == "lei" && b == "isin" || a == "isin" && b == "lei" {
			return true
		}
	}
	return false
}

// NumberPairs reads such a file and hands every pair to visit. Rows of another width are rejects.
func NumberPairs(ctx context.Context, src record.Source, sink record.Sink,
	visit func(lei, isin party.Identifier) error) (record.Stats, error) {
	head, err := src.Head()
	if err != nil {
		return record.Stats{}, named(src, err)
	}
	text, err := src.Open()
	if err != nil {
		return record.Stats{}, err
	}
	defer text.Close()
	d := newDecoder(ctx, src, sink)
	if isPairAnswer(head) {
		return d.pairAnswers(text, visit)
	}
	in := newCSV(text, widest(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))))
	header, err := in.header()
	if err != nil {
		return d.stats, named(src, err)
	}
	first := 0
	if key(header[0]) == "isin" {
		first = 1
	}
	for {
		l, err := in.next()
		if err == io.EOF {
			return d.end(), nil
		}
		if bad, ok := errors.AsType[*delimited.BadRow](err); ok {
			d.stats.Rows++
			if err := d.reject(bad.Line, record.Reject{Kind: "identifiers", Reason: bad.Reason}); err != nil {
				return d.end(), err
			}
			continue
		}
		if err != nil {
			return d.end(), named(src, err)
		}
		if d.stats.Rows&4095 == 0 && ctx.Err() != nil {
			return d.end(), ctx.Err()
		}
		if blank(l.cells) {
			continue
		}
		d.stats.Rows++
		if len(l.cells) != 2 {
			if err := d.reject(l.row, record.Reject{Kind: "identifiers", Reason: "the row has not two cells"}); err != nil {
				return d.end(), err
			}
			continue
		}
		d.stats.Records++
		if err := visit(number("LEI", l.cells[first]), number("ISIN", l.cells[1-first])); err != nil {
			return d.end(), err
		}
	}
}

func number(scheme, s string) party.Identifier {
	return party.ParseIdentifier(scheme + ":" + strings.ToUpper(strings.TrimSpace(s)))
}

// isPairAnswer reports whether a text begins an answer of GLEIF's API to the question for the ISINs of an LEI. One
// without any is an answer too.
func isPairAnswer(head []byte) bool {
	head = bytes.TrimSpace(head)
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	return has(`"isins"`) && has(`"attributes"`) && has(`"isin"`) || has(`"data"`) && has("lei-records") &&
		has(`/isins`) && !has(`"attributes"`)
}

// A pairAnswer is one answer: the API gives pages.
type pairAnswer struct {
	Meta struct {
		Pagination struct {
			Current int `json:"currentPage"`
			Last    int `json:"lastPage"`
			Total   int `json:"total"`
		} `json:"pagination"`
	} `json:"meta"`
	Data []struct {
		Type       string `json:"type"`
		Attributes struct {
			LEI  string `json:"lei"`
			ISIN string `json:"isin"`
		} `json:"attributes"`
	} `json:"data"`
}

// pairAnswers reads answers of the API, one after another.
func (d *decoder) pairAnswers(text io.Reader, visit func(lei, isin party.Identifier) error) (record.Stats, error) {
	in := json.NewDecoder(io.LimitReader(text, record.MaxLine))
	for n := 1; ; n++ {
		var a pairAnswer
		err := in.Decode(&a)
		if errors.Is(err, io.EOF) {
			return d.end(), nil
		}
		if err != nil {
			return d.end(), named(d.src, fmt.Errorf("%w: answer %d: %w", record.ErrDamaged, n, err))
		}
		for i, x := range a.Data {
			d.stats.Rows++
			if x.Attributes.LEI == "" || x.Attributes.ISIN == "" {
				if err := d.reject(i+1, record.Reject{Kind: "identifiers",
					Reason: "the record has not both an LEI and an ISIN"}); err != nil {
					return d.end(), err
				}
				continue
			}
			d.stats.Records++
			if err := visit(number("LEI", x.Attributes.LEI), number("ISIN", x.Attributes.ISIN)); err != nil {
				return d.end(), err
			}
		}
		if p := a.Meta.Pagination; p.Last > 1 {
			d.stats.Notes = append(d.stats.Notes,
				fmt.Sprintf("page %d of %d of the %d ISINs of an LEI: the other pages are needed too", p.Current,
					p.Last, p.Total))
		}
	}
}
