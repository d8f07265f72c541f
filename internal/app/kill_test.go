package app

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// killRounds is how often the server is killed; PLIMSOLL_KILL_ROUNDS says another number ("make kill": 200).
const killRounds = 3

// A killing is a server that is killed again and again while people write to it.
type killing struct {
	t       *testing.T
	args    []string
	claimed casefile.ID // a case on which decisions can be proposed
	claim   casefile.ID

	mu    sync.Mutex
	acked map[string]int // what was acknowledged, by kind
	cases map[string]bool
	files map[string]bool
	plans map[string]bool
	notes []string // codes of notices
	retry []string // titles of cases whose answer never came: they are sent again under the same key
	n     int
}

// TestServeKilled kills a server without warning while cases, evidence, notices and decisions are written, on both
// databases: what was acknowledged is there, once, with its leaf, and requests that are sent again under their key
// act once.
func TestServeKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills many servers")
	}
	rounds := killRounds
	if s := os.Getenv("PLIMSOLL_KILL_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	t.Run("SQLite", func(t *testing.T) {
		dir := t.TempDir()
		killServe(t, rounds, dir, "sqlite:"+filepath.Join(dir, "plimsoll.db"), []string{"--data", dir})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dir, address := t.TempDir(), storetest.Postgres(t).Schema(t)
		killServe(t, rounds, dir, address, []string{"--database", address, "--state", dir})
	})
}

