// Package review carries records from a folder to findings: it recognises the files, joins
// what names the same party, screens every party against every list, asks the signals, and
// judges them by the packs.
//
// Invariants: the same inputs, packs and date give the same findings.jsonl, byte for byte;
// no file is skipped without being named; a run that fails or is stopped leaves no output.
package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/capability"
	"plimsoll/internal/engine"
	"plimsoll/internal/finding"
	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/obligation"
	"plimsoll/internal/party"
	"plimsoll/internal/policy"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/lake"
	"plimsoll/internal/resolve"
	"plimsoll/internal/signal"
)

// Options are what a run needs.
type Options struct {
	Paths     []string
	Lists     []string
	Policies  []string // pack files; the built-in pack when empty
	Map       string
	AsOf      time.Time
	Out       string
	Memory    string        // limit of the record book, DuckDB's notation
	Bounds    record.Bounds // for packed files; the defaults when zero
	Version   string        // of the program, for review.json
	Sets      []string      // sets of obligations that ship with the program and are switched on, see obligation.Sets
	About     About         // whose words the report is in; the records decide when empty
	Title     string        // of the report, in the user's words; chosen by what the records are about when empty
	Portfolio string        // what the review is of; runs are compared inside one portfolio only
	KeepBook  bool          // write the book that [Find] searches
	Book      string        // folder in which what bills add up to stays between runs, "" for none
	Engine    *Engine       // where more bills lie, nil for none
	Previous  string        // folder of an earlier review to compare with, "" for none
	// Neutrality runs the records again with every state under another name and attaches the comparison.
	Neutrality bool
	Progress   func(stage string, done, total int64)
	// Stage begins a stage of the run, for whoever measures it, and returns what ends it; nil when nobody does.
	Stage func(ctx context.Context, name string) (context.Context, func(error))
	// Write makes the further files of the output (report, workbook) in dir, before the
	// output is moved to its place; nil when only the machine's files are wanted.
	Write func(dir string, r *Result) error

	rename *renaming // gives states other names, see [Neutrality]

	wide bool // for tests: parties that may be one are asked about over all records, and not over theirs alone
	fold int  // for tests: the number of subjects from which on one line stands for them, see foldPast
}

const defaultMemory = "700MB"

// run is one review while it goes on.
type run struct {
	o       Options
	book    *book.Book
	signal  *signal.Run
	pack    *policy.Pack
	sum     Summary
	inputs  []input
	files   map[int]record.Source
	judged  []judgement
	periods []focus.Period // that issuers of invoices speak of
	// committed are the commitments that bills state, nil without any.
	committed *CommitmentCoverage
	edges     []edge

	duties  []obligation.Row              // of instruments, demands and answers
	wanted  map[obligation.Place][2]int32 // the mentions of a demand's row: whom it is about, of whom it is demanded
	demands []signal.Demand               // as they stand on the day

	places     []signal.ListedPlace // what the user wants looked at by place or use; nil when no table of them was read
	placesLost int                  // rows of that table that could not be read
	products   []capability.Product // what the company says of its own products

	lists  []*list.List // with entries in force only
	ms     []mention
	joined func() resolve.Result         // of ms
	index  *match.Index                  // of the lists
	hitsOf [][]finding.Hit               // by party
	proof  map[string][]finding.Evidence // rows behind list hits and ownership paths, by party
	named  map[string]record.Source      // of ownership steps
	res    resolve.Result

	place   map[string]int32          // party id → index
	person  map[int32]string          // what parties that look like natural persons are called
	classes []signal.Class            // of the parties
	listed  map[int32]signal.Standing // what lists say of parties; nil when none was given
	below   map[int32]signal.Below    // what parties hold of listed ones
	owned   map[int32]signal.Standing // what ownership statements say; nil when none was read

	room     string         // while parties are supposed to be one: of the tables about them
	base     *signal.Run    // while parties are supposed to be one: the signals without that
	only     map[int32]bool // while parties are supposed to be one: those that are asked about
	deals    map[int32]bool // parties that the company deals with, see [run.dealer]
	asked    map[int32]bool // parties that stand for a group in one of the readings
	supposed []supposed     // what is raised if parties are one that may be one
	opened   []unanswered   // what is not computable then

	mentioned map[[2]string]int            // place and name → the first such mention, see [run.mentionAt]
	more      map[int32][]party.Identifier // numbers that files of pairs tie to those of a mention

	raisedOn map[[2]string]bool // engagement and flag, for the inventory

	bidderFlags map[string][]BidderFlag // party → what is raised on it, for the sheets of tenders

	countries map[string]bool // texts of columns of countries, where [Options.Neutrality] is set

	engine  *engine.Engine  // while bills stay in it
	scratch *engine.Scratch // its tables of the run
	stayed  *lake.Stayed    // what is known of the bills there

	output   *output
	dir      string // output in the making
	spool    *spool
	rejects  *rejectFile
	leads    leads
	progress func(string, int64, int64)
}

