package eu

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"plimsoll/internal/list/listtest"
	"plimsoll/internal/record/recordtest"
)

// BenchmarkDecodeXML reads the list beside encoding/xml, which reads its tokens and builds nothing.
//
//	go test -run '^$' -bench XML -benchtime 5x ./internal/list/eu
func BenchmarkDecodeXML(b *testing.B) {
	const entities = 5000
	begin := strings.Index(document, "<sanctionEntity")
	entity := document[begin:strings.Index(document, `<sanctionEntity logicalId="2"`)]
	var text strings.Builder
	text.WriteString(document[:begin])
	for i := range entities {
		text.WriteString(strings.NewReplacer("EU.1.1", fmt.Sprintf("EU.1.%d", i), `logicalId="1"`,
			fmt.Sprintf(`logicalId="%d"`, i), "Ostrin Works", fmt.Sprintf("Ostrin Works %d", i),
			"441200", fmt.Sprint(441200+i)).Replace(entity))
	}
	text.WriteString("</export>")
	src := listtest.Source(b, "eu.xml", text.String())
	recordtest.Beside(b, entities, func() (int, error) {
		l, err := DecodeXML(context.Background(), src)
		if err != nil {
			return 0, err
		}
		return len(l.Entries), nil
	}, func() (int, error) { return recordtest.XMLElements(strings.NewReader(text.String()), "sanctionEntity") })
}
