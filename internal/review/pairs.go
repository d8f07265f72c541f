package review

import (
	"context"
	"slices"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// readPairs reads the files that tie LEI to ISIN. Such files hold millions of pairs: of them only those
// are kept of which the records name a number.
func (r *run) readPairs(ctx context.Context, sink record.Sink) error {
	if !slices.ContainsFunc(r.inputs, func(in input) bool { return in.kind == kindPairs }) {
		return nil
	}
	named := map[party.Identifier][]int32{}
	for m, x := range r.book.Mentions() {
		for _, id := range x.Ref.Identifiers {
			if id = id.Normal(); id.Scheme == "LEI" || id.Scheme == "ISIN" {
				named[id] = append(named[id], int32(m))
			}
		}
	}
	mentions := r.book.Mentions()
	r.more = map[int32][]party.Identifier{}
	for i := range r.inputs {
		in := &r.inputs[i]
		if in.kind != kindPairs {
			continue
		}
		stats, err := table.NumberPairs(ctx, in.src, sink, func(lei, isin party.Identifier) error {
			for _, m := range named[isin.Normal()] {
				if !slices.ContainsFunc(mentions[m].Ref.Identifiers, func(id party.Identifier) bool {
					return id.Scheme == "LEI"
				}) {
					r.more[m] = append(r.more[m], lei)
				}
			}
			for _, m := range named[lei.Normal()] {
				r.more[m] = append(r.more[m], isin)
			}
			return nil
		})
		if err != nil {
			return err
		}
		in.stats = stats
	}
	return nil
}
