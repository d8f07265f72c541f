package store

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
)

// Backup writes one moment of the database to a file, while work goes on. The file is
// complete and on disk when Backup returns, or it is not there. Of SQLite it is a database
// file of its own; of PostgreSQL a zip with one member of COPY text for each table and a
// manifest with rows and sums.
func (s *Store) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("back up to %s: the file is there already", file)
	}
	part := file + ".part"
	os.Remove(part)
	defer os.Remove(part)
	write := s.backupSQLite
	if s.postgres {
		write = s.backupPostgres
	}
	if err := write(ctx, part); err != nil {
		return fmt.Errorf("back up %s: %w", s.name(), err)
	}
	if err := settle(part, file); err != nil {
		return fmt.Errorf("back up to %s: %w", file, err)
	}
	return nil
}

// settle makes a finished file durable under its name.
func settle(part, file string) error {
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return disk.Settle(f, 0o600, file)
}

func (s *Store) backupSQLite(ctx context.Context, part string) error {
	// A connection of its own: neither the writer's nor one that may only query.
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: s.path}).EscapedPath()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, part)
	return err
}

// backupFormat is the version of the zip.
const backupFormat = 1

type manifest struct {
	Format    int             `json:"format"`
	Made      string          `json:"made"`
	Migration int64           `json:"migration"`
	Tables    []manifestTable `json:"tables"` // in the order in which they can be filled
}

type manifestTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
	SHA256  string   `json:"sha256"`
}

const manifestName = "manifest.json"