// Run reviews the records under o.Paths and writes the result to o.Out.
func Run(ctx context.Context, o Options) (_ *Result, err error) {
	started := time.Now()
	defer spacious()()
	r := newRun(o)
	if r.pack, err = packs(o); err != nil {
		return nil, err
	}
	r.sum.Packs = usedPacks(r.pack)
	defer func() { err = errors.Join(err, r.clean()) }()
	defer func() { err = errors.Join(err, r.dropScratch(ctx)) }()
	for _, x := range []struct {
		name string
		work func(context.Context) error
	}{
		{"read", r.read}, {"judge", r.judge}, {"coverage", r.coverage}, {"holdings", r.holdings},
		{"letters", r.letters},
		{"tenders", r.tenders}, {"tables", r.tables}, {"keep", r.keep},
	} {
		stage, end := r.o.Stage(ctx, x.name)
		err := x.work(stage)
		if end(err); err != nil {
			return nil, err
		}
	}
	r.nothingChecked()
	if err := r.engineUse(ctx); err != nil {
		return nil, err
	}
	if err := r.dropScratch(ctx); err != nil {
		r.sum.Notes = append(r.sum.Notes, err.Error())
	}
	res, err := r.result()
	if err != nil {
		return nil, err
	}
	res.Started, res.Took = started, time.Since(started)
	if err := r.book.Close(); err != nil {
		return nil, err
	}
	if o.Previous != "" {
		if r.sum.Changes, err = r.changes(o.Previous); err != nil {
			return nil, err
		}
		res.Summary.Changes = r.sum.Changes
	}
	if o.Neutrality {
		if r.sum.Neutrality, err = r.neutrality(ctx, filepath.Join(r.dir, "findings.jsonl")); err != nil {
			return nil, err
		}
		res.Summary.Neutrality = r.sum.Neutrality
	}
	if err := r.writeSummary(); err != nil {
		return nil, err
	}
	if o.Write != nil {
		if err := o.Write(r.dir, res); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return res, r.output.publish()
}

// tables writes the tables that need nothing of each other.
func (r *run) tables(ctx context.Context) error {
	return r.signal.Beside(ctx, []func(context.Context) error{r.inventory, r.demanded, r.running})
}

// How much garbage a process that reviews may hold before it is collected, in percent of what is in use (Go's own
// default is 100, at which marking took 3.1 of 46.5 s of processor time of a run of a hundred thousand engagements).
// Where what is in use and its garbage would pass heapGoal it is less, down to leastGarbage: below that most of the
// time goes into marking. What grows faster than is measured is held by Go's memory limit, at heapGoal or at a quarter
// above what is in use. The record book has a limit of its own.
const (
	garbagePercent = 300
	leastGarbage   = 20        // percent
	heapGoal       = 768 << 20 // bytes
	measureEvery   = 500 * time.Millisecond
)

// spacious sets that while a review goes on, unless whoever started the process has set it by GOGC or GOMEMLIMIT. The
// function that it returns ends it.
func spacious() (end func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(heapGoal)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		set := garbagePercent
		for tick := time.Tick(measureEvery); ; {
			select {
			case <-stop:
				return
			case <-tick:
			}
			if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 {
				continue
			}
			used := live[0].Value.Uint64()
			debug.SetMemoryLimit(int64(max(heapGoal, used+used/4)))
			if p := garbage(used); p != set {
				debug.SetGCPercent(p)
				set = p
			}
		}
	}()
	return func() { close(stop); <-done }
}

