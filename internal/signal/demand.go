package signal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/list"
	"plimsoll/internal/obligation"
)

// A Demand is a demand of the register as it stands on the day of the review, with the mentions of the parties that
// its row names, -1 for none.
type Demand struct {
	obligation.Standing
	About, Addressee int32
}

// A demand is a Demand whose words are read.
type demand struct {
	obligation.Demand
	stand            obligation.Standing
	about, addressee int32 // parties, -1 for none
	terms            []term
	places           []string
	certain, perhaps bool // an answer was on file on the day, or may have been
}

// A term is one word of what a demand is about.
type term struct {
	text, plain  string
	scheme, code string
	class        string   // the capability class that it names
	classes      []string // those that its words mean
	understood   bool
}

// byAddressee says that an engagement is concerned since its party is the addressee, and the row says nothing else.
const byAddressee = "addressee"

func (run *Run) prepareDemands() {
	party := func(mention int32) int32 {
		if mention < 0 || int(mention) >= len(run.in.ByMention) {
			return -1
		}
		return run.in.ByMention[mention]
	}
	run.demands = make([]demand, len(run.in.Demands))
	for i := range run.in.Demands {
		x := &run.in.Demands[i]
		d := demand{Demand: x.Demand, stand: x.Standing, about: party(x.About), addressee: party(x.Addressee)}
		d.certain, d.perhaps = d.stand.OnFile(run.in.AsOf)
		for _, text := range cells(d.About) {
			d.terms = append(d.terms, run.term(text))
		}
		d.places = cells(d.Where)
		run.demands[i] = d
	}
}

