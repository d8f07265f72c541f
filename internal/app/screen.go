package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"plimsoll/internal/compare"
	"plimsoll/internal/disk"
	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/name"
	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

type screenOptions struct {
	lists     []string
	mapping   string
	in        string
	limit     int
	threshold float64
	asOf      string
	judged    string
	saved     string
	since     string
	rate      bool
}

func screenCommand(s streams) *cobra.Command {
	var o screenOptions
	c := &cobra.Command{
		Use:   "screen --list PATH... [--in FILE|-] [NAME...]",
		Short: "Compare names with lists; JSON lines out, one per name, in input order",
		Long: `Names come as arguments, or as CSV with a column "name" and the optional columns
kind, country, id (SCHEME:NUMBER), identifiers, aliases, birth_date, father, gender and
address; several values are separated by ";". Usual headings for them are read in ten
languages ("Date of birth", "Raison sociale", "Страна"); other columns are named on standard
error. Every name gets one line, also when nothing matches. Other parties that a
name speaks of ("on behalf of X") are screened by themselves, under "named".

--index FILE keeps the index of the lists, so that the next run need not build it; when the
lists have changed it is built anew. --since FILE keeps the screening itself: the next run
with the same FILE searches only for what a change of the lists can affect, and prints the
same lines as a full run.

--rate prints, in place of the lines, how many names hit an entry that nothing but the name
speaks for, by script and kind, with bounds: where groups of names that nobody would list
differ, the hits of one group are worth less.`,
		RunE: func(cmd *cobra.Command, args []string) error { return screen(cmd.Context(), s, o, args) },
	}
	c.Flags().StringArrayVar(&o.lists, "list", nil, "list file or folder (repeat)")
	c.Flags().StringVar(&o.mapping, "map", "", "YAML that says how lists with other headers are read (plimsoll map "+
		"draft writes one)")
	c.Flags().StringVar(&o.in, "in", "", "CSV of names, - for standard input")
	c.Flags().IntVar(&o.limit, "limit", 10, "most hits per name")
	c.Flags().Float64Var(&o.threshold, "threshold", match.Threshold, "least score, 0 to 1")
	c.Flags().StringVar(&o.asOf, "as-of", "", "day on which an entry must be listed (default today)")
	c.Flags().StringVar(&o.saved, "index", "", "file that keeps the index of the lists between runs")
	c.Flags().StringVar(&o.since, "since", "", "file that keeps the screening; only what changed since then is "+
		"searched")
	c.Flags().BoolVar(&o.rate, "rate", false, "print how many names hit that nothing but the name speaks for, by "+
		"script and kind")
	c.Flags().StringVar(&o.judged, "judgements", "",
		"CSV of reviewers' decisions: entry, verdict (same, not_same, unsure), reason, and name or identifier; list, "+
			"by, until where known")
	return c
}

// A screened is one line of the output.
type screened struct {
	Row     int           `json:"row,omitempty"` // of the CSV; absent for arguments
	Name    string        `json:"name"`
	Kind    string        `json:"kind,omitempty"`
	Country string        `json:"country,omitempty"`
	Hits    []screenedHit `json:"hits"`
	Beside  []name.Part   `json:"beside,omitempty"` // what stands beside the name: its status, a number, an address
	Named   []namedParty  `json:"named,omitempty"`  // other parties in the text, each screened by itself
	Error   string        `json:"error,omitempty"`  // why the row could not be used
}

// A namedParty is another party that the text of a name speaks of: the one on whose behalf
// somebody acts, an owner, a member of a joint venture.
type namedParty struct {
	name.Part
	Hits []screenedHit `json:"hits"`
}

type screenedHit struct {
	List      string          `json:"list"`
	Entry     string          `json:"entry"`
	Name      string          `json:"name"`
	Matched   string          `json:"matched"`
	Kind      string          `json:"kind,omitempty"`
	Countries []string        `json:"countries,omitempty"`
	Score     float64         `json:"score"`
	Grade     string          `json:"grade"`
	Why       string          `json:"why"`
	Pieces    []compare.Piece `json:"pieces,omitempty"`
	Programs  []string        `json:"programs,omitempty"`
	Effect    string          `json:"effect,omitempty"`
}

