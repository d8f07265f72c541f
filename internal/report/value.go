package report

import (
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/finding"
	"plimsoll/internal/policy"
	"plimsoll/internal/signal"
)

// named words the signals of the catalogue for a reader who has not written a rule. The
// unit stands in the catalogue, so it is not here.
var named = map[string]string{
	"engagement.kind":                "kind of engagement",
	"engagement.end_user_stated":     "an end user is named",
	"engagement.end_user_text":       "end user as written",
	"engagement.class":               "kind of end user",
	"engagement.security":            "police, prison, border, military or intelligence",
	"engagement.government":          "a public body buys or uses",
	"engagement.capabilities":        "what the items can do",
	"engagement.controlled":          "export-control entries",
	"engagement.entry_named":         "a code names an export-control entry",
	"engagement.reseller_named":      "sold through a reseller",
	"engagement.reseller_identified": "the reseller has an identifier",
	"engagement.end_user_identified": "the end user has an identifier",
	"engagement.value_growth":        "value now over value at first",
	"engagement.capability_added":    "an amendment added a capability",
	"engagement.method":              "way of award",
	"engagement.withheld":            "the publisher withholds fields",
	"engagement.urgent":              "urgency is the stated ground",
	"engagement.bids":                "bids that the records state",
	"engagement.tender_days":         "days for which the tender was open",
	"engagement.led_to":              "contracts that the procedure led to",
	"engagement.late_value":          "value now over value at signature",
	"engagement.late_days":           "days by which the end was moved after signature",
	"engagement.place_listed":        "goes to a place, or is for a use, on the register given",
	"engagement.place_words":         "which place or use, on which list",
	"engagement.clauses_missing":     "safeguard clauses absent",
	"engagement.clauses_known":       "safeguard clauses looked for and known",
	"engagement.no_restriction":      "a clause bars restriction",
	"engagement.exit_penalty":        "a clause penalises exit",
	"engagement.secrecy":             "a secrecy side term",
	"engagement.review":              "human-rights review",
	"engagement.review_late_days":    "review decided after signature",
	"engagement.paid_approver":       "a gate was decided by somebody paid on the deal",
	"engagement.licence":             "a licence, exception or counsel note is on file",
	"engagement.gates":               "gates on file",

	"account.end_user_stated":     "an end user is named",
	"account.class":               "kind of end user",
	"account.security":            "police, prison, border, military or intelligence",
	"account.government":          "of a public body",
	"account.reseller_named":      "held through a reseller",
	"account.end_user_identified": "the end user has an identifier",
	"account.issuer_differs":      "billed by somebody else",
	"account.capabilities":        "what is used",

	"party.class":            "kind of body",
	"party.security":         "police, prison, border, military or intelligence",
	"party.government":       "public body",
	"party.roles":            "roles in the records",
	"party.possible_roles":   "roles of parties that it may be",
	"party.capabilities":     "what it buys or uses",
	"party.listed_score":     "score of its best listed entry",
	"party.listed_share_max": "listed parties hold at most",
	"party.listed_share_min": "listed parties hold at least",
	"party.listed_control":   "a listed party controls it by other means",
	"party.claims":           "claims",
	"party.review":           "human-rights review",
	"party.security_share":   "of its resales, to security end users",
	"party.resales":          "engagements it resells",
	"party.users":            "users of its accounts, as stated",

	"usage.months":                 "months with usage",
	"usage.storage_tb_peak":        "most stored in a month",
	"usage.storage_mads":           "storage above its own past",
	"usage.storage_growth":         "storage at its peak over the months before",
	"usage.committed_tb":           "storage that contracts provide for",
	"usage.storage_over_2m":        "stored over contracted, in two months at least",
	"usage.speech_hours_peak":      "most speech-to-text in a month",
	"usage.speech_growth":          "speech-to-text, largest month over the smallest before it",
	"usage.translation_chars_peak": "most translated in a month",
	"usage.vision_images_peak":     "most images analysed in a month",
	"usage.text_records_peak":      "most records and searches in a month",
	"usage.llm_tokens_peak":        "most through language models in a month",
	"usage.gpu_hours_peak":         "most GPU time in a month",
	"usage.combination":            "used together within 90 days",
	"usage.combination_tb":         "most stored in those 90 days",
	"usage.surges":                 "surges",
	"usage.relocations":            "movements",
	"usage.reappears":              "where it reappears",
	"usage.sub_speech_hours":       "speech-to-text of each sub-account",
	"usage.sub_storage_tb":         "storage of each sub-account",

	"support.hours_peak": "most support in a quarter",
	"support.growth":     "support, largest quarter over the one before",
	"support.codes":      "support codes",

	"engagement.addition_reviewed":   "what was added was reviewed",
	"engagement.end_use_certificate": "end-use certificate",
	"engagement.third_payer":         "somebody else pays",
	"engagement.payer_name":          "who pays",
	"engagement.licence_state":       "licence",
	"engagement.beneath":             "kind of the body above the end user",
	"engagement.route":               "how the goods go elsewhere",
	"engagement.drawn":               "recorded under the licence",
	"engagement.drawn_ratio":         "of what the licence allows",
	"demand.concerns":                "demands that concern it",
	"demand.overdue":                 "of those, past their day",
	"demand.words":                   "what is due",
	"engagement.restricted_days":     "days since a restriction",
	"party.owns_listed_max":          "holds at most of a listed party",
	"party.owns_listed_min":          "holds at least of a listed party",
	"party.owns_listed_control":      "controls a listed party otherwise",
	"party.owns_listed_grade":        "grade of that party's match",
	"party.owns_listed_effect":       "what that listing does",
	"party.owns_listed_name":         "the listed party",
	"party.owns_listed_path":         "how it is held",
	"engagement.destination_differs": "goes to another country than the buyer's",
	"account.handovers":              "changes of hands",
	"party.class_contradicted":       "the stated kind is laxer than the name",
	"party.class_stated":             "kind of body as stated",
	"party.class_of_name":            "kind of body by the name alone",
	"party.beneath":                  "kind of the body that it belongs to",
	"party.listed_fifty":             "listed parties own half of it or more, hop by hop",
	"party.listed_fifty_may":         "listed parties may own half of it",
	"party.unreviewed":               "bought or used without a sound review",
	"party.gate_faults":              "a review was late, or decided by somebody paid on the deal",
	"usage.text_growth":              "records and searches, largest month over the smallest before it",
	"usage.llm_growth":               "language models, largest month over the smallest before it",
	"usage.storage_rising_months":    "in which the store grew, of twelve",
	"usage.face_images_peak":         "most through face recognition in a month",
	"usage.windows":                  "windows of 90 days",
	"usage.absences":                 "months without a bill",
	"segment.storage_tb":             "99 % of bodies of its kind store at most",
	"segment.speech_hours":           "99 % of bodies of its kind put through speech-to-text at most",
	"segment.translation_chars":      "99 % of bodies of its kind translate at most",
}

