package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	_ "modernc.org/sqlite"             // the SQLite driver

	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/timestamp"
)

// OpenDatabase opens "sqlite:PATH" or "postgres://…" for reading only.
func OpenDatabase(address string) (*sql.DB, error) {
	path, lite := strings.CutPrefix(address, "sqlite:")
	if !lite {
		return sql.Open("pgx", address)
	}
	path = strings.TrimPrefix(path, "//")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)")
}

// A Cover names a table of which every row has to be pinned by a leaf.
type Cover struct {
	Table, Key string
	// Vouched says that a key of the log has to stand behind the newest leaf of each row: the rows give power.
	Vouched bool
}

// An Opener opens what lies encrypted under the key of a name.
type Opener func(name string, sealed []byte) ([]byte, error)

// Database checks that a database says what a published log recorded: the same leaves in
// the same places, content that is what they committed to, pinned rows that read as they
// did. It adds to the report of Folder and sees one moment of the database.
// open opens fields that lie encrypted; without it they are counted in a remark and not compared.
func Database(ctx context.Context, db *sql.DB, fsys fs.FS, rep *Report, open Opener, covers ...Cover) error {
	if rep.Signed.Origin == "" {
		return nil // the checkpoint could not be used, and that is reported
	}
	o := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelDefault}
	if strings.Contains(fmt.Sprintf("%T", db.Driver()), "stdlib") {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	defer tx.Rollback()
	d := &database{ctx: ctx, tx: tx, files: format.Files{FS: fsys}, rep: rep, size: rep.Signed.Size, open: open,
		vouched: map[string]bool{}}
	for _, c := range covers {
		d.vouched[c.Table] = c.Vouched
	}
	if err := d.columns(); err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	if err := d.overview(); err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	for first := int64(0); first < d.size; first += format.Width {
		if err := d.page(first, min(first+format.Width, d.size)); err != nil {
			return fmt.Errorf("read database: %w", err)
		}
	}
	if d.unopened > 0 {
		rep.remark("%d fields lie encrypted in the database and were not compared with what the log recorded: the "+
			"keys of the server are needed for that", d.unopened)
	}
	for _, c := range covers {
		if err := d.cover(c); err != nil {
			return fmt.Errorf("read database: %w", err)
		}
	}
	return nil
}

type database struct {
	ctx   context.Context
	tx    *sql.Tx
	files format.Files
	rep   *Report
	size  int64
	open  Opener // nil: fields that are encrypted are not opened
	under string // the column that names the key of a field, or '' as SQL text where the database is older than it

	vouched map[string]bool // tables whose rows give power

	unopened int64 // encrypted fields that were not compared
}

// columns finds what a database of an earlier version lacks.
func (d *database) columns() error {
	rows, err := d.tx.QueryContext(d.ctx, `SELECT * FROM ledger_opening WHERE 1 = 0`)
	if err != nil {
		return err
	}
	names, err := rows.Columns()
	if d.under = "''"; slices.Contains(names, "sealed") {
		d.under = "o.sealed"
	}
	return errors.Join(err, rows.Close())
}

// A row is a leaf as the database has it.
type row struct {
	position                         int64
	id, kind, subject, source, srcID string
	leaf                             []byte
	open                             []opening
}

type opening struct {
	format.Opening
	erased string
	under  string // name of the key that it is encrypted under; "": it is in the clear
}

func (d *database) overview() error {
	var origin string
	var size, newer, waiting int64
	err := d.tx.QueryRowContext(d.ctx, `SELECT origin, size FROM ledger_log WHERE name = 'log'`).Scan(&origin, &size)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		d.rep.wrong("the database", "it has no log")
	case err != nil:
		return err
	case origin != d.rep.Signed.Origin:
		d.rep.wrong("the database", "it holds the log %q, the files are of %q", origin, d.rep.Signed.Origin)
	case size < d.size:
		d.rep.wrong("the database", "it ends at %d leaves, the signed log has %d: it was restored from an old copy",
			size, d.size)
	}
	if err := d.tx.QueryRowContext(d.ctx, `SELECT count(*) FROM ledger_leaf WHERE position >= $1 AND position >= 0`,
		d.size).Scan(&newer); err != nil {
		return err
	}
	if err := d.tx.QueryRowContext(d.ctx, `SELECT count(*) FROM ledger_leaf WHERE position < 0`).Scan(&waiting); err != nil {
		return err
	}
	if newer+waiting > 0 {
		d.rep.remark("%d leaves of the database are newer than the checkpoint and were not checked", newer+waiting)
	}
	return nil
}

