package ocds

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// How strings, numbers and bare words are scanned.

// oddWords are what programs write where JSON (RFC 8259 section 3) has no word: Python's and
// R's numbers that are none, JavaScript's undefined, and other spellings of the three words.
var oddWords = map[string]kind{
	"NaN": kNull, "nan": kNull, "NAN": kNull, "Infinity": kNull, "infinity": kNull, "inf": kNull, "Inf": kNull,
	"INF":  kNull,
	"None": kNull, "undefined": kNull, "NULL": kNull, "Null": kNull, "NA": kNull, "NaT": kNull, "nil": kNull,
	"True": kTrue, "TRUE": kTrue, "False": kFalse, "FALSE": kFalse,
}

// bare reads the word that begins at from, which may stand behind a sign at pos. One of
// oddWords is counted and costs its own value and nothing else.
func (s *scanner) bare(from int) error {
	i := from // -Infinity
	for {
		for i < len(s.buf) && (s.buf[i] >= 'a' && s.buf[i] <= 'z' || s.buf[i] >= 'A' && s.buf[i] <= 'Z') {
			i++
		}
		off := i - s.pos
		if i < len(s.buf) || !s.more() {
			i = s.pos + off
			break
		}
		i = s.pos + off
	}
	var k kind
	switch w := string(s.buf[s.pos:i]); w {
	case "true":
		k = kTrue
	case "false":
		k = kFalse
	case "null":
		k = kNull
	default:
		odd, ok := oddWords[strings.TrimLeft(w, "+-")]
		if !ok {
			if i == len(s.buf) && i-s.pos < len("-Infinity") {
				return s.cut()
			}
			return s.fail("no JSON value")
		}
		k = odd
		s.odd++
	}
	s.pos = i
	if s.quiet == 0 {
		s.out = append(s.out, byte(k))
	}
	return nil
}

// stop marks the bytes at which a run of string bytes needs a look.
var stop = func() (t [256]bool) {
	t['"'], t['\\'] = true, true
	return t
}()

// str returns what stands between the quotes at pos, and whether it can be used as it is
// (no escape, ASCII only). It is valid until the scanner moves.
func (s *scanner) str() (raw []byte, plain bool, err error) {
	i := s.pos + 1
	escaped := false
	for {
		b := s.buf
		for i < len(b) && !stop[b[i]] {
			i++
		}
		if i < len(b) && b[i] == '"' {
			break
		}
		if i+1 < len(b) { // a backslash and what it escapes
			escaped = true
			i += 2
			continue
		}
		off := i - s.pos
		if !s.more() {
			return nil, false, s.cut() // pos stays at the quote: it may be one too many
		}
		i = s.pos + off
	}
	raw = s.buf[s.pos+1 : i]
	s.pos = i + 1
	if escaped {
		return raw, false, nil
	}
	return raw, ascii(raw), nil
}

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// text writes the string's length and its bytes without escapes.
func (s *scanner) text(raw []byte, plain bool) {
	if plain {
		s.out = binary.AppendUvarint(s.out, uint64(len(raw)))
		s.out = append(s.out, raw...)
		return
	}
	un := s.unescape(make([]byte, 0, 256), raw)
	s.out = binary.AppendUvarint(s.out, uint64(len(un)))
	s.out = append(s.out, un...)
}

// unescape appends raw without escapes and as UTF-8: bytes that are none are read as
// Windows-1252, which is what publishers of such files use.
func (s *scanner) unescape(dst, raw []byte) []byte {
	latin := !utf8.Valid(raw)
	if latin {
		s.high++
	}
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c >= 0x80 && latin:
			dst = utf8.AppendRune(dst, charmap.Windows1252.DecodeByte(c))
		case c != '\\' || i+1 == len(raw):
			dst = append(dst, c)
		default:
			i++
			switch c = raw[i]; c {
			case 'n':
				dst = append(dst, '\n')
			case 't':
				dst = append(dst, '\t')
			case 'r':
				dst = append(dst, '\r')
			case 'b', 'f':
				dst = append(dst, ' ')
			case 'u':
				r, n := runeAt(raw[i+1:])
				dst = utf8.AppendRune(dst, r)
				i += n
			default:
				dst = append(dst, c)
			}
		}
	}
	return dst
}

// runeAt reads the four digits after \u, and a second half when there is one.
func runeAt(b []byte) (rune, int) {
	hi, ok := hex4(b)
	if !ok {
		return utf8.RuneError, 0
	}
	if !utf16.IsSurrogate(hi) {
		return hi, 4
	}
	if len(b) >= 10 && b[4] == '\\' && b[5] == 'u' {
		if lo, ok := hex4(b[6:]); ok {
			if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
				return r, 10
			}
		}
	}
	return utf8.RuneError, 4
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (s *scanner) number() error {
	i := s.pos
	for {
		for i < len(s.buf) {
			c := s.buf[i]
			if c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E' {
				i++
				continue
			}
			break
		}
		if i < len(s.buf) {
			break
		}
		off := i - s.pos
		if !s.more() {
			i = s.pos + off
			break
		}
		i = s.pos + off
	}
	raw := s.buf[s.pos:i]
	k := kNumber
	if !number(raw) {
		switch {
		case s.all:
			return s.fail("not a number")
		// -Infinity
		case i < len(s.buf) && i-s.pos <= 1 && (s.buf[i] == 'I' || s.buf[i] == 'i' || s.buf[i] == 'N' ||
			s.buf[i] == 'n'):
			return s.bare(i)
		case i == len(s.buf):
			return s.cut()
		}
		k = kString // 0123, .5, 1.2.3: whoever needs it sees what it is
		s.odd++
	}
	s.pos = i
	if s.quiet == 0 {
		s.out = append(s.out, byte(k))
		s.out = binary.AppendUvarint(s.out, uint64(len(raw)))
		s.out = append(s.out, raw...)
	}
	return nil
}

// number reports whether b follows the grammar of RFC 8259 section 6.
func number(b []byte) bool {
	digits := func() int {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	zero := len(b) > 1 && b[0] == '0' && b[1] >= '0' && b[1] <= '9'
	if zero || digits() == 0 {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		if b = b[1:]; digits() == 0 {
			return false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		if b = b[1:]; len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return len(b) == 0
}

func (s *scanner) word(w string, k kind) error {
	for len(s.buf)-s.pos < len(w) && s.more() {
	}
	if len(s.buf)-s.pos < len(w) || string(s.buf[s.pos:s.pos+len(w)]) != w {
		return s.fail("no JSON value")
	}
	s.pos += len(w)
	if s.quiet == 0 {
		s.out = append(s.out, byte(k))
	}
	return nil
}
