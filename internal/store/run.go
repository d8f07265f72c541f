package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/name"
)

// What can be wrong with a run.
var (
	ErrNoRun     = errors.New("there is no such review run")
	ErrNoFinding = errors.New("there is no such finding")
)

// A Run is one stored review.
type Run struct {
	ID       string          `json:"id"` // of its content: the same review has the same id
	Name     string          `json:"name"`
	AsOf     string          `json:"as_of"`
	Tool     string          `json:"tool"`
	Imported time.Time       `json:"imported"`
	By       string          `json:"by"`
	Findings int             `json:"findings"`
	Raised   int             `json:"raised"`
	Rejects  int             `json:"rejects"`
	Previous string          `json:"previous"` // the run stored before this one
	New      int             `json:"new"`      // compared with Previous
	Gone     int             `json:"gone"`
	Changed  int             `json:"changed"`
	Summary  json.RawMessage `json:"summary,omitempty"` // review.json; only when one run is read
	seq      int64
}

// SaveRun stores the folder that "plimsoll review --out" wrote, as a whole or not at all. The
// same content again changes nothing: it returns the run that is there, and false.
func (s *Store) SaveRun(ctx context.Context, by, dir string) (Run, bool, error) {
	r, err := s.saveRun(ctx, by, dir)
	if errors.Is(err, errSame) {
		return r, false, nil
	}
	if err != nil {
		return Run{}, false, fmt.Errorf("store run %s: %w", dir, err)
	}
	return r, true, nil
}

var errSame = errors.New("the same run is there already")

func (s *Store) saveRun(ctx context.Context, by, dir string) (Run, error) {
	summary, err := os.ReadFile(filepath.Join(dir, "review.json"))
	if err != nil {
		return Run{}, err
	}
	f, err := os.Open(filepath.Join(dir, "findings.jsonl"))
	if err != nil {
		return Run{}, err
	}
	defer f.Close()
	var head runHead
	if err := json.Unmarshal(summary, &head); err != nil {
		return Run{}, fmt.Errorf("read review.json: %w", err)
	}
	h, findings := sha256.New(), sha256.New()
	h.Write(summary)
	if _, err := io.Copy(io.MultiWriter(h, findings), f); err != nil {
		return Run{}, err
	}
	p := provenance{Review: sumOf(summary), Findings: hex.EncodeToString(findings.Sum(nil)), Files: len(head.Inputs),
		Inputs: head.Inputs[:min(len(head.Inputs), mostInputs)], Packs: head.Packs}
	if err := finding.CheckSeal(summary, p.Findings); errors.Is(err, finding.ErrUnsealed) {
		p.Note = err.Error()
	} else if err != nil {
		return Run{}, err
	}
	r := Run{ID: hex.EncodeToString(h.Sum(nil))[:16], Name: filepath.Base(filepath.Clean(dir)), AsOf: head.AsOf,
		Tool: strings.TrimSpace(head.Tool.Name + " " + head.Tool.Version), By: by, Rejects: head.Cnt.Rejects,
		Imported: s.now()}
	if had, err := s.Run(ctx, r.ID); err == nil {
		return had, errSame
	} else if !errors.Is(err, ErrNoRun) {
		return Run{}, err
	}
	err = s.Write(ctx, func(tx *sql.Tx) error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return s.importRun(ctx, tx, &r, p, summary, f)
	})
	if errors.Is(err, errSame) {
		if had, rerr := s.Run(ctx, r.ID); rerr == nil {
			return had, errSame
		}
	}
	return r, err
}

