package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ErrReadOnly says that the user may not make tables in the schema for scratch tables.
var ErrReadOnly = errors.New("no tables can be made there")

// A Scratch is the tables of one run in a schema of an engine. Their names begin with "plimsoll_run_", the second in
// which the run began and four digits of its own. It may be used by several goroutines; one statement is at work at a
// time.
type Scratch struct {
	Sent, Brought atomic.Int64 // rows to and from the engine
	// Stage begins a step at a table, "engine make", "engine send" or "engine bring", for whoever measures it, and
	// returns what ends it; nil when nobody does.
	Stage func(ctx context.Context, name string) (context.Context, func(error))

	e               *Engine
	catalog, schema string
	prefix          string

	mu sync.Mutex // guards what follows, and the engine; held while a statement is at work
	// The name of each table in the engine, without the prefix. Each try to make it has one of its own, since a
	// statement whose answer was lost may still be at work.
	at  map[string]string
	all map[string]bool // those names, of all tries
}

// A ScratchColumn is a column of a table that rows are sent into.
type ScratchColumn struct {
	Name string
	Type string // of Trino
}

// longestInsert is how many bytes of rows one INSERT carries, as JSON before quotes are doubled; Trino's own bound is
// 1,000,000 characters.
const longestInsert = 400_000

var scratchName = regexp.MustCompile(`^plimsoll_run_([0-9a-f]{8})_[0-9a-f]{4}_[a-z0-9_]+$`)

// IsScratch reports whether a table is one of a run, this one or another.
func IsScratch(table string) bool { return scratchName.MatchString(table) }

// Scratch begins the tables of a run in a schema, and tries whether one can be made there: [ErrReadOnly] if not.
func (e *Engine) Scratch(ctx context.Context, catalog, schema string, now time.Time) (*Scratch, error) {
	var own [2]byte
	if _, err := rand.Read(own[:]); err != nil {
		return nil, fmt.Errorf("name scratch tables: %w", err)
	}
	s := &Scratch{e: e, catalog: catalog, schema: schema, at: map[string]string{}, all: map[string]bool{},
		prefix: fmt.Sprintf("plimsoll_run_%08x_%s_", uint32(now.Unix()), hex.EncodeToString(own[:]))}
	err := s.Make(ctx, "probe", "SELECT 1 AS x")
	if err == nil {
		err = s.patiently(ctx, func() error { return s.do(ctx, "INSERT INTO "+s.name(s.at["probe"])+" VALUES (2)") })
	}
	if err == nil {
		err = s.drop(ctx, s.at["probe"])
	}
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, ErrRefused):
		_ = s.Drop(ctx) // most often nothing was made, and this is refused as well
		return nil, fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return nil, errors.Join(fmt.Errorf("try whether tables can be made: %w", err), s.Drop(ctx))
}

// name is how a table of the run is written in a statement, by its name in the engine without the prefix.
func (s *Scratch) name(at string) string {
	return Quote(s.catalog) + "." + Quote(s.schema) + "." + Quote(s.prefix+at)
}

// Quote is a name as Trino reads it.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

var tableRef = regexp.MustCompile(`\b(FROM|JOIN)(\s+)([a-z_]+)\b`)

// own puts the names of the run's tables into a query that names them without their prefix.
func (s *Scratch) own(query string) string {
	return tableRef.ReplaceAllStringFunc(query, func(ref string) string {
		m := tableRef.FindStringSubmatch(ref)
		at, ok := s.at[m[3]]
		if !ok {
			return ref
		}
		return m[1] + m[2] + s.name(at)
	})
}

// step begins a step, and waits for the one before it. The function that it returns ends it.
func (s *Scratch) step(ctx context.Context, name string) (context.Context, func(error)) {
	s.mu.Lock()
	if s.Stage == nil {
		return ctx, func(error) { s.mu.Unlock() }
	}
	ctx, end := s.Stage(ctx, name)
	return ctx, func(err error) {
		end(err)
		s.mu.Unlock()
	}
}

// Make makes a table from a query over the run's tables, in place of one of that name.
func (s *Scratch) Make(ctx context.Context, table, query string) (err error) {
	ctx, end := s.step(ctx, "engine make")
	defer func() { end(err) }()
	text := " AS " + s.own(query)
	if err := s.whole(ctx, table, func(name string) error {
		return s.do(ctx, "CREATE TABLE "+name+text)
	}); err != nil {
		return fmt.Errorf("make table %s in the engine: %w", table, err)
	}
	return nil
}

