package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/record/table"
)

// TestLifeOfARecord makes the real output that docs/life-of-a-record.md shows: each block
// after a line "<!-- output: NAME -->" must be what the program says today. UPDATE=1 writes
// the blocks anew.
func TestLifeOfARecord(t *testing.T) {
	const doc = "../../docs/life-of-a-record.md"
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	if code := Main(context.Background(), []string{"demo", "--out", out}, strings.NewReader(""), &stdout, &stderr); code != exitDone {
		t.Fatalf("demo exits with %d: %s", code, stderr.String())
	}
	blocks := lifeBlocks(t, out)
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)<!-- output: ([a-z]+) -->\n```[a-z]*\n(.*?)```\n")
	seen := map[string]bool{}
	now := block.ReplaceAllStringFunc(string(text), func(old string) string {
		m := block.FindStringSubmatch(old)
		want, ok := blocks[m[1]]
		if !ok {
			t.Errorf("%s shows an output %q that nothing makes", doc, m[1])
			return old
		}
		seen[m[1]] = true
		fence := old[strings.Index(old, "```"):]
		head := fence[:strings.Index(fence, "\n")+1]
		return fmt.Sprintf("<!-- output: %s -->\n%s%s```\n", m[1], head, want)
	})
	for name := range blocks {
		if !seen[name] {
			t.Errorf("%s does not show %q", doc, name)
		}
	}
	if now == string(text) {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(doc, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not what the program says today; UPDATE=1 go test ./internal/app rewrites it", doc)
}

func lifeBlocks(t *testing.T, out string) map[string]string {
	t.Helper()
	blocks := map[string]string{}
	world, review := filepath.Join(out, "world"), filepath.Join(out, "review")

	// The contract of the flagship case is the first row of the register.
	f, err := os.Open(filepath.Join(world, "engagements.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, h := range rows[0] {
		if v := rows[1][i]; v != "" {
			fmt.Fprintf(&b, "%-18s %s\n", h, v)
		}
	}
	blocks["row"] = b.String()

	var c recordtest.Collector
	src := recordtest.Sources(t, filepath.Join(world, "engagements.csv"))[0]
	if _, err := table.Decode(context.Background(), src, &c); err != nil {
		t.Fatal(err)
	}
	e := recordtest.Of[*record.Engagement](&c)[0]
	b.Reset()
	fmt.Fprintf(&b, "%s at %s\n", e.ID, e.At)
	fmt.Fprintf(&b, "buyer     %s %v\nend user  %s %v, stated class %q\n", e.Buyer.Name, e.Buyer.Identifiers,
		e.EndUser.Name, e.EndUser.Identifiers, e.EndUser.Class)
	fmt.Fprintf(&b, "item      %s, %s %s\nvalue     %s %s, signed %s\n", e.Items[0].Text, e.Items[0].Quantity,
		e.Items[0].Unit, e.Value, e.Currency, e.Signed)
	blocks["record"] = b.String()

	b.Reset()
	for _, ev := range capability.Item(e.Items[0].Text, e.Items[0].Scheme, e.Items[0].Code).Evidence {
		fmt.Fprintf(&b, "%s\n", ev)
	}
	body := capability.EndUser(e.EndUser.Name, e.EndUser.Class)
	fmt.Fprintf(&b, "end user: %s (%s)\n", body.Class, body.Evidence)
	blocks["capability"] = b.String()

	blocks["joins"] = joinLines(t, filepath.Join(review, "joins.csv"), e.EndUser.Name)

	lead := leadFinding(t, filepath.Join(review, "findings.jsonl"), e.EndUser.Name)
	maps.Copy(blocks, caseBlocks(t, review, lead))
	if len(lead.Evidence) > 3 {
		lead.Evidence = lead.Evidence[:3]
	}
	if len(lead.Series) > 1 {
		lead.Series = lead.Series[:1]
	}
	pretty, err := json.MarshalIndent(lead, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	blocks["finding"] = string(pretty) + "\n"
	return blocks
}

// joinLines shows the first joins of a name, without the mention keys.
func joinLines(t *testing.T, path, name string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	n := 0
	for _, r := range rows[1:] {
		if r[6] == name && n < 5 {
			n++
			fmt.Fprintf(&b, "%s, first seen in %s\n  joined to %s by %s: %s\n", r[1], r[4], r[6], r[7], r[8])
		}
	}
	return b.String()
}

// leadFinding is RF-11 on the party of that name.
func leadFinding(t *testing.T, path, name string) finding.Finding {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var f finding.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		if f.Flag == "RF-11" && f.Subject.Name == name {
			return f
		}
	}
	t.Fatalf("no RF-11 on %s", name)
	return finding.Finding{}
}
