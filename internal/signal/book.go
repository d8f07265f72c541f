package signal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"plimsoll/internal/finding"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A Book holds the records of one run in a DuckDB file, so that memory does not grow with
// them, and computes signals from it.
//
// The road is: [Book.Add] every record (and let record/focus load the bills through
// [Book.DB]), [Book.Mentions] → [Book.SetParties], [Book.SetItems], [Book.SetServices],
// [Book.SetLists], [Book.SetOwnership], then [Book.Facts] for each kind of subject. A Book
// is for one goroutine; only Close may come from another.
type Book struct {
	db    *sql.DB
	dir   string // removed by Close
	conn  *sql.Conn
	app   [tableCount]*duckdb.Appender
	seq   int64
	vague int // numbers out of range, read as absent

	mention  []Mention
	roles    []roleCount
	byRef    map[string]int32
	keyBuf   []byte
	rows     [tableCount]int64            // rows added, copies too
	lack     [tableCount]map[string]int64 // of those, rows whose source lacks the column
	declared map[string]bool              // columns of tables that came without a row

	parties    []party.Party
	classes    []Class
	byMen      []int32
	partyRoles []uint32
	given      map[int32][]int32  // parents from ownership
	parents    map[int32][]int32  // every body above a party
	lists      map[int32]Standing // nil until lists are given
	owners     map[int32]Standing // nil until ownership is given
	services   []serviceUse
	ready      bool
	passed     bool // the pass over engagements is done
	usage      usageState

	close sync.Once
}

// A Mention is one distinct way in which the records name a party.
type Mention struct {
	Ref   party.Ref
	Roles map[string]int // role → times
	First record.Place
}

// A Class is the end-user class of a party and why it has it.
type Class struct {
	Name string // civil, health, emergency, police, prison, border, military, intelligence, unknown
	Why  string
}

// A Standing is what lists and ownership say about one party.
type Standing struct {
	Hits               []finding.Hit
	Score              float64
	ShareMin, ShareMax float64
	Control            bool
	Path               []finding.Step
	Known              bool // ownership statements about the party were read
}

// roleNames are the roles that a mention is counted in.
var roleNames = [...]string{
	"buyer", "end_user", "seller", "reseller", "account", "payer", "payee", "owner", "owned", "claim",
	"support", "approval", "event", "tenderer", "subcontractor", "funder", "procuring_entity", "supplier", "consignee", "beneficial_owner",
	"review_body", "interested_party", "other_role",
}

type roleCount [len(roleNames)]int32

const (
	roleBuyer = iota
	roleEndUser
	roleSeller
	roleReseller
	roleAccount
	rolePayer
	rolePayee
	roleOwner
	roleOwned
	roleClaim
	roleSupport
	roleApproval
	roleEvent
	roleOthers // the first of record.Engagement.Others
)

