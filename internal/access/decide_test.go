package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// twin answers slowly and obviously what Decide answers: every restriction is looked at.
// Conditions are left to the tests of conditions.
func twin(c *Content, q *Question, now time.Time) (Effect, Doubt, []string) {
	listed := map[Ref]*Entity{}
	for i := range c.Entities {
		listed[c.Entities[i].Ref] = &c.Entities[i]
	}
	s := c.Settings.filled()
	open := func(t string, subject bool) bool {
		return slices.ContainsFunc(s.Open, func(o OpenType) bool {
			return o.Type == t && (subject && o.Subject ||
				!subject && o.Resource)
		})
	}
	restricted := slices.ContainsFunc(c.Restrictions, func(r Restriction) bool { return r.Subject == q.Subject })
	effect, doubt := Permit, NoDoubt
	e := listed[q.Subject]
	switch r := listed[q.Resource]; {
	case !(e != nil && e.Subject) && !(e == nil && restricted) && !open(q.Subject.Type, true) && !s.Default.Subject:
		effect, doubt = Deny, UnknownSubject
	case !(r != nil && r.Resource) && !open(q.Resource.Type, false) && !s.Default.Resource:
		effect, doubt = Deny, UnknownResource
	case !slices.Contains(s.Actions, q.Action) && !s.Default.Action:
		effect, doubt = Deny, UnknownAction
	}
	// above gives for each entity at or above r how it is reached.
	above := func(r Ref) map[Ref]string {
		type state struct {
			Ref
			how string
		}
		got := map[Ref]string{}
		queue := []state{{r, "itself"}}
		seen := map[state]bool{}
		for len(queue) > 0 {
			k := queue[0]
			queue = queue[1:]
			if seen[k] {
				continue
			}
			seen[k] = true
			got[k.Ref] += k.how + " "
			if e := listed[k.Ref]; e != nil {
				for _, p := range e.In {
					how := "contained"
					if k.how == "owned" {
						how = "owned"
					}
					queue = append(queue, state{p, how})
				}
				for _, p := range e.OwnedBy {
					queue = append(queue, state{p, "owned"})
				}
			}
		}
		return got
	}
	subjects, resources := above(q.Subject), above(q.Resource)
	covers := func(r, x Ref) bool { return r == x || r.ID == "" && (r.Type == "" || r.Type == x.Type) }
	var ids []string
	for i := range c.Restrictions {
		r := &c.Restrictions[i]
		if len(r.Actions) > 0 && !slices.Contains(r.Actions, q.Action) || !r.Start.IsZero() && now.Before(r.Start) ||
			!r.End.IsZero() && !now.Before(r.End) {
			continue
		}
		binds, asked := false, false
		for x, how := range subjects {
			binds = binds || covers(r.Subject, x) && (r.Reach == Owned || strings.Contains(how, "itself") ||
				r.Reach == Contained && strings.Contains(how, "contained"))
		}
		for x := range resources {
			asked = asked || covers(r.Resource, x)
		}
		if binds && asked {
			ids = append(ids, r.ID)
			effect = max(effect, r.Effect)
		}
	}
	slices.Sort(ids)
	return effect, doubt, ids
}

