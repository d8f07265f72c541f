package policy

import (
	"strings"
	"testing"

	"plimsoll/internal/signal"
)

// TestFreeTextIsOnlyShown: no operation turns on what somebody wrote, and the words of closed
// vocabularies may be compared.
func TestFreeTextIsOnlyShown(t *testing.T) {
	c := newCompiler(builtin(t).Parts[0].constants, new(int))
	for _, tt := range []struct {
		kind, text string
		sentence   bool
		refused    string // what is free text, "" when the expression loads
	}{
		{signal.OfEngagement, "engagement.end_user_text.contains('Varenia')", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text.startsWith('Varenia')", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text.endsWith('Varenia')", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text.matches('V.*')", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text == 'Varenia'", false, "engagement.end_user_text"},
		{signal.OfEngagement, "'Varenia' != engagement.end_user_text", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text > 'M'", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text in ['Varenia', 'Hallow']", false, "engagement.end_user_text"},
		{signal.OfEngagement, "size(engagement.end_user_text) > 3", false, "engagement.end_user_text"},
		{signal.OfEngagement, "engagement.end_user_text.size() > 3", false, "engagement.end_user_text"},
		{signal.OfEngagement, "(engagement.end_user_text + '').contains('x')", false, "engagement.end_user_text"},
		{signal.OfEngagement, "[engagement.end_user_text].exists(x, x == 'Varenia')", false,
			"engagement.end_user_text"},
		{signal.OfEngagement, "[engagement.end_user_text][0] == 'Varenia'", false, "engagement.end_user_text"},
		{signal.OfEngagement, "(engagement.secrecy ? engagement.end_user_text : 'a') == 'Varenia'", false,
			"engagement.end_user_text"},
		{signal.OfEngagement, "overlaps([engagement.end_user_text], ['Varenia'])", false, "engagement.end_user_text"},
		{signal.OfParty, "party.claims.exists(c, c.origin == 'post')", false, "party.claims.origin"},
		{signal.OfParty, "'post' in party.claims.map(c, c.origin)", false, "party.claims.origin"},
		{signal.OfParty, "party.claims.map(c, c.origin).exists(o, o.startsWith('p'))", false, "party.claims.origin"},
		{signal.OfParty, "party.claims[0].origin == 'post'", false, "party.claims.origin"},
		{signal.OfParty, "usage.surges.exists(s, s.event == 'Border conflict')", false, "usage.surges.event"},
		{signal.OfParty, "usage.relocations.exists(r, r.region in ['north-2'])", false, "usage.relocations.region"},
		{signal.OfParty, "usage.relocations.exists(r, r.date > '2032')", false, "usage.relocations.date"},
		{signal.OfParty, "subject.name == 'Unit'", true, "subject.name"},
		{signal.OfParty, "hit.list.contains('list')", true, "hit.list"},
		{signal.OfParty, "claim.text.contains('list')", true, "claim.text"},
		{signal.OfParty, "'of ' + path.owner", true, "path.owner"},
		{signal.OfParty, "string(claim.date)", true, "claim.date"},

		{signal.OfEngagement, "engagement.class == 'military' && engagement.method in ['direct']", false, ""},
		{signal.OfEngagement, "engagement.controlled.exists(c, c.startsWith('ML'))", false, ""},
		{signal.OfEngagement, "engagement.end_user_text", true, ""},
		{signal.OfParty, "party.claims.exists(c, c.reliability <= 'B' && c.status == 'reported' && c.capability in " +
			"party.capabilities)", false, ""},
		{signal.OfParty, "origins(party.claims.filter(c, c.live)) >= 2", false, ""},
		{signal.OfParty, "size(party.claims.map(c, c.origin)) > 1", false, ""},
		{signal.OfParty, "usage.relocations.filter(r, r.kind == 'fall')[0].region", true, ""},
		{signal.OfParty, "usage.reappears.exists(r, r.via == 'reseller' && size(r.shared) > 0)", false, ""},
		{signal.OfParty, "party.security ? subject.name : hit.name", true, ""},
		{signal.OfParty, "hit.grade <= 'B7' && hit.score > 0.5 && claim.grade < 'C'", true, ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			_, fault := c.compile(tt.kind, tt.text, tt.sentence, nil)
			switch {
			case tt.refused == "" && fault != nil:
				t.Errorf("refused: %v", fault)
			case tt.refused != "" && (fault == nil || !strings.HasPrefix(fault.Error(), tt.refused+" is free text")):
				t.Errorf("fault %v, want %s to be free text", fault, tt.refused)
			}
		})
	}
}

// TestFreeTextNamesTheLine: the fault stands at the line inside a block.
func TestFreeTextNamesTheLine(t *testing.T) {
	text := strings.Replace(with(nil), `when: "usage.storage_tb_peak \u003e param.floor"`,
		"when: |\n      party.security ||\n      usage.surges.exists(s, s.event == 'x')", 1)
	if _, err := Parse("small.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(),
		"small.yaml:26: rule RF-90: usage.surges.event is free text") {
		t.Errorf("error %v", err)
	}
}

// TestClosedTextIsKnown keeps the list of closed vocabularies to names that exist.
func TestClosedTextIsKnown(t *testing.T) {
	for _, name := range closedText {
		_, known := slots[name]
		list, field, _ := cutLast(name)
		if s := shapes[list]; s != nil {
			_, known = s.byName[field]
		}
		if declared, ok := signal.Shapes[list]; ok && !known {
			for _, f := range declared.Fields {
				known = known || f.Name == field
			}
		}
		if !known {
			t.Errorf("%s is no text of the catalogue", name)
		}
	}
}
