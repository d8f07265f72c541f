package world

// innocent writes what looks alike and must not be raised.
func (w *world) innocent() {
	w.ordinaryHeavyUse()
	w.movesAndMergers()
	w.namesakes()
	w.disputedClaims()
	w.tidySales()
}

func (w *world) ordinaryHeavyUse() {
	hospital := w.body(east, "Central Army Hospital", "health")
	k := w.sign(deal{buyer: hospital, user: hospital, item: "Digital dictation, medical", quantity: 3000, unit: "hours",
		value: 190_000, signed: "2030-09-15"})
	a := w.hold(account{holder: hospital, user: hospital})
	w.use(a, "", "north-1", speech, steady(2_600, first, last))
	w.use(a, "", "north-1", storage, tb(steady(14, first, last)))
	w.expect("hospital-dictation", false, "01 07 08 09 11 15 17 18 21 23 24 25 34", hospital,
		"dictation in the army's hospital: health, steady", k, a)

	calls := w.body(west, "Emergency Call Centre", "emergency")
	k = w.sign(deal{buyer: calls, user: calls, item: "Speech-to-text for emergency calls", quantity: 40_000,
		unit: "hours", value: 610_000, signed: "2030-10-10"})
	a = w.hold(account{holder: calls, user: calls})
	w.use(a, "", "west-1", speech, steps(map[string]float64{first: 8_800, "2032-01": 36_000, "2032-02": 9_100}))
	w.use(a, "", "west-1", storage, tb(steady(18, first, last)))
	w.expect("emergency-calls", false, "09 11 15 17 18 21 23 24 25 34", calls,
		"four times the calls in the month of an emergency: an emergency service", k, a)

	court := w.body(south, "Supreme Court", "civil")
	k = w.sign(deal{buyer: court, user: court, item: "Court transcription, speech-to-text", quantity: 5000,
		unit: "hours", value: 280_000, signed: "2030-11-11"})
	a = w.hold(account{holder: court, user: court})
	w.use(a, "", "south-3", speech, steady(4_200, first, last))
	w.use(a, "", "south-3", storage, tb(steady(320, first, last)))
	w.sign(deal{buyer: court, user: court, item: "Archive storage", quantity: 400, unit: "TB", value: 90_000,
		signed: "2030-11-12"})
	w.expect("court-transcription", false, "09 11 15 17 18 21 23 24 25 34", court,
		"transcription of hearings, kept as the law says", k, a)

	defence := w.body(south, "Ministry of Finance", "civil")
	k = w.sign(deal{buyer: defence, user: defence, item: "Office productivity licences", quantity: 9000, unit: "seats",
		value: 2_100_000, signed: "2030-12-15"})
	w.hours(defence, "2031-Q3", 620, "patching")
	w.hours(defence, "2031-Q4", 640, "incident_response")
	w.expect("patching", false, "34", defence, "patching and incident response for a ministry of finance", k)

	signals := w.body(resale, "Army Network Command", "military")
	k = w.sign(deal{buyer: signals, user: signals, item: "Network firewall licences", quantity: 300, unit: "licences",
		value: 330_000, signed: "2031-02-02"})
	for i, h := range []float64{420, 910, 940, 890} {
		w.hours(signals, []string{"2031-Q2", "2031-Q3", "2031-Q4", "2032-Q1"}[i], h, "cyber_defence")
	}
	w.expect("cyber-defence", false, "34", signals, "hours of cyber defence do not count", k)
}

