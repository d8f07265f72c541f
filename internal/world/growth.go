package world

// growth plants what grows or is large beside the classic combination: stores that accumulate,
// faces, language models over a store, processors; each with what looks alike and is innocent.
func (w *world) growth() {
	brigade := w.body(west, "Armoured Brigade", "military")
	k := w.sign(deal{buyer: brigade, user: brigade, item: "Object storage", quantity: 220, unit: "TB", value: 90_000,
		signed: "2030-09-12"})
	a := w.hold(account{holder: brigade, user: brigade})
	w.use(a, "", "west-1", storage, tb(rising(24, 1.12)))
	w.expect("accumulation", true, "16", brigade, "sevenfold in eighteen months, a little more in every month, "+
		"within its contract", k, a)
	w.expect("accumulation", false, "11 17 21 23", brigade, "storage alone, and never a jump", k, a)

	seasons := w.body(resale, "Coastal Artillery School", "military")
	k = w.sign(deal{buyer: seasons, user: seasons, item: "Object storage", quantity: 90, unit: "TB", value: 31_000,
		signed: "2030-09-22"})
	a = w.hold(account{holder: seasons, user: seasons})
	w.use(a, "", "west-1", storage, tb(func(m int) float64 { return []float64{52, 66, 71, 58, 49, 60}[m%6] }))
	w.expect("seasons", false, "11 15 16 23", seasons, "up and down with the terms of a school", k, a)

	w.faces()
	w.models()
	w.processors()
}

func (w *world) faces() {
	guard := w.body(calder, "Metro Police Division", "police")
	k := w.sign(deal{buyer: guard, user: guard, item: "Face recognition service", quantity: 300, unit: "licences",
		value: 610_000, signed: "2030-11-02"})
	a := w.hold(account{holder: guard, user: guard})
	w.use(a, "", "east-2", face, steady(4e7, first, last))
	w.expect("mass-faces", true, "19", guard, "40 million pictures a month through face recognition", k, a)
	w.expect("mass-faces", false, "09 11 15 17 18 21", guard, "no storage; reviewed; steady", k, a)

	gate := w.body(calder, "Border Inspectorate", "border")
	k = w.sign(deal{buyer: gate, user: gate, item: "Face recognition service", quantity: 4, unit: "licences",
		value: 22_000, signed: "2030-11-12"})
	a = w.hold(account{holder: gate, user: gate})
	w.use(a, "", "east-2", face, steady(21_000, first, last))
	w.expect("few-faces", false, "09 11 19", gate, "one gate at a small crossing", k, a)
}

func (w *world) models() {
	bureau := w.body(calder, "Strategic Intelligence Bureau", "intelligence")
	k := w.sign(deal{buyer: bureau, user: bureau, item: "Object storage and large language models", quantity: 120,
		unit: "TB", value: 300_000, signed: "2030-12-01"})
	a := w.hold(account{holder: bureau, user: bureau})
	w.use(a, "", "north-1", storage, tb(steady(70, first, last)))
	w.use(a, "", "north-1", llm, steps(map[string]float64{first: 1.1e7, "2031-06": 4.4e9}))
	w.expect("models-over-store", true, "20", bureau, "tokens four hundred times as many, beside 70 TB", k, a)
	w.expect("models-over-store", false, "11 15 16 17 21", bureau, "less than a bulk store; far from any event", k, a)

	staff := w.body(home, "Defence Procurement Agency", "military")
	k = w.sign(deal{buyer: staff, user: staff, item: "Object storage and large language models", quantity: 150,
		unit: "TB", value: 340_000, signed: "2030-12-11"})
	a = w.hold(account{holder: staff, user: staff})
	w.use(a, "", "north-1", storage, tb(steady(80, first, last)))
	w.use(a, "", "north-1", llm, steady(2.2e9, first, last))
	w.expect("steady-models", false, "11 15 16 20 21", staff, "an assistant for the staff, as much in every month", k,
		a)
}

func (w *world) processors() {
	lab := w.body(south, "Army Signals Research Command", "military")
	k := w.sign(deal{buyer: lab, user: lab, item: "GPU virtual machines", quantity: 60, unit: "pieces", value: 900_000,
		signed: "2030-10-21"})
	a := w.hold(account{holder: lab, user: lab})
	w.use(a, "", "south-3", gpu, steady(40_000, first, last))
	w.expect("gpu-capacity", true, "27", lab, "40,000 GPU hours a month", k, a)
	w.expect("gpu-capacity", false, "11 15 17 19 20", lab, "no store beside it", k, a)

	academy := w.body(south, "Air Force Academy", "military")
	k = w.sign(deal{buyer: academy, user: academy, item: "GPU virtual machines", quantity: 1, unit: "piece",
		value: 14_000, signed: "2030-10-25"})
	a = w.hold(account{holder: academy, user: academy})
	w.use(a, "", "south-3", gpu, steady(720, first, last))
	w.expect("one-machine", false, "11 27", academy, "one machine day and night", k, a)
}
