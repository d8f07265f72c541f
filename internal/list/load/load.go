// Package load finds out what each file of a folder of lists is, and reads all of them.
//
// Invariants: either every list is loaded whole or none is, and the error says which file is
// at fault, where and why; a file is recognised by what it holds and not by its name, except
// where a format has nothing else to tell it by; the same bytes given twice are one list.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/list/bis"
	"plimsoll/internal/list/csl"
	"plimsoll/internal/list/debarred"
	"plimsoll/internal/list/dfat"
	"plimsoll/internal/list/eu"
	"plimsoll/internal/list/ftm"
	"plimsoll/internal/list/named"
	"plimsoll/internal/list/ofac"
	"plimsoll/internal/list/row"
	"plimsoll/internal/list/seco"
	"plimsoll/internal/list/sema"
	"plimsoll/internal/list/uk"
	"plimsoll/internal/list/un"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// What a file was recognised as. The OFAC roles come beside these.
const (
	formatXML      = "ofac/xml"
	formatEnhanced = "ofac/enhanced"
	formatAdvanced = "ofac/advanced"
	formatUN       = "un"
	formatBIS      = "bis"
	formatCSL      = "csl"
	formatCSLJSON  = "csl/json"
	formatUK       = "uk"
	formatUKXML    = "uk/xml"
	formatEU       = "eu"
	formatEUXML    = "eu/xml"
	formatSECO     = "seco"
	formatSEMA     = "sema"
	formatDFAT     = "dfat"
	formatDebarred = "debarred"
	formatBankJSON = "debarred/json"
	formatNamed    = "named"
	formatFtM      = "ftm"
	formatTargets  = "ftm/targets"
)

// A found is what a file was recognised as.
type found struct {
	kind string
	role ofac.Role // of a file of an OFAC set
	head []byte    // of the table, for a workbook of the sheet that holds it
}

// Recognise tells which list format the text beginning with head is: ofac, un, uk, eu and so
// on, or named. A FollowTheMoney file counts only when something in it is listed: others hold
// ownership or payments alone.
func Recognise(src record.Source, head []byte) (format string, ok bool) {
	f := recognise(context.Background(), src, head)
	if f.kind == formatFtM && !ftm.Lists(src, head) {
		return "", false
	}
	format, _, _ = strings.Cut(f.kind, "/")
	return format, f.kind != ""
}

func recognise(ctx context.Context, src record.Source, head []byte) found {
	heads, err := row.Heads(ctx, src, head)
	if err != nil { // a damaged workbook, or none: nothing else is read from it
		return found{}
	}
	for _, h := range heads {
		if kind := recogniseTable(h); kind != "" {
			return found{kind: kind, head: h}
		}
	}
	if table.IsWorkbook(head) {
		return found{}
	}
	for _, f := range []struct {
		kind string
		is   func([]byte) bool
	}{
		{formatUN, un.Recognise}, {formatXML, ofac.RecogniseXML}, {formatEnhanced, ofac.RecogniseEnhanced},
		{formatAdvanced, ofac.RecogniseAdvanced},
		{formatUKXML, uk.RecogniseXML}, {formatEUXML, eu.RecogniseXML}, {formatSECO, seco.Recognise},
		{formatSEMA, sema.Recognise},
		{formatCSLJSON, csl.RecogniseJSON}, {formatBankJSON, debarred.RecogniseJSON},
		{formatFtM, ftm.Recognise},
	} {
		if f.is(head) {
			return found{kind: f.kind, head: head}
		}
	}
	if role := ofac.Shape(src.Name, head); role != "" {
		return found{kind: "ofac/" + string(role), role: role, head: head}
	}
	return found{}
}

func recogniseTable(head []byte) string {
	for _, f := range []struct {
		kind string
		is   func([]byte) bool
	}{
		{formatBIS, bis.Recognise}, {formatCSL, csl.Recognise}, {formatTargets, ftm.RecogniseTargets},
		{formatUK, uk.Recognise},
		{formatEU, eu.Recognise}, {formatDFAT, dfat.Recognise}, {formatDebarred, debarred.Recognise},
		{formatNamed, named.Recognise},
	} {
		if f.is(head) {
			return f.kind
		}
	}
	return ""
}

// Load reads every list among the files and folders given. Documents that lie beside lists
// (README, LICENSE, checksums) are passed over; any other file that is no list is an error.
func Load(ctx context.Context, paths []string) ([]*list.List, error) {
	return Mapped(ctx, paths, nil, record.Bounds{})
}