func (w *world) movesAndMergers() {
	archive := w.body(home, "National Archive", "civil")
	k := w.sign(deal{buyer: archive, user: archive, item: "Archive storage", quantity: 2000, unit: "TB", value: 880_000,
		signed: "2030-07-01"})
	a := w.hold(account{holder: archive, user: archive})
	w.use(a, "", "north-1", storage, tb(steady(900, first, "2032-01")))
	w.use(a, "", "east-2", storage, tb(steady(905, "2032-02", last)))
	w.use(a, "", "north-1", egress, func(m int) float64 {
		if m == month("2032-02") {
			return 910_000
		}
		return 800
	})
	w.event("migration", "2031-10-01", &archive, "Announcement of the archive (example)")
	w.expect("migration", false, "11 15 21 23 25", archive,
		"a migration announced four months ahead; no publication or inquiry concerns it", k, a)

	farming := w.body(home, "Ministry of Agriculture", "civil")
	k = w.sign(deal{buyer: farming, user: farming, item: "Object storage", quantity: 80, unit: "TB", value: 70_000,
		signed: "2030-06-20"})
	a = w.hold(account{holder: farming, user: farming, until: "2031-12-31"})
	b := w.hold(account{holder: farming, user: farming, since: "2032-01-01"})
	w.use(a, "", "north-1", storage, tb(steady(42, first, "2031-12")))
	w.use(b, "", "north-1", storage, tb(steady(43, "2032-01", last)))
	w.use(a, "", "north-1", compute, steady(52_000, first, "2031-12"))
	w.use(b, "", "north-1", compute, steady(51_500, "2032-01", last))
	w.event("reorganisation", "2031-11-20", &farming, "Government Gazette (example)")
	w.expect("reorganisation", false, "11 15 21 23 24 25", farming,
		"a new account after an announced reorganisation; nothing was restricted", k, a, b)
}

func (w *world) namesakes() {
	listed := w.company(south, "Defence Works SA")
	w.list(listing{org: listed, report: "Suppliers of the interior forces", published: "2031-06-30"})
	same := org{name: listed.name, id: w.names.code[home] + "-REG:" + w.number(), state: home, class: "civil",
		address: w.street(home)}
	k := w.sign(deal{kind: "sale", buyer: same, user: same, item: "Managed database", quantity: 1, unit: "piece",
		value: 14_000, signed: "2031-09-30"})
	w.expect("same-name", false, "03", same, "the name of a listed company, of another state and with another number",
		k)

	removed := w.company(west, "Quarries Ltd")
	w.list(listing{org: removed, report: "Companies active in occupied districts", published: "2031-01-15",
		removed: true})
	k = w.sign(deal{kind: "sale", buyer: removed, user: removed, item: "Managed database", quantity: 3, unit: "pieces",
		value: 33_000, signed: "2031-11-05"})
	w.expect("removed-entry", false, "03", removed, "its publisher removed it from the list", k)

	owner := w.company(south, "Capital SA")
	w.list(listing{org: owner, report: "Companies active in occupied districts", published: "2031-01-15"})
	minor := w.company(home, "Foods Oy")
	w.owns(owner, minor, share{exact: 20})
	k = w.sign(deal{kind: "sale", buyer: minor, user: minor, item: "Managed database", quantity: 2, unit: "pieces",
		value: 21_500, signed: "2031-10-21"})
	w.expect("minority", false, "03", minor, "a listed company holds 20 % and no more", k)

	sold := w.company(home, "Glassworks GmbH")
	w.owns(owner, sold, share{exact: 80, until: "2029-03-31"})
	w.owns(w.company(home, "Family Trust"), sold, share{exact: 80, since: "2029-04-01"})
	k = w.sign(deal{kind: "sale", buyer: sold, user: sold, item: "Managed database", quantity: 2, unit: "pieces",
		value: 19_800, signed: "2031-12-07"})
	w.expect("sold", false, "03", sold, "the listed company sold its 80 % in 2029", k)

	// A business centre: a listed company has its seat where many others have theirs.
	hub := "Suite 400, 12 Harbour Exchange, " + w.names.state[resale]
	w.hub = hub
	seat := w.company(resale, "Commodities FZE")
	w.target(seat, hub)
	tenant := w.company(resale, "Translations Ltd")
	tenant.address = hub
	k = w.sign(deal{kind: "sale", buyer: tenant, user: tenant, item: "Office productivity licences", quantity: 12,
		unit: "seats", value: 3_100, signed: "2031-07-19"})
	a := w.hold(account{holder: tenant, user: tenant})
	w.use(a, "", "south-3", storage, tb(steady(1.5, first, last)))
	w.expect("hub-address", false, "03 25", tenant, "the address of a business centre that many share", k, a)
}

