package review

import (
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/policy"
)

// A Summary is review.json: what was read, what could be computed and what was found.
type Summary struct {
	Tool      Tool                  `json:"tool"`
	Title     string                `json:"title,omitempty"`
	Portfolio string                `json:"portfolio,omitempty"`
	AsOf      string                `json:"as_of"`
	Inputs    []Input               `json:"inputs"`
	Unknown   []Unknown             `json:"unknown_files"`
	Lists     []*list.List          `json:"lists"`
	Packs     []Pack                `json:"packs"`
	Counts    Counts                `json:"counts"`
	Flags     map[string]FlagCounts `json:"flags"`
	Coverage  Coverage              `json:"coverage"`
	Screening Screening             `json:"screening"`
	Notes     []string              `json:"notes"`

	// Failed says which files could not be read to their end; such a run ends as one that could not finish.
	Failed []string `json:"failed,omitempty"`
	// NothingChecked says why no subject could be looked at; empty when at least one was. Such a
	// run has no answer, whatever its counts are.
	NothingChecked []string      `json:"nothing_checked,omitempty"`
	Exempt         []Exempt      `json:"exempt"`
	ToCheck        []NameToCheck `json:"names_to_check"`
	After          []AfterReview `json:"after_review"`
	Open           []Open        `json:"unknown"`
	Understood     Understood    `json:"understood"`
	Accounts       AccountGaps   `json:"accounts"`
	Holdings       *Holdings     `json:"holdings,omitempty"`
	Inventory      *Inventory    `json:"inventory,omitempty"`
	Demands        *Demands      `json:"demands,omitempty"`
	Running        *Running      `json:"still_running,omitempty"` // after decisions
	Engine         *EngineUse    `json:"engine,omitempty"`
	Changes        *Changes      `json:"changes,omitempty"` // since an earlier review
	Neutrality     *Neutrality   `json:"neutrality,omitempty"`
	Tenders        []Tender      `json:"tenders,omitempty"`
	TendersLeft    int           `json:"tenders_left_out,omitempty"` // beyond mostTenders
	About          string        `json:"about,omitempty"`            // whose words the report is in

	// Sums of findings.jsonl, and of review.json with zeros in the place of its own, which is its last member
	// (finding.Seal).
	FindingsSHA256 string `json:"findings_sha256,omitempty"`
	SHA256         string `json:"sha256,omitempty"`
}

// An EngineUse says what passed between this machine and an engine in which the bills stayed.
type EngineUse struct {
	Charges        int64 `json:"charges"`
	Groups         int64 `json:"groups"`          // of charges; they stay
	RowsSent       int64 `json:"rows_sent"`       // of registers, parties, classes and words as they are understood
	RowsBrought    int64 `json:"rows_brought"`    // of all kinds
	Parties        int   `json:"parties"`         // with use, and accounts that no party is known of
	PartiesBrought int   `json:"parties_brought"` // of these, those whose rows were brought
}

// Tool says which program made the review.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// An Input is one file that was read.
type Input struct {
	File    string         `json:"file"`
	SHA256  string         `json:"sha256"`
	Kind    string         `json:"kind"`
	Bytes   int64          `json:"bytes,omitempty"`
	Rows    int            `json:"rows"`
	Records int            `json:"records"`
	Rejects int            `json:"rejects"`
	SameAs  string         `json:"same_as,omitempty"` // a file with the same bytes that was read instead
	Ignored map[string]int `json:"ignored_columns,omitempty"`
	Notes   []string       `json:"notes,omitempty"`
}

// Unknown is a file whose kind was not recognised.
type Unknown struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Reason string `json:"reason"`
	Table  string `json:"table,omitempty"` // the register table that the file was meant to be
	// Costs says which answers the file is missing from.
	Costs string `json:"costs,omitempty"`
}

// A Pack is a policy pack that was used.
type Pack struct {
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	Digest    string            `json:"sha256"`
	Extends   string            `json:"extends,omitempty"`
	Overrides []policy.Override `json:"overrides,omitempty"` // parameters of what it extends
	Disabled  []policy.Disabled `json:"disabled,omitempty"`  // rules of what it extends
	// rules not run, since nothing that they rest on is in force
	Lapsed []policy.Lapse `json:"lapsed,omitempty"`
}

// usedPacks describes the packs of a run.
func usedPacks(p *policy.Pack) []Pack {
	var out []Pack
	for _, part := range p.Parts {
		u := Pack{
			Name: part.Name, Version: part.Version, Digest: part.Digest,
			Extends: part.Extends, Overrides: part.Overrides, Disabled: part.Disabled,
		}
		for _, l := range p.Lapsed() {
			if l.Pack == part.Name {
				u.Lapsed = append(u.Lapsed, l)
			}
		}
		out = append(out, u)
	}
	return out
}

// Counts sums up the run.
type Counts struct {
	Rows          int            `json:"rows"`
	Records       int            `json:"records"`
	Rejects       int            `json:"rejects"`
	Mentions      int            `json:"mentions"`
	Parties       int            `json:"parties"`
	Joins         int            `json:"joins"`
	Homonyms      int            `json:"kept_apart"`
	Possible      int            `json:"possibly_one"` // pairs of mentions that may be one party, and are two
	Raised        int            `json:"raised"`
	NotComputable int            `json:"not_computable"`
	RaisedOn      int            `json:"parties_raised"`
	BySeverity    map[string]int `json:"raised_by_severity"`
	ByTable       map[string]int `json:"records_by_kind"`
}

