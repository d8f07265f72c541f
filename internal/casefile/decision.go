package casefile

import "time"

// An Outcome is what a decision does (domain reference 4.5).
type Outcome string

// The outcomes of a decision, mildest first.
const (
	Clear     Outcome = "clear"
	Monitor   Outcome = "monitor"
	Condition Outcome = "condition"
	Restrict  Outcome = "restrict"
	Suspend   Outcome = "suspend"
	Terminate Outcome = "terminate"
)

// Outcomes lists the outcomes from the mildest to the hardest.
var Outcomes = []Outcome{Clear, Monitor, Condition, Restrict, Suspend, Terminate}

// A Standard is a standard of proof (domain reference 4.4).
type Standard string

// The standards of proof, weakest first. A higher one is the business of courts and cannot be
// claimed here.
const (
	Indication          Standard = "indication"
	ReasonableSuspicion Standard = "reasonable_suspicion"
	ReasonableGrounds   Standard = "reasonable_grounds"
	MoreLikelyThanNot   Standard = "more_likely_than_not"
)

// Standards lists the standards of proof from the weakest.
var Standards = []Standard{Indication, ReasonableSuspicion, ReasonableGrounds, MoreLikelyThanNot}

// Actions lists what a decision can be about.
var Actions = []string{"use", "sell", "deliver", "renew", "support", "transfer"}

// Involvements lists how a company can be involved (UNGP 13).
var Involvements = []string{"caused", "contributed", "linked", "none_found"}

// A State is where a decision stands.
type State string

// The states of a decision.
const (
	Proposed  State = "proposed"
	Refused   State = "refused"
	InForce   State = "in_force"  // approved, and nothing to execute
	Ordered   State = "ordered"   // approved, not done yet
	Executed  State = "executed"  // done, not yet checked
	Failed    State = "failed"    // ordered, not done
	Verified  State = "verified"  // done and checked by another person
	Confirmed State = "confirmed" // an interim measure that a decision has replaced
	Ended     State = "ended"     // an interim measure that ran out, or a decision past its end
	Replaced  State = "replaced"
)

// States lists the states of a decision.
var States = []State{Proposed, Refused, InForce, Ordered, Executed, Failed, Verified, Confirmed, Ended, Replaced}

// A Decision is the outcome for one service.
type Decision struct {
	ID       ID     `json:"id"`
	Case     ID     `json:"case"`
	Party    string `json:"party"`
	Proposal `json:"proposal"`

	Interim   bool        `json:"interim"`
	State     State       `json:"state"`
	Proposer  string      `json:"proposer"`
	Proposed  time.Time   `json:"proposed"`
	Decided   time.Time   `json:"decided,omitzero"` // when the last needed approval came
	Ends      time.Time   `json:"ends,omitzero"`    // interim measures: when it ends by itself
	Voices    []Voice     `json:"voices"`           // approvals, refusals and dissent; never deleted
	Enforced  Enforcement `json:"enforcement"`
	Successor ID          `json:"successor,omitempty"`
	// of who proposed, executed and verified; those of voices stand there
	SignIns []SignIn `json:"sign_ins,omitempty"`
}

// A SignIn says how somebody who acted on a decision had signed in.
type SignIn struct {
	Actor string    `json:"actor"`
	Act   Move      `json:"act"`
	How   string    `json:"how"`
	At    time.Time `json:"at"`
}

// signed notes how the actor of this move had signed in.
func (w *work) signed(x *Decision, act Move) {
	if w.by.SignIn != "" {
		x.SignIns = append(x.SignIns, SignIn{w.by.ID, act, w.by.SignIn, w.now})
	}
}

// signInOf is the body of the event of a voice.
func (w *work) signInOf() any {
	if w.by.SignIn == "" {
		return nil
	}
	return map[string]string{"signed_in": w.by.SignIn}
}

// Active reports whether the decision binds at a moment: approved, begun, not ended, replaced
// or refused. It does not depend on any job having run.
func (d Decision) Active(at time.Time) bool {
	switch d.State {
	case Proposed, Refused, Confirmed, Ended, Replaced:
		return false
	}
	if !d.Ends.IsZero() && !at.Before(d.Ends) {
		return false
	}
	day := at.UTC().Format(time.DateOnly)
	return (d.Start == "" || d.Start <= day) && (d.End == "" || day < d.End)
}

