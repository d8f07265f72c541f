package review

import (
	"plimsoll/internal/capability"
	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/ocds"
	"plimsoll/internal/record/table"
	"plimsoll/internal/signal"
)

// ingestSink puts what decoders read into the book, the ownership statements beside it and
// the rejects into their file.
type ingestSink struct{ run *run }

// Record implements [record.Sink].
func (s *ingestSink) Record(rec record.Record) error {
	if o, ok := rec.(*record.Ownership); ok {
		if o.Reason == ocds.MaybePerson && capability.HasLegalForm(o.Owner.Name) {
			o.Reason = ""
		} else if o.Reason == ocds.MaybePerson { // a person's name goes no further; that somebody owns it is known
			o.Owner = party.Ref{}
		}
		return s.Statement(ownership.Row(o))
	}
	s.run.sum.Counts.ByTable[kindOf(rec)]++
	if s.run.countries != nil {
		s.run.noteCountries(rec)
	}
	if s.run.o.rename != nil {
		s.run.o.rename.record(rec)
	}
	if o, ok := rec.(*record.Obligation); ok {
		s.run.obligation(o)
	}
	if p, ok := rec.(*record.Product); ok {
		s.run.product(p)
		return nil
	}
	if p, ok := rec.(*record.Listed); ok {
		s.run.places = append(s.run.places, signal.ListedPlace{Listed: *p})
		return nil
	}
	return s.run.book.Add(rec)
}

// Reject implements [record.Sink].
func (s *ingestSink) Reject(r record.Reject) error {
	if s.run.o.rename != nil && r.Of != nil {
		s.run.o.rename.record(r.Of)
	}
	if r.Kind == table.Places && !r.Kept {
		s.run.placesLost++
	}
	s.run.book.Reject(r)
	return s.run.reject(r)
}

// Statement implements [ownership.Sink].
func (s *ingestSink) Statement(st ownership.Statement) error {
	s.run.sum.Counts.ByTable["ownership"]++
	if s.run.o.rename != nil {
		st = s.run.o.rename.statement(st)
	}
	if s.run.countries != nil {
		countryWords(s.run.countries).ref(st.Owner)
		countryWords(s.run.countries).ref(st.Owned)
	}
	s.run.edges = append(s.run.edges, edge{
		owner: s.run.book.Mention(st.Owner, "owner", st.Place),
		owned: s.run.book.Mention(st.Owned, "owned", st.Place),
		place: st.Place, edge: st.Edge(0, 0, int32(len(s.run.edges))), since: st.Since, until: st.Until, kind: st.Kind,
		reason: st.Reason,
	})
	return nil
}

// Party implements [ownership.Sink]: a register's entry adds identifiers to a name.
func (s *ingestSink) Party(ref party.Ref) error {
	if s.run.o.rename != nil {
		ref = s.run.o.rename.ref(ref)
	}
	s.run.book.Mention(ref, "", record.Place{})
	return nil
}

func kindOf(rec record.Record) string {
	switch rec := rec.(type) {
	case *record.Engagement:
		return "engagements"
	case *record.Account:
		return "accounts"
	case *record.Claim:
		return "claims"
	case *record.Clause:
		return "clauses"
	case *record.Approval:
		return "approvals"
	case *record.Support:
		return "support"
	case *record.Amendment:
		return "amendments"
	case *record.Transaction:
		return "transactions"
	case *record.Event:
		return "events"
	case *record.Holding:
		return "holdings"
	case *record.Product:
		return "products"
	case *record.Listed:
		return "places"
	case *record.Obligation:
		return rec.Table
	case *record.Commitment:
		return "commitments"
	}
	return "other"
}
