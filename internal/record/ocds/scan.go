package ocds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"plimsoll/internal/record"
)

// A syntaxError is text that is not JSON; anything else that a scanner returns is an error
// of reading.
type syntaxError struct {
	offset int64
	reason string
	cut    bool // the text ends in the middle of a value
	deep   bool // nested deeper than [record.MaxNesting]
	lost   bool // reading goes on at an object that stands free, see [scanner.resume]
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.reason, e.offset) }

// A scanner parses JSON out of a window on the text and writes the members that matter to
// out, in the spool's form: a byte for the kind, then
//
//	number, string  length, bytes (unescaped)
//	object          { key code | 0, length, name } value … 255
//	array           value … kEnd
type scanner struct {
	r    io.Reader // nil: the window is all there is
	buf  []byte
	pos  int
	base int64 // offset of buf[0] in the text
	rerr error

	all   bool // keep members outside the key table too, and take nothing but JSON
	quiet int  // > 0: parse only
	out   []byte
	high  int // strings that were not UTF-8
	odd   int // values that are no JSON and were read as null, see oddWords
	depth int
}

const windowSize = 256 << 10

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 0, windowSize)}
}

func (s *scanner) fail(reason string) error {
	if s.rerr != nil && s.rerr != io.EOF {
		return s.rerr
	}
	if s.pos >= len(s.buf) {
		return s.cut()
	}
	return &syntaxError{offset: s.base + int64(s.pos), reason: reason}
}

// cut says that the text ends where a value should go on.
func (s *scanner) cut() error {
	if s.rerr != nil && s.rerr != io.EOF {
		return s.rerr
	}
	return &syntaxError{offset: s.base + int64(len(s.buf)), reason: "the text ends too early", cut: true}
}

