package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/party"
)

// An Involved is somebody whom the context of a question names beside its subject: the consignee of a
// delivery, the end user of an order, who pays.
type Involved struct {
	Party
	Role string
	At   string // place in the context, such as "parties[1]"; "" for unscreened_party
	Ref  Ref    // where the caller gives an id: it is asked about as a subject too
	Why  string // why it was not understood; such a question is held
}

// known are the members of a party that are read.
var known = []string{"name", "kind", "country", "address", "birth_date", "father", "gender", "identifiers", "role",
	"type", "id"}

// The members of a context that hold parties.
const (
	memberUnscreened    = "unscreened_party"
	memberUnscreenedAll = "unscreened_parties"
	memberParties       = "parties"
)

// mostInvolved is how many parties one question may name; more are held.
const mostInvolved = 100

// involved finds the parties of a context, in the order of their members. One that cannot be read says why. at is ""
// for a context, else the properties that stand in its place.
func involved(object []byte, at string) []Involved {
	if !mayName(object) {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return nil
	}
	f := finder{properties: at != ""}
	f.object(members, at)
	if len(f.found) > mostInvolved {
		f.found = append(f.found[:mostInvolved:mostInvolved], Involved{At: memberParties,
			Why: fmt.Sprintf("The question names more than %d parties.", mostInvolved)})
	}
	return f.found
}

// readSome reads one party or an array of them, where listed only an array.
func readSome(raw json.RawMessage, at, role string, listed bool) []Involved {
	if len(raw) > 0 && raw[0] == '{' && !listed {
		return readWithin(raw, at, role)
	}
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return []Involved{{At: at, Role: role, Why: "“" + at + "” is no party that can be read: an object with a " +
			"name is, or an array of such."}}
	}
	out := make([]Involved, 0, min(len(all), mostInvolved+1))
	for i, x := range all {
		if i > mostInvolved {
			break
		}
		out = append(out, readWithin(x, fmt.Sprintf("%s[%d]", at, i), role)...)
	}
	return out
}

// readWithin reads one party, and those whom its further members name.
func readWithin(raw json.RawMessage, at, role string) []Involved {
	p := readInvolved(raw, at, role)
	out := []Involved{p}
	if p.Why != "" || len(p.Unused) == 0 {
		return out
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members)
	for _, name := range known {
		delete(members, name)
	}
	var f finder
	f.object(members, at)
	return append(out, f.found...)
}

// readInvolved reads one party.
func readInvolved(raw json.RawMessage, at, role string) Involved {
	p := Involved{At: at, Role: role}
	unread := Involved{At: at, Role: role}
	if at != "" {
		unread.Why = "“" + at + "” is no party that can be read: an object with a name is."
	}
	var in map[string]json.RawMessage
	if json.Unmarshal(raw, &in) != nil || in == nil {
		return unread
	}
	var kind string
	var ids []string
	for name, into := range map[string]any{"name": &p.Name, "kind": &kind, "country": &p.Country, "address": &p.Address,
		"birth_date": &p.BirthDate, "father": &p.Father, "gender": &p.Gender, "identifiers": &ids, "role": &p.Role,
		"type": &p.Ref.Type, "id": &p.Ref.ID} {
		if v := in[name]; len(v) > 0 && json.Unmarshal(v, into) != nil {
			return unread
		}
	}
	p.Name, p.Kind = strings.TrimSpace(p.Name), party.Kind(kind)
	if p.Role == "" {
		p.Role = role
	}
	if p.Ref.ID == "" {
		p.Ref = Ref{}
	} else if p.Ref.Type == "" {
		p.Ref.Type = "party"
	}
	for member := range in {
		if !slices.Contains(known, member) {
			p.Unused = append(p.Unused, member)
		}
	}
	slices.Sort(p.Unused)
	p.Unused = p.Unused[:min(len(p.Unused), mostUnused)]
	for _, s := range ids {
		if id := party.ParseIdentifier(s); !id.Empty() {
			p.Identifiers = append(p.Identifiers, id)
		}
	}
	if p.Name == "" && len(p.Identifiers) == 0 && p.Ref.ID == "" && at != "" {
		p.Why = "“" + at + "” has no name, identifier or id."
	}
	return p
}

