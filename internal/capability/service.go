package capability

import (
	"fmt"
	"strings"
)

// The measures that usage is added up in.
const (
	StorageTBMonth   = "storage_tb_month" // TB averaged over the month
	SpeechHours      = "speech_hours"
	TranslationChars = "translation_chars"
	VisionImages     = "vision_images" // an hour of video counts as 3,600
	LLMTokens        = "llm_tokens"
	GPUHours         = "gpu_hours"
	EgressTB         = "egress_tb"
)

// A ServiceAssignment is what one kind of charge of a cloud bill stands for.
type ServiceAssignment struct {
	Capability    string // "" when of no interest
	Measure       string // "" when the unit says nothing that can be added up
	Factor        float64
	PerMonthHours bool // the measure is quantity × Factor ÷ hours in the month
	Evidence      string
}

// A serviceRule is one row of service.tsv. The first row that fits decides.
type serviceRule struct {
	rule
	fields  [4]fieldTest // category, subcategory, service, meter
	units   []string     // dimensions the unit may have, empty: any
	measure string
	count   float64 // what one unit of the dimension is worth, e.g. GPUs per instance
}

// A fieldTest is the alternatives of one field: "", "object storage|s3", "!snapshot".
type fieldTest struct{ any, not [][]word }

func (t fieldTest) fits(words []string) (string, bool) {
	for _, p := range t.not {
		if _, ok := contains(words, p); ok {
			return "", false
		}
	}
	if len(t.any) == 0 {
		return "", true
	}
	for _, p := range t.any {
		if s, ok := contains(words, p); ok {
			return s, true
		}
	}
	return "", false
}

func contains(words []string, p []word) (string, bool) {
next:
	for i := 0; i+len(p) <= len(words); i++ {
		for k, w := range p {
			if w.prefix && !strings.HasPrefix(words[i+k], w.text) || !w.prefix && words[i+k] != w.text {
				continue next
			}
		}
		return strings.Join(words[i:i+len(p)], " "), true
	}
	return "", false
}

var serviceRules = buildServices()

func buildServices() []serviceRule {
	var out []serviceRule
	for _, r := range readTable("service.tsv") {
		s := serviceRule{measure: r.fields["measure"], count: 1}
		s.rule = rule{table: "service.tsv", row: r.line, gives: classesOf(r.fields["capability"]), source: r.fields["source"], note: r.fields["note"]}
		for i, name := range []string{"category", "subcategory", "service", "meter"} {
			for _, alt := range strings.Split(r.fields[name], "|") {
				if alt == "" {
					continue
				}
				text, not := strings.CutPrefix(alt, "!")
				var p []word
				for _, w := range strings.Fields(text) {
					prefix := strings.HasSuffix(w, "*")
					folded := strings.Fields(foldString(splitCase(w)))
					for j, x := range folded {
						p = append(p, word{x, prefix && j == len(folded)-1})
					}
				}
				if not {
					s.fields[i].not = append(s.fields[i].not, p)
				} else {
					s.fields[i].any = append(s.fields[i].any, p)
				}
			}
		}
		if u := r.fields["unit"]; u != "" {
			s.units = strings.Split(u, "|")
		}
		if c := r.fields["count"]; c != "" {
			if _, err := fmt.Sscan(c, &s.count); err != nil {
				panic(fmt.Sprintf("service.tsv line %d: count %q", r.line, c))
			}
		}
		out = append(out, s)
	}
	return out
}

// splitCase parts what providers write together: "AmazonS3" is "Amazon S3",
// "DataTransfer-Out-Bytes" is "Data Transfer Out Bytes".
func splitCase(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if i > 0 && c >= 'A' && c <= 'Z' {
			p := s[i-1]
			plural := i+1 < len(s) && s[i+1] == 's' && (i+2 == len(s) || s[i+2] == ' ') // "GPUs" is one word
			if p >= 'a' && p <= 'z' || p >= 'A' && p <= 'Z' && i+1 < len(s) && s[i+1] >= 'a' && s[i+1] <= 'z' && !plural {
				b.WriteByte(' ')
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// Service returns what a charge stands for, from the FOCUS columns ServiceCategory,
// ServiceName, ServiceSubcategory, SkuMeter and ConsumedUnit. Empty columns are unknown.
// Meant to be called once per distinct combination.
func Service(category, service, subcategory, meter, unit string) ServiceAssignment {
	var words [4][]string
	for i, s := range []string{category, subcategory, service, meter} {
		words[i] = strings.Fields(foldString(splitCase(s)))
		if j := strings.Fields(foldString(s)); len(j) != len(words[i]) {
			// Both spellings count: "OpenAI" and "Open AI".
			words[i] = append(append(words[i], ""), j...)
		}
	}
	q := parseUnit(unit)
	for i := range serviceRules {
		r := &serviceRules[i]
		var matched []string
		fits := true
		for k := range words {
			var s string
			if s, fits = r.fields[k].fits(words[k]); !fits {
				break
			}
			if s != "" {
				matched = append(matched, s)
			}
		}
		if !fits || !r.unitFits(q, words[3]) {
			continue
		}
		a := ServiceAssignment{}
		if len(r.gives) > 0 {
			a.Capability = r.gives[0]
		}
		a.Measure, a.Factor, a.PerMonthHours = r.convert(q, words[3])
		e := r.evidence(strings.Join(matched, " · "))
		if e.Gives == "" {
			e.Gives = "of no interest"
			if a.Measure != "" {
				e.Gives = a.Measure
			}
		}
		a.Evidence = e.String()
		if a.Measure == "" && r.measure != "" {
			a.Evidence += fmt.Sprintf("; the unit %q cannot be turned into %s", unit, r.measure)
		}
		return a
	}
	return ServiceAssignment{}
}

func (r *serviceRule) unitFits(q quantity, meter []string) bool {
	if len(r.units) == 0 {
		return true
	}
	for _, u := range r.units {
		if u == q.dim || u == "none" && q.dim == dimNone {
			return true
		}
		if u == "bytemonth" && q.dim == dimBytes {
			return true
		}
	}
	return false
}

// convert returns what one unit is worth in the rule's measure.
func (r *serviceRule) convert(q quantity, meter []string) (measure string, factor float64, perMonthHours bool) {
	f := q.factor * r.count
	says := func(prefix string) bool {
		for _, w := range meter {
			if strings.HasPrefix(w, prefix) {
				return true
			}
		}
		return false
	}
	switch r.measure {
	case StorageTBMonth:
		switch {
		case q.dim == dimByteTime:
			return r.measure, f, q.hourly
		case q.dim == dimBytes && (r.has("bytemonth") || says("month") || says("mo")):
			return r.measure, f, false
		}
	case SpeechHours, GPUHours:
		if q.dim == dimTime {
			return r.measure, f, false
		}
	case TranslationChars:
		if q.dim == dimChars || q.dim == dimCount && (says("char") || q.factor >= 1e6) {
			return r.measure, f, false
		}
	case VisionImages:
		switch q.dim {
		case dimImages, dimCount:
			return r.measure, f, false
		case dimTime:
			return r.measure, f * 3600, false
		}
	case LLMTokens:
		if q.dim == dimTokens || q.dim == dimCount && says("token") {
			return r.measure, f, false
		}
	case EgressTB:
		if q.dim == dimBytes {
			return r.measure, f, false
		}
	}
	return "", 0, false
}

func (r *serviceRule) has(unit string) bool {
	for _, u := range r.units {
		if u == unit {
			return true
		}
	}
	return false
}
