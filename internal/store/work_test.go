package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store/storetest"
)

// A counted driver notes the text of every statement that runs on its connections.
type counted struct {
	driver.Driver
	texts *[]string
}

func (d counted) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	return countedConn{c, d.texts}, err
}

type countedConn struct {
	driver.Conn
	texts *[]string
}

func (c countedConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	*c.texts = append(*c.texts, q)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args)
}

func (c countedConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	*c.texts = append(*c.texts, q)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args)
}

func (c countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

// plainDB runs transactions on one connection.
type plainDB struct{ *sql.DB }

func (d plainDB) Write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (d plainDB) Read(ctx context.Context, do func(*sql.Tx) error) error { return d.Write(ctx, do) }

// guarded makes a restricted case C-0001 in a new SQLite database, and gives a desk whose statements are noted in
// texts.
func guarded(t testing.TB) (d *casefile.Desk, texts *[]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plimsoll.db")
	s := open(t, "sqlite:"+path)
	opener := casefile.Actor{ID: "p-in", Name: "In", Roles: []casefile.Role{casefile.Intake}}
	c, err := casefile.NewDesk(s).Open(t.Context(), opener, casefile.Opening{Title: "x", Restricted: true,
		Trigger: casefile.Trigger{Kind: "notice", Text: "x"}})
	if err != nil || c.ID != "C-0001" {
		t.Fatal(c.ID, err)
	}
	base, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	texts = new([]string)
	db := sql.OpenDB(connector{counted{base.Driver(), texts}, "file:" + path + "?_pragma=busy_timeout(10000)"})
	t.Cleanup(func() { db.Close() })
	return casefile.NewDesk(plainDB{db}), texts
}

type connector struct {
	d    driver.Driver
	name string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.d.Open(c.name) }
func (c connector) Driver() driver.Driver                        { return c.d }

var outsider = casefile.Actor{ID: "p-out", Name: "Out", Roles: []casefile.Role{casefile.Intake, casefile.Investigator,
	casefile.Reviewer, casefile.Approver, casefile.Executor, casefile.Verifier, casefile.Counsel}}

// asked lists what an outsider may try on a case; id is that of the case.
var asked = map[string]func(ctx context.Context, d *casefile.Desk, id casefile.ID) error{
	"read": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		_, err := d.Case(ctx, outsider, id)
		return err
	},
	"read a decision": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		_, err := d.Decision(ctx, outsider, id+"-D1")
		return err
	},
	"read a letter": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		_, err := d.Letter(ctx, outsider, id+"-L1")
		return err
	},
	"read records": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		_, err := d.Records(ctx, outsider, id+"-D1")
		return err
	},
	"read evidence": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.Admit(ctx, outsider, casefile.MoveView, id)
	},
	"comment": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.Comment(ctx, outsider, id, "x")
	},
	"approve": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.Approve(ctx, outsider, id+"-D1", "x")
	},
	"cite": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.Cite(ctx, outsider, id+"-K1", "00", "x")
	},
	"send a letter": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.SendLetter(ctx, outsider, id+"-L1", casefile.Sending{})
	},
	"close": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.Close(ctx, outsider, id, 0, "x")
	},
	"assign": func(ctx context.Context, d *casefile.Desk, id casefile.ID) error {
		return d.Assign(ctx, outsider, id, 0, "p-out")
	},
}

// TestRestrictedIsMissing: what an outsider is told of a restricted case, and every statement that runs until
// then, is the same as for a case that is not there.
func TestRestrictedIsMissing(t *testing.T) {
	d, texts := guarded(t)
	for name, ask := range asked {
		t.Run(name, func(t *testing.T) {
			run := func(id casefile.ID) (string, []string) {
				*texts = nil
				err := ask(t.Context(), d, id)
				if !errors.Is(err, casefile.ErrNotFound) {
					t.Errorf("%s: %v, want not found", id, err)
				}
				return err.Error(), slices.Clone(*texts)
			}
			said, did := run("C-0001")
			saidNone, didNone := run("C-9999")
			if said != saidNone || !slices.Equal(did, didNone) {
				t.Errorf("restricted: %q after %q\nmissing: %q after %q", said, did, saidNone, didNone)
			}
			if len(did) == 0 {
				t.Error("no statement was noted")
			}
		})
	}
}

