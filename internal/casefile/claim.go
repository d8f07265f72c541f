package casefile

import (
	"slices"
	"time"
)

// The statuses of a claim (domain reference 4.4). The last four come from outside and are
// never reached by our own testing.
const (
	Reported          = "reported"
	UnderReview       = "under_review"
	PartlySupported   = "partly_supported"
	Supported         = "supported"
	NotSupported      = "not_supported"
	Contradicted      = "contradicted"
	NotTestable       = "not_testable"
	AdmittedByParty   = "admitted_by_party"
	FoundByAuthority  = "found_by_authority"
	Withdrawn         = "withdrawn"
	Corrected         = "corrected"
	answerAnswered    = "answered"
	answerPartly      = "partly"
	answerNot         = "not"
	answerRefused     = "refused"
	unknownGrade      = "F6"
	leastIndependence = 1
)

// Statuses lists the statuses of a claim.
var Statuses = []string{Reported, UnderReview, PartlySupported, Supported, NotSupported, Contradicted, NotTestable,
	AdmittedByParty, FoundByAuthority, Withdrawn, Corrected}

// Answers lists how an assertion can be met.
var Answers = []string{answerAnswered, answerPartly, answerNot, answerRefused}

// A Claim is one atomic statement that somebody made about a party.
type Claim struct {
	ID         ID             `json:"id"`
	Case       ID             `json:"case"`
	Party      string         `json:"party"`
	Text       string         `json:"text"`
	Capability string         `json:"capability"`
	Source     string         `json:"source"` // who says it
	URL        string         `json:"url"`
	Published  string         `json:"published"`
	Unit       string         `json:"unit"`   // of a number in the text
	Window     string         `json:"window"` // the time that the statement speaks of
	Origin     string         `json:"origin"` // claims of one origin count once, however many publish it
	Anonymous  bool           `json:"anonymous"`
	Denies     ID             `json:"denies,omitempty"` // the claim that this one denies
	Critical   bool           `json:"critical"`         // belongs into the letter to the party
	Status     string         `json:"status"`
	Grades     []Grade        `json:"grades"`
	History    []StatusChange `json:"history"` // oldest first; old wording stays readable
	Replies    []Reply        `json:"replies"`
	Evidence   []Citation     `json:"evidence"`
	Added      time.Time      `json:"added"`
	AddedBy    string         `json:"added_by"`
}

// Holds reports whether a decision may rest on the claim: it was tested and held at least in
// part, or the party or an authority said so.
func (c Claim) Holds() bool {
	return slices.Contains([]string{PartlySupported, Supported, AdmittedByParty, FoundByAuthority}, c.Status)
}

// A Grade is one person's judgement on two independent scales: the source A (completely
// reliable) to F (cannot be judged), the information 1 (confirmed by others) to 6 (cannot be
// judged). F and 6 mean unknown, not bad.
type Grade struct {
	Source      string    `json:"source"`      // A..F
	Information string    `json:"information"` // 1..6
	Reason      string    `json:"reason"`
	By          string    `json:"by"`
	At          time.Time `json:"at"`
}

func (g Grade) String() string { return g.Source + g.Information }

// A StatusChange is one step in the life of a claim.
type StatusChange struct {
	Status    string    `json:"status"`
	Text      string    `json:"text"` // the wording until then
	Reason    string    `json:"reason"`
	Authority string    `json:"authority,omitempty"` // who found it, with date and state of appeal
	By        string    `json:"by"`
	At        time.Time `json:"at"`
}

// Origins counts claims so that those of one origin count once. A claim without an origin
// is its own. Denials and withdrawn claims do not support anything and are not counted.
func Origins(claims []Claim) int {
	seen := map[string]bool{}
	for _, c := range claims {
		if c.Denies != "" || c.Status == Withdrawn {
			continue
		}
		k := "origin " + c.Origin
		if c.Origin == "" {
			k = "claim " + string(c.ID)
		}
		seen[k] = true
	}
	return len(seen)
}

// A Letter asks the party about the critical assertions.
type Letter struct {
	ID         ID          `json:"id"`
	Case       ID          `json:"case"`
	To         string      `json:"to"` // an office or a published address of an organisation
	Language   string      `json:"language"`
	Text       string      `json:"text"`
	Assertions []Assertion `json:"assertions"`
	Drafted    time.Time   `json:"drafted"`
	DraftedBy  string      `json:"drafted_by"`
	Sent       time.Time   `json:"sent,omitzero"`
	SentBy     string      `json:"sent_by,omitempty"`
	Proof      string      `json:"proof,omitempty"` // of delivery
	Deadline   time.Time   `json:"deadline,omitzero"`
	Attempts   []Attempt   `json:"attempts"` // earnest attempts to reach the party
}

// An Attempt is one try to reach the party.
type Attempt struct {
	At  time.Time `json:"at"`
	How string    `json:"how"`
	By  string    `json:"by"`
}

// An Assertion is a claim as the letter puts it.
type Assertion struct {
	No    int    `json:"no"`
	Claim ID     `json:"claim"`
	Text  string `json:"text"`
	Reply *Reply `json:"reply,omitempty"` // the latest
}

// A Reply is what the party said to one assertion, word for word.
type Reply struct {
	Letter   ID        `json:"letter"`
	Claim    ID        `json:"claim"`
	Answer   string    `json:"answer"` // answered | partly | not | refused
	Text     string    `json:"text"`   // verbatim; empty when nothing came
	Received string    `json:"received"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Effect   string    `json:"effect"` // what the reply changed
}
