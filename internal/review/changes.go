package review

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/internal/finding"
)

// Changes say what is otherwise than in an earlier review.
type Changes struct {
	Since    string         `json:"since"` // day of the earlier review
	New      int            `json:"raised_new"`
	Gone     int            `json:"raised_no_longer"`
	Open     int            `json:"not_computable_now"` // raised then; now it is not known, or may not be
	Severity int            `json:"severity_changed"`
	Flags    []ChangedFlag  `json:"flags"`    // the first of them
	Holdings []ChangedHold  `json:"holdings"` // of portfolios that both reviews hold
	Apart    []string       `json:"portfolios_not_compared,omitempty"`
	Left     int            `json:"flags_left_out,omitempty"`
	LeftHold int            `json:"holdings_left_out,omitempty"`
	Counts   map[string]int `json:"holdings_by_change,omitempty"`
}

// A ChangedFlag is a finding that is raised now and was not, was and is no longer, or is of another severity.
type ChangedFlag struct {
	Change   string `json:"change"`
	ID       string `json:"id"`
	Flag     string `json:"flag"`
	Subject  string `json:"subject"`
	Severity string `json:"severity,omitempty"`
	Before   string `json:"severity_before,omitempty"`
	Sentence string `json:"sentence"`
}

// The changes of a flag and of a holding.
const (
	RaisedNew  = "raised now"
	RaisedGone = "no longer raised"
	RaisedOpen = "not computable now"
	// the flag has a line for many subjects, which are not all named
	RaisedMay  = "no longer raised, or not computable now"
	RaisedElse = "severity changed"
	HeldNew    = "bought"
	HeldGone   = "sold"
	SaidNew    = "said now"
	SaidGone   = "no longer said"
	OpenNew    = "no longer checked in full"
	OpenGone   = "checked in full now"
)

// A ChangedHold is one holding that was bought or sold, or of whose issuer something else is said.
type ChangedHold struct {
	Change    string `json:"change"`
	Portfolio string `json:"portfolio"`
	Issuer    string `json:"issuer"`
	ISIN      string `json:"isin,omitempty"`
	Share     string `json:"share_of_portfolio,omitempty"`
	Status    string `json:"status"`
	List      string `json:"list,omitempty"`
	Says      string `json:"says,omitempty"`
}

// mostChanges is how many changes of each kind are kept for the report.
const mostChanges = 500

// ErrOtherPortfolio is wrapped when two reviews are of different portfolios: they are not compared.
var ErrOtherPortfolio = errors.New("runs are compared inside one portfolio only")

// changes compares the review in the making with the one in the folder previous.
func (r *run) changes(previous string) (*Changes, error) {
	var was struct {
		AsOf      string `json:"as_of"`
		Portfolio string `json:"portfolio"`
	}
	b, err := os.ReadFile(filepath.Join(previous, "review.json"))
	if err == nil {
		err = json.Unmarshal(b, &was)
	}
	if err != nil {
		return nil, fmt.Errorf("read the earlier review %s: %w", previous, err)
	}
	if was.Portfolio != r.o.Portfolio {
		return nil, fmt.Errorf("compare with the earlier review %s: it is of portfolio %q and this one of %q: %w",
			previous, was.Portfolio, r.o.Portfolio, ErrOtherPortfolio)
	}
	c := &Changes{Since: was.AsOf, Flags: []ChangedFlag{}, Holdings: []ChangedHold{}}
	if err := c.flags(filepath.Join(previous, "findings.jsonl"), filepath.Join(r.dir, "findings.jsonl")); err != nil {
		return nil, err
	}
	return c, c.holdings(filepath.Join(previous, "holdings.csv"), filepath.Join(r.dir, "holdings.csv"))
}

// answers are the findings of a file: what is raised, by id, and what is not computable: by id, and the flags that have
// a line for the whole run.
type answers struct {
	raised map[string]ChangedFlag
	open   map[string]bool
	wide   map[string]bool
}

// readAnswers reads the findings of a file.
func readAnswers(path string) (*answers, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read an earlier review: %w", err)
	}
	defer f.Close()
	out := &answers{map[string]ChangedFlag{}, map[string]bool{}, map[string]bool{}}
	in := bufio.NewReaderSize(f, 1<<16)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			var x finding.Finding
			if err := json.Unmarshal(line, &x); err != nil {
				return nil, fmt.Errorf("read %s line %d: %w", path, n, err)
			}
			if x.State != finding.Raised {
				out.open[x.ID] = true
				out.wide[x.Flag] = out.wide[x.Flag] || x.Subject.Kind == "run"
				continue
			}
			out.raised[x.ID] = ChangedFlag{ID: x.ID, Flag: x.Flag, Subject: x.Subject.Name, Severity: x.Severity,
				Sentence: x.Sentence}
		}
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
}

