package access

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

var paths = []string{pathEvaluation, pathEvaluations, pathSubject, pathResource, pathAction}

// FuzzRequest: any body gets 200 with JSON or 400 with a text, and what is accepted is what
// encoding/json also takes for an object.
func FuzzRequest(f *testing.F) {
	c, err := ReadFile("testdata/authzen/certification.yaml")
	if err != nil {
		f.Fatal(err)
	}
	x, err := NewIndex(c)
	if err != nil {
		f.Fatal(err)
	}
	d, err := NewDoor(DoorConfig{Source: x, MaxBatch: 50})
	if err != nil {
		f.Fatal(err)
	}
	for i, s := range []string{
		`{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`,
		`{"subject":{"type":"user","id":"bob","properties":{"role":"admin","x":[1,2.5e3,"\u00e9\ud83d\ude00"]}},"action":{"name":"write"},"evaluations":[{"resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}},{},7],"options":{"evaluations_semantic":"deny_on_first_deny"}}`,
		`{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"page":{"limit":1,"token":"AAAA"},"context":{"unscreened_party":{"name":"x","identifiers":["LEI:1"]}}}`,
		`{"subject":null,"subject":1}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `[`, ``,
		`{"context":{"\u0075nscreened_party":5}}`,
	} {
		f.Add(uint8(i), []byte(s))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		r := httptest.NewRequest("POST", paths[int(which)%len(paths)], bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		out := w.Body.Bytes()
		switch w.Code {
		case 200:
			var in map[string]any
			if err := json.Unmarshal(body, &in); err != nil || !utf8.Valid(body) {
				t.Fatalf("%q was accepted, but: %v", body, err)
			}
			if !json.Valid(out) || !utf8.Valid(out) {
				t.Fatalf("%q: the answer is not JSON: %q", body, out)
			}
		case 400:
			if len(out) == 0 || !utf8.Valid(out) || len(out) > 500 {
				t.Fatalf("%q: 400 with %q", body, out)
			}
		default:
			t.Fatalf("%q: status %d", body, w.Code)
		}
	})
}

// FuzzJSON: the parser takes only what encoding/json takes too.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+7,true,null,"x\n\u20ac"],"b":{}}`, `1e999`, `01`, `"\x"`, "\"\x01\"",
		`{"a":1,"\u0061":2}`, `[[[[]]]]`, ` {} `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p parser
		p.reset(b)
		err := p.document(nil)
		if err == nil && (!json.Valid(b) || !utf8.Valid(b)) {
			t.Fatalf("%q was accepted", b)
		}
		if err == nil && len(b) > 0 {
			var v any
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatalf("%q was accepted, but: %v", b, err)
			}
		}
	})
}

// FuzzYAML: a file is refused or makes an index that answers.
func FuzzYAML(f *testing.F) {
	files, _ := filepath.Glob("testdata/authzen/*.yaml")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(bureau))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		c, err := ParseYAML(b)
		if err != nil {
			return
		}
		x, err := NewIndex(c)
		if err != nil {
			return
		}
		var a Answer
		x.Decide(&Question{Subject: Ref{"user", "alice"}, Action: "use", Resource: Ref{"record", "record-1"}}, noon, &a)
	})
}

// FuzzSnapshot: what does not carry the publisher's signature over exactly its content is refused.
func FuzzSnapshot(f *testing.F) {
	p, v := publish(f, randomContent(1, 10, 10))
	good := snapshotOf(f, p)
	sum := p.Index().Sum()
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := ParseSnapshot(string(b), v); err == nil && x.Sum() != sum {
			t.Fatal("a snapshot that nobody signed was taken")
		}
	})
}