func (s *Store) backupPostgres(ctx context.Context, part string) (err error) {
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z := zip.NewWriter(f)
	m := manifest{Format: backupFormat, Made: casefile.Stamp(s.now())}
	if m.Migration, err = s.Version(ctx); err != nil {
		return err
	}
	err = s.onConn(ctx, func(c *pgconn.PgConn) error {
		// One snapshot for all tables, as pg_dump takes it.
		if err := c.Exec(ctx, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`).Close(); err != nil {
			return err
		}
		defer func() { c.Exec(context.WithoutCancel(ctx), `ROLLBACK`).Close() }()
		if m.Tables, err = tables(ctx, c); err != nil {
			return err
		}
		for i := range m.Tables {
			t := &m.Tables[i]
			w, err := z.Create(t.Name + ".copy")
			if err != nil {
				return err
			}
			h := sha256.New()
			tag, err := c.CopyTo(ctx, io.MultiWriter(w, h), `COPY `+t.quoted()+` TO STDOUT`)
			if err != nil {
				return fmt.Errorf("copy table %s: %w", t.Name, err)
			}
			t.Rows, t.SHA256 = tag.RowsAffected(), hex.EncodeToString(h.Sum(nil))
		}
		return nil
	})
	if err != nil {
		return err
	}
	w, err := z.Create(manifestName)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return err
	}
	return z.Close()
}

// quoted is the table with its columns, as COPY wants it.
func (t manifestTable) quoted() string {
	cols := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = ident(c)
	}
	return ident(t.Name) + ` (` + strings.Join(cols, ", ") + `)`
}

func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// onConn runs do on one raw PostgreSQL connection.
func (s *Store) onConn(ctx context.Context, do func(*pgconn.PgConn) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error { return do(driver.(*stdlib.Conn).Conn().PgConn()) })
}

// tables lists our tables in the order of their making, in which none refers to a later one.
func tables(ctx context.Context, c *pgconn.PgConn) ([]manifestTable, error) {
	res, err := c.Exec(ctx,
		`SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			AND a.attgenerated = ''
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'goose%' ORDER BY c.oid, a.attnum`).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []manifestTable
	for _, row := range res[0].Rows {
		if n := len(out); n == 0 || out[n-1].Name != string(row[0]) {
			out = append(out, manifestTable{Name: string(row[0])})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, string(row[1]))
	}
	return out, nil
}

// ErrNotEmpty says that a restore would write over something.
var ErrNotEmpty = errors.New("the place to restore to is not empty; a backup is restored to a new file or an empty " +
	"database")

// Restore puts a backup back: of SQLite to a file that is not there yet, of PostgreSQL into
// an empty database. What does not match its sum is refused as a whole.
func Restore(ctx context.Context, file, address string) error {
	head := make([]byte, 16)
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, head); err != nil {
		return fmt.Errorf("restore %s: this is not a backup", file)
	}
	switch {
	case string(head) == "SQLite format 3\x00" && strings.HasPrefix(address, "sqlite:"):
		err = restoreSQLite(ctx, f, address)
	case string(head[:4]) == "PK\x03\x04" && strings.HasPrefix(address, "postgres"):
		err = restorePostgres(ctx, file, address)
	default:
		err = errors.New("this is not a backup of that kind of database")
	}
	if err != nil {
		return fmt.Errorf("restore %s: %w", file, err)
	}
	return nil
}

func restoreSQLite(ctx context.Context, f *os.File, address string) error {
	path := strings.TrimPrefix(strings.TrimPrefix(address, "sqlite:"), "//")
	for _, p := range []string{path, path + "-wal", path + "-shm"} {
		if _, err := os.Lstat(p); err == nil {
			return ErrNotEmpty
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	part := path + ".part"
	defer os.Remove(part)
	to, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, f); err != nil {
		to.Close()
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	if err := integrity(ctx, part); err != nil {
		return err
	}
	err = settle(part, path)
	var s *Store
	if err == nil {
		if s, err = Open(ctx, address); err == nil {
			return s.Close()
		}
	}
	for _, p := range []string{path, path + "-wal", path + "-shm", path + ".opening"} { // back whole or not at all
		if rerr := os.Remove(p); rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

// integrity lets SQLite read every page of a file.
func integrity(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("the backup is damaged: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("the backup is damaged: %s", said)
	}
	return nil
}

func restorePostgres(ctx context.Context, file, address string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("the backup is damaged: %w", err)
	}
	defer z.Close()
	var m manifest
	r, err := z.Open(manifestName)
	if err != nil {
		return fmt.Errorf("the backup has no manifest: %w", err)
	}
	err = json.NewDecoder(r).Decode(&m)
	r.Close()
	if err != nil || m.Format != backupFormat || m.Migration < 1 {
		return fmt.Errorf("the manifest of the backup cannot be read (format %d): %v", m.Format, err)
	}
	if err := emptyPostgres(ctx, address); err != nil {
		return err
	}
	s, err := openAt(ctx, address, m.Migration)
	if err != nil {
		return err
	}
	defer s.Close()
	err = s.onConn(ctx, func(c *pgconn.PgConn) error { return fillPostgres(ctx, c, z, m) })
	if err != nil {
		return err
	}
	return s.migrate(ctx, 0)
}

func emptyPostgres(ctx context.Context, address string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(ctx,
		`SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrNotEmpty
	}
	return nil
}

// fillPostgres copies every table in, in one transaction, and sets the counters of numbered
// columns past the highest number.
func fillPostgres(ctx context.Context, c *pgconn.PgConn, z *zip.ReadCloser, m manifest) (err error) {
	run := func(q string) error { return c.Exec(ctx, q).Close() }
	if err := run(`BEGIN`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.Exec(context.WithoutCancel(ctx), `ROLLBACK`).Close()
		}
	}()
	// What the migrations themselves put there is in the backup too.
	if err := run(`DELETE FROM counter`); err != nil {
		return err
	}
	// since migration 40
	if slices.ContainsFunc(m.Tables, func(t manifestTable) bool { return t.Name == "access_head" }) {
		if err := run(`DELETE FROM access_head`); err != nil {
			return err
		}
	}
	for _, t := range m.Tables {
		r, err := z.Open(t.Name + ".copy")
		if err != nil {
			return fmt.Errorf("the backup lacks the table %s: %w", t.Name, err)
		}
		sum := &summed{r: r, h: sha256.New()}
		tag, err := c.CopyFrom(ctx, sum, `COPY `+t.quoted()+` FROM STDIN`)
		r.Close()
		if err != nil {
			return fmt.Errorf("fill table %s: %w", t.Name, err)
		}
		if got := hex.EncodeToString(sum.h.Sum(nil)); got != t.SHA256 || tag.RowsAffected() != t.Rows {
			return fmt.Errorf("the backup is damaged: table %s has %d rows with sum %s, the manifest says %d with %s",
				t.Name, tag.RowsAffected(), got, t.Rows, t.SHA256)
		}
	}
	res, err := c.Exec(ctx,
		`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES' AND table_name NOT LIKE 'goose%'`).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range res[0].Rows {
		t, col := string(row[0]), string(row[1])
		q := fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('%s', '%s'), (SELECT coalesce(max(%s), 0) + 1 FROM %s), false)`, ident(t), col, ident(col), ident(t))
		if err := run(q); err != nil {
			return fmt.Errorf("set the counter of %s: %w", t, err)
		}
	}
	return run(`COMMIT`)
}

// summed hashes what is read through it.
type summed struct {
	r io.Reader
	h hash.Hash
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.h.Write(p[:n])
	return n, err
}

// Restored ends what must not live on in a database from a backup: sessions, tokens and links,
// which somebody may hold since, and the version of the access snapshot, which was given to other
// content after the backup was made. It notes that it did.
func (s *Store) Restored(ctx context.Context) error {
	err := s.Write(ctx, func(tx *sql.Tx) error {
		now := casefile.Stamp(s.now())
		for _, q := range []struct{ table, where, do string }{
			{"session", `expires <> ''`, `DELETE FROM session WHERE expires <> $1`},
			{"token", `revoked = ''`, `UPDATE token SET revoked = $1 WHERE revoked = ''`},
			{"start_link", `used = ''`, `UPDATE start_link SET used = $1 WHERE used = ''`},
		} {
			if err := s.writing(ctx, tx, q.table, "", casefile.Where(q.where).All(), q.do, now); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE access_head SET digest = '', at = $1 WHERE name = 'head'`,
			now); err != nil {
			return err
		}
		return s.note(ctx, tx, "", casefile.EventRestored, "database",
			"The database was restored from a backup; every session, token and link was ended")
	})
	if err != nil {
		return fmt.Errorf("end sessions and tokens: %w", err)
	}
	return nil
}
