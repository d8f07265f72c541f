package review

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/world"
)

// openReadings are how the numbers are read of a sentence that says why a flag is not computable: the group of the
// pattern is a number that of counts in the files.
var openReadings = []struct {
	pattern *regexp.Regexp
	of      func(b *plainBooks, f finding.Finding) int
}{
	{regexp.MustCompile("ties account .*? to a party: " + number + " (?:rows?|charges?)"),
		func(b *plainBooks, f finding.Finding) int {
			return b.count("usage", func(r map[string]string) bool {
				return placeOf(r["BillingAccountId"], r["SubAccountId"]) == f.Subject.ID
			})
		}},
	{regexp.MustCompile(number + " rows? (?:is|are) dated after the day of the review"),
		func(b *plainBooks, f finding.Finding) int {
			return b.count("approvals", func(r map[string]string) bool {
				return r["engagement_id"] == f.Subject.ID && r["decided"] > world.Today
			})
		}},
	{regexp.MustCompile("(?:computed: |; )" + number + " accounts? (?:has|have) no bill"),
		func(b *plainBooks, f finding.Finding) int {
			return b.count("accounts", func(r map[string]string) bool {
				mine := subjectOf(r["party_id"], r["party_name"]) == f.Subject.ID || subjectOf(r["end_user_id"],
					r["end_user"]) == f.Subject.ID
				return mine && b.count("usage", func(u map[string]string) bool {
					return u["BillingAccountId"] == r["account_id"]
				}) == 0
			})
		}},
}

func placeOf(account, sub string) string {
	if sub == "" {
		return account
	}
	return account + "/" + sub
}

// count returns how many rows of a table fit.
func (b *plainBooks) count(table string, fits func(map[string]string) bool) int {
	n := 0
	for _, r := range b.tables[table] {
		if fits(r) {
			n++
		}
	}
	return n
}

// checkOpen compares the numbers of a sentence about what is not computable with the books, and returns how many there
// were.
func (b *plainBooks) checkOpen(f finding.Finding) (int, error) {
	text := f.Sentence
	called := slices.Concat([]string{f.Subject.Name}, f.Accounts, f.Engagement)
	for _, g := range f.Unknown {
		called = append(called, g.What)
	}
	slices.SortFunc(called, func(x, y string) int { return len(y) - len(x) })
	for _, name := range called {
		if name != "" {
			text = strings.ReplaceAll(text, name, "")
		}
	}
	text = quoted.ReplaceAllString(text, "")
	n := 0
	for _, r := range openReadings {
		at := r.pattern.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		got, _ := shown(text[at[2]:at[3]])
		if want := r.of(b, f); got != float64(want) {
			return 0, fmt.Errorf("%s is written, %d is what the files give", text[at[2]:at[3]], want)
		}
		text, n = text[:at[2]]+text[at[3]:], n+1
	}
	if m := regexp.MustCompile(`[0-9][0-9.,\x{202f}]*`).FindString(text); m != "" {
		return 0, fmt.Errorf("the number %s is not recomputed", m)
	}
	return n, nil
}
