// Package policy judges the signals of a subject by the rules of a pack and says, for each
// rule, one of three things: raised, not raised, or not computable and for want of which
// column.
//
// Invariants: a pack loads whole or not at all, with every expression compiled, type-checked
// and bounded in cost; a missing value is a CEL unknown and never counts as false or zero;
// a result names rule, pack, version and the values read, so that it can be replayed; a
// loaded pack is immutable and may be used by several goroutines.
package policy

import (
	"cmp"
	"slices"
	"sync"

	"plimsoll/internal/finding"
	"plimsoll/internal/signal"
)

// The states of a rule for one subject. Raised and not computable are finding states; the
// others are counted.
const (
	Raised        = finding.Raised
	NotComputable = finding.NotComputable
	NotRaised     = "not_raised"
	NotApplicable = "not_applicable"
	Exempt        = "exempt" // the condition holds, but the pack exempts this kind of subject
)

// A Pack is what a run is judged by: one part per pack loaded, in the order given.
type Pack struct {
	Parts []*Part

	byKind   map[string][]*Rule
	programs int // how many distinct expressions the parts hold
	lapsed   []Lapse
	pool     sync.Pool // of *evaluator
}

// A Part is one pack as its author wrote it.
type Part struct {
	Name        string
	Version     string
	Title       string
	Date        string // of this version
	Licence     string
	Instruments []Instrument
	Parameters  []Parameter
	Sets        []Set
	Modifiers   []Modifier
	Rules       []*Rule
	Digest      string // hex SHA-256 over the names and bytes of its files

	// Of an overlay.
	Extends   string     // the name of the pack that it extends, "" for none
	Overrides []Override // parameters of the base that it gives another value
	Disabled  []Disabled // rules of the base that it switches off

	clauses   map[[2]string]*Clause
	constants map[string]constant
	reads     map[string]bool // parameters that its rules and modifiers read, those switched off included
	base      *Part
	at        string              // file and line at which it is named
	extendsAt string              // file and line at which it says what it extends
	authored  []*Rule             // its rules before overlays switched any off
	implied   bool                // loaded because another extends it, and not named
	overlays  []finding.Overlay   // packs that extend it
	written   map[string]constant // its constants before overlays changed them; nil when there are none
}

// The kinds of instrument. A finding that rests on a voluntary text must not read like law.
const (
	Binding   = "binding"
	Soft      = "soft"
	Court     = "court"
	Political = "political" // what states agreed on without being bound; a national act may bind
	Voluntary = "voluntary"
)

// An Instrument is a text that rules rest on.
type Instrument struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Kind       string   `json:"kind"`
	Addressee  string   `json:"addressee"` // whom it speaks to: "every company", "states" …
	Source     string   `json:"source"`
	Note       string   `json:"note,omitempty"`
	Objections []string `json:"objections,omitempty"` // published objections to it, each with who and when
	Clauses    []Clause `json:"clauses"`
}

// A Clause is one provision, in the pack author's words.
type Clause struct {
	Clause   string          `json:"clause"`
	Says     string          `json:"says"`
	From     string          `json:"from,omitempty"`  // first day in force, "" when always
	Until    string          `json:"until,omitempty"` // last day in force, "" when open
	Read     finding.Reading `json:"read"`
	Verified bool            `json:"verified"` // Read is not memory
	// the day on which it was read, or entered as read; "" is not recorded
	ReadOn     string `json:"read_on,omitempty"`
	Source     string `json:"source,omitempty"` // where it was read
	Note       string `json:"note,omitempty"`
	instrument string
}

// InForce reports whether the clause is in force on a day written YYYY-MM-DD. The empty day
// is inside every period.
func (c *Clause) InForce(day string) bool {
	return day == "" || (c.From == "" || c.From <= day) && (c.Until == "" || day <= c.Until)
}

// A Parameter is a threshold that expressions name as param.<name>.
type Parameter struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Doc   string  `json:"doc"`
	given float64 // its value in the pack that declares it
	file  string
	line  int
}

// A Set is a list of words that expressions name as set.<name>.
type Set struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	Doc    string   `json:"doc"`
}

// A Modifier is a statement of context that moves a severity. All modifiers together move
// it by one step at most.
type Modifier struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Of    string   `json:"subject"` // the kind of subject
	Flags []string `json:"flags"`
	Step  int      `json:"step"` // +1 is more severe
	Note  string   `json:"note,omitempty"`
	when  *expression
}

