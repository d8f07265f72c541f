package policy

import (
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plimsoll/internal/finding"
)

// A template is a sentence with {expression | format} in it. A part in [[double brackets]]
// is left out when a value in it is missing; elsewhere a missing value reads "(not known)".
type template []piece

// A piece is plain text, a value, or an optional part.
type piece struct {
	text     string
	value    *expression
	format   string // as the pack writes it
	say      func(ref.Val) (string, bool)
	optional template
}

const notKnown = "(not known)"

// formats say how a value is written out.
var formats = map[string]func(ref.Val) (string, bool){
	"":      plain,
	"TB":    storage,
	"hours": counted("hour", "hours"),
	"days":  counted("day", "days"),
	"n":     quantity,
	"x":     counted("time", "times"),
	"%":     percent,
	"words": spoken,
	"date":  dated,
}

// formatOf finds a format: one of those above, or "step/steps" for a count with its noun.
func formatOf(name string) func(ref.Val) (string, bool) {
	if one, many, ok := strings.Cut(name, "/"); ok && one != "" && many != "" {
		return counted(one, many)
	}
	return formats[name]
}

// parseTemplate splits a sentence; compile is called for each expression in it.
func parseTemplate(s string, compile func(string) (*expression, error)) (template, error) {
	return parsePieces(strings.Join(strings.Fields(s), " "), compile, true)
}

func parsePieces(s string, compile func(string) (*expression, error), outer bool) (template, error) {
	var out template
	for s != "" {
		at := strings.IndexAny(s, "{[")
		if at < 0 {
			out = append(out, piece{text: s})
			break
		}
		if at > 0 {
			out = append(out, piece{text: s[:at]})
			s = s[at:]
		}
		if s[0] == '[' {
			if !strings.HasPrefix(s, "[[") {
				out, s = append(out, piece{text: "["}), s[1:]
				continue
			}
			end := strings.Index(s, "]]")
			if end < 0 || !outer {
				return nil, fmt.Errorf("an optional part in [[ ]] is not closed, or stands in another")
			}
			inner, err := parsePieces(s[2:end], compile, false)
			if err != nil {
				return nil, err
			}
			out, s = append(out, piece{optional: inner}), s[end+2:]
			continue
		}
		end := closing(s)
		if end < 0 {
			return nil, fmt.Errorf("a value in { } is not closed")
		}
		p, err := parseValue(s[1:end], compile)
		if err != nil {
			return nil, err
		}
		out, s = append(out, p), s[end+1:]
	}
	return out, nil
}

func parseValue(s string, compile func(string) (*expression, error)) (piece, error) {
	text, format := s, ""
	if i := strings.LastIndex(s, " | "); i >= 0 {
		text, format = s[:i], strings.TrimSpace(s[i+3:])
	}
	say := formatOf(format)
	if say == nil {
		return piece{}, fmt.Errorf("no format %q for a value in a sentence", format)
	}
	e, err := compile(strings.TrimSpace(text))
	if err != nil {
		return piece{}, err
	}
	return piece{value: e, format: format, say: say}, nil
}

// closing finds the brace that ends the value at the start of s, skipping quoted text.
func closing(s string) int {
	var quote byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '}':
			return i
		}
	}
	return -1
}

// write renders the template and reports whether every value was there.
func (t template) write(b *strings.Builder, ev *evaluator) bool {
	whole := true
	for _, p := range t {
		switch {
		case p.value != nil:
			s, ok := ev.say(p)
			if !ok {
				s, whole = notKnown, false
			}
			b.WriteString(s)
		case p.optional != nil:
			var inner strings.Builder
			if p.optional.write(&inner, ev) {
				b.WriteString(inner.String())
			}
		default:
			b.WriteString(p.text)
		}
	}
	return whole
}

func (t template) expressions() []*expression {
	var out []*expression
	for _, p := range t {
		if p.value != nil {
			out = append(out, p.value)
		}
		out = append(out, p.optional.expressions()...)
	}
	return out
}

func plain(v ref.Val) (string, bool) {
	switch v := v.(type) {
	case types.String:
		return string(v), v != ""
	case types.Bool:
		if v {
			return "yes", true
		}
		return "no", true
	case types.Int, types.Double:
		return quantity(v)
	}
	return spoken(v)
}

func number(v ref.Val) (float64, bool) {
	switch v := v.(type) {
	case types.Double:
		return float64(v), true
	case types.Int:
		return float64(v), true
	}
	return 0, false
}

func quantity(v ref.Val) (string, bool) {
	f, ok := number(v)
	return grouped(f), ok
}

// storage writes decimal terabytes in the unit a person would use.
func storage(v ref.Val) (string, bool) {
	f, ok := number(v)
	switch {
	case f >= 1e6:
		return grouped(f/1e6) + " EB", ok
	case f >= 1000:
		return grouped(f/1000) + " PB", ok
	case f < 1:
		return grouped(f*1000) + " GB", ok
	}
	return grouped(f) + " TB", ok
}

func percent(v ref.Val) (string, bool) {
	f, ok := number(v)
	return grouped(f*100) + " %", ok
}

func counted(one, many string) func(ref.Val) (string, bool) {
	return func(v ref.Val) (string, bool) {
		f, ok := number(v)
		if s := grouped(f); s == "1" {
			return s + " " + one, ok
		} else {
			return s + " " + many, ok
		}
	}
}

// grouped writes a number as a reader sees it.
func grouped(f float64) string { return finding.Number(f) }

// names are the words that a reader sees for the classes.
var names = map[string]string{
	"bulk_storage":    "bulk storage",
	"speech":          "speech-to-text",
	"vision":          "image and video analysis",
	"face":            "face recognition",
	"text_analytics":  "text analytics",
	"llm":             "language models",
	"location":        "location tracking",
	"intrusion":       "intrusion software",
	"forensics":       "device forensics",
	"gpu":             "GPU computing",
	"engineering":     "engineering support",
	"heavy_machinery": "heavy machinery",
	"drones":          "unmanned aircraft or parts of aircraft",
	"optics":          "night vision, sights or telescopes",
	"vehicles":        "vehicles for goods",
	"barriers":        "fences and barriers",
	"re_export":       "re-export",
	"unknown":         "unknown class",
}

// Word is what a reader sees for a class of capability or of body: "llm" is "language models".
func Word(class string) string {
	if w, ok := names[class]; ok {
		return w
	}
	return strings.ReplaceAll(class, "_", " ")
}

func spoken(v ref.Val) (string, bool) {
	var list []string
	switch v := v.(type) {
	case types.String:
		list = []string{string(v)}
	case *types.Unknown, *types.Err, nil:
		return "", false
	default:
		list = readWords(v)
	}
	if len(list) == 0 {
		return "", false
	}
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = Word(w)
	}
	last := len(out) - 1
	if last == 0 {
		return out[0], true
	}
	return strings.Join(out[:last], ", ") + " and " + out[last], true
}

// dated writes YYYY-MM-DD as "20 February 2032"; what is not a date stays as it is.
func dated(v ref.Val) (string, bool) {
	s, ok := v.(types.String)
	if !ok || s == "" {
		return "", false
	}
	if t, err := time.Parse(time.DateOnly, string(s)); err == nil {
		return t.Format("2 January 2006"), true
	}
	return string(s), true
}
