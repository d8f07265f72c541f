package ted

import (
	"fmt"
	"strings"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// BenchmarkEach reads notices of both forms beside encoding/xml, which reads their tokens and builds nothing.
//
//	go test -run '^$' -bench Each -benchtime 5x ./internal/record/ted
func BenchmarkEach(b *testing.B) {
	const notices = 2000
	for _, tt := range []struct{ name, text, element string }{
		{"form=eforms", awarded, "ContractAwardNotice"}, {"form=ted_export", exportedNotice, "TED_EXPORT"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			text := strings.Repeat(strings.TrimPrefix(tt.text, `<?xml version="1.0" encoding="UTF-8"?>`)+"\n", notices)
			recordtest.Beside(b, notices, func() (n int, err error) {
				err = Each(strings.NewReader(text), func(int, Notice) error { n++; return nil },
					func(line int, reason string) error { return fmt.Errorf("line %d: %s", line, reason) })
				return n, err
			}, func() (int, error) { return recordtest.XMLElements(strings.NewReader(text), tt.element) })
		})
	}
}
