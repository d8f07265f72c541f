package format

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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

// A Past is the content of a leaf about a row that had been changed past the program before it was written again:
// the columns that read otherwise than the leaf before it held, or RowGone or RowPutIn.
type Past struct {
	Changed []string `json:"changed"`
}

// What Past says of a whole row.
const (
	RowGone  = "(gone)"
	RowPutIn = "(put in)"
)

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
