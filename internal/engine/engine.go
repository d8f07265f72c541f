package engine

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/trinodb/trino-go-client/trino"
)

// How long an engine may take to answer at all, how often a statement is sent before its failure counts, and how long
// is rested before it is sent again: an engine that restarts a worker needs some seconds (38 s to start one anew on two
// cores).
const (
	reachWithin = 10 * time.Second
	tries       = 5
	firstRest   = time.Second // and four times as long each time
	mostRest    = 30 * time.Second
)

// oneRequest is how long one HTTP request is sent again by the client; tests set it.
var oneRequest = time.Minute

// ErrRefused is what an engine answers to a statement that it will not run, however often it is asked.
var ErrRefused = errors.New("the engine refuses the statement")

// An Engine is an open connection. It may be used by one goroutine at a time.
type Engine struct {
	Address
	db   *sql.DB
	rest func(ctx context.Context, d time.Duration) error // for tests
}

// Open connects to an engine and asks it for one row.
func Open(ctx context.Context, address string, c Credentials) (*Engine, error) {
	a, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	if !a.TLS && (c.Password != "" || c.Token != "" || c.CAFile != "") {
		return nil, fmt.Errorf("open engine %s: passwords, tokens and certificates go over TLS only: write trinos://",
			a.Host)
	}
	u := url.URL{Scheme: "http", Host: a.Host, User: url.User(a.User)}
	if a.TLS {
		u.Scheme = "https"
	}
	if c.Password != "" {
		u.User = url.UserPassword(a.User, c.Password)
	}
	within := oneRequest
	connector, err := trino.NewConnector(&trino.Config{ServerURI: u.String(), Source: "plimsoll", Catalog: a.Catalog,
		Schema: a.Schema, TimeZone: "UTC",
		AccessToken: c.Token, SSLCertPath: c.CAFile, RequestRetryTimeout: &within})
	if err != nil {
		return nil, fmt.Errorf("open engine %s: %s", a.Host, clean(err, a.User, c))
	}
	e := &Engine{Address: a, db: sql.OpenDB(connector), rest: rest}
	if err := e.reach(ctx); err != nil {
		e.db.Close()
		return nil, err
	}
	if _, err := e.Rows(ctx, "SELECT 1", func([]string) error { return nil }); err != nil {
		e.db.Close()
		return nil, fmt.Errorf("open engine %s: %s", a.Host, clean(err, a.User, c))
	}
	return e, nil
}

// Close ends the connection.
func (e *Engine) Close() error { return e.db.Close() }

// reach reports at once that nobody listens there, before the client tries for a minute.
func (e *Engine) reach(ctx context.Context) error {
	d := net.Dialer{Timeout: reachWithin}
	conn, err := d.DialContext(ctx, "tcp", e.Host)
	if err != nil {
		return fmt.Errorf("open engine %s: it cannot be reached: %w", e.Host, err)
	}
	return conn.Close()
}

// clean is an error without what is secret, which no part of the client writes; this is the second lock.
func clean(err error, user string, c Credentials) string {
	s := err.Error()
	secrets := []string{c.Password, c.Token}
	if c.Password != "" {
		basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + c.Password))
		secrets = append(secrets, basic, url.QueryEscape(c.Password), url.PathEscape(c.Password))
	}
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "…")
		}
	}
	return s
}

// Rows runs a statement and hands its rows on as texts, null as "". What fails on the way is tried again from its first
// row: do is told so by a call with nil. The names of the columns are returned.
func (e *Engine) Rows(ctx context.Context, statement string, do func(row []string) error) (columns []string,
	err error) {
	wait := firstRest
	for try := 1; ; try++ {
		if columns, err = e.once(ctx, statement, do); err == nil {
			return columns, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if mine, ok := errors.AsType[*doError](err); ok {
			return nil, mine.error
		}
		if !again(err) {
			return nil, fmt.Errorf("%w: %w", ErrRefused, err)
		}
		if try == tries {
			return nil, fmt.Errorf("the engine failed %d times: %w", tries, err)
		}
		if err := e.rest(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(4*wait, mostRest)
		if err := do(nil); err != nil {
			return nil, err
		}
	}
}

// A doError is what the caller's own function returned.
type doError struct{ error }

func (e *Engine) once(ctx context.Context, statement string, do func(row []string) error) ([]string, error) {
	rows, err := e.db.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells, into, row := make([]any, len(columns)), make([]any, len(columns)), make([]string, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, c := range cells {
			row[i] = text(c)
		}
		if err := do(row); err != nil {
			return nil, &doError{err}
		}
	}
	return columns, rows.Err()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// again reports whether a failure may pass: not one of what was asked, and not one of who asks.
func again(err error) bool {
	if said, ok := errors.AsType[*trino.ErrTrino](err); ok {
		return said.ErrorType != "USER_ERROR"
	}
	if said, ok := errors.AsType[trino.ErrTrino](err); ok {
		return said.ErrorType != "USER_ERROR"
	}
	if failed, ok := errors.AsType[*trino.ErrQueryFailed](err); ok && failed.StatusCode != 0 {
		return !slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest,
			http.StatusNotFound}, failed.StatusCode)
	}
	// whom the certificate speaks of is not known; the client hands on the words alone
	return !strings.Contains(err.Error(), "x509: ")
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
