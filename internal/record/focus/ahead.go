package focus

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// A plain is a CSV file that DuckDB read by itself, added up in a table. It is not ok when the
// file has records of more than one line, blank lines or anything that DuckDB refuses: then row numbers
// would not be lines, or rows would go missing without a word.
type plain struct {
	header  *header
	scan    scan
	table   string // empty of groups that were read once they are staged
	counted counted
	extra   map[string]int // rows with a value, by the columns that are not read
	ok      bool
	err     error
}

// sum lets DuckDB read a file on a connection of its own and add it up in a new table, and meanwhile counts
// the lines and what stands in the columns that are not read: row numbers keep the statement to one thread.
func (l *loader) sum(ctx context.Context, conn *sql.Conn, src record.Source, raw []byte, h *header, kind,
	table string) *plain {
	p := &plain{header: h, table: table}
	path, err := l.plainPath(src.Path)
	if err != nil {
		return p // the careful way opens the file by itself
	}
	p.scan = csvScan(path, compression(raw), h)
	dates := l.orderDates(ctx, conn, h, p.scan.from, fmt.Sprintf("c%d", h.at[colChargeStart]))
	comma := l.findComma(ctx, conn, h, p.scan.from, func(c column) string { return fmt.Sprintf("c%d", h.at[c]) })
	if dates || comma {
		p.scan = csvScan(path, compression(raw), h)
	}
	var beside errgroup.Group
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var lay delimited.Tally
	beside.Go(func() (err error) {
		lay, p.extra, err = tally(inner, src, h)
		return err
	})
	_, refused := conn.ExecContext(ctx, partSQL(p.scan, kind+" "+table))
	if refused != nil {
		cancel()
	}
	err = beside.Wait()
	switch {
	case ctx.Err() != nil:
		p.err = ctx.Err()
		return p
	case refused != nil:
		return p
	case err != nil:
		p.err = fmt.Errorf("read %s: %w", src.Name, err)
		return p
	}
	p.counted, p.err = l.add(ctx, conn, src, h, p.scan, table, func(rows int64) bool {
		p.ok = lay.Plain && lay.Rows == rows+1
		return p.ok
	})
	p.ok = p.ok && p.err == nil
	return p
}

// tally counts the rows of a text, and the rows with a value in each column that
// is not read. Of a file that is not plain only that means anything.
func tally(ctx context.Context, src record.Source, h *header) (t delimited.Tally, extra map[string]int, err error) {
	text, err := src.Open()
	if err != nil {
		return t, nil, err
	}
	defer text.Close()
	others := h.others()
	counts := make([]int, len(h.names))
	t, err = delimited.Count(text, h.delim, func(n int64, l *delimited.Line) error {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n == 1 {
			return nil
		}
		for _, i := range others {
			if cell := l.Cell(i); len(cell) > 0 && !null(string(cell)) {
				counts[i]++
			}
		}
		return nil
	})
	if err != nil {
		return t, nil, err
	}
	extra = map[string]int{}
	for _, i := range others {
		if counts[i] > 0 {
			extra[h.names[i]] += counts[i]
		}
	}
	return t, extra, nil
}

// mostAhead is how many files are read at a time; each takes one core. mostWaiting is how many are read or wait for
// the loader: their groups stay in memory, as far as the database's limit goes.
const (
	mostAhead   = 4
	mostWaiting = 24
)

// An ahead reads files before their turn, a few at a time, while the loader takes one after
// the other in their order.
type ahead struct {
	cancel context.CancelFunc
	group  *errgroup.Group
	loader *loader
	ready  []chan *plain // by position of the source; nil: nothing is read ahead
	places chan struct{} // taken from when a file is begun until the loader is done with it
	tables []string
	once   sync.Once
}

// besideDB is the database in memory that holds the stage and what was read ahead: a temporary table is seen on its own
// connection only.
const besideDB = "plimsoll_bills"

// readAhead begins to read the sources. Nothing is read ahead where the database has one connection,
// or one file is to be read.
func (l *loader) readAhead(sources []record.Source) *ahead {
	a := &ahead{loader: l, tables: make([]string, len(sources))}
	n := min(runtime.GOMAXPROCS(0), mostAhead, len(sources))
	if n < 2 || l.db.Stats().MaxOpenConnections != 0 {
		return a
	}
	ctx, cancel := context.WithCancel(l.ctx)
	a.cancel, a.group, a.places = cancel, &errgroup.Group{}, make(chan struct{}, mostWaiting)
	a.ready = make([]chan *plain, len(sources))
	for i := range a.ready {
		a.ready[i] = make(chan *plain, 1)
	}
	turns := make(chan int)
	a.group.Go(func() error {
		defer close(turns)
		for i := range sources {
			select {
			case a.places <- struct{}{}:
				turns <- i
			case <-ctx.Done():
				for _, c := range a.ready[i:] {
					c <- &plain{err: ctx.Err()}
				}
				return nil
			}
		}
		return nil
	})
	for range n {
		a.group.Go(func() error {
			for i := range turns {
				a.ready[i] <- l.ahead(ctx, sources[i], i)
			}
			return nil
		})
	}
	return a
}

// ahead reads one file, nil for one that DuckDB does not read by itself.
func (l *loader) ahead(ctx context.Context, src record.Source, i int) *plain {
	if _, ok := l.under[src.Index]; ok {
		return nil
	}
	if l.isKept(src) {
		return nil
	}
	raw, err := peek(src)
	if err != nil || bytes.HasPrefix(raw, parquetMagic) {
		return nil
	}
	head, err := src.Head()
	if err != nil {
		return nil
	}
	if l.many && len(head) <= mostBundled {
		return nil // it is added up with others
	}
	h, ok := readHeader(head)
	if text := bytes.TrimLeft(head, " \t\r\n"); !ok || len(text) > 0 && (text[0] == '{' || text[0] == '[') ||
		h.twice() != "" || !direct(src, raw, h) {
		return nil
	}
	if ok, _ := isGrouped(h.names); ok {
		return nil
	}
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return nil
	}
	defer conn.Close()
	var zone string
	if conn.QueryRowContext(ctx, "SELECT current_setting('TimeZone')").Scan(&zone) != nil {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "SET TimeZone = 'UTC'"); err != nil {
		return nil
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SET TimeZone = "+quote(zone))
	}()
	p := l.sum(ctx, conn, src, raw, h, "TABLE", fmt.Sprintf("%s.part_%d", besideDB, i))
	if p.ok && p.counted.bad == 0 {
		_, _ = conn.ExecContext(ctx, "DROP TABLE "+p.table) // it is staged, and holds no reject
		p.table = ""
	}
	return p
}

// wait returns what was read of a source ahead, nil when nothing was.
func (a *ahead) wait(i int) *plain {
	if a.ready == nil {
		return nil
	}
	p := <-a.ready[i]
	if p != nil {
		a.tables[i] = p.table
	}
	return p
}

// drop lets go of what was read of a source, and another one may be read.
func (a *ahead) drop(i int) {
	if a.ready == nil {
		return
	}
	if a.tables[i] != "" {
		_ = a.loader.exec("DROP TABLE IF EXISTS " + a.tables[i])
	}
	<-a.places
}

// stop ends what is being read and lets go of all of it.
func (a *ahead) stop() {
	if a.ready == nil {
		return
	}
	a.once.Do(func() {
		a.cancel()
		_ = a.group.Wait()
	})
}