func (w *world) disputedClaims() {
	quiet := func(b org) string {
		return w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 350, unit: "seats",
			value: 101_000, signed: "2031-02-25"})
	}
	b := w.body(east, "Traffic Police Department", "police")
	k := quiet(b)
	w.claim(b, "", "is said to sell camera footage", "Evening Sheet (example)", "2031-04-02", "sheet-2031", "B2",
		"contradicted", "A court found the report untrue.")
	w.expect("refuted", false, "07 08", b, "the claim was refuted", k)

	b = w.body(south, "Harbour Police", "police")
	k = quiet(b)
	for i, source := range []string{"Harbour Blog (example)", "Coastal Times (example)", "Newswire (example)"} {
		w.claim(b, "", "officers are said to keep lists of dock workers", source, []string{"2031-05-01", "2031-05-03",
			"2031-05-04"}[i], "dock-lists", "C3", "reported", "")
	}
	w.expect("recycled", false, "07 08", b, "three reports of one origin count once", k)

	b = w.body(west, "Railway Police", "police")
	k = quiet(b)
	w.claim(b, "", "beat strikers", "Union Journal (example)", "2025-03-15", "union-2025", "B2", "reported", "")
	w.expect("old-claim", false, "07", b, "more than seven years ago", k)

	b = w.body(resale, "Forest Guard", "police")
	k = quiet(b)
	w.claim(b, "", "an unsigned post accuses it of bribery", "Message board (example)", "2031-08-08", "board-2031",
		"E5", "reported", "")
	w.expect("weak-claim", false, "07 08", b, "one unsigned post, graded E5", k)
}

func (w *world) tidySales() {
	b := w.body(home, "State Police", "police")
	k := w.sign(deal{buyer: b, user: b, item: "Video analytics for body cameras", quantity: 500, unit: "licences",
		value: 450_000, signed: "2031-03-30"})
	w.expectDeal("review-in-time", false, "01 02 10 28 29 31 32 39", k,
		"reviewed three weeks before signature, all safeguards in place")

	w.expect("review-in-time", false, "09", b, "reviewed three weeks before signature", k)

	b = w.body(home, "Customs Investigation", "police")
	k = w.sign(deal{buyer: b, user: b, item: "IP network surveillance system", code: "5A001.j", quantity: 1,
		unit: "piece", value: 1_700_000, signed: "2031-08-20", licence: true})
	w.expectDeal("licensed", false, "10 39", k, "controlled, with its licence on file")

	b = w.body(home, "Army Staff College", "military")
	k = w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 220, unit: "seats",
		value: 66_000, signed: "2031-05-17", reference: "framework FW-12"})
	w.expectDeal("framework", false, "28 29", k, "the safeguards stand in the framework contract")

	b = w.body(home, "Prison and Probation Service", "prison")
	k = w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 700, unit: "seats",
		value: 210_000, signed: "2031-06-11",
		amended: &amended{value: 235_000, signed: "2032-01-10"}})
	w.expectDeal("indexed-price", false, "31", k, "12 % more for the same, prices having risen")

	b = w.body(home, "City Transport Authority", "civil")
	k = w.sign(deal{buyer: b, user: b, item: "CCTV cameras for stations", quantity: 900, unit: "pieces", value: 700_000,
		signed: "2031-07-07"})
	w.expectDeal("open-tender", false, "32", k, "an open tender of a civil body")

	dealer := w.company(home, "Software Trade GmbH")
	for i := range 8 {
		var u org
		switch {
		case i < 2:
			u = w.body(home, []string{"Water Police", "Mountain Infantry"}[i], []string{"police", "military"}[i])
		default:
			u = w.company(home, "Works Oy")
		}
		w.sign(deal{kind: "sale", buyer: u, user: u, reseller: &dealer, item: "Office productivity licences",
			quantity: 25 + float64(i), unit: "seats", value: 7_000 + 350*float64(i), signed: "2031-04-18"})
	}
	w.expect("ordinary-reseller", false, "02", dealer, "identified; two of eight resales go to security bodies")
}