// OpenBook makes an empty book with its files under dir. memoryLimit is DuckDB's own ("1GB");
// what does not fit is spilled to dir.
func OpenBook(ctx context.Context, dir, memoryLimit string) (*Book, error) {
	own, err := os.MkdirTemp(dir, "book-")
	if err != nil {
		return nil, fmt.Errorf("open book in %s: %w", dir, err)
	}
	connector, err := duckdb.NewConnector(filepath.Join(own, "book.duckdb"), func(x driver.ExecerContext) error {
		for _, q := range []string{
			"SET memory_limit = '" + quote(memoryLimit) + "'",
			"SET temp_directory = '" + quote(filepath.Join(own, "spill")) + "'",
			"SET preserve_insertion_order = false",
			"SET TimeZone = 'UTC'",
			"PRAGMA disable_checkpoint_on_shutdown", // the file is thrown away
		} {
			if _, err := x.ExecContext(ctx, q, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		os.RemoveAll(own)
		return nil, fmt.Errorf("open book in %s: %w", dir, err)
	}
	b := &Book{db: sql.OpenDB(connector), dir: own, byRef: map[string]int32{}, declared: map[string]bool{}}
	if _, err := b.db.ExecContext(ctx, bookSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("create the tables of a book: %w", err), b.Close())
	}
	return b, nil
}

func quote(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == '\'' {
			out = append(out, '\'')
		}
		out = append(out, s[i])
	}
	return string(out)
}

// DB returns the database of the book, for the loader of bills.
func (b *Book) DB() *sql.DB { return b.db }

// Close drops the book and its files.
func (b *Book) Close() error {
	var errs []error
	b.close.Do(func() {
		for _, a := range b.app {
			if a != nil {
				errs = append(errs, a.Close())
			}
		}
		if b.conn != nil {
			errs = append(errs, b.conn.Close())
		}
		errs = append(errs, b.db.Close(), os.RemoveAll(b.dir))
	})
	return errors.Join(errs...)
}

// Flush makes every record that was added visible to queries.
func (b *Book) Flush() error {
	for i, a := range b.app {
		if a == nil {
			continue
		}
		if err := a.Flush(); err != nil {
			return fmt.Errorf("write table %s: %w", bookTables[i], err)
		}
	}
	return nil
}

// release writes what an appender holds and lets go of its table.
func (b *Book) release(t tableID) error {
	if b.app[t] == nil {
		return nil
	}
	err := b.app[t].Close()
	b.app[t] = nil
	if err != nil {
		return fmt.Errorf("write table %s: %w", bookTables[t], err)
	}
	return nil
}

func (b *Book) appendRow(t tableID, row ...driver.Value) error {
	if b.app[t] == nil {
		if b.conn == nil {
			conn, err := b.db.Conn(context.Background())
			if err != nil {
				return fmt.Errorf("write table %s: %w", bookTables[t], err)
			}
			b.conn = conn
		}
		err := b.conn.Raw(func(c any) (err error) {
			b.app[t], err = duckdb.NewAppenderFromConn(c.(driver.Conn), "", bookTables[t])
			return err
		})
		if err != nil {
			return fmt.Errorf("write table %s: %w", bookTables[t], err)
		}
	}
	if err := b.app[t].AppendRow(row...); err != nil {
		return fmt.Errorf("write table %s: %w", bookTables[t], err)
	}
	return nil
}

// Mention numbers a party that records name in a role, and counts the role. Records do it
// themselves through Add; ownership statements ("owner", "owned") come this way. A zero
// ref has the number -1.
func (b *Book) Mention(ref party.Ref, role string, at record.Place) int32 {
	for i, name := range roleNames {
		if name == role {
			return b.intern(ref, i, at)
		}
	}
	return b.intern(ref, -1, at)
}

func (b *Book) intern(ref party.Ref, role int, at record.Place) int32 {
	if ref.Zero() {
		return -1
	}
	b.keyBuf = refKey(b.keyBuf[:0], ref)
	n, ok := b.byRef[string(b.keyBuf)]
	if !ok {
		if len(b.mention) == math.MaxInt32 {
			panic("signal: more mentions than an int32 holds")
		}
		n = int32(len(b.mention))
		b.byRef[string(b.keyBuf)] = n
		b.mention = append(b.mention, Mention{Ref: ref, First: at})
		b.roles = append(b.roles, roleCount{})
	}
	if role >= 0 && b.roles[n][role] < math.MaxInt32 {
		b.roles[n][role]++
	}
	return n
}

func refKey(buf []byte, ref party.Ref) []byte {
	for _, s := range [...]string{ref.Name, ref.LocalID, ref.Scope, string(ref.Kind), ref.Country, ref.Class, ref.Address} {
		buf = append(append(buf, s...), 0)
	}
	for _, id := range ref.Identifiers {
		buf = append(append(append(append(buf, id.Scheme...), 1), id.ID...), 2)
	}
	return buf
}

// Mentions lists every distinct mention in the order of first sight. The number of a
// mention is its place in the list.
func (b *Book) Mentions() []Mention {
	out := make([]Mention, len(b.mention))
	for i, m := range b.mention {
		m.Roles = map[string]int{}
		for r, n := range b.roles[i] {
			if n > 0 {
				m.Roles[roleNames[r]] = int(n)
			}
		}
		out[i] = m
	}
	return out
}

// Declare says that a source has the table ("clauses"), without the columns that it lacks,
// even when it holds no row: an empty table is an answer, no table is none.
func (b *Book) Declare(table string, lacks record.Columns) {
	for t, name := range registerName {
		if name != table {
			continue
		}
		for _, c := range columnBits[t] {
			if !lacks[c] {
				b.declared[table+"."+c] = true
			}
		}
		b.declared[table] = true
	}
}

// day returns the first day of what is known of d, nil when nothing is.
func day(d record.Date) driver.Value {
	if !d.Known() {
		return nil
	}
	t := d.Time.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func number(n int32) driver.Value {
	if n < 0 {
		return nil
	}
	return n
}
