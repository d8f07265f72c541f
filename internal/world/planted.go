package world

// planted writes the cases that must be raised. Each is tidy but for what it is planted
// for, so that one flag is measured at a time; the flagship case raises many.
func (w *world) planted() {
	w.context()
	w.flagship()
	w.hiddenUsers()
	w.ownedByListed()
	w.claimed()
	w.gatedSales()
	w.heavyUse()
	w.burst()
	w.split()
	w.terms31()
	w.supported()
}

// The dated context that concerns everybody.
const (
	conflict   = "2031-09-28"
	emergency  = "2031-12-30"
	reported   = "2032-02-20" // the publication on the flagship case
	restricted = "2032-04-18"
)

func (w *world) context() {
	w.event("conflict", conflict, nil, "Observatory of Conflicts (example)")
	w.event("emergency", emergency, nil, "Civil Protection Gazette (example)")
}

// flagship is the case that started this project: an intelligence unit behind a ministry's
// account, moved to another region after a publication, back through a reseller after a
// restriction.
func (w *world) flagship() {
	ministry := w.body(calder, "Ministry of Home Affairs", "civil")
	unit := w.body(calder, "Directorate for Special Communications", "intelligence")
	reseller := w.company(resale, "Cloud Resale Ltd")
	tongue := w.names.tongue[calder]
	k := w.sign(deal{
		buyer: ministry, user: unit, item: "Object storage and speech-to-text, " + tongue, quantity: 400, unit: "TB",
		value:  4_100_000,
		signed: "2030-11-04", months: 36, noReview: true, paid: true,
		missing: []string{"human_rights", "end_use_limit", "audit_right", "suspend_right", "cooperation"},
		also:    []string{"no_restriction", "exit_penalty"},
		amended: &amended{value: 7_250_000, item: "Object storage, speech-to-text, machine translation and large " +
			"language models, " + tongue, signed: "2031-09-15"},
	})
	account := w.hold(account{subs: []string{"dsc-07", "dsc-08", "dsc-09"}, holder: ministry, user: unit,
		since: "2030-12-01"})
	back := w.hold(returnAccount(reseller, unit))
	w.flagshipUse(account, back, reseller)
	w.claim(unit, "speech", "stores and transcribes calls of a whole district, people with knowledge of it said",
		"Harbour Post (example)", reported,
		"harbour-post-2032", "B2", "reported", "The ministry says that it follows the law.")
	w.claim(unit, "speech", "an audit found that recordings were kept without a warrant", "Audit Chamber (example)",
		"2029-10-02",
		"audit-2029", "B2", "found_by_authority", "")
	w.event("publication", reported, &unit, "Harbour Post (example)")
	w.event("restriction", restricted, &unit, "decision of the provider's review board")
	for i, h := range []float64{210, 280, 640, 1450} {
		w.hours(unit, []string{"2031-Q2", "2031-Q3", "2031-Q4", "2032-Q1"}[i], h, "data")
	}
	w.expect("flagship", true, "07 08 09 11 15 16 17 18 20 21 23 25 34", unit,
		"bulk storage with speech, translation and language models far above the contract, moved after a publication "+
			"and back through a reseller", k, account, back)
	w.expectDeal("flagship-contract", true, "28 29 31 39", k,
		"no review, a paid approver, a clause against restriction, five safeguards missing, value and capabilities "+
			"grown without review")
	w.expectDeal("flagship-contract", false, "01 10", k, "the end user is stated, nothing is controlled")
	w.expect("flagship", false, "24", unit, "three sub-accounts, each far above any threshold, split nothing", account)
}

