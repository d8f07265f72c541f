package name

import (
	"strings"
	"unicode/utf8"
)

// splits are the words and signs that part two names held in one text.
var splits = []string{" a.k.a. ", " aka ", " a/k/a ", " f.k.a. ", " fka ", " f/k/a ", " d.b.a. ", " dba ", " d/b/a ", " t/a ", " trading as ", " doing business as ",
	" formerly known as ", " also known as ", " formerly ", " alias ", " now known as ", " n/k/a ", " c/o ", "; ", " / ", "/"}

// Variants returns s and the further names that it holds: the names beside "also known
// as" or a slash, and other readings of Han characters.
func Variants(s string) []string {
	out := []string{s}
	low := s
	if strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		b := []byte(s)
		for i, c := range b {
			if c >= 'A' && c <= 'Z' {
				b[i] = c + 'a' - 'A'
			}
		}
		low = string(b)
	}
	for _, cut := range splits {
		i := strings.Index(low, cut)
		if i < 0 {
			continue
		}
		a, b := strings.Trim(s[:i], " ,("), strings.Trim(s[i+len(cut):], " ,)")
		if cut == "/" && (utf8.RuneCountInString(a) < 5 || utf8.RuneCountInString(b) < 5) {
			continue // A/S, M/V, T/A
		}
		if a != "" && b != "" {
			out = append(out, a, b)
			break
		}
	}
	return append(out, Readings(s)...)
}
