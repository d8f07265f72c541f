package gatehouse

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/access"
)

// A Look is what the door itself answered about a restriction at one moment: the evidence of
// the state before and after a measure.
type Look struct {
	At       time.Time     `json:"at"`
	Subject  access.Ref    `json:"subject"`
	Action   string        `json:"action"`
	Resource access.Ref    `json:"resource"`
	Effect   access.Effect `json:"effect"`
	Doubt    string        `json:"doubt,omitempty"` // why it does not rest on restrictions alone
	Applying []string      `json:"restrictions"`    // all that applied
	Version  uint64        `json:"version"`         // of the snapshot that answered
	SHA256   string        `json:"sha256"`
}

// String says it in a line, with the SHA-256 of the look as the watch keeps it.
func (l *Look) String() string {
	b, err := json.Marshal(l)
	if err != nil {
		panic(err) // texts, numbers and times only
	}
	sum := sha256.Sum256(b)
	return fmt.Sprintf("The door answered %s to %s %s %s at %s, from snapshot version %d (SHA-256 %s). Look kept as "+
		"SHA-256 %s.",
		l.Effect, l.Subject, l.Action, l.Resource, l.At.Format(time.RFC3339), l.Version, l.SHA256,
		hex.EncodeToString(sum[:]))
}

// look asks x about the restriction itself.
func look(x *access.Index, r *access.Restriction, now time.Time) *Look {
	q := access.Question{Subject: r.Subject, Action: x.Settings().Actions[0], Resource: r.Resource}
	if len(r.Actions) > 0 {
		q.Action = r.Actions[0]
	}
	var a access.Answer
	x.Decide(&q, now, &a)
	l := &Look{At: now.UTC(), Subject: q.Subject, Action: q.Action, Resource: q.Resource, Effect: a.Effect,
		Doubt: a.Doubt.String(), Applying: []string{}, Version: x.Version(), SHA256: x.Sum()}
	for _, h := range a.Hits {
		l.Applying = append(l.Applying, h.Restriction().ID)
	}
	return l
}

// A Standing is how far one decided restriction has got at this door.
type Standing struct {
	Restriction string        `json:"restriction"`
	Decision    string        `json:"decision,omitempty"`
	Subject     string        `json:"subject"`
	Resource    string        `json:"resource"`
	Actions     []string      `json:"actions,omitempty"`
	Effect      access.Effect `json:"effect"`
	Start       *time.Time    `json:"start,omitempty"`
	End         *time.Time    `json:"end,omitempty"`
	State       string        `json:"state,omitempty"` // of the decision, as the case file has it
	NotDone     bool          `json:"ordered_not_done"`
	Ordered     *time.Time    `json:"ordered,omitempty"`      // decided by the last needed approval
	Carried     uint64        `json:"first_version"`          // the snapshot that first carried it
	CarriedAt   time.Time     `json:"in_snapshot_since"`      // when that was published
	Before      *Look         `json:"before,omitempty"`       // what the door answered before
	After       *Look         `json:"after,omitempty"`        // and once it was in force
	Denied      *access.Proof `json:"first_denial,omitempty"` // the first denial or hold that rested on it
	Executed    *time.Time    `json:"executed,omitempty"`
	Executor    [2]string     `json:"executor_evidence,omitzero"` // what the executor attached: before, after
}

// kept is one line of the watch's file: what was learnt about a restriction.
type kept struct {
	Restriction string        `json:"restriction"`
	Version     uint64        `json:"version,omitempty"`
	At          time.Time     `json:"at,omitzero"`
	Before      *Look         `json:"before,omitempty"`
	After       *Look         `json:"after,omitempty"`
	Denied      *access.Proof `json:"denied,omitempty"`
}

// A Watch remembers, for the restrictions that a publisher carries, since when they are
// carried, what the door answered before and after, and the first denial. It learns only of
// decided restrictions. It keeps what it learns in a file, a JSON line each; safe for
// concurrent use.
type Watch struct {
	mu   sync.Mutex // guards what follows; held while a line is written
	file *os.File
	seen map[string]*kept
}

// OpenWatch opens or makes the file at path. A last line that was cut short is dropped.
func OpenWatch(path string) (*Watch, error) {
	fail := func(err error) (*Watch, error) { return nil, fmt.Errorf("open watch %s: %w", path, err) }
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fail(err)
	}
	w := &Watch{file: f, seen: map[string]*kept{}}
	r := bufio.NewReader(f)
	whole := int64(0)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what follows the last line feed was not written whole
		}
		if err != nil {
			return fail(errors.Join(err, f.Close()))
		}
		var k kept
		if err := json.Unmarshal(line, &k); err != nil || k.Restriction == "" {
			return fail(errors.Join(fmt.Errorf("line %d is damaged", n), err, f.Close()))
		}
		w.learn(k)
		whole += int64(len(line))
	}
	if err := f.Truncate(whole); err != nil {
		return fail(errors.Join(err, f.Close()))
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return fail(errors.Join(err, f.Close()))
	}
	return w, nil
}