// units is the unit of each signal that has one.
var units = func() map[string]string {
	m := map[string]string{}
	for _, d := range signal.Catalogue {
		if d.Unit != "" {
			m[d.Name] = d.Unit
		}
	}
	return m
}()

// values words what a rule read, one line a signal, in the order of the signals' names.
func values(f finding.Finding) []string {
	names := make([]string, 0, len(f.Values))
	for n := range f.Values {
		names = append(names, n)
	}
	slices.Sort(names)
	var out []string
	for _, n := range names {
		if f.Values[n] == 0.0 && (n == "party.users" || strings.HasPrefix(n, "segment.")) {
			continue // 0 says that no row states users, and that too few bodies are of its kind to draw a limit from
		}
		label, ok := named[n]
		if !ok {
			label = strings.ReplaceAll(n[strings.LastIndex(n, ".")+1:], "_", " ")
		}
		if v := worded(f.Values[n], units[n]); v != "" {
			out = append(out, label+": "+v)
		}
	}
	return out
}

// worded writes a value with its unit; "" for what has no words, such as lists of claims,
// which a finding shows elsewhere.
func worded(v any, unit string) string {
	if known, partly := finding.Known(v); partly {
		return partlyWorded(known, unit)
	}
	switch v := v.(type) {
	case float64:
		return withUnit(v, Quantity(v), unit)
	case int:
		return withUnit(float64(v), Count(v), unit)
	case int64:
		return withUnit(float64(v), Count(v), unit)
	case string:
		return policy.Word(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []string:
		words := make([]string, len(v))
		for i, w := range v {
			words[i] = policy.Word(w)
		}
		return strings.Join(words, ", ")
	case []any:
		words := make([]string, 0, len(v))
		for _, x := range v {
			w := worded(x, "")
			if w == "" {
				return ""
			}
			words = append(words, w)
		}
		return withUnit(0, strings.Join(words, ", "), unit)
	}
	return ""
}

// partlyWorded writes the known part of a value: more of it is not known.
func partlyWorded(known any, unit string) string {
	s := worded(known, unit)
	switch known.(type) {
	case float64, int, int64:
		return "at least " + s
	}
	if s == "" {
		return "not known in full"
	}
	return s + " (not known in full)"
}

func withUnit(v float64, s, unit string) string {
	switch unit {
	case "":
		return s
	case "share":
		return Percent(v)
	case "ratio":
		return s + " times"
	case "MAD":
		return s + " median deviations"
	}
	return fmt.Sprintf("%s %s", s, unit)
}
