package ocds

import (
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// members are the members that name organisations, wherever in a process they stand, and the role
// in which they do: release schema 1.1.5 and its extensions (bids, finance, lots, pre-qualification,
// requesting units, subcontracting), and what publishers write instead.
var members = map[string]record.Role{
	"buyer": record.RoleBuyer, "buyers": record.RoleBuyer, "leadBuyer": record.RoleBuyer,
	"jointBuyers":          record.RoleBuyer,
	"contractingAuthority": record.RoleBuyer, "contractingAuthorities": record.RoleBuyer,
	"procuringEntity": record.RoleProcuringEntity, "procuringEntities": record.RoleProcuringEntity,
	"procuringAgency":       record.RoleProcuringEntity,
	"centralPurchasingBody": record.RoleProcuringEntity, "requestingUnit": record.RoleProcuringEntity,
	"requestingUnits":  record.RoleProcuringEntity,
	"responsibleUnits": record.RoleProcuringEntity, "contractingUnits": record.RoleProcuringEntity,
	"tenderer": record.RoleTenderer, "tenderers": record.RoleTenderer, "bidder": record.RoleTenderer,
	"bidders":   record.RoleTenderer,
	"candidate": record.RoleTenderer, "candidates": record.RoleTenderer, "participants": record.RoleTenderer,
	"invitedSuppliers":  record.RoleTenderer,
	"invitedCandidates": record.RoleTenderer, "shortlistedFirms": record.RoleTenderer,
	"preferredBidders": record.RoleTenderer,
	"qualifiedBidders": record.RoleTenderer, "qualifiedSuppliers": record.RoleTenderer,
	"notifiedSuppliers": record.RoleTenderer,
	"eligibleTenderers": record.RoleTenderer,
	"consortium":        record.RoleTenderer, "consortia": record.RoleTenderer,
	"consortiumMembers": record.RoleTenderer, "jointVenture": record.RoleTenderer,
	"jointVenturePartners": record.RoleTenderer, "jointVentureMembers": record.RoleTenderer,
	"leadPartner": record.RoleTenderer, "groupLead": record.RoleTenderer, "groupMembers": record.RoleTenderer,
	"leadMember": record.RoleTenderer, "leadTenderer": record.RoleTenderer, "jointTenderers": record.RoleTenderer,
	"suppliers": record.RoleSupplier, "supplier": record.RoleSupplier, "awardedSuppliers": record.RoleSupplier,
	"contractors": record.RoleSupplier,
	"contractor":  record.RoleSupplier, "vendors": record.RoleSupplier, "vendor": record.RoleSupplier,
	"winners": record.RoleSupplier,
	"winner":  record.RoleSupplier, "signatories": record.RoleOther,
	"subcontractor": record.RoleSubcontractor, "subcontractors": record.RoleSubcontractor,
	"subContractor":  record.RoleSubcontractor,
	"subContractors": record.RoleSubcontractor,
	"funder":         record.RoleFunder, "funders": record.RoleFunder, "sourceParty": record.RoleFunder,
	"sourceEntity":   record.RoleFunder,
	"financingParty": record.RoleFunder, "guarantor": record.RoleFunder, "lender": record.RoleFunder,
	"lenders": record.RoleFunder,
	"donor":   record.RoleFunder, "donors": record.RoleFunder,
	"endUser": record.RoleEndUser, "endUsers": record.RoleEndUser, "beneficiary": record.RoleEndUser,
	"beneficiaries": record.RoleEndUser,
	"consignee":     record.RoleConsignee, "reviewBody": record.RoleReviewBody,
}

// sweep adds every organisation that is named at or below a member of the process.
func (m *merged) sweep(e *record.Engagement, key string, v *value) {
	role, names := members[key]
	if key == "bids" {
		m.bids++
		defer func() { m.bids-- }()
	}
	if !names {
		m.within(e, v)
		for i := range v.m {
			if v.k == kArray && v.m[i].v.k != kString {
				if m.bids > 0 && (key == "details" || key == "bids") {
					m.bid = bidOf(&v.m[i].v)
				}
				m.within(e, &v.m[i].v)
				if key == "details" || key == "bids" {
					m.bid = record.RoleRef{}
				}
			}
		}
		return
	}
	if v.k != kString || !bare[letters(v.s)] {
		for _, r := range m.refs(v) {
			m.inRole(e, role, r)
		}
	}
	for i := range v.list() { // what a bid or lot says behind the name
		m.within(e, &v.list()[i].v)
		switch role {
		case record.RoleTenderer, record.RoleSupplier, record.RoleSubcontractor:
			m.joint(e, &v.list()[i].v)
		}
	}
}

// quietStates are the states of bids that say nothing beside that somebody bids.
var quietStates = map[string]bool{"": true, "valid": true, "active": true, "pending": true, "submitted": true}

// bidOf reads what a bid says of all who stand in it: its lots, its state, and that several bid as one.
func bidOf(v *value) (out record.RoleRef) {
	var lots []string
	add := func(x *value) {
		if s := x.id(); s != "" && !slices.Contains(lots, s) {
			lots = append(lots, strings.Clone(s))
		}
	}
	for i := range v.get("relatedLots").list() {
		add(&v.get("relatedLots").list()[i].v)
	}
	add(v.get("relatedLot"))
	for i := range v.get("lotValues").list() {
		add(v.get("lotValues").list()[i].v.get("relatedLot"))
	}
	out.Lots = strings.Join(lots, ", ")
	if s := strings.ToLower(v.get("status").text()); !quietStates[s] {
		out.State = strings.Clone(s)
	}
	if n := len(v.get("tenderers").list()); n > 1 {
		out.Group = "one bid of " + strconv.Itoa(n)
	}
	return out
}

// bare are texts in a member for a group of bidders that say whether there is one, and name nobody.
var bare = map[string]bool{"yes": true, "no": true, "true": true, "false": true}

// joint adds the organisations that bid together under one name. Natural persons are left out and counted.
func (m *merged) joint(e *record.Engagement, group *value) {
	if group.k != kObject {
		return
	}
	for _, name := range [...]string{"members", "partners"} {
		list := group.get(name).list()
		for i := range list {
			x := &list[i].v
			if x.k == kObject && natureOf(x) == naturePerson {
				m.out.notes[notePersons]++
			} else if r := m.ref(x); !r.Zero() {
				bid := m.bid
				m.bid.Group = m.words.keep(oneLine(nameOf(group)))
				m.inRole(e, record.RoleTenderer, r)
				m.bid = bid
			}
		}
	}
}

// within sweeps the members of one object. What the standard has for an engagement itself
// (its buyer and suppliers, its payments, its items) is read where that is made.
func (m *merged) within(e *record.Engagement, v *value) {
	if v == nil || v.k != kObject {
		return
	}
	for i := range v.m {
		switch x := &v.m[i]; x.v.k {
		case kObject, kArray:
			if !apart[x.key] {
				m.sweep(e, x.key, &x.v)
			}
		case kString:
			if role, ok := members[x.key]; ok && !bare[letters(x.v.s)] {
				for _, r := range m.refs(&x.v) {
					m.inRole(e, role, r)
				}
			}
		}
	}
}

// apart are members in which nobody is named who is not read elsewhere.
var apart = map[string]bool{"items": true, "transactions": true, "identifier": true, "additionalIdentifiers": true,
	"identifiers": true, "address": true,
	"addresses": true, "value": true, "period": true, "contractPeriod": true, "classification": true,
	"additionalClassifications": true}

func (m *merged) inRoles(e *record.Engagement, list []record.RoleRef) {
	for _, x := range list {
		m.bid = x
		m.inRole(e, x.Role, x.Ref)
	}
	m.bid = record.RoleRef{}
}

// inRole adds a party in a role unless it has a main role of the engagement that says the same.
func (m *merged) inRole(e *record.Engagement, role record.Role, r party.Ref) {
	switch role {
	case record.RoleBuyer:
		r.Kind = party.PublicBody
		if contains([]party.Ref{e.Buyer}, r) {
			return
		}
	case record.RoleProcuringEntity:
		if r.Kind = party.PublicBody; contains([]party.Ref{e.Buyer}, r) {
			return
		}
	case record.RoleEndUser:
		if contains([]party.Ref{e.EndUser}, r) {
			return
		}
	case record.RoleSupplier:
		if m.bids > 0 { // the supplier of a bid has not won by it
			role = record.RoleTenderer
		} else if contains(append([]party.Ref{e.Seller}, e.Sellers...), r) {
			return
		}
	}
	x := m.bid
	x.Role, x.Ref = role, r
	addRef(e, x)
}
