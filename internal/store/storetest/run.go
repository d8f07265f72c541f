package storetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/store"
)

// WriteRun writes a folder as "plimsoll review --out" does, with n findings; variant 0 and 1
// differ: in 1, every third finding says something else, and the last tenth has other ids.
func WriteRun(t testing.TB, n, variant int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("run-%d", variant))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range n {
		f := Finding(i, n)
		if variant == 1 && i%3 == 0 {
			f.Sentence += " The newest month is higher."
		}
		if variant == 1 && i >= n-n/10 {
			f.ID += "x"
		}
		f.Evidence = []finding.Evidence{{SHA256: fmt.Sprintf("%064d", variant), File: "usage.csv", At: "row 17"}}
		line, err := f.Line()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
	}
	summary, err := json.Marshal(map[string]any{"tool": map[string]string{"name": "plimsoll", "version": "test"},
		"as_of":  fmt.Sprintf("2026-1%d-01", variant),
		"counts": map[string]int{"rejects": 4}, "packs": []map[string]string{{"name": "house", "version": "1",
			"sha256": "feed"}},
		"flags": map[string]any{"RF-04": map[string]any{"title": "Storage", "checked": 9}, "RF-41": map[string]any{
			"title": "Quiet", "checked": 5, "not_computable": 2},
			"RF-42": map[string]any{"title": "Blind", "checked": 5, "not_computable": 5}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"review.json": string(summary), "findings.jsonl": b.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Finding is the i-th of n invented findings, the worst first. Three in ten are not
// computable; names repeat on purpose, in other case and with accents.
func Finding(i, n int) finding.Finding {
	f := finding.Finding{ID: fmt.Sprintf("f%07d", i), Flag: fmt.Sprintf("RF-%02d", 1+i%40), State: finding.Raised,
		Title: "Storage far beyond contract", Confidence: 1 - float64(i)/float64(n+1),
		Severity: string(casefile.Severities[i*4/n]), Pack: "house", Version: fmt.Sprint(1 + i%2),
		Values: map[string]any{
			"tb": i},
		Subject: finding.Subject{Kind: "party", ID: fmt.Sprintf("party-%d", 1+i%(n/3+1)), Name: fmt.Sprintf("%s %d",
			[]string{"Ministère Nord", "Harbour GmbH", "harbour Gmbh"}[i%3], i%(n/3+1))},
		Sentence: fmt.Sprintf("Stored %d TB, twice what the contract names.", i), Innocent: []string{"a migration"}}
	if i >= n*7/10 {
		f.State, f.Missing = finding.NotComputable, []string{"quantity"}
	}
	if i == 3 {
		f.Claims = []finding.Claim{{ID: "K-1", Text: "The store holds calls.", Source: "The Harbour Post",
			Published: "2026-10-20", Grade: "B2", Origin: "harbour-1"}}
	}
	if i%5 == 4 {
		f.Subject.Kind, f.Subject.Party = "account", f.Subject.ID
		f.Subject.ID = fmt.Sprint("account-", i)
	}
	return f
}

func saveRun(t testing.TB, s *store.Store, n, variant int) error {
	_, _, err := s.SaveRun(t.Context(), "ada", WriteRun(t, n, variant))
	return err
}

func runs(t *testing.T, s *store.Store) {
	ctx := t.Context()
	dir := WriteRun(t, 250, 0)
	r, stored, err := s.SaveRun(ctx, "ada", dir)
	must(t, "store", err)
	if !stored || r.Findings != 250 || r.Raised != 175 || r.Rejects != 4 || r.AsOf != "2026-10-01" {
		t.Errorf("run: %+v", r)
	}
	again, stored, err := s.SaveRun(ctx, "bob", dir)
	must(t, "store again", err)
	if stored || again.ID != r.ID || again.By != "ada" {
		t.Errorf("again: %v %+v", stored, again)
	}
	if n := count(t, s, `SELECT count(*) FROM finding`); n != 250 {
		t.Errorf("%d findings", n)
	}
	f, _, err := s.Finding(ctx, "", "f0000003")
	must(t, "finding", err)
	if want := Finding(3, 250); f.Sentence != want.Sentence || len(f.Evidence) != 1 {
		t.Errorf("finding: %+v", f)
	}
	_, _, err = s.Finding(ctx, "", "nothing")
	refused(t, "no finding", err, store.ErrNoFinding)
	list, err := s.Runs(ctx)
	must(t, "runs", err)
	if len(list) != 1 {
		t.Errorf("%d runs", len(list))
	}
	// What is broken in one line is refused as a whole.
	bad := WriteRun(t, 30, 1)
	b, _ := os.ReadFile(filepath.Join(bad, "findings.jsonl"))
	for name, text := range map[string]string{"cut off": string(b) + `{"id":"z","fla`, "twice": string(b) +
		string(b[:strings.IndexByte(string(b), '\n')+1])} {
		must(t, "write", os.WriteFile(filepath.Join(bad, "findings.jsonl"), []byte(text), 0o644))
		if _, _, err := s.SaveRun(ctx, "ada", bad); err == nil || !strings.Contains(err.Error(), "line 31") {
			t.Errorf("%s: error %v, want one that names line 31", name, err)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM finding`) + count(t, s, `SELECT count(*) FROM run`); n != 251 {
		t.Error("a run that was refused left something")
	}
	// A finding goes into a case as it read on that day.
	d := casefile.NewDesk(s)
	o := opening("from a finding")
	o.Findings = []casefile.FindingRef{{Run: r.ID, ID: "f0000003"}}
	c, err := d.Open(ctx, hand(casefile.Intake), o)
	must(t, "open", err)
	if len(c.Findings) != 1 || c.Findings[0].Flag != "RF-04" || c.Findings[0].Body == "" {
		t.Errorf("findings of the case: %+v", c.Findings)
	}
	lacks(t, "a finding that is not there", d.LinkFinding(ctx, hand(casefile.Intake), c.ID, casefile.FindingRef{
		Run: r.ID, ID: "no"}), "no finding")
	must(t, "the same finding again", d.LinkFinding(ctx, hand(casefile.Intake), c.ID, o.Findings[0]))
	c, err = d.Case(ctx, hand(casefile.Intake), c.ID)
	must(t, "read", err)
	if len(c.Claims) != 1 || c.Claims[0].Grades[0].By != "register" || c.Claims[0].Source != "The Harbour Post" ||
		c.Claims[0].Status != casefile.Reported {
		t.Errorf("claims that came with the finding: %+v", c.Claims)
	}
	checkPoints(t, d, c)
}

// checkPoints follows what the run says into the record.
func checkPoints(t *testing.T, d *casefile.Desk, c casefile.Case) {
	ctx := t.Context()
	must(t, "triage", d.Triage(ctx, hand(casefile.Intake), c.ID, 0, "high", casefile.Triage{Scale: "s", Scope: "s",
		Irremediability: "i", Likelihood: "l", Outcome: "open", Reason: "r"}))
	x, err := d.Propose(ctx, hand(casefile.Investigator), c.ID, casefile.Proposal{Service: "storage",
		Outcome: casefile.Monitor, Standard: casefile.Indication, Severity: "high", Reasons: "growth",
		Findings: []string{"f0000003"}, Scope: casefile.Scope{Party: c.Party, Actions: []string{"use"}},
		Watch: []string{"TB a month"}, Review: "2099-01-01"})
	must(t, "propose", err)
	must(t, "approve", d.Approve(ctx, hand(casefile.Approver), x.ID, "yes"))
	r, err := d.Record(ctx, hand(casefile.Auditor), x.ID)
	must(t, "record", err)
	states := map[string]string{}
	for _, f := range r.Flags {
		states[f.Flag] = f.State
	}
	if states["RF-04"] != "raised" || states["RF-41"] != "not_raised" || states["RF-42"] != "not_computable" {
		t.Errorf("point 8: %v", states)
	}
	if r.Policy.Digest != "feed" || len(r.Policy.Packs) != 2 || len(r.Evidence) != 1 || len(r.Innocent.Known) != 1 {
		t.Errorf("points 2, 9, 10: %+v %+v %+v", r.Policy, r.Evidence, r.Innocent)
	}
	if r.Identity.State != casefile.InForce {
		t.Errorf("monitoring needs nobody to execute it, and stands at %s", r.Identity.State)
	}
}

func facetsAndPages(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const n = 600
	must(t, "store", saveRun(t, s, n, 0))
	for _, q := range []store.FindingQuery{
		{}, {Sort: "name"}, {Flags: []string{"RF-01", "RF-07"}}, {Severity: []string{"low"}, Sort: "name"},
		{States: []string{"not_computable"}},
		{Text: "MINISTERE"}, {Text: "harbour", Severity: []string{"critical"}}, {Party: "party-3"},
		{Kinds: []string{"account"}, Packs: []string{"house 1"}}, {Text: "nobody"},
	} {
		q.Limit = 37
		seen := map[string]bool{}
		var last store.FindingRow
		total, pages := -1, 0
		for {
			p, err := s.Findings(ctx, q)
			must(t, "page", err)
			if total < 0 {
				total = p.Total
				checkFacets(t, s, q, p)
			}
			for _, r := range p.Findings {
				if seen[r.ID] {
					t.Fatalf("%+v: %s twice", q, r.ID)
				}
				seen[r.ID] = true
				if last.ID != "" && q.Sort == "" && last.Place >= r.Place {
					t.Errorf("%+v: place %d after %d", q, r.Place, last.Place)
				}
				last = r
			}
			if pages++; p.Next == "" {
				break
			}
			q.Cursor = p.Next
		}
		q.Cursor = ""
		each := 0
		must(t, "each", s.EachFinding(ctx, q, func(finding.Finding) error { each++; return nil }))
		if len(seen) != total || each != total {
			t.Errorf("%+v: %d rows on %d pages, %d exported, total %d", q, len(seen), pages, each, total)
		}
	}
	for _, bad := range []string{"x", "e30x", "%%%"} {
		_, err := s.Findings(ctx, store.FindingQuery{Cursor: bad})
		refused(t, "cursor "+bad, err, casefile.ErrCursor)
	}
	seen := 0
	for cursor := ""; ; {
		list, next, err := s.Parties(ctx, "", "", cursor, 50)
		must(t, "parties", err)
		seen += len(list)
		if cursor = next; next == "" {
			break
		}
	}
	if want := n/3 + 1; seen != want {
		t.Errorf("%d parties, want %d", seen, want)
	}
	v, err := s.Party(ctx, "party-3")
	must(t, "party", err)
	if len(v.Findings) != 3 {
		t.Errorf("party: %d findings", len(v.Findings))
	}
}

// checkFacets counts by hand what choosing each value would show.
func checkFacets(t *testing.T, s *store.Store, q store.FindingQuery, p store.FindingPage) {
	t.Helper()
	for _, c := range p.Facets["severity"] {
		q := q
		q.Severity = []string{c.Value}
		n := 0
		must(t, "each", s.EachFinding(t.Context(), q, func(finding.Finding) error { n++; return nil }))
		if n != c.N {
			t.Errorf("%+v: facet severity %s says %d, there are %d", q, c.Value, c.N, n)
		}
	}
}

func compare(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const n = 300
	must(t, "store", saveRun(t, s, n, 0))
	must(t, "store", saveRun(t, s, n, 1))
	list, err := s.Runs(ctx)
	must(t, "runs", err)
	d, err := s.CompareRuns(ctx, list[1].ID, list[0].ID, "", "", 1000)
	must(t, "compare", err)
	// 30 ids differ; of the 270 others every third has another sentence.
	if d.New != 30 || d.Gone != 30 || d.Changed != 90 || d.Same != 180 || len(d.Changes) != 150 {
		t.Errorf("new %d gone %d changed %d same %d, %d listed", d.New, d.Gone, d.Changed, d.Same, len(d.Changes))
	}
	if r := list[0]; r.Previous != list[1].ID || r.New != 30 || r.Gone != 30 || r.Changed != 90 ||
		list[1].Previous != "" {
		t.Errorf("the newest run says %+v", r)
	}
	kinds, cursor := map[string]int{}, ""
	for pages := 0; pages < 100; pages++ {
		x, err := s.CompareRuns(ctx, list[1].ID, list[0].ID, "", cursor, 7)
		must(t, "page", err)
		for _, c := range x.Changes {
			kinds[c.Kind]++
			if (c.Before == nil) != (c.Kind == "new") || (c.After == nil) != (c.Kind == "gone") {
				t.Errorf("%s: %+v", c.Kind, c)
			}
		}
		if cursor = x.Next; cursor == "" {
			break
		}
	}
	if kinds["new"] != 30 || kinds["changed"] != 90 || kinds["gone"] != 30 {
		t.Errorf("paged: %v", kinds)
	}
	p, err := s.Previous(ctx, list[0].ID)
	must(t, "previous", err)
	if p.ID != list[1].ID {
		t.Errorf("previous: %s", p.ID)
	}
	_, err = s.Previous(ctx, p.ID)
	refused(t, "before the first", err, store.ErrNoRun)
}