// randomContent makes a small world with trees, circles, wildcards and dates.
func randomContent(seed uint64, entities, restrictions int) *Content {
	rnd := rand.New(rand.NewPCG(seed, 1))
	c := &Content{Name: "test", Version: 1}
	types := []string{"customer", "tenant", "account", "unit", "party"}
	pick := func() Ref {
		if len(c.Entities) == 0 || rnd.IntN(20) == 0 {
			return Ref{types[rnd.IntN(len(types))], fmt.Sprintf("ghost-%d", rnd.IntN(3))}
		}
		return c.Entities[rnd.IntN(len(c.Entities))].Ref
	}
	for i := range entities {
		e := Entity{Ref: Ref{types[rnd.IntN(len(types))], fmt.Sprintf("e%d", i)}, Subject: rnd.IntN(10) > 0,
			Resource: rnd.IntN(10) == 0}
		for range rnd.IntN(3) {
			e.In = append(e.In, pick())
		}
		if rnd.IntN(3) == 0 {
			e.OwnedBy = append(e.OwnedBy, pick())
		}
		c.Entities = append(c.Entities, e)
	}
	for range entities / 10 * int(seed%2) { // circles
		e := &c.Entities[rnd.IntN(len(c.Entities))]
		e.OwnedBy = append(e.OwnedBy, pick())
	}
	for i := range 12 {
		e := Entity{Ref: Ref{"service", fmt.Sprintf("s%d", i)}, Resource: true}
		if rnd.IntN(2) == 0 {
			e.In = append(e.In, Ref{"capability", fmt.Sprintf("c%d", rnd.IntN(3))})
		}
		c.Entities = append(c.Entities, e)
	}
	for i := range 3 {
		c.Entities = append(c.Entities, Entity{Ref: Ref{"capability", fmt.Sprintf("c%d", i)}, Resource: true,
			In: []Ref{{"family", "f"}}})
	}
	resources := []Ref{{}, {"service", ""}, {"service", "s1"}, {"service", "s2"}, {"capability", "c0"},
		{"capability", "c1"}, {"family", "f"}, {"capability", ""}}
	for i := range restrictions {
		r := Restriction{ID: fmt.Sprintf("r%d", i), Subject: pick(), Resource: resources[rnd.IntN(len(resources))],
			Effect: Effect(1 + rnd.IntN(3)), Reach: Reach(rnd.IntN(3)), Limit: "some"}
		switch rnd.IntN(12) {
		case 0:
			r.Subject.ID = ""
		case 1:
			r.Subject = Ref{}
		case 2, 3, 4:
			r.Subject = c.Entities[0].Ref // many on one
		}
		if rnd.IntN(2) == 0 {
			r.Actions = []string{DefaultActions[rnd.IntN(3)]}
		}
		switch rnd.IntN(4) {
		case 0:
			r.Start = noon.Add(time.Duration(rnd.IntN(5)-2) * time.Hour)
		case 1:
			r.End = noon.Add(time.Duration(rnd.IntN(5)-2) * time.Hour)
		}
		c.Restrictions = append(c.Restrictions, r)
	}
	return c
}

func randomQuestion(rnd *rand.Rand, c *Content) *Question {
	q := &Question{Subject: c.Entities[rnd.IntN(len(c.Entities))].Ref,
		Action: DefaultActions[rnd.IntN(len(DefaultActions))], Resource: Ref{"service",
			fmt.Sprintf("s%d", rnd.IntN(13))}}
	switch rnd.IntN(12) {
	case 0:
		q.Subject = Ref{"unit", "nobody"}
	case 1:
		q.Subject = Ref{"party", "ghost-1"}
	case 2:
		q.Action = "dance"
	case 3:
		q.Resource = c.Entities[rnd.IntN(len(c.Entities))].Ref
	}
	return q
}

func ids(a *Answer) []string {
	var out []string
	for _, h := range a.Hits {
		out = append(out, h.Restriction().ID)
	}
	slices.Sort(out)
	return out
}

func TestDecideTwin(t *testing.T) {
	asked, denied := 0, 0
	for seed := range uint64(60) {
		c := randomContent(seed, 40, int(seed)*2)
		if seed%3 == 0 {
			c.Settings.Default = Default{Subject: true, Resource: seed%2 == 0, Action: true}
		}
		x, err := NewIndex(c)
		if err != nil {
			t.Fatal(err)
		}
		rnd := rand.New(rand.NewPCG(seed, 2))
		var a Answer
		for range 300 {
			q := randomQuestion(rnd, c)
			x.Decide(q, noon, &a)
			effect, doubt, want := twin(c, q, noon)
			if got := ids(&a); a.Effect != effect || a.Doubt != doubt || !slices.Equal(got, want) {
				t.Fatalf("seed %d: %s %s %s: %s %s %v, want %s %s %v", seed, q.Subject, q.Action, q.Resource, a.Effect,
					a.Doubt, got, effect, doubt, want)
			}
			asked++
			if !a.Permitted() {
				denied++
			}
		}
	}
	t.Logf("%d questions, %d denied or held", asked, denied)
}

