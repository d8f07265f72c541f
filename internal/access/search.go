package access

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
)

// Searches walk the tree in the order of the keys, which a new snapshot does not change, so a
// page goes on where the last one ended even if the snapshot was replaced between them. The
// results of one page are sorted by id.

func (d *Door) searchSubject(c *call) error {
	if err := c.r.decode(&c.p, c.in, d.MaxBatch, "action", "page"); err != nil {
		return err
	}
	if err := c.r.subject.check("subject", false); err != nil {
		return err
	}
	if err := c.r.action.check("action", true); err != nil {
		return err
	}
	if err := c.r.resource.check("resource", true); err != nil {
		return err
	}
	return c.searchTree(&c.r.subject, true)
}

func (d *Door) searchResource(c *call) error {
	if err := c.r.decode(&c.p, c.in, d.MaxBatch, "action", "page"); err != nil {
		return err
	}
	if err := c.r.resource.check("resource", false); err != nil {
		return err
	}
	if err := c.r.subject.check("subject", true); err != nil {
		return err
	}
	if err := c.r.action.check("action", true); err != nil {
		return err
	}
	return c.searchTree(&c.r.resource, false)
}

func (d *Door) searchAction(c *call) error {
	if err := c.r.decode(&c.p, c.in, d.MaxBatch, "page"); err != nil {
		return err
	}
	if err := c.r.subject.check("subject", true); err != nil {
		return err
	}
	if err := c.r.resource.check("resource", true); err != nil {
		return err
	}
	k, err := c.cursor("action", c.r.subject.id, c.r.resource.id)
	if err != nil {
		return err
	}
	s, r := &c.r.subject, &c.r.resource
	c.q = Question{Subject: Ref{s.typ, s.id}, Resource: Ref{r.typ, r.id}, SubjectProperties: s.properties,
		ResourceProperties: r.properties, Context: c.r.context}
	actions := slices.Sorted(slices.Values(c.x.settings.Actions))
	var found []string
	next, more := k.after, false
	for _, name := range actions {
		if k.after != "" && name <= k.after {
			continue
		}
		c.q.Action = name
		if !c.permitted() {
			continue
		}
		if more = len(found) == k.limit; more {
			break
		}
		found = append(found, name)
		next = name
	}
	c.out = append(c.out, `{"results":[`...)
	for i, name := range found {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = append(appendJSON(append(c.out, `{"name":`...), name), '}')
	}
	c.out = append(c.out, ']')
	c.endPage(k, len(found), next, more)
	return nil
}

// permitted decides a candidate of a search, as an evaluation would.
func (c *call) permitted() bool {
	c.answer()
	if c.a.Effect < Deny {
		for _, p := range c.everybody() {
			if p.Ref.ID == "" || p.Why != "" {
				return false // whoever nobody has screened is held
			}
			c.asSubject(p.Ref)
		}
	}
	return c.a.Permitted()
}

// maxTried bounds the work of one page; the next page goes on from there.
const maxTried = 100_000

func (c *call) searchTree(want *given, subjects bool) error {
	other := c.r.resource.id
	what := "subject"
	if !subjects {
		other, what = c.r.subject.id, "resource"
	}
	k, err := c.cursor(what, other)
	if err != nil {
		return err
	}
	r := &c.r
	c.q = Question{Subject: Ref{r.subject.typ, r.subject.id}, Action: r.action.id, Resource: Ref{r.resource.typ,
		r.resource.id},
		SubjectProperties: r.subject.properties, ActionProperties: r.action.properties,
		ResourceProperties: r.resource.properties, Context: r.context}
	flag, asked := flagSubject, &c.q.Subject
	if !subjects {
		flag, asked = flagResource, &c.q.Resource
	}
	var found []string
	next, last, tried, more := k.after, k.after, 0, false
	from := uint64(0)
	after := Ref{want.typ, k.after}
	if k.after != "" {
		from = key(after)
	}
scan:
	for s := from >> c.x.shift; s < uint64(len(c.x.shards)); s++ {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		sh := c.x.shards[s]
		for i := range sh.nodes {
			nd := &sh.nodes[i]
			if nd.flags&flag == 0 || nd.flags&flagClass != 0 || nd.key < from {
				continue
			}
			ref := sh.ref(nd.at)
			if ref.Type != want.typ || k.after != "" && nd.key == from && compareRef(ref, after) <= 0 {
				continue
			}
			*asked = ref
			if tried++; tried > maxTried {
				next, more = last, true
				break scan
			}
			last = ref.ID
			if !c.permitted() {
				continue
			}
			if more = len(found) == k.limit; more {
				break scan
			}
			found = append(found, ref.ID)
			next = ref.ID
		}
	}
	slices.Sort(found)
	c.out = append(c.out, `{"results":[`...)
	for i, id := range found {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = appendJSON(append(c.out, `{"type":`...), want.typ)
		c.out = append(appendJSON(append(c.out, `,"id":`...), id), '}')
	}
	c.out = append(c.out, ']')
	c.endPage(k, len(found), next, more)
	return nil
}

// A cursor is what a page token holds: how far the search is and for which search.
type cursor struct {
	sum   [8]byte // of all that the request asks, so that a token serves no other question
	limit int
	after string
}

// cursor reads the page. A token carries its limit: the scenario (4.5.2) follows a token
// without repeating it, although the text asks for equal parameters; another limit is refused.
// A limit of 0 only asks whether there is anything; its token sets no limit for what follows.
func (c *call) cursor(fixed ...string) (cursor, error) {
	g := &c.r.page
	k := cursor{sum: c.asks(fixed), limit: c.d.MaxPage}
	if g.hasLimit {
		k.limit = min(g.limit, c.d.MaxPage)
	}
	if g.token == "" {
		return k, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(g.token)
	if err != nil || len(raw) < 12 {
		return k, badf("page.token is not one of ours")
	}
	limit := int(binary.BigEndian.Uint32(raw[8:12]))
	if [8]byte(raw[:8]) != k.sum {
		return k, badf("page.token belongs to another search")
	}
	if limit > c.d.MaxPage || g.hasLimit && limit > 0 && k.limit != limit {
		return k, badf("page.limit differs from that of the first request")
	}
	if limit > 0 {
		k.limit = limit
	}
	k.after = string(raw[12:])
	return k, nil
}

func (c *call) endPage(k cursor, count int, next string, more bool) {
	if !c.r.page.there && !more {
		c.out = append(c.out, '}')
		return
	}
	c.out = append(c.out, `,"page":{"next_token":"`...)
	if more {
		raw := binary.BigEndian.AppendUint32(k.sum[:], uint32(k.limit))
		c.out = base64.RawURLEncoding.AppendEncode(c.out, append(raw, next...))
	}
	c.out = append(c.out, `","count":`...)
	c.out = strconv.AppendInt(c.out, int64(count), 10)
	c.out = append(c.out, "}}"...)
}

// asks hashes what a search asks, without what must be ignored: the id of what is looked for.
func (c *call) asks(fixed []string) [8]byte {
	h := sha256.New()
	put := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	r := &c.r
	for _, g := range []*given{&r.subject, &r.action, &r.resource} {
		put(g.typ)
		put(canonical(g.properties))
	}
	put(canonical(r.context))
	put(r.action.id)
	for _, id := range fixed {
		put(id)
	}
	return [8]byte(h.Sum(nil))
}

func canonical(object []byte) string {
	if len(object) == 0 {
		return ""
	}
	var v any
	if json.Unmarshal(object, &v) != nil {
		return string(object)
	}
	b, _ := json.Marshal(v)
	return string(b)
}