// Mapped is [Load] with mappings for tables of other columns, and bounds for packed files: a file that one of the
// mappings to [table.List] fits is read by it, whatever else it may be.
func Mapped(ctx context.Context, paths []string, maps []table.Map, bounds record.Bounds) ([]*list.List, error) {
	sources, err := record.FindWithin(paths, bounds)
	if err != nil {
		return nil, err
	}
	return Sources(ctx, sources, maps...)
}

// Sources reads the lists in files that were found already.
func Sources(ctx context.Context, sources []record.Source, maps ...table.Map) ([]*list.List, error) {
	l := &loader{ctx: ctx, seen: map[string]bool{}}
	for _, m := range maps {
		if m.Table == table.List {
			l.maps = append(l.maps, m)
		}
	}
	for _, src := range sources {
		if src.Hidden > 0 {
			l.unread = append(l.unread, unread{src.Name, src.Name + ": " + src.Skipped})
			continue
		}
		if err := l.source(src); err != nil {
			return nil, err
		}
	}
	if err := l.sets(); err != nil {
		return nil, err
	}
	if err := l.others(sources); err != nil {
		return nil, err
	}
	if len(l.lists) == 0 && l.faults.Err() == nil {
		l.faults.Addf("lists", "", "no file given holds a list")
		for _, u := range l.unread {
			l.faults.Addf("lists", "", "not read: %s", u.what)
		}
	}
	if err := l.faults.Err(); err != nil {
		return nil, err
	}
	for _, one := range l.lists {
		one.SetEffects()
	}
	out := distinct(l.lists)
	l.beside(out)
	return out, nil
}

type loader struct {
	ctx    context.Context
	faults list.Faults
	lists  []*list.List
	seen   map[string]bool // hashes of files read
	parts  []part          // files of OFAC sets
	maps   []table.Map     // to lists
	sheets []record.Source // sheets of OpenDocument workbooks that are no lists
	unread []unread
	papers []string // documents that lie beside lists
}

// unread is what of a folder or archive is not read.
type unread struct{ at, what string }

// mostPapers is how many documents are named; the others are counted.
const mostPapers = 5

// beside says at a list of the same folder or archive what was not read there, at the first list when it has none.
func (l *loader) beside(lists []*list.List) {
	all := l.unread
	if n := len(l.papers); n > 0 {
		what := strings.Join(l.papers[:min(n, mostPapers)], ", ")
		if n > mostPapers {
			what += fmt.Sprintf(" and %d more", n-mostPapers)
		}
		all = append(all, unread{what: fmt.Sprintf("documents that lie beside lists (%d): %s", n, what)})
	}
	for _, u := range all {
		to := lists[0]
		for _, one := range lists {
			if slices.ContainsFunc(one.Files, func(f list.File) bool {
				return u.at != "" && (strings.HasPrefix(f.Name, u.at+"/") || strings.HasPrefix(f.Name, u.at+"!"))
			}) {
				to = one
				break
			}
		}
		to.Unread = append(to.Unread, "not read: "+u.what)
	}
}

// others names the sheets beside one that is a list; of a workbook without any list they are faults.
func (l *loader) others(sources []record.Source) error {
	at := map[string]string{} // file → workbook
	for _, src := range sources {
		if book := src.Workbook(); book != "" {
			at[src.Name] = book
		}
	}
	for _, src := range l.sheets {
		var of []*list.List
		for _, one := range l.lists {
			if slices.ContainsFunc(one.Files, func(f list.File) bool { return at[f.Name] == src.Workbook() }) {
				of = append(of, one)
			}
		}
		name, _ := src.Sheet()
		for _, one := range of {
			one.Notes = append(one.Notes, fmt.Sprintf("the sheet %s was not read: it has no header of a list", name))
		}
		if of != nil || l.document(src) {
			continue
		}
		head, err := src.Head()
		if err != nil {
			return fmt.Errorf("read %s: %w", src.Name, err)
		}
		l.faults.Addf(src.Name, "", "%s", refusal(l.ctx, src, head))
	}
	return l.ctx.Err()
}

// add keeps what a decoder gave, or its error; only cancellation stops the load at once,
// so that one run names the problems of every file.
func (l *loader) add(file string, err error, lists ...*list.List) error {
	if l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	if err != nil {
		l.faults.Merge(file, err)
		return nil
	}
	l.lists = append(l.lists, lists...)
	return nil
}

