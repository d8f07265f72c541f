package gleif

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

//go:embed data/exception.tsv
var exceptionTable string

// A reason is what a reporting exception says about the parent.
type reason struct {
	none  bool // that there is none; else somebody stands or may stand above, and is not named
	words string
}

var reasons = sync.OnceValue(func() map[string]reason {
	out := map[string]reason{}
	for _, line := range strings.Split(exceptionTable, "\n") {
		if f := strings.Split(line, "\t"); len(f) == 4 && f[0] != "reason" {
			out[f[0]] = reason{none: f[1] == "none", words: f[2]}
		}
	}
	return out
})

// An exception is a record of the reporting exceptions as every form of the file has it.
type exception struct {
	lei, category string
	reasons       []string
	until         string
}

// The categories of the format 2.1.
const (
	directParent   = "DIRECT_ACCOUNTING_CONSOLIDATION_PARENT"
	ultimateParent = "ULTIMATE_ACCOUNTING_CONSOLIDATION_PARENT"
)

// exception states an owner who is not named, with the reason, or that there is none.
func (d *decoder) exception(e exception, at string) error {
	d.stats.Rows++
	lei := strings.ToUpper(strings.TrimSpace(e.lei))
	if !valid(lei) {
		return d.reject(at, fmt.Sprintf("%q is not an LEI", clip(e.lei)))
	}
	st := ownership.Statement{
		Place: record.Place{Source: d.src.Index, At: at}, Owned: node(lei), Max: 1,
		Owner: party.Ref{LocalID: "not named/" + lei + "/" + e.category, Scope: scope},
	}
	switch e.category = strings.TrimSpace(e.category); e.category {
	case directParent:
		st.Kind = "direct parent"
	case ultimateParent:
		st.Kind, st.Indirect = "ultimate parent", true
	default:
		return d.reject(at, fmt.Sprintf("the category %q of an exception is not known", clip(e.category)))
	}
	none := true
	var words []string
	for _, code := range e.reasons {
		code = strings.TrimSpace(code)
		if code == "" {
			continue
		}
		r, known := reasons()[code]
		none = none && known && r.none
		words = append(words, strings.TrimSuffix(code+": "+r.words, ": "))
	}
	if len(words) == 0 {
		return d.reject(at, "an exception without a reason")
	}
	st.Reason = strings.Join(words, "; ")
	if none {
		st.ShareKnown, st.Max = true, 0
		d.skip[noParent]++
	} else {
		d.skip[hiddenParent]++
	}
	var err error
	if st.Until, err = record.ParseDate(e.until); err != nil {
		return d.reject(at, "end of the exception: "+err.Error())
	}
	d.stats.Records++
	return d.sink.Statement(st)
}

// What decoder.skip counts beside relations that are not used.
const (
	noParent     = "no parent"
	hiddenParent = "hidden parent"
)

func (d *decoder) exceptionRow(r ownership.TableRow) error {
	e := exception{lei: r.Get("LEI"), category: r.Get("Exception.Category")}
	if e.category == "" {
		e.category = r.Get("ExceptionCategory")
	}
	for i := range 6 { // 0: a single column without a number
		for _, name := range []string{"Exception.Reason", "ExceptionReason"} {
			if i > 0 {
				name += "." + strconv.Itoa(i)
			}
			e.reasons = append(e.reasons, r.Get(name))
		}
	}
	return d.exception(e, r.At)
}

type xmlException struct {
	LEI               string
	ExceptionCategory string
	ExceptionReason   []string
}

type jsonException struct {
	LEI               value
	ExceptionCategory value
	ExceptionReason   values
}

// values are one value or several.
type values []value

func (v *values) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]value)(v))
	}
	var one value
	err := json.Unmarshal(b, &one)
	*v = values{one}
	return err
}

func (d *decoder) jsonException(raw []byte, at string) error {
	var x jsonException
	if err := json.Unmarshal(raw, &x); err != nil {
		d.stats.Rows++
		return d.reject(at, "not a reporting exception: "+err.Error())
	}
	e := exception{lei: x.LEI.Text, category: x.ExceptionCategory.Text}
	for _, r := range x.ExceptionReason {
		e.reasons = append(e.reasons, r.Text)
	}
	return d.exception(e, at)
}
