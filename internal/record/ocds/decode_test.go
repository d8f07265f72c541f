package ocds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// decodeText reads texts as files of one run, keeping at most limit bytes in memory.
func decodeText(t testing.TB, limit int, texts ...string) (*recordtest.Collector, map[int]record.Stats) {
	t.Helper()
	dir := t.TempDir()
	c := &recordtest.Collector{}
	d := newDecoder(context.Background(), c, limit)
	defer d.spool.close()
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprint(i, ".json"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		src := record.Source{Index: i, Path: path, Name: fmt.Sprint(i, ".json")}
		if err := d.read(src, d.count(src)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.spool.each(d.process); err != nil {
		t.Fatal(err)
	}
	stats := map[int]record.Stats{}
	for i, n := range d.counts {
		stats[i] = n.stats()
	}
	return c, stats
}

// golden compares what a text comes to with a file; UPDATE=1 rewrites it.
func golden(t *testing.T, name string, got any) {
	t.Helper()
	b, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(strings.TrimSpace(string(read(t, path))), string(b)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"process", "early"} {
		t.Run(name, func(t *testing.T) {
			c, stats := decodeText(t, spoolLimit, string(read(t, filepath.Join("testdata", name+".json"))))
			golden(t, name+".golden", map[string]any{"records": c.Records, "rejects": c.Rejects, "stats": stats[0]})
		})
	}
}

func TestContactPointsAreNotRead(t *testing.T) {
	c, _ := decodeText(t, spoolLimit, string(read(t, "testdata/process.json")))
	b, _ := json.Marshal(c.Records)
	for _, word := range []string{"Not To Be Read", "nobody@"} {
		if strings.Contains(string(b), word) {
			t.Errorf("%q came through", word)
		}
	}
}

// TestAcrossFiles splits the releases of a process over files, in any order.
func TestAcrossFiles(t *testing.T) {
	whole := string(read(t, "testdata/process.json"))
	var pkg struct{ Releases []json.RawMessage }
	if err := json.Unmarshal([]byte(whole), &pkg); err != nil {
		t.Fatal(err)
	}
	want, _ := decodeText(t, spoolLimit, whole)
	strip(want)
	a, b := string(pkg.Releases[0]), string(pkg.Releases[1])
	for name, files := range map[string][]string{
		"two files": {a, b}, "late first": {b, a}, "twice": {a, b, a, b}, "with the package": {a, whole, b},
		"spaces": {strings.ReplaceAll(a, `":`, "\" :\n"), b},
		"record": {`{"records": [{"ocid": "ocds-zz0001-77", "compiledRelease": ` + a + `, "releases": [` + b + `,` + a +
			`]}]}`},
	} {
		got, _ := decodeText(t, spoolLimit, files...)
		strip(got)
		if diff := cmp.Diff(want.Records, got.Records); diff != "" {
			t.Errorf("%s (-package +this):\n%s", name, diff)
		}
	}
}

func strip(c *recordtest.Collector) {
	for _, r := range c.Records {
		switch r := r.(type) {
		case *record.Engagement:
			r.Place = record.Place{}
		case *record.Amendment:
			r.Place = record.Place{}
		case *record.Transaction:
			r.Place = record.Place{}
		}
	}
}

// TestSpill reads more than fits in the memory allowed, and gets the same.
func TestSpill(t *testing.T) {
	text := generate(300)
	inMemory, _ := decodeText(t, spoolLimit, text)
	spilled, stats := decodeText(t, 20<<10, text)
	byID := map[string]record.Record{}
	key := func(r record.Record) string {
		b, _ := json.Marshal(r)
		return string(b)
	}
	for _, r := range inMemory.Records {
		byID[key(r)] = r
	}
	if len(spilled.Records) != len(inMemory.Records) || len(byID) != len(inMemory.Records) {
		t.Fatalf("%d records in memory (%d different), %d spilled", len(inMemory.Records), len(byID),
			len(spilled.Records))
	}
	for _, r := range spilled.Records {
		if byID[key(r)] == nil {
			t.Errorf("only spilled: %s", key(r))
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "plimsoll-ocds-*")); len(left) > 8 {
		t.Errorf("%d spool folders are left", len(left))
	}
	if stats[0].Rows != 600 {
		t.Errorf("%d releases, want 600", stats[0].Rows)
	}
}

// TestCut checks that a file which ends in the middle of a value fails and says so.
func TestCut(t *testing.T) {
	one := `{"ocid":"a","id":"1","date":"2031-01-01T00:00:00Z","tag":["award"],"awards":[{"id":"1","suppliers":[{"name":"Orrin Data AG"}]}]}`
	indented := strings.NewReplacer(",", ",\n ", "{", "{\n ").Replace(one)
	for _, text := range []string{
		`{"releases":[` + one + `,` + one[:60], `{"releases":[` + one + `,`, `{"releases":[` + one, `{"releases":[` +
			one + `,` + one[:9], one + "\n" + one + "\n" + one[:80],
		one[:len(one)-1], "{\n\"releases\":[\n" + indented + ",\n" + indented[:90], `{"releases":[` + one + `,` +
			strings.Replace(one, `"1"`, `NaN`, 1)[:70],
		one + "\n" + one[:20], `[` + one + `,` + one[:len(one)-3],
	} {
		c := &recordtest.Collector{}
		path := filepath.Join(t.TempDir(), "0.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Decode(context.Background(), record.Source{Path: path, Name: "0.json"}, c)
		if err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("%s: %v, want an error that says that the file is cut off", text, err)
		}
		for _, r := range c.Rejects {
			if strings.Contains(r.Reason, "what follows is read") {
				t.Errorf("%s: %s, though nothing follows", text, r.Reason)
			}
		}
	}
}

func TestRejects(t *testing.T) {
	release := func(ocid string) string {
		return `{"ocid":"` + ocid +
			`","id":"1","date":"2031-01-01T00:00:00Z","tag":["award"],"awards":[{"id":"1","suppliers":[{"name":"Orrin Data AG"}]}]}`
	}
	for _, tt := range []struct {
		name, text  string
		engagements int
		rows        int
		at          []string
	}{
		{"empty file", "", 0, 0, []string{""}},
		{"blank file", " \n\t", 0, 0, nil},
		{"nothing", "{}", 0, 1, []string{"document 1"}},
		{"a number", "12", 0, 1, []string{"document 1"}},
		{"broken line", release("a") + "\n{\"ocid\":\"b\n" + release("c") + "\n", 2, 3, []string{"row 2"}},
		{"broken first line", "{\"ocid\":\"b\n" + release("a") + "\n" + release("c") + "\n", 2, 3, []string{"row 1"}},
		{"blank lines", "\n" + release("a") + "\n\n\n" + release("c"), 2, 2, nil},
		{"two in a line", release("a") + " " + release("b") + "\n" + release("c") + "\n", 3, 3, nil},
		{"line without ocid", release("a") + "\n{\"tag\":[\"tender\"]}\n{\"x\":1}\n", 1, 3, []string{"row 2", "row 3"}},
		{"comma at the end", `{"releases":[` + release("a") + `,],}`, 1, 1, nil},
		{"package without releases", `{"uri":"x","publisher":{"name":"P"},"releases":[]}`, 0, 0, nil},
		{"links", `{"records":[{"ocid":"a","releases":[{"url":"https://x.example/1","date":"2031-01-01","tag":["award"]}],"compiledRelease":` + release("a") + `}]}`, 1, 1, nil},
		{"deep", strings.Repeat("[", 300), 0, 1, []string{"0/0"}},
		{"numbers that are none",
			`{"ocid":"a","awards":[{"id":01,"value":{"amount":1.2.3},"suppliers":[{"name":"Orrin Data AG"}]}]}`, 1, 1,
			nil},
		{"NaN in one line", `{"releases":[` + release("a") + `,` + strings.Replace(release("b"), `"1"`, `-Infinity`,
			1) + `,` + release("c") + `]}`, 3, 3, nil},
		{"broken key in one line", `{"releases":[` + release("a") + `,` + strings.Replace(release("b"), `"tag":`,
			`tag:`, 1) + `,` + release("c") + `]}`, 2, 3, []string{"releases/1"}},
		{"single quotes in one line", `{"releases":[` + release("a") + `,{'ocid':'b','awards':[]},` + release("c") +
			`]}`, 2, 3, []string{"releases/1"}},
		{"a quote too many", `{"releases":[` + release("a") + `,` + strings.Replace(release("b"), `Orrin`, `"Orrin`,
			1) + `,` + release("c") + `,` + release("d") + `]}`, 3, 4, []string{"releases/1"}},
		{"a quote too few", `{"releases":[` + release("a") + `,` + strings.Replace(release("b"), `,"date"`, `,date"`,
			1) + `,` + release("c") + `,` + release("d") + `]}`, 3, 4, []string{"releases/1"}},
		{"a bracket too few", `{"version":"1.1","releases":[` + release("a") + `,` + strings.TrimSuffix(release("b"),
			"}") + `,` + release("c") + `,` + release("d") + `]}`, 3, 4, []string{"releases/1"}},
		{"no comma between releases", `{"releases":[` + release("a") + release("b") + `]}`, 2, 2, nil},
		{"broken inside a record", `{"records":[{"ocid":"a","releases":[` + strings.Replace(release("a"), `[{`, `[;{`,
			1) + `]},{"ocid":"b","releases":[` + release("b") + `]}]}`, 1, 2, []string{"records/0/releases/0"}},
		{"awards and suppliers keyed by id",
			`{"ocid":"a","awards":{"a1":{"suppliers":{"s1":{"name":"Orrin Data AG"}}},"a2":{"id":"x","suppliers":{"name":"Orrin Data AG"}}}}`, 2, 1, nil},
		{"not a release in the list", `{"releases":["x",` + release("a") + `]}`, 1, 2, []string{"releases/0"}},
		{"after a broken text", "{\"releases\":[}\n" + "{\n\"releases\":[" + release("a") + "]}", 1, 2,
			[]string{"releases/0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, stats := decodeText(t, spoolLimit, tt.text)
			var at []string
			for _, r := range c.Rejects {
				if r.Reason == "" || r.File == "" {
					t.Errorf("%+v lacks a reason or file", r)
				}
				at = append(at, r.At)
			}
			if tt.name == "deep" && len(at) == 1 && strings.HasPrefix(at[0], tt.at[0]) {
				at = tt.at
			}
			if diff := cmp.Diff(tt.at, at); diff != "" {
				t.Errorf("rejects (-want +got):\n%s%+v", diff, c.Rejects)
			}
			if n := len(recordtest.Of[*record.Engagement](c)); n != tt.engagements || stats[0].Rows != tt.rows {
				t.Errorf("%d engagements of %d rows, want %d of %d", n, stats[0].Rows, tt.engagements, tt.rows)
			}
		})
	}
}

// TestVersioned takes the history of a value out of a versioned release.
func TestVersioned(t *testing.T) {
	stamp := func(n int, v string) string {
		return fmt.Sprintf(`{"releaseID":"%d","releaseDate":"2031-0%d-01T00:00:00Z","releaseTag":["contract"],"value":%s}`, n, n, v)
	}
	text := `{"ocid":"a","initiationType":[` + stamp(1, `"tender"`) + `],"buyer":{"name":[` +
		stamp(1, `"Roads Office"`) + `]},
		"awards":[{"id":"1","suppliers":[{"id":"s","name":[` + stamp(1, `"Orrin"`) + `,` + stamp(2, `"Orrin Data AG"`) +
		`]}]}],
		"contracts":[{"id":"c","awardID":[` + stamp(1, `"1"`) + `],"value":{"amount":[` + stamp(1, "10") + `,` +
		stamp(3, "40") + `],"currency":[` + stamp(1, `"EUR"`) + `]}}]}`
	c, _ := decodeText(t, spoolLimit, text)
	e, a := recordtest.Of[*record.Engagement](c), recordtest.Of[*record.Amendment](c)
	if len(e) != 1 || len(a) != 1 {
		t.Fatalf("%d engagements, %d amendments", len(e), len(a))
	}
	got := []string{e[0].Buyer.Name, e[0].Seller.Name, string(e[0].Value), e[0].Currency, string(a[0].Before),
		string(a[0].After)}
	if diff := cmp.Diff([]string{"Roads Office", "Orrin Data AG", "40", "EUR", "10", "40"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		`{"ocid" : "a"}`: true,
		"\xef\xbb\xbf\n [ {\"releases\": [ {\"ocid\":\"a\"":            true,
		`{"uri":"x","publishedDate":"2031-01-01","releases":[`:         true,
		`{"releaseTag":"contractAmendment","contracts":[{"awardNotice`: true,
		`{"status":"ok","data":{"releases":[{"ocid":"a"`:               true,
		`{"compiledRelease":{"awards":[{"suppliers":[`:                 true,
		`{"id":"NK-1","schema":"Company","properties":{"name":["x"]}}`: false,
		`[{"statementID":"1","statementType":"entityStatement"}]`:      false,
		"ocid,id\n":         false,
		`{"text":"\"ocid"}`: false,
		`{}`:                false,
		"":                  false,
	} {
		if got := Recognise([]byte(text)); got != want {
			t.Errorf("Recognise(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestLasting(t *testing.T) {
	for id, want := range map[string]bool{"1": false, "12": false, "supplier": false, "VL-REG-100200": true,
		"506804240": true, "": false} {
		if got := lasting(id, nil); got != want {
			t.Errorf("lasting(%q) = %v, want %v", id, got, want)
		}
	}
}

// failing is a sink that fails, or cancels, after some records.
type failing struct {
	left   int
	cancel func()
}

var errSink = errors.New("disk full")

func (f *failing) Record(record.Record) error {
	if f.left--; f.left < 0 {
		if f.cancel != nil {
			f.cancel()
			return nil
		}
		return errSink
	}
	return nil
}
func (f *failing) Reject(record.Reject) error { return errSink }

func TestStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte(generate(50)+"\n{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := record.Source{Path: path, Name: "a.json"}
	if _, err := Decode(context.Background(), src, &failing{left: 5}); !errors.Is(err, errSink) {
		t.Errorf("sink's error: %v", err)
	}
	if err := os.WriteFile(path, []byte(generate(50)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(context.Background(), src, &failing{left: 5}); !errors.Is(err, errSink) {
		t.Errorf("sink's error: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Decode(ctx, src, &failing{left: 5, cancel: cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while emitting: %v", err)
	}
	if _, err := Decode(ctx, src, &failing{left: 5}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	src.Path += ".none"
	if _, err := Decode(context.Background(), src, &failing{}); err == nil {
		t.Error("a file that is not there gives no error")
	}
}

// TestCutFileEndsItselfAlone: a file that ends in the middle says so, and the others are read.
func TestCutFileEndsItselfAlone(t *testing.T) {
	dir := t.TempDir()
	release := func(n string) string {
		return `{"ocid":"o-` + n +
			`","id":"1","date":"2031-01-01T00:00:00Z","tag":["contract"],"contracts":[{"id":"c","awardID":"a","title":"t"}],"awards":[{"id":"a","suppliers":[{"name":"Quay ` + n + `"}]}],"buyer":{"name":"Harbour"}}`
	}
	var sources []record.Source
	for i, text := range []string{
		`{"releases":[` + release("1") + `,` + release("2")[:80],
		`{"releases":[` + release("3") + `]}`,
	} {
		path := filepath.Join(dir, string(rune('a'+i))+".json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sources = append(sources, record.Source{Index: i, Path: path, Name: filepath.Base(path), SHA256: path})
	}
	var sink recordtest.Collector
	stats, err := DecodeAll(t.Context(), sources, &sink)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stats[0].Failed, "a.json: the file is cut off") || stats[1].Failed != "" ||
		stats[1].Records == 0 || stats[0].Records == 0 {
		t.Errorf("stats %+v", stats)
	}
}