func (l *loader) source(src record.Source) error {
	head, err := src.Head()
	if errors.Is(err, record.ErrEmpty) || err == nil && len(bytes.Trim(head, "\x1a\r\n\t ")) == 0 {
		if ofac.Shape(src.Name, nil) == ofac.Comments && src.Size > 0 {
			l.parts = append(l.parts, part{src, ofac.Comments})
			return nil
		}
		if !l.document(src) {
			l.faults.Addf(src.Name, "", "the file is empty")
		}
		return nil
	}
	if err != nil {
		l.faults.Merge(src.Name, err)
		return nil
	}
	if m, ok, err := table.Match(l.maps, src); err != nil || ok {
		if ok && !l.seen[src.SHA256] {
			l.seen[src.SHA256] = true
			many, err := named.DecodeMapped(l.ctx, src, m)
			return l.add(src.Name, err, many...)
		}
		l.faults.Merge(src.Name, err)
		return nil
	}
	f := recognise(l.ctx, src, head)
	if f.role != "" {
		l.parts = append(l.parts, part{src, f.role})
		return nil
	}
	if f.kind == "" {
		if _, sheet := src.Sheet(); sheet {
			l.sheets = append(l.sheets, src)
		} else if !l.document(src) {
			l.faults.Addf(src.Name, "", "%s", refusal(l.ctx, src, head))
		}
		return nil
	}
	if l.seen[src.SHA256] {
		return nil
	}
	l.seen[src.SHA256] = true
	var one *list.List
	switch f.kind {
	case formatUN:
		one, err = un.Decode(l.ctx, src)
	case formatXML:
		one, err = ofac.DecodeXML(l.ctx, src)
	case formatEnhanced:
		one, err = ofac.DecodeEnhanced(l.ctx, src)
	case formatAdvanced:
		one, err = ofac.DecodeAdvanced(l.ctx, src)
	case formatBIS:
		one, err = bis.Decode(l.ctx, src)
	case formatCSL:
		one, err = csl.Decode(l.ctx, src)
	case formatCSLJSON:
		one, err = csl.DecodeJSON(l.ctx, src)
	case formatDebarred:
		one, err = debarred.Decode(l.ctx, src)
	case formatBankJSON:
		one, err = debarred.DecodeJSON(l.ctx, src)
	case formatUK:
		one, err = uk.Decode(l.ctx, src, f.head)
	case formatUKXML:
		one, err = uk.DecodeXML(l.ctx, src)
	case formatEU:
		one, err = eu.Decode(l.ctx, src)
	case formatEUXML:
		one, err = eu.DecodeXML(l.ctx, src)
	case formatSECO:
		one, err = seco.Decode(l.ctx, src)
	case formatSEMA:
		one, err = sema.Decode(l.ctx, src)
	case formatDFAT:
		one, err = dfat.Decode(l.ctx, src)
	case formatTargets:
		one, err = ftm.DecodeTargets(l.ctx, src)
	case formatFtM:
		one, err = ftm.Decode(l.ctx, src)
	case formatNamed:
		many, err := named.Decode(l.ctx, src)
		return l.add(src.Name, err, many...)
	}
	if err != nil {
		return l.add(src.Name, err)
	}
	return l.add(src.Name, nil, one)
}

// document reports whether a file is one of those that lie beside lists, and notes that it was not read.
func (l *loader) document(src record.Source) bool {
	if !document(src) {
		return false
	}
	l.papers = append(l.papers, src.Name)
	return true
}

// document reports whether a file that is no list is one of those that lie beside lists.
func document(src record.Source) bool {
	name := strings.ToLower(path.Base(strings.ReplaceAll(src.Name, "!", "/")))
	for _, p := range []string{"readme", "license", "licence", "provenance", "sha256sums", "checksums", "notice",
		"changelog"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	switch path.Ext(name) {
	case ".md", ".pdf", ".html", ".htm", ".xsd", ".sha256":
		return true
	}
	return false
}

// distinct drops a list that came twice in different wrapping (plain and compressed), and
// tells versions of one list apart.
func distinct(lists []*list.List) []*list.List {
	var out []*list.List
	versions := map[string][]*list.List{}
next:
	for _, l := range lists {
		for _, have := range versions[l.ID] {
			if have.Format == l.Format && sameEntries(have.Entries, l.Entries) {
				continue next
			}
		}
		versions[l.ID] = append(versions[l.ID], l)
		out = append(out, l)
	}
	for _, same := range versions {
		if len(same) < 2 {
			continue
		}
		for i, l := range same {
			var others []string
			for j, o := range same {
				if j != i {
					others = append(others, o.Files[0].Name+dated(o.Published))
				}
			}
			l.Notes = append(l.Notes, "another version of this list was loaded beside it: "+strings.Join(others, ", "))
			if i > 0 {
				l.ID = fmt.Sprintf("%s-%d", l.ID, i+1)
			}
		}
	}
	return out
}

func dated(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " of " + t.Format(time.DateOnly)
}

func sameEntries(a, b []list.Entry) bool { return len(a) == len(b) && reflect.DeepEqual(a, b) }
