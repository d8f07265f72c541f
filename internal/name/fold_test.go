package name

import "testing"

func TestFold(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"Müller & Söhne GmbH", "muller and sohne gmbh"},
		{"U.S.A. Holdings", "usa holdings"},
		{"Sp. z o.o.", "sp z oo"},
		{"J.P. Lantern", "jp lantern"},
		{"J.P.Lantern", "jp lantern"},
		{"Co.,Ltd", "co ltd"},
		{"O’Brien Int'l", "obrien intl"},
		{"Владимир", "vladimir"},
		{"Щёлково", "shchelkovo"},
		{"Αλέξανδρος", "alexandros"},
		{"Ντούμπας", "ntoubas"},
		{"Բարակ", "barak"},
		{"ბარაკ", "barak"},
		{"김정은", "kim jeongeun"},
		{"محمد علي", "mhmd aly"},
		{"משה", "mshh"},
		{"习近平", "xi jin ping"},
		{"バルタ・オルマ", "baruta oruma"},
		{"キャット シャトー", "kyatto shato"},
		{"สมชาย", "smchay"},
		{"เชียงใหม่", "cheiynghaim"},
		{"Gаzprom", "gazprom"}, // Cyrillic а
		{"a\u200bb\u202ec", "abc"},
		{"e\u0301\u0301\u0301", "e"},
		{"\xff\xfeabc", "abc"},
		{"AT&T", "at and t"},
		{"٤٤ Brigade Ⅻ", "44 brigade xii"},
		{"Straße", "strasse"},
		{"नरेन्द्र मोदी", "nrendr modii"},
	} {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSoundIsSharedByVariants(t *testing.T) {
	for _, group := range [][]string{
		{"mohammed", "muhamad", "mohamed", "muhammet"},
		{"chernov", "tchernov"},
		{"qadir", "kadir"},
		{"shoiko", "shoyko"},
		{"evgeny", "yevgeni"},
	} {
		for _, w := range group[1:] {
			x, y := AppendSound(nil, []byte(w), false), AppendSound(nil, []byte(group[0]), false)
			if string(x) != string(y) {
				t.Errorf("%q has the skeleton %q and %q the skeleton %q, want one", w, x, group[0], y)
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Müller & Söhne", "김정은", "Gаzprom", "\xff\xfe", "e\u0301\u0301", "ﷺ", "a.b.c.d", "金金金々",
		"เชียงใหม่", "Ⅻ ٤٤", "ǣ", "Ǽ", "ǣǣ a", "ǣ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := Fold(s)
		if b := Fold(a); b != a {
			t.Fatalf("Fold(%q) = %q, folded again %q", s, a, b)
		}
		if len(a) > MaxBytes {
			t.Fatalf("Fold(%q) has %d bytes", s, len(a))
		}
		for _, k := range []Kind{Unknown, Person, Org, Vessel} {
			n := Parse(s, k)
			if len(n.Tokens) > 2*MaxTokens {
				t.Fatalf("Parse(%q) has %d words", s, len(n.Tokens))
			}
		}
		Key(s)
		for _, v := range Variants(s) {
			Fold(v)
		}
	})
}