// page compares the leaves of one bundle.
func (d *database) page(first, last int64) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	t := format.Tile{Level: format.Entries, N: first / format.Width, W: int(last - first)}
	b, _, err := d.files.ReadTile(t)
	if err != nil {
		return nil // reported by Folder
	}
	es, _ := format.ParseBundle(b)
	rows, err := d.rows(first, last)
	if err != nil {
		return err
	}
	at := first
	for _, r := range rows {
		for ; at < r.position; at++ {
			d.gone(at, es, first)
		}
		if r.position < at {
			d.rep.wrong(fmt.Sprintf("leaf %d", r.position), "the database has it twice")
			continue
		}
		if i := int(at - first); i < len(es) {
			if err := d.leaf(at, es[i], r); err != nil {
				return err
			}
		}
		at++
	}
	for ; at < last; at++ {
		d.gone(at, es, first)
	}
	return nil
}

func (d *database) gone(at int64, es [][]byte, first int64) {
	what := ""
	if i := int(at - first); i < len(es) {
		what = describe(es[i])
	}
	d.rep.wrong(fmt.Sprintf("leaf %d", at), "the database no longer has it%s", what)
}

func describe(leaf []byte) string {
	l, err := format.ParseLeaf(leaf)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (%s of %s)", l.Kind, l.Time.Format(time.RFC3339))
}

