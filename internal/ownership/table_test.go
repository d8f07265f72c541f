package ownership

import (
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		in     string
		lo, hi float64
		open   bool
		known  bool
	}{
		{"51", .51, .51, false, true}, {"51 %", .51, .51, false, true}, {"33,3 %", .333, .333, false, true},
		{"100", 1, 1, false, true}, {"0", 0, 0, false, true}, {"25-50", .25, .5, false, true}, {"25 to 50 %", .25, .5,
			false, true},
		{"25 % – 50 %", .25, .5, false, true}, {"> 50", .5, 1, true, true}, {"more than 25 percent", .25, 1, true,
			true},
		{"at least 75%", .75, 1, false, true}, {"up to 10", 0, .1, false, true}, {"0.51", .0051, .51, false, true},
		{"0.5 %", .005, .005, false, true}, {"1", .01, 1, false, true},
		{"mehr als 25 %", .25, 1, true, true}, {"plus de 50 pour cent", .5, 1, true, true}, {"al menos 25%", .25, 1,
			false, true}, {"не менее 75 %", .75, 1, false, true},
		{"более 25 %, но не более 50 %", .25, .5, true, true}, {"more than 25% but not more than 50%", .25, .5, true,
			true}, {"от 25 до 50", .25, .5, false, true},
		{"zwischen 25 und 50 Prozent", .25, .5, false, true}, {"from 25 to 50", .25, .5, false, true},
		{"25 bis 50 %", .25, .5, false, true}, {"bis zu 10 Prozent", 0, .1, false, true},
		{"超过50%", .5, 1, true, true}, {"51 ％", .51, .51, false, true}, {"över 25 procent", .25, 1, true, true},
		{"not more than 10", 0, .1, false, true}, {"NOT LESS THAN 75 PCT", .75, 1, false, true},
		{"50 50", 0, 1, false, false}, {"25 or 50", 0, 1, false, false}, {"overseas 25", 0, 1, false, false},
		{"", 0, 1, false, false}, {"majority", 0, 1, false, false}, {"150", 0, 1, false, false}, {"50-25", 0, 1, false,
			false}, {"-5", 0, 1, false, false},
	} {
		lo, hi, open, known := Share(tt.in)
		if !near(lo, tt.lo) || !near(hi, tt.hi) || open != tt.open || known != tt.known {
			t.Errorf("Share(%q) = %v, %v, %v, %v; want %v, %v, %v, %v", tt.in, lo, hi, open, known, tt.lo, tt.hi,
				tt.open, tt.known)
		}
	}
}

func TestRow(t *testing.T) {
	for _, tt := range []struct {
		name         string
		row          record.Ownership
		min, max     float64
		known        bool
		control, hid bool
	}{
		{"a share", record.Ownership{Share: "60", Kind: "shareholder of"}, .6, .6, true, false, false},
		{"no share", record.Ownership{Kind: "shareholding"}, 0, 1, false, false, false},
		{"a share that cannot be read", record.Ownership{Share: "most"}, 0, 1, false, false, false},
		{"votes", record.Ownership{Share: "60", Kind: "voting rights"}, 0, 0, false, true, false},
		{"a share with control", record.Ownership{Share: "30", Kind: "shares", Control: "yes"}, .3, .3, true, true,
			false},
		{"an office", record.Ownership{Kind: "director of"}, 0, 0, true, false, false},
		{"an owner who is not named", record.Ownership{Reason: "bearer shares"}, 0, 1, false, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.row.Owned = party.Ref{Name: "Corvin"}
			if !tt.hid {
				tt.row.Owner = party.Ref{Name: "Ostrin"}
			}
			st := Row(&tt.row)
			if !near(st.Min, tt.min) || !near(st.Max, tt.max) || st.ShareKnown != tt.known ||
				st.Control != tt.control || st.Hidden() != tt.hid || st.Owner.Zero() {
				t.Errorf("%+v", st)
			}
		})
	}
}

func FuzzShare(f *testing.F) {
	for _, s := range []string{"51 %", "mehr als 25 %", "25 to 50", "от 25 до 50", "超过50%", ">= 25 to 20", "0,5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lo, hi, open, known := Share(s)
		if lo < 0 || lo > hi || hi > 1 || !known && (lo != 0 || hi != 1 || open) {
			t.Errorf("Share(%q) = %v, %v, %v, %v", s, lo, hi, open, known)
		}
	})
}

// FuzzEachRow reads any text as a table of owners: no panic, and each row that cannot be read has a place and a reason.
func FuzzEachRow(f *testing.F) {
	f.Add("a,b\n1,\"2\n3\"\n4\n")
	f.Add("a;b;c\n\"1;2\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "x.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = EachRow(t.Context(), record.Source{Path: path, Name: "x.csv"}, func(TableRow) error { return nil },
			func(at, reason string) error {
				if at == "" || reason == "" {
					t.Errorf("place %q, reason %q", at, reason)
				}
				return nil
			})
	})
}