// more reads on, keeping the text from pos. It reports whether anything came.
func (s *scanner) more() bool {
	if s.r == nil || s.rerr != nil {
		return false
	}
	if s.pos > 0 {
		n := copy(s.buf, s.buf[s.pos:])
		s.base += int64(s.pos)
		s.buf, s.pos = s.buf[:n], 0
	}
	if len(s.buf) == cap(s.buf) {
		if cap(s.buf) >= record.MaxLine {
			s.rerr = fmt.Errorf("a single value is larger than %d MiB", record.MaxLine>>20)
			return false
		}
		s.buf = append(make([]byte, 0, 2*cap(s.buf)), s.buf...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err != nil {
			s.rerr = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.rerr = io.ErrNoProgress
	return false
}

// next skips white space and returns the byte that stands there, 0 at the end.
func (s *scanner) next() byte {
	for {
		for s.pos < len(s.buf) {
			c := s.buf[s.pos]
			if c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				return c
			}
			s.pos++
		}
		if !s.more() {
			return 0
		}
	}
}

// value parses one value and, unless quiet, writes it to out.
func (s *scanner) value() error {
	switch c := s.next(); {
	case c == '"':
		raw, plain, err := s.str()
		if err != nil || s.quiet > 0 {
			return err
		}
		s.out = append(s.out, byte(kString))
		s.text(raw, plain)
		return nil
	case c == '{':
		return s.object()
	case c == '[':
		return s.array()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case s.all && c == 't':
		return s.word("true", kTrue)
	case s.all && c == 'f':
		return s.word("false", kFalse)
	case s.all && c == 'n':
		return s.word("null", kNull)
	case s.all:
	case c == '+' || c == '.':
		return s.number()
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return s.bare(s.pos)
	}
	return s.fail("no JSON value")
}

// oddWords are what programs write where JSON (RFC 8259 section 3) has no word: Python's and
// R's numbers that are none, JavaScript's undefined, and other spellings of the three words.
var oddWords = map[string]kind{
	"NaN": kNull, "nan": kNull, "NAN": kNull, "Infinity": kNull, "infinity": kNull, "inf": kNull, "Inf": kNull, "INF": kNull,
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

func (s *scanner) enter() error {
	s.pos++
	if s.depth++; s.depth > record.MaxNesting {
		return &syntaxError{offset: s.base + int64(s.pos), reason: fmt.Sprintf("nested deeper than %d", record.MaxNesting), deep: true}
	}
	return nil
}

func (s *scanner) object() error {
	if err := s.enter(); err != nil {
		return err
	}
	start := len(s.out)
	if s.quiet == 0 {
		s.out = append(s.out, byte(kObject))
	}
	for n := 0; ; n++ {
		key, done, err := s.key(n)
		if err != nil {
			return err
		}
		if done {
			break
		}
		if n == 0 && s.quiet == 0 && !s.all && len(key) > 1 && key[0] == '$' {
			return s.extended(key, start)
		}
		if s.quiet > 0 {
			err = s.value()
		} else {
			err = s.member(key)
		}
		if err != nil {
			return err
		}
	}
	if s.quiet == 0 {
		s.out = append(s.out, keyEnd)
	}
	s.depth--
	return nil
}

// extended reads the rest of an object that stands for one value, as databases of documents
// export it ({"$numberDecimal": "1.5"}, {"$date": {"$numberLong": "1743465600000"}}), and
// writes that value at start.
func (s *scanner) extended(key []byte, start int) error {
	date := string(key) == "$date"
	s.out = s.out[:start]
	if err := s.value(); err != nil {
		return err
	}
	if k := kind(s.out[start]); date && (k == kNumber || k == kString) {
		text, _ := cutString(s.out[start+1:])
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
			iso := time.UnixMilli(ms).UTC().Format(time.RFC3339)
			s.out = binary.AppendUvarint(append(s.out[:start], byte(kString)), uint64(len(iso)))
			s.out = append(s.out, iso...)
		}
	}
	s.quiet++
	defer func() { s.quiet-- }()
	for {
		_, done, err := s.key(1)
		if err != nil {
			return err
		}
		if done {
			s.depth--
			return nil
		}
		if err := s.value(); err != nil {
			return err
		}
	}
}

// member writes a member whose key was just read, or parses it only when nobody needs it.
func (s *scanner) member(key []byte) error {
	switch code := keyCode(key); {
	case code != 0:
		s.out = append(s.out, code)
		if listCodes[code] && !s.all && s.next() == '{' {
			return s.keyed()
		}
	case s.all || translated(key):
		s.literal(key)
	default:
		s.quiet++
		err := s.value()
		s.quiet--
		return err
	}
	return s.value()
}

func (s *scanner) literal(key []byte) {
	s.out = append(s.out, keyLiteral)
	s.out = binary.AppendUvarint(s.out, uint64(len(key)))
	s.out = append(s.out, key...)
}

// keyed reads an object that stands where a list should. With members of the key table it is
// the only element; else its keys are the ids of the elements, {"S1": {"name": …}}.
func (s *scanner) keyed() error {
	if err := s.enter(); err != nil {
		return err
	}
	start := len(s.out)
	s.out = append(s.out, byte(kObject))
	for n := 0; ; n++ {
		key, done, err := s.key(n)
		if err != nil {
			return err
		}
		if done {
			break
		}
		if n == 0 && keyCode(key) == 0 {
			name := append([]byte(nil), key...) // the window moves
			if s.next() == '{' {
				s.out = append(s.out[:start], byte(kArray))
				return s.keyedRest(name)
			}
			key = name
		}
		if err := s.member(key); err != nil {
			return err
		}
	}
	s.out = append(s.out, keyEnd)
	s.depth--
	return nil
}

// keyedRest writes the elements from the one whose key was just read; the key is an element's
// id unless it has one of its own.
func (s *scanner) keyedRest(key []byte) error {
	for {
		if s.next() != '{' {
			if err := s.skipped(); err != nil {
				return err
			}
		} else {
			at := len(s.out)
			if err := s.object(); err != nil {
				return err
			}
			if kind(s.out[at]) == kObject {
				id := binary.AppendUvarint([]byte{byte(kObject), keyCode([]byte("id")), byte(kString)}, uint64(len(key)))
				id = append(id, key...)
				s.out = append(s.out[:at], append(id, s.out[at+1:]...)...)
			}
		}
		next, done, err := s.key(1)
		if err != nil {
			return err
		}
		if done {
			s.out = append(s.out, byte(kEnd))
			s.depth--
			return nil
		}
		key = append(key[:0], next...)
	}
}

// skipped parses a value and writes nothing.
func (s *scanner) skipped() error {
	s.quiet++
	defer func() { s.quiet-- }()
	return s.value()
}

// key reads the next key and its colon, or the object's end. The key is valid until the
// scanner moves.
func (s *scanner) key(n int) (key []byte, done bool, err error) {
	c := s.next()
	if c == '}' {
		s.pos++ // also after a comma, as some publishers write it
		return nil, true, nil
	}
	if n > 0 {
		if c != ',' {
			return nil, false, s.fail("no comma between members")
		}
		s.pos++
		if c = s.next(); c == '}' {
			s.pos++
			return nil, true, nil
		}
	}
	if c != '"' {
		return nil, false, s.fail("no key where one should be")
	}
	raw, plain, err := s.str()
	if err != nil {
		return nil, false, err
	}
	if !plain {
		raw = s.unescape(nil, raw)
	}
	if s.pos < len(s.buf) && s.buf[s.pos] == ':' { // the common case leaves the window alone
		s.pos++
		return raw, false, nil
	}
	if s.pos >= len(s.buf)-64 {
		raw = append([]byte(nil), raw...) // the window may move
	}
	if s.next() != ':' {
		return nil, false, s.fail("no colon after a key")
	}
	s.pos++
	return raw, false, nil
}

func (s *scanner) array() error {
	if err := s.enter(); err != nil {
		return err
	}
	if s.quiet == 0 {
		s.out = append(s.out, byte(kArray))
	}
	for n := 0; ; n++ {
		done, err := s.element(n)
		if err != nil {
			return err
		}
		if done {
			break
		}
		if err := s.value(); err != nil {
			return err
		}
	}
	if s.quiet == 0 {
		s.out = append(s.out, byte(kEnd))
	}
	s.depth--
	return nil
}

// element steps to the next element of an array, or past its end.
func (s *scanner) element(n int) (done bool, err error) {
	c := s.next()
	if c == ']' {
		s.pos++
		return true, nil
	}
	if n > 0 {
		if c == '{' && !s.all { // a comma that was forgotten
			return false, nil
		}
		if c != ',' {
			return false, s.fail("no comma between elements")
		}
		s.pos++
		if s.next() == ']' {
			s.pos++
			return true, nil
		}
	}
	return false, nil
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
		case i < len(s.buf) && i-s.pos <= 1 && (s.buf[i] == 'I' || s.buf[i] == 'i' || s.buf[i] == 'N' || s.buf[i] == 'n'): // -Infinity
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

// Where [scanner.resume] stops.
type resumed uint8

const (
	behindElement resumed = iota // at the comma or bracket behind the broken element
	atRelease                    // at an object that begins with "ocid", at a depth that cannot be told
	nowhere                      // the text ends, or its brackets do not fit
)

// resume looks for the end of a broken element of the array at that depth, by counting
// brackets outside of strings. A quote too many turns strings inside out, so the beginning
// of a release is looked for in both.
func (s *scanner) resume(depth int) resumed {
	for {
		c := s.next()
		switch {
		case c == 0 && s.pos >= len(s.buf):
			return nowhere
		case c == '"':
			raw, _, err := s.str()
			if err != nil { // it runs to the end
				raw = s.buf[s.pos+1:]
				i := releaseIn(raw)
				if i < 0 {
					return nowhere
				}
				s.pos += 1 + i
				return atRelease
			}
			if open := bytes.TrimRight(raw, " \t\r\n"); len(open) > 0 && open[len(open)-1] == '{' && bytes.HasPrefix(s.buf[s.pos:], []byte(`ocid"`)) {
				s.pos -= len(raw) - len(open) + 2
				return atRelease
			}
		case c == ',' && s.depth == depth:
			return behindElement
		case c == '}' || c == ']':
			if s.depth == depth {
				if c == ']' || depth == 0 {
					return behindElement
				}
				return nowhere
			}
			s.depth--
			s.pos++
		case c == '{' || c == '[':
			if s.beginsRelease() {
				return atRelease
			}
			s.depth++
			s.pos++
		default:
			s.pos++
		}
	}
}

// beginsRelease reports whether an object whose first member is an ocid begins at pos.
func (s *scanner) beginsRelease() bool {
	for len(s.buf)-s.pos < releaseHeadSize && s.more() {
	}
	return releaseIn(s.buf[s.pos:min(len(s.buf), s.pos+releaseHeadSize)]) == 0
}

// releaseHeadSize is how far the key may stand from its bracket, indented deeply.
const releaseHeadSize = 256

// releaseIn returns the place of the first object in text that begins with an ocid, or -1.
func releaseIn(text []byte) int {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(`"ocid"`))
		if i < 0 {
			return -1
		}
		head := bytes.TrimRight(text[:from+i], " \t\r\n")
		if n := len(head); n > 0 && head[n-1] == '{' {
			return n - 1
		}
		from += i + 1
	}
}

// parse reads one JSON text whole, keeping every member.
func parse(a *arena, text []byte) (value, error) {
	s := &scanner{buf: text, all: true}
	if err := s.value(); err != nil {
		return value{}, err
	}
	if s.next() != 0 || s.pos < len(s.buf) {
		return value{}, s.fail("more text after the value")
	}
	v, rest := a.tree(s.out)
	if len(rest) > 0 {
		return value{}, errors.New("read spooled value: bytes left over")
	}
	return v, nil
}
