package focus

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// A Loading adds the charges of some sources up into the tables of [Schema], beside other work: from [Begin] on files
// are read ahead, and only Finish calls the sink.
type Loading struct {
	loader  *loader
	sources []record.Source
	ahead   *ahead
	restore func()
	once    sync.Once
}

// Begin starts a load. Sources in under, by their Index, are bills of other columns, each read under a mapping to the
// table [table.Usage]. The database may be used meanwhile, but for the tables of [Schema], which it creates.
func Begin(ctx context.Context, db *sql.DB, sources []record.Source, under map[int]table.Map) (*Loading, error) {
	return BeginKept(ctx, db, sources, under, Kept{})
}

// BeginKept is [Begin] with a folder in which what was read before stays.
func BeginKept(ctx context.Context, db *sql.DB, sources []record.Source, under map[int]table.Map, kept Kept) (*Loading,
	error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("load bills: %w", err)
	}
	dir, err := os.MkdirTemp("", "plimsoll-bills-")
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("load bills: %w", err)
	}
	l := &loader{ctx: ctx, db: db, conn: conn, dir: dir, stats: map[int]record.Stats{}, under: under, kept: kept}
	x := &Loading{loader: l, ahead: &ahead{loader: l}, restore: func() {}}
	restore, err := l.prepare()
	if err != nil {
		x.Close()
		return nil, err
	}
	x.restore = restore
	x.sources = l.distinct(sources)
	l.many = len(x.sources) >= manySources
	x.ahead = l.readAhead(x.sources)
	return x, nil
}

// Finish reads the rest, decides what counts, and returns what it says of each source, by [record.Source.Index]. Rows
// that cannot be used go to the sink, sources in their order; a source without any month is one line there. A file that
// cannot be read is an error that names it.
//
// In the Stats, Rows are the charges of the file, Records those that count, and the difference that is not Rejects was
// delivered again by another file.
func (x *Loading) Finish(sink record.Sink) (map[int]record.Stats, error) {
	l := x.loader
	l.sink = sink
	for i, src := range x.sources {
		if err := l.ctx.Err(); err != nil {
			return nil, err
		}
		plain := x.ahead.wait(i)
		if plain == nil && l.isKept(src) {
			if err := l.unbundle(); err != nil { // sources come to the sink in their order
				return nil, err
			}
			if st, ok, err := l.recall(src); err != nil {
				return nil, err
			} else if ok {
				x.ahead.drop(i)
				l.stats[src.Index] = st
				continue
			}
		}
		if plain == nil {
			if ok, err := l.bundled(src); err != nil {
				return nil, err
			} else if ok {
				x.ahead.drop(i)
				continue
			}
		}
		if err := l.unbundle(); err != nil { // sources come to the sink in their order
			return nil, err
		}
		from := l.beginKeeping()
		st, err := l.source(src, plain)
		if err != nil && l.ctx.Err() == nil && record.Damaged(err) {
			st, err = l.damaged(src, err)
		}
		if err == nil && l.mayKeep(src) {
			err = l.keepBill(src, st, from)
		}
		l.sink = from.sink
		if err != nil {
			return nil, err
		}
		x.ahead.drop(i)
		l.stats[src.Index] = st
	}
	x.ahead.stop()
	if err := errors.Join(l.unbundle(), l.addLost()); err != nil {
		return nil, err
	}
	if err := l.settleGroups(); err != nil {
		return nil, err
	}
	if err := l.settle(x.sources); err != nil {
		return nil, err
	}
	return l.stats, nil
}

// Close ends a load, finished or not, and lets go of what it needed.
func (x *Loading) Close() {
	x.once.Do(func() {
		x.ahead.stop()
		x.restore()
		x.loader.conn.Close()
		os.RemoveAll(x.loader.dir)
	})
}

type loader struct {
	ctx   context.Context
	db    *sql.DB
	conn  *sql.Conn
	sink  record.Sink
	dir   string       // for narrowed files and links
	links atomic.Int64 // made by plainPath
	stats map[int]record.Stats
	under map[int]table.Map // by source

	kept Kept

	groups []groupedFile       // sources that are grouped bills
	torn   map[string][]string // snapshots of them that cannot be taken for whole, and why

	many   bool         // so many sources that small ones are added up together
	bundle *bundle      // of small ones, nil when there is none
	lost   []lostPart   // rows of the stage that are to be added, for what was lost
	lacks  []lackedPart // rows of usage_lacks that are to be added
}

