package casefile

import (
	"fmt"
	"time"
)

// A Leaf is what the public log files an event under; its words are those of the leaves of the ledger.
type Leaf string

// The leaves of events.
const (
	LeafCase     Leaf = "case" // also of people, settings, demands and publications
	LeafClaim    Leaf = "claim"
	LeafDecision Leaf = "decision"
	LeafPack     Leaf = "pack"
)

// An Event is one thing that happened; the table of events is append-only.
type Event struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Kind    EventKind `json:"kind"`
	Case    ID        `json:"case,omitempty"`
	Subject ID        `json:"subject,omitempty"`
	Party   string    `json:"party,omitempty"`
	Text    string    `json:"text"`           // one sentence
	Body    string    `json:"body,omitempty"` // JSON of what changed
	// Leaf is what the ledger files it under. It is set when the event is written and stands in the ledger itself.
	Leaf Leaf `json:"-"`
}

// An EventKind is what happened, as it is stored.
type EventKind string

// What happens to cases.
const (
	EventOpened       EventKind = "case opened"
	EventTriaged      EventKind = "triaged"
	EventStage        EventKind = "stage"
	EventClosed       EventKind = "closed"
	EventReopened     EventKind = "reopened"
	EventAssigned     EventKind = "assigned"
	EventComment      EventKind = "comment"
	EventLabel        EventKind = "label"
	EventRelated      EventKind = "related"
	EventRestricted   EventKind = "restricted"
	EventConflict     EventKind = "conflict declared"
	EventRecused      EventKind = "recused"
	EventDossier      EventKind = "dossier"
	EventFinding      EventKind = "finding added"
	EventAnswered     EventKind = "finding answered"
	EventRetention    EventKind = "retention"
	EventHoldReviewed EventKind = "hold reviewed"

	EventClaim         EventKind = "claim added"
	EventClaimGraded   EventKind = "claim graded"
	EventClaimStatus   EventKind = "claim status"
	EventClaimMarked   EventKind = "claim marked"
	EventClaimEvidence EventKind = "claim evidence"

	EventLetterDrafted EventKind = "letter drafted"
	EventLetterSent    EventKind = "letter sent"
	EventLetterAttempt EventKind = "letter attempt"
	EventReply         EventKind = "reply"

	EventProposed  EventKind = "decision proposed"
	EventInterim   EventKind = "interim proposed"
	EventApproved  EventKind = "decision approved"
	EventRefused   EventKind = "decision refused"
	EventDecided   EventKind = "decision made"
	EventReplaced  EventKind = "decision replaced"
	EventConfirmed EventKind = "decision confirmed"
	EventEnded     EventKind = "decision ended"
	EventDissent   EventKind = "dissent"
	EventExecuted  EventKind = "measure executed"
	EventFailed    EventKind = "measure failed"
	EventVerified  EventKind = "measure verified"
	EventNotHeld   EventKind = "measure does not hold"
	EventDutyMet   EventKind = "condition met"
	EventRecord    EventKind = "record kept"

	EventAppeal            EventKind = "appeal filed"
	EventAppealAdmitted    EventKind = "appeal admitted"
	EventAppealNotAdmitted EventKind = "appeal not admitted"
	EventAppealDecided     EventKind = "appeal decided"

	EventRemedy            EventKind = "remedy proposed"
	EventRemedyAgreed      EventKind = "remedy agreed"
	EventRemedyRefused     EventKind = "remedy refused"
	EventRemedyStepDone    EventKind = "remedy step done"
	EventRemedyStepNotDone EventKind = "remedy step not done"
	EventRemedyStepChecked EventKind = "remedy step checked"

	EventAudit      EventKind = "audit"
	EventAuditDrawn EventKind = "audit drawn"
	EventSeed       EventKind = "audit seed"
	EventSeedShown  EventKind = "audit seed shown"

	EventClockReminder EventKind = "clock reminder"
	EventClockBreached EventKind = "clock breached"
	EventClockPaused   EventKind = "clock paused"
	EventClockResumed  EventKind = "clock resumed"
	EventCalendar      EventKind = "calendar"
)

