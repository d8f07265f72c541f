package policy

import (
	"strings"
	"testing"
)

// TestThresholdsThatDecideNothing: what would always or never hold, or says less than its author thinks, fails the load
// at its line.
func TestThresholdsThatDecideNothing(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a share in per cent", overlay("own", "ungp-base", "parameters: {share_control: 50}\n"),
			"own.yaml:6: parameter share_control is a share, and no more than 1"},
		{"a score in per cent", overlay("own", "ungp-base", "parameters:\n  listed_score: {value: 85}\n"),
			"own.yaml:7: parameter listed_score is a score, and no more than 1"},
		{"whole", overlay("own", "ungp-base", "parameters: {share_control: 1}\n"), ""},
		{"no parameters after all", overlay("own", "ungp-base", "parameters:\n  # speech_hours_month: 3000\n"), ""},
		{"no sets after all", overlay("own", "ungp-base", "sets:\n"), ""},
		{"nothing switched off after all", overlay("own", "ungp-base", "disable:\n"), ""},
		{"extends nobody", overlay("own", "", "parameters: {speech_hours_month: 3000}\n"),
			"own.yaml:5: extends is empty"},
		{"a version beside the name", overlay("own", "ungp-base@1.0.0", ""), `no pack "ungp-base@1.0.0" to extend`},
		{"a value with its unit", overlay("own", "ungp-base", "parameters: {speech_hours_month: 3000 hours}\n"),
			"must be a number"},
		{"digits of another script", overlay("own", "ungp-base", "parameters: {speech_hours_month: ٣٠٠٠}\n"),
			"must be a number"},
		{"a comma in it", overlay("own", "ungp-base", "parameters: {speech_hours_month: \"3,000\"}\n"),
			"must be a number"},
		{"no value", overlay("own", "ungp-base", "parameters:\n  speech_hours_month:\n"), "must be a number"},
		{"twice", overlay("own", "ungp-base", "parameters:\n  speech_hours_month: 1\n  speech_hours_month: 2\n"),
			"given twice"},
		{"an accusing doc", overlay("own", "ungp-base", "parameters: {speech_hours_month: {value: 3000, doc: They "+
			"torture.}}\n"), "torture"},
		{"an accusing reason", overlay("own", "ungp-base", "disable: [{flag: RF-18, why: a criminal customer}]\n"),
			"criminal"},
		{"an accusing note of context", with(nil) + "modifiers:\n  - {id: CM-9, title: More, note: They spy., " +
			"subject: party, flags: [RF-90], when: party.security, step: 1}\n", "spy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("own.yaml", []byte(tt.text))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestWordsOfVocabularies: a text of a closed vocabulary is compared with words that it can hold; a place is none of
// them.
func TestWordsOfVocabularies(t *testing.T) {
	rule := func(when string) string {
		return overlay("own", "ungp-base", strings.Replace(ownRule, "!(party.class in set.civil)", when, 1))
	}
	for _, tt := range []struct{ when, want string }{
		{"party.class == 'military'", ""},
		{"party.class in ['police', 'prison']", ""},
		{"overlaps(party.capabilities, ['face', 'speech'])", ""},
		{"party.class == 'Varenian'", `party.class is never "Varenian"`},
		{"'varenian' != party.class", `party.class is never "varenian"`},
		{"party.class in ['police', 'polise']", `party.class is never "polise"`},
		{"'faces' in party.capabilities", `party.capabilities is never "faces"`},
		{"overlaps(set.support_codes, party.capabilities)", `party.capabilities is never "data"`},
		{"party.review == 'aproved'", `party.review is never "aproved"`},
		{"party.class_stated == 'varenian'", "party.class_stated is free text"},
	} {
		t.Run(tt.when, func(t *testing.T) {
			_, err := Parse("own.yaml", []byte(rule(tt.when)))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
