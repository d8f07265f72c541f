// Package finding is what a review says: a flag, on whom, with which numbers, resting on
// what, with the innocent explanations beside it.
//
// Invariants: a finding is a reason to look, never a verdict; it names everything that it
// was computed from; the same inputs, packs and date give the same bytes.
package finding

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"
)

// The states a finding can have. What was checked and not raised is only counted.
const (
	Raised        = "raised"
	NotComputable = "not_computable"
)

// A Finding is one line of findings.jsonl.
type Finding struct {
	ID         string             `json:"id"`
	Flag       string             `json:"flag"`
	State      string             `json:"state"`
	Severity   string             `json:"severity"` // critical | high | medium | low: of the possible harm
	Confidence float64            `json:"confidence"`
	Subject    Subject            `json:"subject"`
	Engagement []string           `json:"engagements"`
	Accounts   []string           `json:"accounts"`
	Sentence   string             `json:"sentence"`
	Values     map[string]any     `json:"values"`
	Threshold  map[string]float64 `json:"threshold"`
	Period     []string           `json:"period"` // first day, day after the last; empty when it has none
	Missing    []string           `json:"missing"`
	// why it is not computable, or what is not known of its values
	Unknown  []Gap      `json:"unknown,omitempty"`
	Hits     []Hit      `json:"hits"`
	Path     []Step     `json:"path"`
	Further  [][]Step   `json:"further_paths,omitempty"` // of other owners that a sentence counts
	RestsOn  []Clause   `json:"rests_on"`
	Harm     Harm       `json:"harm"`
	Innocent []string   `json:"innocent"`
	Evidence []Evidence `json:"evidence"`
	Claims   []Claim    `json:"claims,omitempty"`
	Series   []Series   `json:"series,omitempty"`
	Ask      []string   `json:"ask,omitempty"`
	// flags raised about the same party that this one is to be read with
	See     []string `json:"see,omitempty"`
	Title   string   `json:"title"`
	Pack    string   `json:"pack"`
	Version string   `json:"pack_version"`
	// which parties would have to be one, when it rests on a possible join
	If       []Condition `json:"if,omitempty"`
	Overlays []Overlay   `json:"overlays,omitempty"` // packs whose values the rule was judged by
}

// Harm says whose rights may be touched, which, how many people that is, and whether it can be
// undone. What is empty is not stated in the records, and readers are told so.
type Harm struct {
	Who     string   `json:"who"`
	Rights  []Clause `json:"rights,omitempty"` // where the rights are laid down
	HowMany string   `json:"how_many"`
	Undone  string   `json:"undone"`
	Note    string   `json:"note,omitempty"` // why what is empty cannot be said
}

// A Condition is a pair of mentions that may be one party, see joins.csv.
type Condition struct {
	Left   Side    `json:"left"`
	Right  Side    `json:"right"`
	Why    string  `json:"why"`    // what it rests on
	Weight float64 `json:"weight"` // in bits
}

// A Side is one mention of a [Condition].
type Side struct {
	Name  string `json:"name"`
	At    string `json:"at"` // the first place, "engagements.csv row 17"
	Party string `json:"party"`
}

// An Overlay is a pack that extends the one a rule comes from.
type Overlay struct {
	Pack    string `json:"pack"`
	Version string `json:"pack_version"`
}

// A Subject is what a finding is about.
type Subject struct {
	Kind string `json:"kind"` // party | engagement | account | run
	ID   string `json:"id"`
	Name string `json:"name"`
	// Party is the resolved party behind an engagement or account, "" for a run.
	Party string `json:"party,omitempty"`
}

// A Hit is a listed entry that the subject, or an owner on its path, matches.
type Hit struct {
	List    string  `json:"list"`
	Title   string  `json:"list_title,omitempty"` // publisher and title, for people
	Entry   string  `json:"entry"`
	Name    string  `json:"name"`    // the listed name that matched
	Matched string  `json:"matched"` // the name in the records
	Score   float64 `json:"score"`
	Grade   string  `json:"grade"`
	Why     string  `json:"why,omitempty"`
	Effect  string  `json:"effect,omitempty"` // what the listing does, in the list's words
	// first day of the listing as far as the list states it: "2031-02-01", "2031"
	Listed string `json:"listed,omitempty"`
	Legal  string `json:"legal,omitempty"` // sanctions, export_control, debarment, report; empty when not known
	// FiftyRule: the list's authority counts as listed what listed parties own to half.
	FiftyRule bool   `json:"fifty_rule,omitempty"`
	FiftyLaw  string `json:"fifty_law,omitempty"` // the rule on ownership that the authority has or had: "OFAC-50"
}

