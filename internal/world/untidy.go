package world

import "math"

// untidy writes what real records are like: users that are not named, units that few providers
// write, reviews that are no reviews of this, and registers that do not fit each other.
func (w *world) untidy() {
	w.oddUnits()
	w.unsoundReviews()
	if !w.complete {
		w.registerGaps()
	}
	w.contradiction()
	w.corrections()
}

// rising is a quantity that grows by the same factor from month to month.
func rising(start, factor float64) func(int) float64 {
	return func(m int) float64 { return start * math.Pow(factor, float64(m)) }
}

func (w *world) oddUnits() {
	dealer, partner := w.company(resale, "Resale Services LLC"), w.company(resale, "Value Partner FZE")
	dealer.class = ""
	project := org{name: "Project Bluebird"} // names nobody
	a := w.hold(account{subs: []string{"blue"}, holder: dealer, userText: project.name, reseller: &partner})
	w.use(a, "blue", "south-3", byteHours, tb(rising(90, 1.1)))
	w.use(a, "blue", "south-3", minutes, steps(map[string]float64{first: 10, "2031-06": 2_900}))
	w.expect("project-name", true, "11 16 17", project,
		"bulk storage in byte-hours with 2,900 hours of speech in minutes for a code name, two firms between", a)

	prison := w.body(east, "Penitentiary Office", "prison")
	k := w.sign(deal{buyer: prison, user: prison, item: "Object storage", quantity: 30, unit: "TB", value: 61_000,
		signed: "2030-10-12"})
	a = w.hold(account{holder: prison, user: prison})
	w.use(a, "", "east-2", gbHours, tb(rising(26, 1.09)))
	w.expect("gb-hours", true, "15 16", prison, "grows by 9 % a month to three times its contract, in GB-hours by "+
		"the day", k, a)
	w.expect("gb-hours", false, "11 17 23", prison, "storage alone", k, a)

	border := w.body(south, "Frontier Police", "border")
	k = w.sign(deal{buyer: border, user: border, item: "Machine translation", quantity: 1, unit: "service",
		value: 44_000, signed: "2030-10-02"})
	a = w.hold(account{holder: border, user: border})
	w.use(a, "", "south-3", mCharacters, steady(2.6e8, first, last))
	w.expect("m-characters", true, "18", border, "260 million characters a month, counted in millions, by the day", k,
		a)
	w.expect("m-characters", false, "09 11 17 21", border, "no storage, no speech; reviewed", k, a)
}

func (w *world) unsoundReviews() {
	customs := w.body(south, "Customs Police", "police")
	mail := w.sign(deal{buyer: customs, user: customs, item: "Electronic mail", quantity: 900, unit: "seats",
		value: 54_000, signed: "2031-01-20"})
	k := w.sign(deal{buyer: customs, user: customs, item: "Video analytics with face recognition", quantity: 20,
		unit: "licences", value: 280_000,
		signed: "2031-02-12", noReview: true})
	w.expect("other-contract", true, "09", customs, "only the contract for mail was reviewed", mail, k)
	w.expectDeal("other-contract", true, "39", k, "the video analytics were not reviewed")

	navy := w.body(west, "Naval Signals Station", "military")
	k = w.sign(deal{buyer: navy, user: navy, item: "Speech-to-text", quantity: 900, unit: "hours", value: 92_000,
		signed: "2031-02-10", noReview: true,
		decided: []decision{{"human_rights_review", "2031-01-20", "approved", "head of sales", true}}})
	w.expect("paid-review", true, "09", navy, "the only review was decided by somebody paid on the deal", k)
	w.expectDeal("paid-review", true, "39", k, "its reviewer is paid on the deal")

	bureau := w.body(calder, "Investigation Bureau", "police")
	k = w.sign(deal{kind: "sale", buyer: bureau, user: bureau, item: "Device extraction workstation", code: "5A004.b",
		quantity: 2, unit: "pieces",
		value: 150_000, signed: "2031-08-02", decided: []decision{{"export_licence", "2032-09-14", "approved",
			"export control officer", false}}})
	w.keyed("licence-later", Open, "10", KeySubject{"engagement", k, k},
		"its only licence is dated after the day of the review", k)
}

