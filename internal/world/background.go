package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

var (
	items = []struct {
		text, unit string
		price      float64
	}{
		{"Office productivity licences", "seats", 240}, {"Virtual machines, reserved", "pieces", 1800},
		{"Managed database", "pieces", 5200},
		{"Web hosting", "sites", 320}, {"Network firewall licences", "licences", 900}, {"Accounting software", "seats",
			410}, {"Desktop computers", "pieces", 780},
		{"Electronic mail", "seats", 60}, {"Payroll software", "seats", 95}, {"Printers", "pieces", 210},
	}
	civilBodies = []string{"Ministry of Education", "Ministry of Transport", "Statistical Office",
		"University of Technology", "Weather Service", "Land Registry", "National Library", "Patent Office"}
)

// ordinary is the i-th ordinary company. It is computed, not kept: there may be many.
func (w *world) ordinary(i int) org {
	r := rand.New(rand.NewPCG(uint64(i), uint64(w.names.offset)+77))
	state := []int{home, home, home, resale, east, west, south, calder}[r.IntN(8)]
	o := org{
		name: w.names.ordinary(i), state: state, class: "civil",
		id:      fmt.Sprintf("%s-REG:%s%07d", w.names.code[state], string('A'+rune(i%26)), i),
		address: fmt.Sprintf("%d Mill Lane, %s", 1+r.IntN(900), w.names.state[state]),
	}
	if state == resale && i%2 == 0 && w.hub != "" {
		o.address = w.hub
	}
	return o
}

// doubleOf is of how many ordinary companies one contract in a world that is not small names one that may be the
// company or not: about one party in a hundred, so that a review has pairs to look at twice.
const doubleOf = 100

// double is a company as a contract names it that gives no number and another legal form: a slip, or a sister company.
func double(o org) org {
	at := strings.LastIndexByte(o.name, ' ')
	form := "AG"
	if o.name[at+1:] == form {
		form = "Ltd"
	}
	return org{name: o.name[:at+1] + form, state: o.state, class: o.class}
}

// background writes the ordinary business around the planted cases.
func (w *world) background(ctx context.Context) error {
	for i := range w.size.companies {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		o := w.ordinary(i)
		w.hold(account{id: ordinaryAccount(i), holder: o, user: o, since: "2030-01-01"})
		if i%5 == 4 { // a group: the company before it owns this one
			w.owns(w.ordinary(i-1), o, share{exact: 100})
		}
	}
	var bodies []org
	for s := range numStates {
		for _, c := range civilBodies {
			bodies = append(bodies, w.body(s, c, "civil"))
		}
	}
	doubled := map[int]bool{}
	days := int(day(Today).Sub(firstMonth).Hours()/24) - 30
	for i := range w.size.engagements {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r := rand.New(rand.NewPCG(uint64(i), uint64(w.names.offset)+99))
		it := items[r.IntN(len(items))]
		q := float64(1 + r.IntN(200))
		var o org
		if r.IntN(12) == 0 {
			o = bodies[r.IntN(len(bodies))]
		} else {
			n := r.IntN(w.size.companies)
			if o = w.ordinary(n); n%doubleOf == doubleOf-1 && !doubled[n] && !w.complete {
				doubled[n], o = true, double(o)
			}
		}
		d := deal{
			id: fmt.Sprintf("K-%07d", 2_000_000+i), kind: []string{"sale", "contract", "subscription"}[r.IntN(3)],
			buyer: o, user: o,
			item: it.text, quantity: q, unit: it.unit, value: q * it.price,
			signed:   firstMonth.AddDate(0, 0, r.IntN(days)).Format(time.DateOnly),
			noReview: !o.public, noClauses: i > 10_000 && !o.public || i > 50_000,
		}
		w.sign(d)
	}
	return nil
}
