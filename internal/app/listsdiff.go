package app

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/review"
)

// A listChange is one line of "lists diff".
type listChange struct {
	What     string   `json:"what"` // added, removed, changed; raised, no_longer_raised, severity for records
	List     string   `json:"list,omitempty"`
	Entry    string   `json:"entry,omitempty"`
	Name     string   `json:"name,omitempty"`
	Changed  []string `json:"changed,omitempty"` // names, countries, identifiers, effect
	Flag     string   `json:"flag,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	From     string   `json:"from,omitempty"` // severity under the old list
	To       string   `json:"to,omitempty"`   // severity under the new list
	Sentence string   `json:"sentence,omitempty"`
	Entries  []string `json:"entries,omitempty"` // behind a finding, as list/entry
}

func listsDiffCommand(s streams) *cobra.Command {
	var asOf string
	c := &cobra.Command{
		Use:   "diff OLD NEW [RECORDS...]",
		Short: "What a change of a list adds, removes and changes, and what it would have changed in these records",
		Long: `Compares two states of a list, each a file or folder, by the entries in force. With records
(contracts, tables, holdings, ownership) both states are used for a review of them, and what is
raised under one and not under the other is printed. JSON lines; the counts go to standard error.`,
		Example: "  plimsoll lists diff lists-may lists-june contracts/",
		Args:    atLeast(2, "the old list and the new one"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return diffLists(cmd.Context(), s, args[0], args[1], args[2:], asOf)
		},
	}
	c.Flags().StringVar(&asOf, "as-of", "", "day on which entries must be in force, and of the reviews (default today)")
	return c
}

func diffLists(ctx context.Context, s streams, before, after string, records []string, asOf string) error {
	day, err := asOfDay(asOf)
	if err != nil {
		return err
	}
	var states [2]map[string]list.Entry
	for i, path := range []string{before, after} {
		lists, err := load.Load(ctx, []string{path})
		if err != nil {
			return err
		}
		states[i] = entriesByKey(list.InForce(lists, day))
	}
	counts := map[string]int{}
	put := func(c listChange) error {
		counts[c.What]++
		return writeJSON(s.out, c)
	}
	keys := maps.Clone(states[0])
	maps.Copy(keys, states[1])
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		old, was := states[0][k]
		now, is := states[1][k]
		c := listChange{What: "changed", Entry: cmp.Or(now.ID, old.ID), Changed: changedParts(old, now)}
		c.List, _, _ = strings.Cut(k, "\x00")
		switch {
		case !was:
			c.What, c.Changed = "added", nil
		case !is:
			c.What, c.Changed = "removed", nil
		case len(c.Changed) == 0:
			continue
		}
		e := now
		if !is {
			e = old
		}
		if len(e.Names) > 0 {
			c.Name = e.Names[0].Text
		}
		if err := put(c); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.err, "entries added: %d, removed: %d, changed: %d\n", counts["added"], counts["removed"],
		counts["changed"])
	if len(records) == 0 {
		return nil
	}
	var found [2]map[string]finding.Finding
	for i, path := range []string{before, after} {
		if found[i], err = raisedUnder(ctx, path, records, asOf); err != nil {
			return err
		}
	}
	all := maps.Clone(found[0])
	maps.Copy(all, found[1])
	for _, id := range slices.Sorted(maps.Keys(all)) {
		old, was := found[0][id]
		now, is := found[1][id]
		f := now
		if !is {
			f = old
		}
		c := listChange{What: "severity", Flag: f.Flag, Subject: f.Subject.Name, From: old.Severity, To: now.Severity,
			Sentence: f.Sentence}
		for _, h := range f.Hits {
			c.Entries = append(c.Entries, h.List+"/"+h.Entry)
		}
		switch {
		case !was:
			c.What = "raised"
		case !is:
			c.What = "no_longer_raised"
		case old.Severity == now.Severity:
			continue
		}
		if err := put(c); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.err, "findings raised by the new list only: %d, by the old one only: %d, of another severity: %d\n",
		counts["raised"], counts["no_longer_raised"], counts["severity"])
	return nil
}

// entriesByKey indexes entries by the title of their list and their own key.
func entriesByKey(lists []*list.List) map[string]list.Entry {
	out := map[string]list.Entry{}
	for _, l := range lists {
		name := strings.Trim(l.Publisher+": "+l.Title, ": ")
		for _, e := range l.Entries {
			out[cmp.Or(name, l.ID)+"\x00"+e.ID] = e
		}
	}
	return out
}

// changedParts names what differs between two states of an entry.
func changedParts(a, b list.Entry) []string {
	var out []string
	for _, part := range []struct {
		name string
		of   func(list.Entry) any
	}{
		{"names", func(e list.Entry) any { return e.Names }}, {"countries", func(e list.Entry) any {
			return e.Countries
		}},
		{"identifiers", func(e list.Entry) any { return e.Identifiers }},
		{"kind", func(e list.Entry) any { return e.Kind }},
		{"effect", func(e list.Entry) any { return e.Effect }},
	} {
		x, _ := json.Marshal(part.of(a))
		y, _ := json.Marshal(part.of(b))
		if string(x) != string(y) {
			out = append(out, part.name)
		}
	}
	return out
}

// raisedUnder reviews records under one state of a list, and returns what is raised by id.
func raisedUnder(ctx context.Context, path string, records []string, asOf string) (map[string]finding.Finding, error) {
	day, err := asOfDay(asOf)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "plimsoll-diff-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "review")
	if _, err := review.Run(ctx, review.Options{Paths: records, Lists: []string{path}, AsOf: day, Out: out,
		Version: Version}); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(out, "findings.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := map[string]finding.Finding{}
	in := bufio.NewReader(f)
	for dec := json.NewDecoder(in); dec.More(); {
		var x finding.Finding
		if err := dec.Decode(&x); err != nil {
			return nil, fmt.Errorf("read findings under %s: %w", path, err)
		}
		if x.State == finding.Raised {
			found[string(x.ID)] = x
		}
	}
	return found, nil
}
