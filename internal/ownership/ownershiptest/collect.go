// Package ownershiptest collects what decoders of ownership statements emit, and checks
// what holds for all of them.
package ownershiptest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A Collector keeps everything that a decoder emits.
type Collector struct {
	Statements []ownership.Statement
	Parties    []party.Ref
	Rejects    []record.Reject
}

// Statement implements [ownership.Sink].
func (c *Collector) Statement(s ownership.Statement) error {
	c.Statements = append(c.Statements, s)
	return nil
}

// Party implements [ownership.Sink].
func (c *Collector) Party(p party.Ref) error { c.Parties = append(c.Parties, p); return nil }

// Reject implements [ownership.Sink].
func (c *Collector) Reject(r record.Reject) error { c.Rejects = append(c.Rejects, r); return nil }

// Decode is the signature of every decoder.
type Decode func(context.Context, record.Source, ownership.Sink) (record.Stats, error)

// File writes text to a file and returns it as a source.
func File(t testing.TB, text []byte) record.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "statements")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return record.Source{Index: 3, Path: path, Name: "statements", Size: int64(len(text))}
}

// Check reports the first statement or reject that breaks a promise of every decoder.
func (c *Collector) Check(s record.Stats) error {
	for _, st := range c.Statements {
		switch {
		case st.At == "" || st.Owner.Zero() || st.Owned.Zero():
			return fmt.Errorf("without place, owner or owned: %+v", st)
		case !(st.Min >= 0 && st.Min <= st.Max && st.Max <= 1):
			return fmt.Errorf("share [%v, %v] at %s", st.Min, st.Max, st.At)
		case !st.ShareKnown && !st.Control && (st.Min != 0 || st.Max != 1):
			return fmt.Errorf("an unknown share is [0, 1]: %+v", st)
		case st.Owner.Kind == party.Person && (st.Owner.Address+st.Owner.Country != "" ||
			len(st.Owner.Identifiers) > 0):
			return fmt.Errorf("more than the name of a person: %+v", st.Owner)
		}
	}
	for _, p := range c.Parties {
		if p.Kind == party.Person || p.Name == "" && len(p.Identifiers) == 0 {
			return fmt.Errorf("not an organisation: %+v", p)
		}
	}
	for _, r := range c.Rejects {
		if r.At == "" || r.Reason == "" || r.File == "" {
			return fmt.Errorf("reject without place or reason: %+v", r)
		}
	}
	if s.Rejects != len(c.Rejects) || s.Records != len(c.Statements)+len(c.Parties) {
		return fmt.Errorf("stats %+v, but %d statements, %d parties, %d rejects", s, len(c.Statements), len(c.Parties),
			len(c.Rejects))
	}
	return nil
}
