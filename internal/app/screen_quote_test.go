package app

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestNameReaderKeepsWhatFollowsDamage(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		names      []string
		bad        []int // lines that could not be used
	}{
		{"whole", "name,country\nAlder Optics,GB\nBorrel Mills,DE\n", []string{"Alder Optics", "Borrel Mills"}, nil},
		{"a quote never closed", "name,country\nAlder Optics,GB\n\"Borrel Mills,DE\nCorvin Glass,FR\n",
			[]string{"Alder Optics", "Corvin Glass"}, []int{3}},
		{"a quote inside a name", "name\nAlder \"Sky\" Optics\nBorrel Mills\n", []string{`Alder "Sky" Optics`,
			"Borrel Mills"}, nil},
		{"empty lines", "name\n\n\nAlder Optics\n\n", []string{"Alder Optics"}, nil},
		{"no name in a row", "name,country\n,GB\nAlder Optics,GB\n", []string{"Alder Optics"}, []int{2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := newNameReader(strings.NewReader(tt.text), "name")
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			var bad []int
			for {
				a, err := in.next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if a.err != "" {
					bad = append(bad, a.row)
					continue
				}
				names = append(names, a.query.Name)
			}
			if !slices.Equal(names, tt.names) || !slices.Equal(bad, tt.bad) {
				t.Errorf("names %q, bad lines %v; want %q, %v", names, bad, tt.names, tt.bad)
			}
		})
	}
}
