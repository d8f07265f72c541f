package focus

import (
	"regexp"
	"strings"
)

// The spellings in which one account id reaches bills and registers, folded.
var (
	// Azure resource ids: /subscriptions/GUID[/…], /providers/Microsoft.Billing/billingAccounts/ID[/…]
	// (Microsoft Cost Management, scopes); Google's billingAccounts/ID and projects/ID (Cloud Billing API).
	accountPath = regexp.MustCompile(
		`^(?:.*/)?(?:subscriptions|billingaccounts|enrollmentaccounts|billingprofiles|projects|accounts)/([^/]+)/?$`)
	guid      = regexp.MustCompile(`^[({]?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[)}]?$`)
	allDigits = regexp.MustCompile(`^[0-9]+$`)
	grouped   = regexp.MustCompile(`^[0-9]{4}-[0-9]{4}-[0-9]{4}$`) // as the AWS console shows an account
	withPoint = regexp.MustCompile(`^([0-9]+)\.0+$`)               // a number that a program took for a fraction
)

// AccountKey returns one key for the spellings of an account id, so that ids of bills and of registers can be
// compared: paths of Azure and Google scopes, letter case, blanks, quotation marks and Excel's leading
// apostrophe, GUIDs in braces, and numbers that lost their leading zeros. "" stays "".
//
// A number in E notation ("1.23457E+11") has lost digits: its key is the text itself, which equals no other id.
// Two ids with one key may still be two accounts (00123 and 123), so a tie by key that is not a tie by
// spelling has to be said.
func AccountKey(s string) string {
	s = strings.ToLower(strings.Trim(s, " \t\r\n\u00a0\u200b\ufeff\"'`"))
	if m := accountPath.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if m := guid.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := withPoint.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if grouped.MatchString(s) {
		s = strings.ReplaceAll(s, "-", "")
	}
	if allDigits.MatchString(s) {
		if s = strings.TrimLeft(s, "0"); s == "" {
			s = "0"
		}
	}
	return s
}
