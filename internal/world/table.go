package world

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// A table is a CSV file under writing. The first error stays and is returned by close.
type table struct {
	f       *os.File
	b       *bufio.Writer
	w       *csv.Writer
	columns []string
	cells   []string
	err     error
}

// cells of one row by column name.
type cells map[string]string

func newTable(path string, columns []string) (*table, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	t := &table{f: f, b: bufio.NewWriterSize(f, 256<<10), columns: columns, cells: make([]string, len(columns))}
	t.w = csv.NewWriter(t.b)
	t.err = t.w.Write(columns)
	return t, nil
}

func (t *table) row(c cells) {
	clear(t.cells)
	for name, v := range c {
		i := slices.Index(t.columns, name)
		if i < 0 {
			panic("world: no column " + name)
		}
		t.cells[i] = v
	}
	if t.err == nil {
		t.err = t.w.Write(t.cells)
	}
}

func (t *table) close() error {
	t.w.Flush()
	err := t.err
	if err == nil {
		err = t.w.Error()
	}
	if e := t.b.Flush(); err == nil {
		err = e
	}
	if e := t.f.Close(); err == nil {
		err = e
	}
	return err
}

// An Expect is what a key expects of a flag.
type Expect string

// The expectations. Open is raised or not computable, and never clear: what the records do not
// tell, or tell in two ways.
const (
	Raised    Expect = "raised"
	NotRaised Expect = "not_raised"
	Open      Expect = "open"
)

// A KeyLine is one line of key.jsonl: what a review must or must not say.
type KeyLine struct {
	Case        string     `json:"case"` // the same in every world of one version: "flagship"
	Flag        string     `json:"flag"`
	Expect      Expect     `json:"expect"`
	Subject     KeySubject `json:"subject"`
	Engagements []string   `json:"engagements"` // where the case stands in the records
	Accounts    []string   `json:"accounts"`
	Why         string     `json:"why"`
}

// A KeySubject is whom or what the flag is about.
type KeySubject struct {
	Kind string `json:"kind"` // party | engagement | account
	Name string `json:"name"`
	// SCHEME:NUMBER of a party ("" for one without), the id of an engagement, ACCOUNT or ACCOUNT/SUB
	ID string `json:"id"`
}

type keyFile struct {
	f   *os.File
	b   *bufio.Writer
	err error
}

func newKeyFile(path string) (*keyFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &keyFile{f: f, b: bufio.NewWriter(f)}, nil
}

func (k *keyFile) line(l KeyLine) {
	if l.Engagements == nil {
		l.Engagements = []string{}
	}
	if l.Accounts == nil {
		l.Accounts = []string{}
	}
	b, err := json.Marshal(l)
	if err == nil {
		_, err = fmt.Fprintf(k.b, "%s\n", b)
	}
	if k.err == nil {
		k.err = err
	}
}

func (k *keyFile) close() error {
	err := k.err
	if e := k.b.Flush(); err == nil {
		err = e
	}
	if e := k.f.Close(); err == nil {
		err = e
	}
	return err
}

// A statementFile is a BODS 0.4 dataset under writing.
type statementFile struct {
	f   *os.File
	b   *bufio.Writer
	n   int
	has map[string]bool // record ids of entities already described
	err error
}

func newStatementFile(path string) (*statementFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	s := &statementFile{f: f, b: bufio.NewWriterSize(f, 256<<10), has: map[string]bool{}}
	_, s.err = s.b.WriteString("[")
	return s, nil
}

func (s *statementFile) add(subject, record, kind, status, date string, details map[string]any) {
	s.n++
	b, err := json.Marshal(map[string]any{
		"statementId": fmt.Sprintf("statement-%024d", s.n), "declarationSubject": subject,
		"statementDate": date, "recordId": record, "recordType": kind, "recordStatus": status, "recordDetails": details,
		"publicationDetails": map[string]any{
			"publicationDate": "2032-06-01", "bodsVersion": "0.4",
			"publisher": map[string]any{"name": "Joint Register of Owners (example)"},
		},
	})
	if err == nil && s.n > 1 {
		_, err = s.b.WriteString(",")
	}
	if err == nil {
		_, err = fmt.Fprintf(s.b, "\n%s", b)
	}
	if s.err == nil {
		s.err = err
	}
}

func (s *statementFile) close() error {
	if s.err == nil {
		_, s.err = s.b.WriteString("\n]\n")
	}
	err := s.err
	if e := s.b.Flush(); err == nil {
		err = e
	}
	if e := s.f.Close(); err == nil {
		err = e
	}
	return err
}
