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

	e               *Engine
	catalog, schema string
	prefix          string

	mu   sync.Mutex      // guards made, and the engine; held while a statement is at work
	made map[string]bool // tables, without the prefix
}

// A ScratchColumn is a column of a table that rows are sent into.
type ScratchColumn struct {
	Name string
	Type string // of Trino
}

// longestInsert is how many bytes of rows one INSERT carries, as JSON before quotes are doubled; Trino's own bound is
// 1,000,000 characters.
const longestInsert = 400_000

var scratchName = regexp.MustCompile(`^plimsoll_run_([0-9a-f]{8})_[0-9a-f]{4}_[a-z_]+$`)

// IsScratch reports whether a table is one of a run, this one or another.
func IsScratch(table string) bool { return scratchName.MatchString(table) }

// Scratch begins the tables of a run in a schema, and tries whether one can be made there: [ErrReadOnly] if not.
func (e *Engine) Scratch(ctx context.Context, catalog, schema string, now time.Time) (*Scratch, error) {
	var own [2]byte
	if _, err := rand.Read(own[:]); err != nil {
		return nil, fmt.Errorf("name scratch tables: %w", err)
	}
	s := &Scratch{e: e, catalog: catalog, schema: schema, made: map[string]bool{},
		prefix: fmt.Sprintf("plimsoll_run_%08x_%s_", uint32(now.Unix()), hex.EncodeToString(own[:]))}
	_, err := s.Send(ctx, "probe", []ScratchColumn{{"x", "BIGINT"}}, func(yield func([]any) error) error {
		return yield([]any{int64(1)})
	})
	s.Sent.Store(0)
	if err == nil {
		err = s.drop(ctx, "probe")
	}
	if errors.Is(err, ErrRefused) {
		return nil, fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return s, err
}

// Name is how a table of the run is written in a statement.
func (s *Scratch) Name(table string) string {
	return Quote(s.catalog) + "." + Quote(s.schema) + "." + Quote(s.prefix+table)
}

// Quote is a name as Trino reads it.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

var tableRef = regexp.MustCompile(`\b(FROM|JOIN)(\s+)([a-z_]+)\b`)

// own puts the names of the run's tables into a query that names them without their prefix.
func (s *Scratch) own(query string) string {
	return tableRef.ReplaceAllStringFunc(query, func(ref string) string {
		m := tableRef.FindStringSubmatch(ref)
		if !s.made[m[3]] {
			return ref
		}
		return m[1] + m[2] + s.Name(m[3])
	})
}

// Make makes a table from a query over the run's tables, in place of one of that name.
func (s *Scratch) Make(ctx context.Context, table, query string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := "CREATE TABLE " + s.Name(table) + " AS " + s.own(query)
	s.made[table] = true
	if err := s.whole(ctx, table, func() error { return s.do(ctx, text) }); err != nil {
		return fmt.Errorf("make table %s in the engine: %w", table, err)
	}
	return nil
}

// Add adds the rows of a query to a table of the run. A failure is not tried again, since nothing says whether the rows
// are there.
func (s *Scratch) Add(ctx context.Context, table, query string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.do(ctx, "INSERT INTO "+s.Name(table)+" "+s.own(query)); err != nil {
		return fmt.Errorf("add to table %s in the engine: %w", table, err)
	}
	return nil
}

// Send makes a table of rows, in place of one of that name, and returns how many there are. rows hands every row on,
// and is called again from the first when sending failed on the way: the table is there whole or not at all. A cell is
// nil, a text, a number or a truth value.
func (s *Scratch) Send(ctx context.Context, table string, columns []ScratchColumn,
	rows func(yield func([]any) error) error) (n int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list, read []string
	for i, c := range columns {
		list = append(list, Quote(c.Name)+" "+c.Type)
		read = append(read, fmt.Sprintf("CAST(c[%d] AS %s)", i+1, c.Type))
	}
	s.made[table] = true
	err = s.whole(ctx, table, func() error {
		n = 0
		if err := s.do(ctx, "CREATE TABLE "+s.Name(table)+" ("+strings.Join(list, ", ")+")"); err != nil {
			return err
		}
		var part []byte
		flush := func() error {
			if len(part) == 0 {
				return nil
			}
			text := strings.ReplaceAll(string(part)+"]", "'", "''")
			part = part[:0]
			return s.do(ctx, "INSERT INTO "+s.Name(table)+" SELECT "+strings.Join(read, ", ")+
				" FROM UNNEST(CAST(json_parse('"+text+"') AS ARRAY(ARRAY(VARCHAR)))) AS u(c)")
		}
		err := rows(func(cells []any) error {
			line, err := json.Marshal(texts(cells))
			if err != nil {
				return &doError{err}
			}
			if len(part) > 0 && len(part)+len(line) > longestInsert {
				if err := flush(); err != nil {
					return err
				}
			}
			if len(part) == 0 {
				part = append(part, '[')
			} else {
				part = append(part, ',')
			}
			part, n = append(part, line...), n+1
			return nil
		})
		if err != nil {
			return err
		}
		return flush()
	})
	if err != nil {
		return 0, fmt.Errorf("send table %s to the engine: %w", table, err)
	}
	s.Sent.Add(n)
	return n, nil
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
func (s *Scratch) Rows(ctx context.Context, query string, do func(row []string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(0)
	_, err := s.e.Rows(ctx, s.own(query), func(row []string) error {
		if n++; row == nil {
			n = 0
		}
		return do(row)
	})
	s.Brought.Add(n)
	return err
}

// whole makes a table by some statements, from the first again when one of them fails in a way that may pass. A table
// that could not be made is dropped.
func (s *Scratch) whole(ctx context.Context, table string, statements func() error) error {
	wait := firstRest
	for try := 1; ; try++ {
		err := s.do(ctx, "DROP TABLE IF EXISTS "+s.Name(table))
		if err == nil {
			if err = statements(); err == nil {
				return nil
			}
		}
		mine, isMine := errors.AsType[*doError](err)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case isMine:
			return mine.error
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
func (s *Scratch) drop(ctx context.Context, table string) error {
	text := "DROP TABLE IF EXISTS " + s.Name(table)
	if s.do(ctx, text) != nil {
		if err := errors.Join(s.e.rest(ctx, firstRest), s.do(ctx, text)); err != nil {
			return err
		}
	}
	delete(s.made, table)
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
	for table := range s.made {
		if first != nil { // an engine that is gone is asked once
			left = append(left, s.prefix+table)
			continue
		}
		if err := s.drop(ctx, table); err != nil {
			left, first = append(left, s.prefix+table), err
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
	_, err = s.e.Rows(ctx, "SELECT table_name FROM "+Quote(s.catalog)+".information_schema.tables WHERE table_schema = '"+
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
