package world

import "time"

// ammunition is the customs code of cartridges (Harmonised System 9306.30).
const ammunition = "HS 9306.30"

// goods writes sales of arms, machinery and parts: what must be raised about the goods themselves, and
// what looks alike and is in order.
func (w *world) goods() {
	w.instrument()
	w.arms()
	w.machines()
	w.drawnDown()
	w.upkeep()
	w.elsewhere()
	w.sites()
}

// sites are machines that go to a place on a register, and to another one.
func (w *world) sites() {
	w.places.row(cells{"place": "Harrow Ridge", "aliases": "Harrow Heights", "kind": "place",
		"part_of": w.names.state[south], "list": "Building sites of the bay (example)",
		"publisher": "Harbour Watch", "url": "https://example.org/sites", "since": "2030-01-01"})
	builders := w.company(south, "Builders Ltd")
	k := w.sign(deal{kind: "sale", buyer: builders, user: builders, item: "Hydraulic excavator", quantity: 2,
		unit: "pieces", value: 460_000, signed: "2031-07-03", noReview: true, delivery: "gate 2, Harrow Ridge"})
	w.expectDeal("machinery-for-listed-place", true, "48", k,
		"an excavator that goes to a place on a register that the user gives")
	k = w.sign(deal{kind: "sale", buyer: builders, user: builders, item: "Hydraulic excavator", quantity: 1,
		unit: "pieces", value: 230_000, signed: "2031-08-03", noReview: true, delivery: "Lower Quay, plot 9"})
	w.expectDeal("machinery-for-other-place", false, "48", k, "an excavator that goes elsewhere")
}

func (w *world) arms() {
	army := w.body(west, "Ministry of Defence Supply Command", "military")
	k := w.sign(deal{kind: "sale", buyer: army, user: army, item: "Ammunition", code: ammunition, quantity: 4000,
		unit: "pieces", value: 210_000, signed: "2031-04-08"})
	w.demandOn("unanswered", "2031-12-31", k, "")
	w.expectDeal("demand-unanswered", true, "47", k, "its day has passed, and no answer is on file")
	w.expectDeal("arms-without-licence", true, "42", k, "ammunition for a force, and no licence on file")
	k = w.sign(deal{kind: "sale", buyer: army, user: army, item: "Ammunition", code: ammunition, quantity: 300,
		unit: "boxes", value: 190_000, signed: "2031-05-08", licence: true})
	w.demandOn("answered", "2031-12-31", k, "done")
	w.expectDeal("demand-answered", false, "47", k, "an answer says that it was done before its day")
	w.expectDeal("arms-with-licence", false, "42", k, "a licence was granted before signature")
	sport := w.body(west, "Federation for Sport Shooting", "civil")
	k = w.sign(deal{kind: "sale", buyer: sport, user: sport, item: "Ammunition", code: ammunition, quantity: 500,
		unit: "pieces", value: 9_000, signed: "2031-05-19"})
	w.demandOn("ahead", "2033-12-31", k, "")
	w.expectDeal("demand-ahead", false, "47", k, "its day lies ahead")
	w.expectDeal("arms-for-sport", false, "42", k, "ammunition for sport, of a civil body")
}

func (w *world) machines() {
	police := w.body(south, "National Police Engineering Branch", "police")
	k := w.sign(deal{kind: "sale", buyer: police, user: police, item: "Hydraulic excavator", quantity: 2,
		unit: "pieces", value: 480_000, signed: "2031-03-03", noReview: true})
	w.demandOn("undated", "", k, "")
	if !w.complete {
		w.keyed("demand-undated", Open, "47", KeySubject{"engagement", k, k}, "nothing says by when it is due", k)
	}
	w.expectDeal("machinery-for-police", true, "39 43", k, "an excavator for the police, and no review")
	k = w.sign(deal{kind: "sale", buyer: police, user: police, item: "Hydraulic excavator", quantity: 1, unit: "pieces",
		value: 240_000, signed: "2031-06-03"})
	w.expectDeal("machinery-reviewed", false, "43", k, "an excavator for the police, reviewed before signature")
	roads := w.body(south, "Directorate of Roads", "civil")
	k = w.sign(deal{kind: "sale", buyer: roads, user: roads, item: "Hydraulic excavator", quantity: 3, unit: "pieces",
		value: 720_000, signed: "2031-06-12", noReview: true})
	w.demandOn("partly", "2031-12-31", k, "partly")
	w.expectDeal("demand-partly", false, "47", k, "its day has passed, and an answer in part is on file")
	w.expectDeal("machinery-for-roads", false, "43", k, "an excavator for those who build roads")
}

