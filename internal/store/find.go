package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
)

// A FindingQuery says which findings of a run are listed. Empty fields match all; several
// values of one field match any of them.
type FindingQuery struct {
	Run      string // "" is the newest
	Text     string // part of the subject's name; case and accents do not matter
	Flags    []string
	States   []string
	Severity []string
	Kinds    []string // of the subject: party | engagement | account | run
	Packs    []string
	Party    string
	Sort     string // "" worst first, as the review wrote them | name
	Limit    int    // 50 when 0
	Cursor   string
}

// A FindingRow is a finding in a list.
type FindingRow struct {
	Place       int64   `json:"place"`
	ID          string  `json:"id"`
	Flag        string  `json:"flag"`
	Title       string  `json:"title"`
	State       string  `json:"state"`
	Severity    string  `json:"severity"`
	Confidence  float64 `json:"confidence"`
	Kind        string  `json:"kind"`
	Subject     string  `json:"subject"`
	SubjectName string  `json:"subject_name"`
	Party       string  `json:"party"`
	Pack        string  `json:"pack"`
	Sentence    string  `json:"sentence"`
	fold        string
}

// A FindingPage is one page of findings, with the counts for the facets.
type FindingPage struct {
	Run      string             `json:"run"`
	Findings []FindingRow       `json:"findings"`
	Next     string             `json:"next"` // "" on the last page
	Total    int                `json:"total"`
	Facets   map[string][]Count `json:"facets"` // flag, state, severity, kind, pack
}

// A Count is one value of a facet with how many findings choosing it would show.
type Count struct {
	Value string `json:"value"`
	N     int    `json:"n"`
	On    bool   `json:"on"` // chosen
}

// where builds the condition on finding f; facets leaves out what the table of counts has no
// column for.
func (q FindingQuery) where(run int64, facets bool) (string, []any) {
	var b strings.Builder
	args := []any{run}
	b.WriteString(`f.run = $1`)
	for _, c := range q.facets() {
		if len(c.values) == 0 {
			continue
		}
		fmt.Fprintf(&b, ` AND f.%s IN (`, c.column)
		for i, v := range c.values {
			if i > 0 {
				b.WriteString(", ")
			}
			args = append(args, v)
			fmt.Fprintf(&b, "$%d", len(args))
		}
		b.WriteString(`)`)
	}
	if facets {
		return b.String(), args
	}
	if q.Party != "" {
		args = append(args, q.Party)
		fmt.Fprintf(&b, ` AND f.party = $%d`, len(args))
	}
	if p := casefile.Pattern(q.Text); p != "" {
		args = append(args, p)
		fmt.Fprintf(&b, ` AND f.fold LIKE $%d ESCAPE '\'`, len(args))
	}
	return b.String(), args
}

type facetOf struct {
	column string
	values []string
}

func (q FindingQuery) facets() []facetOf {
	return []facetOf{{"flag", q.Flags}, {"state", q.States}, {"severity", q.Severity}, {"kind", q.Kinds},
		{"pack", q.Packs}}
}

// Findings lists one page.
func (s *Store) Findings(ctx context.Context, q FindingQuery) (FindingPage, error) {
	if q.Limit <= 0 || q.Limit > 1000 {
		q.Limit = 50
	}
	p := FindingPage{Findings: []FindingRow{}}
	if s.pages != nil {
		select {
		case s.pages <- struct{}{}:
			defer func() { <-s.pages }()
		case <-ctx.Done():
			return p, fmt.Errorf("list findings: %w", ctx.Err())
		}
	}
	err := s.Read(ctx, func(tx *sql.Tx) error {
		run, err := runSeq(ctx, tx, q.Run, &p.Run)
		if err != nil {
			return err
		}
		if p.Facets, p.Total, err = facets(ctx, tx, q, run); err != nil {
			return err
		}
		where, args := q.where(run, false)
		order := `f.place`
		if q.Sort == "name" {
			order = `f.fold, f.place`
		}
		if q.Cursor != "" {
			fold, place, err := readCursor(q.Cursor, q.Sort)
			if err != nil {
				return err
			}
			if q.Sort == "name" {
				args = append(args, fold, place)
				where += fmt.Sprintf(` AND (f.fold, f.place) > ($%d, $%d)`, len(args)-1, len(args))
			} else {
				args = append(args, place)
				where += fmt.Sprintf(` AND f.place > $%d`, len(args))
			}
		}
		args = append(args, q.Limit+1)
		p.Findings, err = rowsOf(ctx, tx, fmt.Sprintf(`SELECT `+rowColumns+
			` FROM (SELECT * FROM finding f WHERE %s ORDER BY %s LIMIT $%d) f
			JOIN finding_text t ON t.run = f.run AND t.place = f.place ORDER BY %s`, where, order, len(args), order),
			args...)
		return err
	})
	if err != nil {
		return FindingPage{}, fmt.Errorf("list findings: %w", err)
	}
	if len(p.Findings) > q.Limit {
		p.Findings = p.Findings[:q.Limit]
		p.Next = writeCursor(p.Findings[q.Limit-1], q.Sort)
	}
	return p, nil
}

