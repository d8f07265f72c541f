package obligation

import (
	"slices"
	"time"
)

// Status is how a demand stands on a day.
type Status string

// The statuses of a demand.
const (
	Met              Status = "met"           // an answer on file says that it was done
	PartlyMet        Status = "partly met"    // an answer on file says that part of it was done, and it is not due yet
	DeclinedToMeet   Status = "declined"      // the addressee refused
	Overdue          Status = "overdue"       // its day has passed, and no answer on file says that it was done
	DueSoon          Status = "due soon"      // within soonDays
	Pending          Status = "pending"       // its day lies ahead
	DueUnknown       Status = "due not known" // no day can be reckoned
	AddresseeOpen    Status = "addressee not known"
	Conditional      Status = "condition not met" // as far as is known
	NotInForce       Status = "not in force"      // the instrument is dated after the day, or no longer holds
	InstrumentAbsent Status = "instrument not on file"
)

// Statuses are all of them, in the order in which lists show them.
var Statuses = []Status{Overdue, DueSoon, DeclinedToMeet, PartlyMet, Pending, DueUnknown, AddresseeOpen, Conditional, InstrumentAbsent, NotInForce, Met}

// soonDays is how many days before its day a demand is due soon. Our own choice: a month to answer in.
const soonDays = 30

// ended are statuses of instruments that no longer make demands.
var ended = []string{"superseded", "revoked", "annulled", "lapsed", "withdrawn", "repealed"}

// A Standing is a demand as it stands on a day.
type Standing struct {
	Demand     Demand
	Instrument *Instrument // nil when it is not on file
	Answers    []Answer    // on file on that day, oldest first; withdrawn ones are left out
	Status     Status
	Late       int // days since its day, when overdue or met late
	Left       int // days to its day, when it lies ahead
}

// Stand returns how every demand of a register stands on a day, in the order of [Statuses], then by day and id.
func (r *Register) Stand(asOf time.Time) []Standing {
	out := make([]Standing, 0, len(r.Demands))
	for _, d := range r.Demands {
		out = append(out, r.stand(d, asOf))
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		if n := slices.Index(Statuses, a.Status) - slices.Index(Statuses, b.Status); n != 0 {
			return n
		}
		if n := a.Demand.Due.Day.Compare(b.Demand.Due.Day); n != 0 {
			return n
		}
		return compareText(a.Demand.ID, b.Demand.ID)
	})
	return out
}

func (r *Register) stand(d Demand, asOf time.Time) Standing {
	s := Standing{Demand: d, Instrument: r.instrument(d.Instrument)}
	for _, a := range r.answers[d.ID] {
		if !a.Withdrawn && (!a.Date.Known() || !a.Date.Time.After(asOf)) {
			s.Answers = append(s.Answers, a)
		}
	}
	slices.SortStableFunc(s.Answers, func(a, b Answer) int { return a.Date.Time.Compare(b.Date.Time) })
	if d.Due.Known() {
		days := int(asOf.Sub(d.Due.Day).Hours() / 24)
		s.Late, s.Left = max(0, days), max(0, -days)
	}
	s.Status = s.status(asOf)
	return s
}

// status: what ends a demand comes first, then what keeps it from being judged, then the calendar.
func (s *Standing) status(asOf time.Time) Status {
	d := s.Demand
	switch {
	case s.Instrument == nil:
		return InstrumentAbsent
	case slices.Contains(ended, words(s.Instrument.Status)), s.Instrument.Date.Known() && s.Instrument.Date.Time.After(asOf):
		return NotInForce
	case d.Of == "":
		return AddresseeOpen
	case d.Condition != "" && (!d.ConditionMet.Known() || d.ConditionMet.Time.After(asOf)):
		return Conditional
	}
	last := Acted("")
	for _, a := range s.Answers {
		if a.Acted != Silent {
			last = a.Acted
		}
	}
	switch {
	case last == Done:
		for _, a := range s.Answers {
			if a.Acted == Done && a.Date.Known() && d.Due.Known() {
				s.Late = max(0, int(a.Date.Time.Sub(d.Due.Day).Hours()/24))
				break
			}
		}
		return Met
	case last == Refused:
		return DeclinedToMeet
	case !d.Due.Known():
		return DueUnknown
	case s.Late > 0:
		return Overdue
	case last == Partly:
		return PartlyMet
	case s.Left <= soonDays:
		return DueSoon
	}
	return Pending
}

// Words says a status in a sentence that accuses nobody.
func (s Standing) Words() string {
	switch s.Status {
	case Overdue:
		return "its day has passed; no answer on file says that it was done"
	case Met:
		if s.Late > 0 {
			return "an answer on file says that it was done, after its day"
		}
		return "an answer on file says that it was done"
	case DeclinedToMeet:
		return "an answer on file says that the addressee declined"
	case PartlyMet:
		return "an answer on file says that part of it was done"
	case Conditional:
		return "it holds under a condition that is not known to have come about: " + s.Demand.Condition
	case AddresseeOpen:
		return "the row does not say of whom it is demanded"
	case InstrumentAbsent:
		return "no row describes the instrument " + s.Demand.Instrument
	}
	return string(s.Status)
}
