package access

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// writeDecision appends {"decision": …, "context": …}.
func (c *call) writeDecision(id uint64, gate *gated, all []*gated) {
	b := c.out
	a := &c.a
	if c.bare {
		c.out = append(strconv.AppendBool(append(b, `{"decision":`...), a.Permitted()), '}')
		return
	}
	if a.Permitted() {
		b = append(b, `{"decision":true,"context":{"evaluation_id":"`...)
	} else {
		b = append(b, `{"decision":false,"context":{"evaluation_id":"`...)
	}
	b = append(b, c.d.prefix...)
	b = append(b, '-')
	b = strconv.AppendUint(b, id, 36)
	b = append(b, `","evaluated_at":"`...)
	b = c.now.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","effect":"`...)
	b = append(b, a.Effect.String()...)
	b = append(b, '"')
	if a.Doubt != NoDoubt {
		b = append(b, `,"doubt":"`...)
		b = append(b, a.Doubt.String()...)
		b = append(b, '"')
	}
	b = c.appendSnapshot(append(b, `,"snapshot":`...))
	b = c.appendReasons(b, gate)
	if gate != nil {
		b = gate.append(append(b, `,"gate":`...), all)
	}
	c.out = append(b, "}}"...)
}

// appendSnapshot says which version answered and how old it is.
func (c *call) appendSnapshot(b []byte) []byte {
	b = append(b, `{"version":`...)
	b = strconv.AppendUint(b, c.x.version, 10)
	b = append(b, `,"sha256":"`...)
	b = append(b, c.x.sum...)
	b = append(b, `","age_seconds":`...)
	b = strconv.AppendFloat(b, c.x.Age(c.now).Seconds(), 'f', 3, 64)
	if c.stale {
		b = append(b, `,"stale":true`...)
	}
	return append(b, '}')
}

// What people are told where no restriction says it.
var doubtReasons = [...]struct{ code, user, admin string }{
	UnknownSubject: {"unknown_subject", "This customer or account is not known here.",
		"The subject is not in the snapshot and the operator's default for unknown subjects is deny."},
	UnknownResource: {"unknown_resource", "This service or product is not known here.",
		"The resource is not in the snapshot and the operator's default for unknown resources is deny."},
	UnknownAction: {"unknown_action", "This action is not known here.",
		"The action is not declared in the snapshot and the operator's default for unknown actions is deny."},
	UnclearResource: {"unclear_resource", "It is not clear what this is. A person has to look before this goes ahead.",
		"What the question says of the goods is not understood; they may be something that is restricted."},
	StaleSnapshot: {"stale_snapshot", "The decision cannot be checked at the moment. Please try again later.",
		"The snapshot is older than the operator allows; it fails closed."},
}

// appendReasons names all restrictions that apply, the most restrictive first.
func (c *call) appendReasons(b []byte, gate *gated) []byte {
	a := &c.a
	if len(a.Hits) == 0 && a.Doubt == NoDoubt {
		return b
	}
	c.hits = c.hits[:0]
	for _, h := range a.Hits {
		c.hits = append(c.hits, h.Restriction())
	}
	slices.SortStableFunc(c.hits, func(x, y Restriction) int { return int(y.Effect) - int(x.Effect) })
	var free time.Time // when the last of the restrictions that decide stops by itself
	var appeal string
	always := false
	for i := range c.hits {
		r := &c.hits[i]
		if r.Effect != a.Effect {
			continue
		}
		always = always || r.End.IsZero()
		if r.End.After(free) {
			free = r.End
		}
		if appeal == "" {
			appeal = r.Appeal
		}
	}
	b = c.appendReason(append(b, `,"reason_user":`...), func(r *Restriction) string { return r.User }, false)
	b = c.appendReason(append(b, `,"reason_admin":`...), func(r *Restriction) string { return r.Admin }, true)
	if len(c.hits) == 0 {
		return b
	}
	b = append(b, `,"restrictions":[`...)
	for i := range c.hits {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHit(b, &c.hits[i])
	}
	b = append(b, ']')
	if !always && !free.IsZero() && a.Doubt == NoDoubt && (gate == nil || gate.effect < a.Effect) {
		b = append(b, `,"expires_at":"`...)
		b = append(free.AppendFormat(b, time.RFC3339Nano), '"')
	}
	if appeal != "" {
		b = appendJSON(append(b, `,"appeal":`...), appeal)
	}
	return b
}

func appendHit(b []byte, r *Restriction) []byte {
	b = appendJSON(append(b, `{"id":`...), r.ID)
	b = append(b, `,"effect":"`...)
	b = append(append(b, r.Effect.String()...), '"')
	if r.Decision != "" {
		b = appendJSON(append(b, `,"decision":`...), r.Decision)
	}
	b = appendJSON(append(b, `,"subject":`...), r.Subject.String())
	b = appendJSON(append(b, `,"resource":`...), r.Resource.String())
	if !r.End.IsZero() {
		b = append(b, `,"until":"`...)
		b = append(r.End.AppendFormat(b, time.RFC3339Nano), '"')
	}
	if r.Limit != "" {
		b = appendJSON(append(b, `,"limit":`...), r.Limit)
	}
	if r.Appeal != "" {
		b = appendJSON(append(b, `,"appeal":`...), r.Appeal)
	}
	return append(b, '}')
}

// appendReason writes the texts by reason code. Several texts of one code stand after each other.
func (c *call) appendReason(b []byte, text func(*Restriction) string, admin bool) []byte {
	b = append(b, '{')
	first := true
	for i := range c.hits {
		code := codeOf(&c.hits[i])
		if slices.ContainsFunc(c.hits[:i], func(r Restriction) bool { return codeOf(&r) == code }) {
			continue
		}
		var all string
		for j := i; j < len(c.hits); j++ {
			t := text(&c.hits[j])
			if t == "" && admin {
				t = "Decision " + c.hits[j].Decision + " restricts this."
			} else if t == "" {
				t = "This is restricted."
			}
			if codeOf(&c.hits[j]) == code && !slices.ContainsFunc(c.hits[i:j], func(r Restriction) bool {
				return codeOf(&r) == code && text(&r) == t
			}) {
				if all != "" {
					all += " "
				}
				all += t
			}
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendJSON(b, code), ':')
		b = appendJSON(b, all)
	}
	if d := c.a.Doubt; d != NoDoubt {
		if !first {
			b = append(b, ',')
		}
		r := doubtReasons[d]
		b = append(appendJSON(b, r.code), ':')
		if admin {
			b = appendJSON(b, r.admin)
		} else {
			b = appendJSON(b, r.user)
		}
	}
	return append(b, '}')
}

func codeOf(r *Restriction) string {
	if r.Code == "" {
		return "403"
	}
	return r.Code
}

const hexDigits = "0123456789abcdef"

// appendJSON writes a JSON text.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}