// cells are the values of a cell with semicolons between them.
func cells(s string) (out []string) {
	for c := range strings.SplitSeq(s, ";") {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	return out
}

func (run *Run) term(text string) term {
	t := term{text: text, plain: book.PlainWords(text)}
	class := strings.ReplaceAll(t.plain, " ", "_")
	if slices.Contains(capability.Classes, class) {
		t.class = class
		return t
	}
	key := ItemKey{Text: text}
	if scheme, code, ok := strings.Cut(text, ":"); ok && !strings.Contains(strings.TrimSpace(scheme), " ") {
		t.scheme, t.code = strings.TrimSpace(scheme), strings.TrimSpace(code)
		key = ItemKey{Scheme: strings.ToUpper(t.scheme), Code: t.code}
	}
	c := run.in.Item(key)
	t.classes, t.understood = c.Capabilities, c.Understood
	return t
}

// A Touch is one engagement that a demand concerns, or may concern.
type Touch struct {
	Demand     int // of Inputs.Demands
	Engagement string
	// party, engagement, goods, service, capability, place or addressee; "" when it only may concern it
	By   string
	Open *Gap // why it is not known whether it does
}

// Touched hands every engagement that a demand concerns or may concern to yield, by engagement.
func (run *Run) Touched(ctx context.Context, yield func(Touch) error) error {
	if len(run.demands) == 0 {
		return nil
	}
	return run.engagements(ctx, func(list []engagement) error {
		for i := range list {
			now := list[i].current()
			for n := range run.demands {
				by, gap := run.touches(&run.demands[n], &list[i], now)
				if by == "" && gap == nil {
					continue
				}
				if err := yield(Touch{n, list[i].id, by, gap}); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	})
}

// demandFacts are the demands that concern an engagement.
func (run *Run) demandFacts(f *Facts, e *engagement, now version) {
	concerns, overdue := []map[string]any{}, []map[string]any{}
	var gaps, late []Gap
	var said []string
	noAnswers := run.answersUnread()
	for i := range run.demands {
		d := &run.demands[i]
		by, gap := run.touches(d, e, now)
		open := d.open()
		switch {
		case by == "" && gap == nil:
			continue
		case by == "":
			gaps = append(gaps, *gap)
			if open != nil || d.stand.Status == obligation.Overdue && !d.certain {
				late = append(late, *gap)
			}
			continue
		}
		x := d.element(by, now)
		if noAnswers != nil && !d.certain {
			delete(x, "answered")
		}
		concerns = append(concerns, x)
		says := fmt.Sprintf("demand %s: %s; %s; %s", d.ID, clip(d.Text), d.Due.Words(), d.stand.Words())
		f.Rows = append(f.Rows, Row{Signal: "demand.", Source: d.At.Source, At: d.At.Row, Says: says})
		if open != nil {
			late = append(late, *open)
		}
		if d.stand.Status == obligation.Overdue {
			overdue = append(overdue, x)
			if !d.perhaps {
				said = append(said, d.since())
			}
			if noAnswers != nil && !d.certain {
				late = append(late, *noAnswers)
			}
		}
	}
	run.put(f, nil, cell{name: "demand.concerns", value: concerns, gaps: joinGaps(gaps)})
	run.put(f, nil, cell{name: "demand.overdue", value: overdue, gaps: joinGaps(late)})
	words := cell{name: "demand.words", value: listed(said)}
	if len(said) == 0 && len(late) > 0 { // some may be, and nothing is known of them
		words.value, words.gaps = nil, joinGaps(late)
	}
	run.put(f, nil, words)
}

// answersUnread is why it is not known whether an answer is on file, nil when the answers were read.
func (run *Run) answersUnread() *Gap {
	if !run.Has("answers.demand_id") {
		return &Gap{Reason: ColumnAbsent, Column: "answers.demand_id"}
	}
	return run.lost(book.Answers)
}

// mostSaid is how many demands a sentence names.
const mostSaid = 3

func listed(said []string) string {
	if n := len(said) - mostSaid; n > 0 {
		said = append(slices.Clone(said[:mostSaid]), fmt.Sprintf("and %d more", n))
	}
	return strings.Join(said, "; ")
}

// since says since when a demand is due.
func (d *demand) since() string {
	by := d.Instrument
	if i := d.stand.Instrument; i != nil && i.Title != "" {
		by = i.Title
	}
	return fmt.Sprintf("“%s” is due since %s by %s", clip(d.Text), d.Due.Day.Format("2 January 2006"), by)
}

// element is what rules see of a demand that concerns an engagement.
func (d *demand) element(by string, now version) map[string]any {
	x := map[string]any{"id": d.ID, "by": by, "place_only": by == string(obligation.AboutPlace),
		"status": string(d.stand.Status), "instrument": d.Instrument, "late_days": float64(d.stand.Late)}
	if i := d.stand.Instrument; i != nil {
		if i.Title != "" {
			x["instrument"] = i.Title
		}
		if i.Force != obligation.ForceUnknown {
			x["binding"] = i.Force == obligation.Binding
		}
		x["ended"] = now.end.Valid && i.Date.Known() && now.end.Time.Before(i.Date.Time)
	}
	if d.certain == d.perhaps {
		x["answered"] = d.certain
	}
	return x
}

// open is why it is not known whether a demand is overdue and unanswered, nil when it is known.
func (d *demand) open() *Gap {
	g := &Gap{Reason: Unstated, What: d.ID, Rows: 1}
	switch d.stand.Status {
	case obligation.DueUnknown:
		g.Column = "demands.due"
	case obligation.AddresseeOpen:
		g.Column = "demands.of"
	case obligation.Conditional:
		g.Column = "demands.condition_met"
	case obligation.InstrumentAbsent:
		g.Column = "instruments.instrument_id"
	case obligation.AnswersOpen:
		g.Column = "answers.date"
	default:
		return nil
	}
	if d.certain && d.stand.Status != obligation.AnswersOpen {
		return nil // an answer is on file, whatever day it was due
	}
	return g
}

// touches reports by what a demand concerns an engagement; by is "" when it does not, or when a gap keeps that from
// being known.
func (run *Run) touches(d *demand, e *engagement, now version) (by string, gap *Gap) {
	by, gap = run.about(d, e, now)
	if by == "" && gap == nil || by == byAddressee {
		return by, gap
	}
	if d.AboutKind != obligation.AboutParty && d.AboutKind != obligation.AboutEngagement {
		switch fits, unsure := run.addressed(d, now); {
		case unsure != nil:
			by, gap = "", unsure
		case !fits:
			return "", nil
		}
	}
	if len(d.places) > 0 {
		switch there, unsure := run.inPlaces(d.places, now); {
		case unsure != nil:
			by, gap = "", unsure
		case !there:
			return "", nil
		}
	}
	return by, gap
}

// about compares what a demand is about with an engagement.
func (run *Run) about(d *demand, e *engagement, now version) (by string, gap *Gap) {
	unstated := func(column string) *Gap { return &Gap{Reason: Unstated, Column: column, What: d.ID, Rows: 1} }
	text := d.About
	switch d.AboutKind {
	case obligation.AboutConduct:
		return "", nil
	case obligation.AboutParty:
		if d.about < 0 {
			return "", unstated("demands.about")
		}
		if run.party(now, d.about) {
			return string(d.AboutKind), nil
		}
		if run.userUnread(now) {
			g := run.unreadGap("engagements.end_user")
			return "", &g
		}
		return "", nil
	case "":
		if text == "" && d.addressee >= 0 {
			if run.party(now, d.addressee) {
				return byAddressee, nil
			}
			return "", nil
		}
		if text == "" {
			return "", unstated("demands.about")
		}
		return "", unstated("demands.about_kind")
	}
	if len(d.terms) == 0 {
		return "", unstated("demands.about")
	}
	switch d.AboutKind {
	case obligation.AboutEngagement:
		id := book.PlainWords(e.id)
		if slices.ContainsFunc(d.terms, func(t term) bool { return t.plain == id }) {
			return string(d.AboutKind), nil
		}
		return "", nil
	case obligation.AboutPlace:
		there, unsure := run.inPlaces(cells(text), now)
		if there {
			by = string(d.AboutKind)
		}
		return by, unsure
	case obligation.AboutGoods, obligation.AboutService, obligation.AboutCapability:
		same, unsure := d.sold(e)
		if same {
			return string(d.AboutKind), nil
		}
		return "", unsure
	}
	return "", &Gap{Reason: WordUnknown, Column: "demands.about_kind", What: string(d.AboutKind), Rows: 1}
}

// party reports whether a party takes part in an engagement, or stands above one that does.
func (run *Run) party(now version, p int32) bool {
	for _, q := range []int32{now.seller, now.buyer, now.endUser, now.reseller, now.consignee, now.payer} {
		if q >= 0 && (q == p || slices.Contains(run.parents[q], p)) {
			return true
		}
	}
	return false
}

// addressed reports whether a demand of one organisation by name is of a party of the engagement: what is demanded of
// one company does not concern what another sells.
func (run *Run) addressed(d *demand, now version) (bool, *Gap) {
	if d.addressee < 0 || run.party(now, d.addressee) {
		return true, nil
	}
	switch d.Of {
	case obligation.OfCompany, obligation.OfCompanies:
		if now.seller < 0 {
			return false, &Gap{Reason: CellEmpty, Column: "engagements.seller", Rows: 1}
		}
	case obligation.OfCustomer, obligation.OfBody:
		if run.userUnread(now) {
			g := run.unreadGap("engagements.end_user")
			return false, &g
		}
	}
	return false, nil
}

// sold reports whether what a demand is about is among the items of an engagement, in any of its versions.
func (d *demand) sold(e *engagement) (bool, *Gap) {
	var open *Gap
	any := false
	for _, v := range e.versions {
		for i := range v.items {
			if v.items[i].text == "" && v.items[i].code == "" {
				continue
			}
			any = true
			for t := range d.terms {
				same, gap := d.terms[t].fits(&v.items[i])
				if same {
					return true, nil
				}
				if open == nil {
					open = gap
				}
			}
		}
	}
	if !any {
		return false, &Gap{Reason: CellEmpty, Column: "engagements.item", What: e.id, Rows: 1}
	}
	return false, open
}

// fits reports whether an item is what a term means: of the class, with the code, or with the words.
func (t *term) fits(it *item) (bool, *Gap) {
	unread := &Gap{Reason: WordUnknown, Column: "engagements.item", What: it.label(), Rows: 1, May: it.may}
	may := func(classes []string) bool { // what is not understood may be of one of these
		return !it.understood && (it.may == nil || slices.ContainsFunc(classes, func(c string) bool {
			return slices.Contains(it.may, c)
		}))
	}
	overlap := slices.ContainsFunc(t.classes, func(c string) bool { return slices.Contains(it.capabilities, c) })
	switch {
	case t.class != "":
		if slices.Contains(it.capabilities, t.class) {
			return true, nil
		}
		if may([]string{t.class}) {
			return false, unread
		}
		return false, nil
	case t.code != "":
		if slices.ContainsFunc(it.controlled, func(c string) bool { return codeKey(c) == codeKey(t.code) }) ||
			it.code != "" && strings.EqualFold(it.scheme, t.scheme) && strings.HasPrefix(codeKey(it.code),
				codeKey(t.code)) {
			return true, nil
		}
		alike := it.code != "" && strings.EqualFold(it.scheme, t.scheme)
		if !alike && (overlap || !t.understood || may(t.classes)) {
			return false, &Gap{Reason: WordUnknown, Column: "engagements.item_code", What: it.label() + " / " + t.text,
				Rows: 1}
		}
		return false, nil
	case holdsWords(book.PlainWords(it.text), t.plain) || overlap:
		return true, nil
	case !t.understood:
		return false, &Gap{Reason: WordUnknown, Column: "demands.about", What: clip(t.text), Rows: 1}
	case len(t.classes) > 0 && may(t.classes):
		return false, unread
	}
	return false, nil
}

// holdsWords reports whether a text holds words in a row, from the beginning of one word to the end of one.
func holdsWords(text, words string) bool {
	return words != "" && strings.Contains(" "+text+" ", " "+words+" ")
}

// inPlaces reports whether an engagement goes to one of these places, or is used or received there.
func (run *Run) inPlaces(places []string, now version) (bool, *Gap) {
	var stated []string
	for _, p := range []int32{now.endUser, now.buyer, now.consignee} {
		if p >= 0 && int(p) < len(run.in.Parties) && run.in.Parties[p].Country != "" {
			stated = append(stated, run.in.Parties[p].Country)
		}
	}
	if now.destination != "" {
		stated = append(stated, now.destination)
	}
	var open *Gap
	for _, place := range places {
		for _, s := range stated {
			same, gap := samePlace(place, s)
			if same {
				return true, nil
			}
			if open == nil {
				open = gap
			}
		}
	}
	if len(stated) == 0 {
		return false, &Gap{Reason: CellEmpty, Column: "engagements.destination", Rows: 1}
	}
	return false, open
}

// samePlace compares a place of a demand with one that a record states. "Part, State" is a part of a state: goods that
// go to the state may go to it. Two spellings of which the table of countries does not hold both are one place where
// their words are the same; else nothing is known, since a place has several names.
func samePlace(place, stated string) (bool, *Gap) {
	if book.PlainWords(place) == book.PlainWords(stated) {
		return true, nil
	}
	a, b := list.Country(place), list.Country(stated)
	if a != "" && a == b {
		return true, nil
	}
	within := func(s, country string) string { // the state that a part lies in
		if i := strings.LastIndexByte(s, ','); i > 0 && country == "" {
			return strings.TrimSpace(s[i+1:])
		}
		return ""
	}
	if state := within(stated, b); state != "" {
		if same, _ := samePlace(place, state); same {
			return true, nil
		}
	}
	if state := within(place, a); state != "" {
		same, gap := samePlace(state, stated)
		if same {
			gap = &Gap{Reason: Unstated, Column: "engagements.destination", What: place, Rows: 1}
		}
		return false, gap
	}
	if a == "" || b == "" {
		return false, &Gap{Reason: WordUnknown, Column: "engagements.destination", What: place + " / " + stated,
			Rows: 1}
	}
	return false, nil
}
