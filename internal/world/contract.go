package world

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A release is one OCDS release under writing.
type release map[string]any

// tender is one contracting process of a public buyer, published as several releases.
type tender struct {
	ocid              string
	buyer, supplier   org
	title, cpv        string
	method, rationale string
	withheld          bool
	value, amended    float64
	published         string // of the tender
}

// publish adds the releases of a process: tender, award with contract, and the amendment.
func (w *world) publish(t tender) string {
	when := day(t.published)
	at := func(days int) string { return when.AddDate(0, 0, days).Format("2006-01-02T15:04:05Z") }
	party := func(o org, role string) map[string]any {
		scheme, number, _ := cutID(o.id)
		return map[string]any{
			"id": scheme + "-" + number, "name": o.name, "roles": []string{role},
			"identifier": map[string]any{"scheme": scheme, "id": number, "legalName": o.name},
			"address":    map[string]any{"countryName": w.names.state[o.state]},
		}
	}
	refer := func(o org) map[string]any {
		scheme, number, _ := cutID(o.id)
		return map[string]any{"id": scheme + "-" + number, "name": o.name}
	}
	money := func(v float64) map[string]any { return map[string]any{"amount": v, "currency": "EUR"} }
	item := map[string]any{"id": "1", "description": t.title, "classification": map[string]any{"scheme": "CPV",
		"id": t.cpv}, "quantity": 1}
	base := func(n, days int, tag string) release {
		return release{
			"ocid": t.ocid, "id": fmt.Sprintf("%s-%02d", t.ocid, n), "date": at(days), "tag": []string{tag},
			"language": "en", "initiationType": "tender",
			"parties": []any{party(t.buyer, "buyer"), party(t.supplier, "supplier")}, "buyer": refer(t.buyer),
		}
	}
	method := map[string]any{
		"id": t.ocid + "-t", "title": t.title, "status": "complete", "procurementMethod": or(t.method, "open"),
		"items": []any{item}, "value": money(t.value),
	}
	if t.rationale != "" {
		method["procurementMethodRationale"] = t.rationale
	}
	first := base(1, 0, "tender")
	first["tender"] = method
	if t.withheld {
		first["withheldInformation"] = []any{map[string]any{"fields": []string{"tender/documents",
			"contracts/documents"}, "rationale": "public order"}}
	}
	w.contracts = append(w.contracts, first)

	second := base(2, 40, "award")
	second["awards"] = []any{map[string]any{
		"id": "a1", "title": t.title, "status": "active", "date": at(40), "value": money(t.value), "suppliers": []any{
			refer(t.supplier)}, "items": []any{item},
	}}
	w.contracts = append(w.contracts, second)

	contract := map[string]any{
		"id": "c1", "awardID": "a1", "title": t.title, "status": "active", "value": money(t.value), "items": []any{
			item},
		"dateSigned": at(55), "period": map[string]any{"startDate": at(60), "endDate": at(425)},
	}
	third := base(3, 56, "contract")
	third["contracts"] = []any{contract}
	w.contracts = append(w.contracts, third)
	if t.amended > 0 {
		fourth := base(4, 200, "contractAmendment")
		fourth["contracts"] = []any{map[string]any{
			"id": "c1", "awardID": "a1", "value": money(t.amended),
			"amendments": []any{map[string]any{"id": "m1", "date": at(200), "description": "additional quantity",
				"amendsReleaseID": third["id"], "releaseID": fourth["id"]}},
		}}
		w.contracts = append(w.contracts, fourth)
	}
	id := t.ocid + "/c1"
	w.meet(t.supplier)
	w.published++
	w.register(w.published, id, t.buyer, when.AddDate(0, 0, 55).Format(time.DateOnly))
	return id
}

func cutID(id string) (scheme, number string, ok bool) {
	for i := range id {
		if id[i] == ':' {
			return id[:i], id[i+1:], true
		}
	}
	return "", id, false
}

func (w *world) ocid(n int) string { return fmt.Sprintf("ocds-%s-%04d", "xw0rld", n) }

// writeContracts writes the publisher's release package.
func (w *world) writeContracts() error {
	n := 0
	next := func() string { n++; return w.ocid(n) }
	works := w.body(east, "Capital City Council", "civil")
	id := w.publish(tender{
		ocid: next(), buyer: works, supplier: w.company(east, "Vision Systems SA"),
		title: "Video surveillance with face recognition", cpv: "32323500",
		method: "direct", rationale: "Extreme urgency", withheld: true, value: 2_300_000, published: "2031-02-10",
	})
	w.expectDeal("published-opaque", true, "32", id,
		"direct award of face recognition on urgency, with fields withheld")
	id = w.publish(tender{
		ocid: next(), buyer: works, supplier: w.company(east, "Cameras Ltd"), title: "CCTV cameras for depots",
		cpv: "32323500", value: 610_000, published: "2031-03-01",
	})
	w.expectDeal("published-open", false, "32", id, "an open tender")
	id = w.publish(tender{
		ocid: next(), buyer: w.body(east, "Public Health Institute", "health"), supplier: w.company(east,
			"Cold Chain Ltd"), title: "Vaccine cold storage rooms", cpv: "42513200",
		method: "direct", rationale: "Extreme urgency", value: 900_000, published: "2031-01-15",
	})
	w.expectDeal("published-urgent-vaccines", false, "32", id, "urgent, and of no capability of concern")
	id = w.publish(tender{
		ocid: next(), buyer: w.body(east, "Housing Agency", "civil"), supplier: w.company(east, "Roofing Ltd"),
		title: "Roof repairs", cpv: "45261900",
		value: 400_000, amended: 440_000, published: "2031-04-04",
	})
	w.expectDeal("published-amended", false, "31", id, "a tenth more for the same work")
	titles := [][2]string{{"School furniture", "39160000"}, {"Road salt", "34927100"}, {"Office cleaning", "90919200"},
		{"Library books", "22113000"}, {"Bus tyres", "34352200"}}
	town := w.body(east, "Town Council", "civil")
	for i := range 20 {
		t := titles[i%len(titles)]
		w.publish(tender{
			ocid: next(), buyer: town, supplier: org{name: w.names.ordinary(5000 + i), id: w.names.code[east] +
				"-REG:" + w.number(), state: east},
			title: t[0], cpv: t[1], value: float64(20_000 + 3_500*i), published: firstMonth.AddDate(0, 0, 11*i).Format(
				time.DateOnly),
		})
	}
	b, err := json.MarshalIndent(map[string]any{
		"uri": "https://contracts.example/package.json", "version": "1.1", "publishedDate": "2032-06-15T00:00:00Z",
		"publisher":  map[string]any{"name": "Contracts Register of " + w.names.state[east] + " (example)"},
		"extensions": []string{}, "releases": w.contracts,
	}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, "contracts", "releases.json"), append(b, '\n'), 0o644)
}
