// Package casefile holds a case: what was said and found about a party, what it was asked and
// answered, what people decided for each service, and whether that was done.
//
// Invariants: every move checks who may make it and what it needs, and writes its event in the
// same transaction; events are never changed or removed; whoever proposes a decision does not
// approve, execute or verify it; a program never decides; a case that an actor may not read
// looks to that actor as if it did not exist; a claim is somebody's statement with its grade
// and status, never a fact; an interim measure ends by itself.
package casefile

import (
	"slices"
	"time"

	"plimsoll/internal/evidence"
)

// ID names a case ("C-0017"), or a thing in it ("C-0017-K3" a claim, "-L1" a letter,
// "-D2" a decision).
type ID string

// A Role is what a person may do. Access to a restricted case needs membership as well.
type Role string

// The roles of the domain reference, part 5.
const (
	Intake       Role = "intake"
	Investigator Role = "investigator"
	Reviewer     Role = "reviewer"
	Approver     Role = "approver"
	Executor     Role = "executor"
	Verifier     Role = "verifier"
	Counsel      Role = "counsel"
	Publisher    Role = "publisher"
	Auditor      Role = "auditor" // reads everything, changes nothing
	Admin        Role = "admin"   // people, tokens and settings; no case
)

// Roles lists every role in the order in which pages show them.
var Roles = []Role{Intake, Investigator, Reviewer, Approver, Executor, Verifier, Counsel, Publisher, Auditor, Admin}

// Deciding lists the roles that decide, order, check or give others rights: nobody comes to hold
// one by a single hand, and no program gives one.
var Deciding = []Role{Reviewer, Approver, Executor, Verifier, Counsel, Publisher, Admin}

// An Actor is who asks for something.
type Actor struct {
	ID       string
	Name     string
	Roles    []Role
	Business bool   // belongs to the business line: cannot be the only approver of a critical decision
	Program  bool   // a token or a job: may add and read, never decide
	SignIn   string // how the person signed in, in words; "" when that is not known
	Request  string // idempotency key of the request; "" when the caller gave none
}

// Has reports whether a holds one of the roles.
func (a Actor) Has(roles ...Role) bool {
	for _, r := range roles {
		if slices.Contains(a.Roles, r) {
			return true
		}
	}
	return false
}

// Desk is the actor of what happens by the clock alone.
var clockwork = Actor{ID: "clock", Name: "the clock", Program: true}

// A Stage is where a case stands (domain reference 4.1).
type Stage string

// The stages, in their order. Prepare (0) is standing and has no place here.
const (
	StageIntake  Stage = "intake"
	StageTriage  Stage = "triage"
	StageHold    Stage = "hold"
	StageScope   Stage = "scope"
	StageCollect Stage = "collect"
	StageMap     Stage = "map"
	StageTest    Stage = "test"
	StageReply   Stage = "reply"
	StageDecide  Stage = "decide"
	StageEnforce Stage = "enforce"
	StageVerify  Stage = "verify"
	StageRemedy  Stage = "remedy"
	StagePublish Stage = "publish"
	StageReview  Stage = "review"
	StageClosed  Stage = "closed"
)

// Stages lists the stages in order.
var Stages = []Stage{StageIntake, StageTriage, StageHold, StageScope, StageCollect, StageMap, StageTest, StageReply,
	StageDecide, StageEnforce, StageVerify, StageRemedy, StagePublish, StageReview, StageClosed}

// A Severity is how bad the possible harm is.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Severities lists the severities, the worst first.
var Severities = []Severity{Critical, High, Medium, Low}

// A Case is one file.
type Case struct {
	ID         ID        `json:"id"`
	Version    int64     `json:"version"` // grows with every change; send it back to detect that another was faster
	Title      string    `json:"title"`
	Party      string    `json:"party"` // party id of a review run; "" while unknown
	PartyName  string    `json:"party_name"`
	Trigger    Trigger   `json:"trigger"`
	Stage      Stage     `json:"stage"`
	Severity   Severity  `json:"severity"`
	Assignee   string    `json:"assignee"` // actor id
	Restricted bool      `json:"restricted"`
	Opened     time.Time `json:"opened"`
	OpenedBy   string    `json:"opened_by"`
	Changed    time.Time `json:"changed"`
	Closed     time.Time `json:"closed,omitzero"`
	Triage     Triage    `json:"triage"`
	Dossier    Dossier   `json:"dossier"`

	// What follows is filled when one case is read, not in lists.
	AsOf      time.Time       `json:"as_of,omitzero"` // when it was read
	Labels    []string        `json:"labels"`
	Members   []string        `json:"members"` // actor ids; of a restricted case the only readers
	Related   []Relation      `json:"related"`
	Conflicts []Conflict      `json:"conflicts"`
	Clocks    []Clock         `json:"clocks"`
	Findings  []Finding       `json:"findings"`
	Claims    []Claim         `json:"claims"`
	Items     []evidence.Item `json:"items"` // the preserved originals
	Letters   []Letter        `json:"letters"`
	Decisions []Decision      `json:"decisions"`
	Appeals   []Appeal        `json:"appeals"`
	Remedies  []Remedy        `json:"remedies"`
	Audits    []Audit         `json:"audits"` // second looks at clearances that chance has drawn
	Events    []Event         `json:"events"`
}

