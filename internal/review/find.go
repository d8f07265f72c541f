package review

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver of kept books
)

// A FindQuery says which records of a kept book are looked for. All words must be there: in a record, or in a spelling
// or number of a party that it names.
type FindQuery struct {
	Words    []string // a word with blanks is a phrase
	From, To string   // days, YYYY-MM-DD; "" for any
	Min, Max *float64 // value
	Table    string   // engagements, accounts, claims …; "" for all
	Limit    int
}

// A Found is one record.
type Found struct {
	Table    string `json:"table"`
	Kind     string `json:"kind,omitempty"`
	ID       string `json:"id,omitempty"`
	Day      string `json:"day,omitempty"`
	Seller   string `json:"seller,omitempty"`
	Buyer    string `json:"buyer,omitempty"` // or the party that an account, claim or holding is about
	EndUser  string `json:"end_user,omitempty"`
	What     string `json:"what,omitempty"`
	Value    string `json:"value,omitempty"`
	Currency string `json:"currency,omitempty"`
	Flags    string `json:"flags,omitempty"`
	File     string `json:"file"`
	At       string `json:"at"`
}

// Finds are the first records that fit, those with flags first and then the newest, and how many fit.
type Finds struct {
	All   int64
	Of    int64 // records of the book
	First []Found
}

// ErrNoBook is wrapped when a folder holds no kept book.
var ErrNoBook = errors.New("no book was kept")

// Find searches the kept book of the review in dir.
func Find(ctx context.Context, dir string, q FindQuery) (_ *Finds, err error) {
	path := filepath.Join(dir, keptBook)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open %s: %w: run review with --keep-book", path, ErrNoBook)
	}
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	where, args, err := q.where(ctx, db)
	if err != nil {
		return nil, err
	}
	out := &Finds{First: []Found{}}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM record`).Scan(&out.Of); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	// The table stands in the order of the answer, so the first places are those of the records to show: one scan
	// counts and finds them.
	var first sql.NullString
	err = db.QueryRowContext(ctx, `SELECT count(*), array_to_string(min(r.rowid, `+strconv.Itoa(max(q.Limit, 1))+
		`), ',') FROM record r WHERE `+where, args...).Scan(&out.All, &first)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", path, err)
	}
	if first.String == "" {
		return out, nil
	}
	rows, err := db.QueryContext(ctx,
		`SELECT tab, kind, id, day, seller, buyer, end_user, what, value, currency, flags, file, place FROM record WHERE rowid IN (`+
			first.String+`) ORDER BY rowid`)
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var f Found
		var day sql.NullTime
		if err := rows.Scan(&f.Table, &f.Kind, &f.ID, &day, &f.Seller, &f.Buyer, &f.EndUser, &f.What, &f.Value,
			&f.Currency, &f.Flags, &f.File, &f.At); err != nil {
			return nil, err
		}
		if day.Valid {
			f.Day = day.Time.Format(time.DateOnly)
		}
		f.Value = withoutZeros(f.Value)
		out.First = append(out.First, f)
	}
	return out, rows.Err()
}

// where writes the conditions of a query.
func (q FindQuery) where(ctx context.Context, db *sql.DB) (string, []any, error) {
	parts, args := []string{"TRUE"}, []any{}
	put := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	for _, w := range q.Words {
		w = strings.Join(strings.Fields(w), " ")
		if w == "" {
			continue
		}
		folded := "strip_accents(lower(" + put(w) + "))"
		cond := "contains(r.text, " + folded + ")"
		var other bool
		err := db.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM party WHERE contains(others, strip_accents(lower($1))) AND NOT contains(strip_accents(lower(name)), strip_accents(lower($1))))`, w).Scan(&other)
		if err != nil {
			return "", nil, fmt.Errorf("search parties: %w", err)
		}
		if other {
			cond += " OR r.n IN (SELECT n FROM role WHERE party IN (SELECT party FROM party WHERE contains(others, " +
				folded + ")))"
		}
		if v, ok := amount(w); ok {
			cond += " OR r.amount = " + put(v)
		}
		parts = append(parts, "("+cond+")")
	}
	for _, d := range []struct{ day, op, name string }{{q.From, ">=", "from"}, {q.To, "<=", "to"}} {
		if d.day == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.day); err != nil {
			return "", nil, fmt.Errorf("--%s %q is no day such as 2031-02-28", d.name, d.day)
		}
		parts = append(parts, "r.day "+d.op+" CAST("+put(d.day)+" AS DATE)")
	}
	if q.Min != nil {
		parts = append(parts, "r.amount >= "+put(*q.Min))
	}
	if q.Max != nil {
		parts = append(parts, "r.amount <= "+put(*q.Max))
	}
	if q.Table != "" {
		parts = append(parts, "r.tab = "+put(q.Table))
	}
	return strings.Join(parts, " AND "), args, nil
}

// amount reads a value as people write it: "1,234,567.80", "1 234 567".
func amount(s string) (float64, bool) {
	s = strings.NewReplacer(",", "", " ", "", "\u00a0", "", "\u202f", "", "'", "").Replace(s)
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}
