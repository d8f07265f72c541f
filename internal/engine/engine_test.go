package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/engine"
	"plimsoll/internal/engine/enginetest"
)

func TestParseAddress(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want engine.Address
		err  string // in the error; "" for none
	}{
		{"trino://ann@lake.example:8080/hive/bills", engine.Address{User: "ann", Host: "lake.example:8080",
			Catalog: "hive", Schema: "bills"}, ""},
		{"trino://ann@lake.example/hive/bills/", engine.Address{User: "ann", Host: "lake.example:8080", Catalog: "hive",
			Schema: "bills"}, ""},
		{"trinos://ann@lake.example/hive/bills", engine.Address{TLS: true, User: "ann", Host: "lake.example:443",
			Catalog: "hive", Schema: "bills"}, ""},
		{"trinos://ann@[::1]:8443/a/b", engine.Address{TLS: true, User: "ann", Host: "[::1]:8443", Catalog: "a",
			Schema: "b"}, ""},
		{"trino://ann:hush@lake.example:8080/hive/bills", engine.Address{}, "a password does not stand in the address"},
		{"postgres://ann:hush@x/a/b", engine.Address{}, "a password does not stand in the address"},
		{"http://ann@lake.example:8080/hive/bills", engine.Address{}, "none that is known"},
		{"trino://lake.example:8080/hive/bills", engine.Address{}, "names no user"},
		{"trino://ann@/hive/bills", engine.Address{}, "names no user and host"},
		{"trino://ann@lake.example:8080/hive", engine.Address{}, "one catalog and schema"},
		{"trino://ann@lake.example:8080", engine.Address{}, "one catalog and schema"},
		{"trino://ann@lake.example:8080/a/b/c", engine.Address{}, "one catalog and schema"},
		{"trino://ann@lake.example:8080/a/b?SSL=true", engine.Address{}, "more than user, host, catalog and schema"},
		{"trino://ann:hush@lake.example:x/%zz", engine.Address{}, "is not written"},
		{"", engine.Address{}, "none that is known"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			got, err := engine.ParseAddress(tt.in)
			if tt.err == "" && (err != nil || got != tt.want) || tt.err != "" &&
				(err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("ParseAddress = %+v, %v", got, err)
			}
			if err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("the error repeats the password: %v", err)
			}
		})
	}
}

func TestFromEnvironment(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name string
		env  map[string]string
		want engine.Credentials
		err  string
	}{
		{"nothing", nil, engine.Credentials{}, ""},
		{"password", map[string]string{engine.EnvPassword: "a b"}, engine.Credentials{Password: "a b"}, ""},
		{"file", map[string]string{engine.EnvTokenFile: file("eyJ.x.y\n")}, engine.Credentials{Token: "eyJ.x.y"}, ""},
		{"both", map[string]string{engine.EnvPassword: "a", engine.EnvToken: "b"}, engine.Credentials{}, "both set"},
		{"twice", map[string]string{engine.EnvPassword: "a", engine.EnvPasswordFile: file("b")}, engine.Credentials{},
			"both set"},
		{"empty file", map[string]string{engine.EnvPasswordFile: file("\n")}, engine.Credentials{}, "one line"},
		{"two lines", map[string]string{engine.EnvPasswordFile: file("a\nb\n")}, engine.Credentials{}, "one line"},
		{"no file", map[string]string{engine.EnvPasswordFile: filepath.Join(t.TempDir(), "none")}, engine.Credentials{},
			engine.EnvPasswordFile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := engine.FromEnvironment(func(k string) string { return tt.env[k] })
			if tt.err == "" && (err != nil || got != tt.want) || tt.err != "" &&
				(err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("FromEnvironment = %+v, %v", got, err)
			}
		})
	}
}

// TestUnreachable: an engine that is not there is an error in words, at once.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	l.Close()
	start := time.Now()
	_, err = engine.Open(t.Context(), enginetest.Address(host, "a", "b"), engine.Credentials{})
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") || time.Since(start) > 20*time.Second {
		t.Errorf("Open = %v after %v", err, time.Since(start))
	}
	if _, err := engine.Open(t.Context(), enginetest.Address(host, "a", "b"), engine.Credentials{Token: "hush"}); err == nil || !strings.Contains(err.Error(), "TLS only") {
		t.Errorf("a token without TLS: %v", err)
	}
}

// fake answers as a coordinator: answer is asked for the nth request of a statement, from 0.
func fake(t *testing.T, tls bool, answer func(w http.ResponseWriter, r *http.Request, n int)) (address string,
	ca string) {
	n := 0
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			n++
			answer(w, r, n-1)
		case http.MethodGet:
			fmt.Fprint(w, `{"id":"q","columns":[{"name":"x","type":"integer","typeSignature":{"rawType":"integer","arguments":[]}}],"data":[[1]],"stats":{"state":"FINISHED"}}`)
		}
	})
	if !tls {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return enginetest.Address(s.Listener.Addr().String(), "a", "b"), ""
	}
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, engine.PEM(s.Certificate().Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(enginetest.Address(s.Listener.Addr().String(), "a", "b"), "trino:", "trinos:", 1), ca
}

// one is the answer to a statement that gives one row.
func one(w http.ResponseWriter, r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	fmt.Fprintf(w, `{"id":"q","nextUri":"%s://%s/v1/statement/q/1","stats":{"state":"QUEUED"}}`, scheme, r.Host)
}

