package access

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// WriteBundle writes the index as an OPA bundle: data with the entities, who binds whom, and
// the restrictions; a policy that answers as [Index.Decide] does. Ask it for
// data.plimsoll.access.answer with the input {subject, action, resource, context, now}, now
// being Unix nanoseconds, and get {effect, doubt, restrictions}.
func (x *Index) WriteBundle(out io.Writer) error {
	data, policy, err := x.bundle()
	if err != nil {
		return err
	}
	manifest := fmt.Sprintf(`{"revision":"%d-%s","roots":["plimsoll"],"rego_version":1}`, x.version, x.sum)
	z := gzip.NewWriter(out)
	t := tar.NewWriter(z)
	for _, f := range []struct {
		name string
		b    []byte
	}{{"/.manifest", []byte(manifest)}, {"/data.json", data}, {"/plimsoll/access.rego", policy}} {
		if err := t.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.b)), Typeflag: tar.TypeReg,
			Format: tar.FormatUSTAR}); err != nil {
			return fmt.Errorf("write bundle: %w", err)
		}
		if _, err := t.Write(f.b); err != nil {
			return fmt.Errorf("write bundle: %w", err)
		}
	}
	if err := t.Close(); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

type regoEntity struct {
	Subject    bool            `json:"subject"`
	Resource   bool            `json:"resource"`
	Properties json.RawMessage `json:"properties"`
	Bound      [][3]any        `json:"bound"` // type, id, via: whose restrictions bind it
	Over       []Ref           `json:"over"`  // what it lies beneath as a resource, with the classes
}

type regoRestriction struct {
	ID       string   `json:"id"`
	Effect   Effect   `json:"effect"`
	Rank     int      `json:"rank"`
	Via      []string `json:"via"`
	Resource Ref      `json:"resource"`
	Actions  []string `json:"actions,omitempty"`
	Start    int64    `json:"start,omitempty"`
	End      int64    `json:"end,omitempty"`
	When     string   `json:"when,omitempty"` // rule that refutes it
}

type regoData struct {
	Settings struct {
		PermitUnknown Default         `json:"permit_unknown"`
		Actions       map[string]bool `json:"actions"`
		OpenSubject   map[string]bool `json:"open_subject"`
		OpenResource  map[string]bool `json:"open_resource"`
		Links         []string        `json:"links"`
	} `json:"settings"`
	Entities     map[string]map[string]*regoEntity       `json:"entities"`
	Roots        map[string][][3]any                     `json:"roots"` // of unlisted subjects, by type; "" for others
	Restrictions map[string]map[string][]regoRestriction `json:"restrictions"`
}

func (x *Index) bundle() (data, policy []byte, err error) {
	d := regoData{Entities: map[string]map[string]*regoEntity{}, Roots: map[string][][3]any{"": x.bound(x.root(""))},
		Restrictions: map[string]map[string][]regoRestriction{}}
	d.Settings.PermitUnknown, d.Settings.Links = x.settings.Default, x.settings.Links
	d.Settings.Actions, d.Settings.OpenSubject, d.Settings.OpenResource = map[string]bool{}, map[string]bool{},
		map[string]bool{}
	for _, a := range x.settings.Actions {
		d.Settings.Actions[a] = true
	}
	for _, o := range x.settings.Open {
		d.Settings.OpenSubject[o.Type], d.Settings.OpenResource[o.Type] = o.Subject, o.Resource
	}
	for t, c := range x.roots {
		d.Roots[t] = x.bound(c)
	}
	w := &regoWriter{prove: map[string]string{}}
	for s, sh := range x.shards {
		for i := range sh.nodes {
			nd := &sh.nodes[i]
			ref := sh.ref(nd.at)
			if nd.flags&flagClass == 0 {
				x.exportEntity(&d, ref, place{uint32(s), uint32(i)})
			}
			for k := nd.rules[0]; k < nd.rules[1]; k++ {
				r, err := exportRule(w, sh, &sh.rules[k])
				if err != nil {
					return nil, nil, err
				}
				if d.Restrictions[ref.Type] == nil {
					d.Restrictions[ref.Type] = map[string][]regoRestriction{}
				}
				d.Restrictions[ref.Type][ref.ID] = append(d.Restrictions[ref.Type][ref.ID], r)
			}
		}
	}
	data, err = json.Marshal(map[string]any{"plimsoll": map[string]any{"world": d}})
	if err != nil {
		return nil, nil, fmt.Errorf("write bundle: %w", err)
	}
	b := strings.Builder{}
	b.WriteString(regoPolicy)
	for _, name := range sortedValues(w.prove) {
		fmt.Fprintf(&b, "\nrefuted(%s, v) if %s(v)\n", quote(name), name)
	}
	if len(w.prove) == 0 {
		b.WriteString("\nrefuted(_, v) if v == false\n")
	}
	b.WriteString(w.b.String())
	return data, []byte(b.String()), nil
}