// flagshipUse is what the unit uses: in one region, after the publication in another, after
// the restriction in the reseller's account.
func (w *world) flagshipUse(account, back string, reseller org) {
	moved := month("2032-03")
	gone := month("2032-05")
	level := func(m int) float64 { // TB in all
		grown := []float64{280, 285, 290, 300, 305, 310, 320, 325, 330, 1900, 4200, 7500, 9800, 11400, 11500, 11300,
			8700, 9900}
		return grown[m]
	}
	w.use(account, "dsc-07", "north-1", storage, tb(func(m int) float64 {
		switch {
		case m < moved:
			return level(m)
		case m < gone:
			return level(m) / 50
		}
		return 0
	}))
	w.use(account, "dsc-07", "east-2", storage, tb(func(m int) float64 {
		if m < moved || m >= gone {
			return 0
		}
		return level(m) * 0.97
	}))
	w.use(account, "dsc-07", "north-1", egress, func(m int) float64 {
		if m == moved {
			return 9_600_000
		}
		if m >= gone {
			return 0
		}
		return 2_400
	})
	share := func(peak float64) func(int) float64 { // follows the stored volume, falls off at the end
		return func(m int) float64 { return peak * min(level(m)/11_400, 1) }
	}
	until := func(f func(int) float64) func(int) float64 {
		return func(m int) float64 {
			if m >= gone {
				return 0
			}
			return f(m)
		}
	}
	after := func(f func(int) float64) func(int) float64 {
		return func(m int) float64 {
			if m < gone {
				return 0
			}
			return f(m)
		}
	}
	for _, s := range []struct {
		sub string
		v   service
		f   func(int) float64
	}{{"dsc-08", speech, share(24_000)}, {"dsc-08", translation, share(5.2e9)}, {"dsc-09", llm, share(4.4e9)}} {
		w.use(account, s.sub, "north-1", s.v, until(s.f))
	}
	w.use(back, "", "south-3", storage, tb(after(level)))
	w.use(back, "", "south-3", speech, after(share(24_000)))
	w.use(back, "", "south-3", translation, after(share(5.2e9)))
	w.use(back, "", "south-3", llm, after(share(4.4e9)))
	for i := range w.series {
		if w.series[i].account == back {
			w.series[i].issuer = reseller.name
		}
	}
}

// returnAccount is the account through which the unit comes back: held by a reseller, used by
// an office that gives the unit's own register number and address.
func returnAccount(reseller, unit org) account {
	office := unit
	office.name = "Liaison Office Nine"
	return account{holder: reseller, user: office, reseller: &reseller, address: unit.address, since: "2032-04-26"}
}

func (w *world) hiddenUsers() {
	ministry := w.body(east, "Ministry of Defence", "military")
	k := w.sign(deal{buyer: ministry, userText: "various", item: "Office productivity licences", quantity: 900,
		unit: "seats", value: 260_000, signed: "2031-03-12"})
	w.expectDeal("end-user-various", true, "01", k, "a ministry of defence buys for \"various\"")
	k = w.sign(deal{buyer: ministry, userText: "Government of " + w.names.state[east],
		item: "Virtual machines, reserved", quantity: 40, unit: "pieces", value: 180_000, signed: "2031-07-02"})
	w.expectDeal("end-user-government", true, "01", k, "\"Government of …\" names no end user")

	police := w.body(east, "National Police Service", "police")
	bare := w.company(resale, "Distribution")
	k = w.sign(deal{buyer: police, user: police, resellerBare: bare.name, item: "Office productivity licences",
		quantity: 300, unit: "seats", value: 95_000, signed: "2031-05-20"})
	w.expectDeal("reseller-unidentified", true, "02", k, "the reseller carries no number in any record")

	dealer := w.company(resale, "Secure Supply LLC")
	for i, called := range []string{"Border Guard Service", "Prison Service", "Military Police",
		"Army Signals Regiment", "State Security Service", "Customs Police"} {
		class := []string{"border", "prison", "military", "military", "intelligence", "police"}[i]
		b := w.body(west, called, class)
		w.sign(deal{kind: "sale", buyer: b, user: b, reseller: &dealer, item: "Office productivity licences",
			quantity: 50, unit: "seats", value: 16_000 + float64(i)*900,
			signed: []string{"2031-02-03", "2031-04-11", "2031-06-08", "2031-09-01", "2031-11-19", "2032-02-02"}[i]})
	}
	w.expect("reseller-security", true, "02", dealer, "six of six resales go to security bodies")
}

