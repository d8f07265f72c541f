package table

import "strings"

// Inert keeps a spreadsheet from taking text as a formula (OWASP "CSV injection"): a cell that starts with = + - @, tab
// or carriage return gets an apostrophe before it.
func Inert(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	return "'" + s
}
