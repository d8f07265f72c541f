// Package enginetest gives tests the Trino that make test-engines starts, tables in it, and a proxy before it that
// breaks down.
package enginetest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"plimsoll/internal/engine"
)

// URL is the environment variable with the address of a Trino with the catalogs "memory" and "iceberg".
const URL = "TRINO_URL"

// Host is the host and port of the Trino; without one the test is skipped.
func Host(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(os.Getenv(URL))
	if err != nil || u.Host == "" {
		t.Skipf("no engine: make test-engines starts one and sets %s", URL)
	}
	return u.Host
}

// Address is that of a schema of the Trino behind a host.
func Address(host, catalog, schema string) string {
	return fmt.Sprintf("trino://plimsoll@%s/%s/%s", host, catalog, schema)
}

// Open opens a schema, which is made when it is not there.
func Open(t testing.TB, host, catalog, schema string) *engine.Engine {
	t.Helper()
	e, err := engine.Open(context.Background(), Address(host, catalog, schema), engine.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	make := "CREATE SCHEMA IF NOT EXISTS " + catalog + "." + schema
	if catalog == "iceberg" {
		make += " WITH (location = 'local:///" + schema + "')"
	}
	Do(t, e, make)
	return e
}

// Do runs a statement.
func Do(t testing.TB, e *engine.Engine, statement string) {
	t.Helper()
	if _, err := e.Rows(context.Background(), statement, func([]string) error { return nil }); err != nil {
		t.Fatalf("%.300s: %v", statement, err)
	}
}

// longest is how long one statement with rows may be; Trino's own bound is 1,000,000 characters.
const longest = 400_000

// Null stands for null in rows of texts.
const Null = "\x1d"

// Table makes a table of rows of texts, which ends with the test. Columns without a type in types are VARCHAR; of the
// others "" is null.
func Table(t testing.TB, e *engine.Engine, name string, columns []string, types map[string]string, rows [][]string) {
	t.Helper()
	var list, read []string
	for i, c := range columns {
		kind := types[c]
		if kind == "" {
			kind = "VARCHAR"
		}
		list = append(list, fmt.Sprintf(`"%s" %s`, c, kind))
		x := fmt.Sprintf("nullif(c[%d], chr(29))", i+1)
		if types[c] != "" {
			x = "nullif(" + x + ", '')"
		}
		if strings.HasPrefix(kind, "TIMESTAMP") {
			x = fmt.Sprintf("from_iso8601_timestamp(replace(%s, ' ', 'T')) AT TIME ZONE 'UTC'", x)
		}
		x = "CAST(" + x + " AS " + kind + ")"
		read = append(read, x)
	}
	drop := func() { Do(t, e, "DROP TABLE IF EXISTS "+name) }
	drop()
	Do(t, e, "CREATE TABLE "+name+" ("+strings.Join(list, ", ")+")")
	t.Cleanup(drop)
	var b strings.Builder // rows as one text, which Trino plans sooner than as many as VALUES
	flush := func() {
		if b.Len() > 0 {
			Do(t, e, "INSERT INTO "+name+" SELECT "+strings.Join(read, ", ")+
				" FROM (SELECT split(line, chr(31)) AS c FROM UNNEST(split('"+b.String()+"', chr(30))) u(line))")
		}
		b.Reset()
	}
	for _, r := range rows {
		if b.Len() > 0 {
			b.WriteString("\x1e")
		}
		b.WriteString(strings.ReplaceAll(strings.Join(r, "\x1f"), "'", "''"))
		if b.Len() > longest {
			flush()
		}
	}
	flush()
}

// A Proxy stands before an engine and cuts connections.
type Proxy struct {
	Host  string // of the proxy
	Conns atomic.Int64
	mu    sync.Mutex // guards open
	open  map[net.Conn]bool
	// Cut says after how many bytes of the engine's answers the nth connection is cut, counted from 1; negative: never.
	Cut func(n int64) int64
}

// NewProxy starts a proxy before a host, which ends with the test.
func NewProxy(t testing.TB, host string, cut func(n int64) int64) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Host: l.Addr().String(), Cut: cut, open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(c, host, p.Conns.Add(1)) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		for c := range p.open {
			c.Close()
		}
		p.mu.Unlock()
		all.Wait()
	})
	return p
}

// CutAll cuts all connections.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
}

func (p *Proxy) serve(c net.Conn, host string, n int64) {
	s, err := net.Dial("tcp", host)
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.open[c], p.open[s] = true, true
	p.mu.Unlock()
	both := func() { c.Close(); s.Close() }
	var up sync.WaitGroup
	up.Go(func() { _, _ = copyAll(s, c, -1, nil); both() })
	_, _ = copyAll(c, s, p.Cut(n), func() {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, and no end
		}
	})
	both()
	up.Wait()
	p.mu.Lock()
	delete(p.open, c)
	delete(p.open, s)
	p.mu.Unlock()
}

// copyAll copies up to most bytes, and without an end where most is negative.
func copyAll(to, from net.Conn, most int64, cut func()) (n int64, err error) {
	buf := make([]byte, 4096)
	for {
		got, err := from.Read(buf)
		if most >= 0 && n+int64(got) > most {
			_, _ = to.Write(buf[:most-n])
			cut()
			return most, nil
		}
		if got > 0 {
			if _, err := to.Write(buf[:got]); err != nil {
				return n, err
			}
			n += int64(got)
		}
		if err != nil {
			return n, err
		}
	}
}
