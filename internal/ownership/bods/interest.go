package bods

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"plimsoll/internal/ownership"
)

type interest struct {
	Type       text   `json:"type"`
	Level      text   `json:"interestLevel"`    // 0.2
	Direct     text   `json:"directOrIndirect"` // 0.3, 0.4
	Beneficial *bool  `json:"beneficialOwnershipOrControl"`
	Share      *share `json:"share"`
	Start      text   `json:"startDate"`
	End        text   `json:"endDate"`
}

type share struct {
	Exact   *percent `json:"exact"`
	Minimum *percent `json:"minimum"`
	Maximum *percent `json:"maximum"`
	// A flag beside the bound in 0.2 and 0.3, a bound of its own in 0.4.
	OpenMin openBound `json:"exclusiveMinimum"`
	OpenMax openBound `json:"exclusiveMaximum"`
}

// percent is a number, or the text of one: publishers write both.
type percent float64

func (p *percent) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' {
		return json.Unmarshal(b, (*float64)(p))
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%")), 64)
	if err != nil {
		return fmt.Errorf("the share %q is no number", cut(s))
	}
	*p = percent(v)
	return nil
}

type openBound struct {
	set   bool
	value *percent
}

func (o *openBound) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null", "false":
		return nil
	case "true":
		o.set = true
		return nil
	}
	o.set = true
	return json.Unmarshal(b, &o.value)
}

// span returns the range of a share as fractions; known is false when no bound is given.
func (s *share) span() (st ownership.Statement, err error) {
	st.Max = 1
	if s == nil {
		return st, nil
	}
	set := func(name string, v *percent, to *float64) {
		if v == nil || err != nil {
			return
		}
		if !(*v >= 0 && *v <= 100) {
			err = fmt.Errorf("share %s %v is not between 0 and 100 percent", name, *v)
			return
		}
		*to = float64(*v) / 100
		st.ShareKnown = true
	}
	set("minimum", s.Minimum, &st.Min)
	set("maximum", s.Maximum, &st.Max)
	set("exclusiveMinimum", s.OpenMin.value, &st.Min)
	set("exclusiveMaximum", s.OpenMax.value, &st.Max)
	st.MinOpen, st.MaxOpen = s.OpenMin.set && st.ShareKnown, s.OpenMax.set && st.ShareKnown
	if s.Exact != nil {
		set("exact", s.Exact, &st.Min)
		st.Max, st.MinOpen, st.MaxOpen = st.Min, false, false
	}
	if err == nil && st.Min > st.Max {
		err = fmt.Errorf("share minimum %v is above its maximum %v", st.Min*100, st.Max*100)
	}
	return st, err
}

// What an interest is: a share of the property, control, or an office.
type interestClass uint8

const (
	unclear interestClass = iota // the share may be anything
	property
	voting
	influence
	office
)

// interestClasses reads the code lists interestType of 0.2, 0.3 and 0.4.
var interestClasses = map[string]interestClass{
	"shareholding":                       property,
	"rightstosurplusassets":              property, // 0.2
	"rightstosurplusassetsondissolution": property,
	"rightstoprofitorincome":             property,
	"righttoprofitorincomefromassets":    property,
	"beneficiaryoflegalarrangement":      property,
	"beneficiaryoftrust":                 property, // 0.2
	"beneficiary":                        property, // 0.2
	"nominator":                          property,
	"votingrights":                       voting,
	"appointmentofboard":                 influence,
	"otherinfluenceorcontrol":            influence,
	"influenceorcontrol":                 influence, // 0.2
	"otherinfluenceorcontroloftrust":     influence,
	"controlviacompanyrulesorarticles":   influence,
	"controlbylegalframework":            influence,
	"rightsgrantedbycontract":            influence,
	"conditionalrightsgrantedbycontract": influence,
	"settlor":                            influence,
	"settloroftrust":                     influence,
	"trustee":                            influence,
	"trusteeoftrust":                     influence,
	"protector":                          influence,
	"protectoroftrust":                   influence,
	"enjoymentanduseofassets":            influence,
	"nominee":                            office, // holds for somebody else
	"boardmember":                        office,
	"boardchair":                         office,
	"seniormanagingofficial":             office,
}

// statements turns the interests of a relationship into ownership statements.
func (s *statement) statements() ([]ownership.Statement, error) {
	closed := s.Status == "closed"
	said, err := parseDate("statementDate", text(s.date))
	if err != nil {
		return nil, err
	}
	finish := func(st ownership.Statement) ownership.Statement {
		if closed {
			st.Ended = true
			if !st.Until.Known() {
				st.Until = said
			}
		}
		return st
	}
	composed := (len(s.Components) > 0 || len(s.OldComponents) > 0) && (s.Component == nil || !*s.Component)
	if len(s.Interests) == 0 {
		return []ownership.Statement{finish(ownership.Statement{Max: 1, Kind: "unknownInterest", Indirect: composed})},
			nil
	}
	var out []ownership.Statement
	for i, in := range s.Interests {
		st, err := in.statement()
		if err != nil {
			return nil, fmt.Errorf("interests/%d: %w", i, err)
		}
		level := string(in.Direct)
		if level == "" {
			level = string(in.Level)
		}
		st.Indirect = level == "indirect" || level != "direct" && composed
		out = add(out, finish(st))
	}
	return out, nil
}

// add appends st. Two interests of one kind and time in one relationship may be two blocks
// of shares or one block said twice: at least the larger, at most the sum.
func add(out []ownership.Statement, st ownership.Statement) []ownership.Statement {
	for i := range out {
		o := &out[i]
		if o.Kind != st.Kind || o.Indirect != st.Indirect || o.Since != st.Since || o.Until != st.Until {
			continue
		}
		o.Control = o.Control || st.Control
		switch {
		case o.ShareKnown && st.ShareKnown:
			if st.Min > o.Min {
				o.Min, o.MinOpen = st.Min, st.MinOpen
			}
			o.Max = min(o.Max+st.Max, 1)
		case st.ShareKnown:
			o.ShareKnown, o.Min, o.MinOpen, o.Max = true, st.Min, st.MinOpen, 1
		case o.ShareKnown:
			o.Max = 1
		}
		return out
	}
	return append(out, st)
}

func (in *interest) statement() (ownership.Statement, error) {
	st, err := in.Share.span()
	if err != nil {
		return st, err
	}
	st.Kind = string(in.Type)
	if st.Kind == "" {
		st.Kind = "unknownInterest"
	}
	// Absent is unknown, not false.
	beneficial := in.Beneficial != nil && *in.Beneficial
	switch interestClasses[camel(string(in.Type))] {
	case unclear, property:
	case voting:
		// A share of votes is no share of the property. It is control when the source says
		// so, when it can reach half of the votes, or when its size is not given.
		control := beneficial || !st.ShareKnown || st.Max >= 0.5
		st = without(st, control)
	case influence:
		st = without(st, true)
	case office:
		st = without(st, beneficial)
	}
	if st.Since, err = parseDate("startDate", in.Start); err != nil {
		return st, err
	}
	if st.Until, err = parseDate("endDate", in.End); err != nil {
		return st, err
	}
	return st, nil
}

// without is a statement that gives no share of the property: control, or known to be nothing.
func without(st ownership.Statement, control bool) ownership.Statement {
	return ownership.Statement{Kind: st.Kind, Control: control, ShareKnown: !control}
}