// learn adds what k says, unless it is known.
func (w *Watch) learn(k kept) {
	had := w.seen[k.Restriction]
	if had == nil {
		had = &kept{Restriction: k.Restriction}
		w.seen[k.Restriction] = had
	}
	if had.Version == 0 {
		had.Version, had.At = k.Version, k.At
	}
	if had.Before == nil {
		had.Before = k.Before
	}
	if had.After == nil {
		had.After = k.After
	}
	if had.Denied == nil {
		had.Denied = k.Denied
	}
}

// keep writes lines and learns them. The caller holds mu.
func (w *Watch) keep(all []kept) error {
	if len(all) == 0 {
		return nil
	}
	var b []byte
	for i := range all {
		line, err := json.Marshal(&all[i])
		if err != nil {
			return fmt.Errorf("write watch: %w", err)
		}
		b = append(append(b, line...), '\n')
	}
	if _, err := w.file.Write(b); err != nil {
		return fmt.Errorf("write watch: %w", err)
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("write watch: %w", err)
	}
	for _, k := range all {
		w.learn(k)
	}
	return nil
}

// unseen returns the restrictions that no snapshot has carried yet, and the others.
func (w *Watch) unseen(all []access.Restriction) (fresh, carried []access.Restriction) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range all {
		if k := w.seen[r.ID]; k != nil && k.Version > 0 {
			carried = append(carried, r)
		} else {
			fresh = append(fresh, r)
		}
	}
	return fresh, carried
}

// note keeps what the door answered before the snapshot x about those that are new in it, and
// from x itself about all that are in force by now and were not looked at yet.
func (w *Watch) note(fresh []access.Restriction, before []*Look, all []access.Restriction, x *access.Index,
	now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []kept
	for i := range fresh {
		lines = append(lines, kept{Restriction: fresh[i].ID, Version: x.Version(), At: now.UTC(), Before: before[i]})
	}
	for i := range all {
		r := &all[i]
		if k := w.seen[r.ID]; (k == nil || k.After == nil) && !now.Before(r.Start) {
			lines = append(lines, kept{Restriction: r.ID, After: look(x, r, now)})
		}
	}
	return w.keep(lines)
}

// Keep implements [access.ProofSink]: it notes the first denial or hold on each restriction.
func (w *Watch) Keep(_ context.Context, batch []access.Proof) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []kept
	for i := range batch {
		if batch[i].Effect < access.Hold {
			continue
		}
		for _, id := range batch[i].Restrictions {
			if k := w.seen[id]; k != nil && k.Denied == nil && !slices.ContainsFunc(lines, func(k kept) bool {
				return k.Restriction == id
			}) {
				lines = append(lines, kept{Restriction: id, Denied: &batch[i]})
			}
		}
	}
	return w.keep(lines)
}

// Evidence gives, in words, what the door answered before and after the restrictions of a
// decision; "" while it has not looked.
func (w *Watch) Evidence(x *access.Index, decision string) (before, after string) {
	var b, a []string
	for _, s := range w.Standings(x) {
		if s.Decision != decision {
			continue
		}
		if s.Before == nil || s.After == nil {
			return "", "" // part of it is not in force yet
		}
		b, a = append(b, s.Before.String()), append(a, s.After.String())
	}
	return strings.Join(b, "\n"), strings.Join(a, "\n")
}

// Standings tells how far each restriction of x has got, in order of their ids.
func (w *Watch) Standings(x *access.Index) []Standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []Standing{}
	for r := range x.Restrictions() {
		s := Standing{Restriction: r.ID, Decision: r.Decision, Subject: r.Subject.String(),
			Resource: r.Resource.String(), Actions: r.Actions, Effect: r.Effect}
		if !r.Start.IsZero() {
			s.Start = &r.Start
		}
		if !r.End.IsZero() {
			s.End = &r.End
		}
		if k := w.seen[r.ID]; k != nil {
			s.Carried, s.CarriedAt, s.Before, s.After, s.Denied = k.Version, k.At, k.Before, k.After, k.Denied
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Standing) int { return strings.Compare(a.Restriction, b.Restriction) })
	return out
}

// Close closes the file.
func (w *Watch) Close() error { return w.file.Close() }
