package publication

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"plimsoll/internal/casefile"
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
	p.fact("", "standing", "notice", status)
	return p, nil
}

// demandPage makes the page of a demand as it stands in the newest review that knows it.
func demandPage(ctx context.Context, tx *sql.Tx, id string) (Page, error) {
	p := Page{Kind: OfDemand, Subject: id}
	lines, asOf, err := demandLines(ctx, tx)
	if err != nil {
		return p, err
	}
	for _, l := range lines {
		if l.Demand == id {
			p.AsOf = asOf
			p.demand(l)
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
	p.fact("", "votes", "", l.Votes)
	p.fact("", "objections", "", l.Objections)
	source := l.Issuer
	if source == "" {
		source = l.Instrument
	}
	p.section("demanded", Block{Quote: &Quote{Source: source, Text: l.Text}})
	answers := []Block{{Text: capital(l.Words) + "."}}
	for _, a := range l.Given {
		answers = append(answers, Block{Quote: &Quote{Source: or(a.Publisher, a.By), Hidden: a.Publisher == "" && a.By == "", On: a.On, Status: string(a.Acted), Grade: a.Grade, Text: a.Text}})
	}
	p.section("answers", answers...)
}

// demandLines reads how the demands of the newest review stand.
func demandLines(ctx context.Context, tx *sql.Tx) ([]obligation.Line, string, error) {
	var summary string
	err := tx.QueryRowContext(ctx, `SELECT summary FROM run ORDER BY seq DESC LIMIT 1`).Scan(&summary)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read newest review: %w", err)
	}
	var x struct {
		AsOf    string `json:"as_of"`
		Demands *struct {
			Standing []obligation.Line `json:"standing"`
		} `json:"demands"`
	}
	if err := json.Unmarshal([]byte(summary), &x); err != nil {
		return nil, "", fmt.Errorf("read newest review: %w", err)
	}
	if x.Demands == nil {
		return nil, x.AsOf, nil
	}
	return x.Demands.Standing, x.AsOf, nil
}
