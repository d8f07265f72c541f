package focus

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// How a bill writes days and numbers is asked of all of its rows.

// orderDates finds out whether a bill of Microsoft writes the day before the month, and notes it in the header.
// A file that cannot be asked is left as it is: it is read the careful way.
func (l *loader) orderDates(ctx context.Context, conn *sql.Conn, h *header, from, start string) bool {
	if !h.mayOrder() {
		return false
	}
	var n int64
	if err := conn.QueryRowContext(ctx, "SELECT "+sqlDayFirst(start)+" FROM "+from).Scan(&n); err != nil || n == 0 {
		return false
	}
	h.profile = h.profile.dayFirst()
	return true
}

// mayOrder reports whether days may be written with the day first or the month first.
func (h *header) mayOrder() bool {
	return h.profile != nil && h.has(colChargeStart) && slices.Contains(h.profile.dates, monthFirst)
}

// sqlDayFirst counts the days that can be read with the day first and not with the month first.
func sqlDayFirst(x string) string {
	return fmt.Sprintf("count(*) FILTER (regexp_matches(%s, %s) AND try_strptime(%s, %s) IS NULL AND "+
		"try_strptime(%s, %s) IS NOT NULL)",
		x, quote(monthFirst.pattern), sqlDay(x), quote(monthFirst.format), sqlDay(x), quote(dayFirst.format))
}

// findComma finds out whether a file writes 1,5 for one and a half, and notes it in the header: some number has a
// comma that groups no thousands, and none has a point without one. Only files with another delimiter than the
// comma and Microsoft's are looked at, since all others write a point.
func (l *loader) findComma(ctx context.Context, conn *sql.Conn, h *header, from string, text func(column) string) bool {
	if !h.mayComma() {
		return false
	}
	var comma, point int64
	commas, points := h.sqlCommas(text)
	if err := conn.QueryRowContext(ctx, "SELECT "+commas+", "+points+" FROM "+from).Scan(&comma, &point); err != nil {
		return false
	}
	h.comma = comma > 0 && point == 0
	return h.comma
}

// mayComma reports whether numbers may be written with a decimal comma.
func (h *header) mayComma() bool {
	if h.delim == 0 || h.delim == ',' && (h.profile == nil || !slices.Contains(h.profile.dates, dayDotted)) {
		return false
	}
	return slices.ContainsFunc(numberColumns, h.has)
}

// sqlCommas counts the numbers with a decimal comma, and those with a decimal point.
func (h *header) sqlCommas(text func(column) string) (commas, points string) {
	var comma, point []string
	for _, c := range numberColumns {
		if !h.has(c) {
			continue
		}
		x := text(c)
		comma = append(comma,
			fmt.Sprintf(`count(*) FILTER (regexp_matches(trim(%s), '^[+-]?([0-9]*|[0-9]{1,3}([. ][0-9]{3})*),([0-9]{1,2}|[0-9]{4,})([eE][+-]?[0-9]+)?$'))`, x))
		point = append(point,
			fmt.Sprintf(`count(*) FILTER (regexp_matches(trim(%s), '^[+-]?[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?$') AND NOT regexp_matches(trim(%s), '^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$'))`, x, x))
	}
	return strings.Join(comma, " + "), strings.Join(point, " + ")
}