func (w *world) ownedByListed() {
	group := w.company(south, "Group")
	holding := org{name: group.name[:len(group.name)-len("Group")] + "Holding", id: group.id, state: group.state}
	w.list(listing{org: group, aliases: []string{holding.name}, report: "Companies active in occupied districts",
		published: "2031-01-15"})
	middle, lower := w.company(resale, "Investments BV"), w.company(resale, "Trading FZE")
	customer := w.company(resale, "Imaging FZE")
	w.owns(holding, middle, share{exact: 90})
	w.owns(middle, lower, share{exact: 100})
	w.owns(lower, customer, share{min: 64, max: 75})
	k := w.sign(deal{kind: "sale", buyer: customer, user: customer, item: "Virtual machines, reserved", quantity: 12,
		unit: "pieces", value: 88_000, signed: "2031-10-10"})
	w.expect("owned-three-hops", true, "03", customer, "64 % of 100 % of 90 %, by an alias of a listed group", k)

	one, two := w.company(south, "Mining SA"), w.company(south, "Ports SA")
	w.list(listing{org: one, report: "Companies active in occupied districts", published: "2031-01-15"})
	w.target(two, w.street(south))
	joint := w.company(resale, "Logistics Ltd")
	w.owns(one, joint, share{exact: 30})
	w.owns(two, joint, share{exact: 25})
	k = w.sign(deal{kind: "sale", buyer: joint, user: joint, item: "Managed database", quantity: 4, unit: "pieces",
		value: 41_000, signed: "2031-08-05"})
	w.expect("owned-together", true, "03", joint, "30 % and 25 % of two listed owners", k)

	state := w.company(south, "Petroleum Corporation")
	w.list(listing{org: state, report: "Suppliers of the interior forces", published: "2031-06-30"})
	golden := w.company(resale, "Telecom Ltd")
	w.owns(state, golden, share{control: "otherInfluenceOrControl", details: "golden share"})
	k = w.sign(deal{kind: "sale", buyer: golden, user: golden, item: "Managed database", quantity: 2, unit: "pieces",
		value: 30_500, signed: "2031-12-01"})
	w.expect("golden-share", true, "03", golden, "a listed company holds a golden share", k)

	direct := w.company(west, "Surveillance Systems GmbH")
	w.list(listing{org: direct, aliases: []string{w.names.cast[w.nextID] + " Systems"},
		report: "Suppliers of the interior forces", published: "2031-06-30"})
	w.nextID++
	k = w.sign(deal{kind: "sale", buyer: direct, user: direct, item: "Virtual machines, reserved", quantity: 5,
		unit: "pieces", value: 52_000, signed: "2032-01-20"})
	w.expect("listed-itself", true, "03", direct, "the customer itself is listed, by name, state and number", k)
}

func (w *world) claimed() {
	quiet := func(b org) string {
		return w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 400, unit: "seats",
			value: 120_000, signed: "2031-01-20"})
	}
	b := w.body(south, "Riot Police Command", "police")
	k := quiet(b)
	w.claim(b, "", "held people without charge during the autumn protests", "Southern Courier (example)", "2031-11-03",
		"courier-2031", "C3", "reported", "")
	w.claim(b, "", "witnesses describe detention without charge", "Bar Association (example)", "2031-12-14", "bar-2031",
		"C3", "reported", "")
	w.expect("two-claims", true, "07", b, "two independent claims graded C3", k)

	prison := w.body(south, "Prison Administration", "prison")
	k = w.sign(deal{buyer: prison, user: prison, item: "Video analytics software for cameras", quantity: 60,
		unit: "licences", value: 210_000, signed: "2031-04-01"})
	w.claim(prison, "vision", "cameras were used to single out inmates of one faith", "Ombudsman (example)",
		"2030-05-09", "ombudsman-2030", "A2", "supported", "The administration changed its rules.")
	w.expect("misuse-of-similar", true, "07 08", prison,
		"an ombudsman found misuse of cameras; it buys video analytics", k)
}

