package policy

import (
	"fmt"
	"strings"

	"plimsoll/internal/finding"
)

// A Description is a pack for pages and review.json.
type Description struct {
	Digest string            `json:"digest"`
	Packs  []PartDescription `json:"packs"`
}

// A PartDescription is one pack of a description.
type PartDescription struct {
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Title       string            `json:"title"`
	Date        string            `json:"date"`
	Licence     string            `json:"licence"`
	Digest      string            `json:"digest"`
	Extends     string            `json:"extends,omitempty"`
	Overrides   []Override        `json:"overrides,omitempty"` // parameters of what it extends
	Disabled    []Disabled        `json:"disabled,omitempty"`  // rules of what it extends
	Primary     int               `json:"clauses_primary"`     // compared with the text itself
	Secondary   int               `json:"clauses_secondary"`   // read in a secondary source
	Verified    int               `json:"clauses_verified"`    // either of these
	Unverified  int               `json:"clauses_unverified"`  // from memory
	Instruments []Instrument      `json:"instruments"`
	Parameters  []Parameter       `json:"parameters"`
	Sets        []Set             `json:"sets"`
	Modifiers   []Modifier        `json:"modifiers"`
	Rules       []RuleDescription `json:"rules"`
}

// A RuleDescription shows a rule as its author wrote it.
type RuleDescription struct {
	Flag       string             `json:"flag"`
	Title      string             `json:"title"`
	Family     string             `json:"family"`
	Of         string             `json:"subject"`
	Applies    string             `json:"applies"`
	When       string             `json:"when"`
	Incomplete []string           `json:"incomplete"`
	Exempt     []string           `json:"exempt"`
	Severity   []string           `json:"severity"`
	Confidence string             `json:"confidence"`
	Sentence   []string           `json:"sentence"`
	RestsOn    []string           `json:"rests_on"`
	Rights     []RightDescription `json:"rights"` // whose rights may be touched; the first that holds
	Innocent   []string           `json:"innocent"`
	Ask        []string           `json:"ask"`
	Signals    []string           `json:"signals"`
	Parameters []string           `json:"parameters"`
	Tests      int                `json:"tests"`
}

// A RightDescription is whose rights a rule may be about, where its condition holds.
type RightDescription struct {
	If string `json:"if,omitempty"`
	finding.Harm
}

// Describe returns the packs for a reader.
func (p *Pack) Describe() Description {
	d := Description{Digest: p.Digest()}
	for _, part := range p.Parts {
		out := PartDescription{
			Name: part.Name, Version: part.Version, Title: part.Title, Date: part.Date, Licence: part.Licence,
			Digest:  part.Digest,
			Extends: part.Extends, Overrides: part.Overrides, Disabled: part.Disabled,
			Instruments: part.Instruments, Parameters: part.Parameters, Sets: part.Sets, Modifiers: part.Modifiers,
		}
		for _, in := range part.Instruments {
			for _, c := range in.Clauses {
				switch c.Read {
				case finding.Primary:
					out.Primary++
				case finding.Secondary:
					out.Secondary++
				default:
					out.Unverified++
				}
			}
		}
		out.Verified = out.Primary + out.Secondary
		for _, r := range part.Rules {
			out.Rules = append(out.Rules, r.describe())
		}
		d.Packs = append(d.Packs, out)
	}
	return d
}

func (r *Rule) describe() RuleDescription {
	d := RuleDescription{
		Flag: r.Flag, Title: r.Title, Family: r.Family, Of: r.Of,
		Applies: condition(r.applies), When: condition(r.when), Confidence: condition(r.confidence),
		Innocent: r.Innocent, Ask: r.Ask, Signals: r.Signals, Parameters: r.Params, Tests: len(r.Trials),
	}
	for _, h := range r.Rights {
		d.Rights = append(d.Rights, RightDescription{h.If(), h.Harm})
	}
	for _, g := range r.incomplete {
		d.Incomplete = append(d.Incomplete, fmt.Sprintf("%s: %s", condition(g.on), strings.Join(g.columns, ", ")))
	}
	for _, x := range r.Exempts {
		d.Exempt = append(d.Exempt, fmt.Sprintf("%s: %s", condition(x.on), x.Why))
	}
	for _, s := range r.severity {
		if s.on == nil {
			d.Severity = append(d.Severity, s.is)
		} else {
			d.Severity = append(d.Severity, fmt.Sprintf("%s if %s", s.is, condition(s.on)))
		}
	}
	for _, s := range r.sentence {
		d.Sentence = append(d.Sentence, s.text.String())
	}
	for _, g := range r.RestsOn {
		s := fmt.Sprintf("%s (%s)", g.Name(), g.Clause.Read.Words())
		if on := g.If(); on != "" {
			s += " if " + on
		}
		d.RestsOn = append(d.RestsOn, s)
	}
	return d
}

// String writes the template as it stands in the pack.
func (t template) String() string {
	var b strings.Builder
	for _, p := range t {
		switch {
		case p.value != nil && p.format != "":
			fmt.Fprintf(&b, "{%s | %s}", condition(p.value), p.format)
		case p.value != nil:
			fmt.Fprintf(&b, "{%s}", condition(p.value))
		case p.optional != nil:
			fmt.Fprintf(&b, "[[%s]]", p.optional.String())
		default:
			b.WriteString(p.text)
		}
	}
	return b.String()
}
