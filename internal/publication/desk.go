package publication

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger"
)

// Leaf is the kind of the leaves that hold a page as it was released.
const Leaf = "publication"

// A Desk is where publications are prepared. It may be used from many goroutines.
type Desk struct {
	DB    casefile.Database
	Cases *casefile.Desk
	Now   func() time.Time
}

// NewDesk returns a desk beside that of the cases.
func NewDesk(cases *casefile.Desk) *Desk { return &Desk{DB: cases.DB, Cases: cases, Now: cases.Now} }

// MayPropose says why an actor may not propose a publication by role alone; nil when the role allows it.
func MayPropose(by casefile.Actor) error { return may(by, casefile.Publisher) }

// MayRelease says why an actor may not release one by role alone.
func MayRelease(by casefile.Actor) error { return may(by, Releasers...) }

func may(by casefile.Actor, roles ...casefile.Role) error {
	switch {
	case by.Program:
		return casefile.ErrProgram
	case !by.Has(roles...):
		return casefile.ErrForbidden
	}
	return nil
}

// Prepare makes the page that a draft would be, and says what it still lacks.
func (d *Desk) Prepare(ctx context.Context, by casefile.Actor, x Draft) (p Publication, lacks []string, err error) {
	if err := MayPropose(by); err != nil {
		return p, nil, err
	}
	p.Draft = x
	for i := range p.Redactions {
		p.Redactions[i].Role = casefile.Publisher
	}
	page, c, err := d.page(ctx, by, x.Kind, x.Subject)
	if err != nil {
		return p, nil, err
	}
	p.Case = c
	if p.Basis, err = page.sum(); err != nil {
		return p, nil, err
	}
	if lacks = x.lacks(); len(lacks) > 0 {
		p.Page = page
		return p, lacks, nil
	}
	page.Title, page.Summary, page.Language = strings.TrimSpace(x.Title), strings.TrimSpace(x.Summary), x.Language
	page.redact(p.Redactions)
	if w := page.left(p.Redactions); w != "" {
		lacks = append(lacks, fmt.Sprintf("the words “%s” taken out everywhere: they stand in the reason of a "+
			"redaction, or in the id", w))
	}
	for _, m := range page.Marks {
		if m.Count == 0 {
			lacks = append(lacks, fmt.Sprintf("redaction %d to take something out: what it names stands nowhere on "+
				"the page", m.No))
		}
	}
	lacks = append(lacks, page.Lint()...)
	p.Page = page
	return p, lacks, nil
}

// lacks lists what a draft still needs, but for what its page shows.
func (x Draft) lacks() (out []string) {
	need := func(ok bool, what string) {
		if !ok {
			out = append(out, what)
		}
	}
	need(slices.Contains(Kinds, x.Kind), "what it is about: a decision, a notice or a demand")
	need(strings.TrimSpace(x.Title) != "", "a title")
	need(strings.TrimSpace(x.Summary) != "", "a summary for readers who read nothing else")
	need(len(x.Language) >= 2, "the language of its words")
	for i, r := range x.Redactions {
		no := fmt.Sprintf("for redaction %d: ", i+1)
		need((r.Part == "") != (strings.TrimSpace(r.Words) == ""), no+"either a part or words")
		need(r.Part == "" || slices.Contains(Parts, r.Part), no+"a part that a page has: "+strings.Join(Parts, ", "))
		need(slices.Contains(Grounds, r.Kind), no+"what kind it is of")
		need(strings.TrimSpace(r.Why) != "", no+"the reason")
		if r.Until != "" {
			_, err := time.Parse(time.DateOnly, r.Until)
			need(err == nil, no+"a day like 2032-07-01 on which it is looked at again")
		}
	}
	return out
}

// page makes the page of a subject as it is now, with nothing taken out.
func (d *Desk) page(ctx context.Context, by casefile.Actor, kind Kind, subject string) (p Page, c casefile.ID,
	err error) {
	switch kind {
	case OfDecision:
		id := casefile.ID(subject)
		f, err := d.Cases.Involved(ctx, by, id)
		if err != nil {
			return p, "", err
		}
		i := slices.IndexFunc(f.Decisions, func(x casefile.Decision) bool { return x.ID == id })
		if i < 0 {
			return p, "", casefile.ErrNotFound
		}
		if x := f.Decisions[i]; x.Decided.IsZero() || x.State == casefile.Refused {
			return p, "", &casefile.Lacking{Move: "A publication", Needs: []string{"a decision that was approved"}}
		}
		p = decisionPage(f, f.Decisions[i], d.Now())
		c = f.ID
	case OfNotice, OfDemand:
		err := d.DB.Read(ctx, func(tx *sql.Tx) (err error) {
			if kind == OfNotice {
				p, err = noticePage(ctx, tx, subject)
				p.AsOf = d.now().Format(time.DateOnly)
			} else {
				p, err = demandPage(ctx, tx, subject, d.Now())
			}
			return err
		})
		if err != nil {
			return p, "", err
		}
	default:
		return p, "", &casefile.Lacking{Move: "A publication", Needs: []string{
			"what it is about: a decision, a notice or a demand"}}
	}
	return p, c, nil
}

