package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// A Trial is a test that ships in a pack: facts, and what the rule must say about them.
// Signals that are not given are missing.
type Trial struct {
	Name     string
	Facts    map[string]any
	Missing  map[string][]string // columns of missing signals, where the test names them
	Want     string
	Severity string      // "" when the test does not care
	Columns  []string    // the missing columns wanted, nil when the test does not care
	Says     string      // text that the sentence must hold
	Innocent bool        // a case that must not be raised, though it looks alike
	Hit      finding.Hit // what the listed entry to show is, where the test cares
	line     int
}

// A TestResult is how one trial went.
type TestResult struct {
	Pack     string
	Flag     string
	Of       string
	Name     string
	Want     string
	Got      string
	OK       bool
	Innocent bool
	Detail   string // why it failed
	File     string
	Line     int
}

var states = []string{Raised, NotRaised, NotComputable, NotApplicable, Exempt}

// trials reads the facts that the tests of a rule share, and the tests.
func (rule *Rule) trials(r *reader, m mapping) {
	given := rule.facts(r, m, "given")
	for _, n := range r.items(m.at["tests"]) {
		t := r.mapping(n, "name", "set", "without", "want", "severity", "missing", "says", "innocent", "hit")
		trial := Trial{
			Name: r.needed(t, "name"), Facts: maps.Clone(given), Missing: map[string][]string{},
			Want:     r.needed(t, "want"),
			Severity: r.text(t.at["severity"]), Says: r.text(t.at["says"]), Innocent: r.truth(t.at["innocent"]),
			line: n.Line,
		}
		if !slices.Contains(states, trial.Want) {
			r.fail(t.lineOf("want"), "want %q is not one of %s", trial.Want, strings.Join(states, ", "))
		}
		if trial.Innocent && trial.Want == Raised {
			r.fail(n.Line, "an innocent case cannot be wanted raised")
		}
		maps.Copy(trial.Facts, rule.facts(r, t, "set"))
		for _, name := range r.texts(t.at["without"]) {
			if !slices.Contains(rule.Signals, name) {
				r.fail(t.lineOf("without"), "the rule does not read %q", name)
			}
			delete(trial.Facts, name)
		}
		if t.has("missing") {
			trial.Columns = r.texts(t.at["missing"])
			slices.Sort(trial.Columns)
		}
		trial.hit(r, t)
		rule.Trials = append(rule.Trials, trial)
	}
}

// exampleHit is the listed entry that tests show where they name no other.
var exampleHit = finding.Hit{List: "Example list", Entry: "1", Name: "Listed Example", Matched: "Example", Score: 0.9,
	Grade: "A8"}

// hit reads what a test says of the best listed entry.
func (t *Trial) hit(r *reader, m mapping) {
	t.Hit = exampleHit
	if !m.has("hit") {
		return
	}
	h := r.mapping(m.at["hit"], "list", "name", "matched", "score", "grade", "effect", "fifty", "fifty_law")
	for key, to := range map[string]*string{
		"list": &t.Hit.List, "name": &t.Hit.Name, "matched": &t.Hit.Matched, "grade": &t.Hit.Grade,
		"effect":    &t.Hit.Legal,
		"fifty_law": &t.Hit.FiftyLaw,
	} {
		if h.has(key) {
			*to = r.text(h.at[key])
		}
	}
	t.Hit.FiftyRule = r.truth(h.at["fifty"])
	if h.has("score") {
		t.Hit.Score = r.number(h.at["score"], "score")
	}
}

// facts reads a mapping from signals to values and checks both.
func (rule *Rule) facts(r *reader, m mapping, key string) map[string]any {
	out := map[string]any{}
	if !m.has(key) {
		return out
	}
	at := r.mapping(m.at[key])
	for _, name := range at.keys {
		n := at.at[name]
		i, ok := slots[name]
		if !ok || i >= len(signal.Catalogue) || signal.Catalogue[i].Of != rule.Of {
			r.fail(n.Line, "there is no signal %q for a %s", name, rule.Of)
			return out
		}
		v := r.value(n)
		if _, ok := convert(v, signal.Catalogue[i].Type, shapes[name]); !ok {
			r.fail(n.Line, "%s is a %s, which this value is not", name, signal.Catalogue[i].Type)
		}
		if s := shapes[name]; s != nil {
			rule.elements(r, n.Line, s, v)
		}
		out[name] = v
	}
	return out
}

// elements checks the keys of the entries of a list(map) fact.
func (rule *Rule) elements(r *reader, line int, s *shape, v any) {
	list, _ := v.([]any)
	for _, e := range list {
		entry, _ := e.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(entry)) {
			if i, ok := s.byName[k]; !ok {
				r.fail(line, "a %s has no %q", s.name, k)
			} else if _, ok := convert(entry[k], s.fields[i].typ, nil); !ok {
				r.fail(line, "%s of a %s is a %s, which %v is not", k, s.name, s.fields[i].typ, entry[k])
			}
		}
	}
}

// Test runs the tests that ship in the packs. A test that fails is a result; the error is
// for a run that could not be made.
func (p *Pack) Test() ([]TestResult, error) {
	var out []TestResult
	for _, part := range p.Parts {
		for _, rule := range part.Rules {
			for i := range rule.Trials {
				run, err := p.try(rule.asWritten(), &rule.Trials[i])
				if err != nil {
					return nil, fmt.Errorf("test rule %s: %w", rule.Flag, err)
				}
				out = append(out, run.TestResult)
			}
		}
	}
	return out, nil
}

