package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
)

// A Difference is what changed from one run to another.
type Difference struct {
	From, To Run          `json:"-"`
	New      int          `json:"new"`
	Gone     int          `json:"gone" doc:"Lines that are there no longer: what was raised is not raised now"`
	Changed  int          `json:"changed"`
	Open     int          `json:"not_computable_now" doc:"Raised then; now it is not known"`
	Perhaps  int          `json:"perhaps" doc:"Raised then, without a line now, while the flag is not computable for subjects of the run that are not all named"`
	Same     int          `json:"same"`
	Changes  []ChangedRow `json:"changes"` // one page
	Next     string       `json:"next"`
}

// A ChangedRow is one finding that is new, gone or changed.
type ChangedRow struct {
	Kind   string      `json:"kind"` // one of [ChangeKinds]
	Before *FindingRow `json:"before,omitempty"`
	After  *FindingRow `json:"after,omitempty"`
}

// CompareRuns says what changed from run a to run b, and lists the changes in the order of [ChangeKinds], each with the
// worst first. kind, when set, lists only that kind. What was raised and cannot be computed now is not gone.
func (s *Store) CompareRuns(ctx context.Context, a, b, kind, cursor string, limit int) (Difference, error) {
	if limit <= 0 || limit > 1000 {
		limit = 50
	}
	d := Difference{Changes: []ChangedRow{}}
	begin := changeCursor{}
	if cursor != "" {
		if err := decodeCursor(cursor, &begin); err != nil {
			return d, err
		}
	}
	err := s.Read(ctx, func(tx *sql.Tx) (err error) {
		for _, x := range []struct {
			id string
			to *Run
		}{{a, &d.From}, {b, &d.To}} {
			if *x.to, err = scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM run WHERE id = $1`, x.id)); errors.Is(err, sql.ErrNoRows) {
				return ErrNoRun
			} else if err != nil {
				return err
			}
		}
		if err := d.count(ctx, tx); err != nil {
			return err
		}
		return d.page(ctx, tx, kind, begin, limit)
	})
	if err != nil {
		return Difference{}, fmt.Errorf("compare runs %s and %s: %w", a, b, err)
	}
	return d, nil
}

// count fills the numbers of a difference.
func (d *Difference) count(ctx context.Context, tx *sql.Tx) error {
	var both int
	err := tx.QueryRowContext(ctx,
		`SELECT count(*), count(CASE WHEN o.digest = f.digest THEN 1 END) FROM finding f JOIN finding o ON o.id = f.id AND o.run = $1 WHERE f.run = $2`,
		d.From.seq, d.To.seq).Scan(&both, &d.Same)
	if err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx,
		`SELECT count(*) FROM finding f JOIN finding o ON o.id = f.id AND o.run = $1 WHERE f.run = $2 AND o.state = 'raised' AND f.state <> 'raised'`,
		d.From.seq, d.To.seq).Scan(&d.Open)
	if err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx,
		`SELECT count(*) FROM finding f WHERE f.run = $1 AND NOT EXISTS (SELECT 1 FROM finding o WHERE o.id = f.id AND o.run = $2) AND `+perhaps,
		d.From.seq, d.To.seq).Scan(&d.Perhaps)
	if err != nil {
		return err
	}
	d.New, d.Gone, d.Changed = d.To.Findings-both, d.From.Findings-both-d.Perhaps, both-d.Same-d.Open
	return nil
}

// perhaps holds for a finding f of the earlier run that the later one, $2, may not have been able to compute: it was
// raised, and its flag has a line for the whole of that run.
const perhaps = `f.state = 'raised' AND EXISTS (SELECT 1 FROM finding w WHERE w.run = $2 AND w.flag = f.flag AND w.kind = 'run' AND w.state <> 'raised')`

type changeCursor struct {
	Kind  int   `json:"k"`
	Place int64 `json:"p"`
}

// The kinds of change.
const (
	ChangeNew     = "new"
	ChangeElse    = "changed"
	ChangeOpen    = "not computable now"
	ChangePerhaps = "perhaps"
	ChangeGone    = "gone"
)

// ChangeKinds are the kinds of change in the order in which they are listed.
var ChangeKinds = []string{ChangeNew, ChangeElse, ChangeOpen, ChangePerhaps, ChangeGone}

// page reads the changes after a cursor.
func (d *Difference) page(ctx context.Context, tx *sql.Tx, kind string, from changeCursor, limit int) error {
	for k := from.Kind; k < len(ChangeKinds); k++ {
		if kind != "" && kind != ChangeKinds[k] {
			continue
		}
		after := int64(0)
		if k == from.Kind {
			after = from.Place
		}
		left := limit - len(d.Changes)
		rows, err := d.read(ctx, tx, k, after, left+1)
		if err != nil {
			return err
		}
		if len(rows) > left {
			rows = rows[:left]
			d.Changes = append(d.Changes, rows...)
			last := changeCursor{Kind: k, Place: after}
			if left > 0 {
				last.Place = rows[left-1].place()
			}
			d.Next = encodeCursor(last)
			return nil
		}
		d.Changes = append(d.Changes, rows...)
	}
	return nil
}

func (r ChangedRow) place() int64 {
	if r.After != nil {
		return r.After.Place
	}
	return r.Before.Place
}

const rowColumns = `f.place, f.id, f.flag, t.title, f.state, f.severity, f.confidence, f.kind, f.subject, f.subject_name, f.party, f.pack, t.sentence, f.fold`

func scanRow(r interface{ Scan(...any) error }) (x FindingRow, err error) {
	err = r.Scan(&x.Place, &x.ID, &x.Flag, &x.Title, &x.State, &x.Severity, &x.Confidence, &x.Kind, &x.Subject,
		&x.SubjectName, &x.Party, &x.Pack, &x.Sentence, &x.fold)
	return x, err
}

func (d *Difference) read(ctx context.Context, tx *sql.Tx, kind int, after int64, limit int) ([]ChangedRow, error) {
	const absent = `NOT EXISTS (SELECT 1 FROM finding o WHERE o.id = f.id AND o.run = $2)`
	in, other, cond := d.To.seq, d.From.seq, absent
	switch ChangeKinds[kind] {
	case ChangeElse:
		cond = `EXISTS (SELECT 1 FROM finding o WHERE o.id = f.id AND o.run = $2 AND o.digest <> f.digest AND NOT (o.state = 'raised' AND f.state <> 'raised'))`
	case ChangeOpen:
		cond = `f.state <> 'raised' AND EXISTS (SELECT 1 FROM finding o WHERE o.id = f.id AND o.run = $2 AND o.state = 'raised')`
	case ChangePerhaps:
		in, other, cond = other, in, absent+` AND `+perhaps
	case ChangeGone:
		in, other, cond = other, in, absent+` AND NOT (`+perhaps+`)`
	}
	list, err := rowsOf(ctx, tx, `SELECT `+rowColumns+
		` FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place
		WHERE f.run = $1 AND f.place > $3 AND `+cond+` ORDER BY f.place LIMIT $4`, in, other, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]ChangedRow, 0, len(list))
	for i := range list {
		row := ChangedRow{Kind: ChangeKinds[kind], After: &list[i]}
		switch row.Kind {
		case ChangeElse, ChangeOpen:
			old, err := rowsOf(ctx, tx, `SELECT `+rowColumns+
				` FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place WHERE f.run = $1 AND f.id = $2`, other, list[i].ID)
			if err != nil {
				return nil, err
			}
			if len(old) > 0 {
				row.Before = &old[0]
			}
		case ChangePerhaps, ChangeGone:
			row.Before, row.After = row.After, nil
		}
		out = append(out, row)
	}
	return out, nil
}

func rowsOf(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]FindingRow, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []FindingRow{}
	for rows.Next() {
		x, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// A PartyRow is a party that findings of a run speak of.
type PartyRow struct {
	Place         int64  `json:"place"`
	ID            string `json:"id"`
	Name          string `json:"name"`
	Severity      string `json:"severity"` // the worst that was raised
	Raised        int    `json:"raised"`
	NotComputable int    `json:"not_computable"`
}

// Parties lists the parties of a run ("" the newest), the worst first, with a part of the
// name. Next is the cursor of the next page.
func (s *Store) Parties(ctx context.Context, run, text, cursor string, limit int) (out []PartyRow, next string,
	err error) {
	if limit <= 0 || limit > 1000 {
		limit = 50
	}
	var begin changeCursor
	if cursor != "" {
		if err := decodeCursor(cursor, &begin); err != nil {
			return nil, "", err
		}
	}
	err = s.Read(ctx, func(tx *sql.Tx) error {
		out = []PartyRow{}
		var id string
		seq, err := runSeq(ctx, tx, run, &id)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT place, party, name, severity, raised, not_computable FROM run_party
			WHERE run = $1 AND place > $2 AND ($3 = '' OR fold LIKE $3 ESCAPE '\') ORDER BY place LIMIT $4`, seq,
			begin.Place, casefile.Pattern(text), limit+1)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p PartyRow
			if err := rows.Scan(&p.Place, &p.ID, &p.Name, &p.Severity, &p.Raised, &p.NotComputable); err != nil {
				return err
			}
			out = append(out, p)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, "", fmt.Errorf("list parties: %w", err)
	}
	if len(out) > limit {
		out = out[:limit]
		next = encodeCursor(changeCursor{Place: out[limit-1].Place})
	}
	return out, next, nil
}

// A PartyView is what the store knows about a party.
type PartyView struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Run      Run               `json:"run"` // the newest that speaks of it
	Findings []finding.Finding `json:"findings"`
}

