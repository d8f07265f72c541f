package debarred

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list"
	"plimsoll/internal/list/listtest"
)

const (
	text = "Firm Name,Additional Firm Info*,Address,Country,Ineligibility Period,,Grounds\n,,,,From Date,To Date,\n" +
		"OSTRIN WORKS LTD.*,,Quay 4,Ostravine,01-FEB-2031,31-JAN-2034,Fraudulent practice\nILKE ORANTH,,Home Lane " +
		"1,Ostravine,15-Mar-2030,Ongoing,Cross debarment\n"
	asJSON = `{"response":{"ZPROCSUPP":[{"SUPP_NAME":"OSTRIN WORKS LTD.","SUPP_ADDR":"Quay 4","SUPP_CITY":"Port Rell","COUNTRY_NAME":"Ostravine",` +
		`"DEBAR_FROM_DATE":"2031-02-01T00:00:00","DEBAR_TO_DATE":"2999-12-31","DEBAR_REASON":"Fraudulent practice"}]}}`
)

func briefs(l *list.List) (out []string) {
	for i := range l.Entries {
		out = append(out, strings.SplitN(listtest.Brief(&l.Entries[i]), " | ", 2)[1])
	}
	return out
}

func TestDecode(t *testing.T) {
	if !Recognise([]byte(text)) || !RecogniseJSON([]byte(asJSON)) {
		t.Error("not recognised")
	}
	l, err := Decode(context.Background(), listtest.Source(t, "wb.csv", text))
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	if d := cmp.Diff([]string{
		"organization | OSTRIN WORKS LTD.(primary) | Ostravine | Quay 4 | from 2031-02-01 | until 2034-01-31 | " +
			"Fraudulent practice | debarred: Fraudulent practice",
		"ILKE ORANTH(primary) | Ostravine | from 2030-03-15 | Cross debarment | debarred: Cross debarment",
	}, briefs(l)); d != "" || l.Files[0].Rows != 2 {
		t.Errorf("rows %d (-want +got):\n%s", l.Files[0].Rows, d)
	}
	if l, err = DecodeJSON(context.Background(), listtest.Source(t, "wb.json", asJSON)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{
		"organization | OSTRIN WORKS LTD.(primary) | Ostravine | Quay 4, Port Rell | from 2031-02-01 | Fraudulent " +
			"practice | debarred: Fraudulent practice",
	}, briefs(l)); d != "" {
		t.Errorf("JSON (-want +got):\n%s", d)
	}
	_, err = Decode(context.Background(), listtest.Source(t, "wb.csv", strings.Replace(text, "01-FEB-2031", "soon", 1)))
	listtest.Problem(t, err, "line 3", "period of ineligibility")
	_, err = DecodeJSON(context.Background(), listtest.Source(t, "wb.json", asJSON[:60]))
	listtest.Problem(t, err, "", "cut short")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(text), false)
	f.Add([]byte(asJSON), true)
	f.Fuzz(func(t *testing.T, text []byte, isJSON bool) {
		Recognise(text)
		RecogniseJSON(text)
		src := listtest.Source(t, "x", string(text))
		l, err := Decode(context.Background(), src)
		if isJSON {
			l, err = DecodeJSON(context.Background(), src)
		}
		if err == nil {
			listtest.Sound(t, l)
		}
	})
}
