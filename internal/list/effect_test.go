package list_test

import (
	"testing"

	"plimsoll/internal/list"
)

func TestSetEffects(t *testing.T) {
	for _, tt := range []struct {
		name, id, format string
		entries          []list.Entry
		effect           list.Effect
		fifty            bool
		legal            []list.Effect
	}{
		{"blocked persons", "ofac-sdn", "ofac", []list.Entry{{}, {}}, list.Sanctions, true,
			[]list.Effect{list.Sanctions, list.Sanctions}},
		{"one of two programmes has the rule", "ofac-cons", "ofac",
			[]list.Entry{{Programs: []string{"UKRAINE-EO13662"}}, {Programs: []string{"CMIC-EO13959"}}},
			list.Sanctions, false, []list.Effect{list.Sanctions, list.Sanctions}},
		{"thirteen lists in one", "us-csl", "csl", []list.Entry{
			{Programs: []string{"Specially Designated Nationals (SDN) - Treasury Department"}},
			{Programs: []string{"Entity List (EL) - Bureau of Industry and Security"}},
		}, "", false, []list.Effect{list.Sanctions, list.ExportControl}},
		{"the Council states no share", "un-sc", "un", []list.Entry{{}}, list.Sanctions, false,
			[]list.Effect{list.Sanctions}},
		{"words of a table", "named-x", "named", []list.Entry{{Effect: "Asset freeze"},
			{Effect: "named in a report; no legal effect"}, {Effect: "see annex"}},
			"", false, []list.Effect{list.Sanctions, list.Reported, ""}},
		{"prose of another form is not read", "ftm-x", "ftm", []list.Entry{{Effect: "Treasury: named in a report"}}, "",
			false, []list.Effect{""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := list.List{ID: tt.id, Format: tt.format, Entries: tt.entries}
			l.SetEffects()
			if l.Effect != tt.effect || l.FiftyRule != tt.fifty || (l.FiftyWords != "") != tt.fifty {
				t.Errorf("effect %q, fifty %v (%q), want %q, %v", l.Effect, l.FiftyRule, l.FiftyWords, tt.effect,
					tt.fifty)
			}
			for i, want := range tt.legal {
				if got := l.Entries[i].Legal; got != want {
					t.Errorf("entry %d: %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestOn(t *testing.T) {
	day := date(t, "2031-06-01").Time
	l := list.List{Entries: []list.Entry{
		{Listed: date(t, "2031-06-02")}, {Until: date(t, "2031-05-31")}, {Status: list.Removed}, {},
		{Listed: date(t, "2030-01-01")},
	}}
	want := list.Force{Listed: 2, Future: 1, Expired: 1, Removed: 1, Undated: 1}
	if got := l.On(day); got != want || got.Missing() != 3 {
		t.Errorf("On = %+v, want %+v", got, want)
	}
	if n := len(list.InForce([]*list.List{&l}, day)[0].Entries); n != want.Listed {
		t.Errorf("InForce holds %d entries, want %d", n, want.Listed)
	}
	if s := (list.Force{Listed: 5}).String(); s != "" {
		t.Errorf("all in force reads %q", s)
	}
}

func TestDayFirst(t *testing.T) {
	for in, want := range map[string]string{
		"05/06/2031": "2031-06-05", "5.6.2031": "2031-06-05", "2031-06-05": "2031-06-05",
		"2031-06-05T10:00:00Z": "2031-06-05",
		"00/00/1971":           "1971", "dd/mm/1971": "1971", "00/03/1971": "1971-03", "31/02/2031": "error",
		"soon": "error",
		"":     "",
	} {
		d, ok := list.DayFirst(in)
		got := d.String()
		if !ok {
			got = "error"
		}
		if got != want {
			t.Errorf("DayFirst(%q) = %q, want %q", in, got, want)
		}
	}
}
