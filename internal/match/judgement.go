package match

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// A Verdict is what a reviewer decided about a party and a listed entry.
type Verdict string

// The verdicts.
const (
	Same    Verdict = "same"
	NotSame Verdict = "not_same"
	Unsure  Verdict = "unsure"
)

// A Judgement is a decision of a reviewer. It holds for a party that bears the name (as
// written, but for letter case, spaces and script) or the identifier, until it expires.
type Judgement struct {
	Name       string           // of the party; may be empty when Identifier is given
	Identifier party.Identifier // of the party
	List       string           // List.ID; empty: an entry of this key on any list
	Entry      string           // Entry.ID
	Verdict    Verdict
	Reason     string
	By         string
	Until      time.Time // the last day on which it holds; zero: for good
}

// Judgements are decisions that searches respect. They may be read concurrently.
type Judgements struct {
	byName map[string][]Judgement
	byID   map[party.Identifier][]Judgement
}

// NewJudgements keeps js. Of two decisions about the same the later one in js counts.
func NewJudgements(js []Judgement) (*Judgements, error) {
	out := &Judgements{byName: map[string][]Judgement{}, byID: map[party.Identifier][]Judgement{}}
	for i, j := range js {
		switch {
		case j.Verdict != Same && j.Verdict != NotSame && j.Verdict != Unsure:
			return nil, fmt.Errorf("judgement %d: verdict %q is none of same, not_same, unsure", i+1, j.Verdict)
		case strings.TrimSpace(j.Reason) == "":
			return nil, fmt.Errorf("judgement %d: no reason is given", i+1)
		case j.Entry == "":
			return nil, fmt.Errorf("judgement %d: no entry is named", i+1)
		case j.Name == "" && j.Identifier.Empty():
			return nil, fmt.Errorf("judgement %d: neither a name nor an identifier of the party is given", i+1)
		}
		if !j.Identifier.Empty() {
			id := j.Identifier.Normal()
			out.byID[id] = append(out.byID[id], j)
			continue
		}
		k := name.Fold(j.Name)
		out.byName[k] = append(out.byName[k], j)
	}
	return out, nil
}

// ReadJudgements reads CSV with a header: entry, verdict, reason, and name or identifier
// ("SCHEME:NUMBER"); list, by and until (2027-01-31) where known.
func ReadJudgements(r io.Reader) (*Judgements, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	col := map[string]int{}
	for i, h := range head {
		col[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = i
	}
	for _, need := range []string{"entry", "verdict", "reason"} {
		if _, ok := col[need]; !ok {
			return nil, fmt.Errorf("read judgements: no column %q", need)
		}
	}
	var js []Judgement
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return NewJudgements(js)
		}
		if err != nil {
			return nil, fmt.Errorf("read judgements: %w", err)
		}
		get := func(k string) string {
			if i, ok := col[k]; ok && i < len(rec) {
				return strings.TrimSpace(rec[i])
			}
			return ""
		}
		j := Judgement{Name: get("name"), List: get("list"), Entry: get("entry"), Verdict: Verdict(get("verdict")),
			Reason: get("reason"), By: get("by")}
		if id := get("identifier"); id != "" {
			j.Identifier = party.ParseIdentifier(id)
		}
		if u := get("until"); u != "" {
			if j.Until, err = time.Parse(time.DateOnly, u); err != nil {
				return nil, fmt.Errorf("read judgements: until %q is no date like 2027-01-31", u)
			}
		}
		js = append(js, j)
	}
}

// of returns the decision about q and an entry that holds on the day.
func (js *Judgements) of(q *Query, listID, entryID string, day time.Time) (Judgement, bool) {
	var found Judgement
	ok := false
	look := func(list []Judgement) {
		for _, j := range list {
			if j.Entry == entryID && (j.List == "" || j.List == listID) &&
				(j.Until.IsZero() || !day.After(j.Until.AddDate(0, 0, 1).Add(-1))) {
				found, ok = j, true
			}
		}
	}
	look(js.byName[name.Fold(q.Name)])
	for _, id := range q.Identifiers { // a number says more than a name
		look(js.byID[id.Normal()])
	}
	return found, ok
}

// apply respects the judgements of a query: what is the same is certain, what is not the
// same is no hit, what is unsure says so.
func (s *searcher) apply(q *Query, hits []Hit) []Hit {
	if q.Judgements == nil {
		return hits
	}
	day := q.AsOf
	if day.IsZero() {
		day = time.Now()
	}
	for i := range hits {
		l := s.ix.lists[hits[i].List]
		j, ok := q.Judgements.of(q, l.ID, l.Entries[hits[i].Entry].ID, day)
		if !ok {
			continue
		}
		hits[i].Judgement = &j
		if j.Verdict == Same {
			hits[i].Score, hits[i].Grade = 1, "A0"
		}
	}
	return slices.DeleteFunc(hits, func(h Hit) bool { return h.Judgement != nil && h.Judgement.Verdict == NotSame })
}