// ErrNoParty says that no run speaks of a party.
var ErrNoParty = errors.New("no stored review speaks of this party")

// Party reads a party with the findings of the newest run that speaks of it.
func (s *Store) Party(ctx context.Context, id string) (v PartyView, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		v = PartyView{ID: id, Findings: []finding.Finding{}}
		var seq int64
		err := tx.QueryRowContext(ctx, `SELECT run, name FROM run_party WHERE party = $1 ORDER BY run DESC LIMIT 1`,
			id).Scan(&seq, &v.Name)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoParty
		}
		if err != nil {
			return err
		}
		if v.Run, err = scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM run WHERE seq = $1`, seq)); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx,
			`SELECT t.body FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place WHERE f.party = $1 AND f.run = $2 ORDER BY f.place`, id, seq)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var body sql.RawBytes
			if err := rows.Scan(&body); err != nil {
				return err
			}
			var f finding.Finding
			if err := json.Unmarshal(body, &f); err != nil {
				return err
			}
			v.Findings = append(v.Findings, f)
		}
		return rows.Err()
	})
	return v, err
}

// Timeline is what was known about a party until a moment (zero: now), oldest first: the
// desk's events, when a run first had each finding, changed it or no longer had it, and since when the lists that runs
// compared it with have named it.
func (s *Store) Timeline(ctx context.Context, d *casefile.Desk, by casefile.Actor, party string, until time.Time) (
	[]casefile.Event, error) {
	out, err := d.Timeline(ctx, by, party, until)
	if err != nil {
		return nil, err
	}
	if until.IsZero() {
		until = s.now()
	}
	type seen struct{ row FindingRow }
	last := map[string]seen{}
	err = s.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+runColumns+` FROM run WHERE imported <= $1 ORDER BY seq`,
			casefile.Stamp(until))
		if err != nil {
			return err
		}
		var runs []Run
		for rows.Next() {
			r, err := scanRun(rows)
			if err != nil {
				rows.Close()
				return err
			}
			runs = append(runs, r)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, r := range runs {
			list, err := rowsOf(ctx, tx, `SELECT `+rowColumns+
				` FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place WHERE f.party = $1 AND f.run = $2 ORDER BY f.place`, party, r.seq)
			if err != nil {
				return err
			}
			now := map[string]seen{}
			say := func(kind casefile.EventKind, text string, f FindingRow) {
				out = append(out, casefile.Event{At: r.Imported, Actor: r.By, Kind: kind, Subject: casefile.ID(f.ID),
					Party: party, Text: fmt.Sprintf("%s: %s (review %s as of %s)", f.Flag, text, r.Name, r.AsOf)})
			}
			for _, f := range list {
				now[f.ID] = seen{f}
				switch had, ok := last[f.ID]; {
				case !ok:
					say(casefile.EventFindingNew, f.Sentence, f)
				case had.row.Sentence != f.Sentence || had.row.State != f.State || had.row.Severity != f.Severity:
					say(casefile.EventFindingChanged, f.Sentence, f)
				}
			}
			gone := []FindingRow{}
			for id, had := range last {
				if _, ok := now[id]; !ok {
					gone = append(gone, had.row)
				}
			}
			slices.SortFunc(gone, func(a, b FindingRow) int { return strings.Compare(a.ID, b.ID) })
			for _, f := range gone {
				say(casefile.EventFindingGone, "no longer found", f)
			}
			last = now
		}
		listings, err := listingsOf(ctx, tx, party, until)
		out = append(out, listings...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read timeline of %s: %w", party, err)
	}
	slices.SortStableFunc(out, func(a, b casefile.Event) int { return a.At.Compare(b.At) })
	return out, nil
}

// listingsOf are the listings that stored findings compare a party with, each at its first day as far as a list states
// one.
func listingsOf(ctx context.Context, tx *sql.Tx, party string, until time.Time) ([]casefile.Event, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT t.body FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place JOIN run r ON r.seq = f.run
		WHERE f.party = $1 AND f.kind = 'party' AND f.state = 'raised' AND r.imported <= $2 ORDER BY f.run, f.place`,
		party, casefile.Stamp(until))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []casefile.Event
	seen := map[[2]string]bool{}
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		var f finding.Finding
		if err := json.Unmarshal(body, &f); err != nil {
			return nil, err
		}
		for _, h := range f.Hits {
			day, err := time.Parse(time.DateOnly, h.Listed)
			if k := [2]string{h.List, h.Entry}; err != nil || seen[k] || day.After(until) {
				continue
			} else {
				seen[k] = true
			}
			name := h.Title
			if name == "" {
				name = h.List
			}
			out = append(out, casefile.Event{At: day, Kind: casefile.EventListed, Subject: casefile.ID(f.ID),
				Party: party,
				Text: fmt.Sprintf("%s names %s since this day (entry %s, score %.2f, grade %s)", name, h.Name, h.Entry,
					h.Score, h.Grade)})
		}
	}
	return out, rows.Err()
}
