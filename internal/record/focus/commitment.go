package focus

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/record"
)

// The columns that are read of the contract-commitment dataset (FOCUS 1.3 and 1.4, "Contract Commitment Dataset").
// ContractCommitmentDescription is words that a customer may have written: it is not read.
const (
	commitmentID       = "ContractCommitmentId"
	commitmentContract = "ContractId"
	commitmentType     = "ContractCommitmentType"
	commitmentCategory = "ContractCommitmentCategory"
	commitmentCost     = "ContractCommitmentCost"
	commitmentQuantity = "ContractCommitmentQuantity"
	commitmentUnit     = "ContractCommitmentUnit"
	commitmentStart    = "ContractCommitmentPeriodStart"
	commitmentEnd      = "ContractCommitmentPeriodEnd"
	commitmentCurrency = "BillingCurrency"
)

const commitmentKind = "focus commitments" // in rejects

// commitmentColumns are the columns that are read.
var commitmentColumns = []string{commitmentID, commitmentContract, commitmentType, commitmentCategory, commitmentCost,
	commitmentQuantity,
	commitmentUnit, commitmentStart, commitmentEnd, commitmentCurrency}

// isCommitments reports whether a header is that of the contract-commitment dataset: it has both ids, and nothing that
// is charged.
func isCommitments(names []string) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return nameKey(n) == nameKey(name) })
	}
	return has(commitmentID) && has(commitmentContract) && !has("ChargePeriodStart")
}

// RecogniseCommitments reports whether a file whose text begins with head is the contract-commitment dataset of FOCUS.
// path is that of a Parquet file on disk, whose columns stand at its end, "" for what lies inside another file.
func RecogniseCommitments(head []byte, path string) bool {
	return recogniseDataset(head, path, isCommitments)
}

// DecodeCommitments reads the contract-commitment dataset from CSV, JSON (an array, or one object a line) or Parquet,
// which db reads. A row that names neither a commitment nor a contract is a reject; a cell that is not understood is
// named in the record.
func DecodeCommitments(ctx context.Context, db *sql.DB, src record.Source, sink record.Sink) (record.Stats, error) {
	d := &dataset{ctx: ctx, src: src, sink: sink, kind: commitmentKind, is: isCommitments, columns: commitmentColumns,
		st: record.Stats{Notes: []string{"columns of FOCUS, contract commitments"}}}
	d.row = d.commitment
	return d.decode(db)
}

// commitment turns one row into a record.
func (d *dataset) commitment(at string, cell func(column string) string) error {
	get := func(column string) string {
		if s := strings.TrimSpace(cell(column)); !null(s) {
			return s
		}
		return ""
	}
	c := &record.Commitment{
		Place: record.Place{Source: d.src.Index, At: at}, ID: get(commitmentID), Contract: get(commitmentContract),
		Kind: get(commitmentType), Category: get(commitmentCategory), Unit: get(commitmentUnit),
		Currency: strings.ToUpper(get(commitmentCurrency)),
	}
	if c.ID == "" && c.Contract == "" {
		return d.reject(at, "neither "+commitmentID+" nor "+commitmentContract)
	}
	unread := func(column, value string, err error) {
		c.Unread = append(c.Unread, record.Unread{Column: column, Value: value[:min(len(value), 60)],
			Reason: err.Error()})
	}
	number := func(column string) record.Decimal {
		s := get(column)
		n, err := record.ParseDecimal(s)
		if err != nil {
			unread(column, s, err)
		}
		return n
	}
	day := func(column string) record.Date {
		s := get(column)
		if s == "" {
			return record.Date{}
		}
		if len(s) > len(time.DateOnly) && (s[len(time.DateOnly)] == 'T' || s[len(time.DateOnly)] == ' ') {
			s = s[:len(time.DateOnly)] // the time of day is of no use
		}
		t, err := record.ParseDate(s)
		if err != nil {
			unread(column, s, err)
		}
		return t
	}
	c.Cost, c.Quantity = number(commitmentCost), number(commitmentQuantity)
	c.Start, c.End = day(commitmentStart), day(commitmentEnd)
	d.st.Records++
	return d.sink.Record(c)
}
