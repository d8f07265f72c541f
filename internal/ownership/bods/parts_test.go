package bods

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ownership/ownershiptest"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// said writes one statement of version 0.4.
func said(kind, record, day, status, publisher, details string) string {
	return fmt.Sprintf(`{"statementId":"%s-%s-%s","declarationSubject":"x","statementDate":"%s","recordId":"%s","recordType":"%s","recordStatus":"%s",`+
		`"publicationDetails":{"publicationDate":"%s","publisher":{"name":"%s"}},"recordDetails":{"isComponent":false%s}}`,
		record, day, status, day, record, kind, status, day, publisher, details)
}

func TestDecodeAll(t *testing.T) {
	body := func(id, name, day, status, publisher string) string {
		more := `,"entityType":{"type":"registeredEntity"}`
		if name != "" {
			more += `,"name":"` + name + `","identifiers":[{"scheme":"QO-REG","id":"` + id + `"}]`
		}
		return said("entity", id, day, status, publisher, more)
	}
	holds := func(id, owner, owned, share, day, status, publisher string) string {
		return said("relationship", id, day, status, publisher, `,"subject":"`+owned+`","interestedParty":"`+owner+
			`","interests":[{"type":"shareholding","directOrIndirect":"direct","share":{"exact":`+share+`}}]`)
	}
	const a, b = "Harbour Register", "Quay Register"
	for _, tt := range []struct {
		name    string
		files   []string
		want    []string
		parties int
		rejects int
	}{
		{"parts of one register", []string{holds("r", "o", "c", "60", "2031-01-01", "new", a),
			body("o", "Ostrin", "2031-01-01", "new", a), body("c", "Corvin", "2031-01-01", "new", a)},
			[]string{"Ostrin > Corvin shareholding 0.6-0.6"}, 2, 0},
		{"a later delivery replaces the share", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a) + "\n" +
				holds("r", "o", "c", "60", "2031-01-01", "new", a),
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + holds("r", "o", "c", "10", "2031-06-01", "updated", a),
		}, []string{"Ostrin > Corvin shareholding 0.1-0.1"}, 2, 0},
		{"two registers may use one id", []string{
			body("1", "Ostrin", "2031-01-01", "new", a) + "\n" + body("2", "Corvin", "2031-01-01", "new", a) + "\n" +
				holds("r", "1", "2", "60", "2031-01-01", "new", a),
			body("1", "Palt", "2031-06-01", "new", b) + "\n" + body("2", "Tarn", "2031-06-01", "new", b) + "\n" +
				holds("r", "1", "2", "30", "2031-06-01", "new", b),
		}, []string{"Ostrin > Corvin shareholding 0.6-0.6", "Palt > Tarn shareholding 0.3-0.3"}, 4, 0},
		{"one register in other letters", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a),
			holds("r", "o", "c", "60", "2031-01-01", "new", "HARBOUR  register"),
		}, []string{"Ostrin > Corvin shareholding 0.6-0.6"}, 2, 0},
		{"a register known by its address", []string{
			strings.ReplaceAll(body("o", "Ostrin", "2031-01-01", "new", "u")+"\n"+body("c", "Corvin", "2031-01-01",
				"new", "u")+"\n"+
				holds("r", "o", "c", "60", "2031-01-01", "new", "u"), `{"name":"u"}`, `{"url":"https://r.example"}`),
			strings.ReplaceAll(holds("r", "o", "c", "10", "2031-06-01", "updated", "u"), `{"name":"u"}`,
				`{"url":"https://r.example"}`),
		}, []string{"Ostrin > Corvin shareholding 0.1-0.1"}, 2, 0},
		{"a statement without a publisher and one record of that id", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a),
			holds("r", "o", "c", "60", "2031-01-01", "new", ""),
		}, []string{"Ostrin > Corvin shareholding 0.6-0.6"}, 2, 0},
		{"a statement without a publisher and two records of that id", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a) + "\n" +
				body("o", "Palt", "2031-01-01", "new", b),
			holds("r", "o", "c", "60", "2031-01-01", "new", ""),
		}, nil, 3, 1},
		{"a share written as text", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a) + "\n" +
				holds("r", "o", "c", `"60.0 %"`, "2031-01-01", "new", a),
		}, []string{"Ostrin > Corvin shareholding 0.6-0.6"}, 2, 0},
		{"a share that is no number", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a) + "\n" +
				holds("r", "o", "c", `"sixty"`, "2031-01-01", "new", a),
		}, nil, 2, 1},
		{"another register's record is not taken for one's own", []string{
			body("c", "Corvin", "2031-01-01", "new", a) + "\n" + holds("r", "o", "c", "60", "2031-01-01", "new", a),
			body("o", "Ostrin", "2031-01-01", "new", b),
		}, nil, 2, 1},
		{"a closing statement without a name", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a) + "\n" +
				holds("r", "o", "c", "60", "2031-01-01", "new", a),
			body("c", "", "2031-06-01", "closed", a),
		}, []string{"Ostrin > Corvin shareholding 0.6-0.6"}, 2, 0},
		{"a closed relationship that repeats nobody", []string{
			body("o", "Ostrin", "2031-01-01", "new", a) + "\n" + body("c", "Corvin", "2031-01-01", "new", a) + "\n" +
				holds("r", "o", "c", "60", "2031-01-01", "new", a),
			said("relationship", "r", "2031-06-01", "closed", a, ""),
		}, nil, 2, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, backwards := range []bool{false, true} {
				files := append([]string(nil), tt.files...)
				if backwards {
					for i, j := 0, len(files)-1; i < j; i, j = i+1, j-1 {
						files[i], files[j] = files[j], files[i]
					}
				}
				dir := t.TempDir()
				for i, text := range files {
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%d.jsonl", i)), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				c := &ownershiptest.Collector{}
				stats, err := DecodeAll(context.Background(), recordtest.Sources(t, dir), c)
				if err != nil {
					t.Fatal(err)
				}
				sum := record.Stats{}
				for _, s := range stats {
					sum.Records, sum.Rejects = sum.Records+s.Records, sum.Rejects+s.Rejects
				}
				if err := c.Check(sum); err != nil {
					t.Error(err)
				}
				var got []string
				for _, s := range c.Statements {
					got = append(got, strings.TrimSpace(brief(s)))
				}
				if backwards && len(got) == 2 {
					got[0], got[1] = got[1], got[0]
				}
				if d := cmp.Diff(tt.want, got); d != "" || len(c.Parties) != tt.parties ||
					len(c.Rejects) != tt.rejects {
					t.Errorf("backwards %v: %d parties, rejects %v, statements (-want +got):\n%s", backwards,
						len(c.Parties), c.Rejects, d)
				}
			}
		})
	}
}
