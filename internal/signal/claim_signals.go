package signal

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/finding"
)

// A claim stands in memory: statements about parties are few, whatever the size of a run.
type claim struct {
	source                                                  int
	at, id, capability, text, saidBy, origin, grade, status string
	url, reply                                              string
	published                                               sql.NullTime
	lacks                                                   int64
}

const claimsSQL = `
SELECT who, source, place, id, capability, text, said_by, url, published, origin, grade, status, reply, lacks
FROM party_claim ORDER BY who, published NULLS LAST, id, content`

// readClaims reads the claims by party.
func (run *Run) readClaims(ctx context.Context) (map[int32][]claim, error) {
	out := map[int32][]claim{}
	err := run.book.Each(ctx, "read claims", claimsSQL, func(r *sql.Rows) error {
		var p int32
		var c claim
		if err := r.Scan(&p, &c.source, &c.at, &c.id, &c.capability, &c.text, &c.saidBy, &c.url, &c.published,
			&c.origin, &c.grade, &c.status, &c.reply, &c.lacks); err != nil {
			return err
		}
		out[p] = append(out[p], c)
		return nil
	})
	return out, err
}

// dead are the statuses of claims that no longer count; they stay visible.
var dead = map[string]bool{
	"not_supported": true, "contradicted": true, "refuted": true, "withdrawn": true, "retracted": true,
	"corrected": true,
	"rejected":  true, "false": true, "removed": true, "dismissed": true, "unfounded": true,
}

// value is a claim as rules see it. A key that the row does not fill is not there.
func (run *Run) claimValue(c claim, parent bool) map[string]any {
	asOf := run.in.AsOf
	m := map[string]any{"parent": parent, "id": c.id}
	lacks := run.lacking(book.Claims, c.lacks)
	if r, n, ok := grade(c.grade); ok {
		m["reliability"], m["credibility"] = r, n
	}
	if c.published.Valid {
		m["age_years"] = asOf.Sub(c.published.Time).Hours() / 24 / 365.25
		m["published"] = c.published.Time.Format(time.DateOnly)
	}
	if !lacks("claims.origin") {
		// A claim that names no origin is its publisher's own.
		m["origin"] = book.PlainWords(latest(latest(c.id, c.saidBy), c.origin))
	}
	if !lacks("claims.status") {
		m["status"] = latest("reported", c.status)
		m["live"] = !dead[c.status]
	}
	// Of a word that names no class nothing is known of what the claim is about.
	if !lacks("claims.capability") && (c.capability == "" || slices.Contains(capability.Classes, c.capability)) {
		m["capability"] = c.capability
	}
	return m
}

// grade reads "B2": reliability A to F, credibility 1 to 6 (the NATO "Admiralty" scale).
func grade(s string) (reliability string, credibility int64, ok bool) {
	s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if len(s) != 2 || s[0] < 'A' || s[0] > 'F' || s[1] < '1' || s[1] > '6' {
		return "", 0, false
	}
	return s[:1], int64(s[1] - '0'), true
}

func (c claim) finding() finding.Claim {
	f := finding.Claim{ID: c.id, Text: c.text, Source: c.saidBy, Grade: c.grade, Status: latest("reported", c.status),
		Origin: c.origin, Reply: c.reply}
	if c.published.Valid {
		f.Published = c.published.Time.Format(time.DateOnly)
	}
	return f
}

func (run *Run) claimFacts(f *Facts, list *rowList, p int32, c *surroundings) {
	values := []map[string]any{}
	take := func(about int32, parent bool) {
		for _, x := range c.claims[about] {
			values = append(values, run.claimValue(x, parent))
			f.Claims = append(f.Claims, x.finding())
			list.add(Row{Signal: "party.claims", Source: x.source, At: x.at, Says: x.says(run.partyName(about),
				parent)})
		}
	}
	take(p, false)
	for _, q := range run.parents[p] {
		take(q, true)
	}
	// Claims about a body count for its parts: where nothing says who belongs to whom, some may be missing.
	run.put(f, nil, cell{name: "party.claims", value: values, gaps: run.unheldGaps(p)})
}

func (c claim) says(about string, parent bool) string {
	s := latest("a source that the row does not name", c.saidBy) + " reported about " + about
	if parent {
		s += ", the body it belongs to"
	}
	if c.published.Valid {
		s += ", " + c.published.Time.Format(time.DateOnly)
	}
	if c.grade != "" {
		s += ", grade " + c.grade
	}
	return s + ", status " + plain(latest("reported", c.status))
}