// Send makes a table of rows, in place of one of that name, and returns how many there are: it is there whole or not at
// all. rows hands every row on. A cell is nil, a text, a number or a truth value.
func (s *Scratch) Send(ctx context.Context, table string, columns []ScratchColumn,
	rows func(yield func([]any) error) error) (n int64, err error) {
	ctx, end := s.step(ctx, "engine send")
	defer func() { end(err) }()
	x := &sending{s: s, columns: columns, table: table}
	err = rows(func(cells []any) error { return x.add(ctx, cells) })
	if err == nil {
		err = x.end(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("send table %s to the engine: %w", table, err)
	}
	s.Sent.Add(x.n)
	return x.n, nil
}

// A sending is a table on its way. Rows that do not fit one statement are put into a stage, each with its number, so
// that a part that is sent a second time, since the answer to the first was lost, counts once.
type sending struct {
	s       *Scratch
	columns []ScratchColumn
	table   string
	part    []byte // rows as JSON
	n       int64
	stage   string // "" while one statement is enough
}

// numberColumn is the number of a row in a stage.
const numberColumn = "plimsoll_row"

func (x *sending) add(ctx context.Context, cells []any) error {
	line, err := json.Marshal(append([]*string{new(strconv.FormatInt(x.n, 10))}, texts(cells)...))
	if err != nil {
		return err
	}
	if len(x.part) > 0 && len(x.part)+len(line) > longestInsert {
		if err := x.put(ctx); err != nil {
			return err
		}
	}
	if len(x.part) > 0 {
		x.part = append(x.part, ',')
	}
	x.part, x.n = append(x.part, line...), x.n+1
	return nil
}

// from is a query for the rows of the part, with their numbers or without.
func (x *sending) from(numbers bool) string {
	var list []string
	if numbers {
		list = append(list, "CAST(c[1] AS BIGINT) AS "+numberColumn)
	}
	for i, c := range x.columns {
		list = append(list, fmt.Sprintf("CAST(c[%d] AS %s) AS %s", i+2, c.Type, Quote(c.Name)))
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM UNNEST(CAST(json_parse('[" +
		strings.ReplaceAll(string(x.part), "'", "''") + "]') AS ARRAY(ARRAY(VARCHAR)))) AS u(c)"
}

// put sends the part to the stage.
func (x *sending) put(ctx context.Context) error {
	s := x.s
	if x.stage == "" {
		x.stage = x.table + "_stage"
		if err := s.whole(ctx, x.stage, func(name string) error {
			return s.do(ctx, "CREATE TABLE "+name+" AS "+x.from(true))
		}); err != nil {
			return err
		}
	} else {
		text := "INSERT INTO " + s.name(s.at[x.stage]) + " " + x.from(true)
		if err := s.patiently(ctx, func() error { return s.do(ctx, text) }); err != nil {
			return err
		}
	}
	x.part = x.part[:0]
	return nil
}

// end makes the table.
func (x *sending) end(ctx context.Context) error {
	s := x.s
	if x.stage == "" {
		return s.whole(ctx, x.table, func(name string) error {
			return s.do(ctx, "CREATE TABLE "+name+" AS "+x.from(false))
		})
	}
	if err := x.put(ctx); err != nil {
		return err
	}
	var list []string
	for _, c := range x.columns {
		list = append(list, Quote(c.Name))
	}
	columns := strings.Join(list, ", ")
	if err := s.whole(ctx, x.table, func(name string) error {
		return s.do(ctx, "CREATE TABLE "+name+" AS SELECT "+columns+" FROM (SELECT DISTINCT "+numberColumn+", "+columns+
			" FROM "+s.name(s.at[x.stage])+") d")
	}); err != nil {
		return err
	}
	return s.drop(ctx, s.at[x.stage])
}

// texts are cells as they are cast from.
func texts(cells []any) []*string {
	out := make([]*string, len(cells))
	for i, c := range cells {
		var t string
		switch c := c.(type) {
		case nil:
			continue
		case float64:
			t = strconv.FormatFloat(c, 'g', -1, 64)
		case time.Time:
			t = c.UTC().Format(time.DateOnly)
		default:
			t = text(c)
		}
		out[i] = &t
	}
	return out
}

// Rows is [Engine.Rows] over the run's tables.
func (s *Scratch) Rows(ctx context.Context, query string, do func(row []string) error) (err error) {
	ctx, end := s.step(ctx, "engine bring")
	defer func() { end(err) }()
	n := int64(0)
	_, err = s.e.Rows(ctx, s.own(query), func(row []string) error {
		if n++; row == nil {
			n = 0
		}
		return do(row)
	})
	s.Brought.Add(n)
	return err
}

// whole makes a table by a statement, under another name each time that the statement is sent again. A table that was
// there before is dropped.
func (s *Scratch) whole(ctx context.Context, table string, statement func(name string) error) error {
	old, replaces := s.at[table]
	return s.patiently(ctx, func() error {
		at := table
		for n := 2; s.all[at]; n++ {
			at = fmt.Sprintf("%s_%d", table, n)
		}
		s.all[at] = true
		if err := statement(s.name(at)); err != nil {
			return err
		}
		s.at[table] = at
		if replaces {
			replaces = false
			_ = s.drop(ctx, old) // at the end it is tried again
		}
		return nil
	})
}

// patiently does something again while it fails in a way that may pass.
func (s *Scratch) patiently(ctx context.Context, do func() error) error {
	wait := firstRest
	for try := 1; ; try++ {
		err := do()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !again(err):
			return fmt.Errorf("%w: %w", ErrRefused, err)
		case try == tries:
			return fmt.Errorf("the engine failed %d times: %w", tries, err)
		}
		if err := s.e.rest(ctx, wait); err != nil {
			return err
		}
		wait = min(4*wait, mostRest)
	}
}

// do runs one statement once.
func (s *Scratch) do(ctx context.Context, statement string) error {
	_, err := s.e.once(ctx, statement, func([]string) error { return nil })
	return err
}

// drop drops a table, and tries a second time.
func (s *Scratch) drop(ctx context.Context, at string) error {
	text := "DROP TABLE IF EXISTS " + s.name(at)
	if s.do(ctx, text) != nil {
		if err := errors.Join(s.e.rest(ctx, firstRest), s.do(ctx, text)); err != nil {
			return err
		}
	}
	delete(s.all, at)
	return nil
}

// dropWithin is how long all tables of a run may take to drop when it was stopped.
const dropWithin = time.Minute

// Drop drops the tables of the run, also of one that was stopped. What could not be dropped is named in the error.
func (s *Scratch) Drop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropWithin)
	defer cancel()
	var left []string
	var first error
	for at := range s.all {
		if first != nil { // an engine that is gone is asked once
			left = append(left, s.prefix+at)
			continue
		}
		if err := s.drop(ctx, at); err != nil {
			left, first = append(left, s.prefix+at), err
		}
	}
	if first == nil {
		return nil
	}
	slices.Sort(left)
	return fmt.Errorf("scratch tables are left in %s.%s of the engine, drop them there: %s: %w", s.catalog, s.schema,
		strings.Join(left, ", "), first)
}

// oldScratch is the age from which on the tables of another run are those of one that was stopped.
const oldScratch = 48 * time.Hour

// Leftovers drops tables of runs that began more than two days ago and names those of later ones, which may still be
// at work.
func (s *Scratch) Leftovers(ctx context.Context, now time.Time) (dropped, named []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var old []string
	_, err = s.e.Rows(ctx, "SELECT table_name FROM "+Quote(s.catalog)+
		".information_schema.tables WHERE table_schema = '"+
		strings.ReplaceAll(strings.ToLower(s.schema), "'", "''")+"' ORDER BY 1", func(row []string) error {
		if row == nil {
			old, named = nil, nil
			return nil
		}
		m := scratchName.FindStringSubmatch(row[0])
		if m == nil || strings.HasPrefix(row[0], s.prefix) {
			return nil
		}
		began, err := strconv.ParseInt(m[1], 16, 64)
		if err == nil && now.Sub(time.Unix(began, 0)) > oldScratch {
			old = append(old, row[0])
		} else {
			named = append(named, row[0])
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("look for tables of earlier runs: %w", err)
	}
	for _, table := range old {
		if err := s.do(ctx, "DROP TABLE IF EXISTS "+Quote(s.catalog)+"."+Quote(s.schema)+"."+Quote(table)); err != nil {
			named = append(named, table)
			continue
		}
		dropped = append(dropped, table)
	}
	return dropped, named, nil
}
