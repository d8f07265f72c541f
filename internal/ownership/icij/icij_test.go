package icij

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/record/recordtest"
)

var tables = map[string]string{
	"nodes-entities.csv": "node_id,name,original_name,former_name,jurisdiction,jurisdiction_description,company_type,address,internal_id,incorporation_date,sourceID,countries,country_codes,valid_until,note\n1,Owned Ltd,,,BVI,British Virgin Islands,,,,2001-01-01,Example Papers,,VGB,,\n2,\"Holding, Inc.\",,,PMA,Panama,,,,,Example Papers,Panama,PAN,,\n3,Cut,off\n",
	"nodes-officers.csv": "node_id,name,countries,country_codes,sourceID,valid_until,note\n10,Example " +
		"Person,France,FRA,Example Papers,,\n11,Example Nominees Limited,France,FRA,Example Papers,,\n",
	"nodes-intermediaries.csv": "node_id,name,status,internal_id,address,countries,country_codes,sourceID,valid_until,note\n20,Agents Ltd,ACTIVE,,,Panama,PAN,Example Papers,,\n",
	"relationships.csv": "node_id_start,node_id_end,rel_type,link,status,start_date,end_date,sourceID\n2,1,officer_of,shareholder of,,02-JAN-2001,,Example Papers\n10,1,officer_of,shareholder of,,,,Example Papers\n11,2,officer_of,beneficial owner of,,,,Example Papers\n" +
		"11,1,officer_of,director of,,,,Example Papers\n20,1,intermediary_of,intermediary of,,,,Example " +
		"Papers\n2,99,officer_of,shareholder of,,,,Example Papers\n,1,officer_of,shareholder " +
		"of,,,,x\n77,2,officer_of,shareholder of,,,,Example Papers\n" +
		"78,1,\"officer_of,shareholder of,,,,Example Papers\n11,20,officer_of,shareholder of,,,,Example Papers\n",
}

func TestDecodeAll(t *testing.T) {
	dir := t.TempDir()
	for name, text := range tables {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if !Recognise([]byte(text)) {
			t.Errorf("%s is not recognised", name)
		}
	}
	var c ownershiptest.Collector
	src := recordtest.Sources(t, dir)
	stats, err := DecodeAll(t.Context(), src, &c)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range c.Parties {
		fmt.Fprintf(&got, "%s %s\n", p.Name, p.Country)
	}
	for _, s := range c.Statements {
		fmt.Fprintf(&got, "%s > %s %v-%v %v %s %s%s\n", s.Owner.Name, s.Owned.Name, s.Min, s.Max, s.ShareKnown, s.Kind,
			s.Since, s.Reason)
	}
	for _, r := range c.Rejects {
		fmt.Fprintf(&got, "%s %s: %s\n", filepath.Base(r.File), r.At, r.Reason)
	}
	for _, s := range src {
		for _, n := range stats[s.Index].Notes {
			fmt.Fprintln(&got, n)
		}
	}
	want := `Owned Ltd BVI
Holding, Inc. PMA
Agents Ltd PAN
Example Nominees Limited FRA
Holding, Inc. > Owned Ltd 0-1 false shareholder 2001-01-02
Example Nominees Limited > Holding, Inc. 0-1 false beneficial owner ` + `
 > Holding, Inc. 0-1 false shareholder node 77 is in no file given
Example Nominees Limited > Agents Ltd 0-1 false shareholder ` + `
nodes-entities.csv row 4: the row has 3 cells where the header has 15
relationships.csv row 8: the row names no two nodes
relationships.csv row 10: the quote opened in cell 3 is never closed
officers who may be natural persons, left out: 1
relationships of officers who were left out: 1
relationships that are no ownership (intermediaries, addresses, likenesses, offices held): 2
relationships with nodes that no file describes: 2
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(tables["nodes-entities.csv"], tables["relationships.csv"])
	f.Fuzz(func(t *testing.T, a, b string) {
		Recognise([]byte(a))
		dir := t.TempDir()
		for name, text := range map[string]string{"a.csv": a, "b.csv": b} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var c ownershiptest.Collector
		_, _ = DecodeAll(t.Context(), recordtest.Sources(t, dir), &c)
		for _, s := range c.Statements {
			if s.Owner.Zero() || s.Owned.Zero() {
				t.Errorf("a statement without parties: %+v", s)
			}
		}
	})
}
