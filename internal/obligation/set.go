package obligation

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"plimsoll/internal/record/table"
)

//go:embed data
var shipped embed.FS

// A Set is a group of instruments with their demands that a user may switch on. None is on by itself, and none is of
// another kind than a table of the user's own: both are rows of one form, whichever state they are about.
type Set struct {
	Name, Title string
	SHA256      string // of its rows as they are shipped
	Rows        []Row
}

// SetNote is what a reader of a set must know.
const SetNote = "A built-in set holds what was demanded, in our own words, and few answers: that none is in it does " +
	"not say that none was given."

// File returns what reports call the source of the set's rows.
func (s *Set) File() string { return "built-in set " + s.Name }

// Sets returns the sets that ship with the program, in the order of data/sets.tsv.
func Sets() ([]Set, error) {
	data, err := fs.Sub(shipped, "data")
	if err != nil {
		return nil, err
	}
	return ReadSets(data)
}

// LoadSet returns one of them by name.
func LoadSet(name string) (*Set, error) {
	sets, err := Sets()
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range sets {
		if sets[i].Name == name {
			return &sets[i], nil
		}
		names = append(names, sets[i].Name)
	}
	return nil, fmt.Errorf("no set of obligations %q; there are %s", name, strings.Join(names, ", "))
}

// ReadSets reads sets.tsv, instruments.tsv, demands.tsv and answers.tsv of a folder. The first column of each names the
// set.
func ReadSets(data fs.FS) ([]Set, error) {
	var sets []Set
	at := map[string]int{}
	err := eachRow(data, "sets.tsv", func(_ int, x map[string]string) error {
		at[x["set"]] = len(sets)
		sets = append(sets, Set{Name: x["set"], Title: x["title"]})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{table.Instruments, table.Demands, table.Answers} {
		file := kind + ".tsv"
		err := eachRow(data, file, func(line int, x map[string]string) error {
			i, ok := at[x["set"]]
			if !ok {
				return fmt.Errorf("read %s line %d: no set %q", file, line, x["set"])
			}
			delete(x, "set")
			s := &sets[i]
			s.Rows = append(s.Rows, Row{Table: kind, Cells: x, At: Place{File: s.File(), Row: fmt.Sprintf("%s row %d",
				kind, line)}})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range sets {
		sum := sha256.New()
		for _, r := range sets[i].Rows {
			for _, c := range table.ColumnsOf(r.Table) {
				fmt.Fprintf(sum, "%s\t", r.Cells[c])
			}
			sum.Write([]byte{'\n'})
		}
		sets[i].SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	return sets, nil
}

// eachRow reads a tab-separated table whose first line names the columns; lines that begin with # are comments.
func eachRow(data fs.FS, file string, visit func(line int, cells map[string]string) error) error {
	text, err := fs.ReadFile(data, file)
	if err != nil {
		return fmt.Errorf("read obligations: %w", err)
	}
	var head []string
	n := 0
	for line := range bytes.Lines(text) {
		n++
		s := strings.TrimRight(string(line), "\r\n")
		if s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		f := strings.Split(s, "\t")
		if head == nil {
			head = f
			continue
		}
		if len(f) != len(head) {
			return fmt.Errorf("read %s line %d: %d cells where the header has %d", file, n, len(f), len(head))
		}
		cells := map[string]string{}
		for i, c := range f {
			if c = strings.TrimSpace(c); c != "" {
				cells[head[i]] = c
			}
		}
		if err := visit(n, cells); err != nil {
			return err
		}
	}
	return nil
}
