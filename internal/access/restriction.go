// Package access answers at the door: may this subject do this to that resource? It holds
// the restrictions that two people decided, and nothing about who is merely looked at.
//
// Invariants: doubt is deny where the subject is known and restricted (a condition that
// cannot be computed counts as met); the most restrictive effect wins and every restriction
// that applies is named; an expired restriction stops by itself; an [Index] is never changed,
// only replaced whole; a decision without conditions allocates nothing; a snapshot that is
// unsigned, truncated or older than the one in use is refused; no answer depends on anything
// that is not in the snapshot, so neither content nor delay tells who is under review.
package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Ref names one entity: a customer, tenant, account, unit; a service, capability, product,
// region, engagement. An empty ID means every entity of the type; an empty Type too means
// everything. Only restrictions may use these.
type Ref struct {
	Type string `json:"type" yaml:"type"`
	ID   string `json:"id" yaml:"id"`
}

func (r Ref) String() string {
	switch {
	case r.Type == "":
		return "*"
	case r.ID == "":
		return r.Type + "/*"
	}
	return r.Type + "/" + r.ID
}

// ParseRef reads "type/id"; the id may hold slashes.
func ParseRef(s string) (Ref, error) {
	t, id, ok := strings.Cut(s, "/")
	if !ok || t == "" || id == "" {
		return Ref{}, fmt.Errorf("read reference %q: want type/id", s)
	}
	return Ref{t, id}, nil
}

// An Effect is what a restriction does. A higher one is more restrictive and wins.
type Effect uint8

// The effects.
const (
	Permit Effect = iota // nothing applies
	Limit                // may go ahead within the limit that the answer states
	Hold                 // must not go ahead until somebody has looked
	Deny                 // must not go ahead
)

var effectNames = [...]string{"permit", "limit", "hold", "deny"}

func (e Effect) String() string {
	if int(e) < len(effectNames) {
		return effectNames[e]
	}
	return "deny"
}

// MarshalText writes the name.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads limit, hold or deny; permit is no restriction but a valid answer.
func (e *Effect) UnmarshalText(b []byte) error {
	i := slices.Index(effectNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("read effect %q: want deny, hold or limit", b)
	}
	*e = Effect(i)
	return nil
}

// A Reach says whom beside the subject itself a restriction binds.
type Reach uint8

// The reaches.
const (
	Contained Reach = iota // the subject and all that it contains (the default)
	Itself                 // the subject alone
	Owned                  // the subject, all that it contains or owns, and so on down
)

var reachNames = [...]string{"contained", "itself", "owned"}

func (r Reach) String() string { return reachNames[min(int(r), len(reachNames)-1)] }

// MarshalText writes the name.
func (r Reach) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the name.
func (r *Reach) UnmarshalText(b []byte) error {
	i := slices.Index(reachNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("read reach %q: want contained, itself or owned", b)
	}
	*r = Reach(i)
	return nil
}

// A Restriction is one decided limit, compiled.
type Restriction struct {
	ID       string
	Subject  Ref
	Reach    Reach
	Resource Ref      // binds also what lies beneath it
	Actions  []string // none means every action
	Effect   Effect
	When     string    // CEL over subject, action, resource, context, now; "" is always
	Start    time.Time // zero: since ever
	End      time.Time // zero: until lifted; the instant itself is free again
	Code     string    // reason code, "403" when empty
	Admin    string    // for the operator: instrument and clause
	User     string    // for the customer: plain words
	Decision string    // reference of the decision that it rests on
	Appeal   string    // where to object
	Limit    string    // of a Limit: what may still be used, in the operator's words
}

// A Decision is what a case decided, as the case file hands it over.
type Decision struct {
	Reference string // unique; restrictions are named after it
	Subjects  []Ref
	Reach     Reach
	Resources []Ref // none means everything
	Actions   []string
	Effect    Effect
	When      string
	Start     time.Time
	End       time.Time
	Code      string
	Admin     string
	User      string
	Appeal    string
	Limit     string
	Lifted    bool // kept for the record, binds nobody
}

