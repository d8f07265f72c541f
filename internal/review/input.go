package review

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"plimsoll/internal/book"
	"plimsoll/internal/list/load"
	"plimsoll/internal/ownership"
	"plimsoll/internal/ownership/bods"
	"plimsoll/internal/ownership/ftm"
	"plimsoll/internal/ownership/gleif"
	"plimsoll/internal/ownership/icij"
	"plimsoll/internal/ownership/psc"
	"plimsoll/internal/party"
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
	kindJoins = "joins"
	kindPairs = "identifiers"

	kindCommitments = "focus commitments"
)

// input is one file with what it was recognised as.
type input struct {
	src   record.Source
	kind  string
	mapTo *table.Map
	stats record.Stats
	meant string // the register table that a file which cannot be read was meant to be, "" when nothing says so
	torn  error  // what is damaged of a file that was not recognised, nil when it is whole as far as it was read
}

// refuse takes a file that cannot be read for nothing, with what it was perhaps meant to be.
func (in *input) refuse(err error) string {
	in.meant = table.Nearest(in.src).Table
	if record.Damaged(err) {
		in.torn = err
	}
	return err.Error()
}

// answerKey is why the key of an example world is not read. It holds nothing that an answer needs.
const answerKey = "the answer key of an example world: no record"

// recognise says what a file is from its content; the reason is for files that are nothing
// the program reads.
func recognise(src record.Source, all []table.Map) (in input, reason string) {
	var maps, lists []table.Map
	for _, m := range all {
		if m.Table == table.List {
			lists = append(lists, m)
		} else {
			maps = append(maps, m)
		}
	}
	in.src = src
	head, err := src.Head()
	switch {
	case errors.Is(err, record.ErrEmpty):
		in.meant = table.Nearest(src).Table
		return in, "the file is empty"
	case err != nil:
		return in, in.refuse(err)
	}
	if m, ok, err := table.Match(maps, src); err != nil {
		return in, in.refuse(err)
	} else if ok {
		in.mapTo, in.kind = &m, "mapped "+m.Table
		if m.Table == table.Usage {
			in.kind = kindFOCUS
		}
		return in, ""
	}
	if path := onDisk(src); focus.RecogniseCommitments(head, path) {
		in.kind = kindCommitments
		return in, ""
	}
	version, ok := focus.Recognise(head, src.Name)
	if version == "parquet" && src.Member == "" { // the columns stand at the end, past the head
		_, ok = focus.RecognisePath(src.Path)
	}
	if ok {
		in.kind = kindFOCUS
		return in, ""
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		kinds, err := table.SheetKinds(src)
		if err != nil {
			return in, in.refuse(err)
		}
		known := false
		for _, k := range kinds {
			known = known || k != ""
		}
		if !known && ocds.RecogniseFlat(src, head) {
			in.kind = kindOCDS
			return in, ""
		}
		if !known {
			return in, in.nearest("a workbook in which no sheet has the header of a register table")
		}
		in.kind = kindXLSX
		return in, ""
	}
	switch {
	case recognisesJoins(head):
		in.kind = kindJoins
	case table.IsNumberPairs(head):
		in.kind = kindPairs
	case bods.Recognise(head), bods.RecogniseFlat(src, head):
		in.kind = kindBODS
	case gleif.Recognise(head):
		in.kind = kindGLEIF
	case psc.Recognise(head):
		in.kind = kindPSC
	case icij.Recognise(head):
		in.kind = kindICIJ
	case ftm.Recognise(head):
		in.kind = kindFTM
	case ocds.Recognise(head):
		in.kind = kindOCDS
	}
	if in.kind != "" {
		return in, ""
	}
	if kind, _, ok := table.Recognise(head); ok {
		in.kind = kind
		return in, ""
	}
	if ocds.RecogniseFlat(src, head) {
		in.kind = kindOCDS
		return in, ""
	}
	if format, ok := load.Recognise(src, head); ok {
		return in, fmt.Sprintf("this is a list (%s): give it with --list", format)
	}
	if m, ok, err := table.Match(lists, src); err == nil && ok {
		return in, fmt.Sprintf("this is a list by mapping %s: give it with --list", m.Name)
	}
	if bytes.HasPrefix(head, []byte(`{"case":`)) && bytes.Contains(head, []byte(`"expect":`)) {
		return in, answerKey
	}
	if beginsJSON(head) {
		if ok, err := ocdsBehind(src); err != nil {
			return in, err.Error()
		} else if ok {
			in.kind = kindOCDS
			return in, ""
		}
	}
	if near := focus.Nearest(head); near != "" {
		return in, "unknown kind: no bill that is known; " + near
	}
	return in, in.nearest("unknown kind: neither contracts (OCDS), bills (FOCUS), ownership (BODS, GLEIF, Companies House, FollowTheMoney) nor a register table")
}

