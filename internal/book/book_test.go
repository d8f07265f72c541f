package book

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

func open(t *testing.T) *Book {
	t.Helper()
	b, err := Open(t.Context(), t.TempDir(), "256MB")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(b.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
			t.Errorf("panic = %q, want %q", got, want)
		}
	}()
	f()
}

// TestTable: schema, order and values of a table come from its struct type.
func TestTable(t *testing.T) {
	b := open(t)
	type row struct {
		Seq       int64
		Source    int32
		EndUser   Number
		AtID      string `col:"place"`
		Sum       record.Decimal
		SignedOn  record.Date
		Seen      sql.NullTime
		Share     *float64
		Told      *bool
		Withheld  bool
		StorageTb float64
	}
	table, err := b.Create(t.Context(), "thing", row{})
	if err != nil {
		t.Fatal(err)
	}
	var schema []string
	err = b.Each(t.Context(), "describe", "SELECT column_name, data_type FROM information_schema.columns WHERE "+
		"table_name = 'thing' ORDER BY ordinal_position",
		func(r *sql.Rows) error {
			var name, kind string
			err := r.Scan(&name, &kind)
			schema = append(schema, name+" "+kind)
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"seq BIGINT", "source INTEGER", "end_user INTEGER", "place VARCHAR", "sum DECIMAL(38,12)",
		"signed_on DATE", "seen DATE",
		"share DOUBLE", "told BOOLEAN", "withheld BOOLEAN", "storage_tb DOUBLE"}
	if diff := cmp.Diff(want, schema); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	share, told := 0.25, false
	for _, r := range []row{
		{Seq: 1, Source: 2, EndUser: 0, AtID: "row 1", Sum: "1.5", SignedOn: record.DayOf(2031, 2, 3), Share: &share,
			Told: &told, Withheld: true,
			Seen: sql.NullTime{Time: time.Date(2031, 2, 4, 0, 0, 0, 0, time.UTC), Valid: true}, StorageTb: 7},
		{Seq: 2, EndUser: -1}, // what is not there is NULL
	} {
		if err := table.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = b.Each(t.Context(), "read", "SELECT concat_ws('|', seq, source, coalesce(end_user, -9), place, "+
		"coalesce(sum, -9), coalesce(CAST(signed_on AS VARCHAR), '-'), coalesce(CAST(seen AS VARCHAR), '-'), "+
		"coalesce(share, -9), coalesce(CAST(told AS VARCHAR), '-'), withheld, storage_tb) FROM thing ORDER BY seq",
		func(r *sql.Rows) error {
			var s string
			err := r.Scan(&s)
			got = append(got, s)
			return err
		})
	wantRows := []string{"1|2|0|row 1|1.500000000000|2031-02-03|2031-02-04|0.25|false|true|7.0",
		"2|0|-9||-9.000000000000|-|-|-9.0|-|false|0.0"}
	if diff := cmp.Diff(wantRows, got); diff != "" || err != nil {
		t.Errorf("rows (-want +got):\n%s%v", diff, err)
	}
	if err := errors.Join(table.Close(), table.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
	panics(t, "is no row of table thing", func() { _ = table.Append(struct{ Seq int64 }{1}) })
	panics(t, "no column can hold a", func() { _, _ = b.Create(t.Context(), "other", struct{ List []string }{}) })

	again, err := b.Create(t.Context(), "thing", struct{ Word string }{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(again.Append(struct{ Word string }{"new"}), again.Close()); err != nil {
		t.Errorf("a table in place of another: %v", err)
	}
}

// A stranger is a record of no kind that the book knows.
type stranger struct{ record.Record }

func (stranger) Where() record.Place { return record.Place{} }

// TestErrors: what fails says what was done.
func TestErrors(t *testing.T) {
	b := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name, want string
		err        error
	}{
		{"a query", "count things", b.Each(t.Context(), "count things", "SELECT * FROM nothing", nil)},
		{"a scan", "list", b.Each(t.Context(), "list", "SELECT 1", func(*sql.Rows) error { return errors.New("no") })},
		{"a table from a query", "prepare table x", b.Derive(t.Context(), "x", "SELECT * FROM nothing")},
		{"an end", "prepare table x", b.Derive(ctx, "x", "SELECT 1 AS n")},
		{"no record", "is no kind of record", b.Add(stranger{})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", tt.err, tt.want)
			}
		})
	}
	if _, err := Open(t.Context(), t.TempDir()+"/nowhere", "1GB"); err == nil {
		t.Error("a book in a folder that is not there")
	}
}

// TestColumns: what sources lack, declare and could not be read stays known.
func TestColumns(t *testing.T) {
	b := open(t)
	ref := party.Ref{Name: "Army", Scope: "register"}
	b.Declare(Clauses, record.Columns{"reference": true})
	b.Declare("no such table", nil)
	b.Unusable(Claims, "claims.csv")
	b.Unusable("no such table", "x")
	b.Lose(Support, 1)
	b.Reject(record.Reject{Kind: Support})
	b.Reject(record.Reject{Kind: Support, Kept: true})
	b.Lose("no such table", 1)
	for _, r := range []record.Record{
		&record.Account{AccountID: "A1", Party: ref, Lacks: record.Columns{"end_user": true, "since": true}},
		&record.Account{AccountID: "A2", Party: ref, Lacks: record.Columns{"end_user": true}},
		&record.Approval{Kind: "Human-rights  Review", Outcome: "Zzz", Unread: []record.Unread{
			{Column: "outcome", Value: "Zzz"}}},
		&record.Approval{Kind: "x", Outcome: "Yyy", Unread: []record.Unread{{Column: "outcome", Value: "Yyy"}}},
		&record.Approval{Kind: "x", Outcome: "Yyy", Unread: []record.Unread{{Column: "outcome", Value: "Yyy"}}},
	} {
		if err := b.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	for column, want := range map[string]bool{
		// one source has it
		"accounts": true, "accounts.account_id": true, "accounts.party_name": true, "accounts.since": true,
		"accounts.end_user": false, "clauses": true, "clauses.clause": true, "clauses.reference": false,
		"claims": false, "claims.grade": false, "support": false, "usage": false, "nothing.at_all": false,
	} {
		t.Run(column, func(t *testing.T) {
			if got := b.Has(column); got != want {
				t.Errorf("Has(%q) = %v", column, got)
			}
		})
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	var bits int64
	if err := b.DB().QueryRow("SELECT lacks FROM account WHERE account = 'A1'").Scan(&bits); err != nil {
		t.Fatal(err)
	}
	lacks := b.Lacking(Accounts, bits)
	for column, want := range map[string]bool{"accounts.end_user": true, "accounts.since": true,
		"accounts.until": false, "claims.since": false, "since": false} {
		if lacks(column) != want {
			t.Errorf("lacks %s = %v", column, lacks(column))
		}
	}
	if got := b.Unread(Claims); !slices.Equal(got, []string{"claims.csv"}) || b.Unread("no such table") != nil {
		t.Errorf("unread = %v", got)
	}
	if b.Rejected(Support) != 2 || b.Rejected(Events) != 0 || b.Rejected("no such table") != 0 {
		t.Errorf("rejected = %d, %d", b.Rejected(Support), b.Rejected(Events))
	}
	if rows, word := b.Doubted("approvals.outcome"); rows != 3 || word != "Yyy" {
		t.Errorf("doubted = %d %q", rows, word)
	}
	if b.Rows(Approvals) != 3 || b.Rows("no such table") != 0 || !slices.Contains(Tables(), Approvals) {
		t.Errorf("rows = %d, tables %v", b.Rows(Approvals), Tables())
	}
}

// TestMentions: each distinct way to name a party has one number, and its roles are counted.
func TestMentions(t *testing.T) {
	b := open(t)
	army := party.Ref{Name: "Army", Scope: "register"}
	also := army
	also.Identifiers = []party.Identifier{{Scheme: "VAT", ID: "1"}}
	at := record.Place{Source: 3, At: "row 9"}
	for i, tt := range []struct {
		ref  party.Ref
		role string
		want int32
	}{{army, Buyer, 0}, {army, Buyer, 0}, {army, Claimed, 0}, {also, Seller, 1}, {party.Ref{}, Buyer, -1},
		{also, "", 1}} {
		if got := b.Mention(tt.ref, tt.role, at); got != tt.want {
			t.Errorf("%d: mention = %d, want %d", i, got, tt.want)
		}
	}
	want := []Mention{
		{Ref: army, Lone: true, Roles: map[string]int{Buyer: 2, Claimed: 1}, First: at, Places: placesOf(at),
			Rows: 1, Beside: []int32{1}},
		{Ref: also, Roles: map[string]int{Seller: 1}, First: at, Places: placesOf(at), Rows: 1, Beside: []int32{
			0}},
	}
	if diff := cmp.Diff(want, b.Mentions(), cmp.AllowUnexported(Places{}, placed{})); diff != "" || b.MentionCount() != 2 {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	roles := map[string]int32{}
	b.EachRole(func(m int32, role string) { roles[role] = m })
	if !cmp.Equal(roles, map[string]int32{Buyer: 0, Claimed: 0, Seller: 1}) {
		t.Errorf("roles = %v", roles)
	}
}

// TestLoneNames: a name that says too little, with nothing beside it, is a mention in each
// record; one that says whom it means is one.
func TestLoneNames(t *testing.T) {
	b := open(t)
	row := func(n string) record.Place { return record.Place{Source: 1, At: "row " + n} }
	unit, rare := party.Ref{Name: "Unit 4110", Scope: "register"}, party.Ref{Name: "Quorvane Biometrics",
		Scope: "register"}
	for i, tt := range []struct {
		ref  party.Ref
		at   record.Place
		of   string
		want Number
	}{
		{unit, row("2"), "", 0}, {unit, row("2"), "", 0}, {unit, row("3"), "", 1}, {unit, row("4"), "account A-1", 2},
		{unit, row("5"), "account A-1", 2}, {rare, row("2"), "", 3}, {rare, row("3"), "account A-1", 3},
	} {
		if got := b.intern(tt.ref, Buyer, tt.at, tt.of); got != tt.want {
			t.Errorf("%d: mention = %d, want %d", i, got, tt.want)
		}
	}
	if m := b.Mentions()[2]; m.Record != "account A-1" || m.Rows != 2 || m.Places.Len() != 2 {
		t.Errorf("mention of two rows of one account: %+v", m)
	}
}

// TestOrphans: rows that speak of an engagement which is not there.
func TestOrphans(t *testing.T) {
	b := open(t)
	at := func(n string) record.Place { return record.Place{Source: 1, At: n} }
	for _, r := range []record.Record{
		&record.Engagement{ID: "K-1", Buyer: party.Ref{Name: "Army"}},
		&record.Clause{Place: at("row 1"), Engagement: "K-1", Clause: "secrecy"},
		&record.Clause{Place: at("row 2"), Engagement: "K-l", Clause: "secrecy"},
		&record.Approval{Place: at("row 3"), Engagement: "K-9", Kind: "x"},
		// tied by its party
		&record.Approval{Place: at("row 4"), Engagement: "K-9", Kind: "x", Party: party.Ref{Name: "Army"}},
		&record.Approval{Place: at("row 5"), Kind: "x", Party: party.Ref{Name: "Army"}},
	} {
		if err := b.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	var got []Orphan
	if err := b.Orphans(t.Context(), func(o Orphan) error { got = append(got, o); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []Orphan{{Approvals, "K-9", at("row 3")}, {Clauses, "K-l", at("row 2")}}; !cmp.Equal(got, want) {
		t.Errorf("orphans = %+v", got)
	}
}

func TestWord(t *testing.T) {
	for in, want := range map[string]string{" Human-Rights  Review ": "human_rights_review", "": "", "NO": "no",
		"a_-\tb": "a_b"} {
		if got := Word(in); got != want {
			t.Errorf("Word(%q) = %q, want %q", in, got, want)
		}
	}
}