// What happens to people, sign-ins, reviews and packs.
const (
	EventPersonAdded     EventKind = "person added"
	EventPersonChanged   EventKind = "person changed"
	EventRolesAsked      EventKind = "roles asked"
	EventSignedIn        EventKind = "signed in"
	EventSessionEnded    EventKind = "session ended"
	EventSessionsRevoked EventKind = "sessions revoked"
	EventTokenMade       EventKind = "token made"
	EventTokenRevoked    EventKind = "token revoked"
	EventLinkMade        EventKind = "link made"
	EventLinkAsked       EventKind = "link asked"
	EventKeyEnrolled     EventKind = "key enrolled"
	EventKeyRemoved      EventKind = "key removed"
	EventKeysAsked       EventKind = "keys asked"
	EventKeysReset       EventKind = "keys reset"
	EventIdentityLinked  EventKind = "identity linked"
	EventRestored        EventKind = "restored"
	EventRunStored       EventKind = "run stored"
	EventPackInUse       EventKind = "pack in use"

	EventAdminLink  EventKind = "admin link made" // on the machine of the server, past everybody
	EventAdminNamed EventKind = "admin named"     // there too
	EventAdminKeys  EventKind = "keys reset on the machine"
	EventAlone      EventKind = "done alone" // what takes two, by the only admin

	EventTakenOver EventKind = "people taken over" // as they stood at an upgrade
	EventMended    EventKind = "people put back"   // as the record holds them, on the machine of the server
)

// What happens to demands and publications.
const (
	EventDemandAnswered EventKind = "demand answered"
	EventDemandStatus   EventKind = "demand status"

	EventPublicationProposed  EventKind = "publication proposed"
	EventPublicationReleased  EventKind = "publication released"
	EventPublicationRefused   EventKind = "publication refused"
	EventPublicationWithdrawn EventKind = "publication withdrawn"
	EventWithdrawalAsked      EventKind = "withdrawal asked"
	EventWithdrawalRefused    EventKind = "withdrawal refused"
)

// What a page tells of a party beside what is stored: changes from one review to the next.
const (
	EventFindingNew     EventKind = "finding new"
	EventFindingChanged EventKind = "finding changed"
	EventFindingGone    EventKind = "finding gone"
	EventListed         EventKind = "listed"
)

// leaves is the one list of the kinds of event that are stored, each with its leaf.
var leaves = map[Leaf][]EventKind{
	LeafCase: {EventOpened, EventTriaged, EventStage, EventClosed, EventReopened, EventAssigned, EventComment,
		EventLabel,
		EventRelated, EventRestricted, EventConflict, EventRecused, EventDossier, EventFinding, EventAnswered,
		EventRetention, EventHoldReviewed, EventLetterDrafted, EventLetterSent, EventLetterAttempt, EventReply,
		EventRemedy, EventRemedyAgreed, EventRemedyRefused, EventRemedyStepDone, EventRemedyStepNotDone,
		EventRemedyStepChecked, EventAudit, EventAuditDrawn, EventSeed, EventSeedShown, EventClockReminder,
		EventClockBreached, EventClockPaused, EventClockResumed, EventCalendar, EventPersonAdded, EventPersonChanged,
		EventRolesAsked, EventSignedIn, EventSessionEnded, EventSessionsRevoked, EventTokenMade, EventTokenRevoked,
		EventLinkMade, EventLinkAsked, EventKeyEnrolled, EventKeyRemoved, EventKeysAsked, EventKeysReset,
		EventIdentityLinked, EventRestored, EventRunStored, EventAdminLink, EventAdminNamed, EventAdminKeys, EventAlone,
		EventTakenOver, EventMended,
		EventDemandAnswered, EventDemandStatus, EventPublicationProposed, EventPublicationReleased,
		EventPublicationRefused, EventPublicationWithdrawn, EventWithdrawalAsked, EventWithdrawalRefused},
	LeafClaim: {EventClaim, EventClaimGraded, EventClaimStatus, EventClaimMarked, EventClaimEvidence},
	LeafDecision: {EventProposed, EventInterim, EventApproved, EventRefused, EventDecided, EventReplaced,
		EventConfirmed, EventEnded, EventDissent, EventExecuted, EventFailed, EventVerified, EventNotHeld, EventDutyMet,
		EventRecord, EventAppeal, EventAppealAdmitted, EventAppealNotAdmitted, EventAppealDecided},
	LeafPack: {EventPackInUse},
}

// leafOf is the leaf of each kind of event that is stored.
var leafOf = func() map[EventKind]Leaf {
	of := map[EventKind]Leaf{}
	for leaf, kinds := range leaves {
		for _, k := range kinds {
			of[k] = leaf
		}
	}
	return of
}()

// Filed returns an event with the leaf of its kind, unless it has one. A kind that is not in the list is an error:
// nothing is recorded that nobody could look for.
func (e Event) Filed() (Event, error) {
	leaf, known := leafOf[e.Kind]
	if !known {
		return e, fmt.Errorf("write event: %q is no kind of event", e.Kind)
	}
	if e.Leaf == "" {
		e.Leaf = leaf
	}
	return e, nil
}
