package access

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/party"
)

// A Party is somebody that the caller has not screened: a new customer at the order desk, a
// consignee, the writer of a support ticket. It comes in the question's context, see [Involved].
type Party struct {
	Name        string             `json:"name"`
	Kind        party.Kind         `json:"kind,omitempty"`
	Country     string             `json:"country,omitempty"`
	Address     string             `json:"address,omitempty"`
	BirthDate   string             `json:"birth_date,omitempty"`
	Father      string             `json:"father,omitempty"`
	Gender      string             `json:"gender,omitempty"`
	Identifiers []party.Identifier `json:"identifiers,omitempty"`
	Unused      []string           `json:"not_used,omitempty"` // members of the question that are not read
}

// A Screening is what came of looking a party up.
type Screening struct {
	Effect  Effect           // Permit, Hold or Deny
	Finding *finding.Finding // what caused a hold or denial
}

// A Screener looks a party up in the lists. It is called by many at once and must honour the
// context's end; an error holds the party.
type Screener interface {
	Screen(ctx context.Context, p Party) (Screening, error)
}

// A Held is a question that waits for a person.
type Held struct {
	Reference string           `json:"reference"`
	At        time.Time        `json:"at"`
	Subject   Ref              `json:"subject"`
	Action    string           `json:"action"`
	Resource  Ref              `json:"resource"`
	Party     Party            `json:"party"`
	Why       string           `json:"why"`
	Finding   *finding.Finding `json:"finding,omitempty"`
	Caller    string           `json:"caller,omitempty"`
}

// A Gate screens parties on their way through the door.
type Gate struct {
	Screener Screener
	Timeout  time.Duration // of one screening; default 2 s
	OnHold   func(Held)    // called once for each new hold, must not block; nil: nobody is told

	mu    sync.Mutex // guards what follows; held for map accesses only
	held  map[string]*Held
	order []string
}

// maxHeld bounds the holds that the door itself remembers; the receiver of OnHold keeps all.
const maxHeld = 10_000

type gated struct {
	role, at  string // of whom, where a question names several
	unused    []string
	effect    Effect
	why       string
	reference string
	finding   *finding.Finding
}

// mostUnused is how many members that are not read an answer names.
const mostUnused = 20

// ErrNoLists is what a [Screener] gives that has nothing to compare a party with.
var ErrNoLists = errors.New("no lists")

// screen looks a party up. What cannot be screened is held: doubt is no permit.
func (d *Door) screen(c *call, i *Involved) *gated {
	p := &i.Party
	g := &gated{effect: Hold, role: i.Role, at: i.At, unused: p.Unused}
	switch {
	case i.Why != "":
		g.why = i.Why
	case p.Name == "" && len(p.Identifiers) == 0:
		g.why = "The party has neither a name nor an identifier to screen."
	case d.Gate == nil || d.Gate.Screener == nil:
		g.why = "The party is not screened, and this door has no lists to screen it against."
	default:
		timeout := d.Gate.Timeout
		if timeout <= 0 {
			timeout = 2 * time.Second
		}
		ctx, cancel := context.WithTimeout(c.ctx, timeout)
		s, err := d.Gate.Screener.Screen(ctx, *p)
		cancel()
		switch {
		case errors.Is(err, ErrNoLists):
			g.why = "The party is not screened, and this door has no lists to screen it against."
		case err != nil:
			d.Log.Error("a party could not be screened", "error", err)
			g.why = "The party could not be screened at the moment."
		default:
			g.effect, g.finding = min(s.Effect, Deny), s.Finding
			if s.Effect == Limit {
				g.effect = Hold
			}
			if s.Finding != nil {
				g.why = s.Finding.Sentence
			}
		}
	}
	if g.effect >= Hold {
		g.reference = reference(&c.q, p)
		if d.Gate != nil {
			d.Gate.remember(Held{Reference: g.reference, At: c.now, Subject: c.q.Subject, Action: c.q.Action,
				Resource: c.q.Resource,
				Party:    p.kept(), Why: g.why, Finding: g.finding, Caller: c.caller})
		}
	}
	return g
}

// kept is what a hold remembers of a party: birth, father and gender serve the comparison alone.
func (p Party) kept() Party {
	p.BirthDate, p.Father, p.Gender = "", "", ""
	return p
}

// reference names a hold. The same question has the same reference, so that a desk that asks
// again does not open a second one.
func reference(q *Question, p *Party) string {
	h := sha256.New()
	b, _ := json.Marshal([]any{q.Subject, q.Action, q.Resource, p})
	h.Write(b)
	return "H-" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:20]
}

func (g *Gate) remember(h Held) {
	g.mu.Lock()
	if g.held == nil {
		g.held = map[string]*Held{}
	}
	_, had := g.held[h.Reference]
	if !had {
		if len(g.order) >= maxHeld {
			delete(g.held, g.order[0])
			g.order = g.order[1:]
		}
		g.held[h.Reference] = &h
		g.order = append(g.order, h.Reference)
	}
	g.mu.Unlock()
	if !had && g.OnHold != nil {
		g.OnHold(h)
	}
}

// Held gives a hold that the door remembers.
func (g *Gate) Held(reference string) (Held, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.held[reference]
	if h == nil {
		return Held{}, false
	}
	return *h, true
}

// append writes the outcome; others are those of a question that names several parties.
func (g *gated) append(b []byte, others []*gated) []byte {
	b = append(b, '{')
	if g.role != "" {
		b = append(appendJSON(append(b, `"role":`...), g.role), ',')
	}
	if g.at != "" {
		b = append(appendJSON(append(b, `"at":`...), g.at), ',')
	}
	b = append(b, `"outcome":"`...)
	b = append(append(b, g.effect.String()...), '"')
	if g.why != "" {
		b = appendJSON(append(b, `,"why":`...), g.why)
	}
	for i, member := range g.unused {
		if i == 0 {
			b = append(b, `,"not_used":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendJSON(b, member)
		if i == len(g.unused)-1 {
			b = append(b, ']')
		}
	}
	if g.reference != "" {
		b = appendJSON(append(b, `,"reference":`...), g.reference)
		b = appendJSON(append(b, `,"follow":`...), pathHold+g.reference)
	}
	if g.finding != nil {
		if f, err := json.Marshal(g.finding); err == nil {
			b = append(append(b, `,"finding":`...), f...)
		}
	}
	for i, o := range others {
		if i == 0 {
			b = append(b, `,"parties":[`...)
		} else {
			b = append(b, ',')
		}
		b = o.append(b, nil)
		if i == len(others)-1 {
			b = append(b, ']')
		}
	}
	return append(b, '}')
}

// hold shows one hold to an authenticated caller.
func (d *Door) hold(w http.ResponseWriter, r *http.Request) {
	if _, ok := d.authenticate(r); !ok {
		d.refuse(w, r)
		return
	}
	if d.Gate != nil {
		if h, ok := d.Gate.Held(r.PathValue("reference")); ok {
			writeJSON(w, h)
			return
		}
	}
	plainError(w, http.StatusNotFound, "no such hold")
}

func writeJSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		plainError(w, http.StatusInternalServerError, "the answer cannot be written")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(b, '\n'))
}