// readsHead returns the fault that stands in the first bytes of a file, which [record.Source.Head] passes over when
// anything stands before it.
func readsHead(src record.Source) error {
	text, err := src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	_, err = io.CopyN(io.Discard, text, 256<<10)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// nearest says what a file that is nothing was perhaps meant to be.
func (in *input) nearest(what string) string {
	g := table.Nearest(in.src)
	if head, err := in.src.Head(); err == nil && !g.Meant && !bytes.HasPrefix(head, []byte("PK")) {
		if looks := record.Looks(head); looks != "" {
			return what + "; it is " + looks
		}
	}
	if g.Meant {
		in.meant = g.Table
	}
	return what + "; " + g.String()
}

func beginsJSON(head []byte) bool {
	head = bytes.TrimSpace(head)
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// ocdsBehind reports whether contracts stand behind the head of a JSON text.
func ocdsBehind(src record.Source) (bool, error) {
	text, err := src.Open()
	if err != nil {
		return false, err
	}
	defer text.Close()
	return ocds.RecogniseText(text)
}

// gather finds and recognises the inputs. A file whose bytes were seen already is named and
// not read again.
func (r *run) gather(ctx context.Context) error {
	sources, err := record.FindWithin(r.o.Paths, r.o.Bounds)
	if err != nil {
		return err
	}
	skip := map[string]bool{}
	for _, p := range append(append([]string{}, r.o.Lists...), r.o.Out, r.o.Map) {
		if abs, err := filepath.Abs(p); err == nil && p != "" {
			skip[abs] = true
		}
	}
	maps, err := r.maps()
	if err != nil {
		return err
	}
	seen := map[string]int{}
	// Of two files with the same bytes the one nearer to the top is read, so that a copy in a
	// folder below changes nothing, not even a name.
	sort.SliceStable(sources, func(i, j int) bool {
		return strings.Count(sources[i].Name, "/") < strings.Count(sources[j].Name, "/")
	})
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		if under(src.Path, skip) {
			continue
		}
		if src.Skipped != "" {
			r.sum.Unknown = append(r.sum.Unknown, Unknown{File: src.Name, Reason: src.Skipped})
			continue
		}
		i, ok := seen[src.SHA256]
		ok = ok && src.SHA256 != "" // of a damaged file it is not known
		if ok && r.inputs[i].kind == kindFOCUS {
			// A delivery may hold a part of an earlier one unchanged: the reader of bills must see both.
			r.inputs = append(r.inputs, input{src: src, kind: kindFOCUS, mapTo: r.inputs[i].mapTo})
			r.files[src.Index] = src
			continue
		} else if ok {
			r.sum.Inputs = append(r.sum.Inputs, Input{File: src.Name, SHA256: src.SHA256, Kind: r.inputs[i].kind, Bytes: src.Size, SameAs: r.inputs[i].src.Name})
			continue
		}
		in, reason := recognise(src, maps)
		if reason != "" {
			switch torn := cmp.Or(in.torn, readsHead(src)); {
			case src.Damage != "":
				reason = src.Damage
				r.fail(reason)
			case record.Damaged(torn):
				reason = record.CutNote(src.Name, 0, torn)
				r.fail(reason)
			}
			r.sum.Unknown = append(r.sum.Unknown, Unknown{File: src.Name, SHA256: src.SHA256, Reason: reason, Table: in.meant})
			continue
		}
		if src.Damage != "" {
			in.src = src.Shut()
		}
		seen[src.SHA256] = len(r.inputs)
		r.inputs = append(r.inputs, in)
		r.files[src.Index] = src
	}
	if len(r.inputs) == 0 && r.o.Out != "" {
		for _, p := range r.o.Paths {
			if under(p, map[string]bool{absolute(r.o.Out): true}) {
				return fmt.Errorf("read inputs: %s lies in the output folder %s; give another --out", p, r.o.Out)
			}
		}
	}
	if len(r.inputs) == 0 {
		var b strings.Builder
		for i, u := range r.sum.Unknown {
			if i == 5 {
				fmt.Fprintf(&b, "\n  and %d more", len(r.sum.Unknown)-i)
				break
			}
			fmt.Fprintf(&b, "\n  %s: %s", u.File, u.Reason)
		}
		return fmt.Errorf("read inputs: no file that can be read was found in %s%s", strings.Join(r.o.Paths, ", "), b.String())
	}
	return nil
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

func under(path string, skip map[string]bool) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for {
		if skip[abs] {
			return true
		}
		up := filepath.Dir(abs)
		if up == abs {
			return false
		}
		abs = up
	}
}

func (r *run) maps() ([]table.Map, error) {
	if r.o.Map == "" {
		return nil, nil
	}
	return table.LoadMaps(r.o.Map)
}

// ingest reads every input into the book. Bills and releases are read together, since a
// month that is delivered again and releases of one process come in several files.
func (r *run) ingest(ctx context.Context) error {
	var releases, bills, statements, nodes []record.Source
	at := map[int]int{} // source index → input
	mapped := map[int]table.Map{}
	for i, in := range r.inputs {
		at[in.src.Index] = i
		switch in.kind {
		case kindOCDS:
			releases = append(releases, in.src)
		case kindFOCUS:
			bills = append(bills, in.src)
			if in.mapTo != nil {
				mapped[in.src.Index] = *in.mapTo
			}
		case kindBODS:
			statements = append(statements, in.src)
		case kindICIJ:
			nodes = append(nodes, in.src)
		}
	}
	sink := &ingestSink{run: r}
	var loading *focus.Loading
	if len(bills) > 0 {
		var err error
		if loading, err = focus.Begin(ctx, r.book.DB(), bills, mapped); err != nil {
			return err
		}
		defer loading.Close()
	}
	done, total := int64(0), int64(len(r.inputs))
	together := func(stats map[int]record.Stats, err error) error {
		for source, s := range stats {
			r.inputs[at[source]].stats = s
		}
		done += int64(len(stats))
		r.progress("read", done, total)
		return err
	}
	if len(releases) > 0 {
		if err := together(ocds.DecodeAll(ctx, releases, sink)); err != nil {
			return err
		}
	}
	if len(statements) > 0 { // references and later statements stand in other files
		if err := together(bods.DecodeAll(ctx, statements, sink)); err != nil {
			return err
		}
	}
	if len(nodes) > 0 { // relationships name nodes of other files
		if err := together(icij.DecodeAll(ctx, nodes, sink)); err != nil {
			return err
		}
	}
	for i := range r.inputs {
		in := &r.inputs[i]
		if in.kind == kindOCDS || in.kind == kindFOCUS || in.kind == kindBODS || in.kind == kindICIJ || in.kind == kindPairs {
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
		done++
		r.progress("read", done, total)
	}
	if err := r.readPairs(ctx, sink); err != nil {
		return err
	}
	r.join()
	if err := r.book.Flush(); err != nil {
		return err
	}
	if loading != nil { // begun above: bills are read beside the other inputs
		if err := together(loading.Finish(sink)); err != nil {
			return err
		}
		loading.Close()
	}
	if err := r.book.TieEngagements(ctx); err != nil {
		return err
	}
	r.respeltNotes()
	if err := r.commitments(ctx); err != nil {
		return err
	}
	err := r.book.Orphans(ctx, func(o book.Orphan) error {
		for i := range r.inputs {
			if r.inputs[i].src.Index == o.Source {
				r.inputs[i].stats.Records--
				r.inputs[i].stats.Rejects++
			}
		}
		return r.reject(record.Reject{File: r.files[o.Source].Name, At: o.At, Kind: o.Table, Reason: fmt.Sprintf("no record holds the engagement %q that the row speaks of", o.Engagement)})
	})
	if err != nil {
		return err
	}
	for i := range r.inputs {
		switch in := &r.inputs[i]; in.kind {
		case kindBODS, kindGLEIF, kindPSC, kindICIJ, kindFTM, table.Ownership:
			in.stats.Table = table.Ownership
		}
	}
	if err := r.register(); err != nil {
		return err
	}
	r.productNotes()
	r.inputLines()
	return nil
}

// respeltNotes says which engagement ids are read as another spelling of one of the register.
func (r *run) respeltNotes() {
	var tied, unsure []string
	for _, x := range r.book.Respelt() {
		if s := fmt.Sprintf("%q", x.Named); len(x.IDs) == 1 {
			tied = append(tied, s+" as "+fmt.Sprintf("%q", x.IDs[0]))
		} else {
			unsure = append(unsure, s)
		}
	}
	note := func(what string, list []string) {
		if len(list) > 0 {
			r.sum.Notes = append(r.sum.Notes, fmt.Sprintf(what, len(list))+": "+strings.Join(list[:min(len(list), listedFirst)], ", "))
		}
	}
	note("Engagement ids that differ from one of the register in letter case or blanks only, read as that one (%d)", tied)
	note("Engagement ids that more than one of the register fits but for letter case or blanks, so that their rows are of unknown engagements (%d)", unsure)
}

func (r *run) decode(ctx context.Context, in *input, sink *ingestSink) (record.Stats, error) {
	switch {
	case in.mapTo != nil:
		return table.DecodeMapped(ctx, in.src, *in.mapTo, sink)
	case in.kind == kindXLSX:
		return table.DecodeXLSX(ctx, in.src, sink)
	case in.kind == kindCommitments:
		return focus.DecodeCommitments(ctx, r.book.DB(), in.src, sink)
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
			Rows: in.stats.Rows, Records: in.stats.Records, Rejects: in.stats.Rejects, Ignored: extra, Notes: in.stats.Notes,
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

// ingestSink puts what decoders read into the book, the ownership statements beside it and
// the rejects into their file.
type ingestSink struct{ run *run }

// Record implements [record.Sink].
func (s *ingestSink) Record(rec record.Record) error {
	if o, ok := rec.(*record.Ownership); ok {
		return s.Statement(ownership.Row(o))
	}
	s.run.sum.Counts.ByTable[kindOf(rec)]++
	if o, ok := rec.(*record.Obligation); ok {
		s.run.obligation(o)
	}
	if p, ok := rec.(*record.Product); ok {
		s.run.product(p)
		return nil
	}
	return s.run.book.Add(rec)
}

// Reject implements [record.Sink].
func (s *ingestSink) Reject(r record.Reject) error {
	s.run.book.Reject(r)
	return s.run.reject(r)
}

// Statement implements [ownership.Sink].
func (s *ingestSink) Statement(st ownership.Statement) error {
	s.run.sum.Counts.ByTable["ownership"]++
	s.run.edges = append(s.run.edges, edge{
		owner: s.run.book.Mention(st.Owner, "owner", st.Place),
		owned: s.run.book.Mention(st.Owned, "owned", st.Place),
		place: st.Place, edge: st.Edge(0, 0, int32(len(s.run.edges))), since: st.Since, until: st.Until, kind: st.Kind, reason: st.Reason,
	})
	return nil
}

// Party implements [ownership.Sink]: a register's entry adds identifiers to a name.
func (s *ingestSink) Party(ref party.Ref) error {
	s.run.book.Mention(ref, "", record.Place{})
	return nil
}

func kindOf(rec record.Record) string {
	switch rec := rec.(type) {
	case *record.Engagement:
		return "engagements"
	case *record.Account:
		return "accounts"
	case *record.Claim:
		return "claims"
	case *record.Clause:
		return "clauses"
	case *record.Approval:
		return "approvals"
	case *record.Support:
		return "support"
	case *record.Amendment:
		return "amendments"
	case *record.Transaction:
		return "transactions"
	case *record.Event:
		return "events"
	case *record.Holding:
		return "holdings"
	case *record.Product:
		return "products"
	case *record.Obligation:
		return rec.Table
	case *record.Commitment:
		return "commitments"
	}
	return "other"
}
