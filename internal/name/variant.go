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
	if Single(s) {
		return out
	}
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
	out = append(out, inParens(s)...)
	return append(out, Readings(s)...)
}

// Single reports that s holds no further names, from a look at its letters: true only when
// Variants returns s alone.
func Single(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80, c == '/', c == ';', c == '(':
			return false
		case c == ' ' && i+3 < len(s) && cutBegins(s[i+1]|0x20, s[i+2]|0x20, s[i+3]|0x20):
			return false
		}
	}
	return true
}

// cutBegins reports whether one of splits may begin with a space and these letters, with
// 0x20 set in each. Those with a slash or a semicolon are seen by it.
func cutBegins(a, b, c byte) bool {
	switch a {
	case 'a':
		return b == '.' || b == 'k' || b == 'l' && (c == 's' || c == 'i')
	case 'f':
		return b == '.' || b == 'k' || b == 'o' && c == 'r'
	case 'd':
		return b == '.' || b == 'b' || b == 'o' && c == 'i'
	case 't':
		return b == 'r' && c == 'a'
	case 'n':
		return b == 'o' && c == 'w'
	}
	return false
}

// inParens returns what stands before and within parentheses when these hold several
// names, or the name in another script: "جبهة (Jabhat; Front)".
func inParens(s string) []string {
	i := strings.IndexByte(s, '(')
	j := strings.LastIndexByte(s, ')')
	if i < 3 || j < i+4 {
		return nil
	}
	before, within := strings.TrimSpace(s[:i]), s[i+1:j]
	if before == "" || !strings.Contains(within, ";") && ascii(before) == ascii(within) {
		return nil
	}
	out := []string{before}
	for _, x := range strings.Split(within, ";") {
		if x = strings.TrimSpace(x); len(x) > 3 && len(out) < 12 {
			out = append(out, x)
		}
	}
	return out
}