func (x *Index) exportEntity(d *regoData, ref Ref, p place) {
	nd := x.at(p)
	e := &regoEntity{Subject: nd.flags&flagSubject != 0, Resource: nd.flags&flagResource != 0,
		Properties: json.RawMessage("{}"),
		Bound:      x.bound(x.chain[x.base[p.shard]+p.node])}
	if s := x.properties(p); s != "" {
		e.Properties = json.RawMessage(s)
	}
	var a Answer
	a.over = append(a.over, anything)
	x.addTarget(target{nd.key, ref}, p, &a)
	for _, t := range a.over {
		e.Over = append(e.Over, t.ref)
	}
	if d.Entities[ref.Type] == nil {
		d.Entities[ref.Type] = map[string]*regoEntity{}
	}
	d.Entities[ref.Type][ref.ID] = e
}

// bound writes a chain with the ways as letters, which Rego compares more readily than bits.
func (x *Index) bound(chain uint32) [][3]any {
	out := [][3]any{}
	for _, l := range x.linksOf(chain) {
		r := x.ref(l.place)
		var via []string
		for i, name := range []string{"itself", "contained", "any"} {
			if l.via&(1<<i) != 0 {
				via = append(via, name)
			}
		}
		out = append(out, [3]any{r.Type, r.ID, via})
	}
	return out
}

func exportRule(w *regoWriter, sh *shard, ru *rule) (regoRestriction, error) {
	r := sh.restriction(ru)
	out := regoRestriction{ID: r.ID, Effect: r.Effect, Rank: int(r.Effect), Resource: r.Resource, Actions: r.Actions,
		Start: nanos(r.Start), End: nanos(r.End),
		Via: [][]string{Contained: {"itself", "contained"}, Itself: {"itself"}, Owned: {"itself", "contained",
			"any"}}[r.Reach]}
	if ru.cond >= 0 {
		name, err := w.refuted(sh.conds[ru.cond])
		if err != nil {
			return out, fmt.Errorf("write bundle: restriction %s: condition %q: %w", r.ID, r.When, err)
		}
		out.When = name
	}
	return out, nil
}

func sortedValues(m map[string]string) []string {
	return slices.Sorted(maps.Values(m))
}

// RegoInput is the input that the bundle's policy takes for a question.
func RegoInput(q *Question, now time.Time) map[string]any {
	raw := func(b []byte) any {
		if len(b) == 0 {
			return map[string]any{}
		}
		return json.RawMessage(b)
	}
	return map[string]any{
		"subject": map[string]any{"type": q.Subject.Type, "id": q.Subject.ID, "properties": raw(q.SubjectProperties)},
		"resource": map[string]any{"type": q.Resource.Type, "id": q.Resource.ID,
			"properties": raw(q.ResourceProperties)},
		"action":  map[string]any{"name": q.Action, "properties": raw(q.ActionProperties)},
		"context": raw(q.Context),
		"now":     now.UnixNano(),
	}
}