// A Rule computes one flag for one kind of subject.
type Rule struct {
	Flag     string
	Title    string
	Family   string // A who, B what, C how much and where, D terms, E people, F governance
	Of       string // party, engagement or account
	Innocent []string
	Ask      []string
	RestsOn  []Ground
	Plots    []Plot
	Show     []string
	Exempts  []Exemption
	Signals  []string // every signal that an expression or a sentence names, sorted
	Params   []string // every parameter that an expression names, sorted
	Trials   []Trial
	Rights   []Right // whose rights may be touched, as far as the rule itself can tell

	applies    *expression
	when       *expression
	severity   []rung
	confidence *expression
	sentence   []saying
	incomplete []gap

	cited []finding.Clause // what RestsOn cites without a condition, as findings show it
	part  *Part
	file  string
	line  int
}

// Pack names the part that the rule comes from.
func (r *Rule) Pack() (name, version string) { return r.part.Name, r.part.Version }

// Where names the file and the line at which the rule starts.
func (r *Rule) Where() (file string, line int) { return r.file, r.line }

// A Plot picks a series for the finding and draws a parameter as its limit.
type Plot struct {
	Measure string // "storage" picks every series whose measure starts with it
	Param   string // "" when no limit is drawn
	Label   string
}

// An Exemption keeps a condition that holds from being raised; it is counted and listed.
type Exemption struct {
	Why  string
	on   *expression
	line int
}

// A rung of the severity ladder: the first whose condition holds decides.
type rung struct {
	on   *expression // nil is always
	is   string
	line int
}

// A saying is one wording of the sentence: the first whose condition holds is used.
type saying struct {
	on   *expression // nil is always
	text template
	line int
}

// A gap makes "not raised" into "not computable" when what was read was not enough to say so.
type gap struct {
	on      *expression
	columns []string
}

// A Result is what one rule says about one subject. Raised and not computable results carry a
// finding; its Evidence is left to the caller, who fills it from the rows whose Signal is a
// prefix of one of Signals. An exempt result carries subject and values only.
type Result struct {
	Rule    *Rule
	State   string
	Why     string // the exemption that held
	RunWide bool   // not computable, and no subject of the run has what is missing
	Signals []string
	Finding finding.Finding
}

// Rules returns the rules for a kind of subject, in the order of the pack; for "" all.
func (p *Pack) Rules(kind string) []*Rule {
	if kind != "" {
		return slices.Clone(p.byKind[kind])
	}
	var all []*Rule
	for _, part := range p.Parts {
		all = append(all, part.Rules...)
	}
	return all
}

// AsOf returns the pack as it stands on a day written YYYY-MM-DD: rules cite only clauses in
// force on that day, and a rule that rests on none of them is left out.
func (p *Pack) AsOf(day string) *Pack {
	parts := make([]*Part, len(p.Parts))
	var lapsed []Lapse
	for i, part := range p.Parts {
		dated := *part
		dated.Rules = nil
		for _, r := range part.Rules {
			now := *r
			now.RestsOn = nil
			for _, g := range r.RestsOn {
				if g.Clause.InForce(day) {
					now.RestsOn = append(now.RestsOn, g)
				}
			}
			now.part = &dated
			if len(now.RestsOn) == 0 {
				lapsed = append(lapsed, r.lapse(day))
				continue
			}
			dated.Rules = append(dated.Rules, &now)
		}
		parts[i] = &dated
	}
	out := assemble(parts, p.programs)
	out.lapsed = lapsed
	return out
}

// assemble indexes the rules of compiled parts.
func assemble(parts []*Part, programs int) *Pack {
	p := &Pack{Parts: parts, byKind: map[string][]*Rule{}, programs: programs}
	for _, part := range parts {
		for _, r := range part.Rules {
			r.cited = r.always()
			p.byKind[r.Of] = append(p.byKind[r.Of], r)
		}
	}
	p.pool.New = func() any { return newEvaluator(p.programs) }
	return p
}

// kinds are the kinds of subject that a rule can be about.
var kinds = []string{signal.OfParty, signal.OfEngagement, signal.OfAccount}

// byName orders by flag and then by kind, for output that must not depend on map order.
func byName(a, b *Rule) int {
	return cmp.Or(cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.Of, b.Of))
}
