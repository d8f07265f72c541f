package ocds

import (
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/record"
)

// procedure sets how many bid, how long they had, and what the releases say of changes.
func (m *merged) procedure(e *record.Engagement, body *value, h *history) {
	tender := m.release.get("tender")
	e.Bids = m.bidsReceived(tender)
	e.TenderDays = m.tenderDays(tender.get("tenderPeriod"))
	switch {
	case h == nil:
	case h.seen > 1:
		e.Changes = record.ChangesCompared
	case body.get("amendments").present() || body.get("amendment").present():
		e.Changes = record.ChangesListed
	}
}

// bidsReceived is how many tenderers bid, as numberOfTenderers says. A list of two or more says it too; one name alone
// may be that of the winner, and no number, or 0, says nothing.
func (m *merged) bidsReceived(tender *value) record.Decimal {
	n, err := record.ParseDecimal(tender.get("numberOfTenderers").text())
	if err == nil && !n.Null() && n.Float() >= 1 {
		return m.kept(n)
	}
	if named := len(m.refs(tender.get("tenderers"))); named > 1 {
		return record.Decimal(strconv.Itoa(named))
	}
	return ""
}

// tenderDays is how many whole days a tender was open, null where a side is not known to the day or they are the wrong
// way round.
func (m *merged) tenderDays(period *value) record.Decimal {
	from, to := quietDate(period.get("startDate").text()), quietDate(period.get("endDate").text())
	if from.Prec < record.Day || to.Prec < record.Day || to.Time.Before(from.Time) {
		return ""
	}
	if from.Prec == record.Day || to.Prec == record.Day { // a day is all of it
		return record.Decimal(strconv.Itoa(int(dayOf(to).Sub(dayOf(from)) / (24 * time.Hour))))
	}
	return record.Decimal(strconv.Itoa(int(to.Time.Sub(from.Time) / (24 * time.Hour))))
}

func dayOf(d record.Date) time.Time { return d.Time.Truncate(24 * time.Hour) }

// endOf is the last day of a contract, or of the contract that an award leads to, as a release states it.
func endOf(v *value) record.Date {
	end := quietDate(v.at("period", "endDate").text())
	if !end.Known() {
		end = quietDate(v.at("contractPeriod", "endDate").text())
	}
	if !end.Known() {
		return end
	}
	end = end.Last()
	return record.DayOf(end.Time.Year(), end.Time.Month(), end.Time.Day())
}

// quietDate reads a date that is read again, and counted if need be, where it enters an engagement.
func quietDate(s string) record.Date {
	if s == "" || record.NullDate(s) {
		return record.Date{}
	}
	d, err := record.ParseDate(s)
	if err != nil {
		return record.Date{}
	}
	return d
}

// formerEnd reads the former last day out of a change that names it.
func formerEnd(property string, was *value) (record.Date, bool) {
	if !strings.HasSuffix(property, "enddate") {
		return record.Date{}, false
	}
	end := quietDate(was.text())
	return end, end.Known()
}

// mostDelivery is how long the places of delivery of an engagement may grow before further ones are left out, in bytes.
const mostDelivery = 400

// delivery is the place of a delivery address below its country.
func delivery(a *value) string {
	var parts []string
	for _, name := range [...]string{"streetAddress", "locality", "region"} {
		if s := oneLine(a.get(name).text()); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
