package focus

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/record"
)

// The columns that are read of the billing-period dataset (FOCUS 1.4, "Billing Period").
const (
	periodStart  = "BillingPeriodStart"
	periodEnd    = "BillingPeriodEnd"
	periodStatus = "BillingPeriodStatus"
	periodIssuer = "InvoiceIssuerName"
)

const periodKind = "focus billing periods" // in rejects

// A Period is what an issuer of invoices says of one of its months.
type Period struct {
	record.Place
	Issuer string
	Start  record.Date
	Final  bool // it is closed: its charges change no more but by corrections
	Status string
}

func isPeriods(names []string) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return nameKey(n) == nameKey(name) })
	}
	return has(periodStart) && has(periodStatus) && !has("ChargePeriodStart") && !has("BilledCost")
}

// RecognisePeriods reports whether a file is the billing-period dataset of FOCUS; see [RecogniseCommitments] for path.
func RecognisePeriods(head []byte, path string) bool { return recogniseDataset(head, path, isPeriods) }

// DecodePeriods reads the billing-period dataset. A row without a start that can be read is a reject; a status that is
// neither Open nor Closed is not final.
func DecodePeriods(ctx context.Context, db *sql.DB, src record.Source, sink record.Sink) ([]Period, record.Stats,
	error) {
	d := &dataset{ctx: ctx, src: src, sink: sink, kind: periodKind, is: isPeriods, columns: []string{periodStart,
		periodEnd, periodStatus, periodIssuer},
		st: record.Stats{Notes: []string{"columns of FOCUS 1.4, billing periods"}}}
	var out []Period
	d.row = func(at string, cell func(column string) string) error {
		text := strings.TrimSpace(cell(periodStart))
		day, _, _ := strings.Cut(strings.Replace(text, " ", "T", 1), "T")
		start, err := record.ParseDate(day)
		if err != nil || start.Time.IsZero() {
			return d.reject(at, fmt.Sprintf("%s %.40q is no date", periodStart, text))
		}
		d.st.Records++
		status := strings.TrimSpace(cell(periodStatus))
		out = append(out, Period{Place: record.Place{Source: src.Index, At: at},
			Issuer: strings.TrimSpace(cell(periodIssuer)), Start: start,
			Final: strings.EqualFold(status, "closed"), Status: status})
		return nil
	}
	st, err := d.decode(db)
	return out, st, err
}
