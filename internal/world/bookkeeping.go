package world

// bookkeeping plants what concerns hands, payers, papers and missing bills, with innocents.
func (w *world) bookkeeping() {
	w.handovers()
	w.missingBills()
	w.payers()
	w.certificates()
}

func (w *world) handovers() {
	hand := func(b org, to org, day string) string {
		k := w.sign(deal{buyer: b, user: b, item: "Object storage", quantity: 60, unit: "TB", value: 40_000,
			signed: "2030-10-05"})
		a := w.hold(account{holder: b, user: b, until: day})
		w.hold(account{id: a, holder: to, user: b, since: day})
		w.use(a, "", "north-1", storage, tb(steady(31, first, last)))
		w.expect("hands", false, "11 15 23 25", b, "the same store all along", k, a)
		return a
	}
	police := w.body(west, "Special Police Branch", "police")
	w.event("publication", "2031-08-01", &police, "River Gazette (example)")
	a := hand(police, w.company(west, "Facility Services BV"), "2031-08-20")
	w.expectAccount("handover", Raised, "06", a, "another holder nineteen days after a publication")

	prison := w.body(west, "Remand Prison Service", "prison")
	w.event("publication", "2031-03-01", &prison, "River Gazette (example)")
	a = hand(prison, w.company(west, "Office Services BV"), "2031-08-18")
	w.expectAccount("late-handover", NotRaised, "06", a, "another holder half a year after a publication")
}

func (w *world) missingBills() {
	absent := func(b org, gap string) (string, string) {
		k := w.sign(deal{buyer: b, user: b, item: "Object storage", quantity: 60, unit: "TB", value: 38_000,
			signed: "2030-10-06"})
		a := w.hold(account{holder: b, user: b})
		w.use(a, "", "east-2", storage, tb(func(m int) float64 {
			if m == month(gap) {
				return 0
			}
			return 33
		}))
		return k, a
	}
	b := w.body(east, "Internal Security Bureau", "intelligence")
	w.event("inquiry", "2031-08-10", &b, "Parliamentary committee (example)")
	k, a := absent(b, "2031-10")
	w.expect("missing-bill", true, "40", b, "no bill of the second month after an inquiry", k, a)

	b = w.body(east, "Army Medical Depot", "military")
	w.event("inquiry", "2032-05-10", &b, "Parliamentary committee (example)")
	k, a = absent(b, "2031-04")
	w.expect("earlier-bill", false, "40", b, "the month without a bill lies a year before the inquiry", k, a)
}

func (w *world) payers() {
	b := w.body(resale, "Airport Police", "police")
	payer := w.company(south, "Trade Finance SA")
	k := w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 90, unit: "seats",
		value: 25_000, signed: "2031-04-22", payer: payer.name})
	w.expectDeal("third-payer", true, "33", k, "a finance house pays for a police force")
	k = w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 80, unit: "seats", value: 22_000,
		signed: "2031-09-22", payer: b.name})
	w.expectDeal("buyer-pays", false, "33", k, "the buyer pays")
}

func (w *world) certificates() {
	b := w.body(resale, "Mountain Brigade", "military")
	sell := func(signed, outcome string) string {
		return w.sign(deal{kind: "sale", buyer: b, user: b, item: "Office productivity licences", quantity: 70,
			unit: "seats", value: 19_000, signed: signed,
			decided: []decision{{"end_use_certificate", signed, outcome, "export control officer", false}}})
	}
	w.expectDeal("certificate-expired", true, "36", sell("2031-05-14", "expired"),
		"its end-use certificate has expired")
	if w.complete {
		k := w.sign(deal{kind: "sale", buyer: b, user: b, item: "Ammunition", code: ammunition, quantity: 60,
			unit: "boxes", value: 18_000, signed: "2031-07-09",
			licence: true, uncertified: true})
		w.expectDeal("certificate-not-found", true, "36", k,
			"every other sale of such goods has its end-use certificate on file")
	}
	w.expectDeal("certificate-valid", false, "36", sell("2031-06-14", "approved"), "its end-use certificate is valid")
}
