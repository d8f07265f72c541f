package casefile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A ClockKind is the duty that a clock runs for: one of Clocks, one of them with a number, or a stage.
type ClockKind string

// The duties besides stages.
const (
	ClockLetter      ClockKind = "letter"
	ClockApproval    ClockKind = "approval"
	ClockEnforcement ClockKind = "enforcement"
	ClockHearing     ClockKind = "hearing"
	ClockInterim     ClockKind = "interim"
	ClockReview      ClockKind = "review"
	ClockCheck       ClockKind = "check"     // with the days after execution
	ClockCondition   ClockKind = "condition" // with its number
	ClockAdmission   ClockKind = "appeal admission"
	ClockRuling      ClockKind = "appeal ruling"
	ClockRedecision  ClockKind = "appeal redecision"
	ClockRemedy      ClockKind = "remedy approval"
	ClockRemedyStep  ClockKind = "remedy step" // with its number
	ClockAudit       ClockKind = "audit"
	ClockRetention   ClockKind = "retention"
	ClockHold        ClockKind = "hold review"
)

// A duty is what a clock is for, in words, and the task that it makes in the inbox of those who may make a move.
type duty struct {
	kind  ClockKind
	words string // %d is the number
	task  string // "": it makes no task of its own
	may   Move
	stays bool // also when the case is closed
}

// duties is the one list of clocks besides those of stages.
var duties = []duty{
	{ClockLetter, "the party's answer", taskClock, MoveReply, false},
	{ClockApproval, "the approvers' answer to a proposal", "", "", false},
	{ClockEnforcement, "the ordered measure", "", "", false},
	{ClockHearing, "the letter to the party after an interim measure", "hearing", MoveSend, false},
	{ClockInterim, "the end of the interim measure", "", "", true},
	{ClockReview, "the review of a decision", "review", MovePropose, true},
	{ClockCheck, "the check after %d days", "check", MoveVerify, true},
	{ClockCondition, "condition %d", "condition", MoveVerify, true},
	{ClockAdmission, "whether an appeal is heard", "appeal", MoveAdmit, true},
	{ClockRuling, "the ruling on an appeal", "appeal", MoveRule, true},
	{ClockRedecision, "the new decision after an appeal", "appeal", MovePropose, true},
	{ClockRemedy, "the approvers' answer to a remedy", "remedy", MoveAgree, true},
	{ClockRemedyStep, "step %d of a remedy", "remedy", MoveStep, true},
	{ClockAudit, "the second look at a clearance", "audit", MoveAudit, true},
	{ClockRetention, "what the case holds is kept until here", "retention", MoveDelete, false},
	{ClockHold, "the review of a legal hold", "hold", MoveReviewHold, false},
}

// taskClock is the task of a duty that nobody in particular has.
const taskClock = "clock"

// numbered is a clock with a number ("check 30").
func (k ClockKind) numbered(n int) ClockKind { return ClockKind(fmt.Sprintf("%s %d", k, n)) }

// duty returns what a clock is for, with its words.
func (k ClockKind) duty() duty {
	base, n := k, 0
	if at := strings.LastIndexByte(string(k), ' '); at > 0 {
		if i, err := strconv.Atoi(string(k[at+1:])); err == nil {
			base, n = k[:at], i
		}
	}
	if i := slices.IndexFunc(duties, func(d duty) bool { return d.kind == base }); i >= 0 {
		d := duties[i]
		if strings.Contains(d.words, "%d") {
			d.words = fmt.Sprintf(d.words, n)
		}
		return d
	}
	d := duty{kind: k, words: "the stage " + string(k)}
	if slices.Contains(Stages, Stage(k)) && Stage(k) != StageIntake && Stage(k) != StageTriage {
		d.task, d.may = taskClock, MoveAssign
	}
	return d
}

// For says what a clock is for.
func (c Clock) For() string { return c.Kind.duty().words }