// A Proposal is what is proposed for one service.
type Proposal struct {
	Service   string   `json:"service"` // the service that the decision is about, in words
	Outcome   Outcome  `json:"outcome"`
	Scope     Scope    `json:"scope"`
	Standard  Standard `json:"standard"` // of proof that is met
	Severity  Severity `json:"severity"`
	Critical  bool     `json:"critical"` // three people decide
	Reasons   string   `json:"reasons"`
	Claims    []ID     `json:"claims"`   // the claims that it rests on
	Findings  []string `json:"findings"` // the findings that it rests on, by id
	Rejected  []Option `json:"rejected"` // options considered and rejected
	Involved  string   `json:"involvement"`
	Involving string   `json:"involvement_reasons"`
	Leverage  string   `json:"leverage"`   // tried, with effect, or why not
	ExitHarm  string   `json:"exit_harm"`  // harm that leaving may do, and how it is lessened
	Narrowest string   `json:"narrowest"`  // why nothing narrower would do
	LegalAble string   `json:"legal"`      // contract and law allow it
	Notice    string   `json:"notice"`     // who is told, when
	NotSeen   string   `json:"not_seen"`   // "clear": what was not reviewed
	Watch     []string `json:"watch"`      // "monitor": the measures that are watched
	Duties    []Duty   `json:"conditions"` // "condition": clauses, limits, attestations
	Reversal  string   `json:"reversal"`   // what would undo it
	Start     string   `json:"start"`      // dates, YYYY-MM-DD
	End       string   `json:"end"`
	Review    string   `json:"review"`
	Confirms  ID       `json:"confirms,omitempty"` // the interim measure that it replaces
	Replaces  ID       `json:"replaces,omitempty"` // an earlier decision on the same service
}

// A Scope says what a decision covers. An empty list covers everything of its kind, except
// Actions, which are always named.
type Scope struct {
	Party        string   `json:"party"`
	PartyName    string   `json:"party_name"`
	Descendants  bool     `json:"descendants"` // the companies that the party controls too
	Accounts     []string `json:"accounts"`    // only these accounts
	Services     []string `json:"services"`
	Capabilities []string `json:"capabilities"`
	Regions      []string `json:"regions"`
	Actions      []string `json:"actions"`
}

// An Option is one that was considered and rejected.
type Option struct {
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why"`
}

// A Duty is one condition with its owner and date.
type Duty struct {
	Text  string `json:"text"`
	Owner string `json:"owner"`
	Due   string `json:"due"`
	Met   string `json:"met,omitempty"` // when and how it was met
}

// A Voice is one person's word on a proposal.
type Voice struct {
	Actor   string    `json:"actor"`
	Kind    string    `json:"kind"` // approve | refuse | dissent
	Reasons string    `json:"reasons"`
	Outside bool      `json:"outside"` // outside the business line
	At      time.Time `json:"at"`
	SignIn  string    `json:"signed_in,omitempty"` // how the person had signed in
}

// An Enforcement is what was done about a decision.
type Enforcement struct {
	Executor string    `json:"executor,omitempty"` // the last
	Hands    []string  `json:"hands,omitempty"`    // everybody who tried
	Executed time.Time `json:"executed,omitzero"`
	Done     bool      `json:"done"`
	Before   string    `json:"before,omitempty"` // proof of the state before (a hash, a reference)
	After    string    `json:"after,omitempty"`
	Failure  string    `json:"failure,omitempty"` // why it could not be done
	Tries    int       `json:"tries"`
	Checks   []Check   `json:"checks"`
}

// A Check is an independent look at whether the measure holds.
type Check struct {
	Day      int       `json:"day"` // 7, 30, 90 or 180 days after execution
	Verifier string    `json:"verifier"`
	At       time.Time `json:"at"`
	Holds    bool      `json:"holds"`
	Found    string    `json:"found"`
	Evasion  string    `json:"evasion"` // where the pattern was looked for elsewhere (RF-25)
}
