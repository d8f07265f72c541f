package access

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads I-JSON (RFC 7493), as AuthZEN demands: names are unique and compared exactly,
// texts are UTF-8 without lone surrogates, numbers fit IEEE 754. encoding/json is laxer in
// all of these: it folds names, keeps the last duplicate and repairs bad UTF-8.
type parser struct {
	b     []byte
	i     int
	depth int
	names [][]byte // of the objects that are open, outermost first
}

// Bounds of a request.
const (
	maxNesting = 32
	maxMembers = 1024 // of one object
)

// A badJSON is what is wrong with a body, in words that may be sent back.
type badJSON struct {
	at   int
	what string
}

func (e *badJSON) Error() string { return fmt.Sprintf("malformed JSON at byte %d: %s", e.at, e.what) }

func (p *parser) bad(what string) error { return &badJSON{p.i, what} }

func (p *parser) reset(b []byte) { p.b, p.i, p.depth, p.names = b, 0, 0, p.names[:0] }

func (p *parser) ws() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// peek gives the first byte of the next value, 0 at the end.
func (p *parser) peek() byte {
	p.ws()
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

// document reads one value that fills the whole text. With member, the value must be an object.
func (p *parser) document(member func(name []byte) error) error {
	if p.ws(); p.i == len(p.b) {
		return p.bad("the body is empty")
	}
	var err error
	if member != nil {
		err = p.object(member)
	} else {
		err = p.skip()
	}
	if err != nil {
		return err
	}
	if p.ws(); p.i != len(p.b) {
		return p.bad("something follows the value")
	}
	return nil
}

// object reads an object. member is called with the cursor before each value and reads it.
func (p *parser) object(member func(name []byte) error) error {
	if p.peek() != '{' {
		return p.bad("an object is wanted")
	}
	if p.depth++; p.depth > maxNesting {
		return p.bad("it is nested too deeply")
	}
	p.i++
	mark := len(p.names)
	if p.peek() == '}' {
		p.i++
		p.depth--
		return nil
	}
	for {
		if p.peek() != '"' {
			return p.bad("a member's name is wanted")
		}
		name, err := p.text()
		if err != nil {
			return err
		}
		for _, had := range p.names[mark:] {
			if bytes.Equal(had, name) {
				return p.bad("the member " + strconv.Quote(short(name)) + " is there twice")
			}
		}
		if len(p.names)-mark >= maxMembers {
			return p.bad("an object has too many members")
		}
		p.names = append(p.names, name)
		if p.peek() != ':' {
			return p.bad("a colon is wanted")
		}
		p.i++
		if err := member(name); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.i++
		case '}':
			p.i++
			p.depth--
			p.names = p.names[:mark]
			return nil
		default:
			return p.bad("a comma or a closing brace is wanted")
		}
	}
}

func short(b []byte) string {
	if len(b) > 40 {
		b = b[:40]
	}
	return string(bytes.ToValidUTF8(b, nil))
}

// array reads an array; element reads each.
func (p *parser) array(element func(n int) error) error {
	if p.peek() != '[' {
		return p.bad("an array is wanted")
	}
	if p.depth++; p.depth > maxNesting {
		return p.bad("it is nested too deeply")
	}
	p.i++
	if p.peek() == ']' {
		p.i++
		p.depth--
		return nil
	}
	for n := 0; ; n++ {
		if err := element(n); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			p.depth--
			return nil
		default:
			return p.bad("a comma or a closing bracket is wanted")
		}
	}
}

func (p *parser) skipMember([]byte) error { return p.skip() }

// skip reads any value and checks it.
func (p *parser) skip() error {
	switch c := p.peek(); c {
	case '{':
		return p.object(p.skipMember)
	case '[':
		return p.array(func(int) error { return p.skip() })
	case '"':
		_, err := p.text()
		return err
	case 't':
		return p.word("true")
	case 'f':
		return p.word("false")
	case 'n':
		return p.word("null")
	default:
		if p.i == len(p.b) {
			return p.bad("it ends too early")
		}
		return p.number()
	}
}

