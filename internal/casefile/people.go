package casefile

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// notConflicted refuses whoever declared an interest or recused themselves.
func (w *work) notConflicted() error {
	if slices.ContainsFunc(w.c.Conflicts, func(x Conflict) bool { return x.Actor == w.by.ID }) {
		return ErrConflict
	}
	return nil
}

// Assign gives the case to a person, who becomes a member.
func (d *Desk) Assign(ctx context.Context, by Actor, id ID, version int64, actor string) error {
	_, err := d.move(ctx, by, MoveAssign, id, version, actor, func(w *work) (ID, error) {
		if actor != "" && slices.ContainsFunc(w.c.Conflicts, func(x Conflict) bool { return x.Actor == actor }) {
			return "", ErrConflict
		}
		w.c.Assignee = actor
		if actor != "" {
			if err := w.member(actor); err != nil {
				return "", err
			}
		}
		if err := w.save(); err != nil {
			return "", err
		}
		text := "Assigned to " + actor
		if actor == "" {
			text = "Nobody is assigned any more"
		}
		return w.c.ID, w.say(EventAssigned, w.c.ID, text, assignment{&actor})
	})
	return err
}

// An assignment is the body of the event of one; earlier versions wrote none.
type assignment struct {
	Assignee *string `json:"assignee"`
}

// Assignee returns the id of the person to whom an event gave the case ("" nobody), and whether the event says that.
func (e Event) Assignee() (string, bool) {
	var a assignment
	if e.Kind != EventAssigned || json.Unmarshal([]byte(e.Body), &a) != nil || a.Assignee == nil {
		return "", false
	}
	return *a.Assignee, true
}

// Comment adds a remark to the case.
func (d *Desk) Comment(ctx context.Context, by Actor, id ID, text string) error {
	if strings.TrimSpace(text) == "" {
		return lacking("A comment", []string{"words"})
	}
	_, err := d.move(ctx, by, MoveComment, id, 0, text, func(w *work) (ID, error) {
		return w.c.ID, w.say(EventComment, id, text, nil)
	})
	return err
}

// Label adds and removes labels.
func (d *Desk) Label(ctx context.Context, by Actor, id ID, add, remove []string) error {
	_, err := d.move(ctx, by, MoveLabel, id, 0, [][]string{add, remove}, func(w *work) (ID, error) {
		for _, l := range add {
			if strings.TrimSpace(l) == "" {
				continue
			}
			if err := w.label(l); err != nil {
				return "", err
			}
		}
		for _, l := range remove {
			w.keep("case_label", string(w.c.ID), l)
			if _, err := w.tx.ExecContext(w.ctx, `DELETE FROM case_label WHERE case_id = $1 AND label = $2`,
				string(w.c.ID), l); err != nil {
				return "", err
			}
		}
		text := ""
		if len(add) > 0 {
			text = "Labelled " + strings.Join(add, ", ")
		}
		if len(remove) > 0 {
			text = strings.TrimPrefix(text+"; label removed: "+strings.Join(remove, ", "), "; ")
		}
		return w.c.ID, w.say(EventLabel, w.c.ID, text, nil)
	})
	return err
}

// Relate ties two cases to each other. Both have to be visible to the actor.
func (d *Desk) Relate(ctx context.Context, by Actor, id, other ID, kind, note string) error {
	_, err := d.move(ctx, by, MoveRelate, id, 0, []any{other, kind, note}, func(w *work) (ID, error) {
		return w.c.ID, w.relate(other, kind, note)
	})
	return err
}

func (w *work) relate(other ID, kind, note string) error {
	if !slices.Contains([]string{"same_party", "same_origin", "follows", "merged"}, kind) {
		return lacking("Relating two cases", []string{"a kind: same_party, same_origin, follows or merged"})
	}
	if other == w.c.ID {
		return lacking("Relating two cases", []string{"another case"})
	}
	if _, err := caseFor(w.ctx, w.tx, other, w.by); err != nil {
		return err
	}
	for _, p := range [][2]ID{{w.c.ID, other}, {other, w.c.ID}} {
		w.keep("case_relation", string(p[0]), string(p[1]))
		_, err := w.tx.ExecContext(w.ctx,
			`INSERT INTO case_relation (case_id, other, kind, note) VALUES ($1, $2, $3, $4)
			ON CONFLICT (case_id, other) DO UPDATE SET kind = excluded.kind, note = excluded.note`, string(p[0]),
			string(p[1]), kind, note)
		if err != nil {
			return err
		}
	}
	return w.say(EventRelated, other, "Related to "+string(other)+" ("+kind+")", note)
}

