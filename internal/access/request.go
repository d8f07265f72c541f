package access

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// request is the body of any of the five calls. Members that are absent or null are not set.
type request struct {
	subject, resource, action given
	context                   []byte
	evaluations               []item
	semantic                  semantic
	page                      page
}

// given is an entity as it was sent.
type given struct {
	there          bool
	hasType, hasID bool
	typ, id        string // of an action, id is the name
	properties     []byte
	err            error // what is wrong with it; an item of a batch fails alone
	idErr          error // what is wrong with its id, which a search for such entities ignores
}

type item struct {
	subject, resource, action given
	context                   []byte
	hasContext                bool
	err                       error
}

type page struct {
	there    bool
	token    string
	limit    int
	hasLimit bool
}

type semantic uint8

// The semantics of a batch (section 7.1.2.1).
const (
	executeAll semantic = iota
	denyOnFirstDeny
	permitOnFirstPermit
)

// A badRequest is answered with 400 and its text.
type badRequest string

func (e badRequest) Error() string { return string(e) }

func badf(format string, args ...any) error { return badRequest(fmt.Sprintf(format, args...)) }

// decode reads a body. Of the members action, evaluations, options and page it reads those
// that the call knows; all others are checked for their form and ignored.
func (r *request) decode(p *parser, body []byte, maxBatch int, known ...string) error {
	p.reset(body)
	return p.document(func(name []byte) (err error) {
		n := string(name)
		switch n {
		case "action", "evaluations", "options", "page":
			if !slices.Contains(known, n) {
				return p.skip()
			}
		}
		switch n {
		case "subject":
			err = r.subject.read(p, "subject")
		case "resource":
			err = r.resource.read(p, "resource")
		case "action":
			err = r.action.read(p, "action")
		case "context":
			r.context, err = p.rawObject("context")
		case "evaluations":
			err = r.readItems(p, maxBatch)
		case "options":
			err = r.readOptions(p)
		case "page":
			err = r.page.read(p)
		default:
			return p.skip()
		}
		return err
	})
}

// rawObject checks an object and gives its bytes; null is nothing.
func (p *parser) rawObject(what string) ([]byte, error) {
	switch c := p.peek(); c {
	case '{':
		from := p.i
		if err := p.skip(); err != nil {
			return nil, err
		}
		return p.b[from:p.i], nil
	case 'n':
		return nil, p.word("null")
	}
	from := p.i
	if err := p.skip(); err != nil { // malformed comes before mistaken
		p.i = from
		return nil, err
	}
	return nil, badf("%s must be an object", what)
}

// read reads an entity. A mistake in its shape is kept, so that in a batch it stays with
// its item; malformed JSON is an error of the whole.
func (g *given) read(p *parser, what string) error {
	if p.null() {
		return nil
	}
	if p.peek() != '{' {
		if err := p.skip(); err != nil {
			return err
		}
		g.there = true
		g.err = badf("%s must be an object", what)
		return nil
	}
	g.there = true
	text := func(member string, into *string, has *bool, wrong *error) error {
		if p.null() {
			return nil
		}
		if p.peek() != '"' {
			if *wrong == nil {
				*wrong = badf("%s.%s must be a string", what, member)
			}
			return p.skip()
		}
		s, err := p.text()
		if err == nil && len(s) > maxText && *wrong == nil {
			*wrong = badf("%s.%s is longer than %d bytes", what, member, maxText)
		}
		*into, *has = string(s), true
		return err
	}
	return p.object(func(name []byte) error {
		switch n := string(name); {
		case n == "properties":
			raw, err := p.rawObject(what + ".properties")
			var mistaken badRequest
			if errors.As(err, &mistaken) {
				if g.err == nil {
					g.err = err
				}
				return nil
			}
			g.properties = raw
			return err
		case what == "action" && n == "name":
			return text(n, &g.id, &g.hasID, &g.err)
		case what != "action" && n == "type":
			return text(n, &g.typ, &g.hasType, &g.err)
		case what != "action" && n == "id":
			return text(n, &g.id, &g.hasID, &g.idErr)
		}
		return p.skip()
	})
}

