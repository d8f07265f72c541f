package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/ledger"
	"plimsoll/internal/message"
	"plimsoll/internal/publication"
	"plimsoll/internal/store"
)

type publishOptions struct {
	data, database, state, out string
	company, url, notices      string
	languages                  []string
}

func publishCommand(s streams) *cobra.Command {
	var o publishOptions
	var names []string
	for _, l := range message.Languages {
		names = append(names, l.Code)
	}
	c := &cobra.Command{
		Use:   "publish --data DIR --out SITE",
		Short: "Write the public site: what two people released, with a proof for each page",
		Long: `Writes a static site without a script: decisions that one person proposed to publish and another one released, with
what was taken out and why, replies in full, corrections as large as what they correct, notices answered, demands and
what is on file about them, the figures of each year that is over (from 1 to 4 not shown), RSS and JSON feeds. The site
is recorded in the ledger, and each file has a proof beside it that "plimsoll verify" checks offline.

SITE is there whole or as it was before, whatever stops the writing. A server may be at work on the same data.`,
		Example: "  plimsoll publish --data data --out site --company \"Example Cloud\" --url " +
			"https://decisions.example.org/",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return publish(cmd.Context(), s, o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder of the server's data")
	f.StringVar(&o.database, "database", "", "PostgreSQL address (postgres://…) instead of --data; then --state is "+
		"needed")
	f.StringVar(&o.state, "state", "", "folder for keys and published files of the ledger (default: --data)")
	f.StringVar(&o.out, "out", "", "folder for the site; a site that is there is replaced in one step")
	f.StringVar(&o.company, "company", "", "name of the company as the site shows it (default: “This company”)")
	f.StringVar(&o.url, "url", "", "address under which the site will be reached; without it the feeds hold relative "+
		"addresses")
	f.StringVar(&o.notices, "notices-url", "", "address of the server that takes notices (serve --notices …): pages "+
		"of decisions then say where to appeal")
	f.StringSliceVar(&o.languages, "language", nil, "languages of the site's own words, the main one first: "+
		strings.Join(names, ", ")+" (default: en)")
	return c
}

func (o publishOptions) check() error {
	switch {
	case (o.data == "") == (o.database == ""):
		return usagef("publish needs either --data DIR or --database URL")
	case o.database != "" && o.state == "":
		return usagef("publish with --database needs --state DIR, where the ledger is published")
	case o.out == "":
		return usagef("publish needs --out SITE")
	case o.url != "" && !strings.HasPrefix(o.url, "https://") && !strings.HasPrefix(o.url, "http://"):
		return usagef("--url %q is no address like https://decisions.example.org/", o.url)
	}
	if o.notices != "" && !strings.HasPrefix(o.notices, "https://") && !strings.HasPrefix(o.notices, "http://") {
		return usagef("--notices-url %q is no address like https://notices.example.org/", o.notices)
	}
	seen := map[string]bool{}
	for _, l := range o.languages {
		if !message.Known(l) {
			return usagef("--language %q is none of those that there are; see plimsoll publish --help", l)
		}
		if seen[l] {
			return usagef("--language %q is named twice", l)
		}
		seen[l] = true
	}
	if o.data != "" {
		if _, err := os.Stat(filepath.Join(o.data, "plimsoll.db")); err != nil {
			return usagef("--data %s: there is no data of a server (%v)", o.data, err)
		}
	}
	return nil
}

func publish(ctx context.Context, s streams, o publishOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	address := o.database
	if o.state == "" {
		o.state = o.data
	}
	if address == "" {
		address = "sqlite:" + filepath.Join(o.data, "plimsoll.db")
	}
	db, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	defer db.Close()
	seq, log, key, err := openLedger(ctx, db, filepath.Join(o.state, "ledger"), nil)
	if err != nil {
		return err
	}
	defer seq.Close()
	take := func(ctx context.Context) error {
		for {
			n, err := seq.Step(ctx)
			if errors.Is(err, ledger.ErrNotElected) {
				return nil // a server is at work on this data, and takes it in
			}
			if err != nil || n == 0 {
				return err
			}
		}
	}
	set := publication.Settings{Company: o.company, URL: o.url, Languages: o.languages, Now: time.Now(),
		VKey: key.VKey(), Notices: o.notices, Version: Version}
	if set.Company == "" {
		set.Company = "This company"
	}
	w, err := publication.Write(ctx, db, log, take, o.out, set)
	if err != nil {
		return err
	}
	if o.url == "" {
		fmt.Fprintln(s.err, "The feeds hold relative addresses: give --url when the site's address is known")
	}
	fmt.Fprintf(s.out, "%s: %s, %s, %s, %s, figures of %s; %d files, proven by the log %s of %d leaves\n", o.out,
		counted(w.Decisions, "decision"), counted(w.Corrections, "correction"),
		counted(w.Demands, "demand"), counted(w.Notices, "notice"), counted(w.Reports, "year"), w.Files,
		key.Verifier().Name(), w.Size)
	return nil
}

// verifyPage checks a file of a site against the proof beside it.
func verifyPage(s streams, page string, f verifyFlags) error {
	if f.forLogs() {
		return usagef("verify: %s are for a published log; %s is a page", flagsForLogs, page)
	}
	content, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("read page: %w", err)
	}
	text, err := os.ReadFile(page + ".proof")
	if err != nil {
		return fmt.Errorf("read proof: %w", err)
	}
	if !bytes.HasPrefix(text, []byte(publication.ProofHeader)) {
		return usagef("verify: %s.proof is not the proof of a page (its first line is not %s)", page,
			publication.ProofHeader)
	}
	keys, err := verifyKeys(s, siteOf(page), f)
	if err != nil {
		return err
	}
	p, err := publication.ParsePageProof(text)
	if err != nil {
		return fmt.Errorf("verify %s.proof: %w", page, err)
	}
	if base := filepath.Base(filepath.FromSlash(p.Path)); base != filepath.Base(page) {
		fmt.Fprintf(s.err, "The page was recorded under the name %s\n", p.Path)
	}
	proven, err := p.Check(content, keys.Log, keys.Witnesses...)
	if err != nil {
		return fmt.Errorf("verify %s: %w", page, err)
	}
	if err := quorum(proven.Signed.Witnesses, keys.Quorum); err != nil {
		return fmt.Errorf("verify %s: %w", page, err)
	}
	fmt.Fprintf(s.out, "leaf   %d of %d in the log %s, recorded %s\nok     %s: file %d of %d of the site, as it was "+
		"recorded\n", proven.Index, proven.Signed.Size, proven.Signed.Origin,
		proven.Leaf.Time.Format(time.RFC3339), page, p.Index+1, p.Files)
	return nil
}

// siteOf is the folder in which a page's site perhaps holds its key: its own, or that above.
func siteOf(page string) string {
	dir := filepath.Dir(page)
	if up := filepath.Dir(dir); !exists(filepath.Join(dir, "vkey")) &&
		exists(filepath.Join(up, publication.ManifestName)) {
		return up
	}
	return dir
}

func quorum(signed []string, need int) error {
	if len(signed) < need {
		return fmt.Errorf("%d of the named witnesses signed, %d are needed", len(signed), need)
	}
	return nil
}

// verifySite checks a whole site.
func verifySite(s streams, dir string, f verifyFlags) error {
	if f.forLogs() {
		return usagef("verify: %s are for a published log; %s is a site", flagsForLogs, dir)
	}
	keys, err := verifyKeys(s, dir, f)
	if err != nil {
		return err
	}
	c, err := publication.CheckSite(os.DirFS(dir), keys.Log, keys.Witnesses...)
	if err != nil {
		return fmt.Errorf("verify %s: %w", dir, err)
	}
	for _, p := range c.Problems {
		fmt.Fprintf(s.out, "WRONG  %s\n", p)
	}
	if n := len(c.Problems); n > 0 {
		return fmt.Errorf("verify %s: %s wrong", dir, map[bool]string{true: "1 thing is",
			false: fmt.Sprintf("%d things are", n)}[n == 1])
	}
	if err := quorum(c.Proven.Signed.Witnesses, keys.Quorum); err != nil {
		return fmt.Errorf("verify %s: %w", dir, err)
	}
	fmt.Fprintf(s.out, "leaf   %d of %d in the log %s, recorded %s\nok     %s: %d files checked, nothing is wrong\n",
		c.Proven.Index, c.Proven.Signed.Size, c.Proven.Signed.Origin,
		c.Proven.Leaf.Time.Format(time.RFC3339), dir, c.Files)
	return nil
}