func (s *Store) importRun(ctx context.Context, tx *sql.Tx, r *Run, p provenance, summary []byte, f io.Reader) error {
	r.Findings, r.Raised = 0, 0
	res, err := tx.ExecContext(ctx,
		`INSERT INTO run (id, name, as_of, tool, imported, by_actor, findings, raised, rejects, previous, added, gone, changed, summary)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, '', 0, 0, 0, $8) ON CONFLICT (id) DO NOTHING`,
		r.ID, r.Name, r.AsOf, r.Tool, casefile.Stamp(r.Imported), r.By, r.Rejects, string(summary))
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errSame // another server was faster
	}
	if err := tx.QueryRowContext(ctx, `SELECT seq FROM run WHERE id = $1`, r.ID).Scan(&r.seq); err != nil {
		return err
	}
	im := newRunImport(ctx, tx, r.seq)
	in := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := im.add(line); err != nil {
				return fmt.Errorf("findings.jsonl line %d: %w", im.place, err)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read findings.jsonl: %w", err)
		}
	}
	if err := im.finish(); err != nil {
		return err
	}
	r.Findings, r.Raised = im.place, im.raised
	// The planners need to know that a party has few findings and a run has many.
	for _, q := range []string{`ANALYZE finding`, `ANALYZE finding_text`, `ANALYZE run_party`} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := r.compareWithLast(ctx, tx); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		`UPDATE run SET findings = $2, raised = $3, previous = $4, added = $5, gone = $6, changed = $7 WHERE seq = $1`,
		r.seq, r.Findings, r.Raised, r.Previous, r.New, r.Gone, r.Changed)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("Review %s as of %s stored with %d findings", r.Name, r.AsOf, r.Findings)
	if r.By == "" {
		text += " on the machine of the server, by its account " + account()
	}
	if p.Note != "" {
		text += "; " + p.Note
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.noteBody(ctx, tx, casefile.Event{Actor: r.By, Kind: casefile.EventRunStored, Subject: casefile.ID(r.ID),
		Text: text,
		Body: string(body)})
}

// A runHead is what is kept of review.json beside its text.
type runHead struct {
	Tool struct{ Name, Version string } `json:"tool"`
	AsOf string                         `json:"as_of"`
	Cnt  struct {
		Rejects int `json:"rejects"`
	} `json:"counts"`
	Inputs []runInput `json:"inputs"`
	Packs  []runPack  `json:"packs"`
}

type runInput struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

type runPack struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256,omitempty"`
}

// A provenance says what a stored review was made of. It is the body of the event that the ledger pins.
type provenance struct {
	Review   string     `json:"review_sha256"`
	Findings string     `json:"findings_sha256"`
	Files    int        `json:"input_files"`
	Inputs   []runInput `json:"inputs"` // the first of them; the sum of review.json covers all
	Packs    []runPack  `json:"packs"`
	Note     string     `json:"note,omitempty"`
}

// mostInputs is how many input files the event names: reviews of bills read many thousands.
const mostInputs = 1000

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// account is who runs this program on its machine.
func account() string {
	u, err := user.Current()
	if err != nil {
		return strconv.Itoa(os.Getuid())
	}
	return u.Username
}

// compareWithLast counts what changed since the run that was stored before.
func (r *Run) compareWithLast(ctx context.Context, tx *sql.Tx) error {
	last, err := scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+
		` FROM run WHERE seq < $1 ORDER BY seq DESC LIMIT 1`, r.seq))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	d := Difference{From: last, To: *r}
	if err := d.count(ctx, tx); err != nil {
		return err
	}
	r.Previous, r.New, r.Gone, r.Changed = last.ID, d.New, d.Gone, d.Changed+d.Open+d.Perhaps
	return nil
}

// runImport writes findings in batches: one statement for many rows, because a statement for
// each costs PostgreSQL a round trip.
type runImport struct {
	ctx    context.Context
	tx     *sql.Tx
	run    int64
	place  int
	raised int
	rows   batch
	texts  batch
	facets map[[5]string]int
	byID   map[string]int // party → index
	party  []runParty
	ids    map[string]bool
}

type runParty struct {
	id, name, severity    string
	raised, notComputable int
}

