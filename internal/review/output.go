package review

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"plimsoll/internal/finding"
	"plimsoll/internal/record"
)

// spool keeps findings on disk in the order in which they are computed, and a small index
// in memory, so that findings.jsonl can be written with the worst first.
type spool struct {
	f     *os.File
	w     *bufio.Writer
	at    int64
	lines []spooled

	raised map[[2]string]bool // flag and party, of flags that others may cite
}

type spooled struct {
	offset     int64
	length     int32
	state      int8 // 0 raised, 1 not computable
	rank       int8
	confidence float32
	id         string
	flag       string
	see        string // the party, of a finding that may cite others about it
	party      string // of a raised finding: whom it is about, as leads count it
	lead       int32  // and its place among those to look at first
	shows      int8   // how much the finding shows, see [shows]
}

// seeAlso are flags that are read together where both are raised about one party: what is sold
// (RF-09), and whether it was looked at before (RF-39).
var seeAlso = map[string][]string{"RF-09": {"RF-39"}}

// cited reports whether some flag may cite this one.
func cited(flag string) bool {
	for _, others := range seeAlso {
		if slices.Contains(others, flag) {
			return true
		}
	}
	return false
}

// about is the party that a finding is about.
func about(f *finding.Finding) string { return cmp.Or(f.Subject.Party, f.Subject.ID) }

// see returns the flags that a finding cites.
func (s *spool) see(flag, party string) []string {
	var out []string
	for _, other := range seeAlso[flag] {
		if s.raised[[2]string{other, party}] {
			out = append(out, other)
		}
	}
	return out
}

func newSpool(path string) (*spool, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	return &spool{f: f, w: bufio.NewWriterSize(f, 1<<20), raised: map[[2]string]bool{}}, nil
}

func (s *spool) add(f finding.Finding) error {
	b, err := f.Line()
	if err != nil {
		return fmt.Errorf("write finding %s: %w", f.ID, err)
	}
	state := int8(0)
	if f.State != finding.Raised {
		state = 1
	}
	line := spooled{s.at, int32(len(b)), state, int8(finding.Rank(f.Severity)), float32(f.Confidence), f.Flag + f.ID,
		f.Flag, "", "", 0, 0}
	if state == 0 {
		line.party, line.shows = about(&f), int8(shows(f))
	}
	if state == 0 && len(seeAlso[f.Flag]) > 0 {
		line.see = about(&f)
	}
	if state == 0 && cited(f.Flag) {
		s.raised[[2]string{f.Flag, about(&f)}] = true
	}
	s.lines = append(s.lines, line)
	s.at += int64(len(b))
	_, err = s.w.Write(b)
	return err
}

// write copies the lines to path, sorted: raised before not computable, then by severity, and raised ones in the order
// in which to look at parties and at the findings of one; then by confidence, flag and id. order is the place of each
// party. first is called with the first n lines of each state.
func (s *spool) write(path string, n int, order map[string]int32, first func(finding.Finding)) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	for i := range s.lines {
		if l := &s.lines[i]; l.state == 0 {
			l.lead = order[l.party]
		}
	}
	sort.Slice(s.lines, func(i, j int) bool {
		a, b := s.lines[i], s.lines[j]
		switch {
		case a.state != b.state:
			return a.state < b.state
		case a.rank != b.rank:
			return a.rank < b.rank
		case a.lead != b.lead:
			return a.lead < b.lead
		case a.shows != b.shows:
			return a.shows > b.shows
		case a.confidence != b.confidence:
			return a.confidence > b.confidence
		}
		return a.id < b.id
	})
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	w := bufio.NewWriterSize(out, 1<<20)
	var buf []byte
	seen := [2]int{}
	for _, l := range s.lines {
		if cap(buf) < int(l.length) {
			buf = make([]byte, l.length*2)
		}
		buf = buf[:l.length]
		if _, err := s.f.ReadAt(buf, l.offset); err != nil {
			return fmt.Errorf("read spool: %w", err)
		}
		var f finding.Finding
		see := s.see(l.flag, l.see)
		if seen[l.state] < n || len(see) > 0 {
			if err := json.Unmarshal(buf, &f); err != nil {
				return err
			}
		}
		line := buf
		if len(see) > 0 {
			var err error
			f.See = see
			if line, err = f.Line(); err != nil {
				return err
			}
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
		if seen[l.state] < n {
			seen[l.state]++
			first(f)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Sync()
}

func (s *spool) close() {
	s.f.Close()
	os.Remove(s.f.Name())
}

// rejectFile is rejects.jsonl, with counts by file and reason for the report.
type rejectFile struct {
	f     *os.File
	w     *bufio.Writer
	n     int
	kinds map[[2]string]*RejectLine
	order []*RejectLine
}

// rejectKinds bounds how many different reasons are kept apart in memory.
const rejectKinds = 500

func newRejectFile(path string) (*rejectFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("make rejects.jsonl: %w", err)
	}
	return &rejectFile{f: f, w: bufio.NewWriterSize(f, 1<<16), kinds: map[[2]string]*RejectLine{}}, nil
}

func (r *run) reject(x record.Reject) error {
	f := r.rejects
	f.n++
	k := [2]string{x.File, x.Reason}
	l := f.kinds[k]
	if l == nil && len(f.order) < rejectKinds {
		l = &RejectLine{File: x.File, At: x.At, Kind: x.Kind, Reason: x.Reason}
		f.kinds[k] = l
		f.order = append(f.order, l)
	}
	if l != nil {
		l.Times++
	}
	e := json.NewEncoder(f.w)
	e.SetEscapeHTML(false)
	return e.Encode(x)
}

func (f *rejectFile) finish() error {
	if err := f.w.Flush(); err != nil {
		return fmt.Errorf("write rejects.jsonl: %w", err)
	}
	return f.f.Close()
}

func (f *rejectFile) close() { f.f.Close() }

// shownFindings is how many findings of each state the report may show in its tables.
const shownFindings = 1000

// result writes findings.jsonl and sums up.
func (r *run) result() (*Result, error) {
	res := &Result{Out: r.o.Out}
	if err := r.spool.write(filepath.Join(r.dir, "findings.jsonl"), shownFindings, r.leads.order(),
		func(f finding.Finding) { res.First = append(res.First, f) }); err != nil {
		return nil, fmt.Errorf("write findings.jsonl: %w", err)
	}
	res.Top = r.leads.top()
	for i := range res.Top {
		l := &res.Top[i]
		l.Finding.See = r.spool.see(l.Finding.Flag, about(&l.Finding))
	}
	r.spool.close()
	r.spool = nil
	if err := r.rejects.finish(); err != nil {
		return nil, err
	}
	r.sum.Counts.Rejects = r.rejects.n
	sort.SliceStable(r.rejects.order, func(i, j int) bool {
		return r.rejects.order[i].Times > r.rejects.order[j].Times
	})
	for i, l := range r.rejects.order {
		if i == 100 {
			break
		}
		res.Rejects = append(res.Rejects, *l)
	}
	r.sum.Counts.RaisedOn = len(r.leads.by)
	res.Summary = r.sum
	return res, nil
}
