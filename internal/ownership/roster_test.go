package ownership

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/party"
)

func TestRosterSpills(t *testing.T) {
	r := NewRoster()
	r.room = 1000
	const n = 500
	for i := range n {
		ref := party.Ref{Name: fmt.Sprintf("Party %d", i), LocalID: fmt.Sprint(i), Identifiers: []party.Identifier{
			{Scheme: "QO", ID: fmt.Sprint(i)}}}
		if err := r.Put(ref.LocalID, ref); err != nil {
			t.Fatal(err)
		}
	}
	if r.tmp == nil {
		t.Fatal("nothing was spilled")
	}
	r.Replace("old", "7")
	r.Replace("older", "old")
	r.Replace("a", "b")
	r.Replace("b", "a")
	for i := range n {
		ref, ok, err := r.Get(fmt.Sprint(i))
		if err != nil || !ok || ref.Name != fmt.Sprintf("Party %d", i) {
			t.Fatalf("Get(%d) = %+v, %v, %v", i, ref, ok, err)
		}
	}
	if ref, ok, _ := r.Get("older"); !ok || ref.Name != "Party 7" {
		t.Errorf("replaced key leads to %+v", ref)
	}
	if _, ok, err := r.Get("a"); ok || err != nil {
		t.Error("a circle of replacements leads somewhere")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestElements(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		keys     []string
		want     string
	}{
		{"array", `[{"a":1}, 2 ,"x,]",[3]]`, nil, `/0 {"a":1}|/1 2|/2 "x,]"|/3 [3]`},
		{"lines", "{\"a\":1}\n\n{\"b\":\"}\\\"\"}\n", nil, `line 1 {"a":1}|line 3 {"b":"}\""}`},
		{"one object", "{\n \"a\": {\n}}", nil, "line 1 {\n \"a\": {\n}}"},
		{"under a key", `{"meta":{"records":[9]},"records":[{"a":1},{}],"x":1}`, []string{"records"},
			`records/0 {"a":1}|records/1 {}`},
		{"no such key", `{"meta":[1,{"a":"]"}]}`, []string{"records"}, ``},
		{"empty array", `[]`, nil, ``},
		{"nothing", ` `, nil, ``},
		{"broken line", "{\"a\":\n{\"b\":1}", nil, "line 1 {\"a\":|line 2 {\"b\":1}"},
		{"cut array", `[{"a":1}`, nil,
			`/0 {"a":1}|error: the file is damaged: it breaks off after value 1, without a closing bracket`},
		{"cut value", `[{"a":`, nil, `error: /0: the file is damaged: it breaks off inside a value`},
		{"stray bracket", "}\n{}", nil, "line 1 }|line 2 {}"},
		{"too deep", "[" + strings.Repeat("[", 300), nil,
			"error: /0: the file is damaged: nested deeper than 256 levels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := NewElements(strings.NewReader(tt.in), tt.keys...)
			var got []string
			for {
				raw, at, err := e.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					got = append(got, "error: "+err.Error())
					break
				}
				got = append(got, at+" "+strings.TrimRight(string(raw), "\n"))
			}
			if d := cmp.Diff(tt.want, strings.Join(got, "|")); d != "" {
				t.Error(d)
			}
		})
	}
}