func (d *database) rows(first, last int64) ([]row, error) {
	q, err := d.tx.QueryContext(d.ctx, `SELECT position, id, kind, subject, source, source_key, leaf FROM ledger_leaf
WHERE position >= $1 AND position < $2 AND position >= 0 ORDER BY position`, first, last)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	var out []row
	at := map[string]int{}
	for q.Next() {
		var r row
		if err := q.Scan(&r.position, &r.id, &r.kind, &r.subject, &r.source, &r.srcID, &r.leaf); err != nil {
			return nil, err
		}
		at[r.id] = len(out)
		out = append(out, r)
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	o, err := d.tx.QueryContext(d.ctx, `SELECT o.id, o.name, o.salt, o.value, o.erased, `+d.under+
		` FROM ledger_opening o JOIN ledger_leaf l ON l.id = o.id
WHERE l.position >= $1 AND l.position < $2 AND l.position >= 0`, first, last)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	for o.Next() {
		var id string
		var x opening
		if err := o.Scan(&id, &x.Name, &x.Salt, &x.Value, &x.erased, &x.under); err != nil {
			return nil, err
		}
		if i, ok := at[id]; ok {
			out[i].open = append(out[i].open, x)
		}
	}
	return out, o.Err()
}

// leaf compares one leaf of the log with its row.
func (d *database) leaf(at int64, logged []byte, r row) error {
	where := fmt.Sprintf("leaf %d", at)
	want, err := format.ParseLeaf(logged)
	if err != nil {
		return nil // a remark of Folder
	}
	if !bytes.Equal(logged, r.leaf) {
		d.differs(where, want, r)
		return nil
	}
	if r.id != want.ID || r.kind != want.Kind {
		d.rep.wrong(where, "the database files it as %s %s; the leaf says %s %s", r.kind, r.id, want.Kind, want.ID)
	}
	for _, c := range want.Commits {
		i := slices.IndexFunc(r.open, func(o opening) bool { return o.Name == c.Name })
		if i < 0 {
			d.rep.wrong(where, "field %q is gone from the database, and no erasure was recorded%s", c.Name,
				describe(logged))
			continue
		}
		if err := d.opening(where, want, r, r.open[i]); err != nil {
			return err
		}
	}
	if len(r.open) > len(want.Commits) {
		d.rep.wrong(where, "the database has fields that the leaf does not know")
	}
	return nil
}

// differs says how the database's leaf differs from the logged one.
func (d *database) differs(where string, want format.Leaf, r row) {
	have, err := format.ParseLeaf(r.leaf)
	switch {
	case err != nil:
		d.rep.wrong(where, "the database holds bytes that are no leaf")
	case have.ID != want.ID:
		d.rep.wrong(where, "the database has another leaf in its place: %s instead of %s; leaves were swapped, "+
			"removed or put in", have.ID, want.ID)
	case !have.Time.Equal(want.Time):
		d.rep.wrong(where, "the database dates it %s, the log recorded %s", have.Time.Format(format.TimeLayout),
			want.Time.Format(format.TimeLayout))
	default:
		d.rep.wrong(where, "the database holds another leaf of the same id")
	}
}

// opening checks the content of one field.
func (d *database) opening(where string, l format.Leaf, r row, o opening) error {
	if o.erased != "" {
		return d.erased(where, l, o)
	}
	if o.under != "" {
		if l.Kind != "notice" || o.Name != "content" {
			d.rep.wrong(where, "the database says that field %q is encrypted, which only the words of notices are",
				o.Name)
			return nil
		}
		if d.open == nil {
			d.unopened++
			return nil
		}
		b, err := d.open(o.under, o.Value)
		if err == nil {
			o.Opening, err = format.Split(o.Name, b)
		}
		if err != nil {
			d.rep.wrong(where, "field %q cannot be opened, and no erasure was recorded: %v", o.Name, err)
			return nil
		}
	}
	if err := l.Check(o.Opening); err != nil {
		d.rep.wrong(where, "the database was changed: %v%s", err, fmt.Sprintf(" (%s of %s)", l.Kind,
			l.Time.Format(time.RFC3339)))
		return nil
	}
	switch o.Name {
	case "content":
		d.rotation(where, l, o.Value)
		d.stamp(where, l, o.Value)
		d.past(where, l, r, o.Value)
	case "subject":
		if r.subject != string(o.Value) {
			d.rep.wrong(where, "the database files it under the subject %q, recorded was another", r.subject)
		}
	case "row":
		return d.pinned(where, l, r, o.Value)
	}
	return nil
}

// rotation checks that a rotation of the log's key, which a leaf records, is one that was followed.
func (d *database) rotation(where string, l format.Leaf, value []byte) {
	if l.Kind != "key" || !bytes.HasPrefix(value, []byte(format.RotationHeader+"\n")) {
		return
	}
	r, err := format.ParseRotation(value)
	if err != nil {
		d.rep.wrong(where, "the rotation of a key that it records: %v", err)
		return
	}
	if r.Name != d.rep.Signed.Origin {
		return // of another key of the server
	}
	if !slices.Contains(d.rep.keys, r.New) {
		d.rep.wrong(where, "it records that the log goes on under %s, and the published rotations do not lead there",
			r.New)
	}
}

// stamp checks that a time stamp that a leaf notes lies where it was published.
func (d *database) stamp(where string, l format.Leaf, value []byte) {
	path, sum, ok := timestamp.ParseNote(value)
	if l.Kind != "timestamp" || !ok {
		return
	}
	b, err := fs.ReadFile(d.files.FS, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.rep.wrong(path, "the time stamp is gone; %s recorded it", where)
	case err != nil:
		d.rep.wrong(path, "the time stamp cannot be read: %v", err)
	case fmt.Sprintf("%x", sha256.Sum256(b)) != sum:
		d.rep.wrong(path, "it is not the time stamp that %s recorded", where)
	}
}

// past names a row that had been changed past the program when a move wrote it again, as the program found then.
func (d *database) past(where string, l format.Leaf, r row, value []byte) {
	var p format.Past
	if l.Kind != "state" || json.Unmarshal(value, &p) != nil || len(p.Changed) == 0 {
		return
	}
	d.rep.wrong(fmt.Sprintf("row %s of table %s", r.srcID, r.source),
		"it had been changed past the program before %s: %s", where, strings.Join(p.Changed, ", "))
}

// erased checks that an erasure leaf of the log speaks of the field.
func (d *database) erased(where string, l format.Leaf, o opening) error {
	var position int64
	var leaf, salt, value []byte
	err := d.tx.QueryRowContext(d.ctx,
		`SELECT l.position, l.leaf, o.salt, o.value FROM ledger_leaf l JOIN ledger_opening o ON o.id = l.id AND o.name = 'content'
WHERE l.id = $1 AND l.kind = 'erasure'`, o.erased).Scan(&position, &leaf, &salt, &value)
	if errors.Is(err, sql.ErrNoRows) {
		d.rep.wrong(where, "field %q is gone from the database, and no erasure was recorded", o.Name)
		return nil
	}
	if err != nil {
		return err
	}
	if position < 0 || position >= d.size {
		return nil // newer than the checkpoint
	}
	e, err := format.ParseLeaf(leaf)
	var said struct{ Leaf, Field string }
	if err != nil || e.Kind != "erasure" || e.Check(format.Opening{Name: "content", Salt: salt, Value: value}) != nil ||
		json.Unmarshal(value, &said) != nil || said.Leaf != l.ID || said.Field != o.Name {
		d.rep.wrong(where, "field %q is gone from the database, and the erasure that it names (leaf %d) is not of it",
			o.Name, position)
	}
	return nil
}

// pinned compares a pinned row with what it says today.
func (d *database) pinned(where string, l format.Leaf, r row, value []byte) error {
	p, err := format.ParsePin(value)
	if err != nil {
		d.rep.wrong(where, "%v", err)
		return nil
	}
	row := fmt.Sprintf("row %s of table %s", p.Value, p.Table)
	if r.source != p.Table || r.srcID != p.Value {
		d.rep.wrong(where, "the database files it under another row than %s", row)
	}
	if l.Kind == "state" {
		if newer, err := d.newer(r, p); err != nil || newer {
			return err
		}
		if d.vouched[p.Table] && !p.Gone() && !d.vouchedFor(l, r, value) {
			d.rep.wrong(row,
				"no key of the log stands behind %s, which says how it stands: somebody put that leaf into "+
					"the database", where)
		}
	}
	dst := make([]any, max(len(p.Columns), 1))
	for i := range dst {
		dst[i] = new(any)
	}
	err = d.tx.QueryRowContext(d.ctx, p.Query(), p.Value).Scan(dst...)
	if p.Gone() {
		if err == nil {
			d.rep.wrong(row, "it is there again; %s recorded that it was taken out", where)
		} else if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s: %w", row, err)
		}
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		d.rep.wrong(row, "it is gone; %s recorded it", where)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", row, err)
	}
	for i, c := range p.Columns {
		if format.PinValue(*dst[i].(*any)) != c.Value {
			d.rep.wrong(row, "column %s no longer says what %s recorded", c.Name, where)
		}
	}
	return nil
}