// A Step is one hop of an ownership path, from owner to owned.
type Step struct {
	From   string     `json:"from"`
	To     string     `json:"to"`
	Share  [2]float64 `json:"share"` // least and most, 0..1
	Since  string     `json:"since,omitempty"`
	Until  string     `json:"until,omitempty"`
	Source string     `json:"source"` // file and place
}

// A Reading says how the words of a clause were checked.
type Reading string

// The readings.
const (
	Primary   Reading = "primary"   // compared with the text itself, or a stored copy of it
	Secondary Reading = "secondary" // read in what somebody else wrote about the text
	Memory    Reading = "memory"    // written from memory: compare it with the text before relying on it
)

// Words is what a reader sees for the reading of a clause.
func (r Reading) Words() string {
	switch r {
	case Primary:
		return "text itself read"
	case Secondary:
		return "read in a secondary source"
	}
	return "from memory, not checked"
}

// A Clause is what a rule rests on.
type Clause struct {
	Instrument string  `json:"instrument"`
	Clause     string  `json:"clause"`
	Read       Reading `json:"read"`
	Verified   bool    `json:"verified"` // Read is not memory; for readers of version 1, to be left out in version 2
}

// Reading returns how the clause was read; findings stored before there were three readings
// say only whether it was verified.
func (c Clause) Reading() Reading {
	switch {
	case c.Read != "":
		return c.Read
	case c.Verified:
		return Secondary
	}
	return Memory
}

// Evidence points at the rows read.
type Evidence struct {
	SHA256 string `json:"sha256"`
	File   string `json:"file"`
	At     string `json:"at"`
	Says   string `json:"says,omitempty"` // what the row contributes, with its unit
}

// A Claim is an attributed statement shown beside the finding.
type Claim struct {
	ID        string `json:"id"`
	Text      string `json:"text"`
	Source    string `json:"source"`
	Published string `json:"published"`
	Grade     string `json:"grade"`
	Status    string `json:"status"`
	Origin    string `json:"origin"`
	Reply     string `json:"reply"`
}

// A Series is a measure over months, for the plot.
type Series struct {
	Measure string    `json:"measure"`
	Unit    string    `json:"unit"`
	Months  []string  `json:"months"` // YYYY-MM, without gaps
	Values  []float64 `json:"values"`
	Limit   float64   `json:"limit,omitempty"`
	Label   string    `json:"limit_label,omitempty"`
	Marks   []Mark    `json:"marks,omitempty"`
}

// A Mark is a dated event on a plot.
type Mark struct {
	Date  string `json:"date"`
	Label string `json:"label"`
}

// NewID derives the id from what makes a finding the same finding in the next run:
// flag, subject kind and subject key.
func NewID(flag, kind, subject string) string {
	h := sha256.Sum256([]byte(flag + "\x00" + kind + "\x00" + subject))
	return strings.ToLower(base32.StdEncoding.EncodeToString(h[:10]))
}

// Line returns the finding as one line of findings.jsonl, newline included. Absent lists
// are written as [], so that a reader needs no null checks.
func (f Finding) Line() ([]byte, error) {
	for _, p := range []*[]string{&f.Engagement, &f.Accounts, &f.Period, &f.Missing, &f.Innocent} {
		if *p == nil {
			*p = []string{}
		}
	}
	if f.Values == nil {
		f.Values = map[string]any{}
	}
	if f.Threshold == nil {
		f.Threshold = map[string]float64{}
	}
	if f.Hits == nil {
		f.Hits = []Hit{}
	}
	if f.Path == nil {
		f.Path = []Step{}
	}
	if f.RestsOn == nil {
		f.RestsOn = []Clause{}
	}
	if f.Evidence == nil {
		f.Evidence = []Evidence{}
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// Rank orders severities, the worst first.
func Rank(severity string) int {
	switch severity {
	case "critical":
		return 0
	case "high":
		return 1
	case "medium":
		return 2
	case "low":
		return 3
	}
	return 4
}
