// Package storetest holds every database to the same answers: Run is the suite that SQLite
// and PostgreSQL both have to pass, and Postgres starts a real server to pass it on.
//
// Invariants: each store that a test gets is empty and its own; what was started is stopped
// when the test ends; a test that cannot have PostgreSQL says why, and in CI it fails.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// A Server is a running PostgreSQL.
type Server struct {
	admin string // the address of a database that new ones are made from
}

var databases atomic.Int64

// Postgres gives a PostgreSQL server: the one that PLIMSOLL_TEST_POSTGRES names
// ("postgres://…", allowed to create databases), or a throw-away one on a free port of
// 127.0.0.1. Its databases sort by English rules, so that whatever sorts by bytes does so
// because we said so.
func Postgres(t testing.TB) *Server {
	t.Helper()
	if address := os.Getenv("PLIMSOLL_TEST_POSTGRES"); address != "" {
		return &Server{admin: address}
	}
	initdb, postgres := find("initdb"), find("postgres")
	if initdb == "" || postgres == "" {
		const why = "no PostgreSQL on this machine (initdb and postgres are looked for in PATH and " +
			"/usr/lib/postgresql); set PLIMSOLL_TEST_POSTGRES or install it"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	dir, err := os.MkdirTemp("", "plimsoll-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	as := owner(t, dir)
	cmd := exec.Command(initdb, "-D", data, "-U", "plimsoll", "-A", "trust", "-E", "UTF8", "--no-sync",
		"--no-instructions",
		"--locale=C", "--locale-provider=icu", "--icu-locale=en")
	cmd.SysProcAttr, cmd.Dir = as, dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// fsync off: this server dies with the test, and its own durability is not what is tested.
	run := exec.Command(postgres, "-D", data, "-p", fmt.Sprint(port), "-c", "listen_addresses=127.0.0.1", "-c",
		"unix_socket_directories=",
		"-c", "fsync=off", "-c", "shared_buffers=64MB", "-c", "max_connections=60", "-c", "timezone=Asia/Kathmandu")
	run.SysProcAttr, run.Dir, run.Stdout, run.Stderr = as, dir, log, log
	if err := run.Start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		run.Process.Signal(os.Interrupt) // fast shutdown
		done := make(chan struct{})
		go func() { run.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			run.Process.Kill()
			<-done
		}
		log.Close()
	})
	s := &Server{admin: fmt.Sprintf("postgres://plimsoll@127.0.0.1:%d/postgres?sslmode=disable", port)}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err = s.exec(`SELECT 1`); err == nil {
			return s
		}
		if time.Now().After(until) {
			b, _ := os.ReadFile(log.Name())
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, b)
		}
	}
}

// Database makes an empty database and returns its address; it is dropped with the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("plimsoll_test_%d_%d", os.Getpid(), databases.Add(1))
	if err := s.exec(`CREATE DATABASE ` + name); err != nil {
		t.Fatalf("make test database: %v", err)
	}
	t.Cleanup(func() { s.exec(`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`) })
	u, err := url.Parse(s.admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Schema makes an empty schema and returns an address that works in it: a place of its own
// like a database, made ten times faster. It is dropped with the test.
func (s *Server) Schema(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("plimsoll_test_%d_%d", os.Getpid(), databases.Add(1))
	if err := s.exec(`CREATE SCHEMA ` + name); err != nil {
		t.Fatalf("make test schema: %v", err)
	}
	t.Cleanup(func() { s.exec(`DROP SCHEMA IF EXISTS ` + name + ` CASCADE`) })
	u, err := url.Parse(s.admin)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *Server) exec(query string) error {
	db, err := sql.Open("pgx", s.admin)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, query)
	return err
}

// find looks for a program of PostgreSQL; the newest version wins.
func find(program string) string {
	if p, err := exec.LookPath(program); err == nil {
		return p
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	best := ""
	for _, p := range all {
		if len(p) > len(best) || len(p) == len(best) && strings.Compare(p, best) > 0 {
			best = p
		}
	}
	return best
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
