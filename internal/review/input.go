package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/ownership/bods"
	"plimsoll/internal/ownership/ftm"
	"plimsoll/internal/ownership/gleif"
	"plimsoll/internal/ownership/icij"
	"plimsoll/internal/ownership/psc"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/ocds"
	"plimsoll/internal/record/table"
)

// The kinds of input that are read. Register tables carry their own name as kind.
const (
	kindOCDS  = "ocds"
	kindFOCUS = "focus"
	kindBODS  = "bods"
	kindGLEIF = "gleif"
	kindFTM   = "ftm"
	kindPSC   = "psc"
	kindICIJ  = "icij"
	kindXLSX  = "xlsx"
	kindYAML  = "yaml" // the tables of obligations
	kindJoins = "joins"
	kindPairs = "identifiers"

	kindCommitments = "focus commitments"
	kindPeriods     = "focus billing periods"
)

// input is one file with what it was recognised as.
type input struct {
	src   record.Source
	kind  string
	mapTo *table.Map
	stats record.Stats
	meant string // the register table that a file which cannot be read was meant to be, "" when nothing says so
	// remote are notes on a table of an engine that the input was grouped from.
	remote []string
	stays  bool  // its groups stay in the engine
	torn   error // what is damaged of a file that was not recognised, nil when it is whole as far as it was read
}

// refuse takes a file that cannot be read for nothing, with what it was perhaps meant to be.
func (in *input) refuse(err error) string {
	in.meant = table.Nearest(in.src).Table
	if record.Damaged(err) {
		in.torn = err
	}
	return err.Error()
}

// ingest reads every input into the book. Bills and releases are read together, since a
// month that is delivered again and releases of one process come in several files.
func (r *run) ingest(ctx context.Context) (err error) {
	done, err := r.lake(ctx)
	defer func() { err = errors.Join(err, done()) }()
	if err != nil {
		return err
	}
	g := r.together()
	sink := &ingestSink{run: r}
	var loading *focus.Loading
	if len(g.bills) > 0 {
		var err error
		if loading, err = r.beginBills(ctx, g); err != nil {
			return err
		}
		defer loading.Close()
	}
	if len(g.releases) > 0 {
		if err := g.done(ocds.DecodeAll(ctx, g.releases, sink)); err != nil {
			return err
		}
	}
	if len(g.statements) > 0 { // references and later statements stand in other files
		if err := g.done(bods.DecodeAll(ctx, g.statements, sink)); err != nil {
			return err
		}
	}
	if len(g.nodes) > 0 { // relationships name nodes of other files
		if err := g.done(icij.DecodeAll(ctx, g.nodes, sink)); err != nil {
			return err
		}
	}
	if err := r.oneByOne(ctx, g, sink); err != nil {
		return err
	}
	if err := r.readPairs(ctx, sink); err != nil {
		return err
	}
	r.join()
	if err := r.book.Flush(); err != nil {
		return err
	}
	if loading != nil { // begun above: bills are read beside the other inputs
		if err := g.done(loading.Finish(sink)); err != nil {
			return err
		}
		loading.Close()
	}
	if err := r.settleStayed(ctx); err != nil {
		return err
	}
	if err := r.tie(ctx, loading != nil || r.stayed != nil); err != nil {
		return err
	}
	if err := r.register(); err != nil {
		return err
	}
	r.productNotes()
	r.sheetNotes()
	r.inputLines()
	return nil
}

// sheetNotes leaves out that a sheet was not read where the other reader of its workbook read it.
func (r *run) sheetNotes() {
	const unread = " was not read: "
	for i := 1; i < len(r.inputs); i++ {
		a, b := &r.inputs[i-1].stats, &r.inputs[i].stats
		if r.inputs[i-1].kind != kindXLSX || r.inputs[i].kind != kindFOCUS ||
			r.inputs[i-1].src.Index != r.inputs[i].src.Index {
			continue
		}
		by := func(notes []string) func(string) bool {
			return func(note string) bool {
				sheet, _, ok := strings.Cut(note, unread)
				return ok && strings.HasPrefix(sheet, "sheet ") && !slices.ContainsFunc(notes, func(n string) bool {
					return strings.HasPrefix(n, sheet+unread)
				})
			}
		}
		first, second := by(b.Notes), by(a.Notes)
		kept := slices.DeleteFunc(slices.Clone(a.Notes), first)
		b.Notes = slices.DeleteFunc(slices.Clone(b.Notes), second)
		a.Notes = kept
	}
}

