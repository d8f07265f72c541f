package app

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
	"plimsoll/internal/review"
)

type screenOptions struct {
	lists     []string
	in        string
	limit     int
	threshold float64
	asOf      string
	judged    string
}

func screenCommand(s streams) *cobra.Command {
	var o screenOptions
	c := &cobra.Command{
		Use:   "screen --list PATH... [--in FILE|-] [NAME...]",
		Short: "Compare names with lists; JSON lines out, one per name, in input order",
		Long: `Names come as arguments, or as CSV with a column "name" and the optional columns
kind, country and id (SCHEME:NUMBER, several separated by ";"). Every name gets one line,
also when nothing matches.`,
		RunE: func(cmd *cobra.Command, args []string) error { return screen(cmd.Context(), s, o, args) },
	}
	c.Flags().StringArrayVar(&o.lists, "list", nil, "list file or folder (repeat)")
	c.Flags().StringVar(&o.in, "in", "", "CSV of names, - for standard input")
	c.Flags().IntVar(&o.limit, "limit", 10, "most hits per name")
	c.Flags().Float64Var(&o.threshold, "threshold", match.Threshold, "least score, 0 to 1")
	c.Flags().StringVar(&o.asOf, "as-of", "", "day on which an entry must be listed (default today)")
	c.Flags().StringVar(&o.judged, "judgements", "", "CSV of reviewers' decisions: entry, verdict (same, not_same, unsure), reason, and name or identifier; list, by, until where known")
	return c
}

// A screened is one line of the output.
type screened struct {
	Row     int           `json:"row,omitempty"` // of the CSV; absent for arguments
	Name    string        `json:"name"`
	Kind    string        `json:"kind,omitempty"`
	Country string        `json:"country,omitempty"`
	Hits    []screenedHit `json:"hits"`
	Error   string        `json:"error,omitempty"` // why the row could not be used
}

type screenedHit struct {
	List      string        `json:"list"`
	Entry     string        `json:"entry"`
	Name      string        `json:"name"`
	Matched   string        `json:"matched"`
	Kind      string        `json:"kind,omitempty"`
	Countries []string      `json:"countries,omitempty"`
	Score     float64       `json:"score"`
	Grade     string        `json:"grade"`
	Why       string        `json:"why"`
	Pieces    []match.Piece `json:"pieces,omitempty"`
	Programs  []string      `json:"programs,omitempty"`
	Effect    string        `json:"effect,omitempty"`
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
	}
	asOf, err := asOfDay(o.asOf)
	if err != nil {
		return err
	}
	lists, err := load.Load(ctx, o.lists)
	if err != nil {
		return err
	}
	sc := screener{lists: review.InForce(lists, asOf), limit: o.limit, threshold: o.threshold}
	if sc.judged, err = readJudged(o.judged); err != nil {
		return err
	}
	sc.asOf = asOf
	sc.index = match.Build(sc.lists)
	out := bufio.NewWriterSize(s.out, 1<<16)
	if o.in == "" {
		for _, a := range args {
			if err := writeJSON(out, sc.line(asked{query: match.Query{Name: a}})); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	in := s.in
	if o.in != "-" {
		f, err := os.Open(o.in)
		if err != nil {
			return fmt.Errorf("open %s: %w", o.in, errors.Unwrap(err))
		}
		defer f.Close()
		in = f
	}
	if err := sc.stream(ctx, in, out); err != nil {
		return err
	}
	return out.Flush()
}

type screener struct {
	index     *match.Index
	lists     []*list.List
	limit     int
	threshold float64
	judged    *match.Judgements
	asOf      time.Time
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

func (sc screener) line(a asked) screened {
	out := screened{Row: a.row, Name: a.query.Name, Kind: string(a.query.Kind), Country: a.query.Country, Hits: []screenedHit{}, Error: a.err}
	if a.err != "" {
		return out
	}
	q := a.query
	q.Judgements, q.AsOf = sc.judged, sc.asOf
	for _, h := range sc.index.Search(q, sc.limit, sc.threshold) {
		e := sc.lists[h.List].Entries[h.Entry]
		out.Hits = append(out.Hits, screenedHit{
			List: sc.lists[h.List].ID, Entry: e.ID, Name: h.Name, Matched: h.Matched, Kind: string(e.Kind), Countries: e.Countries,
			Score: round(h.Score), Grade: h.Grade, Why: h.Why, Pieces: h.Pieces, Programs: e.Programs, Effect: e.Effect,
		})
	}
	return out
}

func round(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 4, 64), 64)
	return r
}

// stream reads names and writes their lines in input order; all cores work, and memory stays
// bounded whatever the file's size.
func (sc screener) stream(ctx context.Context, in io.Reader, out *bufio.Writer) error {
	read, err := newNameReader(in, "name")
	if err != nil {
		return err
	}
	next := func() (asked, bool, error) {
		a, err := read.next()
		if errors.Is(err, io.EOF) {
			return a, false, nil
		}
		return a, err == nil, err
	}
	return match.Stream(ctx, next, sc.line, func(l screened) error { return writeJSON(out, l) })
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// nameReader reads the CSV of names.
type nameReader struct {
	r   *csv.Reader
	col map[string]int
}

func newNameReader(in io.Reader, needed ...string) (*nameReader, error) {
	br := bufio.NewReaderSize(in, 1<<16)
	if b, _ := br.Peek(3); string(b) == "\xef\xbb\xbf" {
		_, _ = br.Discard(3)
	}
	r := csv.NewReader(br)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("read names: the input is empty; it needs a header line")
	}
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	n := &nameReader{r: r, col: map[string]int{}}
	for i, h := range head {
		n.col[strings.ToLower(strings.TrimSpace(h))] = i
	}
	for _, h := range needed {
		if _, ok := n.col[h]; !ok {
			return nil, fmt.Errorf("read names: line 1: no column %q in the header (%s)", h, strings.Join(head, ", "))
		}
	}
	return n, nil
}

func (n *nameReader) get(row []string, column string) string {
	if i, ok := n.col[column]; ok && i < len(row) {
		return strings.ToValidUTF8(strings.TrimSpace(row[i]), "\uFFFD")
	}
	return ""
}

func (n *nameReader) next() (asked, error) {
	row, err := n.r.Read()
	if err != nil {
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			return asked{row: parse.Line, err: parse.Err.Error()}, nil
		}
		return asked{}, err
	}
	line, _ := n.r.FieldPos(0)
	a := asked{row: line, query: match.Query{Name: n.get(row, "name"), Country: n.get(row, "country"), Kind: kindOf(n.get(row, "kind"))}}
	for _, id := range strings.Split(n.get(row, "id"), ";") {
		if id := party.ParseIdentifier(id); !id.Empty() {
			a.query.Identifiers = append(a.query.Identifiers, id)
		}
	}
	if a.query.Name == "" && len(a.query.Identifiers) == 0 {
		a.err = "the row has neither a name nor an identifier"
	}
	return a, nil
}

// kindOf reads our kinds and FollowTheMoney's schemata.
func kindOf(s string) party.Kind {
	switch strings.ToLower(s) {
	case "organization", "organisation", "company", "legalentity", "legal_entity", "entity":
		return party.Organization
	case "public_body", "publicbody", "government":
		return party.PublicBody
	case "person", "individual":
		return party.Person
	case "vessel", "ship":
		return party.Vessel
	case "aircraft", "airplane":
		return party.Aircraft
	}
	return party.Unknown
}
