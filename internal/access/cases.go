package access

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
)

// FromCases turns decisions of cases into decisions of the door. Only what two people have
// approved gives one; what was refused, replaced, has ended or only watches gives none. A
// decision whose dates lie ahead is taken along and starts by itself.
//
//   - Subject: the accounts that the scope names, else the party (type "party"); with
//     descendants also what it owns.
//   - Resource: the services and capabilities of the scope; regions narrow these by a
//     condition, or stand alone. A question that does not say its region meets a narrowed
//     decision: doubt is deny.
//   - Condition lets through and states its duties; restrict, suspend and terminate deny.
//
// appeal is where a customer objects, "" for nowhere.
func FromCases(all []casefile.Decision, appeal string) ([]Decision, error) {
	var out []Decision
	for i := range all {
		d := &all[i]
		switch d.State {
		case casefile.InForce, casefile.Ordered, casefile.Executed, casefile.Failed, casefile.Verified:
		default:
			continue
		}
		c := Decision{Reference: string(d.ID), Actions: d.Scope.Actions, Effect: Deny, Code: "403", Appeal: appeal}
		switch d.Outcome {
		case casefile.Clear, casefile.Monitor:
			continue
		case casefile.Condition:
			c.Effect = Limit
			var duties []string
			for _, duty := range d.Duties {
				duties = append(duties, duty.Text)
			}
			if c.Limit = strings.Join(duties, "; "); c.Limit == "" {
				c.Limit = "the conditions of decision " + c.Reference
			}
			c.User = "This goes ahead under conditions."
		case casefile.Restrict, casefile.Suspend, casefile.Terminate:
			c.User = map[string]string{casefile.Restrict: "This is restricted.", casefile.Suspend: "This is suspended.", casefile.Terminate: "This has ended."}[d.Outcome]
		default:
			return nil, fmt.Errorf("compile decision %s: outcome %q is not known", d.ID, d.Outcome)
		}
		c.Admin = fmt.Sprintf("Decision %s of case %s: %s.", d.ID, d.Case, d.Outcome)
		var err error
		if c.Start, c.End, err = span(d); err != nil {
			return nil, fmt.Errorf("compile decision %s: %w", d.ID, err)
		}
		c.scope(d)
		out = append(out, c)
	}
	return out, nil
}

// span gives the time in which a decision binds. Its days are days in UTC.
func span(d *casefile.Decision) (start, end time.Time, err error) {
	for _, at := range []struct {
		day  string
		into *time.Time
	}{{d.Start, &start}, {d.End, &end}} {
		if at.day == "" {
			continue
		}
		if *at.into, err = time.Parse(time.DateOnly, at.day); err != nil {
			return start, end, fmt.Errorf("read day: %w", err)
		}
	}
	if !d.Ends.IsZero() && (end.IsZero() || d.Ends.Before(end)) {
		end = d.Ends
	}
	return start, end, nil
}

func (c *Decision) scope(d *casefile.Decision) {
	for _, a := range d.Scope.Accounts {
		c.Subjects = append(c.Subjects, Ref{"account", a})
	}
	if len(c.Subjects) == 0 {
		id := d.Scope.Party
		if id == "" {
			id = d.Party
		}
		c.Subjects = []Ref{{"party", id}}
		if d.Scope.Descendants {
			c.Reach = Owned
		}
	}
	for _, s := range d.Scope.Services {
		c.Resources = append(c.Resources, Ref{"service", s})
	}
	for _, s := range d.Scope.Capabilities {
		c.Resources = append(c.Resources, Ref{"capability", s})
	}
	switch {
	case len(d.Scope.Regions) == 0:
	case len(c.Resources) == 0:
		for _, r := range d.Scope.Regions {
			c.Resources = append(c.Resources, Ref{"region", r})
		}
	default:
		list, _ := json.Marshal(d.Scope.Regions)
		c.When = "resource.properties.region in " + string(list)
	}
}

// Restrict publishes exactly these restrictions beside the entities that are there. It
// publishes nothing when nothing differs, and reports whether it did.
func (p *Publisher) Restrict(all []Restriction) (bool, error) {
	type name struct {
		subject Ref
		id      string
	}
	wanted := make(map[name]*Restriction, len(all))
	for i := range all {
		n := name{all[i].Subject, all[i].ID}
		if wanted[n] != nil {
			return false, fmt.Errorf("publish snapshot: restriction %s is there twice", all[i].ID)
		}
		wanted[n] = &all[i]
	}
	var ch Change
	for r := range p.Index().Restrictions() {
		n := name{r.Subject, r.ID}
		switch w := wanted[n]; {
		case w == nil:
			ch.Lift = append(ch.Lift, r)
		case string(appendRestriction(nil, w)) != string(appendRestriction(nil, &r)):
			ch.Put = append(ch.Put, *w)
		}
		delete(wanted, n)
	}
	for _, r := range wanted {
		ch.Put = append(ch.Put, *r)
	}
	if len(ch.Lift)+len(ch.Put) == 0 {
		return false, nil
	}
	return true, p.Change(ch)
}

// Restrictions goes through all restrictions, expired ones too.
func (x *Index) Restrictions() func(yield func(Restriction) bool) {
	return func(yield func(Restriction) bool) {
		for _, sh := range x.shards {
			for i := range sh.rules {
				if !yield(sh.restriction(&sh.rules[i])) {
					return
				}
			}
		}
	}
}

// WriteEvents writes the restrictions that have begun as an events table for a review, whose
// evasion watch (RF-25) then looks for the restricted use elsewhere. Restrictions without a
// start have no day to look from and are counted as left out.
func (x *Index) WriteEvents(out io.Writer, now time.Time) (left int, err error) {
	w := csv.NewWriter(out)
	_ = w.Write([]string{"event_id", "kind", "date", "about", "about_id", "region", "source"})
	var rows [][]string
	for r := range x.Restrictions() {
		if r.Start.IsZero() || r.Subject.ID == "" || r.Start.After(now) || r.Effect < Deny {
			left++
			continue
		}
		region := ""
		if r.Resource.Type == "region" {
			region = r.Resource.ID
		}
		rows = append(rows, []string{r.ID, "restriction", r.Start.Format(time.DateOnly), r.Subject.ID, r.Subject.ID, region, "decision " + r.Decision})
	}
	slices.SortFunc(rows, slices.Compare)
	if err := w.WriteAll(rows); err != nil {
		return left, fmt.Errorf("write events: %w", err)
	}
	return left, nil
}