func newRunImport(ctx context.Context, tx *sql.Tx, run int64) *runImport {
	return &runImport{ctx: ctx, tx: tx, run: run, facets: map[[5]string]int{}, byID: map[string]int{},
		ids:   map[string]bool{},
		rows:  batch{head: `INSERT INTO finding (run, place, id, flag, state, severity, confidence, kind, subject, subject_name, fold, party, pack, digest) VALUES `, width: 14},
		texts: batch{head: `INSERT INTO finding_text (run, place, title, sentence, body) VALUES `, width: 5}}
}

func (im *runImport) add(line []byte) error {
	im.place++
	var f finding.Finding
	if err := json.Unmarshal(line, &f); err != nil {
		return err
	}
	switch {
	case f.ID == "":
		return errors.New("a finding without an id")
	case im.ids[f.ID]:
		return fmt.Errorf("the finding %s stands there twice", f.ID)
	case f.State != finding.Raised && f.State != finding.NotComputable:
		return fmt.Errorf("the finding %s has the unknown state %q", f.ID, f.State)
	}
	im.ids[f.ID] = true
	// PostgreSQL keeps no NUL in text. The whole line, where it is escaped, stays as it came.
	for _, p := range []*string{&f.ID, &f.Flag, &f.Severity, &f.Subject.Kind, &f.Subject.ID, &f.Subject.Name,
		&f.Subject.Party, &f.Pack, &f.Version, &f.Title, &f.Sentence} {
		*p = strings.ReplaceAll(*p, "\x00", "\uFFFD")
	}
	party, pack := f.Subject.Party, strings.TrimSpace(f.Pack+" "+f.Version)
	if party == "" && f.Subject.Kind == "party" {
		party = f.Subject.ID
	}
	if f.State == finding.Raised {
		im.raised++
	}
	im.facets[[5]string{f.Flag, f.State, f.Severity, f.Subject.Kind, pack}]++
	im.count(f, party)
	err := im.rows.add(im.ctx, im.tx, im.run, im.place, f.ID, f.Flag, f.State, f.Severity, f.Confidence, f.Subject.Kind,
		f.Subject.ID, f.Subject.Name,
		name.Fold(f.Subject.Name), party, pack, Digest(f))
	if err != nil {
		return err
	}
	return im.texts.add(im.ctx, im.tx, im.run, im.place, f.Title, f.Sentence, string(line))
}

func (im *runImport) count(f finding.Finding, party string) {
	if party == "" {
		return
	}
	i, ok := im.byID[party]
	if !ok {
		i = len(im.party)
		im.byID[party] = i
		im.party = append(im.party, runParty{id: party})
	}
	p := &im.party[i]
	if f.Subject.Kind == "party" {
		p.name = f.Subject.Name
	} else if p.name == "" {
		p.name = party
	}
	if f.State != finding.Raised {
		p.notComputable++
		return
	}
	p.raised++
	if p.severity == "" || finding.Rank(f.Severity) < finding.Rank(p.severity) {
		p.severity = f.Severity
	}
}

func (im *runImport) finish() error {
	if err := im.rows.flush(im.ctx, im.tx); err != nil {
		return err
	}
	if err := im.texts.flush(im.ctx, im.tx); err != nil {
		return err
	}
	facets := batch{head: `INSERT INTO facet (run, flag, state, severity, kind, pack, n) VALUES `, width: 7}
	for k, n := range im.facets {
		if err := facets.add(im.ctx, im.tx, im.run, k[0], k[1], k[2], k[3], k[4], n); err != nil {
			return err
		}
	}
	if err := facets.flush(im.ctx, im.tx); err != nil {
		return err
	}
	// The parties in the order in which they matter: worst severity, most raised, name.
	slices.SortStableFunc(im.party, func(a, b runParty) int {
		if d := finding.Rank(a.severity) - finding.Rank(b.severity); d != 0 {
			return d
		}
		if d := b.raised - a.raised; d != 0 {
			return d
		}
		return strings.Compare(a.name+a.id, b.name+b.id)
	})
	parties := batch{head: `INSERT INTO run_party (run, place, party, name, fold, severity, raised, not_computable) VALUES `, width: 8}
	for i, p := range im.party {
		if err := parties.add(im.ctx, im.tx, im.run, i+1, p.id, p.name, name.Fold(p.name), p.severity, p.raised,
			p.notComputable); err != nil {
			return err
		}
	}
	return parties.flush(im.ctx, im.tx)
}