// TestChangesTwin: after any row of changes the index answers as one built anew.
func TestChangesTwin(t *testing.T) {
	signer, _ := newKey(t, "house.example/access")
	asked, short := 0, 0
	for seed := range uint64(24) {
		c := randomContent(seed, 60, 20)
		p, err := NewPublisher(signer, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		rnd := rand.New(rand.NewPCG(seed, 4))
		var a Answer
		for step := range 40 {
			var ch Change
			switch k := rnd.IntN(10); {
			case k < 6 || len(c.Restrictions) == 0:
				more := randomContent(seed*100+uint64(step), 60, 30).Restrictions[rnd.IntN(30)]
				more.ID = fmt.Sprintf("n%d-%d", seed, step)
				if rnd.IntN(3) > 0 {
					more.Subject = c.Entities[rnd.IntN(60)].Ref
				}
				ch.Put = append(ch.Put, more)
				c.Restrictions = append(c.Restrictions, more)
			case k < 9:
				i := rnd.IntN(len(c.Restrictions))
				ch.Lift = append(ch.Lift, c.Restrictions[i])
				c.Restrictions = slices.Delete(c.Restrictions, i, i+1)
			default:
				i := rnd.IntN(len(c.Entities))
				if seed%2 == 1 || len(c.Entities[i].In) > 0 {
					c.Entities[i].In = slices.Clone(c.Entities[i].In[:len(c.Entities[i].In)/2])
				}
				ch.Entities = append(ch.Entities, c.Entities[i])
			}
			was := p.Index()
			if err := p.Change(ch); err != nil {
				t.Fatal(err)
			}
			x := p.Index()
			if &x.over[0] == &was.over[0] {
				short++
			}
			for range 25 {
				q := randomQuestion(rnd, c)
				x.Decide(q, noon, &a)
				effect, doubt, want := twin(c, q, noon)
				if got := ids(&a); a.Effect != effect || a.Doubt != doubt || !slices.Equal(got, want) {
					t.Fatalf("seed %d step %d: %s %s %s: %s %s %v, want %s %s %v", seed, step, q.Subject, q.Action,
						q.Resource, a.Effect, a.Doubt, got, effect, doubt, want)
				}
				asked++
			}
		}
	}
	if short < 200 {
		t.Errorf("only %d changes went the short way", short)
	}
	t.Logf("%d questions; %d of 960 changes went the short way", asked, short)
}

func mustIndex(t testing.TB, text string) *Index {
	t.Helper()
	c, err := ParseYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

const bureau = `
snapshot: house
subjects:
  - {type: customer, id: bureau, properties: {class: police}}
  - {type: account, id: a-1, in: [customer/bureau]}
  - {type: unit, id: u-1, in: [account/a-1]}
  - {type: unit, id: u-2, in: [account/a-1]}
  - {type: customer, id: daughter, owned_by: [customer/bureau]}
  - {type: account, id: a-9, in: [customer/daughter]}
resources:
  - {type: service, id: speech-to-text, in: [capability/speech]}
  - {type: service, id: storage}
  - {type: engagement, id: E-7}
`

func TestRestrictions(t *testing.T) {
	for _, tt := range []struct {
		name, restriction, subject, action, resource, properties, context string
		want                                                              Effect
	}{
		{"beneath by containment",
			`{id: r, subject: {type: customer, id: bureau}, resource: {type: capability, id: speech}, actions: [use]}`,
			"unit/u-1", "use", "service/speech-to-text", "", "", Deny},
		{"another action", `{id: r, subject: {type: customer, id: bureau}, resource: {type: capability, id: speech}, actions: [use]}`, "unit/u-1", "support", "service/speech-to-text", "", "", Permit},
		{"another service", `{id: r, subject: {type: customer, id: bureau}, resource: {type: capability, id: speech}}`,
			"unit/u-1", "use", "service/storage", "", "", Permit},
		{"a unit's sister", `{id: r, subject: {type: unit, id: u-2}}`, "unit/u-1", "use", "service/storage", "", "",
			Permit},
		{"not above", `{id: r, subject: {type: unit, id: u-1}}`, "account/a-1", "use", "service/storage", "", "",
			Permit},
		{"itself alone", `{id: r, subject: {type: customer, id: bureau}, reach: itself}`, "account/a-1", "use",
			"service/storage", "", "", Permit},
		{"contained is not owned", `{id: r, subject: {type: customer, id: bureau}}`, "account/a-9", "use",
			"service/storage", "", "", Permit},
		{"owned", `{id: r, subject: {type: customer, id: bureau}, reach: owned}`, "account/a-9", "use",
			"service/storage", "", "", Deny},
		{"region by property", `{id: r, subject: {type: customer, id: bureau}, resource: {type: region, id: north}}`,
			"unit/u-1", "use", "service/storage", `{"region":"north"}`, "", Deny},
		{"other region", `{id: r, subject: {type: customer, id: bureau}, resource: {type: region, id: north}}`,
			"unit/u-1", "use", "service/storage", `{"region":"south"}`, "", Permit},
		{"one of several regions",
			`{id: r, subject: {type: customer, id: bureau}, resource: {type: region, id: north}}`, "unit/u-1", "use",
			"service/storage", `{"region":["south","north"]}`, "", Deny},
		{"engagement", `{id: r, subject: {type: customer, id: bureau}, resource: {type: engagement, id: E-7}, actions: [renew]}`, "customer/bureau", "renew", "engagement/E-7", "", "", Deny},
		{"hold", `{id: r, subject: {type: customer, id: bureau}, effect: hold}`, "unit/u-1", "sell", "service/storage",
			"", "", Hold},
		{"limit", `{id: r, subject: {type: customer, id: bureau}, effect: limit, limit: 10 TB a month}`, "unit/u-1",
			"quota", "service/storage", "", "", Limit},
		{"condition met", `{id: r, subject: {type: customer, id: bureau}, when: 'context.quantity > 100'}`, "unit/u-1",
			"use", "service/storage", "", `{"quantity":101}`, Deny},
		{"condition not met", `{id: r, subject: {type: customer, id: bureau}, when: 'context.quantity > 100'}`,
			"unit/u-1", "use", "service/storage", "", `{"quantity":100}`, Permit},
		{"doubt is deny: nothing to compute from",
			`{id: r, subject: {type: customer, id: bureau}, when: 'context.quantity > 100'}`, "unit/u-1", "use",
			"service/storage", "", "", Deny},
		{"doubt is deny: wrong type", `{id: r, subject: {type: customer, id: bureau}, when: 'context.quantity > 100'}`,
			"unit/u-1", "use", "service/storage", "", `{"quantity":"few"}`, Deny},
		{"stored property", `{id: r, subject: {type: customer}, when: 'subject.properties.class == "police"'}`,
			"customer/bureau", "use", "service/storage", "", "", Deny},
		{"condition on the clock",
			`{id: r, subject: {type: customer}, when: 'now < timestamp("2026-01-01T00:00:00Z")'}`, "customer/bureau",
			"use", "service/storage", "", "", Permit},
		{"not yet", `{id: r, subject: {type: customer, id: bureau}, start: 2026-11-23T12:00:01Z}`, "unit/u-1", "use",
			"service/storage", "", "", Permit},
		{"from its start", `{id: r, subject: {type: customer, id: bureau}, start: 2026-11-23T12:00:00Z}`, "unit/u-1",
			"use", "service/storage", "", "", Deny},
		{"to its end", `{id: r, subject: {type: customer, id: bureau}, end: 2026-11-23T12:00:01Z}`, "unit/u-1", "use",
			"service/storage", "", "", Deny},
		{"expired", `{id: r, subject: {type: customer, id: bureau}, end: 2026-11-23T12:00:00Z}`, "unit/u-1", "use",
			"service/storage", "", "", Permit},
	} {
		x := mustIndex(t, bureau+"restrictions:\n  - "+tt.restriction+"\n")
		s, _ := ParseRef(tt.subject)
		r, _ := ParseRef(tt.resource)
		q := &Question{Subject: s, Action: tt.action, Resource: r, ResourceProperties: []byte(tt.properties),
			Context: []byte(tt.context)}
		var a Answer
		if x.Decide(q, noon, &a); a.Effect != tt.want || a.Doubt != NoDoubt {
			t.Errorf("%s: %s %s, want %s", tt.name, a.Effect, a.Doubt, tt.want)
		}
	}
}

// TestClaimedPropertyCannotFreeASubject: what a caller claims does not outweigh what the
// snapshot states; a difference is tested both ways.
func TestClaimedPropertyCannotFreeASubject(t *testing.T) {
	x := mustIndex(t, bureau+`
restrictions:
  - {id: r, subject: {type: customer}, when: 'subject.properties.class == "police"'}
`)
	for claim, want := range map[string]Effect{`{"class":"civil"}`: Deny, `{"class":"police"}`: Deny, ``: Deny} {
		var a Answer
		x.Decide(&Question{Subject: Ref{"customer", "bureau"}, Action: "use", Resource: Ref{"service", "storage"},
			SubjectProperties: []byte(claim)}, noon, &a)
		if a.Effect != want {
			t.Errorf("claim %s: %s, want %s", claim, a.Effect, want)
		}
	}
}

func TestRefusedContent(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"unknown member": {"snapshot: x\nrestrictons: []\n", "restrictons"},
		"undeclared action": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, actions: [ues]}\n",
			`"ues" is not declared`},
		"bad condition": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, when: 'subject.('}\n",
			"compile condition"},
		"condition of a text": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, when: '\"x\"'}\n",
			"not true or false"},
		"unknown variable": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, when: 'user.id == " +
			"\"x\"'}\n", "undeclared"},
		"twice": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}}\n  - {id: r, " +
			"subject: {type: unit}}\n", "twice"},
		"ends before it starts": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, start: " +
			"2026-02-02T00:00:00Z, end: 2026-02-01T00:00:00Z}\n", "ends before"},
		"effect permit": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, effect: permit}\n",
			"want deny"},
		"limit without limit": {bureau + "restrictions:\n  - {id: r, subject: {type: customer}, effect: limit}\n",
			"needs a limit"},
		"entity twice": {"subjects:\n  - {type: a, id: b}\n  - {type: a, id: b}\n", "twice"},
		"bad default":  {"unknown: {subject: allow}\n", "permit or deny"},
	} {
		c, err := ParseYAML([]byte(tt.text))
		if err == nil {
			_, err = NewIndex(c)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
	}
}

