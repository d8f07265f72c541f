package review

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"plimsoll/internal/book"
	"plimsoll/internal/record"
	"plimsoll/internal/resolve"
)

// A mention is one way in which records name a party, with the places where they do.
type mention struct {
	resolve.Mention
	where  string // "engagements.csv row 17", the first place
	at     record.Place
	places book.Places // every place, up to book.MostPlaces
	record string      // in place of them, of a statement that is a record
	rows   int
}

// mentions reads from the book how the records name parties.
func (r *run) mentions() {
	r.ms = r.ms[:0]
	for i, m := range r.book.Mentions() {
		if more := r.more[int32(i)]; len(more) > 0 {
			m.Ref.Identifiers, m.Lone = slices.Concat(m.Ref.Identifiers, more), false
		}
		times := 0
		for _, n := range m.Roles {
			times += n
		}
		x := mention{Mention: resolve.Mention{Ref: m.Ref, Times: times}, where: r.whereIs(m.First), at: m.First,
			rows: m.Rows, places: m.Places}
		if strings.HasPrefix(m.Ref.Scope, "bods:") && m.Ref.LocalID != "" { // a record is a row, whatever speaks of it
			if file := r.statementsFile(m.First); file != "" {
				x.record, x.rows = file+" row "+m.Ref.LocalID, 1
			}
		}
		if m.Lone {
			if x.Record = m.Record; x.Record == "" {
				x.Record = x.where
			}
		}
		for _, b := range m.Beside {
			x.Beside = append(x.Beside, int(b))
		}
		r.ms = append(r.ms, x)
	}
}

// rows lists the places of a mention, each with its file.
func (r *run) rows(m *mention) []string {
	if m.record != "" {
		return []string{m.record}
	}
	var out []string
	for at := range m.places.All() {
		out = append(out, r.whereIs(at))
	}
	return out
}

// statementsFile is the file of ownership statements that holds a place; of a record that no
// statement speaks of, the only such file.
func (r *run) statementsFile(at record.Place) string {
	if src, ok := r.files[at.Source]; ok && at.At != "" {
		return src.Name
	}
	name := ""
	for _, in := range r.inputs {
		if in.kind == kindBODS {
			if name != "" {
				return ""
			}
			name = in.src.Name
		}
	}
	return name
}

// whereIs writes a place with its file.
func (r *run) whereIs(at record.Place) string {
	if src, ok := r.files[at.Source]; ok && at.At != "" {
		return src.Name + " " + at.At
	}
	return at.At
}

// mostJoinedBeside is how many mentions may be joined while bills are settled: of more, both at a time may not find
// room within the memory that a review is meant to take.
const mostJoinedBeside = 250_000

// join begins to join the mentions, once all records but bills are read: bills name no party. [run.resolve] takes the
// result.
func (r *run) join() {
	r.mentions()
	ms := make([]resolve.Mention, len(r.ms))
	for i := range r.ms {
		ms[i] = r.ms[i].Mention
	}
	decided := make([]resolve.Decision, len(r.judged))
	for i, j := range r.judged {
		decided[i] = j.Decision
	}
	r.joined = sync.OnceValue(func() resolve.Result { return resolve.Resolve(ms, decided) })
	if len(ms) <= mostJoinedBeside {
		go r.joined()
	}
}

// resolve takes what mentions were joined and writes joins.csv.
func (r *run) resolve(context.Context) error {
	r.progress("join", 0, int64(len(r.ms)))
	r.res = r.joined()
	for _, n := range r.res.Lost {
		if err := r.lostDecision(r.judged[n]); err != nil {
			return err
		}
	}
	r.progress("join", int64(len(r.ms)), int64(len(r.ms)))
	r.sum.Counts.Mentions, r.sum.Counts.Parties = len(r.ms), len(r.res.Parties)
	r.place = make(map[string]int32, len(r.res.Parties))
	for i, p := range r.res.Parties {
		r.place[string(p.ID)] = int32(i)
	}
	r.individuals()
	r.sum.Counts.Joins, r.sum.Counts.Homonyms, r.sum.Counts.Possible = len(r.res.Joined), len(r.res.Homonyms),
		len(r.res.Doubtful)
	r.joinNotes()
	f, err := os.Create(filepath.Join(r.dir, "joins.csv"))
	if err != nil {
		return err
	}
	if err := writeJoins(f, r.ms, r.res, r.shown, r.rows); err != nil {
		f.Close()
		return fmt.Errorf("write joins.csv: %w", err)
	}
	return f.Close()
}

// lostDecision rejects a line of a joins.csv that names no mention of this run.
func (r *run) lostDecision(j judgement) error {
	if err := r.reject(record.Reject{File: j.src.Name, At: j.at, Kind: kindJoins,
		Reason: "the line speaks of a name that these records do not hold"}); err != nil {
		return err
	}
	for i := range r.sum.Inputs {
		if in := &r.sum.Inputs[i]; in.File == j.src.Name {
			in.Records--
			in.Rejects++
			r.sum.Counts.Records--
		}
	}
	return nil
}

// joinNotes says which countries were not understood, and which pairs of names were not compared.
func (r *run) joinNotes() {
	if n := len(r.res.Places); n > 0 {
		rows := 0
		var words []string
		for _, w := range slices.Sorted(maps.Keys(r.res.Places)) {
			rows += r.res.Places[w]
			if len(words) < mostNamed {
				words = append(words, fmt.Sprintf("%q (%d)", w, r.res.Places[w]))
			}
		}
		if n > mostNamed {
			words = append(words, fmt.Sprintf("and %d more", n-mostNamed))
		}
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("Countries in spellings that are not known, taken as not "+
			"stated (ways of naming a party: %d): %s", rows, strings.Join(words, ", ")))
	}
	if r.res.Left > 0 {
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("Pairs of mentions that bear one common name and nothing else, "+
			"not compared one by one: %d", r.res.Left))
	}
}
