package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/obligation"
)

// noticePage makes the page of a notice: the month in which it came and what became of it. None of its words, and not
// its number, which its sender holds.
func noticePage(ctx context.Context, tx *sql.Tx, id string) (Page, error) {
	p := Page{Kind: OfNotice}
	var received, status string
	err := tx.QueryRowContext(ctx, `SELECT received, status FROM notice WHERE id = $1`, id).Scan(&received, &status)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNotFound
	}
	if err != nil {
		return p, fmt.Errorf("read notice: %w", err)
	}
	if status != "answered" && status != "closed" {
		return p, &casefile.Lacking{Move: "A publication", Needs: []string{"a notice that was answered or closed"}}
	}
	if len(received) >= len("2006-01") {
		p.fact("", "received", "", received[:len("2006-01")])
	}
	p.fact("", "standing", "noticed", status)
	return p, nil
}

// demandPage makes the page of a demand as it stands today, with the answers on file and those that were recorded here.
func demandPage(ctx context.Context, tx *sql.Tx, id string, now time.Time) (Page, error) {
	p := Page{Kind: OfDemand, Subject: id, AsOf: now.UTC().Format(time.DateOnly)}
	list, err := docket.In(ctx, tx, now)
	if err != nil {
		return p, err
	}
	for _, d := range list {
		if d.Line.Demand == id {
			p.demand(d.Line)
			return p, nil
		}
	}
	return p, ErrNotFound
}

func (p *Page) demand(l obligation.Line) {
	p.fact("", "standing", "standing", string(l.Status))
	p.fact("", "due", "", l.DueWords)
	p.fact("addressee", "addressee", "", l.Addressee)
	p.fact("", "addressees", "addressee", string(l.Of))
	p.fact("", "instrument", "", l.Instrument)
	p.fact("", "clause", "", l.Clause)
	p.fact("", "force", "force", string(l.Force))
	p.fact("", "read", "read", string(l.Read))
	switch {
	case l.SHA256 != "":
		p.fact("", "document", "", "SHA-256 "+l.SHA256)
	case l.Read != obligation.Memory:
		p.fact("", "document", "document", "none")
	}
	p.fact("", "votes", "", l.Votes)
	p.fact("", "objections", "", l.Objections)
	source := l.Issuer
	if source == "" {
		source = l.Instrument
	}
	p.section("demanded", Block{Quote: &Quote{Source: source, Text: l.Text}})
	answers := []Block{{Text: capital(l.Words) + "."}}
	for _, a := range l.Given {
		answers = append(answers, Block{Quote: &Quote{Source: or(a.Publisher, a.By), Hidden: a.Publisher == "" &&
			a.By == "", On: a.On, Status: string(a.Acted), Grade: a.Grade, Text: a.Text}})
	}
	p.section("answers", answers...)
}

// DecisionOf finds the decision that a number stands for which strangers can read: that of a page on the site, or of
// the decision itself. What is not on the site is ErrNotFound.
func (d *Desk) DecisionOf(ctx context.Context, number string) (id casefile.ID, err error) {
	number = strings.ToUpper(strings.TrimSpace(number))
	err = d.DB.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx,
			`SELECT subject FROM publication WHERE kind = $2 AND state IN ('released', 'corrected') AND (id = $1 OR subject = $1) LIMIT 1`,
			number, string(OfDecision)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	return id, err
}