// A Trigger is why a case was opened.
type Trigger struct {
	Kind     string `json:"kind"`    // finding | notice | press | request | own_inquiry
	Channel  string `json:"channel"` // how it came
	Who      string `json:"who"`     // a publisher or body; a protected reporter is only a code such as "S-07"
	Received string `json:"received"`
	Text     string `json:"text"` // the exact allegation, in the words in which it came
	Risk     string `json:"risk"` // risk to the source
}

// Triage is the first judgement of a case.
type Triage struct {
	Scale           string `json:"scale"`
	Scope           string `json:"scope"`
	Irremediability string `json:"irremediability"`
	Likelihood      string `json:"likelihood"`
	Urgency         string `json:"urgency"`
	Outcome         string `json:"outcome"` // open | merge | close
	Reason          string `json:"reason"`
	Into            ID     `json:"into,omitempty"` // the case that a merge leads to
}

// A Dossier is what the investigation has put down; each part is a point of the record.
type Dossier struct {
	Hold        string     `json:"hold"`  // what is preserved, with the notice
	Scope       Extent     `json:"scope"` // what is looked at
	Coverage    string     `json:"coverage"`
	Content     string     `json:"content_statement"`
	EndUser     string     `json:"end_user"`
	Innocent    string     `json:"innocent_explanations"`
	Context     []Modifier `json:"context"`
	Affected    string     `json:"affected_people"`
	Experts     string     `json:"expert_advice"`
	LegalNotes  string     `json:"legal_notes"`
	Privileged  string     `json:"privileged,omitempty"` // only counsel reads and writes this
	Remedy      string     `json:"remedy"`
	Publication string     `json:"publication"`
	Redactions  []string   `json:"redactions"`
	Appeal      string     `json:"appeal"`
	Evidence    []Evidence `json:"evidence"`
	PackDigest  string     `json:"pack_sha256"`
	LawAsAt     string     `json:"law_as_at"`
	Language    string     `json:"language"`
	ReopenWhen  []string   `json:"reopen_when"`
	// why the party is not asked (danger to a source, a person or evidence)
	NoLetter     string `json:"no_letter"`
	NoLetterTill string `json:"no_letter_until"` // when that is looked at again
}

// An Extent says what a case covers and what it leaves out.
type Extent struct {
	Entities  []string `json:"entities"`
	Contracts []string `json:"contracts"`
	Services  []string `json:"services"`
	Regions   []string `json:"regions"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Out       string   `json:"out"` // what is left out, and why
}

// A Modifier is a sourced, dated and contestable statement of context (CM-1 … CM-5).
type Modifier struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Source string `json:"source"`
	Date   string `json:"date"`
}

// Evidence points at a preserved item.
type Evidence struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
	Grade  string `json:"grade"`
	Note   string `json:"note"`
}

// A Finding is a line of a review that was put into the case, as it read on that day.
type Finding struct {
	Run      string    `json:"run"`
	ID       string    `json:"id"`
	Flag     string    `json:"flag"`
	State    string    `json:"state"`
	Severity Severity  `json:"severity"`
	Sentence string    `json:"sentence"`
	Body     string    `json:"-"` // the whole line of findings.jsonl
	Added    time.Time `json:"added"`
	By       string    `json:"by"`
	Answer   string    `json:"answer"` // what was found out about it; needed before "clear"
}

// A Relation ties two cases.
type Relation struct {
	Case ID     `json:"case"`
	Kind string `json:"kind"` // same_party | same_origin | follows | merged
	Note string `json:"note"`
}

// A Conflict is a declared interest of a person in a case.
type Conflict struct {
	Actor    string    `json:"actor"`
	Interest string    `json:"interest"`
	Paid     bool      `json:"paid"` // is paid for sales to this party
	Recused  bool      `json:"recused"`
	At       time.Time `json:"at"`
}

// A Comment is a remark; it is an event like every other change.
type Comment struct {
	Text string `json:"text"`
}

// A Clock runs in working days for one duty of a case.
type Clock struct {
	ID       int64     `json:"id"`
	Kind     ClockKind `json:"kind"`
	Subject  ID        `json:"subject"`
	Days     int       `json:"days"` // working days it was set to; 0 when it was set to a date
	Started  time.Time `json:"started"`
	Due      time.Time `json:"due"`
	Paused   time.Time `json:"paused,omitzero"`
	Why      string    `json:"why,omitempty"` // why it is paused
	Reminded time.Time `json:"reminded,omitzero"`
	Breached time.Time `json:"breached,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	left     int       // working days left when it was paused
}