// ownPart is the table of the loader's own connection for the groups of one source.
const ownPart = "usage_part"

func (l *loader) exec(q string) error {
	_, err := l.conn.ExecContext(l.ctx, q)
	return err
}

// prepare creates the tables. Row numbers need the order of the file, which the database
// may have given up for speed, and times without a zone are UTC; restore puts both
// settings back.
func (l *loader) prepare() (restore func(), err error) {
	for _, q := range []string{Schema, "ATTACH ':memory:' AS " + besideDB, stageSchema} {
		if err := l.exec(q); err != nil {
			return nil, fmt.Errorf("create usage tables: %w", err)
		}
	}
	var order, zone string
	if err := l.conn.QueryRowContext(l.ctx, "SELECT current_setting('preserve_insertion_order')::VARCHAR, "+
		"current_setting('TimeZone')").Scan(&order, &zone); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if err := l.exec("SET preserve_insertion_order = true; SET TimeZone = 'UTC'"); err != nil {
		return nil, fmt.Errorf("set order of rows: %w", err)
	}
	return func() {
		ctx := context.WithoutCancel(l.ctx)
		_, _ = l.conn.ExecContext(ctx, "SET preserve_insertion_order = "+order+"; SET TimeZone = "+quote(zone))
		_, _ = l.conn.ExecContext(ctx, "DROP TABLE IF EXISTS usage_part; DETACH DATABASE IF EXISTS "+besideDB)
	}, nil
}

// distinct leaves out files whose bytes were delivered already. Of copies in timed
// deliveries the latest stays, since it may be what a later delivery consists of.
func (l *loader) distinct(sources []record.Source) []record.Source {
	keep := map[string]int{}
	var out []record.Source
	for _, src := range sources {
		if src.SHA256 == "" {
			out = append(out, src)
			continue
		}
		at, seen := keep[src.SHA256]
		if !seen {
			keep[src.SHA256] = len(out)
			out = append(out, src)
			continue
		}
		drop := src
		if a, b := deliveryOf(out[at]), deliveryOf(src); b.time.After(a.time) {
			drop, out[at] = out[at], src
		}
		l.stats[drop.Index] = record.Stats{Notes: []string{"the same bytes as " + out[at].Name + ": not counted again"}}
	}
	// A copy may have been dropped for one that was dropped later itself.
	for i, st := range l.stats {
		for _, src := range sources {
			if src.Index == i && src.SHA256 != "" {
				st.Notes = []string{"the same bytes as " + out[keep[src.SHA256]].Name + ": not counted again"}
				l.stats[i] = st
			}
		}
	}
	return out
}

// source reads one file and keeps what it adds up to; ahead is what was read of it before its turn, or nil.
func (l *loader) source(src record.Source, ahead *plain) (record.Stats, error) {
	if m, ok := l.under[src.Index]; ok {
		return l.mapped(src, m)
	}
	if ahead != nil {
		if st, ok, err := l.direct(src, ahead); err != nil || ok {
			return st, err
		}
	}
	raw, err := peek(src)
	if err != nil {
		return record.Stats{}, fmt.Errorf("open %s: %w", src.Name, err)
	}
	if bytes.HasPrefix(raw, parquetMagic) {
		return l.parquet(src)
	}
	head, err := src.Head()
	if err != nil {
		return record.Stats{}, fmt.Errorf("read %s: %w", src.Name, err)
	}
	if bytes.HasPrefix(head, parquetMagic) {
		return l.parquet(src)
	}
	if table.IsWorkbook(head) {
		return l.workbook(src)
	}
	if text := bytes.TrimLeft(head, " \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		n, h, err := narrowJSON(l.ctx, src, l.newNarrow, l.sink)
		if errors.Is(err, errNoCharges) {
			return l.refuse(src, err.Error())
		}
		if err != nil {
			return record.Stats{}, err
		}
		if ok, _ := isGrouped(h.names); ok {
			return l.refuse(src, "a grouped bill is read from Parquet and CSV, not from JSON")
		}
		return l.narrowed(src, h, n)
	}
	h, ok := readHeader(head)
	if !ok {
		return l.refuse(src, "the first line is no header of a cost and usage table")
	}
	if t := h.twice(); t != "" {
		return l.refuse(src, "column "+t+" stands in the header twice")
	}
	if ok, _ := isGrouped(h.names); ok {
		return l.groupedText(src, h)
	}
	if ahead == nil && direct(src, raw, h) {
		p := l.sum(l.ctx, l.conn, src, raw, h, "TEMP TABLE", ownPart)
		if st, ok, err := l.direct(src, p); err != nil || ok {
			return st, err
		}
	}
	n, err := narrow(l.ctx, src, h, l.newNarrow, l.sink)
	if err != nil {
		return record.Stats{}, err
	}
	return l.narrowed(src, h, n)
}

