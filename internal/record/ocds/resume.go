package ocds

import (
	"bytes"
	"errors"
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
// brackets outside of strings. A quote too many turns strings inside out, and a bracket too
// many the counting: the beginning of a release is looked for in strings too, and alone where
// the brackets do not fit.
func (s *scanner) resume(depth int) resumed {
	counting := true
	for {
		c := s.next()
		switch {
		case c == 0 && s.pos >= len(s.buf):
			return nowhere
		case c == '"':
			if s.releaseInString() {
				return atRelease
			}
		case c == ',' && counting && s.depth == depth:
			return behindElement
		case (c == '}' || c == ']') && counting:
			if s.depth == depth {
				if c == ']' || depth == 0 {
					return behindElement
				}
				counting = false
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

// releaseInString passes over the string at pos, or stops at the first release in it.
func (s *scanner) releaseInString() bool {
	raw, _, err := s.str()
	left := len(raw) + 1 // behind the opening quote
	if err != nil {      // it runs to the end; pos is at its quote
		left = len(s.buf) - s.pos - 1
		s.pos++
	} else {
		s.pos -= left
	}
	for {
		i := bytes.IndexByte(s.buf[s.pos:s.pos+left], '{')
		if i < 0 {
			s.pos += left
			return false
		}
		s.pos, left = s.pos+i, left-i
		if s.beginsRelease() {
			return true
		}
		s.pos, left = s.pos+1, left-1
	}
}

// seek moves to the next object that is a release or begins a line, and reports whether there
// is one.
func (s *scanner) seek() bool {
	s.depth, s.quiet = 0, 0
	lineBegins := false // a line that holds what is broken is no new one
	for {
		if s.pos >= len(s.buf) && !s.more() {
			return false
		}
		switch c := s.buf[s.pos]; {
		case (c == '{' || c == '[') && (lineBegins || s.beginsRelease()):
			return true
		default:
			lineBegins = c == '\n'
		}
		s.pos++
	}
}

// How far behind its bracket the ocid of a release may stand, in bytes: less in a text of which much was looked at in
// vain, so that what is broken on purpose costs no more than a multiple of its size.
const (
	releaseAhead = 1 << 20
	littleAhead  = 1 << 10
	freeLooks    = 32 << 20 // bytes looked at before that counts
	mostLooks    = 8        // for each byte of the text
)

// beginsRelease reports whether an object with an ocid of its own begins at pos.
func (s *scanner) beginsRelease() bool {
	if s.buf[s.pos] != '{' {
		return false
	}
	most := releaseAhead
	if s.looked > freeLooks+mostLooks*(s.base+int64(s.pos)) {
		most = littleAhead
	}
	for ahead := 256; ; ahead = min(ahead*16, most) {
		for len(s.buf)-s.pos < ahead && s.more() {
		}
		in := &scanner{buf: s.buf[s.pos:min(len(s.buf), s.pos+ahead)], quiet: 1}
		is, cut := in.hasOCID()
		s.looked += int64(in.pos)
		if !cut || ahead >= most || len(in.buf) < ahead {
			return is
		}
	}
}

// hasOCID reports whether one of the members of the object at pos is an ocid. Cut says that
// the window ended before that could be told.
func (s *scanner) hasOCID() (is, cut bool) {
	err := s.enter()
	for n := 0; err == nil; n++ {
		var key []byte
		var done bool
		if key, done, err = s.key(n); err != nil || done {
			break
		}
		if string(canonical(key)) == "ocid" {
			return true, false
		}
		err = s.value()
	}
	var bad *syntaxError
	return false, errors.As(err, &bad) && bad.cut
}
