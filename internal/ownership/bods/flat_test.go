package bods

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/record/recordtest"
)

// Tables of the CSV edition, 0.4 and 0.3.
var flatSets = map[string]map[string]string{
	"0.4": {
		"entity_statement.csv": "_link,statementid,statementdate,declarationsubject,recordid,recordtype,recordstatus,publicationdetails_publisher_name,recorddetails_iscomponent,recorddetails_entitytype_type,recorddetails_name,recorddetails_jurisdiction_code\n" +
			"1,s1,2030-01-01,e1,e1,entity,new,Example Register,False,registeredEntity,Owned " +
			"Ltd,GB\n2,s2,2030-01-01,e2,e2,entity,new,Example Register,False,registeredEntity,\"Owner, Ltd\",DE\n",
		"entity_recorddetails_identifiers.csv": "_link,_link_entity_statement,id,scheme,schemename\n1.0,1,01234567,GB-COH,Companies House\n",
		"person_statement.csv":                 "_link,statementid,declarationsubject,recordid,recordtype,publicationdetails_publisher_name,recorddetails_iscomponent,recorddetails_persontype\n1,s3,e1,p1,person,Example Register,False,knownPerson\n",
		"person_recorddetails_names.csv": "_link,_link_person_statement,type,fullname\n1.0,1,legal,Example " +
			"Person\n",
		"relationship_statement.csv":               "_link,statementid,statementdate,declarationsubject,recordid,recordtype,publicationdetails_publisher_name,recorddetails_iscomponent,recorddetails_subject,recorddetails_interestedparty,recorddetails_interestedparty_reason\n1,s4,2030-01-01,e1,r1,relationship,Example Register,False,e1,e2,\n2,s5,2030-01-01,e1,r2,relationship,Example Register,False,e1,,subjectUnableToConfirmOrIdentifyBeneficialOwner\n3,s6,2030-01-01,e1,r3,relationship,Example Register,False,e1,p1,\n",
		"relationship_recorddetails_interests.csv": "_link,_link_relationship_statement,type,directorindirect,beneficialownershiporcontrol,share_exact,share_minimum,share_maximum,startdate\n1.0,1,shareholding,direct,False,,50,75,2029-05-01\n1.1,1,votingRights,direct,False,60,,,\n3.0,3,shareholding,direct,True,40,,,\n",
	},
	"0.3": {
		"entity_statement.csv":   "_link,statementid,statementtype,statementdate,entitytype,name,incorporatedinjurisdiction_code,publicationdetails_publisher_name\n1,s1,entityStatement,2030-01-01,registeredEntity,Owned Ltd,GB,Example Register\n2,s2,entityStatement,2030-01-01,registeredEntity,Owner Ltd,DE,Example Register\n",
		"entity_identifiers.csv": "_link,_link_entity_statement,id,scheme,schemename\n1.0,1,01234567,GB-COH,Companies House\n",
		"ooc_statement.csv":      "_link,statementid,statementtype,statementdate,subject_describedbyentitystatement,interestedparty_describedbyentitystatement,interestedparty_describedbypersonstatement,publicationdetails_publisher_name\n1,s4,ownershipOrControlStatement,2030-01-01,s1,s2,,Example Register\n",
		"ooc_interests.csv":      "_link,_link_ooc_statement,type,interestlevel,share_exact,startdate\n1.0,1,shareholding,direct,51,2029-05-01\n",
	},
}

var flatWant = map[string]string{
	"0.4": "Owner, Ltd > Owned Ltd [GB-COH:01234567] 0.5-0.75 shareholding 2029-05-01\nOwner, Ltd > Owned Ltd " +
		"[GB-COH:01234567] 0-0 votingRights \n" +
		"? > Owned Ltd [GB-COH:01234567] 0-1 unknownInterest \nExample Person > Owned Ltd [GB-COH:01234567] 0.4-0.4 " +
		"shareholding \n",
	"0.3": "Owner Ltd > Owned Ltd [GB-COH:01234567] 0.51-0.51 shareholding 2029-05-01\n",
}

func TestFlat(t *testing.T) {
	for version, set := range flatSets {
		plain, parquet := filepath.Join(t.TempDir(), "a [1]*"), t.TempDir()
		if err := os.Mkdir(plain, 0o700); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("duckdb", "")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for name, text := range set {
			tmp := filepath.Join(t.TempDir(), "t.csv")
			for _, path := range []string{filepath.Join(plain, name), tmp} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			to := filepath.Join(parquet, strings.TrimSuffix(name, ".csv")+".parquet")
			if _, err := db.Exec("COPY (SELECT * FROM read_csv(" + quoted(tmp) + ", all_varchar = true)) TO " +
				quoted(to) + " (FORMAT parquet)"); err != nil {
				t.Fatal(err)
			}
		}
		for edition, dir := range map[string]string{"CSV": plain, "Parquet": parquet} {
			t.Run(version+" "+edition, func(t *testing.T) {
				src := recordtest.Sources(t, dir)
				for _, s := range src {
					if head, err := s.Head(); err != nil || !RecogniseFlat(s, head) {
						t.Errorf("%s is not recognised: %v", s.Name, err)
					}
				}
				var c ownershiptest.Collector
				if _, err := DecodeAll(t.Context(), src, &c); err != nil {
					t.Fatal(err)
				}
				var got strings.Builder
				for _, st := range c.Statements {
					owner := st.Owner.Name
					if owner == "" {
						owner = "?"
					}
					fmt.Fprintf(&got, "%s > %s %v %v-%v %s %s\n", owner, st.Owned.Name, st.Owned.Identifiers, st.Min,
						st.Max, st.Kind, st.Since)
				}
				if diff := cmp.Diff(flatWant[version], got.String()); diff != "" {
					t.Errorf("statements (-want +got):\n%s", diff)
				}
				if len(c.Rejects) > 0 {
					t.Errorf("rejects %v", c.Rejects)
				}
			})
		}
	}
}

