package ocds

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// ted writes a notice of the form TED_EXPORT.
func tedNotice(number, before, award string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><TED_EXPORT><CODED_DATA_SECTION><REF_OJS><DATE_PUB>20300106</DATE_PUB></REF_OJS><NOTICE_DATA><NO_DOC_OJS>` + number +
		`</NO_DOC_OJS></NOTICE_DATA></CODED_DATA_SECTION><FORM_SECTION><F03_2014 CATEGORY="ORIGINAL"><CONTRACTING_BODY><ADDRESS_CONTRACTING_BODY><OFFICIALNAME>Ministry of Examples</OFFICIALNAME></ADDRESS_CONTRACTING_BODY></CONTRACTING_BODY>
<OBJECT_CONTRACT><TITLE><P>City watch</P></TITLE><CPV_MAIN><CPV_CODE CODE="35125300"/></CPV_MAIN></OBJECT_CONTRACT><PROCEDURE><PT_OPEN/>` + before + `</PROCEDURE>` + award + `</F03_2014></FORM_SECTION></TED_EXPORT>`
}

const tedAward = `<AWARD_CONTRACT ITEM="1"><AWARDED_CONTRACT><DATE_CONCLUSION_CONTRACT>2030-01-02</DATE_CONCLUSION_CONTRACT><CONTRACTORS><CONTRACTOR><ADDRESS_CONTRACTOR>
<OFFICIALNAME>Lead Ltd</OFFICIALNAME><COUNTRY VALUE="DE"/></ADDRESS_CONTRACTOR></CONTRACTOR></CONTRACTORS><VALUES><VAL_TOTAL CURRENCY="EUR">100.50</VAL_TOTAL></VALUES></AWARDED_CONTRACT></AWARD_CONTRACT>`

// A notice and the award that follows it are one process, whether they lie in files or in a package.
func TestNotices(t *testing.T) {
	notices := map[string]string{
		"1.xml": tedNotice("2030/S 001-000001", "", ""),
		"2.xml": tedNotice("2030/S 003-000002", "<NOTICE_NUMBER_OJ>2030/S 001-000001</NOTICE_NUMBER_OJ>", tedAward),
	}
	plain, packed := t.TempDir(), t.TempDir()
	f, err := os.Create(filepath.Join(packed, "20300106.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	for _, name := range []string{"1.xml", "2.xml"} {
		if err := os.WriteFile(filepath.Join(plain, name), []byte(notices[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteHeader(&tar.Header{Name: "06/" + name, Mode: 0o600, Size: int64(len(notices[name])),
			Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(notices[name])); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []func() error{w.Close, z.Close, f.Close} {
		if err := c(); err != nil {
			t.Fatal(err)
		}
	}
	for name, dir := range map[string]string{"files": plain, "package": packed} {
		t.Run(name, func(t *testing.T) {
			var c recordtest.Collector
			src := recordtest.Sources(t, dir)
			for _, s := range src {
				if head, err := s.Head(); err != nil || !Recognise(head) {
					t.Errorf("%s is not recognised: %v", s.Name, err)
				}
			}
			if _, err := DecodeAll(t.Context(), src, &c); err != nil {
				t.Fatal(err)
			}
			got := recordtest.Of[*record.Engagement](&c)
			if len(got) != 1 || len(c.Rejects) > 0 {
				t.Fatalf("%d engagements, rejects %v", len(got), c.Rejects)
			}
			e := got[0]
			said := fmt.Sprint(e.Kind, e.Buyer.Name, e.Seller.Name, e.Value, e.Currency, e.Signed, e.Method,
				e.Items[0].Code)
			if want := "contractMinistry of ExamplesLead Ltd100.5EUR2030-01-02open35125300"; said != want {
				t.Errorf("engagement %s, want %s", said, want)
			}
		})
	}
}
