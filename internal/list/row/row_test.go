package row

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
)

func TestNext(t *testing.T) {
	for _, tt := range []struct{ name, text, want, problem string }{
		{"lines of rows", "a,b\n\"c\nd\",e\n\nf,g\n", "1:a|b 2:c\nd|e 5:f|g", ""},
		{"end mark", "a,b\r\n\x1a", "1:a|b", ""},
		{"end mark and line end", "a,b\r\n\x1a\r\n", "1:a|b", ""},
		{"end mark at the last cell", "a,b\x1a", "1:a|b", ""},
		{"text after the end mark", "a,b\n\x1ac,d\n", "", "after the end mark"},
		{"byte order mark", "\ufeffa,b\n", "1:a|b", ""},
		{"Windows-1252", "caf\xe9,b\n", "1:café|b", ""},
		{"open quote", "a,b\nc,\"d\ne,f\n", "1:a|b", "does not close"},
		{"stray quote", "a,b\nc,d\"e\n", "1:a|b", "bare"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Open(context.Background(), listtest.Source(t, "x.csv", tt.text), ',')
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var got []string
			for {
				rec, line, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					if tt.problem == "" {
						t.Fatal(err)
					}
					listtest.Problem(t, err, "", tt.problem)
					return
				}
				got = append(got, strings.Join([]string{string(rune('0' + line)), strings.Join(rec, "|")}, ":"))
			}
			if g := strings.Join(got, " "); g != tt.want || tt.problem != "" {
				t.Errorf("rows %q, want %q and problem %q", g, tt.want, tt.problem)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	h := NewHeader([]string{" Name ", "Postal Code", "name"})
	if h.Get([]string{" x ", "y", "z"}, "name") != "x" || !h.Has("postal_code") || h.Has("city") ||
		h.Get(nil, "name") != "" {
		t.Errorf("header %v", h)
	}
}

// FuzzEach looks for a header and its rows in any text: no panic, each row has a place, and heads are parts of tables.
func FuzzEach(f *testing.F) {
	f.Add("Title\n\nname;publisher\n\"a\nb\";c\n")
	f.Add("sep=,\nName,Publisher\na,b\n,\n1\n")
	f.Fuzz(func(t *testing.T, text string) {
		needed := []string{"name", "publisher"}
		FindHeader([]byte(text), needed...)
		Likeliest([]byte(text), needed...)
		src := listtest.Source(t, "x.csv", text)
		if head, err := src.Head(); err == nil {
			_, _ = Heads(t.Context(), src, head)
		}
		var faults list.Faults
		table, err := Each(t.Context(), src, 0, needed, &faults, func(r Row) {
			if r.At == "" {
				t.Error("a row without a place")
			}
		})
		if err != nil || table.Rows == 0 && faults.Err() == nil {
			t.Errorf("%d rows, %v", table.Rows, err)
		}
	})
}

func FuzzNext(f *testing.F) {
	f.Add("a,b\n\"c\nd\",e\n\x1a")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Open(context.Background(), listtest.Source(t, "x.csv", text), ',')
		if err != nil {
			return
		}
		defer r.Close()
		last := 0
		for range len(text) + 2 {
			_, line, err := r.Next()
			if err != nil {
				return
			}
			if line <= last {
				t.Fatalf("line %d after line %d", line, last)
			}
			last = line
		}
		t.Fatal("more rows than bytes")
	})
}
