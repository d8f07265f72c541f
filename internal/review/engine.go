package review

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/engine"
	"plimsoll/internal/record"
	"plimsoll/internal/record/lake"
)

// An Engine says which bills lie in an engine and are grouped there.
type Engine struct {
	Address     string   // see [engine.ParseAddress]
	Tables      []string // of charges; all tables of the schema that have their columns when empty
	Scratch     string   // catalog.schema in which a run makes its tables; that of the address when empty
	Fetch       bool     // bring all groups, and make no tables in the engine
	Credentials engine.Credentials
}

// lake has the charges of the engine grouped there. Where it can, the groups stay, and so do the tables that are
// derived from them; else the groups are one more input for each table.
func (r *run) lake(ctx context.Context) (done func() error, err error) {
	done = func() error { return nil }
	if r.o.Engine == nil {
		return done, nil
	}
	ctx, end := r.o.Stage(ctx, "engine")
	defer func() { end(err) }()
	e, err := engine.Open(ctx, r.o.Engine.Address, r.o.Engine.Credentials)
	if err != nil {
		return done, err
	}
	defer func() {
		if r.scratch == nil {
			e.Close()
		} else {
			r.engine = e
		}
	}()
	tables, err := lake.FindRemote(ctx, e, r.o.Engine.Tables)
	if err != nil {
		return done, fmt.Errorf("engine %s: %w", e.Host, err)
	}
	dir, err := os.MkdirTemp(r.dir, ".engine-")
	if err != nil {
		return done, fmt.Errorf("make folder for groups: %w", err)
	}
	done = func() error { return os.RemoveAll(dir) }
	next := 0
	for i := range r.files {
		next = max(next, i+1)
	}
	if stays, err := r.stay(ctx, e, tables, next, dir); err != nil {
		return done, fmt.Errorf("engine %s: %w", e.Host, err)
	} else if stays {
		return done, nil
	}
	for i := range tables {
		t := &tables[i]
		r.progress("engine", int64(i), int64(len(tables)))
		src := record.Source{Index: next + i, Path: filepath.Join(dir, fmt.Sprintf("groups-%d.csv", i)),
			Name: e.Table(t.Catalog, t.Schema, t.Name)}
		group, grouped := r.o.Stage(ctx, "engine group")
		src.SHA256, src.Size, err = t.Group(group, e, src.Path)
		if grouped(err); err != nil {
			return done, fmt.Errorf("engine %s: %w", e.Host, err)
		}
		in := input{src: src, kind: kindFOCUS, remote: remoteNotes(t)}
		r.inputs = append(r.inputs, in)
		r.files[src.Index] = src
	}
	r.progress("engine", int64(len(tables)), int64(len(tables)))
	return done, nil
}

// remoteNotes are what a reader of an input should know of its table.
func remoteNotes(t *lake.Remote) []string {
	out := []string{"grouped in the engine; the charges behind a group: " + t.Charges()}
	if t.Snapshot == "" {
		out = append(out, "the table has no snapshots: the groups are named after what they hold")
	}
	if unread := t.Unread(); len(unread) > 0 {
		out = append(out, "columns that are not read: "+strings.Join(unread, ", "))
	}
	return out
}

// scratchAt is the catalog and schema for tables of the run.
func (x *Engine) scratchAt(e *engine.Engine) (catalog, schema string, err error) {
	if x.Scratch == "" {
		return e.Catalog, e.Schema, nil
	}
	return engine.ParseSchema(x.Scratch)
}

