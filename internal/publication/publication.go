// Package publication is what the company makes public: decisions, answers to notices, demands and what was done
// about them, each proposed by one person and released by another, and the static site that shows them.
//
// Invariants: nothing is on the site that two people did not release, but for what is counted or computed (figures of
// a year, how a decision stands); what was taken out is marked with its kind, its reason and by whose role, and
// stands nowhere on the site; the words of others are quoted with who said them, and replies in full; no sentence of
// ours states an accusation as a fact; a correction stands where what it corrects stands, and as large; no name of
// anybody who works here is published; a site is written whole or not at all, and each page has its proof.
package publication

import (
	"errors"
	"slices"
	"time"

	"plimsoll/internal/casefile"
)

// ID names a publication: "P-0001".
type ID string

// A Kind is what a publication is about.
type Kind string

// The kinds of publication.
const (
	OfDecision Kind = "decision"
	OfNotice   Kind = "notice"
	OfDemand   Kind = "demand"
)

// Kinds lists them.
var Kinds = []Kind{OfDecision, OfNotice, OfDemand}

// A State is where a publication stands.
type State string

// The states of a publication.
const (
	Proposed  State = "proposed"
	Released  State = "released"
	Refused   State = "refused"
	Corrected State = "corrected" // a later one took its place; both are on the site
	Withdrawn State = "withdrawn" // on the site stands that and why it was there
)

// A Ground is why something is taken out.
type Ground string

// The grounds of redactions (domain reference, part 5 and 4.10).
const (
	GroundSafety   Ground = "safety"        // of people
	GroundSource   Ground = "source"        // that is protected
	GroundPrivacy  Ground = "privacy"       // of a private person
	GroundLaw      Ground = "law"           // a duty of secrecy
	GroundTrade    Ground = "trade_secret"  // of the party or ours
	GroundInquiry  Ground = "open_inquiry"  // that publishing would spoil
	GroundSecurity Ground = "public_safety" // routes, sites, units
	GroundWording  Ground = "wording"       // an internal wording that would state an accusation as a fact
)

// Grounds lists them.
var Grounds = []Ground{GroundSafety, GroundSource, GroundPrivacy, GroundLaw, GroundTrade, GroundInquiry, GroundSecurity,
	GroundWording}

// A Redaction takes a part of a page out, or words wherever they stand.
type Redaction struct {
	Part  string        `json:"part,omitempty"`  // one of Parts
	Words string        `json:"words,omitempty"` // taken out wherever they stand, however they are cased or spaced
	Kind  Ground        `json:"kind"`
	Why   string        `json:"why"`
	Until string        `json:"until,omitempty"` // YYYY-MM-DD on which it is looked at again
	Role  casefile.Role `json:"role"`            // of who took it out: a name is not published
}

// Parts are the parts of a page that can be taken out. Replies are not among them: they are published in full, but
// for words that endanger somebody.
var Parts = []string{"party", "service", "scope", "reasons", "options", "claims", "findings", "coverage", "innocent",
	"conditions",
	"enforcement", "dissent", "remedy", "appeal", "addressee", "answers"}

// A Draft is what somebody proposes to publish.
type Draft struct {
	Kind       Kind        `json:"kind"`
	Subject    string      `json:"subject"`  // id of a decision, a notice or a demand
	Language   string      `json:"language"` // of the words below, and of the subject's
	Title      string      `json:"title"`
	Summary    string      `json:"summary"` // for readers who read nothing else
	Redactions []Redaction `json:"redactions"`
	// what was wrong and what is right; needed where an earlier one is on the site
	Correction string `json:"correction"`
}

// A Publication is a draft on its way, with the page that it would be.
type Publication struct {
	ID ID `json:"id"`
	Draft
	Case     casefile.ID `json:"case,omitempty"`
	Version  int         `json:"version"` // of publications of this subject
	State    State       `json:"state"`
	Page     Page        `json:"page"`
	Basis    string      `json:"basis_sha256"` // of all that the page was made from, before anything was taken out
	Proposer string      `json:"proposer"`
	Proposed time.Time   `json:"proposed"`
	Second   string      `json:"second,omitempty"` // who released or refused it
	Decided  time.Time   `json:"decided,omitzero"`
	Reasons  string      `json:"reasons,omitempty"`
	Gone     time.Time   `json:"gone,omitzero"` // when it was corrected or withdrawn
	GoneWhy  string      `json:"gone_why,omitempty"`
	Asked    *Asked      `json:"withdraw_asked,omitempty"`
	// on the site being written it is withheld, while a second person looks
	Held  bool `json:"-"`
	Next  ID   `json:"next,omitempty"`  // what corrects it
	Stale bool `json:"stale,omitempty"` // its subject has changed since; filled when publications are listed
}

// Asked is the wish of one person that a publication be withdrawn; another one decides on it.
type Asked struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Why    string    `json:"why"`    // which is published
	Danger bool      `json:"danger"` // it endangers somebody: the site withholds it until the second person has decided
}

// Public reports whether the publication has a page on the site.
func (p Publication) Public() bool {
	return slices.Contains([]State{Released, Corrected, Withdrawn}, p.State)
}

// Releasers are the roles that may release what another person proposed.
var Releasers = []casefile.Role{casefile.Publisher, casefile.Counsel}

// Errors on which a caller branches.
var (
	ErrNotFound = errors.New("there is no such publication, or you may not see it")
	ErrOwn      = errors.New("two different people are needed: you proposed this publication yourself")
	ErrState    = errors.New("the publication does not stand where this is possible")
	ErrWaiting  = errors.New("another publication of the same waits for release; release or refuse it first")
	ErrAsked    = errors.New("it was asked already that this be withdrawn; another person decides")
	ErrOwnAsk   = errors.New("two different people are needed: you asked yourself that this be withdrawn")
)