// registerGaps are accounts without bills, bills without an account, and a sub-account that no
// register lists under a civil holder.
func (w *world) registerGaps() {
	police := w.body(south, "Military Provost Corps", "military")
	a := w.hold(account{holder: police, user: police})
	w.open("no-bill", "11 15 17 18", police, "its account has no bill: nobody knows what it uses", a)

	a = w.accountID()
	w.use(a, "", "west-1", storage, tb(steady(900, first, last)))
	w.use(a, "", "west-1", translation, steady(7e8, first, last))
	w.expectAccount("no-account", Open, "11 15 18", a, "900 TB and 700 million characters on an account in no register")

	tourism := w.body(resale, "Ministry of Tourism", "civil")
	a = w.hold(account{subs: []string{"web"}, holder: tourism, user: tourism})
	w.use(a, "web", "north-1", storage, tb(steady(2, first, last)))
	w.use(a, "lynx", "north-1", storage, tb(steady(260, first, last)))
	w.use(a, "lynx", "north-1", face, steady(4e7, first, last))
	w.expectAccount("unlisted-sub", Open, "11 19", a+"/lynx",
		"40 million faces on a sub-account that no register lists")
	w.expect("unlisted-sub", false, "11 15 17 19", tourism, "a website; the other sub-account may be anybody's", a)
}

func (w *world) contradiction() {
	secret := w.body(south, "Counter-Intelligence Service", "health")
	k := w.sign(deal{buyer: secret, user: secret, item: "Object storage and speech-to-text", quantity: 900, unit: "TB",
		value: 480_000, signed: "2030-11-20"})
	a := w.hold(account{holder: secret, user: secret})
	w.use(a, "", "south-3", storage, tb(steady(500, first, last)))
	w.use(a, "", "south-3", speech, steady(3_600, first, last))
	w.expect("contradiction", true, "11 17 41", secret, "stated as a body of health, named as a secret service", k, a)
	w.expect("contradiction", false, "15 21 23", secret, "steady and within its contract", k, a)
}

// corrections are slips that a later bill takes back, and a trial that is no pattern.
func (w *world) corrections() {
	barracks := w.body(east, "Cavalry Barracks", "military")
	k := w.sign(deal{buyer: barracks, user: barracks, item: "Object storage", quantity: 20, unit: "TB", value: 9_000,
		signed: "2030-12-09"})
	a := w.hold(account{holder: barracks, user: barracks})
	w.use(a, "", "east-2", storage, tb(steady(9, first, last)))
	of := month("2031-06")
	w.slips = append(w.slips,
		slip{account: a, region: "east-2", service: storage, quantity: 2e7, of: of, billed: of},
		slip{account: a, region: "east-2", service: storage, quantity: -2e7, of: of, billed: of + 1,
			class: "Correction"})
	w.expect("correction", false, "11 15 16 21 23 24 25", barracks, "a row of 20,000 TB that the next bill takes back",
		k, a)

	district := w.body(east, "District Police", "police")
	k = w.sign(deal{buyer: district, user: district, item: "Object storage, speech-to-text, machine translation",
		quantity: 250, unit: "TB",
		value: 95_000, signed: "2030-12-19"})
	a = w.hold(account{holder: district, user: district})
	w.use(a, "", "east-2", storage, tb(steady(180, first, last)))
	w.use(a, "", "east-2", speech, steady(1.5, "2031-07", "2031-07"))
	w.use(a, "", "east-2", translation, steady(2_000, "2031-07", "2031-07"))
	w.expect("trial", false, "09 11 15 17 18", district,
		"a camera store within its contract, and one trial of 90 minutes and 2,000 characters", k, a)
}
