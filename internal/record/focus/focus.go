// Package focus reads cloud bills in the FOCUS format (FinOps Open Cost and Usage
// Specification), versions 1.0 to 1.4, and in the own forms of providers (see [profile]), from
// CSV, Parquet and BigQuery rows, and adds the charges up by account, month, region and
// service. DuckDB does the work: memory does not grow with the file.
//
// Invariants: columns are taken from an allow-list; what customers write (ResourceId,
// ResourceName, Tags, x_ columns that are not a provider's own, ChargeDescription unless its
// provider is known to write it, see [providerWords]) reaches no table, and how many rows
// had a value there is counted. A charge that cannot be read is a reject with its row and
// reason, and stays in the table as far as it was read, without amounts: what it stands for is
// unknown, not nothing. Costs are exact decimals. A month of an account that is delivered
// again replaces what was delivered before, and the notes say which file replaced which (see
// delivery.go).
package focus

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"

	"plimsoll/internal/record"
)

// Schema creates the tables that a [Loading] fills: a row of usage stands for the charges of one
// source that agree in account, sub-account, month, region, service and who is involved.
//
// first_row and last_row are physical lines of a CSV file, rows of a Parquet file counted
// from 1. account is empty when a charge names none. Amounts have 18 decimals.
//
// used is 'yes' for charges of ChargeCategory Usage, 'no' for the other documented categories
// and for commitments and reservations that were paid and left unused, 'unknown' when the
// category is empty, another word, or no column of the source.
//
// quantity × scale is what was consumed, in unit. quantity is null when no charge of the group
// has one; scale is 1, or 1e12 for quantities that a sum of decimals could not hold otherwise
// (byte-seconds). period_hours is how long the period of each charge is (quarters of an hour below one hour,
// whole hours below two days, else whole days), null when a charge does not say: an amount kept on a day
// ("GB") is a level and no sum.
//
// words are the provider's own words for product and meter beside the columns of FOCUS
// ("product | product :: meter | meter"), for classification only.
//
// unread is null for a charge that was read, else why it was rejected; then quantity and costs
// are null, and so is month when it could not be read; charges is 0 where a whole source could not be read. Sums have
// to leave these rows out, and what they could belong to is unknown.
//
// Of a source that is a grouped bill, first_row and last_row are numbers of groups: usage_group says which group of
// which snapshot a number is, with the keys of the two that follow.
//
// usage_contract says on which contracts' commitments the charges of an account draw (FOCUS 1.3, ContractApplied), with
// a row of the source that says so.
const Schema = `
CREATE TABLE IF NOT EXISTS usage(
  source INTEGER, first_row BIGINT, last_row BIGINT, charges BIGINT,
  account VARCHAR, sub_account VARCHAR, month DATE,
  region VARCHAR, category VARCHAR, service VARCHAR, subcategory VARCHAR, meter VARCHAR, unit VARCHAR,
  charge VARCHAR, used VARCHAR, quantity DECIMAL(38,18),
  billed DECIMAL(38,18), effective DECIMAL(38,18), currency VARCHAR,
  provider VARCHAR, issuer VARCHAR, publisher VARCHAR, host VARCHAR,
  words VARCHAR, scale DOUBLE, period_hours DOUBLE, unread VARCHAR);
CREATE TABLE IF NOT EXISTS usage_contract(source INTEGER, row BIGINT, account VARCHAR, sub_account VARCHAR, contract VARCHAR);
CREATE TABLE IF NOT EXISTS usage_lacks(source INTEGER, column_name VARCHAR);
CREATE TABLE IF NOT EXISTS usage_group(source INTEGER, n BIGINT, snapshot VARCHAR, group_key VARCHAR, second_key VARCHAR, third_key VARCHAR);
`

const kind = "focus" // in rejects

var parquetMagic = []byte("PAR1")

// Recognise reports whether a file whose text begins with head is a cost and usage table
// of FOCUS, and of which version by its columns. The version of a Parquet file whose
// columns stand past head is "parquet".
func Recognise(head []byte, name string) (version string, ok bool) {
	if bytes.HasPrefix(head, parquetMagic) {
		if len(head) > 8 && bytes.HasSuffix(head, parquetMagic) {
			return recogniseFooter(head)
		}
		return "parquet", true
	}
	if text := bytes.TrimLeft(head, " \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return recogniseJSON(text)
	}
	h, ok := readHeader(head)
	if !ok {
		return "", false
	}
	return h.version(), true
}

// RecognisePath is [Recognise] for a Parquet file on disk, whose columns stand at its end. The version of one that is
// packed, whose columns are not seen before it is unpacked, is "parquet".
func RecognisePath(path string) (version string, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil {
		return "", false
	}
	if !bytes.Equal(magic[:], parquetMagic) {
		return "parquet", bytes.HasPrefix(magic[:], []byte{0x1f, 0x8b}) || record.IsZstandard(magic[:])
	}
	names, err := footerOf(path)
	if err != nil {
		return "", false
	}
	return recogniseColumns(names)
}

// maxFooter bounds how much of a Parquet file is looked at for its columns.
const maxFooter = 4 << 20

// recogniseFooter takes a Parquet file for what the columns in its footer are.
func recogniseFooter(tail []byte) (version string, ok bool) {
	names, err := parquetColumns(tail)
	if err != nil {
		return "", false
	}
	return recogniseColumns(names)
}

func recogniseColumns(names []string) (version string, ok bool) {
	h, ok := newHeader(names)
	if !ok {
		return "", false
	}
	return h.version(), true
}

// recogniseJSON takes BigQuery's answer (schema and rows) and objects, one a line or in an
// array, whose keys are columns of FOCUS. Only keys of the outermost object count: models
// and manifests name columns too.
func recogniseJSON(head []byte) (version string, ok bool) {
	d := json.NewDecoder(bytes.NewReader(head))
	t, err := d.Token()
	if t == json.Delim('[') {
		t, err = d.Token()
	}
	if err != nil || t != json.Delim('{') {
		return "", false
	}
	var names []string
	for d.More() {
		key, err := d.Token()
		name, isKey := key.(string)
		if err != nil || !isKey {
			break
		}
		if name == "schema" {
			var schema struct{ Fields []bigQueryField }
			if d.Decode(&schema) != nil {
				break
			}
			for _, f := range schema.Fields {
				names = append(names, f.Name)
			}
			continue
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break // head ends here
		}
		names = append(names, name)
		for _, f := range nested[name] {
			var fields map[string]json.RawMessage
			if json.Unmarshal(value, &fields) == nil && fields[f] != nil {
				names = append(names, name+"."+f)
			}
		}
	}
	h, ok := newHeader(names)
	if !ok || h.refused() != "" {
		return "", false
	}
	return h.version(), true
}

// nameKey is how column names are compared: some warehouses write BILLING_ACCOUNT_ID.
func nameKey(s string) string {
	s = strings.Trim(s, " \t\r\n\"'\ufeff")
	return strings.ToLower(strings.ReplaceAll(s, "_", ""))
}