// Restrict says that only members may see the case, or lifts that; members replaces the
// list, in which whoever does it and whoever it is assigned to stay.
func (d *Desk) Restrict(ctx context.Context, by Actor, id ID, version int64, restricted bool, members []string,
	reason string) error {
	_, err := d.move(ctx, by, MoveRestrict, id, version, []any{restricted, members, reason}, func(w *work) (ID, error) {
		if strings.TrimSpace(reason) == "" {
			return "", lacking("Restricting a case, or lifting that,", []string{"a reason"})
		}
		w.c.Restricted = restricted
		if err := w.keepEach("case_member", `case_id = $1`, string(w.c.ID)); err != nil {
			return "", err
		}
		if _, err := w.tx.ExecContext(w.ctx, `DELETE FROM case_member WHERE case_id = $1`, string(w.c.ID)); err != nil {
			return "", err
		}
		w.c.Members = nil
		for _, m := range append([]string{w.by.ID, w.c.Assignee}, members...) {
			if m == "" {
				continue
			}
			if err := w.member(m); err != nil {
				return "", err
			}
		}
		if err := w.save(); err != nil {
			return "", err
		}
		text := "Open to everybody at the desk: " + reason
		if restricted {
			text = "Restricted to its members: " + reason
		}
		return w.c.ID, w.say(EventRestricted, w.c.ID, text, w.c.Members)
	})
	return err
}

// DeclareConflict records an interest in the case; whoever has one decides nothing in it.
func (d *Desk) DeclareConflict(ctx context.Context, by Actor, id ID, interest string, paid bool) error {
	return d.interest(ctx, by, MoveDeclare, id, interest, paid, false)
}

// Recuse steps back from the case, whose content is closed to the actor from then on. paid says
// that the party of the case pays or paid the actor.
func (d *Desk) Recuse(ctx context.Context, by Actor, id ID, reason string, paid bool) error {
	return d.interest(ctx, by, MoveRecuse, id, reason, paid, true)
}

func (d *Desk) interest(ctx context.Context, by Actor, m Move, id ID, why string, paid, recused bool) error {
	if strings.TrimSpace(why) == "" {
		return lacking("A declaration", []string{"the interest, in words"})
	}
	_, err := d.move(ctx, by, m, id, 0, []any{why, paid}, func(w *work) (ID, error) {
		w.keep("interest", string(w.c.ID), w.by.ID)
		_, err := w.tx.ExecContext(w.ctx,
			`INSERT INTO interest (case_id, actor, what, paid, recused, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (case_id, actor) DO UPDATE SET what = excluded.what, paid = interest.paid OR excluded.paid, recused = interest.recused OR excluded.recused`,
			string(w.c.ID), w.by.ID, why, paid, recused, Stamp(w.now))
		if err != nil {
			return "", err
		}
		if w.c.Assignee == w.by.ID {
			w.c.Assignee = ""
			if err := w.save(); err != nil {
				return "", err
			}
		}
		kind, text := EventConflict, "Declared an interest: "+why
		if recused {
			kind, text = EventRecused, "Stepped back from the case: "+why
		}
		return w.c.ID, w.say(kind, w.c.ID, text, map[string]bool{"paid": paid})
	})
	return err
}

// SetDossier replaces the dossier. The privileged part is changed by counsel only.
func (d *Desk) SetDossier(ctx context.Context, by Actor, id ID, version int64, x Dossier) error {
	_, err := d.move(ctx, by, MoveDossier, id, version, x, func(w *work) (ID, error) {
		if !w.by.Has(Counsel) {
			x.Privileged = w.c.Dossier.Privileged
		}
		was := w.c.Dossier
		w.c.Dossier = x
		if err := w.save(); err != nil {
			return "", err
		}
		was.Privileged = ""
		return w.c.ID, w.say(EventDossier, w.c.ID, "The dossier was changed", map[string]any{"before": was})
	})
	return err
}