// stay groups the one table of charges and leaves the groups in the engine. It reports false, and says why in a note,
// where they are to be brought.
func (r *run) stay(ctx context.Context, e *engine.Engine, tables []lake.Remote, source int, dir string) (bool, error) {
	whole := func(why string) (bool, error) {
		r.sum.Notes = append(r.sum.Notes, "Bills in the engine: all groups of charges were brought, and the "+
			"tables that are derived from them were made on this machine: "+why)
		return false, nil
	}
	switch {
	case r.o.Engine.Fetch:
		return false, nil
	case len(tables) != 1:
		return whole(fmt.Sprintf("the charges lie in %d tables, of which one may bring a month of another again",
			len(tables)))
	case slices.ContainsFunc(r.inputs, func(in input) bool { return in.kind == kindFOCUS }):
		return whole("other bills are files, which may bring a month of the table again")
	}
	catalog, schema, err := r.o.Engine.scratchAt(e)
	if err != nil {
		return false, err
	}
	now := time.Now()
	scratch, err := e.Scratch(ctx, catalog, schema, now)
	if errors.Is(err, engine.ErrReadOnly) {
		return whole(fmt.Sprintf("the user may make no tables in %s.%s; name another place with --engine-scratch: %v",
			catalog, schema, err))
	}
	if err != nil {
		return false, err
	}
	scratch.Stage = r.o.Stage
	r.scratch = scratch // from here on its tables are dropped at the end
	dropped, named, err := scratch.Leftovers(ctx, now)
	if err != nil {
		return false, err
	}
	if len(dropped) > 0 {
		r.sum.Notes = append(r.sum.Notes, "Tables of runs that were stopped were dropped in the engine: "+
			strings.Join(dropped, ", "))
	}
	if len(named) > 0 {
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("In %s.%s of the engine are tables of other runs; where "+
			"these were stopped, drop them: %s", catalog, schema, strings.Join(named, ", ")))
	}
	t := &tables[0]
	r.progress("engine", 0, 1)
	group, grouped := r.o.Stage(ctx, "engine group")
	st, err := t.Stay(group, scratch, source, dir)
	if grouped(err); errors.Is(err, lake.ErrCannotStay) {
		drop := scratch.Drop(ctx)
		r.scratch = nil
		_, _ = whole(err.Error())
		return false, drop
	}
	if err != nil {
		return false, err
	}
	r.progress("engine", 1, 1)
	src := record.Source{Index: source, Name: e.Table(t.Catalog, t.Schema, t.Name), SHA256: st.Hash}
	in := input{src: src, kind: kindFOCUS, remote: remoteNotes(t), stays: true}
	in.stats = record.Stats{Rows: int(st.Charges), Records: int(st.Read), Rejects: int(st.Charges - st.Read),
		Extra: map[string]int{}, Notes: append(st.Notes, in.remote...)}
	r.inputs = append(r.inputs, in)
	r.files[src.Index] = src
	r.stayed = &st
	return true, nil
}

// settleStayed takes what a table of charges lacks, and its charges that could not be read, as a bill in a file has
// them.
func (r *run) settleStayed(ctx context.Context) error {
	if r.stayed == nil {
		return nil
	}
	in := &r.inputs[len(r.inputs)-1]
	for _, column := range r.stayed.Lacks {
		if _, err := r.book.DB().ExecContext(ctx, "INSERT INTO usage_lacks VALUES ($1, $2)", in.src.Index,
			column); err != nil {
			return fmt.Errorf("note columns of %s: %w", in.src.Name, err)
		}
	}
	for _, x := range r.stayed.Unread {
		x.File = in.src.Name
		if err := (&ingestSink{run: r}).Reject(x); err != nil {
			return err
		}
	}
	return nil
}

// billedMonths are the months of bills that stay in the engine, as 2031-01.
func (r *run) billedMonths(ctx context.Context, billed map[string]bool) error {
	if r.scratch == nil {
		return nil
	}
	return r.scratch.Rows(ctx,
		"SELECT DISTINCT substr(CAST(month AS VARCHAR), 1, 7) FROM usage WHERE month IS NOT NULL",
		func(row []string) error {
			if row != nil {
				billed[row[0]] = true
			}
			return nil
		})
}

// engineUse notes what passed between the engine and this machine.
func (r *run) engineUse(ctx context.Context) error {
	if r.scratch == nil {
		return nil
	}
	of, brought, err := r.signal.Asked(ctx)
	if err != nil {
		return fmt.Errorf("count what was brought: %w", err)
	}
	r.sum.Engine = &EngineUse{Charges: r.stayed.Charges, Groups: r.stayed.Groups, RowsSent: r.scratch.Sent.Load(),
		RowsBrought: r.scratch.Brought.Load(), Parties: of, PartiesBrought: brought}
	return nil
}

// dropScratch drops the tables of the run in the engine.
func (r *run) dropScratch(ctx context.Context) error {
	if r.scratch == nil {
		return nil
	}
	err := r.scratch.Drop(ctx)
	r.scratch = nil
	return errors.Join(err, r.engine.Close())
}
