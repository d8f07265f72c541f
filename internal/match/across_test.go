package match

import (
	"testing"

	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// TestAcross compares names of one body, firm or person in two scripts or spellings, and near misses.
func TestAcross(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		kind       name.Kind
		same       bool
	}{
		{"supreme court in Russian", "Supreme Court", "Верховный суд", name.Org, true},
		{"supreme court in Chinese", "Supreme Court", "最高法院", name.Org, true},
		{"supreme and high court", "Supreme Court of Ostre", "High Court of Ostre", name.Org, false},
		{"ministry in Thai", "Ministry of Justice", "กระทรวงยุติธรรม", name.Org, true},
		{"ordinals in Arabic", "45th Brigade", "اللواء الخامس والأربعون", name.Org, true},
		{"other ordinal in Arabic", "46th Brigade", "اللواء الخامس والأربعون", name.Org, false},
		{"high roman numeral", "46th Brigade", "XLVI Brigade", name.Org, true},
		{"other high roman numeral", "64th Brigade", "XLVI Brigade", name.Org, false},
		{"feminine ordinal in Spanish", "8th Infantry Division", "Octava División de Infantería", name.Org, true},
		{"other feminine ordinal", "9th Infantry Division", "Octava División de Infantería", name.Org, false},
		{"contracting in Arabic", "Marwan Contracting LLC", "شركة مروان للمقاولات ذ.م.م", name.Org, true},
		{"optics in Arabic", "Selta Optics Establishment", "مؤسسة سلتا للبصريات", name.Org, true},
		{"an ordinal in another language, and a general word", "First Bank", "Erste Bank", name.Org, false},
		{"the same with other legal forms", "Second Insurance Ltd", "Deuxième Assurance SA", name.Org, false},
		{"an ordinal with a figure", "1st Bank", "First Bank", name.Org, true},
		{"an ordinal in another language beside a name", "First Quelvane Bank", "Erste Quelvane Bank", name.Org, true},
		{"an ordinal of a body in another language", "1st Army", "Première Armée", name.Org, true},
		{"a known name of the same consonants", "Mahmoud Ali", "محمد علي", name.Person, false},
		{"a second vowel that would be written", "Bihar", "بحر", name.Org, false},
		{"a second vowel that is written", "Jihad", "جهاد", name.Org, true},
		{"initials before an article", "S. K. Al-Harbi", "Salim Khalid al-Harbi", name.Person, true},
		{"other initials before an article", "T. N. Al-Harbi", "Salim Khalid al-Harbi", name.Person, false},
		{"initials without points", "JA Mbeki", "John Anders Mbeki", name.Person, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s compare.Scorer
			got := s.Names(name.Parse(tt.a, tt.kind), name.Parse(tt.b, tt.kind))
			if (got >= Threshold) != tt.same {
				t.Errorf("score of %q and %q = %.3f, want same = %v", tt.a, tt.b, got, tt.same)
			}
		})
	}
}
