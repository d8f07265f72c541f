// Package access compares the decision point with other engines: the same random questions
// must have the same answers, and the benchmarks ask all of them the same.
package access

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	ours "plimsoll/internal/access"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// load gives a prepared query over an exported bundle, read by OPA's own reader.
func load(t testing.TB, x *ours.Index) rego.PreparedEvalQuery {
	t.Helper()
	var b bytes.Buffer
	if err := x.WriteBundle(&b); err != nil {
		t.Fatal(err)
	}
	bd, err := bundle.NewReader(&b).Read()
	if err != nil {
		t.Fatalf("OPA refuses the bundle: %v", err)
	}
	opts := []func(*rego.Rego){rego.Query("data.plimsoll.access.answer"),
		rego.Store(inmem.NewFromObjectWithOpts(bd.Data, inmem.OptReturnASTValuesOnRead(true)))}
	for _, m := range bd.Modules {
		opts = append(opts, rego.ParsedModule(m.Parsed))
	}
	q, err := rego.New(opts...).PrepareForEval(t.Context())
	if err != nil {
		t.Fatalf("OPA refuses the policy: %v", err)
	}
	return q
}

type verdict struct {
	Decision     bool     `json:"decision"`
	Effect       string   `json:"effect"`
	Doubt        string   `json:"doubt"`
	Restrictions []string `json:"restrictions"`
}