// peek returns the first bytes as they stand in the file.
func peek(src record.Source) ([]byte, error) {
	if src.Member != "" {
		head, err := src.Head()
		if errors.Is(err, record.ErrEmpty) {
			err = nil
		}
		return head[:min(len(head), 4)], err
	}
	f, err := os.Open(src.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, 4)
	n, err := io.ReadFull(f, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b[:n], err
}

// refuse takes a source for one reject. A row of usage without charges stands for all that it may hold.
func (l *loader) refuse(src record.Source, why string) (record.Stats, error) {
	l.lose(src.Index, lostRows{first: 1, last: 1}, why)
	err := l.sink.Reject(record.Reject{File: src.Name, At: "row 1", Kind: kind, Reason: why})
	return record.Stats{Rejects: 1, Notes: []string{"not read: " + why}}, err
}

// damaged takes a source of which nothing could be read. A row of usage without charges stands for all that it held.
func (l *loader) damaged(src record.Source, why error) (record.Stats, error) {
	l.lose(src.Index, lostRows{count: 1, first: 1, last: 1}, behindDamage)
	return record.Stats{Failed: record.CutNote(src.Name, 0, why), Notes: []string{"not read: " + behindDamage}}, nil
}

// direct reports whether DuckDB may read the file itself: one file on disk of UTF-8 text,
// plain or gzip, whose header is the first line and no longer.
func direct(src record.Source, raw []byte, h *header) bool {
	if compression(raw) == "none" && bytes.IndexByte(raw, 0) >= 0 { // UTF-16 or UTF-32
		return false
	}
	return src.Member == "" && h.line == 1 && h.short && !bytes.HasPrefix(raw, []byte{0xff, 0xfe}) &&
		!bytes.HasPrefix(raw, []byte{0xfe, 0xff})
}

// direct takes what was added up of a file that DuckDB could read by itself. It is not ok when it
// could not: then the file is read the careful way.
func (l *loader) direct(src record.Source, p *plain) (st record.Stats, ok bool, err error) {
	if p.err != nil || !p.ok {
		return st, false, p.err
	}
	if st, err = l.staged(src, p.header, p.counted, p.table, "row"); err != nil {
		return st, false, err
	}
	st.Extra = p.extra
	return st, true, nil
}

// plainPath returns a path that DuckDB takes for one file and for no pattern or address: a name with characters
// that mean something there is reached through a link with a name that has none.
func (l *loader) plainPath(path string) (string, error) {
	if !strings.ContainsAny(path, "*?[]{}%~\\") && !strings.Contains(path, "://") && !strings.HasPrefix(path, "-") {
		return path, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	link := filepath.Join(l.dir, fmt.Sprintf("bill-%d", l.links.Add(1)))
	if err := os.Symlink(abs, link); err != nil {
		return "", fmt.Errorf("link %s: %w", path, err)
	}
	return link, nil
}

func compression(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		return "gzip"
	case record.IsZstandard(raw):
		return "zstd"
	}
	return "none"
}

// nullSpellings are what exporters write for null, for the parser; the rest is left to sqlNull.
const nullSpellings = `'', 'NULL', 'null', 'Null', '\N', 'N/A', 'n/a', 'NaN', 'nan', 'None', '(null)', '<null>', '#N/A'`

// csvScan reads a file as it was delivered. Nothing is guessed: columns and dialect are given.
func csvScan(path, compression string, h *header) scan {
	var cols strings.Builder
	for i := range h.names {
		if i > 0 {
			cols.WriteString(", ")
		}
		fmt.Fprintf(&cols, "'c%d': 'VARCHAR'", i)
	}
	file := fmt.Sprintf(
		`read_csv(%s, auto_detect = false, header = true, delim = %s, quote = '"', escape = '"', compression = %s, nullstr = [%s], columns = {%s})`,
		quote(path), quote(string(h.delim)), quote(compression), nullSpellings, cols.String())
	s := scan{
		file: file,
		from: "(SELECT *, row_number() OVER () AS r FROM " + file + ")",
		row:  "r + 1", // the header is the first line
	}
	h.texts(&s, func(i int) string { return fmt.Sprintf("c%d", i) })
	return s
}

// others are the positions of the columns that are not read.
func (h *header) others() []int {
	var out []int
	for i := range h.names {
		if !slices.Contains(h.at[:], i) && !slices.Contains(h.words.all(), i) {
			out = append(out, i)
		}
	}
	return out
}

// counted is what the part of a source holds, in rows.
type counted struct {
	rows, quantities, unbilled, zoneless, bad, torn int64

	extra []int64 // by position in scan.extra
}

// sqlCounted counts a part, without the columns that are not read.
const sqlCounted = `coalesce(sum(charges), 0)::BIGINT, coalesce(sum(quantities), 0)::BIGINT,
  coalesce(sum(unbilled) FILTER (reason IS NULL), 0)::BIGINT, coalesce(sum(zoneless) FILTER (reason IS NULL), 0)::BIGINT,
  count(bad), coalesce(sum(torn) FILTER (reason IS NULL), 0)::BIGINT`

// add counts the part of a source, moves it to the stage, and notes which contracts its charges draw on. fit reports by
// the number of its rows whether the part is that of the whole source; only counting is done when it is not.
func (l *loader) add(ctx context.Context, conn *sql.Conn, src record.Source, h *header, s scan, part string,
	fit func(rows int64) bool) (c counted, err error) {
	var sums strings.Builder
	c.extra = make([]int64, len(s.extra))
	into := []any{&c.rows, &c.quantities, &c.unbilled, &c.zoneless, &c.bad, &c.torn}
	for i := range s.extra {
		fmt.Fprintf(&sums, ", coalesce(sum(x%d), 0)::BIGINT", i)
		into = append(into, &c.extra[i])
	}
	if err := conn.QueryRowContext(ctx, "SELECT "+sqlCounted+sums.String()+" FROM "+part).Scan(into...); err != nil {
		return c, fmt.Errorf("count rows of %s: %w", src.Name, err)
	}
	if !fit(c.rows) {
		return c, nil
	}
	source := strconv.Itoa(src.Index)
	if _, err := conn.ExecContext(ctx, partStageSQL(source, h, part)); err != nil {
		return c, fmt.Errorf("add up %s: %w", src.Name, err)
	}
	if h.has(colApplied) {
		if _, err := conn.ExecContext(ctx, appliedSQL(source, h, s)); err != nil {
			return c, fmt.Errorf("read %s of %s: %w", reads[colApplied].name, src.Name, err)
		}
	}
	return c, nil
}

// stage adds the part of a source to the stage and says what it holds.
func (l *loader) stage(src record.Source, h *header, s scan, place string) (record.Stats, error) {
	c, err := l.add(l.ctx, l.conn, src, h, s, ownPart, func(int64) bool { return true })
	if err != nil {
		return record.Stats{}, err
	}
	return l.staged(src, h, c, ownPart, place)
}

// staged turns what of a staged part cannot be used into rejects, and says what it holds.
func (l *loader) staged(src record.Source, h *header, c counted, part, place string) (record.Stats, error) {
	st := record.Stats{Extra: map[string]int{}}
	if why := h.refused(); why != "" {
		if err := l.sink.Reject(record.Reject{File: src.Name, At: "row 1", Kind: kind, Reason: why}); err != nil {
			return st, err
		}
		st.Rejects++
		st.Notes = append(st.Notes, "not read: "+why)
	}
	if c.bad > 0 {
		if err := l.rejects(src, &st, part, place); err != nil {
			return st, err
		}
	}
	others := h.others()
	st.Rows = int(c.rows)
	if h.refused() != "" {
		st.Rows = 0 // the source is one reject
	}
	for i, n := range c.extra {
		if n > 0 {
			st.Extra[h.names[others[i]]] += int(n)
		}
	}
	if c.zoneless > 0 {
		st.Notes = append(st.Notes, fmt.Sprintf("%d charges have a time without a zone: read as UTC", c.zoneless))
	}
	if c.unbilled > 0 && h.has(colBilled) {
		st.Notes = append(st.Notes, fmt.Sprintf("%d charges have no BilledCost", c.unbilled))
	}
	if c.torn > 0 {
		st.Notes = append(st.Notes, fmt.Sprintf("%d charges have a ContractApplied that cannot be read: on which "+
			"contracts they draw is not known", c.torn))
	}
	lacks := map[string]bool{}
	for _, c := range lacked {
		if !h.given(c) {
			lacks[reads[c].name] = true
		}
	}
	if h.has(colQuantity) && c.quantities == 0 && c.rows > 0 {
		lacks[reads[colQuantity].name] = true
		st.Notes = append(st.Notes, "column ConsumedQuantity has no value in any row")
	}
	if len(lacks) > 0 {
		for _, name := range slices.Sorted(maps.Keys(lacks)) {
			l.lacks = append(l.lacks, lackedPart{src.Index, name})
		}
	}
	st.Notes = append([]string{h.says()}, st.Notes...)
	return st, nil
}

// lose adds records of which no column can be trusted, once all sources are read.
func (l *loader) lose(source int, lost lostRows, why string) {
	l.lost = append(l.lost, lostPart{source, lost, why})
}

// A lostPart is records of a source of which no column can be trusted, and why.
type lostPart struct {
	source int
	rows   lostRows
	why    string
}

// A lackedPart is a column that a source lacks.
type lackedPart struct {
	source int
	column string
}

// mostValues is how many rows one statement adds.
const mostValues = 500

// addLost adds what [loader.lose] and the columns that are missing left to be added.
func (l *loader) addLost() error {
	for part := range slices.Chunk(l.lost, mostValues) {
		rows := make([]string, len(part))
		for i, x := range part {
			rows[i] = lostSQL(x.source, x.rows, x.why)
		}
		if err := l.exec("INSERT INTO " + besideDB + ".usage_stage " + strings.Join(rows, " UNION ALL ")); err != nil {
			return fmt.Errorf("count rows that were lost: %w", err)
		}
	}
	for part := range slices.Chunk(l.lacks, mostValues) {
		rows := make([]string, len(part))
		for i, x := range part {
			rows[i] = fmt.Sprintf("(%d, %s)", x.source, quote(x.column))
		}
		if err := l.exec("INSERT INTO usage_lacks VALUES " + strings.Join(rows, ", ")); err != nil {
			return fmt.Errorf("note columns: %w", err)
		}
	}
	l.lost, l.lacks = nil, nil
	return nil
}

func (l *loader) rejects(src record.Source, st *record.Stats, part, place string) error {
	rows, err := l.conn.QueryContext(l.ctx, "SELECT bad, reason FROM "+part+" WHERE bad IS NOT NULL ORDER BY bad")
	if err != nil {
		return fmt.Errorf("read %s: %w", src.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var reason string
		if err := rows.Scan(&at, &reason); err != nil {
			return fmt.Errorf("read %s: %w", src.Name, err)
		}
		st.Rejects++
		where := fmt.Sprintf("%s %d", place, at)
		if place == "rows/" {
			where = fmt.Sprintf("rows/%d", at-1)
		}
		if err := l.sink.Reject(record.Reject{File: src.Name, At: where, Kind: kind, Reason: reason}); err != nil {
			return err
		}
	}
	return rows.Err()
}
