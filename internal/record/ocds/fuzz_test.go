package ocds

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func seeds(f *testing.F) [][]byte {
	return [][]byte{
		read(f, "testdata/process.json"), read(f, "testdata/early.json"), []byte(generate(2)),
		[]byte("{\"ocid\":\"a\",\"awards\":[{\"suppliers\":{\"id\":1.0}}]}\n{\"ocid\":\"a\",\"contracts\":[null,{\"value\":{\"amount\":\"1e9\"}}]}\n{\"x\n"),
		[]byte(`{"records":[{"versionedRelease":{"ocid":"a","contracts":[{"id":"1","value":{"amount":[{"releaseID":"1","value":2}]}}]}}]}`),
		[]byte("[{\"ocid\":\"\xe9\\ud83d\\ude00\\u12\",\"parties\":[{\"roles\":\"buyer\",\"name\":\"\xff\"}],\"awards\":[{}]}]"),
	}
}

// FuzzDecode feeds any bytes: no panic, no record without a place, nothing without an
// account of it, and the same whether or not it fits in memory.
func FuzzDecode(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			t.Skip()
		}
		var got [2]*recordtest.Collector
		for i, limit := range []int{spoolLimit, 512} {
			c := &recordtest.Collector{}
			got[i] = c
			d := newDecoder(context.Background(), c, limit)
			w := &walker{
				ctx:    d.ctx,
				emit:   func(x found) error { return d.spool.add(0, x) },
				reject: func(at, reason string) error { return c.Reject(record.Reject{At: at, Reason: reason}) },
			}
			n := d.count(record.Source{})
			start := time.Now()
			if err := w.text(bytes.NewReader(text)); err != nil {
				t.Fatalf("reading from memory fails: %v", err)
			}
			n.rows = w.rows
			if err := d.spool.each(d.process); err != nil {
				t.Fatal(err)
			}
			d.spool.close()
			if took := time.Since(start); took > 5*time.Second {
				t.Fatalf("%d bytes took %s", len(text), took)
			}
			if len(c.Rejects) > w.rows+1 {
				t.Errorf("%d rejects of %d rows", len(c.Rejects), w.rows)
			}
			for _, r := range c.Records {
				if r.Where().At == "" {
					t.Errorf("%+v has no place", r)
				}
				if e, ok := r.(*record.Engagement); ok && (e.ID == "" || e.Process == "" || e.Lacks == nil) {
					t.Errorf("%+v lacks its id, process or gaps", e)
				}
			}
		}
		if len(got[0].Records) != len(got[1].Records) {
			t.Errorf("%d records in memory, %d spilled", len(got[0].Records), len(got[1].Records))
		}
	})
}

// FuzzMerge merges any releases: no panic, JSON out, and a release given twice running
// changes nothing unless it has objects without an id.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"ocid":"a","id":"1","date":"2031-01-01","awards":[{"id":1,"x":null},{"id":"1","y":[]}]}`),
		[]byte(`{"ocid":"a","date":"2031-01-02","awards":{"id":2}}`))
	f.Add([]byte(`{"a":[{"id":"1"},{"b":1}],"c":{"d":{}}}`), []byte(`{"a":[1],"c":null}`))
	f.Add([]byte(`{"parties":[{"id":"1","additionalIdentifiers":[{"id":null}]}]}`),
		[]byte(`{"parties":[{"id":"1","additionalIdentifiers":[]}]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		once, err := Merge([][]byte{a, b})
		versioned, err2 := MergeVersioned([][]byte{a, b})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("merge: %v, versioned: %v", err, err2)
		}
		if err != nil {
			return
		}
		for _, out := range [][]byte{once, versioned} {
			if !json.Valid(out) {
				t.Fatalf("%q and %q give no JSON: %q", a, b, out)
			}
		}
		if bytes.Contains(a, []byte("[")) || bytes.Contains(b, []byte("[")) {
			return
		}
		twice, err := Merge([][]byte{a, a, b, b})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(once), string(twice)); diff != "" {
			t.Errorf("given twice (-once +twice):\n%s", diff)
		}
	})
}

func FuzzRecognise(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		ok, err := RecogniseText(bytes.NewReader(text))
		if Recognise(text) && isJSON(text) && !ok && err == nil {
			t.Errorf("recognised by the head, and not by the whole text: %q", text)
		}
	})
}