func runSeq(ctx context.Context, tx *sql.Tx, id string, name *string) (seq int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT seq, id FROM run WHERE $1 = '' OR id = $1 ORDER BY seq DESC LIMIT 1`,
		id).Scan(&seq, name)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoRun
	}
	return seq, err
}

// cursor says after which row a page begins. It names the order, so that it is not used with
// another.
type cursor struct {
	Sort  string `json:"s"`
	Fold  string `json:"f,omitempty"`
	Place int64  `json:"p"`
}

func writeCursor(r FindingRow, sort string) string {
	c := cursor{Sort: sort, Place: r.Place}
	if sort == "name" {
		c.Fold = r.fold
	}
	return encodeCursor(c)
}

func encodeCursor(c any) string {
	b, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(s string, c any) error {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(b, c) != nil {
		return casefile.ErrCursor
	}
	return nil
}

func readCursor(s, sort string) (string, int64, error) {
	var c cursor
	if err := decodeCursor(s, &c); err != nil || c.Sort != sort || strings.ContainsRune(c.Fold, 0) {
		return "", 0, casefile.ErrCursor
	}
	return c.Fold, c.Place, nil
}

// facets counts, for each facet, what each of its values would show with the other choices
// kept. Without a text or a party the counts come from a table made at import.
func facets(ctx context.Context, tx *sql.Tx, q FindingQuery, run int64) (map[string][]Count, int, error) {
	cube := casefile.Pattern(q.Text) == "" && q.Party == ""
	out := map[string][]Count{}
	// One pass over the groups that the text or party leaves; the facets are folded in memory.
	open := FindingQuery{Text: q.Text, Party: q.Party}
	where, args := open.where(run, cube)
	query := `SELECT f.flag, f.state, f.severity, f.kind, f.pack, sum(f.n) FROM facet f WHERE ` + where +
		` GROUP BY f.flag, f.state, f.severity, f.kind, f.pack`
	if !cube {
		// Materialised, so that the grouping does not tempt the planner to an index that it has
		// to leave for every row.
		query = `WITH f AS MATERIALIZED (SELECT f.flag, f.state, f.severity, f.kind, f.pack FROM finding f WHERE ` +
			where + `)
			SELECT f.flag, f.state, f.severity, f.kind, f.pack, count(*) FROM f GROUP BY f.flag, f.state, f.severity, f.kind, f.pack`
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	total := 0
	counts := map[string]map[string]int{}
	fs := q.facets()
	for _, f := range fs {
		counts[f.column] = map[string]int{}
	}
	for rows.Next() {
		var v [5]string
		var n int
		if err := rows.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &n); err != nil {
			return nil, 0, err
		}
		misses, missed := 0, 0
		for i, f := range fs {
			if len(f.values) > 0 && !slices.Contains(f.values, v[i]) {
				misses, missed = misses+1, i
			}
		}
		switch misses {
		case 0:
			total += n
			for i, f := range fs {
				counts[f.column][v[i]] += n
			}
		case 1:
			counts[fs[missed].column][v[missed]] += n
		}
	}
	for _, f := range fs {
		list := []Count{}
		for v, n := range counts[f.column] {
			list = append(list, Count{Value: v, N: n, On: slices.Contains(f.values, v)})
		}
		for _, v := range f.values { // a chosen value stays visible, so that it can be taken back
			if _, ok := counts[f.column][v]; !ok {
				list = append(list, Count{Value: v, On: true})
			}
		}
		slices.SortFunc(list, func(a, b Count) int {
			if f.column == "severity" {
				return finding.Rank(a.Value) - finding.Rank(b.Value)
			}
			return strings.Compare(a.Value, b.Value)
		})
		out[f.column] = list
	}
	return out, total, rows.Err()
}

// Finding reads one whole finding; run "" is the newest that has it.
func (s *Store) Finding(ctx context.Context, run, id string) (f finding.Finding, r Run, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		var body string
		err := tx.QueryRowContext(ctx,
			`SELECT t.body, r.id, r.name, r.as_of, r.tool FROM run r JOIN finding f ON f.run = r.seq JOIN finding_text t ON t.run = f.run AND t.place = f.place
			WHERE f.id = $1 AND ($2 = '' OR r.id = $2) ORDER BY r.seq DESC LIMIT 1`, id, run).Scan(&body, &r.ID,
			&r.Name, &r.AsOf, &r.Tool)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoFinding
		}
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(body), &f)
	})
	return f, r, err
}

// EachFinding gives every finding that a query matches, whole, in its order: for exports.
func (s *Store) EachFinding(ctx context.Context, q FindingQuery, yield func(finding.Finding) error) error {
	return s.Read(ctx, func(tx *sql.Tx) error {
		var id string
		run, err := runSeq(ctx, tx, q.Run, &id)
		if err != nil {
			return err
		}
		where, args := q.where(run, false)
		order := `f.place`
		if q.Sort == "name" {
			order = `f.fold, f.place`
		}
		rows, err := tx.QueryContext(ctx,
			`SELECT t.body FROM finding f JOIN finding_text t ON t.run = f.run AND t.place = f.place WHERE `+where+
				` ORDER BY `+order, args...)
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
			if err := yield(f); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