// A grouping is the inputs that are read together with others of their kind.
type grouping struct {
	run                                *run
	releases, bills, statements, nodes []record.Source
	at                                 map[int]int       // source index → input
	mapped                             map[int]table.Map // of bills
	read, total                        int64             // inputs
}

func (r *run) together() *grouping {
	g := &grouping{run: r, at: map[int]int{}, mapped: map[int]table.Map{}, total: int64(len(r.inputs))}
	for i, in := range r.inputs {
		g.at[in.src.Index] = i
		switch in.kind {
		case kindOCDS:
			g.releases = append(g.releases, in.src)
		case kindFOCUS:
			if in.stays {
				continue
			}
			g.bills = append(g.bills, in.src)
			if in.mapTo != nil {
				g.mapped[in.src.Index] = *in.mapTo
			}
		case kindBODS:
			g.statements = append(g.statements, in.src)
		case kindICIJ:
			g.nodes = append(g.nodes, in.src)
		}
	}
	return g
}

// done notes what a reader of several files says of each.
func (g *grouping) done(stats map[int]record.Stats, err error) error {
	for source, s := range stats {
		in := &g.run.inputs[g.at[source]]
		in.stats = s
		in.stats.Notes = append(in.stats.Notes, in.remote...)
	}
	g.read += int64(len(stats))
	g.run.progress("read", g.read, g.total)
	return err
}