func FuzzFlatRow(f *testing.F) {
	f.Add("relationship",
		`{"_link":"1","statementid":"s","recordid":"r","recorddetails_subject":"a","recorddetails_interestedparty":"b"}`, `[{"type":"shareholding","share_exact":"40"}]`)
	f.Add("entity", `{"statementid":"s","entitytype":"registeredEntity","replacesstatements":"a,b"}`,
		`[{"id":1,"scheme":"GB-COH"}]`)
	f.Fuzz(func(_ *testing.T, kind, row, list string) {
		_, _ = (&flatTable{}).statement(kind, []sql.NullString{{String: row, Valid: true}, {String: list, Valid: true}},
			[]flatKind{flatInterests})
	})
}

// TestFlatRows: what the tables cannot give is named with its row, costs itself alone, and a damaged table is said to
// be.
func TestFlatRows(t *testing.T) {
	entities := "_link,statementid,statementtype,entitytype,name\n1,s1,entityStatement,registeredEntity,Owned Ltd\n" +
		"2,s2,entityStatement,registeredEntity,Owner Ltd\n"
	links := "_link,statementid,statementtype,subject_describedbyentitystatement,interestedparty_describedbyentitystatement\n" +
		"1,s4,ownershipOrControlStatement,s1,s2\n"
	interests := "_link,_link_ooc_statement,type,interestlevel,share_exact\n1.0,1,shareholding,direct,51\n"
	for _, tt := range []struct {
		name string
		set  map[string]string
		want string // statements, rejects, and files that failed
	}{
		{"whole", map[string]string{"entity.csv": entities, "ooc.csv": links, "ooc_interests.csv": interests},
			"Owner Ltd > Owned Ltd 0.51 at row 2\n"},
		{"a header alone", map[string]string{"entity.csv": entities, "ooc.csv": links,
			"ooc_interests.csv": "_link,_link_ooc_statement,type,interestlevel\n"},
			"Owner Ltd > Owned Ltd 0 at row 2\n"},
		{"a quote that is never closed", map[string]string{"entity.csv": entities +
			"3,\"s3,entityStatement,registeredEntity,Lost\n",
			"ooc.csv":           strings.Replace(links, "\n1", "\n0,\"x,ownershipOrControlStatement,s1,s2\n\n1", 1),
			"ooc_interests.csv": interests},
			"Owner Ltd > Owned Ltd 0.51 at row 4\n" +
				"entity.csv row 4: the quote opened in cell 2 is never closed\nooc.csv row 2: the quote opened in " +
				"cell 2 is never closed\n"},
		{"rows of another width", map[string]string{"entity.csv": entities, "ooc.csv": links,
			"ooc_interests.csv": interests + "1.1,1\n"},
			"Owner Ltd > Owned Ltd 0.51 at row 2\nooc_interests.csv row 3: the row has 2 cells where the header has " +
				"5\n"},
		{"an interest of no statement", map[string]string{"entity.csv": entities, "ooc.csv": links,
			"ooc_interests.csv": interests + "9.0,9,shareholding,direct,90\n"},
			"Owner Ltd > Owned Ltd 0.51 at row 2\nooc_interests.csv row 3: no statement \"9\" stands in the tables " +
				"beside this one\n"},
		{"interests alone", map[string]string{"ooc_interests.csv": interests},
			"ooc_interests.csv row 2: no statement \"1\" stands in the tables beside this one\n"},
		{"a damaged table", map[string]string{"entity.csv": entities, "ooc.csv": links,
			"ooc_interests.parquet": "PAR1 _link_ooc_statement share_exact PAR1"},
			"Owner Ltd > Owned Ltd 0 at row 2\nfailed ooc_interests.parquet\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.set {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			src := recordtest.Sources(t, dir)
			var c ownershiptest.Collector
			stats, err := DecodeAll(t.Context(), src, &c)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, st := range c.Statements {
				fmt.Fprintf(&got, "%s > %s %v at %s\n", st.Owner.Name, st.Owned.Name, st.Min, st.At)
			}
			for _, r := range c.Rejects {
				fmt.Fprintf(&got, "%s %s: %s\n", filepath.Base(r.File), r.At, r.Reason)
			}
			rejects := 0
			for _, s := range src {
				rejects += stats[s.Index].Rejects
				if stats[s.Index].Failed != "" {
					fmt.Fprintf(&got, "failed %s\n", filepath.Base(s.Name))
				}
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if rejects != len(c.Rejects) {
				t.Errorf("%d rejects are counted, %d were given", rejects, len(c.Rejects))
			}
		})
	}
}
