package book

import (
	"slices"
	"testing"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

func placesOf(list ...record.Place) (p Places) {
	for _, at := range list {
		p.add(at)
	}
	return p
}

// TestPlaces: what is packed comes out as it went in.
func TestPlaces(t *testing.T) {
	want := []record.Place{}
	for _, at := range []string{"row 1", "row 2147483647", "row 2147483648", "row 0", "row 01", "row +1", "row ", "row 1a",
		"sheet A row 3", "releases/3/contracts/0", "line 7", "rows/9", "row 17"} {
		want = append(want, record.Place{Source: len(want), At: at})
	}
	p := placesOf(want...)
	if got := slices.Collect(p.All()); !slices.Equal(got, want) || p.Len() != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if texts := len(p.texts); texts != len(want)-3 {
		t.Errorf("%d texts", texts)
	}
}

// TestManyPlaces: a row that names a party in two roles is one place, also past those that are kept.
func TestManyPlaces(t *testing.T) {
	b := open(t)
	ref := party.Ref{Name: "Quorvane Biometrics", Scope: "register"}
	for i := range 3 * MostPlaces {
		at := record.Place{At: "row " + string(rune('0'+i%10)) + "x", Source: i}
		b.Mention(ref, Account, at)
		b.Mention(ref, EndUser, at)
	}
	if m := b.Mentions()[0]; m.Rows != 3*MostPlaces || m.Places.Len() != MostPlaces {
		t.Errorf("%d rows, %d places", m.Rows, m.Places.Len())
	}
}