// TestRestrictedByEveryMethod calls every method of the desk that takes an actor and the id of a thing, with the ids of
// a restricted case that has a claim, a letter, a decision, an appeal, and with those of none. New methods are in it by
// themselves.
func TestRestrictedByEveryMethod(t *testing.T) {
	d, texts := guarded(t)
	full := casefile.NewDesk(d.DB)
	x := storetest.Decided(t, full, true)
	appeal, err := full.Appeal(t.Context(), storetest.Hand(casefile.Intake), casefile.Appeal{Decision: x.ID,
		By: "named_party", Who: "Office", Grounds: "x"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := full.Case(t.Context(), storetest.Hand(casefile.Auditor), x.Case)
	if err != nil || !c.Restricted {
		t.Fatal(c.Restricted, err)
	}
	things := []casefile.ID{c.ID, x.ID, appeal, c.Claims[0].ID, c.Letters[0].ID}
	desk := reflect.ValueOf(d)
	called := 0
	for i := range desk.NumMethod() {
		name, m := desk.Type().Method(i).Name, desk.Method(i)
		if !takes[casefile.Actor](m.Type()) || !takes[casefile.ID](m.Type()) || name == "Once" {
			continue // Once runs what its caller gives it
		}
		called++
		t.Run(name, func(t *testing.T) {
			for _, thing := range things {
				run := func(id casefile.ID) (string, []string) {
					*texts = nil
					out := m.Call(argumentsOf(t.Context(), m.Type(), id))
					err, _ := out[len(out)-1].Interface().(error)
					if err == nil {
						t.Errorf("%s: an outsider is answered", id)
						return "", nil
					}
					return strings.ReplaceAll(err.Error(), string(id), "ID"), slices.Clone(*texts)
				}
				said, did := run(thing)
				saidNone, didNone := run("C-9999" + thing[len(c.ID):])
				if said != saidNone || !slices.Equal(did, didNone) {
					t.Errorf("%s: %q after %q\nmissing: %q after %q", thing, said, did, saidNone, didNone)
				}
			}
		})
	}
	if called < 40 {
		t.Errorf("%d methods were called", called)
	}
}

// takes reports whether a function has a parameter of a type.
func takes[T any](f reflect.Type) bool {
	for i := range f.NumIn() {
		if f.In(i) == reflect.TypeFor[T]() {
			return true
		}
	}
	return false
}

// argumentsOf makes arguments for a method: the outsider, the id wherever an id is taken, and something elsewhere.
func argumentsOf(ctx context.Context, f reflect.Type, id casefile.ID) (in []reflect.Value) {
	for i := range f.NumIn() {
		v := reflect.New(f.In(i)).Elem()
		switch p := v.Addr().Interface().(type) {
		case *context.Context:
			*p = ctx
		case *casefile.Actor:
			*p = outsider
		case *casefile.ID:
			*p = id
		case *string:
			*p = "x"
		case *casefile.Appeal:
			p.Decision = id
		default:
			switch v.Kind() {
			case reflect.String:
				v.SetString("x")
			case reflect.Int, reflect.Int64:
				v.SetInt(0)
			}
		}
		in = append(in, v)
	}
	return in
}

// go test ./internal/store -run '^$' -bench Restricted
func BenchmarkRestricted(b *testing.B) {
	d, _ := guarded(b)
	for _, c := range []struct {
		name string
		id   casefile.ID
	}{{"restricted", "C-0001"}, {"missing", "C-9999"}} {
		b.Run("case="+c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.Case(b.Context(), outsider, c.id); !errors.Is(err, casefile.ErrNotFound) {
					b.Fatal(err)
				}
			}
		})
	}
}