// drawnDown are licences as records of their own, with what is sold under them.
func (w *world) drawnDown() {
	for _, x := range []struct {
		name   string
		sold   float64
		raised bool
		why    string
	}{
		{"licence-exceeded", 140, true, "140 are sold under a licence for 100"},
		{"licence-kept", 60, false, "60 are sold under a licence for 100"},
	} {
		force := w.body(home, map[bool]string{true: "Coastal Artillery Command",
			false: "Home Artillery Command"}[x.raised], "military")
		l := w.sign(deal{kind: "licence", buyer: force, user: force, item: "Ammunition", code: ammunition,
			quantity: 100, unit: "boxes", value: 1, signed: "2031-02-01", months: 24})
		k := w.sign(deal{kind: "sale", buyer: force, user: force, item: "Ammunition", code: ammunition,
			quantity: x.sold, unit: "boxes", value: 300 * x.sold, signed: "2031-03-15"})
		w.expectDeal(x.name, x.raised, "44", l, x.why)
		w.expectDeal(x.name, x.raised, "42", k, x.why)
	}
}

// upkeep is what is supplied before and after a restriction.
func (w *world) upkeep() {
	force := w.body(calder, "Border Guard Fleet Office", "border")
	other := w.body(calder, "Fisheries Fleet Office", "civil")
	const day0 = "2031-08-01"
	w.event("restriction", day0, &force, "decision of the provider's review board")
	parts := func(o org, signed string) string {
		return w.sign(deal{kind: "spare_part", buyer: o, user: o, item: "Printers", quantity: 20, unit: "pieces",
			value: 16_000, signed: signed})
	}
	after := day(day0).AddDate(0, 0, 40).Format(time.DateOnly)
	w.expectDeal("upkeep-after-restriction", true, "45", parts(force, after),
		"spare parts forty days after a restriction")
	w.expectDeal("upkeep-before-restriction", false, "45", parts(force, "2031-05-05"),
		"spare parts before the restriction")
	w.expectDeal("upkeep-of-another", false, "45", parts(other, after), "spare parts of a body that nothing restricts")
}

// elsewhere is how goods go to others than to whom they are sold.
func (w *world) elsewhere() {
	force := w.body(east, "Army Logistics Command", "military")
	depot := w.company(resale, "Freight Ltd")
	k := w.sign(deal{kind: "sale", buyer: force, user: force, item: "Ammunition", code: ammunition, quantity: 80,
		unit: "boxes", value: 24_000, signed: "2031-09-09", licence: true, consignee: depot.name})
	w.expectDeal("goods-to-another", true, "37", k,
		"ammunition that a company receives which is neither buyer nor end user")
	k = w.sign(deal{kind: "sale", buyer: force, user: force, item: "Ammunition", code: ammunition, quantity: 90,
		unit: "boxes", value: 27_000, signed: "2031-10-09", licence: true, consignee: force.name})
	w.expectDeal("goods-to-the-buyer", false, "37", k, "ammunition that the buyer receives")
	k = w.sign(deal{kind: "sale", buyer: force, user: force, item: "Desktop computers", quantity: 90, unit: "pieces",
		value: 70_000, signed: "2031-10-10", consignee: depot.name})
	w.expectDeal("desks-to-a-forwarder", false, "37", k, "computers by way of a forwarder")
}
