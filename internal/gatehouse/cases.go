package gatehouse

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/access"
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
func FromCases(all []casefile.Decision, appeal string) ([]access.Decision, error) {
	var out []access.Decision
	for i := range all {
		c, err := fromCase(&all[i], appeal)
		if err != nil {
			return nil, fmt.Errorf("compile decision %s: %w", all[i].ID, err)
		}
		if c != nil {
			out = append(out, *c)
		}
	}
	return out, nil
}

// fromCase turns one decision; nil when it restricts nothing. A state or an outcome that is not
// known is an error: it may restrict.
func fromCase(d *casefile.Decision, appeal string) (*access.Decision, error) {
	switch d.State {
	case casefile.InForce, casefile.Ordered, casefile.Executed, casefile.Failed, casefile.Verified:
	case casefile.Proposed, casefile.Refused, casefile.Confirmed, casefile.Ended, casefile.Replaced:
		return nil, nil
	default:
		return nil, fmt.Errorf("state %q is not known", d.State)
	}
	c := &access.Decision{Reference: string(d.ID), Actions: d.Scope.Actions, Effect: access.Deny, Code: "403",
		Appeal: appeal}
	switch d.Outcome {
	case casefile.Clear, casefile.Monitor:
		return nil, nil
	case casefile.Condition:
		c.Effect = access.Limit
		var duties []string
		for _, duty := range d.Duties {
			duties = append(duties, duty.Text)
		}
		if c.Limit = strings.Join(duties, "; "); c.Limit == "" {
			c.Limit = "the conditions of decision " + c.Reference
		}
		c.User = "This goes ahead under conditions."
	case casefile.Restrict:
		c.User = "This is restricted."
	case casefile.Suspend:
		c.User = "This is suspended."
	case casefile.Terminate:
		c.User = "This has ended."
	default:
		return nil, fmt.Errorf("outcome %q is not known", d.Outcome)
	}
	c.Admin = fmt.Sprintf("Decision %s of case %s: %s.", d.ID, d.Case, d.Outcome)
	var err error
	if c.Start, c.End, err = span(d); err != nil {
		return nil, err
	}
	setScope(c, d)
	return c, nil
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

// setScope fills in whom and what a decision binds.
func setScope(c *access.Decision, d *casefile.Decision) {
	for _, a := range d.Scope.Accounts {
		c.Subjects = append(c.Subjects, access.Ref{Type: "account", ID: a})
	}
	if len(c.Subjects) == 0 {
		id := d.Scope.Party
		if id == "" {
			id = d.Party
		}
		c.Subjects = []access.Ref{{Type: "party", ID: id}}
		if d.Scope.Descendants {
			c.Reach = access.Owned
		}
	}
	for _, s := range d.Scope.Services {
		c.Resources = append(c.Resources, access.Ref{Type: "service", ID: s})
	}
	for _, s := range d.Scope.Capabilities {
		c.Resources = append(c.Resources, access.Ref{Type: "capability", ID: s})
	}
	switch {
	case len(d.Scope.Regions) == 0:
	case len(c.Resources) == 0:
		for _, r := range d.Scope.Regions {
			c.Resources = append(c.Resources, access.Ref{Type: "region", ID: r})
		}
	default:
		list, _ := json.Marshal(d.Scope.Regions)
		c.When = "resource.properties.region in " + string(list)
	}
}