// FlagCounts says for one flag how often it was looked at and with which result.
type FlagCounts struct {
	Title     string `json:"title"`
	Family    string `json:"family"`
	Checked   int    `json:"checked"`
	Raised    int    `json:"raised"`
	RaisedIf  int    `json:"raised_if_one,omitempty"` // of those, only if parties are one that may be one
	NotRaised int    `json:"not_raised"`
	Exempt    int    `json:"exempt"` // the condition holds for a kind of body that the pack exempts
	// nothing but a name that says little speaks for it: neither raised nor clear
	ToCheck       int      `json:"to_check,omitempty"`
	NotComputable int      `json:"not_computable"`
	NotApplicable int      `json:"not_applicable"`
	Missing       []string `json:"missing,omitempty"`
	// Reasons counts the subjects that it was not computable for, by reason.
	Reasons map[string]int `json:"reasons,omitempty"`
}

// An Exempt is a subject for which the condition of a flag holds and which the pack exempts.
type Exempt struct {
	Flag    string          `json:"flag"`
	Title   string          `json:"title"`
	Subject finding.Subject `json:"subject"`
	Why     string          `json:"why"`               // the reason of the pack
	Class   string          `json:"class"`             // kind of body
	From    string          `json:"class_from"`        // what the kind was told from
	Stated  string          `json:"stated,omitempty"`  // the kind in the words of the records
	Beneath string          `json:"beneath,omitempty"` // the security body that it belongs to
	Values  map[string]any  `json:"values"`
}

// A NameToCheck is a party whose name is like one of a list, and nothing else speaks for it: no
// number, no two further properties, and the name itself says too little to look at it first.
type NameToCheck struct {
	Flag    string          `json:"flag"`
	Party   finding.Subject `json:"party"`
	Hits    []finding.Hit   `json:"hits"`
	Reason  string          `json:"reason"`  // why the name alone is not enough
	Records int             `json:"records"` // engagements and accounts of the party
}

// AfterReview says how many rows of a table are dated after the day of the review and not used.
type AfterReview struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Of    int64  `json:"of"`
}

// Coverage is the statement of what a reader may rely on: what is not covered is not clear.
type Coverage struct {
	Families []Family       `json:"families"`
	Usage    UsageCoverage  `json:"usage"`
	Value    []ValueShare   `json:"value"`
	Missing  []string       `json:"missing"` // columns and tables absent from the whole run
	Records  map[string]int `json:"records"`

	Commitments *CommitmentCoverage `json:"commitments,omitempty"`
}

// CommitmentCoverage says which of the contract commitments that bills state belong to contracts on file.
type CommitmentCoverage struct {
	Commitments int64    `json:"commitments"`
	Joined      int64    `json:"joined_to_a_contract"`
	Contracts   []string `json:"contracts,omitempty"` // engagements that they are joined to
	NotJoined   []string `json:"contracts_not_on_file"`
}

// A Family is one family of flags (A who … F how we behave).
type Family struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Flags      int      `json:"flags"`      // flags of the packs in this family
	Computable int      `json:"computable"` // of those, computable for at least one subject
	Share      float64  `json:"share"`      // of all checks, the share that gave raised or not raised
	Missing    []string `json:"missing"`
}

// UsageCoverage says which months of bills were read.
type UsageCoverage struct {
	First         string   `json:"first_month,omitempty"`
	Last          string   `json:"last_month,omitempty"`
	Months        int      `json:"months"`
	Gaps          []string `json:"gaps"`
	Charges       int64    `json:"charges"`
	Accounts      int      `json:"accounts"`
	Mapped        int      `json:"accounts_tied_to_a_party"`
	CostMapped    float64  `json:"cost_share_tied_to_a_party"`
	UnmappedNames []string `json:"unmapped_accounts,omitempty"`
}

// ValueShare says how much of the contract value is tied to an identified party.
type ValueShare struct {
	Currency   string  `json:"currency"`
	Total      string  `json:"total"`
	Tied       float64 `json:"share_tied_to_a_party"`
	Identified float64 `json:"share_tied_to_a_party_with_a_number"` // the rest of Tied is by name only
	// by the name of a party that may be another one of the records
	Possible float64 `json:"share_tied_possibly"`
}

// Screening says who was compared with what.
type Screening struct {
	Parties int `json:"parties"`
	Lists   int `json:"lists"`
	Entries int `json:"entries"`
	Names   int `json:"names"`
	Hits    int `json:"parties_with_hits"`
	// Individuals look like natural persons: they are not named, and not compared with entries for persons.
	Individuals int     `json:"individuals,omitempty"`
	Threshold   float64 `json:"threshold"`
}

// A Result is what a run leaves for the report: the summary, the findings in the order
// that matters, and where the files are.
type Result struct {
	Summary Summary
	Top     []Lead            // parties with something raised, the first that matter first
	First   []finding.Finding // the first findings in file order, for the table
	Rejects []RejectLine      // the first rejects, for the report
	Out     string
	Started time.Time
	Took    time.Duration
}

// A Lead is one party with its leading finding and what else was raised on it.
type Lead struct {
	Party    string // name
	ID       string
	Finding  finding.Finding
	Also     []finding.Finding
	Families int  // independent families of flags
	Customer bool // a contract or an account is known
}

// A RejectLine is one line of rejects.jsonl, or a count of equal ones for the report.
type RejectLine struct {
	File, At, Kind, Reason string
	Times                  int
}