// oneByOne reads the inputs that no other file bears on.
func (r *run) oneByOne(ctx context.Context, g *grouping, sink *ingestSink) error {
	for i := range r.inputs {
		in := &r.inputs[i]
		if in.kind == kindOCDS || in.kind == kindFOCUS || in.kind == kindBODS || in.kind == kindICIJ ||
			in.kind == kindPairs {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		stats, err := r.decode(ctx, in, sink)
		if err != nil && ctx.Err() == nil && record.Damaged(err) {
			stats.Failed, err = record.CutNote(in.src.Name, stats.Rows, err), nil
			if stats.Table == "" && slices.Contains(book.Tables(), in.kind) {
				stats.Table = in.kind
			}
		}
		if err != nil {
			return err
		}
		in.stats = stats
		g.read++
		r.progress("read", g.read, g.total)
	}
	return nil
}

// tie brings together what files say of one engagement or account, and takes out rows that speak of none.
func (r *run) tie(ctx context.Context, bills bool) error {
	if err := r.book.TieEngagements(ctx); err != nil {
		return err
	}
	r.respeltNotes()
	if err := r.commitments(ctx); err != nil {
		return err
	}
	if bills {
		if err := r.drawn(ctx); err != nil {
			return err
		}
		if err := r.open(ctx); err != nil {
			return err
		}
	}
	err := r.book.Orphans(ctx, func(o book.Orphan) error {
		for i := range r.inputs {
			if r.inputs[i].src.Index == o.Source && r.inputs[i].kind != kindFOCUS {
				r.inputs[i].stats.Records--
				r.inputs[i].stats.Rejects++
			}
		}
		return r.reject(record.Reject{File: r.files[o.Source].Name, At: o.At, Kind: o.Table,
			Reason: fmt.Sprintf("no record holds the engagement %q that the row speaks of", o.Engagement)})
	})
	for i := range r.inputs {
		switch in := &r.inputs[i]; in.kind {
		case kindBODS, kindGLEIF, kindPSC, kindICIJ, kindFTM, table.Ownership:
			in.stats.Table = table.Ownership
		}
	}
	return err
}

// respeltNotes says which engagement ids are read as another spelling of one of the register.
func (r *run) respeltNotes() {
	var tied, unsure, several []string
	for _, x := range r.book.Respelt() {
		if s := fmt.Sprintf("%q", x.Named); x.Several {
			several = append(several, fmt.Sprintf("%s as %d (%s)", s, len(x.IDs), firstOf(x.IDs)))
		} else if len(x.IDs) == 1 {
			tied = append(tied, s+" as "+fmt.Sprintf("%q", x.IDs[0]))
		} else {
			unsure = append(unsure, s)
		}
	}
	note := func(what string, list []string) {
		if len(list) > 0 {
			r.sum.Notes = append(r.sum.Notes, fmt.Sprintf(what, len(list))+": "+
				strings.Join(list[:min(len(list), listedFirst)], ", "))
		}
	}
	note("Engagement ids that differ from one of the register in letter case or blanks only, read as that one (%d)",
		tied)
	note("Engagement ids that dealings bear which have no party in common, read as dealings of their own; what "+
		"clauses and approvals "+
		"say of the bare id may be of either (%d)", several)
	note("Engagement ids that more than one of the register fits but for letter case or blanks, so that their rows "+
		"are of unknown engagements (%d)", unsure)
}

func (r *run) decode(ctx context.Context, in *input, sink *ingestSink) (record.Stats, error) {
	switch {
	case in.mapTo != nil:
		return table.DecodeMapped(ctx, in.src, *in.mapTo, sink)
	case in.kind == kindXLSX:
		return table.DecodeXLSX(ctx, in.src, sink)
	case in.kind == kindCommitments:
		return focus.DecodeCommitments(ctx, r.book.DB(), in.src, sink)
	case in.kind == kindPeriods:
		periods, stats, err := focus.DecodePeriods(ctx, r.book.DB(), in.src, sink)
		r.periods = append(r.periods, periods...)
		return stats, err
	case in.kind == kindGLEIF:
		return gleif.Decode(ctx, in.src, sink)
	case in.kind == kindFTM:
		return ftm.Decode(ctx, in.src, sink)
	case in.kind == kindPSC:
		return psc.Decode(ctx, in.src, sink)
	case in.kind == kindJoins:
		judged, stats, err := readJoins(ctx, in.src, sink.Reject)
		r.judged = append(r.judged, judged...)
		return stats, err
	}
	return table.Decode(ctx, in.src, sink)
}

// unusable returns the register tables of which a file was given and nothing could be used,
// with the reason: what needs one of them is not computable, whatever other files hold.
func (r *run) unusable() map[string]string {
	out := map[string]string{}
	for _, u := range r.sum.Unknown {
		if u.Table != "" {
			out[u.Table] = u.File + ": " + u.Reason
		}
	}
	for _, in := range r.inputs {
		if in.stats.Unusable != "" && in.stats.Table != "" {
			out[in.stats.Table] = in.src.Name + ": " + in.stats.Unusable
		}
		if broken := cmp.Or(in.stats.Failed, in.src.Damage); broken != "" && in.stats.Table != "" {
			out[in.stats.Table] = broken
		}
	}
	return out
}

// partly reports whether rows of a register table were read, before the end of a damaged file.
func (r *run) partly(table string) bool {
	for _, in := range r.inputs {
		if in.stats.Table == table && in.stats.Records > 0 {
			return true
		}
	}
	return false
}

func (r *run) inputLines() {
	for table, why := range r.unusable() {
		if !r.partly(table) {
			r.sum.Notes = append(r.sum.Notes, "nothing of the register table "+table+" could be used: "+why)
		}
	}
	sort.Strings(r.sum.Notes)

	for _, in := range r.inputs {
		switch {
		case in.stats.Failed != "":
			r.fail(in.stats.Failed)
		case in.src.Damage != "":
			r.fail(in.src.Damage)
		}
	}
	for _, in := range r.inputs {
		extra := in.stats.Extra
		r.sum.Inputs = append(r.sum.Inputs, Input{
			File: in.src.Name, SHA256: in.src.SHA256, Kind: in.kind, Bytes: in.src.Size,
			Rows: in.stats.Rows, Records: in.stats.Records, Rejects: in.stats.Rejects, Ignored: extra,
			Notes: in.stats.Notes,
		})
		r.sum.Counts.Rows += in.stats.Rows
		r.sum.Counts.Records += in.stats.Records
	}
	sort.SliceStable(r.sum.Inputs, func(i, j int) bool { return r.sum.Inputs[i].File < r.sum.Inputs[j].File })
}

// fail notes why a file was not read to its end: the run reports the rest and ends as one that could not finish.
func (r *run) fail(why string) {
	r.sum.Failed = append(r.sum.Failed, why)
	r.sum.Notes = append(r.sum.Notes, "Not finished: "+why)
}
