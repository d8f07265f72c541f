package review

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"plimsoll/internal/finding"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A Neutrality compares a run with the same records under other names of states.
type Neutrality struct {
	Renamed   int               `json:"words_renamed"` // different texts of columns of countries and names that changed
	Same      bool              `json:"same"`          // every flag was raised on the same rows with the same severity
	Flags     []NeutralityFlag  `json:"flags"`         // those that differ
	Differing []NeutralityPlace `json:"differing"`     // the first rows on which they do
	Left      int               `json:"differing_left_out,omitempty"`
}

// A NeutralityFlag is a flag of which the counts differ.
type NeutralityFlag struct {
	Flag          string `json:"flag"`
	Raised        int    `json:"raised"`
	RaisedRenamed int    `json:"raised_renamed"`
	Open          int    `json:"not_computable"`
	OpenRenamed   int    `json:"not_computable_renamed"`
}

// A NeutralityPlace is something raised under one naming and not under the other.
type NeutralityPlace struct {
	Flag     string `json:"flag"`
	Severity string `json:"severity"`
	Under    string `json:"raised_under"` // own, other
	Sentence string `json:"sentence"`
	File     string `json:"file,omitempty"`
	At       string `json:"at,omitempty"`
}

// mostDiffering is how many of them are kept.
const mostDiffering = 50

// countryWords collects the texts that columns of countries hold.
type countryWords map[string]bool

func (w countryWords) ref(r party.Ref) {
	if r.Country != "" {
		w[r.Country] = true
	}
}

// neutrality runs the records again with every state under another name and compares what is raised.
func (r *run) neutrality(ctx context.Context, first string) (*Neutrality, error) {
	dir, err := os.MkdirTemp(r.dir, "neutral-")
	if err != nil {
		return nil, fmt.Errorf("compare under other names: %w", err)
	}
	defer os.RemoveAll(dir)
	o := r.o
	o.Out, o.Write, o.Neutrality, o.Previous, o.KeepBook = filepath.Join(dir, "out"), nil, false, "", false
	o.rename = newRenaming(r.countries)
	o.Stage = nil
	o.Progress = func(stage string, done, total int64) { r.o.Progress("again: "+stage, done, total) }
	res, err := Run(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("compare under other names of states: %w", err)
	}
	n := &Neutrality{Renamed: o.rename.changed(r.countries), Same: true, Flags: []NeutralityFlag{},
		Differing: []NeutralityPlace{}}
	ids := maps.Clone(r.sum.Flags)
	maps.Copy(ids, res.Summary.Flags)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		a, b := r.sum.Flags[id], res.Summary.Flags[id]
		if a.Raised != b.Raised || a.NotComputable+a.ToCheck != b.NotComputable+b.ToCheck || a.Exempt != b.Exempt {
			n.Same = n.Same && a.Raised == b.Raised && a.Exempt == b.Exempt
			n.Flags = append(n.Flags, NeutralityFlag{id, a.Raised, b.Raised, a.NotComputable + a.ToCheck,
				b.NotComputable + b.ToCheck})
		}
	}
	own, err := raisedAt(first)
	if err != nil {
		return nil, err
	}
	other, err := raisedAt(filepath.Join(o.Out, "findings.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, side := range []struct {
		under string
		a, b  map[string]NeutralityPlace
	}{{"own", own, other}, {"other", other, own}} {
		for _, k := range slices.SortedFunc(maps.Keys(side.a), func(x, y string) int { return cmp.Compare(x, y) }) {
			if _, ok := side.b[k]; ok {
				continue
			}
			n.Same = false
			if len(n.Differing) == mostDiffering {
				n.Left++
				continue
			}
			p := side.a[k]
			p.Under = side.under
			n.Differing = append(n.Differing, p)
		}
	}
	return n, nil
}

// changed counts the texts of columns of countries that the renaming changes.
func (n *renaming) changed(countries map[string]bool) int {
	changed := 0
	for c := range countries {
		if n.country(c) != c {
			changed++
		}
	}
	return changed
}

// raisedAt reads what is raised, by flag, severity and the rows that it rests on: these are the same under any name.
func raisedAt(path string) (map[string]NeutralityPlace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string]NeutralityPlace{}
	in := bufio.NewReaderSize(f, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			var x finding.Finding
			if err := json.Unmarshal(line, &x); err != nil {
				return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
			}
			if x.State != finding.Raised {
				return out, nil // raised ones come first
			}
			p := NeutralityPlace{Flag: x.Flag, Severity: x.Severity, Sentence: x.Sentence}
			var places []string
			for _, e := range x.Evidence {
				places = append(places, e.File+"\x00"+e.At)
			}
			slices.Sort(places)
			if len(x.Evidence) > 0 {
				p.File, p.At = x.Evidence[0].File, x.Evidence[0].At
			}
			key := fmt.Sprint(x.Flag, x.Severity, x.Subject.Kind, slices.Compact(places))
			for k, i := key, 1; ; i++ { // several of one flag may rest on the same rows
				if _, ok := out[k]; !ok {
					out[k] = p
					break
				}
				k = fmt.Sprint(key, i)
			}
		}
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
	}
}

// noteCountries keeps the texts of the columns of countries for the comparison.
func (r *run) noteCountries(rec record.Record) {
	w := countryWords(r.countries)
	switch rec := rec.(type) {
	case *record.Engagement:
		for _, x := range []party.Ref{rec.Seller, rec.Buyer, rec.EndUser, rec.Reseller, rec.Payer} {
			w.ref(x)
		}
		for _, o := range rec.Others {
			w.ref(o.Ref)
		}
		if rec.Destination != "" {
			w[rec.Destination] = true
		}
	case *record.Account:
		w.ref(rec.Party)
		w.ref(rec.EndUser)
	case *record.Holding:
		w.ref(rec.Issuer)
	}
}