// everybody are the parties of the question: of its context, and of the properties of its resource and action.
func (c *call) everybody() []Involved {
	all := c.involvedIn(c.q.Context)
	for _, p := range []struct {
		at     string
		object []byte
	}{{"resource.properties", c.q.ResourceProperties}, {"action.properties", c.q.ActionProperties}} {
		if len(p.object) > 0 {
			all = append(all[:len(all):len(all)], involved(p.object, p.at)...)
		}
	}
	return all
}

// involvedIn reads the parties of a context once for all items that share it.
func (c *call) involvedIn(context []byte) []Involved {
	if len(context) == 0 {
		return nil
	}
	if len(c.partyIn) != len(context) || &c.partyIn[0] != &context[0] {
		c.partyIn, c.parties = context, involved(context, "")
	}
	return c.parties
}

// others asks about the parties of the question: those with an id as its subject, those with a name at the gate.
// The worst outcome counts.
func (c *call) others(all []Involved) {
	c.gates = c.gates[:0]
	for i := range all {
		p := &all[i]
		if p.Ref.ID != "" && p.Why == "" {
			c.asSubject(p.Ref)
			if c.a.Effect == Deny {
				continue
			}
			if p.Name == "" && len(p.Identifiers) == 0 {
				continue
			}
		}
		if r, ok := c.named(p); ok && !c.bare {
			g := &gated{effect: Hold, role: p.Role, at: p.At, unused: p.Unused, reference: reference(&c.q, &p.Party),
				why: fmt.Sprintf("%s bears the name of %s, which is restricted for this. A person has to look before "+
					"this goes ahead.", p.Name, r)}
			if c.d.Gate != nil {
				c.d.Gate.remember(Held{Reference: g.reference, At: c.now, Subject: c.q.Subject, Action: c.q.Action,
					Resource: c.q.Resource,
					Party:    p.kept(), Why: g.why, Caller: c.caller})
			}
			c.gates = append(c.gates, g)
			c.a.Effect = max(c.a.Effect, Hold)
			continue
		}
		if p.Ref.ID != "" && p.Why == "" && (c.d.Gate == nil || c.d.Gate.Screener == nil) {
			continue // the caller knows it by an id, and there are no lists to compare its name with
		}
		if c.bare {
			c.a.Effect = max(c.a.Effect, Hold) // nobody is screened for a stranger
			continue
		}
		g := c.d.screen(c, p)
		c.gates = append(c.gates, g)
		c.a.Effect = max(c.a.Effect, g.effect)
	}
}

// named is a restricted subject that the party's name or number may mean and that may not do what the question is
// about.
func (c *call) named(p *Involved) (Ref, bool) {
	if c.d.Names == nil || p.Why != "" || p.Name == "" && len(p.Identifiers) == 0 {
		return Ref{}, false
	}
	for _, r := range c.d.Names(p.Party) {
		q := c.q
		q.Subject, q.SubjectProperties = r, nil
		var a Answer
		if c.x.Decide(&q, c.now, &a); a.Effect >= Hold {
			return r, true
		}
	}
	return Ref{}, false
}

// asSubject answers the question as if r were its subject, and adds what applies.
func (c *call) asSubject(r Ref) {
	q := c.q
	q.Subject, q.SubjectProperties = r, nil
	var a Answer
	c.x.Decide(&q, c.now, &a)
	c.a.Effect = max(c.a.Effect, a.Effect)
	if c.a.Doubt == NoDoubt {
		c.a.Doubt = a.Doubt
	}
	for _, h := range a.Hits {
		if !slices.Contains(c.a.Hits, h) {
			c.a.Hits = append(c.a.Hits, h)
		}
	}
}

// gate is the outcome that counts most, and all of them where there are several.
func (c *call) gate() (worst *gated, all []*gated) {
	for _, g := range c.gates {
		if worst == nil || g.effect > worst.effect {
			worst = g
		}
	}
	if len(c.gates) > 1 {
		all = c.gates
	}
	return worst, all
}