// garbage is how much garbage may be held beside what is in use, in percent of it and in steps of ten, since each
// change of it stops the program for a moment.
func garbage(live uint64) int {
	if live == 0 {
		return garbagePercent
	}
	p := (float64(heapGoal)/float64(live) - 1) * 100
	return int(min(max(p, leastGarbage), garbagePercent)) / 10 * 10
}

func newRun(o Options) *run {
	if o.Memory == "" {
		o.Memory = defaultMemory
	}
	if o.Stage == nil {
		o.Stage = func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	r := &run{o: o, files: map[int]record.Source{}, progress: o.Progress}
	if o.Neutrality {
		r.countries = map[string]bool{}
	}
	r.sum = Summary{Tool: Tool{"plimsoll", o.Version}, Title: o.Title, Portfolio: o.Portfolio,
		AsOf: o.AsOf.Format("2006-01-02"), Inputs: []Input{}, Unknown: []Unknown{}, Lists: []*list.List{},
		Notes:  []string{},
		Exempt: []Exempt{}, ToCheck: []NameToCheck{}, After: []AfterReview{}, Open: []Open{},
		Flags: map[string]FlagCounts{}, Counts: Counts{BySeverity: map[string]int{}, ByTable: map[string]int{}}}
	return r
}

// read takes the records to where rules can be asked: recognised, read, joined, classified
// and screened.
func (r *run) read(ctx context.Context) (err error) {
	if err := r.gather(ctx); err != nil {
		return err
	}
	if err := r.loadLists(ctx); err != nil {
		return err
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if r.book, err = book.Open(ctx, r.dir, r.o.Memory); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.ingest, r.resolve, r.classify, r.stand, r.unname, r.measure,
		r.suppose} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func packs(o Options) (*policy.Pack, error) {
	pack, err := policy.Builtin()
	if len(o.Policies) > 0 {
		pack, err = policy.Load(o.Policies...)
	}
	if err != nil {
		return nil, err
	}
	return pack.AsOf(o.AsOf.Format("2006-01-02")), nil
}

// prepare makes the folder that the output is written to before it is moved to its place.
func (r *run) prepare() (err error) {
	if r.output, err = openOutput(r.o.Out); err != nil {
		return err
	}
	r.dir = r.output.fresh()
	if r.rejects, err = newRejectFile(filepath.Join(r.dir, "rejects.jsonl")); err != nil {
		return err
	}
	r.spool, err = newSpool(filepath.Join(r.dir, "spool"))
	return err
}

func (r *run) clean() error {
	var errs []error
	if r.book != nil {
		errs = append(errs, r.book.Close())
	}
	if r.rejects != nil {
		r.rejects.close()
	}
	if r.spool != nil {
		r.spool.close()
	}
	if r.output != nil {
		errs = append(errs, r.output.close())
	}
	return errors.Join(errs...)
}

func (r *run) writeSummary() error {
	f, err := os.Open(filepath.Join(r.dir, "findings.jsonl"))
	if err != nil {
		return fmt.Errorf("write review.json: %w", err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("write review.json: %w", errors.Join(err, f.Close()))
	}
	sealed := r.sum
	sealed.FindingsSHA256, sealed.SHA256 = hex.EncodeToString(h.Sum(nil)), finding.ZeroSum
	b, err := json.MarshalIndent(sealed, "", "  ")
	if err == nil {
		b, err = finding.Seal(append(b, '\n'))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write review.json: %w", err)
	}
	return os.WriteFile(filepath.Join(r.dir, "review.json"), b, 0o644)
}