func TestCompile(t *testing.T) {
	d := Decision{Reference: "D-2026-17", Subjects: []Ref{{"unit", "u-1"}, {"unit", "u-2"}}, Resources: []Ref{
		{"capability", "speech"}, {"service", "storage"}}, Actions: []string{"use"}, Effect: Deny}
	got, err := Compile([]Decision{d, {Reference: "D-2", Lifted: true}})
	if err != nil || len(got) != 4 || got[3].ID != "D-2026-17#4" || got[3].Decision != "D-2026-17" ||
		got[3].Subject.ID != "u-2" || got[3].Resource.ID != "storage" {
		t.Fatalf("Compile = %+v, %v", got, err)
	}
	for _, bad := range []Decision{{}, {Reference: "D"}, {Reference: "D", Subjects: []Ref{{"unit", "u"}}}} {
		if _, err := Compile([]Decision{bad}); err == nil {
			t.Errorf("Compile(%+v) gave no error", bad)
		}
	}
}

// bigContent is a tree of customers, accounts and units with restrictions on some units.
func bigContent(entities, restrictions int) *Content {
	c := &Content{Name: "big", Version: 1}
	c.Entities = make([]Entity, 0, entities+100)
	for i := range 100 {
		c.Entities = append(c.Entities, Entity{Ref: Ref{"service", fmt.Sprintf("service-%d", i)}, Resource: true,
			In: []Ref{{"capability", fmt.Sprintf("capability-%d", i%17)}}})
	}
	for i := range entities {
		e := Entity{Ref: Ref{"unit", fmt.Sprintf("unit-%07d", i)}, Subject: true}
		if i > 0 { // ten beneath each: seven levels for a million
			e.In = []Ref{{"unit", fmt.Sprintf("unit-%07d", (i-1)/10)}}
		}
		c.Entities = append(c.Entities, e)
	}
	for i := range restrictions {
		c.Restrictions = append(c.Restrictions, Restriction{ID: fmt.Sprintf("D-%d#1", i),
			Subject:  Ref{"unit", fmt.Sprintf("unit-%07d", (i*7+5000)%entities)},
			Resource: Ref{"capability", fmt.Sprintf("capability-%d", i%17)}, Actions: []string{"use", "sell"},
			Effect: Deny, Decision: fmt.Sprintf("D-%d", i),
			Code: "403", Admin: "UNGP 13(b)", User: "Use is suspended.", Appeal: "https://example.org/appeal"})
	}
	return c
}

