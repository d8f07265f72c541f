// Package ocds reads contracts published in the Open Contracting Data Standard, 1.0 and
// 1.1, and the shape that some publishers used before 1.0.
//
// Invariants: releases are merged per ocid by the standard's rules before anything is
// emitted, across all files of a run, and a release given twice changes nothing; numbers
// keep their digits; contact points and documents are parsed and dropped; every release
// that cannot be used is a reject with its path. Memory does not grow with the input.
package ocds

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"plimsoll/internal/record/ted"
)

// strong are member names that OCDS has and other JSON of records has not.
var strong = []string{
	"compiledRelease", "versionedRelease", "procuringEntity", "initiationType", "procurementMethod", "awardID",
	"releaseTag", "releaseID", "releaseDate", "awardNotice", "contractValue", "itemsAwarded", "tenderPeriod",
	"releases", "records", "publishedDate", "publicationPolicy", "suppliers", "awards", "contracts", "tender", "buyer",
}

// Recognise reports whether a text that begins with head is OCDS in any of its shapes, or holds notices of
// Tenders Electronic Daily, which are read as releases.
func Recognise(head []byte) bool {
	if ted.Recognise(head) {
		return true
	}
	if !isJSON(head) {
		return false
	}
	if hasKey(head, "ocid") {
		return true
	}
	n := 0
	for _, name := range strong {
		if hasKey(head, name) {
			n++
		}
	}
	return n >= 2
}

// RecogniseText reads a whole text that begins like JSON and reports whether it is OCDS. It is
// for files that [Recognise] cannot tell by their head, because something else stands first:
// an answer's counts, or the packages and extensions of a record package.
func RecogniseText(r io.Reader) (bool, error) {
	const window = 256 << 10
	const overlap = 128 // a key and its colon, indented
	buf := make([]byte, 0, window+overlap)
	seen := map[string]bool{}
	begun := false
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if !begun {
			head := trimmed(buf)
			if len(head) > 0 && head[0] != '{' && head[0] != '[' {
				return false, nil
			}
			begun = len(head) > 0
		}
		if hasKey(buf, "ocid") {
			return true, nil
		}
		for _, name := range strong {
			if !seen[name] && hasKey(buf, name) {
				seen[name] = true
			}
		}
		if len(seen) >= 2 {
			return true, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("recognise contracts: %w", err)
		}
		buf = buf[:copy(buf, buf[len(buf)-overlap:])]
	}
}

// trimmed is a text without white space, byte order marks and separators around it.
func trimmed(text []byte) []byte {
	return bytes.Trim(text, " \t\r\n\x1e"+mark)
}

// hasKey reports whether a member of this name stands in the text.
func hasKey(text []byte, name string) bool {
	quoted := []byte(`"` + name + `"`)
	for {
		i := bytes.Index(text, quoted)
		if i < 0 {
			return false
		}
		text = text[i+len(quoted):]
		if rest := bytes.TrimLeft(text, " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			return true
		}
	}
}
