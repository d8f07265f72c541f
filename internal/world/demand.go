package world

// order is the instrument of the world: a body of no state makes demands of those who sell.
const order = "ORDER-12"

// instrument writes it.
func (w *world) instrument() {
	w.instruments.row(cells{"instrument_id": order, "title": "Order 12 of the Board of Licences (example)",
		"kind": "order", "issuer": "Board of Licences (example)",
		"date": "2031-07-01", "force": "binding", "addressees": "companies that sell",
		"source": "https://example.org/order-12", "read": "primary"})
	w.demands.row(cells{"demand_id": "DEMAND-conduct", "instrument_id": order, "text": "Publish how sales are examined",
		"of": "companies", "about_kind": "conduct",
		"due": "within 6 months", "done_when": "the account is public"})
}

// demandOn writes a demand about an engagement, due on a day or on none, and the answer on file, "" for none.
func (w *world) demandOn(name, due, engagement, acted string) {
	if w.complete && due == "" {
		due = "2033-12-31" // a complete register states every day
	}
	id := "DEMAND-" + name
	w.demands.row(cells{"demand_id": id, "instrument_id": order, "text": "Report on the use of what was sold",
		"of": "companies", "about_kind": "engagement",
		"about": engagement, "due": due, "done_when": "a report is with the Board"})
	if acted != "" {
		w.answers.row(cells{"answer_id": id + "-A", "demand_id": id, "by": w.provider.name, "acted": acted,
			"date": "2031-11-03", "text": "A report was sent",
			"publisher": w.provider.name, "source": "https://example.org/report", "grade": "B2"})
	}
}
