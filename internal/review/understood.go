package review

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/signal"
)

// Understood says how much of the records' own words is understood. What is not is never taken
// for harmless: rules that need it are not computable.
type Understood struct {
	Items        int64        `json:"items_understood"` // lines
	Of           int64        `json:"items"`
	Value        []ItemValue  `json:"items_value"`
	Wordings     int64        `json:"wordings_not_understood"`
	Largest      []UnreadItem `json:"largest_not_understood"`
	EndUsers     int          `json:"end_users"`
	KindUnknown  int          `json:"end_users_of_unknown_kind"`
	KindsUnknown []string     `json:"first_of_unknown_kind"` // the first by name
	Words        []WordNote   `json:"words_not_understood"`  // of coded columns, as the readers noted them
}

// An ItemValue is the value of engagements with items, and the share of those whose every item is understood.
type ItemValue struct {
	Currency string  `json:"currency"`
	Total    string  `json:"total"`
	Share    float64 `json:"share_understood"`
}

// An UnreadItem is a wording of an item that says nothing to the tables.
type UnreadItem struct {
	Text     string `json:"text"`
	Scheme   string `json:"scheme,omitempty"`
	Code     string `json:"code,omitempty"`
	Lines    int64  `json:"lines"`
	Value    string `json:"value,omitempty"` // of the engagements that hold it
	Currency string `json:"currency,omitempty"`
}

// A WordNote is what a reader noted of a file about words that it did not understand.
type WordNote struct {
	File string `json:"file"`
	Note string `json:"note"`
}

// AccountGaps are accounts that stand in the register or in the bills only, or in both in other
// spellings. Each is counted whole; the first are listed.
type AccountGaps struct {
	WithoutBill     int           `json:"without_bill"`
	FirstNoBill     []string      `json:"first_without_bill"`
	WithoutRegister int           `json:"without_register"`
	FirstNoRegister []BillAccount `json:"first_without_register"` // the most of the cost first
	OtherSpelling   int           `json:"other_spelling"`
	FirstSpelling   []Spelling    `json:"first_other_spelling"`
}

// A BillAccount is an account of the bills that no register row ties to a party.
type BillAccount struct {
	Account string  `json:"account"`
	Charges int64   `json:"charges"`
	Cost    float64 `json:"share_of_cost"`
}

// A Spelling is an account id of the bills that was taken for one of the register.
type Spelling struct {
	Bill     string `json:"bill"`
	Register string `json:"register"`
}

// listedFirst is how many accounts, items and bodies are listed of each kind.
const listedFirst = 20

// understood fills what the records hold that is not understood, not tied, or not used.
func (r *run) understood(ctx context.Context) error {
	for _, a := range r.signal.After() {
		r.sum.After = append(r.sum.After, AfterReview(a))
	}
	u, err := r.signal.Understood(ctx)
	if err != nil {
		return err
	}
	out := Understood{Items: u.Items, Of: u.Of, Wordings: u.Kinds, Value: []ItemValue{}, Largest: []UnreadItem{},
		KindsUnknown: []string{}, Words: []WordNote{}}
	for _, v := range u.Value {
		out.Value = append(out.Value, ItemValue{v.Currency, v.Total, round4(v.Tied)})
	}
	for _, x := range u.Largest {
		out.Largest = append(out.Largest, UnreadItem{x.Text, x.Scheme, x.Code, x.Lines, x.Value, x.Currency})
	}
	users, err := r.signal.EndUsers(ctx)
	if err != nil {
		return err
	}
	out.EndUsers = len(users)
	for _, p := range users {
		if !r.classes[p].Known() {
			out.KindUnknown++
			out.KindsUnknown = append(out.KindsUnknown, r.res.Parties[p].Name)
		}
	}
	slices.Sort(out.KindsUnknown)
	out.KindsUnknown = first(out.KindsUnknown)
	for _, in := range r.sum.Inputs {
		for _, note := range in.Notes {
			if strings.Contains(note, "not understood") {
				out.Words = append(out.Words, WordNote{in.File, note})
			}
		}
	}
	r.sum.Understood = out
	return r.accountGaps(ctx)
}

func (r *run) accountGaps(ctx context.Context) error {
	g := AccountGaps{FirstNoRegister: []BillAccount{}, FirstSpelling: []Spelling{}}
	without, err := r.signal.WithoutBill(ctx)
	if err != nil {
		return err
	}
	g.WithoutBill, g.FirstNoBill = len(without), first(without)
	unmapped, err := r.signal.Unmapped(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(unmapped, func(a, b signal.UnmappedAccount) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(b.Charges, a.Charges))
	})
	g.WithoutRegister = len(unmapped)
	for _, a := range first(unmapped) {
		g.FirstNoRegister = append(g.FirstNoRegister, BillAccount{a.Account, a.Charges, round4(a.Cost)})
	}
	ties := r.signal.Ties()
	g.OtherSpelling = len(ties)
	for _, t := range first(ties) {
		g.FirstSpelling = append(g.FirstSpelling, Spelling(t))
	}
	r.sum.Accounts = g
	return nil
}

// first are those of a list that are shown.
func first[T any](list []T) []T { return list[:min(len(list), listedFirst)] }

// nothingChecked says why no subject could be looked at, if none could. A run that looked at
// nobody must not read as clear.
func (r *run) nothingChecked() {
	c := r.sum.Counts
	var why []string
	switch {
	case c.Records == 0 && c.Rejects > 0:
		why = append(why, "no row of the files could be used; rejects.jsonl says why of each")
	case c.Records == 0:
		why = append(why, "the files hold no record")
	case c.Parties == 0 && r.sum.Coverage.Usage.Accounts == 0:
		why = append(why, "the records name neither a party nor an account")
	}
	if len(r.pack.Rules("")) == 0 {
		why = append(why, fmt.Sprintf("no rule of the packs is in force on %s", r.sum.AsOf))
	}
	r.sum.NothingChecked = why
}
