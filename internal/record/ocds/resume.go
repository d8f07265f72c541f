package ocds

import (
	"bytes"
)

// How scanning goes on behind what is no JSON.

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