// Compile turns decisions into restrictions, one for each subject and resource. A decision
// that cannot be compiled fails the whole: a restriction may not vanish silently.
func Compile(decisions []Decision) ([]Restriction, error) {
	var out []Restriction
	for _, d := range decisions {
		if d.Reference == "" {
			return nil, errors.New("compile decision: it has no reference")
		}
		if d.Lifted {
			continue
		}
		if len(d.Subjects) == 0 {
			return nil, fmt.Errorf("compile decision %s: it names no subject", d.Reference)
		}
		resources := d.Resources
		if len(resources) == 0 {
			resources = []Ref{{}}
		}
		n := 0
		for _, s := range d.Subjects {
			for _, r := range resources {
				n++
				c := Restriction{ID: fmt.Sprintf("%s#%d", d.Reference, n), Subject: s, Reach: d.Reach, Resource: r,
					Actions: d.Actions, Effect: d.Effect, When: d.When,
					Start: d.Start, End: d.End, Code: d.Code, Admin: d.Admin, User: d.User, Decision: d.Reference,
					Appeal: d.Appeal, Limit: d.Limit}
				if err := c.check(); err != nil {
					return nil, fmt.Errorf("compile decision %s: %w", d.Reference, err)
				}
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// maxText bounds every text of a restriction or entity; longer ones are a mistake or an attack.
const maxText = 1 << 14

func (r *Restriction) check() error {
	if r.ID == "" {
		return errors.New("a restriction has no id")
	}
	switch {
	case r.Effect < Limit || r.Effect > Deny:
		return fmt.Errorf("restriction %s: effect %q: want deny, hold or limit", r.ID, r.Effect)
	case r.Reach > Owned:
		return fmt.Errorf("restriction %s: unknown reach", r.ID)
	case r.Subject.Type == "" && r.Subject.ID != "", r.Resource.Type == "" && r.Resource.ID != "":
		return fmt.Errorf("restriction %s: an id needs a type", r.ID)
	case !r.End.IsZero() && !r.Start.IsZero() && !r.Start.Before(r.End):
		return fmt.Errorf("restriction %s: it ends before it starts", r.ID)
	case r.Effect == Limit && r.Limit == "":
		return fmt.Errorf("restriction %s: effect limit needs a limit", r.ID)
	}
	for _, s := range append([]string{r.ID, r.Subject.Type, r.Subject.ID, r.Resource.Type, r.Resource.ID, r.When,
		r.Code, r.Admin, r.User, r.Decision, r.Appeal, r.Limit}, r.Actions...) {
		if err := checkText(s); err != nil {
			return fmt.Errorf("restriction %s: %w", r.ID, err)
		}
	}
	if slices.Contains(r.Actions, "") {
		return fmt.Errorf("restriction %s: an action has no name", r.ID)
	}
	return nil
}

func checkText(s string) error {
	if len(s) > maxText {
		return fmt.Errorf("a text of %d bytes is longer than %d", len(s), maxText)
	}
	if !utf8.ValidString(s) {
		return errors.New("a text is not UTF-8")
	}
	return nil
}

// An Entity is a node of the tree: something that may ask, or be asked for.
type Entity struct {
	Ref
	Properties string // a JSON object, or ""
	In         []Ref  // what contains it
	OwnedBy    []Ref  // who owns it
	Subject    bool   // may be the subject of a question
	Resource   bool   // may be the resource of a question
}

// A Default says what is permitted although the snapshot knows nothing of it. The zero value
// denies all of it.
type Default struct {
	Subject  bool `json:"subject,omitempty"`  // permit subjects that are not in the snapshot
	Resource bool `json:"resource,omitempty"` // permit resources that are not in the snapshot
	Action   bool `json:"action,omitempty"`   // permit actions that are not declared
}

// Stale says what happens when the snapshot is older than it may be. The zero value never
// takes it for too old.
type Stale struct {
	After time.Duration `json:"after,omitempty"` // 0: never
	Open  bool          `json:"open,omitempty"`  // go on answering, loudly; otherwise deny
}

// OpenType is a type whose entities need not be listed: every id of it is known.
type OpenType struct {
	Type     string `json:"type" yaml:"type"`
	Subject  bool   `json:"subject,omitempty" yaml:"subject"`
	Resource bool   `json:"resource,omitempty" yaml:"resource"`
}

// Settings stand beside the restrictions in a snapshot.
type Settings struct {
	Default Default    `json:"default"`
	Stale   Stale      `json:"stale"`
	Actions []string   `json:"actions,omitempty"` // declared actions; [DefaultActions] when there are none
	Open    []OpenType `json:"open,omitempty"`
	// properties of a resource that name what it lies beneath; [DefaultLinks] when there are none
	Links []string `json:"links,omitempty"`
}

// DefaultActions are what a company does for a customer.
var DefaultActions = []string{"use", "sell", "deliver", "renew", "support", "transfer", "quota"}

// DefaultLinks are the properties of a resource that place it: a question about service s
// with the property region = r1 meets a restriction on region/r1.
var DefaultLinks = []string{"service", "capability", "product", "region", "engagement"}

// Content is what a snapshot holds.
type Content struct {
	Name         string // who publishes it
	Version      uint64
	Settings     Settings
	Entities     []Entity
	Restrictions []Restriction
}
