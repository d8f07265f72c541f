package publication

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"plimsoll/internal/casefile"
)

// Withdraw asks that a publication be taken off the site; another person decides. What endangers somebody the site
// withholds from its next writing on, with the reason, until that person has decided.
func (d *Desk) Withdraw(ctx context.Context, by casefile.Actor, id ID, why string, danger bool) error {
	if err := MayRelease(by); err != nil {
		return err
	}
	if strings.TrimSpace(why) == "" {
		return &casefile.Lacking{Move: "Withdrawing a publication", Needs: []string{"the reason, which is published"}}
	}
	if p := (&Page{Summary: why}); len(p.Lint()) > 0 {
		return &casefile.Lacking{Move: "Withdrawing a publication", Needs: p.Lint()}
	}
	err := d.withdrawal(ctx, by, id, []any{id, why, danger}, func(tx *sql.Tx, p *Publication) error {
		if p.Asked != nil {
			return ErrAsked
		}
		p.Asked = &Asked{By: by.ID, At: d.now(), Why: why, Danger: danger}
		held := ""
		if danger {
			held = "; the site withholds it until a second person has decided"
		}
		if err := d.say(ctx, tx, by, *p, casefile.EventWithdrawalAsked,
			fmt.Sprintf("Publication %s of %s to be withdrawn: %s%s",
				p.ID, p.Subject, why, held)); err != nil {
			return err
		}
		return d.update(ctx, tx, by, *p)
	})
	if err != nil {
		return fmt.Errorf("withdraw publication %s: %w", id, err)
	}
	return nil
}

// DecideWithdrawal is the word of the second person: the publication goes with all its versions, and its number, the
// day and the reason stay on the site; or it stays.
func (d *Desk) DecideWithdrawal(ctx context.Context, by casefile.Actor, id ID, agree bool, reasons string) error {
	if err := MayRelease(by); err != nil {
		return err
	}
	if strings.TrimSpace(reasons) == "" {
		return &casefile.Lacking{Move: "Your word on a withdrawal", Needs: []string{"reasons"}}
	}
	err := d.withdrawal(ctx, by, id, []any{id, agree, reasons}, func(tx *sql.Tx, p *Publication) error {
		switch {
		case p.Asked == nil:
			return ErrState
		case p.Asked.By == by.ID:
			return ErrOwnAsk
		}
		asked := *p.Asked
		p.Asked = nil
		if !agree {
			if err := d.say(ctx, tx, by, *p, casefile.EventWithdrawalRefused,
				fmt.Sprintf("Publication %s of %s stays: %s", p.ID,
					p.Subject, reasons)); err != nil {
				return err
			}
			return d.update(ctx, tx, by, *p)
		}
		if err := d.say(ctx, tx, by, *p, casefile.EventPublicationWithdrawn,
			fmt.Sprintf("Publication %s of %s withdrawn: %s (%s)",
				p.ID, p.Subject, asked.Why, reasons)); err != nil {
			return err
		}
		// What is in one version is perhaps in the others of the same.
		all, err := read(ctx, tx, `WHERE kind = $1 AND subject = $2 AND state IN ('released', 'corrected')`,
			string(p.Kind), p.Subject)
		if err != nil {
			return err
		}
		for _, o := range all {
			o.State, o.Gone, o.GoneWhy, o.Asked = Withdrawn, d.now(), asked.Why, nil
			if err := d.update(ctx, tx, by, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("decide on the withdrawal of publication %s: %w", id, err)
	}
	return nil
}

// withdrawal runs a step of a withdrawal of what is on the site.
func (d *Desk) withdrawal(ctx context.Context, by casefile.Actor, id ID, in []any,
	do func(*sql.Tx, *Publication) error) error {
	p, err := d.Get(ctx, by, id)
	if err != nil {
		return err
	}
	if p.Case != "" {
		if _, err := d.Cases.Involved(ctx, by, p.Case); err != nil {
			return err
		}
	}
	_, err = d.once(ctx, by, MayRelease, "withdraw publication", in, func(tx *sql.Tx) (ID, error) {
		p, err := lock(ctx, tx, id)
		if err != nil {
			return "", err
		}
		if p.State != Released && p.State != Corrected {
			return "", ErrState
		}
		return id, do(tx, &p)
	})
	return err
}

// withhold takes what is asked to be withdrawn because it endangers somebody out of the publications of a site, with
// all its versions, as if it were withdrawn.
func withhold(all []Publication) {
	asked := map[string]*Asked{}
	for _, p := range all {
		if p.Asked != nil && p.Asked.Danger && p.State != Withdrawn {
			asked[string(p.Kind)+" "+p.Subject] = p.Asked
		}
	}
	for i := range all {
		p := &all[i]
		if a := asked[string(p.Kind)+" "+p.Subject]; a != nil && p.State != Withdrawn {
			p.State, p.Gone, p.GoneWhy, p.Held = Withdrawn, a.At, a.Why, true
		}
	}
}
