package book

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/resolve"
)

// Rows that could not be used. What is not known because of one counts where it could matter:
//
//   - A row whose columns were told apart concerns those whom it names, and nobody else: an order without its number
//     may be any order of its buyer and of its end user, and none of other people.
//   - A row whose cells are out of place (one too many, one too few) concerns those whose name, number or engagement
//     stands in one of its cells. Others may stand there torn in two, so that it may concern anybody besides.
//   - A row that names nobody may concern anybody.
//
// What may concern anybody is counted by table ([Book.Rejected]). What follows from that for the answers about
// everybody is decided in package signal, see signal.Run.Nameless.

// A Torn row is a row of a register table that could not be used and names somebody all the same.
type Torn struct {
	Table       string
	Mentions    []int32  // the parties that it names
	Engagements []string // and the engagements

	cells []string // whose columns could not be told apart
}

// mostTorn is how many torn rows are kept; more of them may concern anybody.
const mostTorn = 100_000

// Ownership is what statements of ownership are called among the tables; they have none of their own in the book.
const Ownership = "ownership"

// partsOf are the tables that records of other formats belong to. What of those could not be used (a release, a
// statement) is no row of one engagement or interest: it is said of the run ([Book.Unplaced]).
var partsOf = map[string]string{"ocds": Engagements, "ted": Engagements, "bods": Ownership, "gleif": Ownership,
	"psc": Ownership,
	"ftm": Ownership, "icij": Ownership}

// Reject notes a row of a register table, or a record of another format, that could not be used: x.Kind names which.
func (b *Book) Reject(x record.Reject) {
	if x.Kept {
		return
	}
	if table := partsOf[x.Kind]; table != "" {
		b.unplaced[table]++
		return
	}
	r := b.registers[x.Kind]
	if r == nil && x.Kind != Ownership {
		return
	}
	t := Torn{Table: x.Kind, cells: x.Cells}
	if x.Of != nil {
		t.name(b, x.Of)
	}
	named := len(t.Mentions) > 0 || len(t.Engagements) > 0
	switch {
	case named && len(b.torn) < mostTorn:
	case r == nil:
		b.unplaced[x.Kind]++
	default:
		r.rejected++
	}
	if (named || len(t.cells) > 0) && len(b.torn) < mostTorn {
		b.torn = append(b.torn, t)
	}
}

// Lose notes rows of a register table of which nothing is known.
func (b *Book) Lose(table string, rows int) {
	if r := b.registers[table]; r != nil {
		r.rejected += int64(rows)
	}
}

// Rejected returns how many rows of a register table may concern anybody: they could not be used and name nobody for
// certain, or nobody that a number or name tells of them.
func (b *Book) Rejected(table string) int64 {
	if r := b.registers[table]; r != nil {
		return r.rejected
	}
	return 0
}

// Unplaced returns how many records of other formats, and statements of ownership that name nobody, could not be used.
func (b *Book) Unplaced(table string) int64 { return b.unplaced[table] }

// nameless notes a row that was read and is about a party of which it has neither a name nor a number that
// identifies anybody: it may be about anybody.
func (b *Book) nameless(r *register, ref party.Ref) {
	if ref.Name != "" || ref.LocalID != "" || len(ref.Identifiers) == 0 {
		return
	}
	if !slices.ContainsFunc(ref.Identifiers, resolve.Usable) {
		r.rejected++
	}
}

// name notes whom a record names that cannot stand in the book, and in which engagement.
func (t *Torn) name(b *Book, rec record.Record) {
	see := func(refs ...party.Ref) {
		for _, ref := range refs {
			if n := b.intern(ref, "", rec.Where(), ""); n >= 0 {
				t.Mentions = append(t.Mentions, int32(n))
			}
		}
	}
	of := func(id string) {
		if id != "" {
			t.Engagements = append(t.Engagements, id)
		}
	}
	switch x := rec.(type) {
	case *record.Engagement:
		see(x.Buyer, x.EndUser)
		if len(t.Mentions) > 0 { // everybody sells: who sold tells nobody apart
			see(x.Reseller, x.Payer)
		}
	case *record.Account:
		see(x.Party, x.EndUser, x.Reseller)
	case *record.Claim:
		see(x.About)
	case *record.Event:
		see(x.About)
	case *record.Support:
		see(x.Party)
	case *record.Ownership:
		see(x.Owner, x.Owned)
	case *record.Clause:
		of(x.Engagement)
	case *record.Approval:
		see(x.Party)
		of(x.Engagement)
	}
}

// Torn returns the rows that could not be used and name somebody, those whose cells are out of place with whatever
// of the records stands in a cell. The book must be complete.
func (b *Book) Torn(ctx context.Context) ([]Torn, error) {
	in := map[string][]int{} // cell → places in the list
	out := slices.Clone(b.torn)
	for i, t := range out {
		for _, c := range t.cells {
			if c = folded(c); len(c) > 2 {
				in[c] = append(in[c], i)
			}
		}
	}
	if len(in) > 0 {
		for n := range b.mentions {
			ref := &b.mentions[n].ref
			keys := []string{folded(ref.Name), folded(ref.LocalID)}
			for _, id := range ref.Identifiers {
				keys = append(keys, folded(id.ID), folded(id.String()))
			}
			for _, k := range keys {
				for _, i := range in[k] {
					if !slices.Contains(out[i].Mentions, int32(n)) {
						out[i].Mentions = append(out[i].Mentions, int32(n))
					}
				}
			}
		}
		if err := b.Flush(); err != nil {
			return nil, err
		}
		err := b.Each(ctx, "list engagements", "SELECT DISTINCT id FROM engagement ORDER BY id",
			func(r *sql.Rows) error {
				var id string
				if err := r.Scan(&id); err != nil {
					return err
				}
				for _, i := range in[folded(id)] {
					out[i].Engagements = append(out[i].Engagements, id)
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(out, func(t Torn) bool { return len(t.Mentions)+len(t.Engagements) == 0 }), nil
}

func folded(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
