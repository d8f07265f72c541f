package review

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/internal/list"
)

// issuerReplyDays are the working days that a letter gives an issuer, as letters of cases do by default.
const issuerReplyDays = 15

const issuerClaimsSQL = `
SELECT who, text, said_by, url, published, status, reply FROM party_claim ORDER BY who, published NULLS LAST, id, content`

// issuerClaim is one statement about an issuer.
type issuerClaim struct{ text, by, url, day, status, reply string }

// letters writes letters.md: for each issuer of which lists, ownership or claims say something, a draft of a letter
// that asks it. Each statement stays somebody's; nothing is decided.
func (r *run) letters(ctx context.Context) error {
	if r.sum.Holdings == nil || len(r.sum.Holdings.Lines) == 0 {
		return nil
	}
	claims := map[int32][]issuerClaim{}
	err := r.book.Each(ctx, "read claims", issuerClaimsSQL, func(rows *sql.Rows) error {
		var who int32
		var c issuerClaim
		var day sql.NullTime
		if err := rows.Scan(&who, &c.text, &c.by, &c.url, &day, &c.status, &c.reply); err != nil {
			return err
		}
		if day.Valid {
			c.day = day.Time.Format("2 January 2006")
		}
		claims[who] = append(claims[who], c)
		return nil
	})
	if err != nil {
		return err
	}
	byIssuer, order := map[string][]HoldingLine{}, []string{}
	for _, l := range r.sum.Holdings.Lines {
		if l.Status == RemovedEntry {
			continue // nothing stands any more that could be asked about
		}
		if byIssuer[l.Party] == nil {
			order = append(order, l.Party)
		}
		byIssuer[l.Party] = append(byIssuer[l.Party], l)
	}
	if len(order) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Drafts of letters to issuers, as of %s\n\nA person reads, completes and signs each. A listing "+
		"or a report is no finding about anyone.\n", r.sum.AsOf)
	for _, party := range order {
		r.letter(&b, byIssuer[party], claims[r.place[party]])
	}
	r.sum.Holdings.Letters = len(order)
	if err := os.WriteFile(filepath.Join(r.dir, "letters.md"), []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write letters.md: %w", err)
	}
	return nil
}

// letter writes one letter.
func (r *run) letter(b *strings.Builder, lines []HoldingLine, claims []issuerClaim) {
	first := lines[0]
	fmt.Fprintf(b, "\n---\n\n## %s\n\n", first.Issuer)
	var ids []string
	for _, l := range lines {
		if l.ISIN != "" && !slices.Contains(ids, "ISIN "+l.ISIN) {
			ids = append(ids, "ISIN "+l.ISIN)
		}
	}
	if p, ok := r.place[first.Party]; ok {
		for _, id := range r.res.Parties[p].Identifiers {
			if s := strings.Replace(id.String(), ":", " ", 1); !slices.Contains(ids, s) {
				ids = append(ids, s)
			}
		}
	}
	fmt.Fprintf(b, "To: %s, investor relations\n", first.Issuer)
	if len(ids) > 0 {
		fmt.Fprintf(b, "Re: our holding (%s)\n", strings.Join(ids, ", "))
	}
	b.WriteString("\nDear Sir or Madam,\n\nWe hold securities of your company. Sources that we read say what stands " +
		"below. We have not decided whether it is correct. " +
		"Before we do, we ask you to comment on each statement: what is right, what is wrong, and what is missing.\n\n")
	n := 0
	say := func(s string) {
		n++
		fmt.Fprintf(b, "%d. %s\n", n, s)
	}
	said := map[string]bool{}
	for _, l := range lines {
		if s := r.assertion(l); !said[s] {
			said[s] = true
			say(s)
		}
	}
	for _, c := range claims {
		s := c.by + " reported"
		if c.by == "" {
			s = "A source that the records do not name reported"
		}
		if c.day != "" {
			s += " on " + c.day
		}
		s += ": " + c.text
		if c.url != "" {
			s += " (" + c.url + ")"
		}
		if c.status != "" {
			s += " Status on file: " + strings.ReplaceAll(c.status, "_", " ") + "."
		}
		if c.reply != "" {
			s += " Your reply on file: “" + c.reply + "”"
		}
		say(s)
	}
	b.WriteString("\nWe also ask:\n\n- Is the company meant your company? If not, by which number of a register can " +
		"the two be told apart?\n" +
		"- Does what is stated still hold? Since when not?\n- Which measures has the company taken, and who has " +
		"looked at their effect?\n" +
		"- What does the company do to find out whom its products and services serve in the end?\n")
	fmt.Fprintf(b, "\nPlease answer within %d working days of receiving this letter. Your answer is kept word for "+
		"word and stands beside the statement wherever we show it. "+
		"No answer is recorded as no answer.\n\nYours faithfully\n", issuerReplyDays)
}

// assertion words what is said of an issuer so that it stays the source's statement.
func (r *run) assertion(l HoldingLine) string {
	where := l.List
	if l.Entry != "" {
		where += ", entry " + l.Entry
	}
	var s string
	switch l.Status {
	case OnList:
		s = fmt.Sprintf("%s names %s (%s).", where, l.Issuer, l.Says)
	case StandingCheck:
		s = fmt.Sprintf("%s names a body whose name is like yours (%s). Is it your company?", where, l.Says)
	case OwnedByList:
		s = fmt.Sprintf("Ownership statements say: %s. %s names an owner.", l.Says, where)
	case OwnsList:
		s = fmt.Sprintf("Ownership statements say: %s. %s names the company that is held.", l.Says, where)
	}
	if e := r.entryOf(l); e != nil {
		if day := e.Listed.String(); day != "" {
			s += " Listed since " + day + "."
		}
		if e.URL != "" {
			s += " Source: " + e.URL + "."
		}
	}
	if l.Effect != "" {
		s += " The list says of its effect: " + strings.TrimSuffix(l.Effect, ".") + "."
	}
	return s
}

// entryOf is the entry of a list that a line names, nil when it is not found.
func (r *run) entryOf(l HoldingLine) *list.Entry {
	for _, x := range r.lists {
		if title(x) != l.List && x.ID != l.List {
			continue
		}
		for i := range x.Entries {
			if x.Entries[i].ID == l.Entry {
				return &x.Entries[i]
			}
		}
	}
	return nil
}