func failure(w http.ResponseWriter, kind, words string) {
	b, _ := json.Marshal(words)
	fmt.Fprintf(w, `{"id":"q","error":{"message":%s,"errorCode":1,"errorName":"X","errorType":%q},"stats":{"state":"FAILED"}}`, b, kind)
}

// TestCredentials: a password and a token go to the engine over TLS, and into no error.
func TestCredentials(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    engine.Credentials
		want string // header
	}{
		{"password", engine.Credentials{Password: "hu:sh/?"}, "Basic cGxpbXNvbGw6aHU6c2gvPw=="},
		{"token", engine.Credentials{Token: "hush.hush.hush"}, "Bearer hush.hush.hush"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refuse := false
			address, ca := fake(t, true, func(w http.ResponseWriter, r *http.Request, _ int) {
				if got := r.Header.Get("Authorization"); got != tt.want {
					t.Errorf("Authorization: %q", got)
				}
				if refuse {
					http.Error(w, "who is "+r.Header.Get("Authorization")+tt.c.Password+"?", http.StatusUnauthorized)
					return
				}
				one(w, r)
			})
			tt.c.CAFile = ca
			e, err := engine.Open(t.Context(), address, tt.c)
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
			refuse = true
			if _, err = engine.Open(t.Context(), address, tt.c); err == nil || !strings.Contains(err.Error(), "401") {
				t.Errorf("refused: %v", err)
			} else if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "hu:sh") ||
				strings.Contains(err.Error(), "cGxpbXNvbGw6") {
				t.Errorf("the error repeats what is secret: %v", err)
			}
			tt.c.CAFile = ""
			if _, err := engine.Open(t.Context(), address, tt.c); err == nil {
				t.Error("an engine whose certificate nobody knows is taken")
			}
		})
	}
}

// TestFailures: what may pass is tried again from its first row, what may not is an error at once.
func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kinds []string // of the failures, one after the other
		want  string   // in the error; "" for none
		asked int
	}{
		{"a worker dies twice", []string{"INTERNAL_ERROR", "EXTERNAL"}, "", 3},
		{"it never works", []string{"INTERNAL_ERROR", "INTERNAL_ERROR", "INTERNAL_ERROR", "INTERNAL_ERROR",
			"INTERNAL_ERROR"}, "failed 5 times: ", 5},
		{"no such column", []string{"USER_ERROR"}, "refuses the statement", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			address, _ := fake(t, false, func(w http.ResponseWriter, r *http.Request, n int) {
				if n == 0 { // of Open
					one(w, r)
					return
				}
				if asked++; asked <= len(tt.kinds) {
					failure(w, tt.kinds[asked-1], "word")
					return
				}
				one(w, r)
			})
			e, err := engine.Open(t.Context(), address, engine.Credentials{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			engine.Hurry(e)
			rows := 0
			_, err = e.Rows(t.Context(), "SELECT x", func(row []string) error {
				if row == nil {
					rows = 0
				} else {
					rows++
				}
				return nil
			})
			if tt.want == "" && (err != nil || rows != 1) || tt.want != "" &&
				(err == nil || !strings.Contains(err.Error(), tt.want)) || asked != tt.asked {
				t.Errorf("%d rows, asked %d times: %v", rows, asked, err)
			}
			if tt.want == "refuses the statement" != errors.Is(err, engine.ErrRefused) {
				t.Errorf("is refused: %v", err)
			}
		})
	}
}

// TestStopped: who stops waits for no engine.
func TestStopped(t *testing.T) {
	address, _ := fake(t, false, func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 0 {
			one(w, r)
			return
		}
		failure(w, "INTERNAL_ERROR", "word")
	})
	e, err := engine.Open(t.Context(), address, engine.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := e.Rows(ctx, "SELECT x", func([]string) error { return nil }); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// TestCut: a Trino whose connections are cut while rows come gives all rows in the end, or an error.
func TestCut(t *testing.T) {
	host := enginetest.Host(t)
	const statement = "SELECT n, lower(to_hex(sha512(to_utf8(CAST(n * m AS VARCHAR))))) FROM UNNEST(sequence(1, " +
		"10000)) s(n) CROSS JOIN UNNEST(sequence(1, 5)) r(m)"
	run := func(t *testing.T, cut func(n int64) int64) (rows int, p *enginetest.Proxy, err error) {
		p = enginetest.NewProxy(t, host, cut)
		e, err := engine.Open(t.Context(), enginetest.Address(p.Host, "memory", "default"), engine.Credentials{})
		if err != nil {
			return 0, p, err
		}
		defer e.Close()
		engine.Hurry(e)
		_, err = e.Rows(t.Context(), statement, func(row []string) error {
			if rows++; row == nil {
				rows = 0
			}
			return nil
		})
		return rows, p, err
	}
	t.Run("now and then", func(t *testing.T) {
		rows, p, err := run(t, func(n int64) int64 {
			if n > 1 && n < 6 { // the first only looks whether somebody listens
				return 3000 * n
			}
			return -1
		})
		if err != nil || rows != 50000 {
			t.Errorf("%d rows: %v", rows, err)
		}
		if p.Conns.Load() < 4 {
			t.Errorf("%d connections: nothing was cut", p.Conns.Load())
		}
	})
	t.Run("after the first", func(t *testing.T) {
		engine.Impatient(t)
		rows, _, err := run(t, func(n int64) int64 {
			if n <= 2 {
				return 100_000
			}
			return 0
		})
		if err == nil || rows == 50000 {
			t.Errorf("%d rows of an engine that is gone: %v", rows, err)
		}
	})
}
