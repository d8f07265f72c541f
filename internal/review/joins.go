package review

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
	"plimsoll/internal/resolve"
)

// joinsHeader is the header of joins.csv, by which it is recognised when fed back.
var joinsHeader = []string{"mention", "name", "country", "identifiers", "first_seen", "joined_to", "joined_name",
	"rule", "agree", "weight", "decision",
	"evidence", "rows", "joined_rows"}

// A judgement is one line of a joins.csv that a person fed back.
type judgement struct {
	resolve.Decision
	rule  resolve.Rule
	agree string
	src   record.Source
	at    string
}

// recognisesJoins reports whether head is the header of a joins.csv.
func recognisesJoins(head []byte) bool {
	line, _, _ := strings.Cut(string(head), "\n")
	line = strings.ReplaceAll(strings.TrimSpace(line), `"`, "")
	return strings.HasPrefix(line, strings.Join(joinsHeader[:3], ",")) && strings.Contains(line, "joined_to") &&
		strings.Contains(line, "decision")
}

// writeJoins writes every join, every pair that may be one, and every pair of homonyms kept
// apart. A person changes "decision" to apart to undo a join, or to same to make one, and
// puts the file among the inputs of the next run.
// shown is what the bearer of a mention is called.
func writeJoins(w io.Writer, ms []mention, res resolve.Result, shown func(i int) string, rows func(*mention) []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(joinsHeader); err != nil {
		return err
	}
	keys := make(map[int]string)
	key := func(i int) string {
		k, ok := keys[i]
		if !ok {
			k = ms[i].Key()
			keys[i] = k
		}
		return k
	}
	for _, group := range [][]resolve.Link{res.Joined, res.Doubtful, res.Homonyms} {
		for _, l := range group {
			m := ms[l.Left]
			var ids []string
			for _, id := range m.Ref.Identifiers {
				ids = append(ids, id.String())
			}
			if m.Ref.LocalID != "" {
				ids = append(ids, m.Ref.LocalID)
			}
			var evidence []string
			for _, p := range l.Evidence {
				evidence = append(evidence, p.String())
			}
			row := []string{key(l.Left), shown(l.Left), m.Ref.Country, strings.Join(ids, ";"), m.where, key(l.Right),
				shown(l.Right), string(l.Rule),
				strings.Join(l.Agree, ";"), weightText(l), string(l.Answer), strings.Join(evidence, "; "), rowsText(&m, rows),
				rowsText(&ms[l.Right], rows)}
			for i := range row {
				row[i] = table.Inert(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// rowsText lists the places of a mention.
func rowsText(m *mention, rows func(*mention) []string) string {
	list := rows(m)
	s := strings.Join(list, ";")
	if more := m.rows - len(list); more > 0 {
		s += fmt.Sprintf(";and %d more", more)
	}
	return s
}

// weightText writes the weight of a join in bits; "" where something else decided.
func weightText(l resolve.Link) string {
	if len(l.Evidence) == 0 {
		return ""
	}
	return strconv.FormatFloat(l.Weight, 'f', 1, 64)
}

// readJoins reads a joins.csv. Only lines whose decision differs from what the program
// would do by itself have an effect, but every line must be well-formed.
func readJoins(ctx context.Context, src record.Source, reject func(record.Reject) error) ([]judgement, record.Stats,
	error) {
	var stats record.Stats
	r, err := src.Open()
	if err != nil {
		return nil, stats, err
	}
	defer r.Close()
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return nil, stats, fmt.Errorf("read %s: header: %w", src.Name, err)
	}
	col := map[string]int{}
	for i, h := range head {
		col[strings.ToLower(strings.TrimSpace(h))] = i
	}
	var out []judgement
	for {
		if err := ctx.Err(); err != nil {
			return nil, stats, err
		}
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, stats, nil
		}
		if err != nil {
			return nil, stats, fmt.Errorf("read %s: %w", src.Name, err)
		}
		stats.Rows++
		line, _ := in.FieldPos(0)
		get := func(k string) string {
			if i, ok := col[k]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		j := judgement{rule: resolve.Rule(get("rule")), agree: get("agree"), src: src, at: fmt.Sprintf("row %d", line)}
		j.Left, j.Right = get("mention"), get("joined_to")
		switch resolve.Answer(strings.ToLower(get("decision"))) {
		case resolve.Same:
			// What the program joined by itself it joins again; of what it kept apart a person says that it is one.
			own := j.rule == resolve.ByIdentifier || j.rule == resolve.ByLocalID || j.rule == resolve.ByRow ||
				j.rule == resolve.ByName
			j.Same, j.Join = true, !own || ownDoubt(j)
		case resolve.Apart, "not_same": // not_same was the word until version 0.9
			if ownDoubt(j) && j.rule != resolve.ByDoubt {
				stats.Records++
				continue // the program's own line, left as it was
			}
			if j.rule == resolve.ByReviewer {
				j.Why = j.agree
			}
		case resolve.Possible:
			stats.Records++
			continue // the program's own line, left as it was
		default:
			stats.Rejects++
			if err := reject(record.Reject{File: src.Name, At: fmt.Sprintf("row %d", line), Kind: "joins",
				Reason: fmt.Sprintf("decision %q is none of same, possible, apart", get("decision"))}); err != nil {
				return nil, stats, err
			}
			continue
		}
		stats.Records++
		out = append(out, j)
	}
}

// ownDoubt tells the lines in which the program itself kept two names apart.
func ownDoubt(j judgement) bool {
	if j.rule == resolve.ByReviewer {
		return false
	}
	for _, why := range []string{"parties carry this name", "differ (", "too little to join",
		"it identifies none of them"} {
		if strings.Contains(j.agree, why) {
			return true
		}
	}
	return false
}
