package table

import (
	"context"
	"os"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func TestOwnershipTable(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		reject           string
	}{
		{"own names", "owner,owner_id,owned,share,since\nOstrin,XV-REG:1,Corvin,51 %,2030-01-01\n",
			"Ostrin XV-REG:1 > Corvin 51 % since 2030-01-01", ""},
		{"other names", "Shareholder;Subsidiary;Percentage\nOstrin;Corvin;25-50\n", "Ostrin > Corvin 25-50", ""},
		{"an owner who is not named", "owner,owned,reason\n,Corvin,bearer shares\n", " > Corvin (bearer shares)", ""},
		{"no owner and no reason", "owner,owned\n,Corvin\n", "", "owner is empty"},
		{"nobody is owned", "owner,owned\nOstrin,\n", "", "owned is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := t.TempDir() + "/own.csv"
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if kind, _, ok := Recognise([]byte(tt.text)); !ok || kind != Ownership {
				t.Fatalf("recognised as %q", kind)
			}
			var got, rejects []string
			sink := ownershipSink{&got, &rejects}
			if _, err := Decode(context.Background(), recordtest.Sources(t, path)[0], sink); err != nil {
				t.Fatal(err)
			}
			if strings.Join(got, "|") != tt.want || (tt.reject != "") != (len(rejects) == 1) || tt.reject != "" &&
				!strings.Contains(rejects[0], tt.reject) {
				t.Errorf("got %q, rejects %q; want %q, %q", got, rejects, tt.want, tt.reject)
			}
		})
	}
	page, err := os.ReadFile("../../../docs/format/ownership.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range known[Ownership] {
		if !strings.Contains(string(page), "`"+c+"`") {
			t.Errorf("docs/format/ownership.md does not describe the column %s", c)
		}
	}
}

type ownershipSink struct{ rows, rejects *[]string }

func (s ownershipSink) Record(r record.Record) error {
	o := r.(*record.Ownership)
	line := o.Owner.Name
	for _, id := range o.Owner.Identifiers {
		line += " " + id.String()
	}
	line += " > " + o.Owned.Name
	if o.Share != "" {
		line += " " + o.Share
	}
	if o.Reason != "" {
		line += " (" + o.Reason + ")"
	}
	if o.Since.Known() {
		line += " since " + o.Since.String()
	}
	*s.rows = append(*s.rows, line)
	return nil
}

func (s ownershipSink) Reject(r record.Reject) error {
	*s.rejects = append(*s.rejects, r.Reason)
	return nil
}