func screen(ctx context.Context, s streams, o screenOptions, args []string) error {
	switch {
	case len(o.lists) == 0:
		return usagef("screen needs at least one --list")
	case o.in == "" && len(args) == 0:
		return usagef("screen needs names: as arguments, or a CSV with --in")
	case o.in != "" && len(args) > 0:
		return usagef("screen takes names as arguments or from --in, not both")
	case o.limit < 1:
		return usagef("--limit must be at least 1")
	case o.threshold < 0 || o.threshold > 1:
		return usagef("--threshold must lie between 0 and 1")
	case o.rate && o.since != "":
		return usagef("--rate counts all names: it does not go with --since")
	case o.since != "" && o.threshold < match.Threshold:
		return usagef("--since needs a threshold of %.2f or more: below that, what is found depends on the whole list",
			match.Threshold)
	}
	asOf, err := asOfDay(o.asOf)
	if err != nil {
		return err
	}
	lists, err := loadLists(ctx, o.lists, o.mapping)
	if err != nil {
		return err
	}
	if note := list.On(lists, asOf).String(); note != "" {
		fmt.Fprintf(s.err, "lists as of %s: %s\n", asOf.Format("2006-01-02"), note)
	}
	sc := &screener{err: s.err, lists: list.InForce(lists, asOf), limit: o.limit, threshold: o.threshold, asOf: asOf}
	if sc.judged, err = readJudged(o.judged); err != nil {
		return err
	}
	sc.index = sync.OnceValues(func() (*match.Index, error) { return sc.load(o.saved) })
	if o.since != "" {
		settings, err := sc.settings(o.judged)
		if err != nil {
			return err
		}
		if err := sc.again(o.since, settings); err != nil {
			return err
		}
		defer sc.close()
	}
	if o.rate {
		sc.rates = newRates()
	}
	out := bufio.NewWriterSize(s.out, 1<<16)
	if err := sc.run(ctx, s.in, out, o.in, args); err != nil {
		return err
	}
	if o.rate {
		if err := sc.rates.write(out, s.err); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if sc.keeper == nil {
		return nil
	}
	fmt.Fprintf(s.err, "Screened %d of %d names; the others are as they were.\n", sc.searched.Load(), sc.names)
	return sc.keeper.done()
}

// run screens names from arguments or a file.
func (sc *screener) run(ctx context.Context, in io.Reader, out *bufio.Writer, path string, args []string) error {
	if path == "" {
		for _, a := range args {
			if err := sc.emit(out, sc.line(asked{query: match.Query{Name: a}})); err != nil {
				return err
			}
		}
		return nil
	}
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("open %s: %w", path, errors.Unwrap(err))
		}
		defer f.Close()
		in = f
	}
	return sc.stream(ctx, in, out)
}

type screener struct {
	err       io.Writer
	index     func() (*match.Index, error) // built when it is first needed
	lists     []*list.List
	limit     int
	threshold float64
	judged    *match.Judgements
	asOf      time.Time

	earlier  *earlier // nil: everything is searched
	keeper   *keeper  // nil: nothing is kept
	searched atomic.Int64
	names    int
	rates    *rates // nil: lines are written
}