func TestDecideAllocatesNothing(t *testing.T) {
	x, err := NewIndex(bigContent(20_000, 5_000))
	if err != nil {
		t.Fatal(err)
	}
	var a Answer
	qs := make([]Question, 64)
	for i := range qs {
		qs[i] = Question{Subject: Ref{"unit", fmt.Sprintf("unit-%07d", i*311)}, Action: "use", Resource: Ref{"service",
			fmt.Sprintf("service-%d", i)}}
		x.Decide(&qs[i], noon, &a)
	}
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		x.Decide(&qs[i%len(qs)], noon, &a)
		i++
	}); n != 0 {
		t.Errorf("a decision allocates %v times, want 0", n)
	}
}

// go test ./internal/access -run - -bench Decide -benchmem
func BenchmarkDecide(b *testing.B) {
	const entities, restrictions = 1_000_000, 100_000
	x, err := NewIndex(bigContent(entities, restrictions))
	if err != nil {
		b.Fatal(err)
	}
	qs := make([]Question, 1<<14)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range qs {
		qs[i] = Question{Subject: Ref{"unit", fmt.Sprintf("unit-%07d", rnd.IntN(entities))}, Action: "use",
			Resource: Ref{"service", fmt.Sprintf("service-%d", rnd.IntN(100))}}
	}
	var a Answer
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		x.Decide(&qs[i&(len(qs)-1)], noon, &a)
		i++
	}
}