// regoPolicy answers as Decide does. It is written to be read beside it.
const regoPolicy = `# Answers as the decision point does, from the same snapshot. Query data.plimsoll.access.answer.
package plimsoll.access

import rego.v1

world := data.plimsoll.world

answer := {"decision": rank < 2, "effect": ["permit", "limit", "hold", "deny"][rank], "doubt": doubt, "restrictions": sort([r.id | some r in applying])}

rank := max({r.rank | some r in applying} | {0} | {3 | doubt != ""})

stored_subject := world.entities[input.subject.type][input.subject.id]

stored_resource := world.entities[input.resource.type][input.resource.id]

default doubt := ""

doubt := "unknown_subject" if {
	not known_subject
} else := "unknown_resource" if {
	not known_resource
} else := "unknown_action" if {
	not world.settings.actions[input.action.name]
	not world.settings.permit_unknown.action
}

known_subject if stored_subject.subject
known_subject if world.settings.open_subject[input.subject.type]
known_subject if world.settings.permit_unknown.subject

known_resource if stored_resource.resource
known_resource if world.settings.open_resource[input.resource.type]
known_resource if world.settings.permit_unknown.resource

# Whose restrictions bind the subject.
bound := stored_subject.bound

bound := world.roots[input.subject.type] if not stored_subject

bound := world.roots[""] if {
	not stored_subject
	not world.roots[input.subject.type]
}

# What the resource is and lies beneath.
over contains r if some r in above({"type": input.resource.type, "id": input.resource.id})

over contains r if {
	some name in world.settings.links
	some id in texts(input.resource.properties[name])
	some r in above({"type": name, "id": id})
}

over contains r if {
	some name in world.settings.links
	some id in texts(stored_resource.properties[name])
	some r in above({"type": name, "id": id})
}

above(r) := world.entities[r.type][r.id].over

above(r) := [r, {"type": r.type, "id": ""}, {"type": "", "id": ""}] if not world.entities[r.type][r.id]

texts(x) := [x] if is_string(x)

texts(x) := [s | some s in x; is_string(s)] if is_array(x)

applying contains r if {
	some b in bound
	some r in world.restrictions[b[0]][b[1]]
	some via in b[2]
	via in r.via
	r.resource in over
	asked(r)
	started(r)
	not ended(r)
	not lapsed(r)
}

asked(r) if not r.actions

asked(r) if input.action.name in r.actions

started(r) if not r.start

started(r) if input.now >= r.start

ended(r) if input.now >= r.end

lapsed(r) if {
	r.when
	every v in views {
		refuted(r.when, v)
	}
}

# What the request states before what the snapshot states, and the other way round.
views := [
	{"subject": part("subject", asked_subject), "resource": part("resource", asked_resource), "action": input.action, "context": input.context, "now": input.now},
	{"subject": part("subject", held_subject), "resource": part("resource", held_resource), "action": input.action, "context": input.context, "now": input.now},
]

part(name, properties) := {"type": input[name].type, "id": input[name].id, "properties": properties}

default subject_properties := {}

subject_properties := stored_subject.properties

default resource_properties := {}

resource_properties := stored_resource.properties

# object.union merges nested objects; a property replaces the other whole.
over_with(low, high) := object.union({k: v | some k, v in low; not k in object.keys(high)}, high)

asked_subject := over_with(subject_properties, input.subject.properties)

held_subject := over_with(input.subject.properties, subject_properties)

asked_resource := over_with(resource_properties, input.resource.properties)

held_resource := over_with(input.resource.properties, resource_properties)

comparable(x, y) if {
	is_number(x)
	is_number(y)
}

comparable(x, y) if {
	is_string(x)
	is_string(y)
}

members(l) := l if is_array(l)

members(l) := object.keys(l) if is_object(l)
`
