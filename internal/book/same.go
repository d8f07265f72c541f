package book

import (
	"slices"

	"plimsoll/internal/capability"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// plain returns an engagement of which every party is named: a cell that points at another cell of its row ("same as
// buyer") holds the party of that cell. One that points at an empty cell, or does not say which, is not understood.
func plain(r *record.Engagement) *record.Engagement {
	if !points(r) {
		return r
	}
	e := *r
	e.Unread, e.Others = slices.Clone(r.Unread), slices.Clone(r.Others)
	follow := func(column string, ref *party.Ref, above party.Ref) {
		at := capability.SameAs(ref.Name)
		if column != "end_user" && at == capability.NoCell && ref.Name != "" {
			at = capability.SameAs("idem " + ref.Name) // "buyer" is whoever buys; of an end user it names nobody
		}
		if at == capability.NoCell {
			return
		}
		var to party.Ref
		switch at {
		case capability.CellBuyer:
			to = e.Buyer
		case capability.CellEndUser:
			to = e.EndUser
		case capability.CellSeller:
			to = e.Seller
		case capability.CellReseller:
			to = e.Reseller
		case capability.CellAbove:
			to = above
		}
		*ref, e.Unread = pointed(*ref, to, column, e.Unread)
	}
	if e.EndUser.Name == "" && e.EndUser.Zero() && capability.SameAs(e.EndUserText) != capability.NoCell {
		e.EndUser.Name = e.EndUserText
	}
	follow("reseller", &e.Reseller, e.Buyer)
	if was := e.EndUser.Name; capability.SameAs(was) != capability.NoCell {
		follow("end_user", &e.EndUser, e.Buyer)
		e.EndUserText = e.EndUser.Name
	}
	follow("payer", &e.Payer, e.Buyer)
	above := e.Buyer
	if !e.EndUser.Zero() && e.EndUser.Name != e.Buyer.Name {
		above = party.Ref{} // the buyer or the end user
	}
	for i := range e.Others {
		follow(string(e.Others[i].Role), &e.Others[i].Ref, above)
	}
	e.Others = slices.DeleteFunc(e.Others, func(o record.RoleRef) bool { return o.Ref.Zero() })
	return &e
}

// points reports whether a cell of an engagement points at another.
func points(r *record.Engagement) bool {
	is := func(name string) bool { return capability.SameAs(name) != capability.NoCell }
	role := func(name string) bool { return name != "" && (is(name) || is("idem "+name)) }
	return is(r.EndUser.Name) || r.EndUser.Zero() && is(r.EndUserText) || role(r.Reseller.Name) || role(r.Payer.Name) ||
		slices.ContainsFunc(r.Others, func(o record.RoleRef) bool { return role(o.Ref.Name) })
}

// plainAccount is plain for an account, whose end user may be its holder.
func plainAccount(r *record.Account) *record.Account {
	name := r.EndUser.Name
	if name == "" {
		name = r.EndUserText
	}
	at := capability.SameAs(name)
	if at == capability.NoCell {
		return r
	}
	a := *r
	var to party.Ref
	switch at {
	case capability.CellBuyer, capability.CellAbove:
		to = a.Party
	case capability.CellReseller:
		to = a.Reseller
	}
	a.EndUser, a.Unread = pointed(a.EndUser, to, "end_user", slices.Clone(r.Unread))
	a.EndUserText = a.EndUser.Name
	return &a
}

// pointed returns the party that a cell points at, with what the cell's own row says of it beside the name.
func pointed(ref, to party.Ref, column string, unread []record.Unread) (party.Ref, []record.Unread) {
	if to.Zero() || capability.SameAs(to.Name) != capability.NoCell {
		unread = append(unread, record.Unread{Column: column, Value: ref.Name,
			Reason: "points at a cell that names nobody"})
		ref.Name = ""
		return ref, unread
	}
	class := ref.Class
	if ref.LocalID == "" && len(ref.Identifiers) == 0 {
		ref = to
	} else {
		ref.Name = to.Name
	}
	if class != "" {
		ref.Class = class
	}
	return ref, unread
}
