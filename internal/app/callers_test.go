package app

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/access"
	"plimsoll/internal/finding"
	"plimsoll/internal/gatehouse"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
)

// callersList holds organisations of which much is known, and a person.
const callersList = `id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change
x-1,Organization,Norvex Optics Works,Zavod Norvex,1988,de,"12 Harbour Street, Ostrava Port",52990039HB7BIP5Q4F83,,,,,ex,2030-01-01,2031-01-01,2031-01-01
x-2,Company,Tolmar Quillmark Trading,,,kz,,,,,,,ex,2030-01-01,2031-01-01,2031-01-01
x-3,Person,Davor Ostrin Kael,,1961-03-02,,,,,,,,ex,2030-01-01,2031-01-01,2031-01-01
`

// A said is what a caller says of a hit.
type said struct {
	Entry string
	Score float64
	Grade string
	Why   string
}

// TestCallersAgree asks the same of screen --in, review, the door and the search of serve: entry, score, grade and
// reason are the same, since what is known beside a name decides.
func TestCallersAgree(t *testing.T) {
	dir := t.TempDir()
	lists := filepath.Join(dir, "targets.simple.csv")
	if err := os.WriteFile(lists, []byte(callersList), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		asked match.Asked
		grade string // of the first hit; "" when there must be none
		alone bool   // review knows no such thing of a party: other callers only
	}{
		{"the name alone", match.Asked{Name: "Norvex Optics Works"}, "B9", false},
		{"the same country", match.Asked{Name: "Norvex Optics Works", Country: "Germany"}, "B8", false},
		{"another country", match.Asked{Name: "Norvex Optics Works", Country: "KE"}, "D9", false},
		{"a code that no table has", match.Asked{Name: "Norvex Optics Works", Country: "QZ"}, "D9", false},
		{"a spelling that is not known", match.Asked{Name: "Norvex Optics Works", Country: "Vessia"}, "B9", false},
		{"address", match.Asked{Name: "Norvex Optics Works", Address: "12 Harbour Street, Ostrava Port"}, "B8", false},
		{"number", match.Asked{Name: "Something Else", Identifiers: "LEI:52990039HB7BIP5Q4F83"}, "A8", false},
		{"near name", match.Asked{Name: "Norvek Optiks Works", Country: "DE"}, "C8", false},
		{"on behalf of a listed one", match.Asked{Name: "Hollin Freight Ltd on behalf of Tolmar Quillmark Trading"},
			"B9", false},
		{"kind in another word", match.Asked{Name: "Norvex Optics Works", Kind: "company"}, "B9", true},
		{"founded elsewhen", match.Asked{Name: "Norvex Optics Works", Dates: "2004-05-01"}, "D9", true},
		{"founded then", match.Asked{Name: "Norvex Optics Works", Dates: "1988"}, "B8", true},
		{"born then", match.Asked{Name: "Davor Ostrin Kael", Kind: "person", Dates: "1961"}, "B8", true},
		{"born years apart", match.Asked{Name: "Davor Ostrin Kael", Kind: "person", Dates: "1974-01-01"}, "D9", true},
	}
	gate, err := gatehouse.ScreeningGate(t.Context(), []string{lists}, match.Threshold, 2)
	if err != nil {
		t.Fatal(err)
	}
	client, base, stop := served(t, filepath.Join(dir, "data"), lists)
	defer stop()

	var in, table bytes.Buffer
	names, deals := csv.NewWriter(&in), csv.NewWriter(&table)
	_ = names.Write([]string{"name", "kind", "country", "id", "address", "birth_date", "father", "gender", "colour"})
	_ = deals.Write([]string{"engagement_id", "kind", "seller", "buyer", "buyer_country", "buyer_id", "buyer_address",
		"item", "signed"})
	for i, tt := range tests {
		a := tt.asked
		_ = names.Write([]string{a.Name, a.Kind, a.Country, a.Identifiers, a.Address, a.Dates, a.Father, a.Gender,
			"blue"})
		if tt.alone {
			continue
		}
		one := filepath.Join(dir, "in", string(rune('a'+i)))
		_ = os.MkdirAll(one, 0o755)
		table.Reset()
		_ = deals.Write([]string{"engagement_id", "kind", "seller", "buyer", "buyer_country", "buyer_id",
			"buyer_address", "item", "signed"})
		_ = deals.Write([]string{"E-1", "contract", "Brightwater Cloud (example)", a.Name, a.Country, a.Identifiers,
			a.Address, "storage", "2031-01-01"})
		deals.Flush()
		if err := os.WriteFile(filepath.Join(one, "engagements.csv"), table.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names.Flush()
	csvIn := filepath.Join(dir, "names.csv")
	if err := os.WriteFile(csvIn, in.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs := screenRun(t, "", "--list", lists, "--in", csvIn)
	if !strings.Contains(errs, "not used: colour") {
		t.Errorf("the column that is not used is not named: %q", errs)
	}
	lines := bufio.NewScanner(strings.NewReader(out))
	for i, tt := range tests {
		if !lines.Scan() {
			t.Fatal("too few lines")
		}
		var line screened
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		t.Run(tt.name, func(t *testing.T) {
			want := first(line)
			if want.Grade != tt.grade {
				t.Errorf("screen --in: grade %q, want %q (%+v)", want.Grade, tt.grade, want)
			}
			s, err := gate.Screener.Screen(t.Context(), doorParty(tt.asked))
			if err != nil {
				t.Fatal(err)
			}
			var at said
			if s.Finding != nil {
				at = ofFinding(s.Finding.Hits)
			}
			if at != want {
				t.Errorf("the door: %+v, screen --in: %+v", at, want)
			}
			if got := ofSearch(t, client, base, tt.asked); got != want {
				t.Errorf("search of serve: %+v, screen --in: %+v", got, want)
			}
			if tt.alone {
				return
			}
			to := filepath.Join(dir, "out", string(rune('a'+i)))
			if code, msg := plimsoll("review", "--list", lists, "--as-of", "2031-06-01", "--out", to,
				filepath.Join(dir, "in", string(rune('a'+i)))); code != exitDone {
				t.Fatalf("review: exit %d: %s", code, msg)
			}
			if got := ofReview(t, to); got != want {
				t.Errorf("review: %+v, screen --in: %+v", got, want)
			}
		})
	}
}

// first returns the first hit of a line, of the party itself or of another that its name speaks of.
func first(l screened) said {
	for _, h := range l.Hits {
		return said{h.Entry, h.Score, h.Grade, h.Why}
	}
	for _, n := range l.Named {
		for _, h := range n.Hits {
			return said{h.Entry, h.Score, h.Grade, match.Other{Part: n.Part}.Why(h.Why)}
		}
	}
	return said{}
}

func ofFinding(hits []finding.Hit) said {
	for _, h := range hits {
		return said{h.Entry, h.Score, h.Grade, h.Why}
	}
	return said{}
}

func doorParty(a match.Asked) access.Party {
	p := access.Party{Name: a.Name, Kind: party.Kind(a.Kind), Country: a.Country, Address: a.Address,
		BirthDate: a.Dates, Father: a.Father, Gender: a.Gender}
	if a.Identifiers != "" {
		p.Identifiers = []party.Identifier{party.ParseIdentifier(a.Identifiers)}
	}
	return p
}

func ofSearch(t *testing.T, c *http.Client, base string, a match.Asked) said {
	t.Helper()
	q := url.Values{"q": {a.Name}, "country": {a.Country}, "id": {a.Identifiers}, "kind": {a.Kind},
		"address":    {a.Address},
		"birth_date": {a.Dates}, "father": {a.Father}, "gender": {a.Gender}, "format": {"json"}}
	res, err := c.Get(base + "/search?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var rows []struct {
		Entry, Grade, Why string
		Score             float64
	}
	b, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatalf("%v: %.300s", err, b)
	}
	for _, h := range rows {
		return said{h.Entry, round(h.Score), h.Grade, h.Why}
	}
	return said{}
}

// ofReview returns the first hit that a review names of a party: in a finding, or among the names to check.
func ofReview(t *testing.T, dir string) said {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "findings.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var x finding.Finding
		if err := json.Unmarshal(line, &x); err != nil {
			t.Fatal(err)
		}
		if len(x.Hits) > 0 {
			return ofFinding(x.Hits)
		}
	}
	var sum struct {
		ToCheck []struct {
			Hits []finding.Hit `json:"hits"`
		} `json:"names_to_check"`
	}
	if b, err = os.ReadFile(filepath.Join(dir, "review.json")); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &sum); err != nil {
		t.Fatal(err)
	}
	for _, x := range sum.ToCheck {
		return ofFinding(x.Hits)
	}
	return said{}
}

// served starts the server with lists and signs in.
func served(t *testing.T, data, lists string) (c *http.Client, base string, stop func()) {
	t.Helper()
	var out lockedBuffer
	done := make(chan int, 1)
	go func() {
		done <- Main(t.Context(), []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--list", lists},
			strings.NewReader(""), io.Discard, &out)
	}()
	link := regexp.MustCompile(`http://localhost:\d+/start\?key=\S+`)
	start := ""
	for range 400 {
		if start = link.FindString(out.String()); start != "" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	u, err := url.Parse(start)
	if err != nil || start == "" {
		t.Fatalf("no link: %s", out.String())
	}
	jar, _ := cookiejar.New(nil)
	c = &http.Client{Jar: jar}
	base = "http://" + u.Host
	res, err := c.PostForm(base+"/start", url.Values{"key": {u.Query().Get("key")}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return c, base, c.CloseIdleConnections
}