func (p *parser) word(w string) error {
	if !bytes.HasPrefix(p.b[p.i:], []byte(w)) {
		return p.bad("a value is wanted")
	}
	p.i += len(w)
	return nil
}

// null reads a null and reports whether there was one.
func (p *parser) null() bool {
	if p.peek() == 'n' && bytes.HasPrefix(p.b[p.i:], []byte("null")) {
		p.i += 4
		return true
	}
	return false
}

func (p *parser) digits() bool {
	from := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}

func (p *parser) at(c ...byte) bool {
	if p.i < len(p.b) && bytes.IndexByte(c, p.b[p.i]) >= 0 {
		p.i++
		return true
	}
	return false
}

// number follows RFC 8259 section 6.
func (p *parser) number() error {
	from := p.i
	p.at('-')
	switch {
	case p.at('0'):
	case p.digits():
	default:
		p.i = from
		return p.bad("a value is wanted")
	}
	if p.at('.') && !p.digits() {
		return p.bad("a number lacks digits")
	}
	if p.at('e', 'E') {
		p.at('+', '-')
		if !p.digits() {
			return p.bad("a number lacks digits")
		}
	}
	if p.i-from > 15 || bytes.ContainsAny(p.b[from:p.i], "eE") {
		if v, err := strconv.ParseFloat(string(p.b[from:p.i]), 64); err != nil || math.IsInf(v, 0) {
			return p.bad("a number is too large")
		}
	}
	return nil
}

// text reads a string and gives its value: a part of the input unless it has escapes.
func (p *parser) text() ([]byte, error) {
	p.i++
	from := p.i
	ascii := true
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			s := p.b[from:p.i]
			if !ascii && !utf8.Valid(s) {
				return nil, p.bad("a text is not UTF-8")
			}
			p.i++
			return s, nil
		case c == '\\':
			return p.escaped(from)
		case c < 0x20:
			return nil, p.bad("a text holds a control character")
		case c >= 0x80:
			ascii = false
		}
		p.i++
	}
	return nil, p.bad("a text does not end")
}

func (p *parser) escaped(from int) ([]byte, error) {
	out := append([]byte(nil), p.b[from:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return nil, p.bad("a text is not UTF-8")
			}
			return out, nil
		case c < 0x20:
			return nil, p.bad("a text holds a control character")
		case c != '\\':
			out = append(out, c)
			continue
		}
		if p.i >= len(p.b) {
			break
		}
		c = p.b[p.i]
		p.i++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, err := p.hex()
			if err != nil {
				return nil, err
			}
			if utf16.IsSurrogate(r) {
				if r >= 0xdc00 || p.i+1 >= len(p.b) || p.b[p.i] != '\\' || p.b[p.i+1] != 'u' {
					return nil, p.bad("a text holds half a character")
				}
				p.i += 2
				low, err := p.hex()
				if err != nil {
					return nil, err
				}
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					return nil, p.bad("a text holds half a character")
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, p.bad("a text holds an unknown escape")
		}
	}
	return nil, p.bad("a text does not end")
}

func (p *parser) hex() (rune, error) {
	if p.i+4 > len(p.b) {
		return 0, p.bad("a text does not end")
	}
	var r rune
	for _, c := range p.b[p.i : p.i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, p.bad("a text holds an unknown escape")
		}
		r = r<<4 | rune(c)
	}
	p.i += 4
	return r, nil
}

// eachText calls f with the text under name in the object, or with each text of an array
// there. The object has been checked before.
func (p *parser) eachText(name string, f func(string)) {
	p.reset(p.b)
	take := func() error {
		if p.peek() != '"' {
			return p.skip()
		}
		s, err := p.text()
		if err == nil {
			f(string(s))
		}
		return err
	}
	_ = p.object(func(n []byte) error {
		switch {
		case string(n) != name:
			return p.skip()
		case p.peek() == '[':
			return p.array(func(int) error { return take() })
		}
		return take()
	})
}