// Digest is what makes a finding "changed" in the next run: what it says, not which rows of
// which file it was read from.
func Digest(f finding.Finding) string {
	hits := make([]string, 0, len(f.Hits))
	for _, h := range f.Hits {
		hits = append(hits, h.List+"\x00"+h.Entry+"\x00"+h.Name)
	}
	slices.Sort(hits)
	b, err := json.Marshal([]any{f.State, f.Severity, f.Sentence, f.Values, f.Threshold, f.Missing, f.Period, hits})
	if err != nil {
		b = []byte(f.Sentence)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}

// batch collects rows for one INSERT. SQLite allows 32,766 parameters in a statement,
// PostgreSQL 65,535; far fewer are faster to plan.
type batch struct {
	head  string
	width int
	args  []any
	full  string // the statement for a full batch
}

const batchRows = 100

func (b *batch) add(ctx context.Context, tx *sql.Tx, row ...any) error {
	b.args = append(b.args, row...)
	if len(b.args) < batchRows*b.width {
		return nil
	}
	return b.flush(ctx, tx)
}

func (b *batch) flush(ctx context.Context, tx *sql.Tx) error {
	if len(b.args) == 0 {
		return nil
	}
	n := len(b.args) / b.width
	q := b.full
	if q == "" || n != batchRows {
		q = b.head + places(n, b.width)
		if n == batchRows {
			b.full = q
		}
	}
	_, err := tx.ExecContext(ctx, q, b.args...)
	b.args = b.args[:0]
	return err
}

// places writes ($1, $2), ($3, $4) … for n rows.
func places(n, width int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range width {
			if j > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d", i*width+j+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}

const runColumns = `seq, id, name, as_of, tool, imported, by_actor, findings, raised, rejects, previous, added, gone, changed`

func scanRun(r interface{ Scan(...any) error }, more ...any) (x Run, err error) {
	var imported string
	err = r.Scan(append([]any{&x.seq, &x.ID, &x.Name, &x.AsOf, &x.Tool, &imported, &x.By, &x.Findings, &x.Raised,
		&x.Rejects, &x.Previous, &x.New, &x.Gone, &x.Changed}, more...)...)
	x.Imported = casefile.When(imported)
	return x, err
}

// Runs lists the stored runs, the newest first.
func (s *Store) Runs(ctx context.Context) (out []Run, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		out = []Run{}
		rows, err := tx.QueryContext(ctx, `SELECT `+runColumns+` FROM run ORDER BY seq DESC`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanRun(rows)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}

// Run reads one run with its summary; "" is the newest.
func (s *Store) Run(ctx context.Context, id string) (r Run, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		var summary string
		r, err = scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+
			`, summary FROM run WHERE $1 = '' OR id = $1 ORDER BY seq DESC LIMIT 1`, id), &summary)
		r.Summary = json.RawMessage(summary)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoRun
		}
		return err
	})
	return r, err
}

// Previous is the run stored before another; ErrNoRun for the first.
func (s *Store) Previous(ctx context.Context, id string) (r Run, err error) {
	err = s.Read(ctx, func(tx *sql.Tx) error {
		r, err = scanRun(tx.QueryRowContext(ctx, `SELECT `+runColumns+
			` FROM run WHERE seq < (SELECT seq FROM run WHERE id = $1) ORDER BY seq DESC LIMIT 1`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoRun
		}
		return err
	})
	return r, err
}