// Propose keeps a draft for another person to release.
func (d *Desk) Propose(ctx context.Context, by casefile.Actor, x Draft) (Publication, error) {
	p, lacks, err := d.Prepare(ctx, by, x)
	if err != nil {
		return p, err
	}
	if len(lacks) > 0 {
		return p, &casefile.Lacking{Move: "The publication", Needs: lacks}
	}
	made, err := d.once(ctx, by, MayPropose, "propose publication", x, func(tx *sql.Tx) (ID, error) {
		newest, err := newest(ctx, tx, x.Kind, x.Subject)
		if err != nil {
			return "", err
		}
		switch {
		case newest.State == Proposed:
			return "", ErrWaiting
		case newest.Asked != nil:
			return "", ErrAsked
		case newest.Public() && strings.TrimSpace(x.Correction) == "":
			return "", &casefile.Lacking{Move: "The publication", Needs: []string{
				"what was wrong in the earlier one, and what is right"}}
		case !newest.Public():
			p.Correction = ""
		}
		if strings.TrimSpace(p.Correction) != "" {
			probe := Page{Summary: p.Correction}
			if lacks := append(probe.Lint(), leftIn(p.Correction, p.Redactions)...); len(lacks) > 0 {
				return "", &casefile.Lacking{Move: "The publication", Needs: lacks}
			}
		}
		p.Version, p.State, p.Proposer, p.Proposed = newest.Version+1, Proposed, by.ID, d.now()
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) + 1 FROM publication`).Scan(&n); err != nil {
			return "", err
		}
		p.ID = ID(fmt.Sprintf("P-%04d", n))
		if err := d.insert(ctx, tx, by, n, p); err != nil {
			return "", err
		}
		return p.ID, d.say(ctx, tx, by, p, casefile.EventPublicationProposed,
			fmt.Sprintf("Publication %s of %s proposed: %s",
				p.ID, p.Subject, p.Title))
	})
	if err != nil {
		return p, fmt.Errorf("propose publication: %w", err)
	}
	return d.Get(ctx, by, made)
}

// leftIn says which of the words that are taken out of a page stand in a text beside it.
func leftIn(text string, list []Redaction) (out []string) {
	for _, r := range list {
		if r.Words != "" && wordsOf(r.Words).MatchString(text) {
			out = append(out, fmt.Sprintf("the words “%s” taken out of the correction, too", r.Words))
		}
	}
	return out
}

// Release puts a publication on the site from its next writing on. It takes another person than the one who proposed
// it.
func (d *Desk) Release(ctx context.Context, by casefile.Actor, id ID, reasons string) error {
	return d.second(ctx, by, id, reasons, func(tx *sql.Tx, p *Publication) error {
		p.State = Released
		if lacks := p.Page.Lint(); len(lacks) > 0 {
			return &casefile.Lacking{Move: "The publication", Needs: lacks}
		}
		page, err := json.Marshal(p.Page)
		if err != nil {
			return err
		}
		if _, err := ledger.Append(ctx, tx, ledger.Entry{Kind: Leaf, Subject: string(p.ID), Actor: by.ID,
			Content: page}); err != nil {
			return err
		}
		if p.Version > 1 {
			old, err := public(ctx, tx, p.Kind, p.Subject)
			if err != nil {
				return err
			}
			for _, o := range old {
				o.State, o.Gone, o.Next = Corrected, d.now(), p.ID
				if o.GoneWhy == "" {
					o.GoneWhy = p.Correction
				}
				if err := d.update(ctx, tx, by, o); err != nil {
					return err
				}
			}
		}
		return d.say(ctx, tx, by, *p, casefile.EventPublicationReleased,
			fmt.Sprintf("Publication %s of %s released: %s", p.ID,
				p.Subject, reasons))
	})
}

// Refuse ends a proposal.
func (d *Desk) Refuse(ctx context.Context, by casefile.Actor, id ID, reasons string) error {
	return d.second(ctx, by, id, reasons, func(tx *sql.Tx, p *Publication) error {
		p.State = Refused
		return d.say(ctx, tx, by, *p, casefile.EventPublicationRefused,
			fmt.Sprintf("Publication %s of %s refused: %s", p.ID,
				p.Subject, reasons))
	})
}

// second records the word of the second person.
func (d *Desk) second(ctx context.Context, by casefile.Actor, id ID, reasons string,
	do func(*sql.Tx, *Publication) error) error {
	if err := MayRelease(by); err != nil {
		return err
	}
	if strings.TrimSpace(reasons) == "" {
		return &casefile.Lacking{Move: "Your word on a publication", Needs: []string{"reasons"}}
	}
	p, err := d.Get(ctx, by, id)
	if err != nil {
		return err
	}
	if p.Case != "" {
		if _, err := d.Cases.Involved(ctx, by, p.Case); err != nil {
			return err
		}
	}
	_, err = d.once(ctx, by, MayRelease, "decide publication", []any{id, reasons}, func(tx *sql.Tx) (ID, error) {
		p, err := lock(ctx, tx, id)
		switch {
		case err != nil:
			return "", err
		case p.State != Proposed:
			return "", ErrState
		case p.Proposer == by.ID:
			return "", ErrOwn
		}
		p.Second, p.Decided, p.Reasons = by.ID, d.now(), reasons
		if err := do(tx, &p); err != nil {
			return "", err
		}
		return id, d.update(ctx, tx, by, p)
	})
	if err != nil {
		return fmt.Errorf("decide on publication %s: %w", id, err)
	}
	return nil
}

func (d *Desk) now() time.Time { return d.Now().UTC().Truncate(time.Microsecond) }

// once runs a change in one transaction, and once for each idempotency key, if the actor is still allowed to then.
func (d *Desk) once(ctx context.Context, by casefile.Actor, allowed func(casefile.Actor) error, what string, in any,
	do func(*sql.Tx) (ID, error)) (made ID, err error) {
	print, err := casefile.Fingerprint(what, "", in)
	if err != nil {
		return "", err
	}
	err = d.DB.Write(ctx, func(tx *sql.Tx) error {
		// A role that was taken away, or an account that was closed, since the request was signed in counts no more.
		if d.Cases.Current != nil {
			now, err := d.Cases.Current(ctx, tx, by)
			if err == nil {
				err = allowed(now)
			}
			if err != nil {
				return err
			}
		}
		seen, repeated, err := casefile.Repeated(ctx, tx, by, what, print, d.now())
		if err != nil || repeated {
			made = ID(seen)
			return err
		}
		if made, err = do(tx); err != nil {
			return err
		}
		return casefile.Answered(ctx, tx, by, string(made))
	})
	return made, err
}

func (d *Desk) say(ctx context.Context, tx *sql.Tx, by casefile.Actor, p Publication, kind casefile.EventKind,
	text string) error {
	return d.Cases.Note(ctx, tx, casefile.Event{Actor: by.ID, Kind: kind, Case: p.Case, Subject: casefile.ID(p.ID),
		Text: text})
}

// Get reads one publication. That of a decision is seen by those who may read its case.
func (d *Desk) Get(ctx context.Context, by casefile.Actor, id ID) (p Publication, err error) {
	if !by.MayRead() {
		return p, casefile.ErrForbidden
	}
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		p, err = one(ctx, tx, `WHERE id = $1`, string(id))
		return err
	})
	if err != nil {
		return Publication{}, err
	}
	if p.Case != "" {
		if _, err := d.Cases.Case(ctx, by, p.Case); errors.Is(err, casefile.ErrNotFound) {
			return Publication{}, ErrNotFound
		} else if err != nil {
			return Publication{}, err
		}
	}
	return p, nil
}

// List lists publications that an actor may see, newest first; of those on the site it says whether their subject has
// changed since.
func (d *Desk) List(ctx context.Context, by casefile.Actor) (out []Publication, err error) {
	if !by.MayRead() {
		return nil, casefile.ErrForbidden
	}
	var found []Publication
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		found, err = read(ctx, tx, `ORDER BY seq DESC`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list publications: %w", err)
	}
	for _, p := range found {
		if p.Case != "" {
			if _, err := d.Cases.Case(ctx, by, p.Case); errors.Is(err, casefile.ErrNotFound) ||
				errors.Is(err, casefile.ErrRecused) {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		if p.State == Released {
			page, _, err := d.page(ctx, by, p.Kind, p.Subject)
			if err == nil {
				page.AsOf = p.Page.AsOf
				now, err := page.sum()
				p.Stale = err == nil && now != p.Basis
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// Waiting counts what waits for this person's word.
func (d *Desk) Waiting(ctx context.Context, by casefile.Actor) (n int, err error) {
	if MayRelease(by) != nil {
		return 0, nil
	}
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM publication WHERE state = $1 AND proposer <> $2`,
			string(Proposed), by.ID).Scan(&n)
		if err != nil {
			return err
		}
		asked, err := read(ctx, tx, `WHERE state IN ('released', 'corrected') AND body LIKE '%"withdraw_asked":{%'`)
		for _, p := range asked {
			if p.Asked != nil && p.Asked.By != by.ID {
				n++
			}
		}
		return err
	})
	return n, err
}
