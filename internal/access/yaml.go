package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.yaml.in/yaml/v3"
)

// The plain file, for those who run only the decision point. Unknown members are refused: a
// misspelt one would be a restriction that does not bind.
type plainFile struct {
	Snapshot     string             `yaml:"snapshot"`
	Version      uint64             `yaml:"version"`
	Unknown      plainUnknown       `yaml:"unknown"`
	Stale        plainStale         `yaml:"stale"`
	Actions      []string           `yaml:"actions"`
	Links        []string           `yaml:"links"`
	Open         []OpenType         `yaml:"open"`
	Subjects     []plainEntity      `yaml:"subjects"`
	Resources    []plainEntity      `yaml:"resources"`
	Restrictions []plainRestriction `yaml:"restrictions"`
}

type plainUnknown struct {
	Subject  string `yaml:"subject"`
	Resource string `yaml:"resource"`
	Action   string `yaml:"action"`
}

type plainStale struct {
	After string `yaml:"after"`
	Then  string `yaml:"then"`
}

type plainEntity struct {
	Type       string         `yaml:"type"`
	ID         string         `yaml:"id"`
	Properties map[string]any `yaml:"properties"`
	In         []string       `yaml:"in"`
	OwnedBy    []string       `yaml:"owned_by"`
}

type plainRestriction struct {
	ID       string     `yaml:"id"`
	Subject  Ref        `yaml:"subject"`
	Reach    string     `yaml:"reach"`
	Resource Ref        `yaml:"resource"`
	Actions  []string   `yaml:"actions"`
	Effect   string     `yaml:"effect"`
	When     string     `yaml:"when"`
	Start    *time.Time `yaml:"start"`
	End      *time.Time `yaml:"end"`
	Reason   struct {
		Code  string `yaml:"code"`
		Admin string `yaml:"admin"`
		User  string `yaml:"user"`
	} `yaml:"reason"`
	Decision string `yaml:"decision"`
	Appeal   string `yaml:"appeal"`
	Limit    string `yaml:"limit"`
}

// ReadFile reads a plain YAML file.
func ReadFile(path string) (*Content, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read restrictions: %w", err)
	}
	c, err := ParseYAML(b)
	if err != nil {
		return nil, fmt.Errorf("read restrictions %s: %w", path, err)
	}
	return c, nil
}

// ParseYAML reads a plain YAML document.
func ParseYAML(b []byte) (*Content, error) {
	var f plainFile
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document")
	}
	c := &Content{Name: f.Snapshot, Version: max(f.Version, 1), Settings: Settings{Actions: f.Actions, Links: f.Links,
		Open: f.Open}}
	for _, u := range []struct {
		name, value string
		into        *bool
	}{{"unknown.subject", f.Unknown.Subject, &c.Settings.Default.Subject}, {"unknown.resource", f.Unknown.Resource,
		&c.Settings.Default.Resource},
		{"unknown.action", f.Unknown.Action, &c.Settings.Default.Action}, {"stale.then", f.Stale.Then,
			&c.Settings.Stale.Open}} {
		switch u.value {
		case "", "deny":
		case "permit":
			*u.into = true
		default:
			return nil, fmt.Errorf("%s is %q: want permit or deny", u.name, u.value)
		}
	}
	if f.Stale.After != "" {
		d, err := time.ParseDuration(f.Stale.After)
		if err != nil {
			return nil, fmt.Errorf("read stale.after: %w", err)
		}
		c.Settings.Stale.After = d
	}
	if err := f.entities(c); err != nil {
		return nil, err
	}
	for i := range f.Restrictions {
		r, err := f.Restrictions[i].compile()
		if err != nil {
			return nil, err
		}
		c.Restrictions = append(c.Restrictions, r)
	}
	return c, nil
}

func (f *plainFile) entities(c *Content) error {
	at := map[Ref]int{}
	add := func(e *plainEntity, subject bool) error {
		out := Entity{Ref: Ref{e.Type, e.ID}, Subject: subject, Resource: !subject}
		if i, ok := at[out.Ref]; ok { // one that asks and is asked for
			had := &c.Entities[i]
			if len(e.Properties)+len(e.In)+len(e.OwnedBy) > 0 || had.Subject == subject {
				return fmt.Errorf("entity %s is listed twice", out.Ref)
			}
			had.Subject, had.Resource = true, true
			return nil
		}
		if len(e.Properties) > 0 {
			b, err := json.Marshal(e.Properties)
			if err != nil {
				return fmt.Errorf("entity %s: read properties: %w", out.Ref, err)
			}
			out.Properties = string(b)
		}
		for _, l := range []struct {
			from []string
			into *[]Ref
		}{{e.In, &out.In}, {e.OwnedBy, &out.OwnedBy}} {
			for _, s := range l.from {
				r, err := ParseRef(s)
				if err != nil {
					return fmt.Errorf("entity %s: %w", out.Ref, err)
				}
				*l.into = append(*l.into, r)
			}
		}
		at[out.Ref] = len(c.Entities)
		c.Entities = append(c.Entities, out)
		return nil
	}
	for i := range f.Subjects {
		if err := add(&f.Subjects[i], true); err != nil {
			return err
		}
	}
	for i := range f.Resources {
		if err := add(&f.Resources[i], false); err != nil {
			return err
		}
	}
	return nil
}

func (p *plainRestriction) compile() (Restriction, error) {
	r := Restriction{ID: p.ID, Subject: p.Subject, Resource: p.Resource, Actions: p.Actions, Effect: Deny, When: p.When,
		Code: p.Reason.Code, Admin: p.Reason.Admin,
		User: p.Reason.User, Decision: p.Decision, Appeal: p.Appeal, Limit: p.Limit}
	if p.Effect != "" {
		if err := r.Effect.UnmarshalText([]byte(p.Effect)); err != nil {
			return r, fmt.Errorf("restriction %s: %w", p.ID, err)
		}
	}
	if p.Reach != "" {
		if err := r.Reach.UnmarshalText([]byte(p.Reach)); err != nil {
			return r, fmt.Errorf("restriction %s: %w", p.ID, err)
		}
	}
	if p.Start != nil {
		r.Start = p.Start.UTC()
	}
	if p.End != nil {
		r.End = p.End.UTC()
	}
	return r, r.check()
}