func (w *world) gatedSales() {
	border := w.body(west, "Border Control Agency", "border")
	k := w.sign(deal{buyer: border, user: border, item: "Face recognition appliances", quantity: 40, unit: "pieces",
		value: 640_000, signed: "2031-05-06", noReview: true})
	w.expect("no-review", true, "09", border, "face recognition to a border agency without a review", k)
	w.expectDeal("no-review-contract", true, "39", k, "signed without the review that it needs")

	cyber := w.body(west, "Criminal Police Office", "police")
	k = w.sign(deal{buyer: cyber, user: cyber, item: "IP network surveillance system", code: "5A001.j", quantity: 1,
		unit: "piece", value: 1_900_000, signed: "2031-09-09"})
	w.expectDeal("controlled-no-licence", true, "10", k, "a controlled system and no licence on file")

	late := w.body(east, "Coast Guard", "border")
	k = w.sign(deal{buyer: late, user: late, item: "Drone video analytics", quantity: 8, unit: "licences",
		value: 330_000, signed: "2031-05-01", reviewLate: 75})
	w.expectDeal("review-late", true, "39", k, "the review was decided 75 days after signature")
	w.expect("review-late", true, "09", late, "the only review of its video analytics was decided 75 days after "+
		"signature", k)

	paid := w.body(east, "Army Geographic Institute", "military")
	k = w.sign(deal{buyer: paid, user: paid, item: "Image recognition software", quantity: 15, unit: "licences",
		value: 150_000, signed: "2031-06-18", paid: true})
	w.expectDeal("paid-approver", true, "39", k, "the approver is paid on the deal")

	k = w.sign(deal{buyer: paid, user: paid, item: "Surveillance cameras", quantity: 200, unit: "pieces",
		value: 510_000, signed: "2031-11-11",
		method: "direct", rationale: "extreme urgency", withheld: true})
	w.expectDeal("opaque-award", true, "32", k, "direct award on urgency, with fields withheld")
}

// heavyUse plants usage far above what is provided for.
func (w *world) heavyUse() {
	bureau := w.body(west, "Public Order Data Bureau", "police")
	k := w.sign(deal{buyer: bureau, user: bureau, item: "Object storage and video analytics", quantity: 900, unit: "TB",
		value: 2_400_000, signed: "2030-09-01"})
	a := w.hold(account{holder: bureau, user: bureau})
	w.use(a, "pod-1", "west-1", storage, tb(steady(640, first, last)))
	w.use(a, "pod-2", "west-1", vision, steady(4_200_000, first, last))
	w.expect("combination-vision", true, "11", bureau, "640 TB and video analytics in one police bureau", k, a)
	w.expect("combination-vision", false, "15 17 21 23 24", bureau, "steady, within the contract", k, a)
	w.expect("combination-vision", false, "09", bureau, "its review was approved before signature", k)

	army := w.body(east, "Army Logistics Command", "military")
	k = w.sign(deal{buyer: army, user: army, item: "Archive storage", quantity: 100, unit: "TB", value: 190_000,
		signed: "2030-10-01"})
	a = w.hold(account{holder: army, user: army})
	w.use(a, "", "east-2", storage, tb(steps(map[string]float64{first: 92, "2032-04": 262})))
	w.expect("storage-over-contract", true, "15", army, "262 TB in three months where 100 are provided for", k, a)
	w.expect("storage-over-contract", false, "11 17 21", army, "storage alone, near no event", k, a)

	city := w.body(south, "Metropolitan Police", "police")
	k = w.sign(deal{buyer: city, user: city, item: "Speech-to-text, " + w.names.tongue[south], quantity: 500,
		unit: "hours", value: 70_000, signed: "2030-12-01"})
	a = w.hold(account{holder: city, user: city})
	w.use(a, "", "south-3", speech, steps(map[string]float64{first: 52, "2031-04": 400, "2031-05": 1500,
		"2031-06": 3600, "2031-07": 5200}))
	w.use(a, "", "south-3", storage, tb(steady(4, first, last)))
	w.expect("mass-speech", true, "17", city, "from 52 to 5,200 hours a month within four months", k, a)
	w.expect("mass-speech", false, "11 18 21", city, "4 TB is no bulk storage; near no event", k, a)

	port := w.body(resale, "Port and Border Police", "border")
	k = w.sign(deal{buyer: port, user: port, item: "Machine translation from " + w.names.tongue[east], quantity: 2,
		unit: "services", value: 160_000, signed: "2030-12-10"})
	a = w.hold(account{holder: port, user: port})
	w.use(a, "", "east-2", translation, steady(6.1e9, first, last))
	w.expect("mass-translation", true, "18", port, "6.1 thousand million characters a month", k, a)

	guard := w.body(resale, "National Guard", "military")
	k = w.sign(deal{buyer: guard, user: guard, item: "Video analytics", quantity: 30, unit: "licences", value: 220_000,
		signed: "2030-11-20"})
	a = w.hold(account{holder: guard, user: guard})
	w.use(a, "", "west-1", vision, steps(map[string]float64{first: 210_000, "2031-10": 1_150_000}))
	w.expect("surge", true, "21", guard, "video analytics five times the level three days after a conflict began", k, a)
	w.expect("surge", false, "11 15 17", guard, "no storage, no speech", k, a)
}

