package world

import "fmt"

// A roll is whom the registers of a world name, in the order in which they are first named, and
// whose owners are stated.
type roll struct {
	orgs  []org
	seen  map[string]bool // register numbers
	owned map[string]bool
}

// silent is of how many companies, or contracts of other sellers, the registers say nothing of one;
// in a complete world they say something of each.
const silent = 12

// meet notes that the records name these.
func (w *world) meet(orgs ...org) {
	for _, o := range orgs {
		if o.id == "" || w.roll.seen[o.id] {
			continue
		}
		w.roll.seen[o.id] = true
		w.roll.orgs = append(w.roll.orgs, o)
	}
}

// owners states who owns everybody that the records name: what a register with a full duty to
// report holds. Of a company it has an owner, a public body that owns it, or the answer that
// nobody holds enough to be named; of a public body, that it is one.
func (w *world) owners() {
	treasury := w.body(home, "State Property Fund", "civil")
	for i, o := range w.roll.orgs {
		switch {
		case w.roll.owned[o.id], !w.complete && i%silent == silent-1:
		case o.public:
			w.entity(o)
		case i%10 == 3:
			w.owns(treasury, o, share{exact: 100})
		case i%10 == 7:
			w.nobodyOwns(o, "its shares are held widely")
		default:
			w.nobodyOwns(o, "")
		}
	}
}

// nobodyOwns states that no owner of a company has to be named (BODS 0.4, unspecifiedReason
// noBeneficialOwners).
func (w *world) nobodyOwns(o org, why string) {
	b := w.entity(o)
	in := map[string]any{"reason": "noBeneficialOwners"}
	if why != "" {
		in["description"] = why
	}
	w.bods.add(b, fmt.Sprintf("rel-none-%s", b), "relationship", "new", "2032-05-01", map[string]any{
		"isComponent": false, "subject": b, "interestedParty": in, "interests": []any{},
	})
}

// register writes into the registers of clauses and approvals what is known of the n-th contract
// that a public buyer published.
func (w *world) register(n int, id string, buyer org, signed string) {
	if !w.complete && n%silent == 0 {
		return
	}
	w.terms(deal{id: id})
	w.gates(deal{id: id, buyer: buyer, user: buyer}, day(signed))
}
