package obligation

import (
	"cmp"
	"slices"
	"time"

	"plimsoll/internal/record"
)

// Status is how a demand stands on a day.
type Status string

// The statuses of a demand.
const (
	Met Status = "met" // an answer on file says that it was done
	// an answer on file says that part of it was done, and it is not due yet
	PartlyMet      Status = "partly met"
	DeclinedToMeet Status = "declined" // the addressee refused
	Overdue        Status = "overdue"  // its day has passed, and no answer on file says that it was done
	DueSoon        Status = "due soon" // within soonDays
	Pending        Status = "pending"  // its day lies ahead
	// what they say depends on a day that is not known, or the same for two
	AnswersOpen      Status = "answers leave it open"
	DueUnknown       Status = "due not known" // no day can be reckoned
	AddresseeOpen    Status = "addressee not known"
	Conditional      Status = "condition not met" // as far as is known
	NotInForce       Status = "not in force"      // the instrument is dated after the day, or no longer holds
	InstrumentAbsent Status = "instrument not on file"
)

// Statuses are all of them, in the order in which lists show them.
var Statuses = []Status{Overdue, DueSoon, DeclinedToMeet, PartlyMet, Pending, AnswersOpen, DueUnknown, AddresseeOpen,
	Conditional,
	InstrumentAbsent, NotInForce, Met}

// soonDays is how many days before its day a demand is due soon. Our own choice: a month to answer in.
const soonDays = 30

// ended are statuses of instruments that no longer make demands.
var ended = []string{"superseded", "revoked", "annulled", "lapsed", "withdrawn", "repealed"}

// A Standing is a demand as it stands on a day.
type Standing struct {
	Demand     Demand
	Instrument *Instrument // nil when it is not on file
	Answers    []Answer    // on file on that day or perhaps so, oldest first; withdrawn ones are left out
	Unread     bool        // an answer to it could not be used: there may be more on file
	Status     Status
	Late       int // days since its day, when overdue or met late; else 0
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
		return cmp.Compare(a.Demand.ID, b.Demand.ID)
	})
	return out
}

func (r *Register) stand(d Demand, asOf time.Time) Standing {
	s := Standing{Demand: d, Instrument: r.instrument(d.Instrument), Unread: r.unread[d.ID]}
	for _, a := range r.answers[d.ID] {
		if !a.Withdrawn && (!a.Date.Known() || !a.Date.Time.After(asOf)) {
			s.Answers = append(s.Answers, a)
		}
	}
	slices.SortFunc(s.Answers, func(a, b Answer) int {
		return cmp.Or(a.Date.Time.Compare(b.Date.Time), cmp.Compare(a.ID, b.ID))
	})
	late := 0
	if d.Due.Known() {
		days := int(asOf.Sub(d.Due.Day).Hours() / 24)
		late, s.Left = max(0, days), max(0, -days)
	}
	switch s.Status = s.status(asOf, late > 0); s.Status {
	case Overdue:
		s.Late = late
	case Met:
		s.Late = s.lateWhenMet()
	}
	return s
}

// lateWhenMet returns how many days after its day a demand was done for the first time; 0 where that may have been in
// time.
func (s *Standing) lateWhenMet() int {
	for _, a := range s.Answers {
		if a.Acted == Done && a.Date.Known() && s.Demand.Due.Known() {
			return max(0, int(a.Date.Time.Sub(s.Demand.Due.Day).Hours()/24))
		}
	}
	return 0
}

// status: what ends a demand comes first, then what keeps it from being judged, then the answers and the calendar.
func (s *Standing) status(asOf time.Time, past bool) Status {
	d := s.Demand
	switch {
	case s.Instrument == nil:
		return InstrumentAbsent
	case slices.Contains(ended, words(s.Instrument.Status)), s.Instrument.Date.Known() &&
		s.Instrument.Date.Time.After(asOf):
		return NotInForce
	case d.Of == "":
		return AddresseeOpen
	case d.Condition != "" && (!d.ConditionMet.Known() || lastDay(d.ConditionMet).After(asOf)):
		return Conditional
	}
	newest := s.newest(asOf)
	status := s.after(newest[0], past)
	for _, a := range newest[1:] {
		if s.after(a, past) != status {
			return AnswersOpen
		}
	}
	return status
}

// newest returns what the newest answer of a day may say; "" for no answer. It is more than one thing where answers
// are of one day, and where the day of an answer is not known, or only its month or year: such an answer may be newer
// than the others, or may not have been there yet.
func (s *Standing) newest(asOf time.Time) []Acted {
	certain := false
	var from time.Time // the first day of the newest answer that was there for certain
	for _, a := range s.Answers {
		if a.Acted != Silent && a.Date.Known() && !lastDay(a.Date).After(asOf) {
			certain, from = true, a.Date.Time
		}
	}
	var out []Acted
	if !certain {
		out = append(out, "")
	}
	for _, a := range s.Answers {
		if a.Acted != Silent && (!certain || !a.Date.Known() || !lastDay(a.Date).Before(from)) {
			out = append(out, a.Acted)
		}
	}
	return out
}

// lastDay returns the end of a date: of a month or year its last day.
func lastDay(d record.Date) time.Time {
	switch d.Prec {
	case record.Year:
		return d.Time.AddDate(1, 0, -1)
	case record.Month:
		return d.Time.AddDate(0, 1, -1)
	}
	return d.Time
}

// after returns how a demand stands when the newest answer is this one.
func (s *Standing) after(a Acted, past bool) Status {
	switch {
	case a == Done && s.Demand.Due.Known():
		return Met
	case a == Refused:
		return DeclinedToMeet
	case !s.Demand.Due.Known():
		return DueUnknown
	case past:
		return Overdue
	case a == Partly:
		return PartlyMet
	case s.Left <= soonDays:
		return DueSoon
	}
	return Pending
}

// OnFile reports whether an answer that says something was on file on the day: certain when one is dated on or before
// it, perhaps when one may be.
func (s *Standing) OnFile(asOf time.Time) (certain, perhaps bool) {
	perhaps = s.Unread
	for _, a := range s.Answers {
		if a.Acted != Silent {
			perhaps = true
			certain = certain || a.Date.Known() && !lastDay(a.Date).After(asOf)
		}
	}
	return certain, perhaps
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
	case AnswersOpen:
		return "the answers on file leave open how it stands: a day is missing or not exact, or two of one day say " +
			"different things"
	case Conditional:
		return "it holds under a condition that is not known to have come about: " + s.Demand.Condition
	case AddresseeOpen:
		return "the row does not say of whom it is demanded"
	case DueUnknown:
		if n := len(s.Answers); n > 0 && s.Answers[n-1].Acted == Done {
			return "an answer on file says that it was done; by when it was demanded is not known"
		}
	case InstrumentAbsent:
		return "no row describes the instrument " + s.Demand.Instrument
	}
	return string(s.Status)
}