func (c *Changes) flags(before, after string) error {
	old, err := readAnswers(before)
	if err != nil {
		return err
	}
	now, err := readAnswers(after)
	if err != nil {
		return err
	}
	var all []ChangedFlag
	for id, x := range now.raised {
		was, ok := old.raised[id]
		switch {
		case !ok:
			x.Change = RaisedNew
			c.New++
		case was.Severity != x.Severity:
			x.Change, x.Before = RaisedElse, was.Severity
			c.Severity++
		default:
			continue
		}
		all = append(all, x)
	}
	for id, x := range old.raised {
		if _, ok := now.raised[id]; ok {
			continue
		}
		x.Change, x.Before, x.Severity = RaisedGone, x.Severity, ""
		switch {
		case now.open[id]:
			x.Change = RaisedOpen
		case now.wide[x.Flag]:
			x.Change = RaisedMay
		}
		if x.Change == RaisedGone {
			c.Gone++
		} else {
			c.Open++
		}
		all = append(all, x)
	}
	order := []string{RaisedNew, RaisedElse, RaisedOpen, RaisedMay, RaisedGone}
	slices.SortFunc(all, func(a, b ChangedFlag) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)),
			cmp.Compare(finding.Rank(cmp.Or(a.Severity, a.Before)), finding.Rank(cmp.Or(b.Severity, b.Before))),
			cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.ID, b.ID))
	})
	c.Left = max(0, len(all)-mostChanges)
	c.Flags = append(c.Flags, all[:min(len(all), mostChanges)]...)
	return nil
}

// heldOn is what one table of holdings says, by portfolio and security, of the newest day of each portfolio.
type heldOn struct {
	day     map[string]string // by portfolio
	holding map[[2]string]map[string]ChangedHold
}

// readHoldings reads a holdings.csv; a file that is not there holds nothing.
func readHoldings(path string) (heldOn, error) {
	out := heldOn{map[string]string{}, map[[2]string]map[string]ChangedHold{}}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("read holdings: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return out, fmt.Errorf("read %s: %w", path, err)
	}
	if len(rows) == 0 {
		return out, nil
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		at[h] = i
	}
	cell := func(row []string, name string) string {
		if i, ok := at[name]; ok && i < len(row) {
			return row[i]
		}
		return ""
	}
	for _, row := range rows[1:] {
		if p, day := cell(row, "portfolio"), cell(row, "as_of"); day >= out.day[p] {
			out.day[p] = day
		}
	}
	for _, row := range rows[1:] {
		h := ChangedHold{Portfolio: cell(row, "portfolio"), Issuer: cell(row, "issuer"), ISIN: cell(row, "isin"),
			Share:  cell(row, "share_of_portfolio"),
			Status: cell(row, "status"), List: cell(row, "list"), Says: cell(row, "says")}
		if cell(row, "as_of") != out.day[h.Portfolio] {
			continue
		}
		k := [2]string{h.Portfolio, cmp.Or(strings.ToUpper(h.ISIN), strings.ToLower(h.Issuer))}
		if out.holding[k] == nil {
			out.holding[k] = map[string]ChangedHold{}
		}
		out.holding[k][h.Status+"\x00"+h.List+"\x00"+cell(row, "entry")] = h
	}
	return out, nil
}

// isOpen reports whether a standing says that nothing is known, and why.
func isOpen(status string) bool {
	return status == NoIssuer || status == NoName || status == NoLists || status == NoOwners
}

func (c *Changes) holdings(before, after string) error {
	old, err := readHoldings(before)
	if err != nil {
		return err
	}
	now, err := readHoldings(after)
	if err != nil {
		return err
	}
	for p := range maps.Keys(now.day) {
		if _, ok := old.day[p]; !ok {
			c.Apart = append(c.Apart, p)
		}
	}
	slices.Sort(c.Apart)
	keys := maps.Clone(now.holding)
	maps.Copy(keys, old.holding)
	order := func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
	for _, k := range slices.SortedFunc(maps.Keys(keys), order) {
		if _, ok := old.day[k[0]]; !ok {
			continue
		}
		if _, ok := now.day[k[0]]; !ok {
			continue
		}
		c.holding(old.holding[k], now.holding[k])
	}
	return nil
}

// holding adds what changed of one security.
func (c *Changes) holding(old, now map[string]ChangedHold) {
	first := func(m map[string]ChangedHold) ChangedHold { return m[slices.Min(slices.Collect(maps.Keys(m)))] }
	switch {
	case len(old) == 0:
		c.add(HeldNew, first(now))
	case len(now) == 0:
		c.add(HeldGone, first(old))
		return
	}
	for _, k := range slices.Sorted(maps.Keys(now)) {
		if _, was := old[k]; was || now[k].Status == NoListing {
			continue
		}
		if !isOpen(now[k].Status) {
			c.add(SaidNew, now[k])
		} else if len(old) > 0 && first(old).Status == NoListing {
			c.add(OpenNew, now[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, is := now[k]; is || old[k].Status == NoListing {
			continue
		}
		if !isOpen(old[k].Status) {
			c.add(SaidGone, old[k])
		} else if first(now).Status == NoListing {
			c.add(OpenGone, old[k])
		}
	}
}

func (c *Changes) add(change string, h ChangedHold) {
	h.Change = change
	if c.Counts == nil {
		c.Counts = map[string]int{}
	}
	c.Counts[change]++
	if len(c.Holdings) == mostChanges {
		c.LeftHold++
		return
	}
	c.Holdings = append(c.Holdings, h)
}
