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
)

// strong are member names that OCDS has and other JSON of records has not.
var strong = []string{
	"compiledRelease", "versionedRelease", "procuringEntity", "initiationType", "procurementMethod", "awardID",
	"releaseTag", "releaseID", "releaseDate", "awardNotice", "contractValue", "itemsAwarded", "tenderPeriod",
	"releases", "records", "publishedDate", "publicationPolicy", "suppliers", "awards", "contracts", "tender", "buyer",
}

// Recognise reports whether a text that begins with head is OCDS in any of its shapes.
func Recognise(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
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