func askOPA(t testing.TB, p rego.PreparedEvalQuery, q *ours.Question) verdict {
	t.Helper()
	b, err := json.Marshal(ours.RegoInput(q, noon))
	if err != nil {
		t.Fatal(err)
	}
	in, err := ast.ValueFromReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	rs, err := p.Eval(context.Background(), rego.EvalParsedInput(in))
	if err != nil || len(rs) != 1 {
		t.Fatalf("OPA on %s: %d results, %v", b, len(rs), err)
	}
	out, err := json.Marshal(rs[0].Expressions[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	var v verdict
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func askOurs(x *ours.Index, q *ours.Question, a *ours.Answer) verdict {
	x.Decide(q, noon, a)
	v := verdict{Decision: a.Permitted(), Effect: a.Effect.String(), Doubt: a.Doubt.String(), Restrictions: []string{}}
	for _, h := range a.Hits {
		v.Restrictions = append(v.Restrictions, h.Restriction().ID)
	}
	slices.Sort(v.Restrictions)
	return v
}

var conditions = []string{
	`context.quantity > 100`,
	`context.quantity <= 10.5 || subject.properties.class == "police"`,
	`has(resource.properties.region) && resource.properties.region in ["north", "south"]`,
	`!(has(subject.properties.class) && subject.properties.class != "civil")`,
	`subject.properties.class.startsWith("po") && !resource.properties.sealed`,
	`resource.properties.region == subject.properties.region || context.urgent`,
	`now >= timestamp("2026-11-23T12:00:00Z")`,
	`action.properties.soft == true && context.note.contains("x")`,
	`subject.id == "e3" || context["quantity"] == 7`,
	`"tag" in context.tags`,
	`context.quantity < "text"`,
	`subject.properties.class.matches("^(po|ci)")`,
	`true`, `false`,
}

var types = []string{"customer", "tenant", "account", "unit"}

func world(seed uint64, entities, restrictions int) *ours.Content {
	rnd := rand.New(rand.NewPCG(seed, 7))
	c := &ours.Content{Name: "random", Version: 1, Settings: ours.Settings{Open: []ours.OpenType{
		{Type: "prospect", Subject: true}}}}
	if seed%4 == 3 {
		c.Settings.Default = ours.Default{Subject: true, Resource: true, Action: true}
	}
	some := func() ours.Ref {
		if len(c.Entities) == 0 || rnd.IntN(15) == 0 {
			return ours.Ref{Type: types[rnd.IntN(4)], ID: fmt.Sprintf("ghost-%d", rnd.IntN(3))}
		}
		return c.Entities[rnd.IntN(len(c.Entities))].Ref
	}
	for i := range entities {
		e := ours.Entity{Ref: ours.Ref{Type: types[rnd.IntN(4)], ID: fmt.Sprintf("e%d", i)}, Subject: rnd.IntN(8) > 0,
			Resource: rnd.IntN(8) == 0}
		if rnd.IntN(2) == 0 {
			e.Properties = properties(rnd)
		}
		for range rnd.IntN(3) {
			e.In = append(e.In, some())
		}
		if rnd.IntN(3) == 0 {
			e.OwnedBy = append(e.OwnedBy, some())
		}
		c.Entities = append(c.Entities, e)
	}
	for i := range 8 {
		e := ours.Entity{Ref: ours.Ref{Type: "service", ID: fmt.Sprintf("s%d", i)}, Resource: true}
		if rnd.IntN(2) == 0 {
			e.In = append(e.In, ours.Ref{Type: "capability", ID: fmt.Sprintf("c%d", rnd.IntN(3))})
		}
		if rnd.IntN(2) == 0 {
			e.Properties = properties(rnd)
		}
		c.Entities = append(c.Entities, e)
	}
	resources := []ours.Ref{{}, {Type: "service"}, {Type: "service", ID: "s1"}, {Type: "capability", ID: "c0"},
		{Type: "capability"}, {Type: "region", ID: "north"}, {Type: "region"}}
	for i := range restrictions {
		r := ours.Restriction{ID: fmt.Sprintf("r%d", i), Subject: some(), Resource: resources[rnd.IntN(len(resources))],
			Effect: ours.Effect(1 + rnd.IntN(3)), Reach: ours.Reach(rnd.IntN(3)), Limit: "some"}
		switch rnd.IntN(12) {
		case 0:
			r.Subject.ID = ""
		case 1:
			r.Subject = ours.Ref{}
		}
		if rnd.IntN(2) == 0 {
			r.Actions = []string{ours.DefaultActions[rnd.IntN(3)]}
		}
		if rnd.IntN(2) == 0 {
			r.When = conditions[rnd.IntN(len(conditions))]
		}
		switch rnd.IntN(6) {
		case 0:
			r.Start = noon.Add(time.Duration(rnd.IntN(5)-2) * time.Hour)
		case 1:
			r.End = noon.Add(time.Duration(rnd.IntN(5)-2) * time.Hour)
		}
		c.Restrictions = append(c.Restrictions, r)
	}
	return c
}

func properties(rnd *rand.Rand) string {
	m := map[string]any{}
	for _, k := range []string{"class", "region", "sealed", "quantity", "urgent", "note", "soft", "tags"} {
		if rnd.IntN(2) == 0 {
			continue
		}
		switch rnd.IntN(9) {
		case 0:
			m[k] = nil
		case 1:
			m[k] = rnd.IntN(2) == 0
		case 2:
			m[k] = []any{"tag", "north"}[:1+rnd.IntN(2)]
		case 3:
			m[k] = map[string]any{"tag": 1}
		case 4, 5:
			m[k] = []any{7, 10, 10.5, 11, 101}[rnd.IntN(5)]
		default:
			m[k] = []any{"police", "civil", "north", "south", "x"}[rnd.IntN(5)]
		}
	}
	b, _ := json.Marshal(m)
	return string(b)
}

func question(rnd *rand.Rand, c *ours.Content) *ours.Question {
	q := &ours.Question{Subject: c.Entities[rnd.IntN(len(c.Entities))].Ref, Action: ours.DefaultActions[rnd.IntN(4)],
		Resource: ours.Ref{Type: "service", ID: fmt.Sprintf("s%d", rnd.IntN(9))}}
	switch rnd.IntN(12) {
	case 0:
		q.Subject = ours.Ref{Type: "unit", ID: "nobody"}
	case 1:
		q.Subject = ours.Ref{Type: "prospect", ID: "new"}
	case 2:
		q.Action = "dance"
	case 3:
		q.Resource = c.Entities[rnd.IntN(len(c.Entities))].Ref
	}
	for _, at := range []*[]byte{&q.SubjectProperties, &q.ResourceProperties, &q.ActionProperties, &q.Context} {
		if rnd.IntN(2) == 0 {
			*at = []byte(properties(rnd))
		}
	}
	return q
}

// TestOPAGivesTheSameAnswers asks the exported bundle, in the real OPA, 10,000 random
// questions over random worlds: effect, doubt and every restriction must be the same.
func TestOPAGivesTheSameAnswers(t *testing.T) {
	asked, denied, conditional := 0, 0, 0
	for seed := range uint64(20) {
		c := world(seed, 40, 60)
		x, err := ours.NewIndex(c)
		if err != nil {
			t.Fatal(err)
		}
		opa := load(t, x)
		rnd := rand.New(rand.NewPCG(seed, 8))
		var a ours.Answer
		for range 500 {
			q := question(rnd, c)
			want, got := askOurs(x, q, &a), askOPA(t, opa, q)
			if got.Decision != want.Decision || got.Effect != want.Effect || got.Doubt != want.Doubt ||
				!slices.Equal(got.Restrictions, want.Restrictions) {
				b, _ := json.Marshal(ours.RegoInput(q, noon))
				t.Fatalf("seed %d: %s\nOPA  %+v\nours %+v", seed, b, got, want)
			}
			asked++
			if !want.Decision {
				denied++
			}
			for _, h := range a.Hits {
				if h.Restriction().When != "" {
					conditional++
				}
			}
		}
	}
	if asked != 10_000 || denied < 1000 || denied > 9900 || conditional < 1000 {
		t.Errorf("%d asked, %d denied, %d conditions met: the questions say too little", asked, denied, conditional)
	}
	t.Logf("%d questions, %d denied or held, %d conditions met", asked, denied, conditional)
}

// TestBundleRefusesWhatHasNoTwin: an export that would answer otherwise is no export.
func TestBundleRefusesWhatHasNoTwin(t *testing.T) {
	for _, when := range []string{`context.a + 1 == 2`, `context.l.exists(x, x == 1)`, `size(context.l) > 2`,
		`now > context.t`} {
		c := world(1, 3, 0)
		c.Restrictions = []ours.Restriction{{ID: "r", Subject: c.Entities[0].Ref, Effect: ours.Deny, When: when}}
		x, err := ours.NewIndex(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.WriteBundle(&bytes.Buffer{}); err == nil {
			t.Errorf("%s: exported", when)
		}
	}
}

// policies is the question of the bar: 10,000 restrictions, one for each customer.
func policies(n int) *ours.Content {
	c := &ours.Content{Name: "policies", Version: 1, Entities: []ours.Entity{{Ref: ours.Ref{Type: "service", ID: "s7"},
		Resource: true}}}
	for i := range n {
		r := ours.Ref{Type: "customer", ID: fmt.Sprintf("c%d", i)}
		c.Entities = append(c.Entities, ours.Entity{Ref: r, Subject: true})
		c.Restrictions = append(c.Restrictions, ours.Restriction{ID: fmt.Sprintf("r%d", i), Subject: r,
			Resource: ours.Ref{Type: "service", ID: "s7"}, Actions: []string{"use"}, Effect: ours.Deny})
	}
	return c
}

func cedarSet(t testing.TB, n int) *cedar.PolicySet {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("permit (principal, action, resource);\n")
	for i := range n {
		fmt.Fprintf(&b, "forbid (principal == customer::\"c%d\", action == Action::\"use\", resource == "+
			"service::\"s7\");\n", i)
	}
	ps, err := cedar.NewPolicySetFromBytes("p", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func cedarRequest(i int) cedar.Request {
	return cedar.Request{Principal: cedar.NewEntityUID("customer", cedar.String(fmt.Sprintf("c%d", i))),
		Action:   cedar.NewEntityUID("Action", "use"),
		Resource: cedar.NewEntityUID("service", "s7"), Context: cedar.NewRecord(nil)}
}

// TestCedarGivesTheSameAnswers guards the benchmark: all three answer its question alike.
func TestCedarGivesTheSameAnswers(t *testing.T) {
	const n = 200
	c := policies(n)
	c.Entities = append(c.Entities, ours.Entity{Ref: ours.Ref{Type: "customer", ID: fmt.Sprintf("c%d", n)},
		Subject: true})
	x, err := ours.NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	opa, ps := load(t, x), cedarSet(t, n)
	var a ours.Answer
	for i := range n + 1 {
		q := &ours.Question{Subject: ours.Ref{Type: "customer", ID: fmt.Sprintf("c%d", i)}, Action: "use",
			Resource: ours.Ref{Type: "service", ID: "s7"}}
		x.Decide(q, noon, &a)
		d, _ := cedar.Authorize(ps, cedar.EntityMap{}, cedarRequest(i))
		if v := askOPA(t, opa, q); a.Permitted() != (i == n) || bool(d) != a.Permitted() ||
			v.Decision != a.Permitted() {
			t.Fatalf("c%d: ours %v, cedar %v, OPA %v", i, a.Permitted(), d, v.Decision)
		}
	}
}

// go test ./... -run - -bench Policies -benchmem
func BenchmarkPolicies(b *testing.B) {
	const n = 10_000
	x, err := ours.NewIndex(policies(n))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("engine=plimsoll", func(b *testing.B) {
		var a ours.Answer
		q := &ours.Question{Subject: ours.Ref{Type: "customer", ID: "c7"}, Action: "use", Resource: ours.Ref{
			Type: "service", ID: "s7"}}
		b.ReportAllocs()
		for b.Loop() {
			x.Decide(q, noon, &a)
		}
		if a.Permitted() {
			b.Fatal("permitted")
		}
	})
	b.Run("engine=opa", func(b *testing.B) {
		p := load(b, x)
		in := ast.MustInterfaceToValue(ours.RegoInput(&ours.Question{Subject: ours.Ref{Type: "customer", ID: "c7"},
			Action: "use", Resource: ours.Ref{Type: "service", ID: "s7"}}, noon))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Eval(b.Context(), rego.EvalParsedInput(in)); err != nil {
				b.Fatal(err)
			}
		}
	})
	// The fairest rival: one line of Rego over a map, as an OPA user would write this question.
	b.Run("engine=opa-map", func(b *testing.B) {
		restricted := map[string]any{}
		for i := range n {
			restricted[fmt.Sprintf("c%d", i)] = map[string]any{"s7": map[string]any{"use": true}}
		}
		store := inmem.NewFromObjectWithOpts(map[string]any{"restricted": restricted},
			inmem.OptReturnASTValuesOnRead(true))
		p, err := rego.New(rego.Query("data.door.deny"), rego.Module("door.rego",
			"package door\nimport rego.v1\ndefault deny := false\ndeny if "+
				"data.restricted[input.subject.id][input.resource.id][input.action.name]\n"),
			rego.Store(store)).PrepareForEval(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		in := ast.MustInterfaceToValue(map[string]any{"subject": map[string]any{"id": "c7"}, "resource": map[string]any{
			"id": "s7"}, "action": map[string]any{"name": "use"}})
		b.ReportAllocs()
		for b.Loop() {
			rs, err := p.Eval(b.Context(), rego.EvalParsedInput(in))
			if err != nil || rs[0].Expressions[0].Value != true {
				b.Fatal(rs, err)
			}
		}
	})
	b.Run("engine=cedar-go", func(b *testing.B) {
		ps, req := cedarSet(b, n), cedarRequest(7)
		b.ReportAllocs()
		for b.Loop() {
			if d, _ := cedar.Authorize(ps, cedar.EntityMap{}, req); d {
				b.Fatal("permitted")
			}
		}
	})
	// cedar-go with few policies: the restrictions stand in the entities.
	b.Run("engine=cedar-go-entities", func(b *testing.B) {
		ps, err := cedar.NewPolicySetFromBytes("p",
			[]byte(`permit (principal, action, resource); forbid (principal, action == Action::"use", resource) when { principal.restricted.contains(resource) };`))
		if err != nil {
			b.Fatal(err)
		}
		em := cedar.EntityMap{}
		for i := range n {
			id := cedar.NewEntityUID("customer", cedar.String(fmt.Sprintf("c%d", i)))
			em[id] = cedar.Entity{UID: id, Attributes: cedar.NewRecord(cedar.RecordMap{
				"restricted": cedar.NewSet(cedar.NewEntityUID("service", "s7"))})}
		}
		req := cedarRequest(7)
		b.ReportAllocs()
		for b.Loop() {
			if d, _ := cedar.Authorize(ps, em, req); d {
				b.Fatal("permitted")
			}
		}
	})
}
