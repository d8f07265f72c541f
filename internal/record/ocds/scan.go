package ocds

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/record"
)

// A syntaxError is text that is not JSON; anything else that a scanner returns is an error
// of reading.
type syntaxError struct {
	offset int64
	reason string
	cut    bool // the text ends in the middle of a value
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
	bids  int // depth of the members of the bids at hand, 0 outside of them

	looked int64 // bytes looked at ahead of pos, see [scanner.beginsRelease]
}

const (
	windowSize = 256 << 10 // bytes
	mark       = "\ufeff"  // byte order mark
	separator  = 0x1e      // before each text of a sequence (RFC 7464 section 2.1)
)

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

// next skips white space and returns the byte that stands there, 0 at the end. A byte order
// mark before a text that was put behind another, and the separator of RFC 7464, are white space.
func (s *scanner) next() byte {
	for {
		for s.pos < len(s.buf) {
			c := s.buf[s.pos]
			switch {
			case c == mark[0] && s.pos+len(mark) <= len(s.buf) && string(s.buf[s.pos:s.pos+len(mark)]) == mark:
				s.pos += len(mark)
				continue
			case c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' && c != separator:
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

func (s *scanner) enter() error {
	s.pos++
	if s.depth++; s.depth > record.MaxNesting {
		return &syntaxError{offset: s.base + int64(s.pos), reason: fmt.Sprintf("nested deeper than %d",
			record.MaxNesting)}
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
	if !s.all {
		key = canonical(key)
	}
	switch code := keyCode(key); {
	case code != 0:
		s.out = append(s.out, code)
		if !s.all && code == bidsCode {
			defer func(outer int) { s.bids = outer }(s.bids)
			s.bids = s.depth + 1
		}
		list := listCodes[code] || code == bidsCode || code == detailsCode && s.bids == s.depth
		if c := byte(0); !s.all && (list || textCodes[code]) {
			switch c = s.next(); {
			case c == '{' && list:
				return s.keyed()
			case (c == '{' || c == '[') && textCodes[code]:
				return s.texts()
			}
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
		if n == 0 && keyCode(canonical(key)) == 0 && string(key) != "statistics" { // of bids
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
				id := binary.AppendUvarint([]byte{byte(kObject), keyCode([]byte("id")), byte(kString)},
					uint64(len(key)))
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

// texts reads an object or list of texts where one text should be, {"en": "Cranes", "fr": "Grues"}
// or ["Cranes", "Cranes, used"], and writes one: the English text of an object, else its first, and
// all lines of a list.
func (s *scanner) texts() error {
	start := len(s.out)
	all, quiet := s.all, s.quiet
	s.all, s.quiet = false, 0
	err := s.everything()
	s.all, s.quiet = all, quiet
	if err != nil {
		return err
	}
	var a arena
	v, _ := a.tree(s.out[start:])
	if isHistory(&v) { // of a versioned release
		return nil
	}
	text := textIn(&v)
	s.out = append(s.out[:start], byte(kString))
	s.text([]byte(strings.Clone(text)), true)
	return nil
}

// everything writes the value at hand with all of its members.
func (s *scanner) everything() error {
	switch s.next() {
	case '{':
		if err := s.enter(); err != nil {
			return err
		}
		s.out = append(s.out, byte(kObject))
		for n := 0; ; n++ {
			key, done, err := s.key(n)
			if err != nil {
				return err
			}
			if done {
				break
			}
			s.literal(key)
			if err := s.everything(); err != nil {
				return err
			}
		}
		s.out = append(s.out, keyEnd)
	case '[':
		return s.elements(s.everything)
	default:
		return s.value()
	}
	s.depth--
	return nil
}

// textIn returns the text that an object of languages or a list of lines comes to.
func textIn(v *value) string {
	switch v.k {
	case kArray:
		var lines []string
		for i := range v.m {
			if s := textIn(&v.m[i].v); s != "" {
				lines = append(lines, s)
			}
		}
		return strings.Join(lines, "; ")
	case kObject:
		other := ""
		for i := range v.m {
			s := textIn(&v.m[i].v)
			if s != "" && strings.HasPrefix(strings.ToLower(v.m[i].key), "en") {
				return s
			}
			if other == "" {
				other = s
			}
		}
		return other
	}
	return v.text()
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

func (s *scanner) array() error { return s.elements(s.value) }

// elements reads an array, each of its elements with one.
func (s *scanner) elements(one func() error) error {
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
		if err := one(); err != nil {
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