// load opens the saved index, or builds it and saves it.
func (sc *screener) load(path string) (*match.Index, error) {
	if path == "" {
		return match.Build(sc.lists), nil
	}
	f, err := os.Open(path)
	if err == nil {
		ix, err := match.Open(f, sc.lists)
		f.Close()
		if err == nil {
			return ix, nil
		}
		if !errors.Is(err, match.ErrStale) {
			fmt.Fprintf(sc.err, "%s is damaged and is built anew: %v\n", path, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open index %s: %w", path, errors.Unwrap(err))
	}
	ix := match.Build(sc.lists)
	tmp, err := os.CreateTemp(filepath.Dir(path), ".index-*")
	if err != nil {
		return nil, fmt.Errorf("save index %s: %w", path, err)
	}
	defer os.Remove(tmp.Name()) // when it was not put in its place
	if err = ix.Save(tmp); err == nil {
		err = disk.Settle(tmp, 0o644, path)
	}
	if err != nil {
		tmp.Close()
		return nil, fmt.Errorf("save index %s: %w", path, err)
	}
	return ix, nil
}

// settings hashes what the lines depend on beside the lists and the names.
func (sc *screener) settings(judged string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, Version, match.Version(), sc.limit, sc.threshold)
	if judged != "" {
		b, err := os.ReadFile(judged)
		if err != nil {
			return "", fmt.Errorf("open judgements: %w", err)
		}
		fmt.Fprintln(h, sc.asOf.Format("2006-01-02"), len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// again takes up an earlier screening, and begins to keep this one.
func (sc *screener) again(path, settings string) error {
	e, prints, err := readEarlier(path, settings)
	switch {
	case errors.Is(err, errDamaged):
		fmt.Fprintf(sc.err, "%s is not used, and all names are screened: %v\n", path, err)
	case err != nil:
		return err
	case e != nil:
		e.change = match.NewChange(prints, sc.lists)
		sc.earlier = e
		fmt.Fprintf(sc.err, "Since the last screening %d entries are new or changed, %d are gone or changed.\n",
			e.change.New, e.change.Gone)
	}
	sc.keeper, err = newKeeper(path, settings, match.Prints(sc.lists))
	return err
}

func (sc *screener) close() {
	if sc.earlier != nil {
		sc.earlier.file.Close()
	}
	if sc.keeper != nil {
		sc.keeper.drop()
	}
}

// readJudged reads the decisions of reviewers; without a file there are none.
func readJudged(path string) (*match.Judgements, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open judgements: %w", err)
	}
	defer f.Close()
	js, err := match.ReadJudgements(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return js, nil
}

type asked struct {
	row   int
	query match.Query
	err   string
}

// A result is the line of a name, or why there is none.
type result struct {
	asked asked
	line  screened
	err   error
}

// line screens a name. It may be called concurrently.
func (sc *screener) line(a asked) result {
	out := screened{Row: a.row, Name: a.query.Name, Kind: string(a.query.Kind), Country: a.query.Country,
		Hits: []screenedHit{}, Error: a.err}
	if a.err != "" {
		return result{a, out, nil}
	}
	q := a.query
	q.Judgements, q.AsOf = sc.judged, sc.asOf
	others := q.Others()
	if sc.earlier != nil && len(others) == 0 {
		if out, ok := sc.earlier.line(a, q, sc.threshold); ok {
			return result{a, out, nil}
		}
	}
	ix, err := sc.index()
	if err != nil {
		return result{err: err}
	}
	sc.searched.Add(1)
	out.Hits = sc.hits(ix, q)
	for _, p := range name.Parts(q.Name)[1:] {
		if p.Role == name.Proprietor {
			p.Text = p.Marker // a person, of whom nothing is written
		}
		if !p.Role.Other() {
			out.Beside = append(out.Beside, p)
		}
	}
	for _, other := range others {
		out.Named = append(out.Named, namedParty{other.Part, sc.hits(ix, other.Query)})
	}
	return result{a, out, nil}
}

func (sc *screener) hits(ix *match.Index, q match.Query) []screenedHit {
	out := []screenedHit{}
	for _, h := range ix.Search(q, sc.limit, sc.threshold) {
		e := sc.lists[h.List].Entries[h.Entry]
		out = append(out, screenedHit{
			List: sc.lists[h.List].ID, Entry: e.ID, Name: h.Name, Matched: h.Matched, Kind: string(e.Kind),
			Countries: e.Countries,
			Score:     round(h.Score), Grade: h.Grade, Why: h.Why, Pieces: h.Pieces, Programs: e.Programs,
			Effect: e.Effect,
		})
	}
	return out
}

// emit writes a line, and keeps it.
func (sc *screener) emit(out io.Writer, r result) error {
	if r.err != nil {
		return r.err
	}
	sc.names++
	if sc.rates != nil {
		sc.rates.add(r.line, r.asked.query.Kind)
		return nil
	}
	var b bytes.Buffer
	if err := writeJSON(&b, r.line); err != nil {
		return err
	}
	if sc.keeper != nil && r.asked.err == "" {
		if err := sc.keeper.keep(r.asked.query, b.Bytes()); err != nil {
			return err
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

func round(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 4, 64), 64)
	return r
}

// stream reads names and writes their lines in input order; all cores work, and memory stays
// bounded whatever the file's size.
func (sc *screener) stream(ctx context.Context, in io.Reader, out *bufio.Writer) error {
	changed := 0
	read, err := newNameReader(textReader(in, &changed), "name")
	if err != nil {
		return err
	}
	if len(read.unused) > 0 {
		fmt.Fprintf(sc.err, "Columns that are not used: %s.\n", strings.Join(read.unused, ", "))
	}
	defer func() { sayChanged(sc.err, changed) }()
	next := func() (asked, bool, error) {
		a, err := read.next()
		if errors.Is(err, io.EOF) {
			return a, false, nil
		}
		return a, err == nil, err
	}
	return match.Stream(ctx, next, sc.line, func(r result) error { return sc.emit(out, r) })
}

// textReader returns the text of r as UTF-8 without a byte order mark: UTF-16 with a mark is
// turned, lines that are no UTF-8 are read as Windows-1252 and counted in *changed.
func textReader(r io.Reader, changed *int) io.Reader {
	return record.UTF8(transform.NewReader(r, unicode.BOMOverride(encoding.Nop.NewDecoder())), changed)
}

func sayChanged(w io.Writer, lines int) {
	if lines > 0 {
		fmt.Fprintf(w, "%d lines are not UTF-8 and were read as Windows-1252.\n", lines)
	}
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// nameReader reads the CSV of names.
type nameReader struct {
	r      *delimited.Reader
	col    map[string]int // places of the columns
	unused []string       // headings that are not read
}

func newNameReader(in io.Reader, needed ...string) (*nameReader, error) {
	r, head, err := openRows(in, needed...)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	n := &nameReader{r: r}
	n.col, n.unused = nameHead(head)
	return n, nil
}

func (n *nameReader) get(row []string, column string) string {
	if i, ok := n.col[column]; ok && i < len(row) {
		return strings.ToValidUTF8(strings.TrimSpace(row[i]), "\uFFFD")
	}
	return ""
}

func (n *nameReader) next() (asked, error) {
	read, err := n.r.Next()
	for err == nil && (len(read.Cells) == 0 || len(read.Cells) == 1 && read.Cells[0] == "") { // an empty line
		read, err = n.r.Next()
	}
	if bad, ok := errors.AsType[*delimited.BadRow](err); ok {
		return asked{row: bad.Line, err: bad.Reason}, nil
	}
	if err != nil {
		return asked{}, err
	}
	row := read.Cells
	a := asked{row: read.Line, query: match.Asked{
		Name: n.get(row, "name"), Aliases: n.get(row, "aliases"), Kind: n.get(row, "kind"),
		Country:     n.get(row, "country"),
		Identifiers: n.get(row, "id") + ";" + n.get(row, "identifiers"), Dates: n.get(row, "birth_date") + ";" +
			n.get(row, "date"),
		Address: n.get(row, "address"), Father: n.get(row, "father"), Gender: n.get(row, "gender"),
	}.Query()}
	if a.query.Name == "" && len(a.query.Identifiers) == 0 {
		a.err = "the row has neither a name nor an identifier"
	}
	return a, nil
}
