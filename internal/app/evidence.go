package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plimsoll/internal/evidence"
)

// evidenceFlags are the flags that the commands about evidence share.
type evidenceFlags struct {
	data     string
	database string
	warrant  evidence.Warrant
	keys     evidence.Keys
}

// bind gives a command the flags; with warrant also who and why.
func (f *evidenceFlags) bind(c *cobra.Command, warrant bool) *cobra.Command {
	c.Flags().StringVar(&f.data, "data", "", "folder of the data; the evidence is in its folder evidence")
	c.Flags().StringVar(&f.keys.File, "key-file", "",
		"file of the master key of evidence (default: evidence/keys/master in --data)")
	c.Flags().StringVar(&f.database, "database", "",
		"PostgreSQL address of the server that works on this folder (default: SQLite in --data)")
	if c.Name() == "add" {
		c.Flags().BoolVar(&f.keys.Plain, "evidence-clear", false,
			"keep new evidence in the clear; evidence that is encrypted stays so")
	}
	if warrant {
		c.Flags().StringVar(&f.warrant.Actor, "actor", "", "who does it: written into the custody log")
		c.Flags().StringVar(&f.warrant.Reason, "reason", "", "why: written into the custody log")
		if name := c.Name(); name == "delete" || name == "release" {
			c.Flags().StringVar(&f.warrant.Second, "second", "",
				"the other person who agrees: erasing an original and ending a hold take two")
		}
	}
	return c
}

// open opens the evidence for one case.
func (f *evidenceFlags) open(name string) (*evidence.Store, error) {
	f.warrant.Case = name
	if f.data == "" {
		return nil, usagef("evidence needs --data DIR")
	}
	if err := f.warrant.Valid(); err != nil {
		return nil, usagef("evidence: %v (--case, --actor, --reason)", err)
	}
	return evidence.OpenUnder(filepath.Join(f.data, "evidence"), f.keys)
}

// record brings the ledger up to the custody log of the case, also when the command was
// stopped half-way: what was promised in the log is recorded.
func (f *evidenceFlags) record(ctx context.Context, st *evidence.Store) error {
	ctx = context.WithoutCancel(ctx)
	l, err := openCustody(ctx, f.data, f.database, st)
	if err != nil {
		return err
	}
	return errors.Join(l.Record(ctx, f.warrant.Case), l.close())
}

func evidenceCommand(s streams) *cobra.Command {
	return group("evidence", "Preserve originals, keep their custody, export a case that a stranger can check",
		append([]*cobra.Command{evidenceAdd(s), evidenceList(s), evidenceVerify(s), evidenceExport(s)},
			evidenceActs(s)...)...)
}

func evidenceAdd(s streams) *cobra.Command {
	var f evidenceFlags
	var about evidence.About
	var name, grade string
	c := &cobra.Command{
		Use:   "add --data DIR --case CASE --actor A --reason R PATH...",
		Short: "Take files and folders in as originals of a case",
		Long: `Takes files and folders in: each file is copied, synced to disk under its SHA-256, and recorded
in the custody log of the case. Then its text and its parts are read for search: mail (.eml), PDF,
HTML, text, ZIP, WARC, WACZ. What cannot be read is kept all the same, and said.

Symbolic links are not followed. A file that the case holds under the same name changes nothing.`,
		Args: atLeast(1, "at least one file or folder"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if grade != "" {
				g, err := evidence.ParseGrade(grade)
				if err != nil {
					return usagef("evidence: %v", err)
				}
				about.Grade = g
			}
			st, err := f.open(name)
			if err != nil {
				return err
			}
			defer st.Close()
			err = addEvidence(cmd.Context(), s, st, f.warrant, about, paths)
			return errors.Join(err, f.record(cmd.Context(), st))
		},
	}
	f.bind(c, true)
	c.Flags().StringVar(&name, "case", "", "case to which the files belong")
	c.Flags().StringVar(&about.Source, "source", "", "where the files come from: an address, a role")
	c.Flags().StringVar(&about.Method, "method", "", "with which tool, from which network they were captured")
	c.Flags().StringVar(&grade, "grade", "", "source A to F and information 1 to 6, for example B2")
	c.Flags().StringArrayVar(&about.Labels, "label", nil, "label (repeat)")
	return c
}

func addEvidence(ctx context.Context, s streams, st *evidence.Store, w evidence.Warrant, about evidence.About,
	paths []string) error {
	var added, already int
	rejects, err := st.Add(ctx, w, about, paths, func(a evidence.Added) error {
		said := "added"
		if a.Already {
			said = "held"
			already++
		} else {
			added++
		}
		fmt.Fprintf(s.out, "%-7s%s  %9d  %-20s %s\n", said, a.SHA256[:16], a.Bytes, a.Media, a.Name)
		for _, n := range a.Index.Notes {
			fmt.Fprintf(s.out, "       note: %s\n", n)
		}
		return nil
	})
	for _, r := range rejects {
		fmt.Fprintf(s.out, "NOT    %s: %s\n", r.Name, r.Reason)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s: %d added, %d held already, %d not taken\n", w.Case, added, already, len(rejects))
	if added+already == 0 {
		return errors.New("evidence: nothing was taken in")
	}
	return nil
}

func evidenceList(s streams) *cobra.Command {
	var f evidenceFlags
	var asJSON bool
	c := &cobra.Command{
		Use: "list --data DIR CASE", Short: "List what a case holds, without opening it", Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			st, err := f.reading()
			if err != nil {
				return err
			}
			defer st.Close()
			c, err := st.Case(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(s.out)
				for _, i := range c.Items {
					if err := enc.Encode(i); err != nil {
						return err
					}
				}
				return nil
			}
			for _, i := range c.Items {
				fmt.Fprintf(s.out, "%s  %9d  %-20s %-3s%s %s\n", i.SHA256[:16], i.Bytes, i.Media, i.Grade, state(c, i),
					strings.Join(i.Names, " = "))
			}
			return nil
		},
	}
	f.bind(c, false)
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object for each item")
	return c
}

