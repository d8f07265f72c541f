package review

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"plimsoll/internal/engine"
	"plimsoll/internal/record"
	"plimsoll/internal/record/lake"
)

// An Engine says which bills lie in an engine and are grouped there.
type Engine struct {
	Address     string   // see [engine.ParseAddress]
	Tables      []string // of charges; all tables of the schema that have their columns when empty
	Credentials engine.Credentials
}

// lake has the charges of the engine grouped there and takes the groups as one more input for each table.
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
	defer e.Close()
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
		in := input{src: src, kind: kindFOCUS}
		in.remote = append(in.remote, "grouped in the engine; the charges behind a group: "+t.Charges())
		if t.Snapshot == "" {
			in.remote = append(in.remote, "the table has no snapshots: the groups are named after what they hold")
		}
		if unread := t.Unread(); len(unread) > 0 {
			in.remote = append(in.remote, "columns that are not read: "+strings.Join(unread, ", "))
		}
		r.inputs = append(r.inputs, in)
		r.files[src.Index] = src
	}
	r.progress("engine", int64(len(tables)), int64(len(tables)))
	return done, nil
}
