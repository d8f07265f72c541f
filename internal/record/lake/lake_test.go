package lake

import (
	"strings"
	"testing"

	"plimsoll/internal/record/focus"
)

// TestNames: what is written in a name stays a name, or is refused.
func TestNames(t *testing.T) {
	for _, d := range Dialects {
		for _, name := range []string{`t"; DROP TABLE x; --`, "t`; DROP TABLE x; --", "a\nb", "", "a..b", `"open`} {
			text, err := SQL(Options{Dialect: string(d), Table: name, Columns: focus.LakeColumns("1.2", "aws"),
				Snapshot: "it's"})
			if err == nil && strings.Contains(text, "FROM t") {
				t.Errorf("%s: table %q stands unquoted", d, name)
			}
		}
		text, err := SQL(Options{Dialect: string(d), Table: "a.b", Columns: append(focus.LakeColumns("1.2", "aws"),
			"x_Secret"), Snapshot: "s"})
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Tags", "ResourceId", "ResourceName", "x_Secret", "SubAccountName"} {
			if strings.Contains(text, word) {
				t.Errorf("%s: the statement names %s", d, word)
			}
		}
	}
}
