package load

import (
	"context"
	"testing"

	"plimsoll/internal/list/listtest"
	"plimsoll/internal/record"
)

// FuzzSources loads any file as a list: no panic, and what loads has entries with keys and names.
func FuzzSources(f *testing.F) {
	for _, text := range []string{"name,publisher,status\nVelmora,W,listed\n",
		`<export xmlns="http://eu.europa.ec/fpi/fsd/export"/>`, `{"results":[{"name":"x"}]}`,
		"Name of Individual or Entity\tName Type\n", `{"id":"a","schema":"Company","properties":{"name":["x"]}}`,
		"PK\x03\x04"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lists, err := Sources(context.Background(), []record.Source{listtest.Source(t, "x", string(text))})
		if err != nil {
			return
		}
		for _, l := range lists {
			listtest.Sound(t, l)
		}
	})
}