// check names what an entity lacks. needID is false for what a search looks for.
func (g *given) check(what string, needID bool) error {
	switch {
	case !g.there:
		return badf("%s is required", what)
	case g.err != nil:
		return g.err
	case needID && g.idErr != nil:
		return g.idErr
	case what == "action" && !g.hasID:
		return badf("action.name is required")
	case what != "action" && !g.hasType:
		return badf("%s.type is required", what)
	case needID && !g.hasID:
		return badf("%s.id is required", what)
	case what == "action" && g.id == "":
		return badf("action.name is empty")
	case what != "action" && g.typ == "":
		return badf("%s.type is empty", what)
	case needID && g.id == "": // an empty id stands for a whole class, which only restrictions may name
		return badf("%s.id is empty", what)
	}
	return nil
}

func (r *request) readItems(p *parser, most int) error {
	if p.null() {
		return nil
	}
	if p.peek() != '[' {
		if err := p.skip(); err != nil {
			return err
		}
		return badf("evaluations must be an array")
	}
	return p.array(func(n int) error {
		if n >= most {
			return badf("evaluations has more than %d items", most)
		}
		r.evaluations = append(r.evaluations, item{})
		it := &r.evaluations[n]
		if p.peek() != '{' {
			it.err = badf("evaluations[%d] must be an object", n)
			return p.skip()
		}
		return p.object(func(name []byte) (err error) {
			switch string(name) {
			case "subject":
				err = it.subject.read(p, "subject")
			case "resource":
				err = it.resource.read(p, "resource")
			case "action":
				err = it.action.read(p, "action")
			case "context":
				if p.null() {
					return nil
				}
				it.hasContext = true
				it.context, err = p.rawObject("context")
				var mistaken badRequest
				if errors.As(err, &mistaken) {
					it.err, err = mistaken, nil
				}
			default:
				return p.skip()
			}
			return err
		})
	})
}

func (r *request) readOptions(p *parser) error {
	if p.null() {
		return nil
	}
	if p.peek() != '{' {
		if err := p.skip(); err != nil {
			return err
		}
		return badf("options must be an object")
	}
	return p.object(func(name []byte) error {
		if string(name) != "evaluations_semantic" {
			return p.skip()
		}
		if p.null() {
			return nil
		}
		if p.peek() != '"' {
			if err := p.skip(); err != nil {
				return err
			}
			return badf("options.evaluations_semantic must be a string")
		}
		s, err := p.text()
		if err != nil {
			return err
		}
		switch string(s) {
		case "execute_all":
			r.semantic = executeAll
		case "deny_on_first_deny":
			r.semantic = denyOnFirstDeny
		case "permit_on_first_permit":
			r.semantic = permitOnFirstPermit
		default:
			return badf("options.evaluations_semantic is not execute_all, deny_on_first_deny or permit_on_first_permit")
		}
		return nil
	})
}

func (g *page) read(p *parser) error {
	if p.null() {
		return nil
	}
	if p.peek() != '{' {
		if err := p.skip(); err != nil {
			return err
		}
		return badf("page must be an object")
	}
	g.there = true
	return p.object(func(name []byte) error {
		switch string(name) {
		case "token":
			if p.null() {
				return nil
			}
			if p.peek() != '"' {
				if err := p.skip(); err != nil {
					return err
				}
				return badf("page.token must be a string")
			}
			s, err := p.text()
			g.token = string(s)
			return err
		case "limit":
			if p.null() {
				return nil
			}
			p.ws()
			from := p.i
			if err := p.skip(); err != nil {
				return err
			}
			n, err := strconv.ParseInt(string(p.b[from:p.i]), 10, 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) || n < 0 {
				return badf("page.limit must be a whole number from 0")
			}
			g.limit, g.hasLimit = int(min(n, math.MaxInt32)), true // more than any page holds
			return nil
		case "properties":
			_, err := p.rawObject("page.properties")
			return err
		}
		return p.skip()
	})
}

// question checks an evaluation and makes the question of it.
func question(s, a, r *given, context []byte, q *Question) error {
	if err := s.check("subject", true); err != nil {
		return err
	}
	if err := a.check("action", true); err != nil {
		return err
	}
	if err := r.check("resource", true); err != nil {
		return err
	}
	*q = Question{Subject: Ref{s.typ, s.id}, Action: a.id, Resource: Ref{r.typ, r.id},
		SubjectProperties: s.properties, ActionProperties: a.properties, ResourceProperties: r.properties,
		Context: context}
	return nil
}