func killServe(t *testing.T, rounds int, dir, address string, where []string) {
	keys := filepath.Join(t.TempDir(), "keys")
	run(t, exitDone, "notices", "key", "--out", keys, "ada", "ben")
	k := &killing{t: t, acked: map[string]int{}, cases: map[string]bool{}, files: map[string]bool{},
		plans: map[string]bool{},
		args: append([]string{"serve", "--listen", "127.0.0.1:0", "--recheck", "0", "--notices",
			filepath.Join(keys, "notices.key"), "--notices-to", "Harbour Cloud"}, where...)}
	cookie := k.prepare(address)
	for round := range rounds {
		k.round(round, cookie)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	at, out, stop := serving(t, k.args[3:]...)
	vkey := regexp.MustCompile(`under the key (\S+)`).FindStringSubmatch(out.String())[1]
	c := &http.Client{}
	proven(t, c, at, t.TempDir(), vkey, k.notes)
	c.CloseIdleConnections()
	stop()
	k.whole(address)
	run(t, exitDone, "verify", filepath.Join(dir, "ledger", "log"), "--key", vkey, "--database", address, "--cover",
		"event.seq")
	run(t, exitDone, append([]string{"evidence", "verify", "--data", dir}, map[bool][]string{
		true: {"--database", address}}[strings.HasPrefix(address, "postgres")]...)...)
	t.Logf("%d rounds, acknowledged: %v; none lost, none doubled", rounds, k.acked)
	for _, kind := range []string{"case", "file", "decision"} {
		if k.acked[kind] == 0 {
			t.Errorf("no %s was acknowledged: the server is killed too early", kind)
		}
	}
}

// prepare makes a person with a session, and a case on which decisions can be proposed.
func (k *killing) prepare(address string) (cookie string) {
	t, ctx := k.t, k.t.Context()
	db, err := store.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	desk := casefile.NewDesk(db)
	db.Follow, desk.Follow = followCases, followCases
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := db.CreatePerson(ctx, "", store.Person{ID: "writer", Name: "Writer", Roles: casefile.Roles})
	must(err)
	cookie, err = db.NewSession(ctx, p.ID, "link", 12*time.Hour)
	must(err)
	by, second := casefile.Actor{ID: "one", Roles: casefile.Roles}, casefile.Actor{ID: "two", Roles: casefile.Roles}
	c, err := desk.Open(ctx, by, casefile.Opening{Title: "Decided on", Party: "party-1", PartyName: "Northgate",
		Trigger: casefile.Trigger{Kind: "press", Text: "x"}})
	must(err)
	must(desk.Triage(ctx, by, c.ID, 0, "high", casefile.Triage{Scale: "large", Scope: "many", Irremediability: "hard",
		Likelihood: "likely",
		Urgency:    "soon", Outcome: "open", Reason: "plausible"}))
	q, err := desk.AddClaim(ctx, by, c.ID, casefile.Claim{Text: "x", Source: "The Harbour Post",
		Published: "2026-10-20", Origin: "harbour-1", Critical: true,
		Grades: []casefile.Grade{{Source: "B", Information: "2", Reason: "documents seen"}}})
	must(err)
	must(desk.GradeClaim(ctx, second, q.ID, casefile.Grade{Source: "B", Information: "3", Reason: "second view"}))
	must(desk.SetClaimStatus(ctx, by, q.ID, casefile.StatusChange{Status: casefile.Supported, Reason: "bills show it"}))
	l, err := desk.DraftLetter(ctx, by, c.ID, casefile.LetterDraft{To: "The board"})
	must(err)
	must(desk.SendLetter(ctx, second, l.ID, casefile.Sending{Proof: "mail 1"}))
	must(desk.RecordReply(ctx, by, l.ID, []casefile.Reply{{Claim: q.ID, Answer: "partly", Text: "x", Effect: "none"}}))
	k.claimed, k.claim = c.ID, q.ID
	return cookie
}

// round starts a server, writes to it, and kills it.
func (k *killing) round(round int, cookie string) {
	t := k.t
	cmd := exec.Command(os.Args[0], k.args...)
	cmd.Env = append(os.Environ(), strangerEnv+"=yes")
	var errs lockedBuffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	at := ""
	for range 1200 {
		if m := regexp.MustCompile(`Plimsoll serves (\S+)`).FindStringSubmatch(errs.String()); m != nil {
			at = m[1]
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	if at == "" {
		t.Fatalf("the server does not start: %s", errs.String())
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{{Name: "plimsoll", Value: cookie}})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second}
	var wg sync.WaitGroup
	for _, write := range []func(*http.Client, string) error{k.openCase, k.addFile, k.propose, k.sendNotice} {
		wg.Go(func() {
			for write(c, at) == nil {
			}
		})
	}
	time.Sleep(time.Duration(250+round*137%900) * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
}

// next is a text that was not there before.
func (k *killing) next(what string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n++
	return fmt.Sprintf("%s %d", what, k.n)
}

// note keeps what was acknowledged.
func (k *killing) note(kind string, to map[string]bool, what string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acked[kind]++
	to[what] = true
}

// ask sends one request to the API; an error is that no answer came.
func (k *killing) ask(c *http.Client, at, path, kind, key string, body io.Reader) (int, []byte, error) {
	req, err := http.NewRequest("POST", at+"/api/v1"+path, body)
	if err != nil {
		k.t.Error(err)
		return 0, nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Idempotency-Key", key)
	res, err := c.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		k.t.Errorf("%s: %d %s", path, res.StatusCode, b)
		err = errors.New("refused")
	}
	return res.StatusCode, b, err
}

func (k *killing) openCase(c *http.Client, at string) error {
	title := ""
	k.mu.Lock()
	if n := len(k.retry); n > 0 { // what got no answer is sent again
		title, k.retry = k.retry[n-1], k.retry[:n-1]
	}
	k.mu.Unlock()
	if title == "" {
		title = k.next("case")
	}
	b, _ := json.Marshal(map[string]any{"title": title, "trigger": map[string]string{"text": "x"}})
	_, _, err := k.ask(c, at, "/cases", "application/json", title, bytes.NewReader(b))
	if err != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.retry = append(k.retry, title)
		return err
	}
	k.note("case", k.cases, title)
	return nil
}

func (k *killing) addFile(c *http.Client, at string) error {
	content := strings.Repeat(k.next("a memo")+" ", 3000)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("reason", "basis of the inquiry")
	p, _ := w.CreateFormFile("file", "memo.txt")
	_, _ = io.WriteString(p, content)
	_ = w.Close()
	_, _, err := k.ask(c, at, "/cases/"+string(k.claimed)+"/evidence", w.FormDataContentType(), "", &b)
	if err == nil {
		k.note("file", k.files, fmt.Sprintf("%x", sha256.Sum256([]byte(content))))
	}
	return err
}

func (k *killing) propose(c *http.Client, at string) error {
	p := storetest.Proposal(k.claim)
	p.Service, p.Review = k.next("service"), "2033-01-05"
	b, err := json.Marshal(map[string]any{"proposal": p})
	if err != nil {
		return err
	}
	_, _, err = k.ask(c, at, "/cases/"+string(k.claimed)+"/decisions", "application/json", p.Service,
		bytes.NewReader(b))
	if err == nil {
		k.note("decision", k.plans, p.Service)
	}
	return err
}

func (k *killing) sendNotice(_ *http.Client, at string) error {
	transport := &http.Transport{} // without the person's cookie
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	page := openForm(c, at)
	if page == nil {
		return errors.New("killed")
	}
	code, status := tell(c, at, page, "what", k.next("story"))
	if status == 0 {
		return errors.New("killed")
	}
	if code != "" {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.acked["notice"]++
		k.notes = append(k.notes, code)
	}
	time.Sleep(20 * time.Millisecond)
	return nil
}

// whole looks for all that was acknowledged, and for what is there twice.
func (k *killing) whole(address string) {
	t, ctx := k.t, k.t.Context()
	db, err := store.Open(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	have := func(query string) map[string]int {
		out := map[string]int{}
		err := db.Read(ctx, func(tx *sql.Tx) error {
			rows, err := tx.QueryContext(ctx, query)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					return err
				}
				out[s]++
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	plans := map[string]int{}
	for body := range have(`SELECT body FROM decision`) {
		var d casefile.Decision
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		plans[d.Service]++
	}
	for _, x := range []struct {
		kind  string
		acked map[string]bool
		there map[string]int
	}{
		{"case", k.cases, have(`SELECT title FROM case_file`)},
		{"file", k.files, have(`SELECT sha256 FROM evidence_item WHERE kept = TRUE`)},
		{"decision", k.plans, plans},
	} {
		for a := range x.acked {
			if x.there[a] != 1 {
				t.Errorf("the %s %s was acknowledged and is there %d times", x.kind, a, x.there[a])
			}
		}
		for a, n := range x.there {
			if n > 1 {
				t.Errorf("the %s %s is there %d times", x.kind, a, n)
			}
		}
	}
}
