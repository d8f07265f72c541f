package review

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
	"plimsoll/internal/resolve"
	"plimsoll/internal/world"
)

// plainOwners are the ownership statements and lists of a world in tables of their own, so that shares along paths are
// computed by queries which share no code with package ownership.
type plainOwners struct {
	db *sql.DB
	id map[string]string // subject of a finding, by the id or the name that it is called by → record of the entity
}

// plainOwnersSQL makes the tables: holds has an interest each, in shares of 1; listed the records of bodies on a list.
const plainOwnersSQL = `
CREATE TABLE entity (id VARCHAR, name VARCHAR);
CREATE TABLE holds (owner VARCHAR, owned VARCHAR, low DOUBLE, high DOUBLE, control BOOLEAN);
CREATE TABLE entry (name VARCHAR);
CREATE VIEW listed AS SELECT DISTINCT e.id FROM entity e JOIN entry n ON n.name = e.name;
CREATE TABLE half (id VARCHAR);`

// upSQL walks from a body to those above it and stops at each listed one, whose owners would count the same share
// again.
const upSQL = `
WITH RECURSIVE up AS (
  SELECT owner, owned, low, high, 1 AS steps FROM holds WHERE owned = $1 AND NOT control
  UNION ALL
  SELECT h.owner, h.owned, u.low * h.low, u.high * h.high, u.steps + 1 FROM up u JOIN holds h ON h.owned = u.owner
  WHERE NOT h.control AND u.steps < 30 AND u.owner NOT IN (SELECT id FROM listed))
SELECT coalesce(sum(low), 0), least(1, coalesce(sum(high), 0)) FROM up WHERE owner IN (SELECT id FROM listed)`

// halfSQL adds the bodies that listed ones, or those found so far, hold to half or more: the 50 percent rule, hop by
// hop.
const halfSQL = `
INSERT INTO half SELECT owned FROM holds
WHERE NOT control AND (owner IN (SELECT id FROM listed) OR owner IN (SELECT id FROM half)) AND owned NOT IN (SELECT id FROM half)
GROUP BY owned HAVING sum(low) >= 0.5`

func plainOwnersOf(t *testing.T, in records) *plainOwners {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) int64 {
		t.Helper()
		res, err := db.ExecContext(t.Context(), query, args...)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		n, _ := res.RowsAffected()
		return n
	}
	exec(plainOwnersSQL)
	o := &plainOwners{db: db, id: map[string]string{}}
	for _, s := range statementsOf(t, in["ownership.json"]) {
		d := s.Details
		if s.Kind == "entity" {
			exec("INSERT INTO entity VALUES ($1, $2)", s.Record, d.Name)
			o.id[d.Name] = s.Record
			for _, i := range d.Identifiers {
				o.id[string(resolve.PartyID(i.Scheme+":"+i.ID))] = s.Record
			}
			continue
		}
		owner, _ := d.InterestedParty.(string) // else nobody is named
		for _, x := range d.Interests {
			if owner == "" || x.EndDate != "" && x.EndDate <= world.Today {
				continue
			}
			low, high := x.Share.Exact, x.Share.Exact
			if x.Share.Max > 0 {
				low, high = x.Share.Min, x.Share.Max
			}
			exec("INSERT INTO holds VALUES ($1, $2, $3, $4, $5)", owner, d.Subject, low/100, high/100,
				x.Kind != "shareholding")
		}
	}
	for _, file := range slices.Sorted(maps.Keys(in)) {
		if tableOf(file) != "lists" || !strings.HasSuffix(file, ".csv") {
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(in[file])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows[1:] {
			for i, column := range rows[0] {
				if column == "name" || column == "aliases" {
					for name := range strings.SplitSeq(r[i], ";") {
						exec("INSERT INTO entry VALUES ($1)", strings.TrimSpace(name))
					}
				}
			}
		}
	}
	for exec(halfSQL) > 0 {
	}
	return o
}

