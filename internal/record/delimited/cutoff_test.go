package delimited

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestCutOff(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		cut        bool
	}{
		{"whole", "a,b,c\n1,2,3\n", false},
		{"no line end behind a whole row", "a,b,c\n1,2,3", false},
		{"breaks off within a row", "a,b,c\n1,2,3\n4,5", true},
		{"breaks off in the first cell", "a,b,c\n1,2,3\n4", true},
		{"breaks off within quotes", "a,b,c\n1,2,3\n4,\"5", true},
		{"breaks off within quotes that span lines", "a,b,c\n1,2,3\n4,\"5\n6", true},
		{"a short row with its line end", "a,b,c\n1,2,3\n4,5\n", false},
		{"a remark behind an empty line", "a,b,c\n1,2,3\n\n2 rows", false},
		{"carriage returns alone", "a,b,c\r1,2,3\r4,5", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(tt.text), ',')
			var cut error
			for {
				row, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				cut = r.CutOff(len(row.Cells), 3)
			}
			if (cut != nil) != tt.cut || tt.cut && !errors.Is(cut, io.ErrUnexpectedEOF) {
				t.Errorf("got %v", cut)
			}
		})
	}
}
