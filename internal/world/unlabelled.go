package world

// An amount is what somebody uses of a service in every month, in its own unit; TB for storage.
type amount struct {
	service service
	q       float64
}

// unlabelled writes public bodies and companies whose class no register states, and whose use is
// large for what they are there for.
func (w *world) unlabelled() {
	const never = "01 02 09 11 15 16 17 18 19 20 21 23 24 25 27 41"
	use := func(name string, b org, item string, tbs float64, why string, amounts ...amount) {
		b.class = ""
		k := w.sign(deal{kind: "subscription", buyer: b, user: b, item: item, quantity: tbs, unit: "TB", value: 80_000,
			signed: "2030-08-12"})
		a := w.hold(account{holder: b, user: b})
		for _, x := range amounts {
			q := steady(x.q, first, last)
			if x.service.category == storage.category {
				q = tb(q)
			}
			w.use(a, "", "north-1", x.service, q)
		}
		w.expect(name, false, never, b, why, k, a)
	}
	for _, x := range []struct {
		name    string
		body    org
		tb      float64
		why     string
		amounts []amount
	}{
		{"asylum-office", w.body(home, "Asylum Office", ""), 40, "hearings and papers translated",
			[]amount{{mCharacters, 3.4e8}, {storage, 22}}},
		{"genome-institute", w.body(home, "Genome Institute", ""), 1900, "sequences", []amount{{gbHours, 860},
			{vision, 4e5}}},
		{"constitutional-court", w.body(east, "Constitutional Court", ""), 300, "hearings transcribed",
			[]amount{{speech, 2_400}, {storage, 150}}},
		{"broadcaster", w.body(west, "Public Television", ""), 700, "programmes captioned", []amount{{minutes, 3_300},
			{storage, 380}}},
		{"patent-office", w.body(south, "Patent and Trademark Office", ""), 60, "patents translated",
			[]amount{{translation, 4.1e8}, {storage, 30}}},
		{"poison-centre", w.body(home, "Poison Information Centre", ""), 300, "calls of patients",
			[]amount{{speech, 2_300}, {storage, 120}}},
		{"polytechnic", w.body(west, "Polytechnic University", ""), 500, "lectures captioned",
			[]amount{{minutes, 2_500}, {byteHours, 280}}},
		{"water-board", w.body(south, "Water Board", ""), 400, "pictures of pipes", []amount{{vision, 9e5},
			{storage, 140}}},
		{"call-centre", w.company(home, "Call Centre Ltd"), 300, "a call centre of 40 lines", []amount{{minutes, 6_100},
			{storage, 220}}},
		{"dairy", w.company(home, "Dairy GmbH"), 800, "pictures of the belt", []amount{{vision, 3e7}, {storage, 410}}},
		{"studio", w.company(west, "Animation Studios Ltd"), 1200, "masters of films", []amount{{storage, 900},
			{speech, 90}}},
		{"translation-bureau", w.company(east, "Translations GmbH"), 20, "a bureau of translators",
			[]amount{{mCharacters, 5e8}, {storage, 6}}},
		{"bank", w.company(home, "Savings Bank plc"), 300, "calls to its advisers", []amount{{speech, 2_800},
			{storage, 130}}},
		{"daily-charges", w.company(south, "Analytics SA"), 12, "8 TB, billed by the day in plain GB",
			[]amount{{dailyGB, 8}}},
	} {
		use(x.name, x.body, "Object storage and language services", x.tb, x.why, x.amounts...)
	}

	// Seven projects of 18 TB; alike in mix to nobody.
	gas := w.company(west, "Gasworks Ltd")
	gas.class = ""
	a := w.hold(account{subs: []string{"p1", "p2", "p3", "p4", "p5", "p6", "p7"}, holder: gas, user: gas})
	k := w.sign(deal{kind: "subscription", buyer: gas, user: gas, item: "Object storage", quantity: 200, unit: "TB",
		value: 30_000, signed: "2030-08-15"})
	for _, sub := range []string{"p1", "p2", "p3", "p4", "p5", "p6", "p7"} {
		w.use(a, sub, "west-1", storage, tb(steady(18, first, last)))
	}
	w.expect("projects", false, "11 15 16 24", gas, "seven projects of 18 TB", k, a)
}
