// Package resolvetest reads rows whose parties are known and counts which pairs of them were joined rightly.
package resolvetest

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/resolve"
)

// A Row is one place in records that names a party, and which party that is.
type Row struct {
	Source, Place string // file, and row or record in it
	Entity        string // the truth
	Name          string
	ID            string // "SCHEME:NUMBER", "" if not stated
	Country       string // as written
	Address       string
}

// Statement reports whether the row is a statement of a register of owners, which has a key of its own.
func (r *Row) Statement() bool { return strings.HasSuffix(r.Source, ".json") }

// Read reads rows from a CSV file with the columns source, row, entity, name, id, country and address.
func Read(path string) ([]Row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := csv.NewReader(f)
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read %s: header: %w", path, err)
	}
	at := map[string]int{}
	for i, h := range head {
		at[h] = i
	}
	var out []Row
	for {
		c, err := in.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		get := func(column string) string {
			if i, ok := at[column]; ok {
				return c[i]
			}
			return ""
		}
		out = append(out, Row{Source: get("source"), Place: get("row"), Entity: get("entity"), Name: get("name"),
			ID: get("id"), Country: get("country"), Address: get("address")})
	}
}

// Mentions returns the distinct mentions of rows, and for each row which of them it is.
func Mentions(rows []Row) (ms []resolve.Mention, of []int) {
	known := map[string]int{}
	for i := range rows {
		r := &rows[i]
		m := resolve.Mention{Times: 1, Ref: party.Ref{Name: r.Name, Scope: resolve.Own, Country: r.Country,
			Address: r.Address}}
		if r.ID != "" {
			m.Ref.Identifiers = []party.Identifier{party.ParseIdentifier(r.ID)}
		}
		if r.Statement() {
			m.Ref.Scope, m.Ref.LocalID = "bods:"+r.Source, r.Place
		}
		if resolve.Bare(&m.Ref) && !resolve.Alone(r.Name) {
			m.Record = r.Source + " " + r.Place
		}
		key := m.Key()
		n, ok := known[key]
		if !ok {
			n = len(ms)
			known[key] = n
			ms = append(ms, m)
		}
		of = append(of, n)
	}
	return ms, of
}

// Pairs counts pairs of rows.
type Pairs struct {
	True            int // of one party
	Same, SameRight int // joined, and of these the true ones
	May, MayRight   int // kept apart as two parties that may be one, and of these the true ones
}

// Count compares what rows were joined to with the truth: party numbers the party of each row, may holds the pairs of
// parties, the lower number first, that may be one.
func Count(rows []Row, party []int32, may map[[2]int32]bool) Pairs {
	var p Pairs
	for i := range rows {
		for k := range i {
			real := rows[i].Entity == rows[k].Entity
			a, b := party[i], party[k]
			if real {
				p.True++
			}
			switch {
			case a == b:
				p.Same++
				if real {
					p.SameRight++
				}
			case may[[2]int32{min(a, b), max(a, b)}]:
				p.May++
				if real {
					p.MayRight++
				}
			}
		}
	}
	return p
}

// Judge counts the pairs of rows in a result of [resolve.Resolve] over their mentions.
func Judge(rows []Row, of []int, res *resolve.Result) Pairs {
	parties := make([]int32, len(rows))
	for i := range rows {
		parties[i] = res.ByMention[of[i]]
	}
	may := map[[2]int32]bool{}
	for _, l := range res.Doubtful {
		a, b := res.ByMention[l.Left], res.ByMention[l.Right]
		may[[2]int32{min(a, b), max(a, b)}] = true
	}
	return Count(rows, parties, may)
}

// Add adds the counts of other rows.
func (p *Pairs) Add(o Pairs) {
	p.True += o.True
	p.Same += o.Same
	p.SameRight += o.SameRight
	p.May += o.May
	p.MayRight += o.MayRight
}

// Precision is the share of the joined pairs that is right.
func (p Pairs) Precision() float64 { return share(p.SameRight, p.Same) }

// Recall is the share of the true pairs that is joined.
func (p Pairs) Recall() float64 { return share(p.SameRight, p.True) }

// MayPrecision is the share of the pairs joined or possible that is right.
func (p Pairs) MayPrecision() float64 { return share(p.SameRight+p.MayRight, p.Same+p.May) }

// MayRecall is the share of the true pairs that is joined or possible.
func (p Pairs) MayRecall() float64 { return share(p.SameRight+p.MayRight, p.True) }

// MayShare is the share of the possible pairs that is right.
func (p Pairs) MayShare() float64 { return share(p.MayRight, p.May) }

func share(part, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(part) / float64(of)
}
