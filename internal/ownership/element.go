package ownership

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"plimsoll/internal/record"
)

// Elements reads one JSON value after another from a JSON array, from JSON Lines, or from
// the array under a key of one outer object, without holding more than one of them. It
// finds where a value ends and leaves its grammar to the caller: one that is balanced but
// malformed costs that value and not the file.
type Elements struct {
	r     *bufio.Reader
	keys  []string
	mode  elementMode
	path  string // prefix of places
	n     int    // values read
	line  int    // of the next byte
	buf   []byte
	begun bool
	ended bool
}

type elementMode uint8

const (
	inArray elementMode = iota
	inLines
)

// NewElements reads from r. With keys, an outer object is entered and the array under the
// first of these keys is read; without, an object is a value itself.
func NewElements(r io.Reader, keys ...string) *Elements {
	return &Elements{r: bufio.NewReaderSize(r, 64<<10), keys: keys, line: 1}
}

var (
	errTooLong = fmt.Errorf("%w: one value is larger than %d MiB", record.ErrDamaged, record.MaxLine>>20)
	errTooDeep = fmt.Errorf("%w: nested deeper than %d levels", record.ErrDamaged, record.MaxNesting)
)

// Next returns the next value and where it stands: "line 17" for JSON Lines, "/12" for the
// thirteenth value of an array, "records/12" under a key. The bytes are good until the next
// call. It returns io.EOF after the last value, and an error when the text ends or breaks
// off in the middle.
func (e *Elements) Next() (raw []byte, at string, err error) {
	if !e.begun {
		e.begun = true
		if err := e.begin(); err != nil {
			return nil, "", err
		}
	}
	if e.ended {
		return nil, "", io.EOF
	}
	c, err := e.peek()
	for err == nil && c == ',' && e.n > 0 && e.mode == inArray {
		e.skip()
		c, err = e.peek()
	}
	switch {
	case err == io.EOF && e.mode == inLines:
		return nil, "", io.EOF
	case err == io.EOF:
		return nil, "", fmt.Errorf("%w: it breaks off after value %d, without a closing bracket", record.ErrDamaged,
			e.n)
	case err != nil:
		return nil, "", err
	case c == ']' && e.mode == inArray:
		e.skip()
		e.ended = true
		return nil, "", io.EOF
	}
	at = fmt.Sprintf("line %d", e.line)
	if e.mode == inArray {
		at = fmt.Sprintf("%s/%d", e.path, e.n)
	}
	e.n++
	if err := e.value(); err != nil {
		return nil, at, fmt.Errorf("%s: %w", at, err)
	}
	return e.buf, at, nil
}

// begin finds the first value.
func (e *Elements) begin() error {
	c, err := e.peek()
	if err == io.EOF {
		e.ended = true
		return nil
	}
	if err != nil {
		return err
	}
	if c == '[' {
		e.skip()
		return nil
	}
	e.mode = inLines
	if c != '{' || len(e.keys) == 0 {
		return nil
	}
	// Walk the outer object's members until the array.
	e.skip()
	for {
		c, err := e.peek()
		if err != nil {
			return e.cut(err)
		}
		if c == ',' {
			e.skip()
			continue
		}
		if c == '}' {
			e.ended = true
			return nil
		}
		if err := e.value(); err != nil {
			return err
		}
		key := string(bytes.Trim(e.buf, `"`))
		if c, err = e.peek(); err != nil || c != ':' {
			return fmt.Errorf("%w: line %d: no colon after key %q", record.ErrDamaged, e.line, key)
		}
		e.skip()
		c, err = e.peek()
		if err != nil {
			return e.cut(err)
		}
		for _, k := range e.keys {
			if k == key && c == '[' {
				e.skip()
				e.mode, e.path = inArray, key
				return nil
			}
		}
		if err := e.value(); err != nil {
			return err
		}
	}
}

func (e *Elements) cut(err error) error {
	if err == io.EOF {
		return fmt.Errorf("%w: it breaks off", record.ErrDamaged)
	}
	return err
}

// peek returns the next byte that is no space.
func (e *Elements) peek() (byte, error) {
	for {
		c, err := e.r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch c {
		case '\n':
			e.line++
		case ' ', '\t', '\r':
		default:
			return c, e.r.UnreadByte()
		}
	}
}

func (e *Elements) skip() { _, _ = e.r.ReadByte() }

// value reads one value into buf: to its closing bracket or quote, or, for a bare word,
// to the next delimiter.
func (e *Elements) value() error {
	e.buf = e.buf[:0]
	depth, quoted, escaped := 0, false, false
	for {
		c, err := e.r.ReadByte()
		if err == io.EOF {
			if depth == 0 && !quoted && len(e.buf) > 0 {
				return nil
			}
			return fmt.Errorf("%w: it breaks off inside a value", record.ErrDamaged)
		}
		if err != nil {
			return err
		}
		if c == '\n' {
			e.line++
			// A line of JSON Lines that is broken off costs that line only.
			if e.mode == inLines && (depth > 0 || quoted) && e.fresh() {
				return nil
			}
		}
		if len(e.buf) >= record.MaxLine {
			return errTooLong
		}
		if quoted {
			e.buf = append(e.buf, c)
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				quoted = false
				if depth == 0 {
					return nil
				}
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			if depth++; depth > record.MaxNesting {
				return errTooDeep
			}
		case '}', ']':
			if depth--; depth < 0 { // a bare word ends where its parent does
				e.unread(c)
				if len(e.buf) == 0 {
					e.skip()
					e.buf = append(e.buf, c)
				}
				return nil
			}
			if depth == 0 {
				e.buf = append(e.buf, c)
				return nil
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 && len(e.buf) > 0 {
				e.unread(c)
				return nil
			}
		}
		e.buf = append(e.buf, c)
	}
}

func (e *Elements) unread(c byte) {
	if c == '\n' {
		e.line--
	}
	_ = e.r.UnreadByte()
}

// fresh reports whether the next line starts a new object at its first byte, as only JSON
// Lines do; the members of a printed object are indented or start with a quote.
func (e *Elements) fresh() bool {
	next, err := e.r.Peek(2)
	return err == nil && next[0] == '{' && next[1] == '"'
}