// vouchedFor reports whether a key of the log that was in use stands behind a leaf about a row.
func (d *database) vouchedFor(l format.Leaf, r row, pin []byte) bool {
	i := slices.IndexFunc(r.open, func(o opening) bool { return o.Name == "content" })
	var past format.Past
	if i < 0 || json.Unmarshal(r.open[i].Value, &past) != nil {
		return false
	}
	age, ok := format.Vouched(d.rep.log, l.ID, pin, past.Vouch)
	if s, follows := d.rep.log.(format.Succession); ok && age > 0 && follows {
		return r.position < s.Earlier[len(s.Earlier)-age].Upto
	}
	return ok
}

// newer reports whether a later leaf holds how a row stands.
func (d *database) newer(r row, p format.Pin) (yes bool, err error) {
	err = d.tx.QueryRowContext(d.ctx,
		`SELECT EXISTS (SELECT 1 FROM ledger_leaf WHERE source = $1 AND source <> '' AND source_key = $2 AND kind = 'state'
AND (position > $3 OR position < 0))`, p.Table, p.Value, r.position).Scan(&yes)
	return yes, err
}

// cover looks for rows that no leaf pins.
func (d *database) cover(c Cover) error {
	if !format.IsName(c.Table) || !format.IsName(c.Key) {
		return fmt.Errorf("%q, %q cannot be names of a table and column", c.Table, c.Key)
	}
	rows, err := d.tx.QueryContext(d.ctx, `SELECT CAST(t.`+c.Key+` AS TEXT) FROM `+c.Table+` t WHERE NOT EXISTS (
SELECT 1 FROM ledger_leaf l WHERE l.source = $1 AND l.source <> '' AND l.source_key = CAST(t.`+c.Key+
		` AS TEXT)) ORDER BY 1`, c.Table)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return err
		}
		d.rep.wrong(fmt.Sprintf("row %s of table %s", key, c.Table), "no leaf of the log recorded it")
	}
	return rows.Err()
}