// A statement is what of a statement of the beneficial ownership data standard the test reads.
type statement struct {
	Record  string `json:"recordId"`
	Kind    string `json:"recordType"`
	Details struct {
		Name            string
		Subject         string
		InterestedParty any
		Identifiers     []struct{ Scheme, ID string }
		Interests       []struct {
			Kind    string `json:"type"`
			EndDate string
			Share   struct {
				Exact float64
				Min   float64 `json:"minimum"`
				Max   float64 `json:"exclusiveMaximum"`
			}
		}
	} `json:"recordDetails"`
}

func statementsOf(t *testing.T, text string) (out []statement) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// check holds the values and the path of a finding about ownership against the statements, and returns the numbers that
// its sentence may hold: the least and most that listed parties hold in percent, how many steps the path has, and the
// score and the number of the grade of the hit that it names. The score is the screen's own, so that it is looked up
// in the hits of the finding.
func (o *plainOwners) check(f finding.Finding) ([]float64, error) {
	target := o.id[f.Subject.ID]
	if target == "" {
		target = o.id[f.Subject.Name]
	}
	var low, high float64
	if err := o.db.QueryRow(upSQL, target).Scan(&low, &high); err != nil {
		return nil, err
	}
	var half bool
	if err := o.db.QueryRow("SELECT count(*) > 0 FROM half WHERE id = $1", target).Scan(&half); err != nil {
		return nil, err
	}
	for name, want := range map[string]float64{"party.listed_share_min": low, "party.listed_share_max": high} {
		if got, ok := f.Values[name].(float64); ok && math.Abs(got-want) > 1e-6 {
			return nil, fmt.Errorf("%s is %g, the statements give %g", name, got, want)
		}
	}
	if got, ok := f.Values["party.listed_fifty"].(bool); ok && got != half {
		return nil, fmt.Errorf("party.listed_fifty is %t, the statements give %t", got, half)
	}
	if err := o.walk(f, target); err != nil {
		return nil, err
	}
	score, grade := math.NaN(), math.NaN()
	for _, h := range f.Hits {
		if strings.Contains(f.Sentence, "“"+h.Name+"”") && strings.Contains(f.Sentence, h.Title) && math.IsNaN(score) {
			score = h.Score
			grade, _ = strconv.ParseFloat(h.Grade[1:], 64)
		}
	}
	return []float64{100 * low, 100 * high, float64(len(f.Path)), score, grade}, nil
}

// walk follows the path of a finding: each step is a statement with its shares and its first day, each begins where the
// one before it ends, the first begins at a listed body and the last ends at the subject.
func (o *plainOwners) walk(f finding.Finding, target string) error {
	at := ""
	for i, s := range f.Path {
		var owner, owned string
		err := o.db.QueryRow(`
SELECT h.owner, h.owned FROM holds h JOIN entity a ON a.id = h.owner JOIN entity b ON b.id = h.owned
WHERE a.name = $1 AND b.name = $2 AND (h.control OR abs(h.low - $3) < 1e-9 AND abs(h.high - $4) < 1e-9)`,
			s.From, s.To, s.Share[0], s.Share[1]).Scan(&owner, &owned)
		if err != nil {
			return fmt.Errorf("step %s to %s of %v: no statement: %w", s.From, s.To, s.Share, err)
		}
		if _, err := time.Parse(time.DateOnly, s.Since); s.Since != "" && err != nil {
			return fmt.Errorf("step %s to %s since %q", s.From, s.To, s.Since)
		}
		if i > 0 && owner != at {
			return fmt.Errorf("the path breaks at %s", s.From)
		}
		var listed bool
		if err := o.db.QueryRow("SELECT count(*) > 0 FROM listed WHERE id = $1", owner).Scan(&listed); err != nil {
			return err
		}
		if listed != (i == 0) {
			return fmt.Errorf("step %d begins at %s, which is listed: %t", i+1, s.From, listed)
		}
		at = owned
	}
	if at != "" && at != target {
		return fmt.Errorf("the path ends at %s", f.Path[len(f.Path)-1].To)
	}
	return nil
}
