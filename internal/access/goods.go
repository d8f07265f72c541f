package access

import "slices"

// Goods are what the properties of a resource say that it is.
type Goods struct {
	Capabilities []string // classes of what it can do, see package capability
	Control      []string // entries of control lists
	// May are the classes that it may have besides, since a code or word is not understood. Restrictions on one of them
	// hold the question until a person has looked.
	May []string
}

// A Classifier tells what a resource is by its properties: codes of goods and words. It is called by many at once.
type Classifier func(resource Ref, properties map[string]any) Goods

// place tells what the resource of c.q lies beneath by its codes, and what it may lie beneath.
func (c *call) place() (perhaps []Ref) {
	if c.d.Goods == nil {
		return nil
	}
	c.classify(c.q.ResourceProperties)
	g := c.goods
	if p := c.x.place(key(c.q.Resource), c.q.Resource); p != nowhere {
		if stored := c.x.properties(p); stored != "" {
			if m, err := (*objects)(nil).read([]byte(stored)); err == nil {
				more := c.d.Goods(c.q.Resource, m)
				g = Goods{slices.Concat(g.Capabilities, more.Capabilities), slices.Concat(g.Control, more.Control),
					slices.Concat(g.May, more.May)}
			}
		}
	}
	for _, s := range g.Capabilities {
		c.q.Beneath = append(c.q.Beneath, Ref{"capability", s})
	}
	for _, s := range g.Control {
		c.q.Beneath = append(c.q.Beneath, Ref{"control", s})
	}
	for _, s := range g.May {
		perhaps = append(perhaps, Ref{"capability", s})
	}
	return perhaps
}

// classify reads the properties once for all items that share them.
func (c *call) classify(properties []byte) {
	same := len(c.goodsIn) == len(properties) && len(properties) > 0 && &c.goodsIn[0] == &properties[0]
	if same && c.goodsOf == c.q.Resource {
		return
	}
	c.goodsIn, c.goodsOf, c.goods = properties, c.q.Resource, Goods{}
	if m, err := c.shared.read(properties); err == nil {
		c.goods = c.d.Goods(c.q.Resource, m)
	}
}

// doubtGoods holds the question if it would be restricted, were the goods what they may be.
func (c *call) doubtGoods(perhaps []Ref) {
	q := c.q
	q.Beneath = slices.Concat(q.Beneath, perhaps)
	var a Answer
	c.x.Decide(&q, c.now, &a)
	if a.Effect < Hold {
		return
	}
	c.a.Effect, c.a.Doubt = Hold, UnclearResource
	for _, h := range a.Hits {
		if !slices.Contains(c.a.Hits, h) {
			c.a.Hits = append(c.a.Hits, h)
		}
	}
}
