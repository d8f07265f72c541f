package format

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// A Pin is the content of the field "row": a row of the database as it was when the leaf
// was written. It is JSON of one form: {"table","key","value","columns":[[name, value]…]}. One
// without columns says that the row was gone.
type Pin struct {
	Table, Key, Value string
	Columns           []PinColumn
}

// A PinColumn is one column with its value as PinValue writes it.
type PinColumn struct{ Name, Value string }

// MarshalJSON writes a column as a pair.
func (c PinColumn) MarshalJSON() ([]byte, error) { return json.Marshal([2]string{c.Name, c.Value}) }

// UnmarshalJSON reads a pair.
func (c *PinColumn) UnmarshalJSON(b []byte) error {
	var p []string
	if err := json.Unmarshal(b, &p); err != nil || len(p) != 2 {
		return errors.New("a column is a pair of name and value")
	}
	c.Name, c.Value = p[0], p[1]
	return nil
}

type pinJSON struct {
	Table   string      `json:"table"`
	Key     string      `json:"key"`
	Value   string      `json:"value"`
	Columns []PinColumn `json:"columns"`
}

// Encode writes the canonical bytes.
func (p Pin) Encode() []byte {
	b, err := json.Marshal(pinJSON(p))
	if err != nil {
		panic(err) // strings only
	}
	return b
}

// ParsePin reads them.
func ParsePin(b []byte) (Pin, error) {
	var p pinJSON
	if err := json.Unmarshal(b, &p); err != nil {
		return Pin{}, fmt.Errorf("read pinned row: %w", err)
	}
	return Pin(p), Pin(p).Valid()
}

// Valid checks that every name is an SQL name that needs no quotes.
func (p Pin) Valid() error {
	names := []string{p.Table, p.Key}
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	for _, n := range names {
		if !IsName(n) {
			return fmt.Errorf("%q cannot be the name of a table or column", n)
		}
	}
	return nil
}

// Gone reports whether the row was not there.
func (p Pin) Gone() bool { return len(p.Columns) == 0 }

// Query selects the pinned columns of the row; $1 is its key. Call Valid first.
func (p Pin) Query() string {
	names := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		names[i] = c.Name
	}
	if p.Gone() {
		names = []string{"1"}
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + p.Table + " WHERE " + p.Key + " = $1"
}

// A Past is the content of a leaf about a row, where it says more than the row itself.
type Past struct {
	// Changed says that the row had been changed past the program before it was written again: the columns that read
	// otherwise than the leaf before held, or RowGone, RowPutIn or RowForged.
	Changed []string `json:"changed,omitempty"`
	// Taken says that the row was taken over as it stood, at an upgrade from a version that held no leaf of it.
	Taken bool `json:"taken_over,omitempty"`
	// Vouch is the signature of the log's key over VouchText, in base64; of rows that give power.
	Vouch string `json:"vouch,omitempty"`
}

// What Past says of a whole row.
const (
	RowGone   = "(gone)"
	RowPutIn  = "(put in)"
	RowForged = "(its leaf put in)"
)

// VouchText is what the key of a log signs of a leaf about a row that gives power: without the key nobody can write
// one, whoever writes the database. row is Encode's.
func VouchText(id string, row []byte) []byte {
	return fmt.Appendf(nil, "plimsoll.vouch/v1\n%s\n%s\n", id, row)
}

// Vouched reports whether one of a log's keys stands behind a leaf about a row, and which: 0 the newest, 1 the one
// before
// it and so on.
func Vouched(log note.Verifier, id string, row []byte, vouch string) (age int, ok bool) {
	sig, err := base64.StdEncoding.DecodeString(vouch)
	if err != nil || len(sig) == 0 {
		return 0, false
	}
	text := VouchText(id, row)
	known := Known(log)
	for i := range known {
		at := 0
		if i > 0 {
			at = len(known) - i // Known lists the earlier ones oldest first
		}
		if known[at].Verify(text, sig) {
			return i, true
		}
	}
	return 0, false
}

// PinValue writes what a database driver returned, with its type before it, so that the
// number 1 and the text "1" differ.
func PinValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool " + strconv.FormatBool(v)
	case int64:
		return "number " + strconv.FormatInt(v, 10)
	case int32:
		return "number " + strconv.FormatInt(int64(v), 10)
	case int16:
		return "number " + strconv.FormatInt(int64(v), 10)
	case float64:
		return "number " + strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return "time " + v.UTC().Format(time.RFC3339Nano)
	case []byte:
		return "bytes " + hex.EncodeToString(v)
	case string:
		if !utf8.ValidString(v) {
			return "bytes " + hex.EncodeToString([]byte(v))
		}
		return "text " + v
	}
	return fmt.Sprintf("%T %v", v, v)
}

// ReadValue reads what PinValue wrote: a value that a database driver takes.
func ReadValue(s string) (any, error) {
	kind, v, _ := strings.Cut(s, " ")
	switch kind {
	case "null":
		return nil, nil
	case "bool":
		return strconv.ParseBool(v)
	case "number":
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n, nil
		}
		return strconv.ParseFloat(v, 64)
	case "time":
		return time.Parse(time.RFC3339Nano, v)
	case "bytes":
		return hex.DecodeString(v)
	case "text":
		return v, nil
	}
	return nil, fmt.Errorf("%q is no value of a row", s)
}
