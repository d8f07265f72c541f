package report

import (
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"

	"plimsoll/internal/review"
)

// Terminal writes the summary that a person reads when the run is done.
func Terminal(w io.Writer, r *review.Result) error {
	var b strings.Builder
	s := r.Summary
	fmt.Fprintf(&b, "%s\n", lede(r))
	fmt.Fprintf(&b, "A flag is a reason to look, not a finding about anyone.\n\n")
	if len(r.Top) > 0 {
		b.WriteString("Look at these first\n")
		for i, l := range r.Top {
			if i == firstLeads {
				break
			}
			fmt.Fprintf(&b, "  %2d  %-9s %-6s %s\n", i+1, l.Finding.Severity, l.Finding.Flag, l.Party)
			fmt.Fprintf(&b, "      %s\n", wrap(l.Finding.Sentence, 92, "      "))
			if c := cardOf(l); c.Also != "" {
				fmt.Fprintf(&b, "      also: %s\n", wrap(c.Also, 86, "            "))
			}
		}
		b.WriteString("\n")
	}
	ids := make([]string, 0, len(s.Flags))
	for id := range s.Flags {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	fmt.Fprintf(&b, "  %-7s %-46s %9s %9s %9s %9s\n", "flag", "", "raised", "not", "exempt", "unknown")
	for _, id := range ids {
		f := s.Flags[id]
		fmt.Fprintf(&b, "  %-7s %-46s %9d %9d %9d %9d\n", id, shorten(f.Title, 46), f.Raised, f.NotRaised, f.Exempt,
			f.NotComputable+f.ToCheck)
	}
	writeOpen(&b, s)
	if s.Demands != nil {
		fmt.Fprintf(&b, "\n%s\n", demandsLede(s.Demands))
	}
	if s.Running != nil {
		fmt.Fprintf(&b, "\n%s\n", wrap(runningLede(s.Running), 100, ""))
	}
	if s.Changes != nil {
		fmt.Fprintf(&b, "\nSince %s: %s\n", s.Changes.Since, wrap(changesLede(s.Changes), 92, "      "))
	}
	if s.Neutrality != nil {
		fmt.Fprintf(&b, "\n%s\n", wrap(neutralityLede(s.Neutrality), 100, ""))
	}
	b.WriteString("\n")
	for _, l := range coverageLines(s) {
		fmt.Fprintf(&b, "  %-22s %s\n", l.Term, wrap(l.Text, 80, strings.Repeat(" ", 25)))
	}
	fmt.Fprintf(&b, "  %-22s %s read, %s records made of them, %s not used (rejects.jsonl)\n", "Rows",
		Count(s.Counts.Rows), Count(s.Counts.Records), Count(s.Counts.Rejects))
	fmt.Fprintf(&b, "\nReport: %s\n", filepath.Join(r.Out, "report.html"))
	_, err := io.WriteString(w, b.String())
	return err
}

func wrap(s string, width int, indent string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(s) {
		l := len([]rune(word))
		if i > 0 {
			if n+1+l > width {
				b.WriteString("\n" + indent)
				n = 0
			} else {
				b.WriteByte(' ')
				n++
			}
		}
		b.WriteString(word)
		n += l
	}
	return b.String()
}

// writeOpen says what is not known, the first reasons with what would settle them, and how many
// names are to be checked.
func writeOpen(b *strings.Builder, s review.Summary) {
	if len(s.Open) > 0 {
		b.WriteString("\nNot known, and so not clear\n")
	}
	for i, x := range opens(s) {
		if i == openLines {
			fmt.Fprintf(b, "  and %s more in review.json (unknown)\n", Plural(len(s.Open)-i, "reason", "reasons"))
			break
		}
		t := x.Why
		if x.What != "" {
			t += " (" + x.What + ")"
		}
		t += fmt.Sprintf(": %s (%s). To settle it: %s.", x.Much, some(x.Flags[:min(len(x.Flags), openFlags)],
			len(x.Flags)), x.Supply)
		fmt.Fprintf(b, "  %s\n", wrap(t, 92, "      "))
	}
	if len(s.Tenders) > 0 {
		fmt.Fprintf(b, "\nTenders: %s\n", wrap(tendersLede(s.Tenders), 92, "      "))
	}
	if n := len(s.ToCheck); n > 0 {
		fmt.Fprintf(b, "\nNames to check: %s like one on a list, and nothing else speaks for it; neither raised nor "+
			"clear.\n",
			Plural(n, "name is", "names are"))
	}
}