func (w *world) burst() {
	prison := w.body(resale, "Penitentiary Service", "prison")
	k := w.sign(deal{buyer: prison, user: prison, item: "Object storage", quantity: 120, unit: "TB", value: 130_000,
		signed: "2030-08-15"})
	a := w.hold(account{holder: prison, user: prison})
	w.use(a, "", "west-1", storage, tb(steps(map[string]float64{first: 81, "2031-12": 18})))
	w.use(a, "", "west-1", egress, func(m int) float64 {
		if m == month("2031-12") {
			return 66_000
		}
		return 1_200
	})
	w.event("inquiry", "2031-11-16", &prison, "Parliamentary committee (example)")
	w.expect("relocation", true, "23", prison, "egress 55 times the usual and three quarters of the data gone in the "+
		"month after an inquiry", k, a)
	w.expect("relocation", false, "15 25", prison, "less is stored; nothing reappears", k, a)
}

func (w *world) split() {
	b := w.body(east, "Cyber Police Unit", "police")
	k := w.sign(deal{buyer: b, user: b, item: "Speech-to-text", quantity: 6000, unit: "hours", value: 400_000,
		signed: "2030-12-20"})
	subs := []string{"cpu-a", "cpu-b", "cpu-c", "cpu-d", "cpu-e", "cpu-f"}
	a := w.hold(account{subs: subs, holder: b, user: b})
	for i, s := range subs {
		w.use(a, s, "east-2", speech, steady(SpeechHours*(0.865+0.016*float64(i)), first, last))
	}
	w.expect("split", true, "24", b, "six sub-accounts, each at 85 to 95 % of the review threshold of speech", k, a)
	w.expect("split", true, "17", b, "together they pass it more than five times", k, a)
	w.expect("split", false, "11 21", b, "no storage; steady", k, a)
}

func (w *world) terms31() {
	b := w.body(east, "General Staff Command", "military")
	k := w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 4000, unit: "seats",
		value: 1_150_000, signed: "2031-02-14", also: []string{"exit_penalty"}})
	w.expectDeal("exit-penalty", true, "28", k, "the contract penalises exit")
	w.expectDeal("exit-penalty", false, "29", k, "all seven safeguards stand in it")

	b = w.body(south, "Interior Troops Command", "military")
	k = w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 800, unit: "seats",
		value: 240_000, signed: "2031-04-04",
		missing: []string{"human_rights", "end_use_limit", "no_transfer", "audit_right", "suspend_right"}})
	w.expectDeal("safeguards-missing", true, "29", k, "five of seven safeguards are missing")

	b = w.body(west, "Gendarmerie", "police")
	k = w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 600, unit: "seats",
		value: 180_000, signed: "2031-03-03",
		amended: &amended{value: 342_000, item: "Office productivity licences and face recognition software",
			signed: "2031-12-12"}})
	w.expectDeal("scope-creep", true, "31", k, "nine tenths more value and face recognition added after the review")
}

func (w *world) supported() {
	b := w.body(west, "Signals Intelligence Brigade", "intelligence")
	k := w.sign(deal{buyer: b, user: b, item: "Office productivity licences", quantity: 250, unit: "seats",
		value: 77_000, signed: "2031-01-08"})
	for _, q := range []struct {
		quarter string
		hours   float64
	}{{"2031-Q2", 240}, {"2031-Q3", 310}, {"2031-Q4", 720}, {"2032-Q1", 760}} {
		w.hours(b, q.quarter, q.hours, "ai")
	}
	w.expect("support-hours", true, "34", b, "720 hours of engineering in a quarter, more than doubled", k)
}