// state says what an item is besides being there.
func state(c *evidence.Case, i *evidence.Item) string {
	var out []string
	for _, x := range []struct {
		on   bool
		word string
	}{{i.Deleted != nil, "deleted"}, {i.Sealed, "sealed"}, {i.Held || c.Held, "held"}} {
		if x.on {
			out = append(out, x.word)
		}
	}
	out = append(out, i.Labels...)
	if len(out) == 0 {
		return ""
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// reading opens the evidence for what needs no warrant.
func (f *evidenceFlags) reading() (*evidence.Store, error) {
	if f.data == "" {
		return nil, usagef("evidence needs --data DIR")
	}
	dir := filepath.Join(f.data, "evidence")
	if !exists(dir) {
		return nil, usagef("evidence: there is none in %s", f.data)
	}
	keys := f.keys
	keys.Plain = true // reading makes no keys
	return evidence.OpenUnder(dir, keys)
}

func evidenceVerify(s streams) *cobra.Command {
	var f evidenceFlags
	c := &cobra.Command{
		Use: "verify --data DIR", Short: "Read every original and every custody log again", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := f.reading()
			if err != nil {
				return err
			}
			defer st.Close()
			l, err := openCustody(cmd.Context(), f.data, f.database, st)
			if err != nil {
				return err
			}
			defer l.close()
			k, err := l.Verify(cmd.Context(), nil)
			if err != nil {
				return err
			}
			return printCheck(s, k)
		},
	}
	return f.bind(c, false)
}

// printCheck writes what a check of evidence found; wrong things are an error.
func printCheck(s streams, k *evidence.Check) error {
	for _, p := range k.Problems {
		fmt.Fprintf(s.out, "WRONG  %s\n", p)
	}
	for _, p := range k.Remarks {
		fmt.Fprintf(s.out, "note   %s\n", p)
	}
	if n := len(k.Problems); n > 0 {
		return fmt.Errorf("evidence: things that are wrong: %d", n)
	}
	fmt.Fprintf(s.out, "ok     %d cases, %d custody events, %d originals of %d bytes: nothing was changed\n",
		k.Cases, k.Events, k.Originals, k.Bytes)
	return nil
}

// isEvidence reports whether a folder is one in which a server keeps evidence.
func isEvidence(dir string) bool {
	return exists(filepath.Join(dir, "version")) &&
		(exists(filepath.Join(dir, "custody")) || exists(filepath.Join(dir, "originals")))
}

// verifyEvidence checks a folder of evidence: by itself, and against what the database of its server recorded, which
// lies beside it or is named by --database.
func verifyEvidence(ctx context.Context, s streams, dir string, f verifyFlags) error {
	if f.remember != "" || len(f.since) > 0 || f.roots != "" || len(f.cover) > 0 {
		return usagef("verify: of --database, --since, --remember, --cover and --timestamp-roots only the first is "+
			"for a folder of evidence, as %s is", dir)
	}
	st, err := evidence.OpenUnder(dir, evidence.Keys{File: f.keyFile, Plain: true}) // reading makes no keys
	if err != nil {
		return err
	}
	defer st.Close()
	state := f.state
	if state == "" {
		state = filepath.Dir(filepath.Clean(dir))
	}
	if f.database == "" && !exists(filepath.Join(state, "plimsoll.db")) {
		k, err := st.Verify(ctx, nil)
		if err != nil {
			return err
		}
		k.Remarks = append(k.Remarks, evidence.Problem{Where: dir, What: "no database lies beside it and none was " +
			"named: a case whose log and originals are both gone is not seen"})
		return printCheck(s, k)
	}
	if !exists(filepath.Join(state, "ledger", "key")) {
		return usagef("verify: %s is not the state folder of the server: it holds no ledger/key; name it with --state",
			state)
	}
	l, err := openCustody(ctx, state, f.database, st)
	if err != nil {
		return err
	}
	defer l.close()
	k, err := l.Verify(ctx, nil)
	if err != nil {
		return err
	}
	return printCheck(s, k)
}

func evidenceExport(s streams) *cobra.Command {
	var f evidenceFlags
	var out string
	c := &cobra.Command{
		Use:   "export --data DIR --actor A --reason R CASE --out BAG",
		Short: "Write a case as a BagIt bag that anybody can check",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usagef("evidence export needs --out BAG")
			}
			st, err := f.open(args[0])
			if err != nil {
				return err
			}
			defer st.Close()
			l, err := openCustody(cmd.Context(), f.data, f.database, st)
			if err != nil {
				return err
			}
			defer l.close()
			done, err := st.Export(cmd.Context(), evidence.Bagger{Warrant: f.warrant, Out: out, Version: Version,
				Proofs: l.Proofs})
			if err != nil {
				return err
			}
			fmt.Fprintf(s.err, "%s: %d originals, %d bytes, %d custody events, %d proofs\n", out, done.Items,
				done.Bytes, done.Events, done.Proofs)
			fmt.Fprintf(s.out, "custody head %s\npublic key   %s\n", done.Head, l.VKey)
			return nil
		},
	}
	f.bind(c, true)
	c.Flags().StringVar(&out, "out", "", "folder of the bag; must not be there")
	return c
}