// An outcome is what a rule says about the facts of a trial, and by which steps.
type outcome struct {
	state    string
	columns  []string
	finding  finding.Finding
	severity int   // the step of the severity that decided, -1 when not raised
	wording  int   // the wording of the sentence
	right    int   // the step of the rights, -1 for none
	grounds  []int // conditional clauses that are cited, by their place in the rule
	exempt   int   // the exemption that held, -1 for none
}

// same reports whether two outcomes differ in nothing but the text that they show.
func (a outcome) same(b outcome) bool {
	return a.state == b.state && slices.Equal(a.columns, b.columns) && a.severity == b.severity &&
		a.wording == b.wording &&
		a.finding.Severity == b.finding.Severity && a.finding.Confidence == b.finding.Confidence &&
		slices.Equal(a.finding.RestsOn, b.finding.RestsOn) && a.right == b.right && a.exempt == b.exempt
}

func (p *Pack) outcome(rule *Rule, f *signal.Facts) (outcome, error) {
	a := outcome{severity: -1, wording: -1, right: -1, exempt: -1}
	ev := newEvaluator(p.programs)
	if err := ev.start(f); err != nil {
		return a, err
	}
	defer ev.stop()
	a.state, a.columns, _ = ev.judge(rule)
	switch a.state {
	case Raised:
		a.finding = ev.raise(rule).Finding
		a.severity = ev.step(len(rule.severity), func(i int) *expression { return rule.severity[i].on })
		a.wording = ev.step(len(rule.sentence), func(i int) *expression { return rule.sentence[i].on })
		a.right = ev.right(rule)
		for i, g := range rule.RestsOn {
			if g.on != nil && ev.truth(g.on) == yes {
				a.grounds = append(a.grounds, i)
			}
		}
	case NotComputable:
		a.finding = ev.cannot(rule, a.columns, false).Finding
	case Exempt:
		a.exempt = slices.IndexFunc(rule.Exempts, func(x Exemption) bool { return ev.truth(x.on) == yes })
	}
	return a, nil
}

// step returns the first of n steps whose condition holds, else the last.
func (ev *evaluator) step(n int, on func(int) *expression) int {
	for i := range n {
		if ev.truth(on(i)) == yes {
			return i
		}
	}
	return n - 1
}

// A trialRun is a test and the steps that it took.
type trialRun struct {
	TestResult
	outcome outcome
}

func (p *Pack) try(rule *Rule, t *Trial) (trialRun, error) {
	res := trialRun{TestResult: TestResult{
		Pack: rule.part.Name, Flag: rule.Flag, Of: rule.Of, Name: t.Name, Want: t.Want,
		Innocent: t.Innocent, File: rule.file, Line: t.line,
	}}
	f := t.subject(rule)
	got, err := p.outcome(rule, f)
	if err != nil {
		return res, err
	}
	other, err := p.outcome(rule, renamed(f))
	if err != nil {
		return res, err
	}
	state, columns := got.state, got.columns
	res.outcome, res.Got = got, state
	switch {
	case !got.same(other):
		res.Detail = fmt.Sprintf("with every name, place and date written otherwise it is %s %s, else %s %s: a rule "+
			"may not turn on them",
			other.state, other.finding.Severity, state, got.finding.Severity)
	case accusingIn(got.finding.Sentence) != "":
		res.Detail = fmt.Sprintf("the sentence says %q, which would state an accusation as a fact",
			accusingIn(got.finding.Sentence))
	case state != t.Want:
		res.Detail = fmt.Sprintf("wanted %s, got %s", t.Want, state)
		if len(columns) > 0 {
			res.Detail += " for want of " + strings.Join(columns, ", ")
		}
	case t.Severity != "" && got.finding.Severity != t.Severity:
		res.Detail = fmt.Sprintf("wanted severity %s, got %q", t.Severity, got.finding.Severity)
	case t.Columns != nil && !slices.Equal(t.Columns, got.finding.Missing):
		res.Detail = fmt.Sprintf("wanted %s to be missing, got %s", strings.Join(t.Columns, ", "),
			strings.Join(got.finding.Missing, ", "))
	case t.Says != "" && !strings.Contains(got.finding.Sentence, t.Says):
		res.Detail = fmt.Sprintf("wanted a sentence with %q, got %q", t.Says, got.finding.Sentence)
	default:
		res.OK = true
	}
	return res, nil
}

// subject makes the facts of a trial: a fictional subject with one claim and one hit to
// show, since sentences may name them.
func (t *Trial) subject(rule *Rule) *signal.Facts {
	return &signal.Facts{
		Subject: finding.Subject{Kind: rule.Of, ID: "example", Name: "Example"},
		Values:  t.Facts,
		Missing: t.Missing,
		Hits:    []finding.Hit{t.Hit},
		Path:    []finding.Step{{From: "Listed Example", To: "Example", Share: [2]float64{0.5, 0.6}}},
		Claims: []finding.Claim{{ID: "1", Text: "Example text.", Source: "Example Post", Published: "2032-02-20",
			Grade: "B2", Status: "reported", Origin: "1"}},
	}
}
