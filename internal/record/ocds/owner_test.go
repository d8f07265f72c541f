package ocds

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func decodeNamed(t *testing.T, name, text string) (*recordtest.Collector, record.Stats) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &recordtest.Collector{}
	stats, err := DecodeAll(context.Background(), []record.Source{{Path: path, Name: name}}, c)
	if err != nil {
		t.Fatal(err)
	}
	return c, stats[0]
}

// TestOwners reads who owns the parties of a process: bodies by name, persons not at all.
func TestOwners(t *testing.T) {
	for _, tt := range []struct{ name, party, want string }{
		{"a company with a number",
			`"shareholders":[{"id":"b","name":"Quarrel Holding","shareholding":60,"identifier":{"scheme":"QQ-REG","id":"77"}}]`, "Quarrel Holding 60"},
		{"under shareholder",
			`"shareholders":[{"id":"9","shareholder":{"id":"o","name":"Olm Estates"},"shareholding":"51 %"}]`,
			"Olm Estates 51"},
		{"by their ids", `"shareholders":{"k1":{"name":"Pell Group","entityType":"registeredEntity","percentage":30},"k2":{"name":"Rana Moss","type":"person","percentage":70}}`, "Pell Group 30"},
		{"a fraction or one per cent", `"shareholders":[{"name":"Pell Group","type":"company","shareholding":0.6}]`,
			"Pell Group "},
		{"votes above half",
			`"shareholders":[{"name":"Pell Group","type":"company","shareholding":20,"votingRights":80}]`,
			"Pell Group 20 controls"},
		{"a name alone", `"shareholders":[{"name":"Rana Moss","shareholding":40}]`, "Rana Moss 40 maybe a person"},
		{"a person", `"shareholders":[{"name":"Rana Moss","type":"natural person","shareholding":40}]`, ""},
		{"beneficial owners are persons", `"beneficialOwners":[{"id":"1","name":"Rana Moss"}]`, ""},
		{"but a state", `"beneficialOwners":[{"id":"1","name":"State of Olm","type":"state"}]`, "State of Olm "},
		{"an id that is a place and no party", `"shareholders":[{"id":"o","name":"Rana Moss","type":"person"}]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			release := `{"ocid":"ocds-qq0000-1","id":"1","date":"2031-01-02","tag":["award"],"buyer":{"id":"b","name":"Port of Harn"},
"awards":[{"id":"a","suppliers":[{"id":"s","name":"Velm AG"}]}],"parties":[{"id":"b","name":"Port of Harn","roles":["buyer"]},
{"id":"o","name":"Olm Estates","roles":["interestedParty"]},{"id":"s","name":"Velm AG","roles":["supplier"],` +
				tt.party + `}]}`
			c, st := decodeNamed(t, "r.json", "["+release+","+strings.ReplaceAll(release, "qq0000-1", "qq0000-2")+"]")
			var got []string
			for _, o := range recordtest.Of[*record.Ownership](c) {
				s := o.Owner.Name + " " + o.Share
				if o.Control == "yes" {
					s += " controls"
				}
				if o.Reason == MaybePerson {
					s += " maybe a person"
				}
				if got = append(got, s); o.Owned.Name != "Velm AG" {
					t.Errorf("owned %q", o.Owned.Name)
				}
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("owners %q, want %q", s, tt.want)
			}
			if persons := strings.Contains(strings.Join(st.Notes, " "), "natural persons"); persons != (tt.want == "" ||
				strings.HasPrefix(tt.name, "by their")) {
				t.Errorf("notes %v", st.Notes)
			}
		})
	}
}

// TestWrapped reads releases that a script wraps, bids by their ids, and tables under titles.
func TestWrapped(t *testing.T) {
	const release = `{"ocid":"ocds-qq0000-1","id":"1","date":"2031-01-02","tag":["award"],"buyer":{"name":"Port of Harn"},"awards":[{"id":"a","suppliers":[{"name":"Velm AG"}]}]}`
	const columns = "ocid,id,date,buyer/name,awards/0/id,awards/0/suppliers/0/name"
	const row = "ocds-qq0000-1,1,2031-01-02,Port of Harn,a,Velm AG"
	for _, tt := range []struct{ name, file, text string }{
		{"JSONP", "a.js", "cb_1(" + `{"releases":[` + release + `]}` + ");"},
		{"JSONP of a method, comment before", "a.js", "/**/ app.load( [" + release + "] )\n"},
		{"variable", "a.js", "\ufeffvar releases = [" + release + "];\n"},
		{"export", "a.js", "export default [" + release + "]"},
		{"prefix against scripts", "a.json", ")]}',\n" + release},
		{"endless loop before", "a.json", "for(;;);" + release},
		{"byte order mark", "a.json", "\ufeff" + release},
		{"title above a table", "a.csv", "\ufeffContracts of the Port of Harn\n\n" + columns + "\n" + row + "\n"},
		{"titles with two cells", "a.csv", "Extract;2031\nBy;Port\n" + strings.ReplaceAll(columns+"\n"+row, ",", ";")},
		{"quoted title", "a.csv", "\"Contracts, all\"\n" + columns + "\n" + row},
		{"tabs", "a.tsv", "Extract\n" + strings.ReplaceAll(columns+"\n"+row, ",", "\t")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.file)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			src := record.Source{Path: path, Name: tt.file}
			head, err := src.Head()
			if err != nil || !Recognise(head) && !RecogniseFlat(src, head) {
				t.Fatalf("not recognised: %v", err)
			}
			c, st := decodeNamed(t, tt.file, tt.text)
			list := recordtest.Of[*record.Engagement](c)
			if len(list) != 1 || list[0].Seller.Name != "Velm AG" || len(c.Rejects) > 0 || st.Failed != "" {
				t.Errorf("%d engagements, rejects %v, %+v", len(list), c.Rejects, st)
			}
		})
	}
	for _, text := range []string{"cb(", "x = 1", "name=[", "(a){", "[notes](x)", ")]}'"} {
		if n := shell([]byte(text)); n > 0 && n >= len(text) {
			t.Errorf("shell(%q) = %d", text, n)
		}
	}
}

// TestKeyedBids finds the tenderers of bids that are written by their ids.
func TestKeyedBids(t *testing.T) {
	for _, tt := range []struct{ name, bids string }{
		{"list", `{"details":[{"id":"1","tenderers":[{"name":"Esk Works"}]},{"id":"2","tenderers":[{"name":"Fen GmbH","details":{"scale":"sme"}}]}]}`},
		{"by id", `{"statistics":[{"id":"s","value":2}],"details":{"1":{"tenderers":[{"name":"Esk Works"}]},"2":{"tenderers":[{"name":"Fen GmbH","details":{"scale":"sme"}}]}}}`},
		{"tenderers by id", `{"details":{"1":{"tenderers":{"e":{"name":"Esk Works"}}},"2":{"tenderers":{"f":{"name":"Fen GmbH"}}}}}`},
		{"bids by id", `{"b1":{"tenderers":[{"name":"Esk Works"}]},"b2":{"id":"b2","tenderers":[{"name":"Fen GmbH"}]}}`},
		{"list of bids", `[{"id":"1","tenderers":[{"name":"Esk Works"}]},{"id":"2","tenderers":[{"name":"Fen GmbH"}]}]`},
		{"one object of statistics first",
			`{"statistics":{"id":"s","value":2},"details":[{"tenderers":[{"name":"Esk Works"},{"name":"Fen GmbH"}]}]}`},
		{"one bid", `{"details":{"id":"1","tenderers":[{"name":"Esk Works"},{"name":"Fen GmbH"}]}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := decodeNamed(t, "r.json",
				`{"ocid":"ocds-qq0000-1","id":"1","date":"2031-01-02","tag":["tender"],"buyer":{"name":"Port of Harn"},"bids":`+tt.bids+`}`)
			var got []string
			for _, e := range recordtest.Of[*record.Engagement](c) {
				for _, o := range e.Others {
					got = append(got, string(o.Role)+" "+o.Ref.Name)
				}
			}
			if s := strings.Join(got, ", "); s != "tenderer Esk Works, tenderer Fen GmbH" {
				t.Errorf("others %q", s)
			}
		})
	}
}

// FuzzShell takes shells off any text: no panic, and what is left of JSON behind one is that JSON.
func FuzzShell(f *testing.F) {
	for _, s := range []string{"cb(", "var a=", ")]}',", "for(;;);", "/**/x.y(", "\ufeff"} {
		f.Add([]byte(s), []byte(`{"ocid":"a"}`))
	}
	f.Fuzz(func(t *testing.T, before, text []byte) {
		all := append(append([]byte(nil), before...), text...)
		n := shell(all)
		if n < 0 || n > len(all) {
			t.Fatalf("shell(%q) = %d", all, n)
		}
		if n > 0 && all[n] != '{' && all[n] != '[' {
			t.Fatalf("shell(%q) = %d, where %q stands", all, n, all[n:])
		}
		_ = Recognise(all)
	})
}
