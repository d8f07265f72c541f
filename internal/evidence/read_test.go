package evidence

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// small limits, so that tests reach them.
var small = Limits{Text: 4000, Parts: 40, Expanded: 64 << 20, Ratio: 100, Buffer: 1 << 20, Depth: 5,
	Time: 20 * time.Second}

var pdfReader reader

// read scans content and returns what was made of it.
func read(t testing.TB, lim Limits, media string, content []byte) (Index, string, []Part) {
	t.Helper()
	var text, parts bytes.Buffer
	ix := scan(context.Background(), lim, &pdfReader, &text, &parts, io.NewSectionReader(bytes.NewReader(content), 0,
		int64(len(content))), media)
	var ps []Part
	for dec := json.NewDecoder(&parts); ; {
		var p Part
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	if int64(text.Len()) != ix.Text || len(ps) != ix.Parts {
		t.Errorf("index says %d bytes of text and %d parts, there are %d and %d", ix.Text, ix.Parts, text.Len(),
			len(ps))
	}
	return ix, text.String(), ps
}

// makePDF writes a PDF with a line of text on each page.
func makePDF(pages ...string) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(s string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), s)
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 4+2*i)
	}
	object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids, len(pages)))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i, text := range pages {
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R/Resources<</Font<</F1 3 "+
			"0 R>>>>>>", 5+2*i))
		s := fmt.Sprintf("BT /F1 12 Tf 40 700 Td (%s) Tj ET", text)
		object(fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(s), s))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

// makeMail writes a mail with an alternative body, a PDF and a mail in it.
func makeMail() []byte {
	inner := "From: second@harbour.example\r\nSubject: inner\r\n\r\ninner words\r\n"
	return []byte(strings.ReplaceAll(`From: =?iso-8859-1?Q?Andr=E9?= <andre@harbour.example>
To: desk@harbour.example
Subject: =?UTF-8?B?`+base64.StdEncoding.EncodeToString([]byte("Lieferung für Öl"))+`?=
Date: Mon, 04 May 2026 10:11:12 +0200
Message-ID: <1@harbour.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary="in"

--in
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe aus dem Hafen
--in
Content-Type: text/html; charset=utf-8

<p>Gr&uuml;&szlig;e <b>HTML</b></p><script>hidden()</script>
--in--
--outer
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="../../etc/offer.pdf"
Content-Transfer-Encoding: base64

`+base64.StdEncoding.EncodeToString(makePDF("Offer of forty servers"))+`
--outer
Content-Type: message/rfc822

`, "\n", "\r\n") + inner + "--outer--\r\n")
}

func TestMail(t *testing.T) {
	ix, text, ps := read(t, DefaultLimits, Mail, makeMail())
	if !ix.Whole || ix.Title != "Lieferung für Öl" {
		t.Errorf("index = %+v", ix)
	}
	for _, want := range []string{"From: André", "Grüße aus dem Hafen", "Grüße HTML", "Offer of forty servers",
		"inner words", "Subject: inner"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "hidden") {
		t.Error("a script is in the text")
	}
	var got []string
	for _, p := range ps {
		got = append(got, p.At+" "+p.Kind+" "+p.Media+" "+p.Name)
	}
	want := []string{
		"0 header  Lieferung für Öl", "1.1.1 part text/plain ", "1.1.2 part text/html ",
		"1.2 part application/pdf ../../etc/offer.pdf",
		"1.3.0 header  inner", "1.3.1 part text/plain ", "1.3 part message/rfc822 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if ps[3].SHA256 != sumOf(makePDF("Offer of forty servers")) ||
		ps[3].Bytes != int64(len(makePDF("Offer of forty servers"))) {
		t.Errorf("the attachment's hash is not that of its content: %+v", ps[3])
	}
	if ps[0].Date != "2026-05-04T08:11:12Z" {
		t.Errorf("date = %s", ps[0].Date)
	}
}

func TestHostileMail(t *testing.T) {
	var deep strings.Builder
	deep.WriteString("From: a@x.example\r\nTo: b\r\n")
	for i := range 500 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	many := "From: a@x.example\r\nTo: b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		strings.Repeat("--b\r\n\r\nx\r\n", 5000)
	for name, tt := range map[string]struct{ in, note string }{
		"deep":   {deep.String(), "deeper"},
		"many":   {many, "more than 40 parts"},
		"header": {"From: a\r\nTo: b\r\nX-Long: " + strings.Repeat("x", 2<<20), "header is longer"},
		"cut":    {string(makeMail()[:900]), ""},
		"text":   {"From: a\r\nTo: b\r\n\r\n" + strings.Repeat("words and ", 100_000), "longer than 4000 bytes"},
	} {
		ix, text, _ := read(t, small, Mail, []byte(tt.in))
		if ix.Whole || !strings.Contains(strings.Join(ix.Notes, "; "), tt.note) {
			t.Errorf("%s: whole %v, notes %q, want %q", name, ix.Whole, ix.Notes, tt.note)
		}
		if len(text) > int(small.Text) {
			t.Errorf("%s: %d bytes of text", name, len(text))
		}
	}
}

func TestPDF(t *testing.T) {
	good := makePDF("First page", "Second page")
	ix, text, _ := read(t, DefaultLimits, PDF, good)
	if !ix.Whole || !strings.Contains(text, "First page") || !strings.Contains(text, "Second page") {
		t.Errorf("index %+v, text %q", ix, text)
	}
	for name, b := range map[string][]byte{"cut": good[:200], "noise": []byte("%PDF-1.7\n" + strings.Repeat("<<",
		10_000)), "only a head": []byte("%PDF-")} {
		if ix, text, _ := read(t, DefaultLimits, PDF, b); ix.Whole || len(ix.Notes) == 0 {
			t.Errorf("%s: index %+v, text %q: want a note", name, ix, text)
		}
	}
	if ix, text, _ := read(t, DefaultLimits, PDF, good); !ix.Whole || text == "" {
		t.Errorf("after broken files a good one reads as %+v", ix)
	}
}

func TestHTML(t *testing.T) {
	for _, tt := range []struct{ name, in, title, text string }{
		{"plain", "<title> A  page </title><style>p{}</style><p>One<p>two<br>three<td>four</td><td>five", "A page",
			"A page \nOne\ntwo\nthree four  five"},
		{"meta charset", "<meta charset=windows-1251><p>\xcc\xe8\xf0", "", "Мир"},
		{"utf-16", "\xff\xfe<\x00p\x00>\x00\xe9\x00", "", "é"},
		{"broken", "<p <<<a href='x>text</a", "", ""},
		{"entities", "<p>&lt;b&gt; &#x41;&nbsp;B", "", "<b> A B"},
	} {
		ix, text, _ := read(t, small, HTML, []byte(tt.in))
		if got := strings.Join(strings.Fields(text), " "); got != strings.Join(strings.Fields(tt.text), " ") {
			t.Errorf("%s: text %q, want %q", tt.name, got, tt.text)
		}
		if got := strings.Join(strings.Fields(ix.Title), " "); got != tt.title {
			t.Errorf("%s: title %q, want %q", tt.name, ix.Title, tt.title)
		}
	}
}

// warcRecord writes one record.
func warcRecord(kind, url, media, block string) string {
	h := sha1.Sum([]byte(block))
	return fmt.Sprintf("WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:0>\r\nWARC-Date: "+
		"2026-05-04T10:00:00Z\r\nWARC-Target-URI: %s\r\nWARC-Block-Digest: sha1:%s\r\nContent-Type: "+
		"%s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
		kind, url, base32.StdEncoding.EncodeToString(h[:]), media, len(block), block)
}

var warcRecords = []string{
	warcRecord("warcinfo", "", "application/warc-fields", "software: test\r\n"),
	warcRecord("request", "https://harbour.example/", "application/http; msgtype=request",
		"GET / HTTP/1.1\r\nHost: harbour.example\r\n\r\n"),
	warcRecord("response", "https://harbour.example/", "application/http; msgtype=response",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: "+
			"chunked\r\n\r\n1a\r\n<title>T</title><p>Harbour\r\n5\r\n dues\r\n0\r\n\r\n"),
	warcRecord("response", "https://harbour.example/none", "application/http; msgtype=response",
		"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnothing"),
	warcRecord("resource", "urn:text", "text/plain", "a resource"),
}

func gz(parts ...string) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&b)
		io.WriteString(z, p)
		z.Close()
	}
	return b.Bytes()
}

func TestWARC(t *testing.T) {
	plain, packed := []byte(strings.Join(warcRecords, "")), gz(warcRecords...)
	for name, b := range map[string][]byte{"plain": plain, "gzip": packed,
		"one member": gz(strings.Join(warcRecords, ""))} {
		ix, text, ps := read(t, DefaultLimits, recognise(b, ""), b)
		if !ix.Whole || len(ps) != 5 {
			t.Fatalf("%s: %+v, %d records", name, ix, len(ps))
		}
		if p := ps[2]; p.Status != 200 || p.URL != "https://harbour.example/" ||
			p.SHA256 != sumOf([]byte("<title>T</title><p>Harbour dues")) || p.Date != "2026-05-04T10:00:00Z" {
			t.Errorf("%s: captured page %+v", name, p)
		}
		if ps[3].Status != 404 || !strings.Contains(text, "Harbour dues") || !strings.Contains(text, "a resource") {
			t.Errorf("%s: text %q", name, text)
		}
		for i, p := range ps { // offsets lead back to the record
			var at int
			fmt.Sscanf(p.At, "@%d", &at)
			if name == "plain" && !strings.HasPrefix(string(plain[at:]), warcRecords[i][:len(warcRecords[i])-4]) {
				t.Errorf("record %d is not at byte %d", i, at)
			}
			if name == "gzip" {
				z, err := gzip.NewReader(bytes.NewReader(packed[at : at+int(p.Length)]))
				if err != nil {
					t.Fatal(err)
				}
				z.Multistream(false)
				if got, _ := io.ReadAll(z); string(got) != warcRecords[i] {
					t.Errorf("record %d is not at bytes %d to %d", i, at, at+int(p.Length))
				}
			}
		}
	}
}

func TestHostileWARC(t *testing.T) {
	bomb := warcRecord("resource", "urn:b", "text/plain", strings.Repeat("\x00", 18<<20))
	encoded := warcRecord("response", "https://b.example", "application/http",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"+
			string(gz(strings.Repeat("<p> ", 4500<<10))))
	for name, tt := range map[string]struct {
		in   []byte
		note string
	}{
		"cut":          {[]byte(warcRecords[4][:len(warcRecords[4])-8]), "cut off"},
		"digest":       {[]byte(strings.Replace(warcRecords[4], "a resource", "A resource", 1)), "digest"},
		"length":       {[]byte("WARC/1.1\r\nContent-Length: -5\r\n\r\n"), "not a length"},
		"huge length":  {[]byte("WARC/1.1\r\nContent-Length: 9223372036854775807\r\n\r\nxx"), "cut off"},
		"not WARC":     {[]byte("WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\nHELLO"), "begins with"},
		"header":       {[]byte("WARC/1.0\r\nX: " + strings.Repeat("y", 2<<20)), "header is longer"},
		"bomb":         {gz(bomb), "times its size"},
		"bomb encoded": {[]byte(encoded), "times its size"},
		"gzip cut":     {gz(warcRecords...)[:300], "cannot be read"},
		"response": {[]byte(warcRecord("response", "u", "application/http", "not http at all")),
			"response cannot be read"},
	} {
		ix, _, _ := read(t, small, recognise(tt.in, ""), tt.in)
		if ix.Whole || !strings.Contains(strings.Join(ix.Notes, "; "), tt.note) {
			t.Errorf("%s: notes %q, want %q", name, ix.Notes, tt.note)
		}
	}
}

type member struct {
	name    string
	content []byte
}

// makeZip stores members in this order.
func makeZip(ms ...member) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range ms {
		method := zip.Deflate
		if strings.HasSuffix(m.name, ".gz") {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			panic(err)
		}
		w.Write(m.content)
	}
	z.Close()
	return b.Bytes()
}

// makeWACZ writes a collection in one of the two versions.
func makeWACZ(head string, more ...member) []byte {
	ms := []member{
		{"archive/data.warc.gz", gz(warcRecords...)},
		{"indexes/index.cdx", []byte("example,harbour)/ 20260504100000 {}\n")},
		{"pages/pages.jsonl", []byte(`{"format":"json-pages-1.0","id":"pages","title":"All"}` + "\n" +
			`{"id":"1","url":"https://harbour.example/","ts":"2026-05-04T10:00:00Z","title":"Harbour page","text":"words of the crawler"}` + "\n")},
	}
	var res []string
	for _, m := range ms {
		res = append(res, fmt.Sprintf(`{"name":"x","path":%q,"hash":"sha256:%s","bytes":%d}`, m.name, sumOf(m.content),
			len(m.content)))
	}
	pack := []byte(fmt.Sprintf(`{%s,"title":"Harbour collection","resources":[%s]}`, head, strings.Join(res, ",")))
	ms = append(ms, member{"datapackage.json", pack}, member{"datapackage-digest.json",
		[]byte(`{"path":"datapackage.json","hash":"sha256:` + sumOf(pack) + `"}`)})
	return makeZip(append(ms, more...)...)
}

const (
	wacz111 = `"profile":"data-package","wacz_version":"1.1.1"`
	wacz120 = `"profile":"wacz"`
)

func TestWACZ(t *testing.T) {
	for _, head := range []string{wacz111, wacz120} {
		b := makeWACZ(head)
		if !isWACZ(bytes.NewReader(b), int64(len(b))) {
			t.Fatal("not recognised")
		}
		ix, text, ps := read(t, DefaultLimits, WACZ, b)
		if !ix.Whole || ix.Title != "Harbour collection" || len(ps) != 11 {
			t.Errorf("%s: %+v, %d parts", head, ix, len(ps))
		}
		if !strings.Contains(text, "Harbour dues") || !strings.Contains(text, "words of the crawler") {
			t.Errorf("%s: text %q", head, text)
		}
		if ps[2].At[:len("archive/data.warc.gz@")] != "archive/data.warc.gz@" || ps[2].Status != 200 {
			t.Errorf("%s: capture %+v", head, ps[2])
		}
	}
	good := makeWACZ(wacz111)
	for name, tt := range map[string]struct {
		in   []byte
		note string
	}{
		"version":  {makeWACZ(`"profile":"data-package","wacz_version":"9"`), "neither WACZ 1.1.1 nor 1.2.0"},
		"unlisted": {makeWACZ(wacz120, member{"archive/more.warc", []byte("x")}), "begins with"},
		"doubled":  {makeWACZ(wacz120, member{"pages/pages.jsonl", []byte("{}")}), "same name"},
		"cut":      {good[:len(good)-30], "cannot be read"},
	} {
		ix, _, _ := read(t, DefaultLimits, WACZ, tt.in)
		if ix.Whole || !strings.Contains(strings.Join(ix.Notes, "; "), tt.note) {
			t.Errorf("%s: notes %q, want %q", name, ix.Notes, tt.note)
		}
	}
	changed := bytes.Clone(good) // in the stored WARC, with the archive's own checksum
	z, _ := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	off, _ := z.File[0].DataOffset()
	changed[off+40] ^= 1
	if ix, _, _ := read(t, DefaultLimits, WACZ, changed); ix.Whole {
		t.Error("a changed capture was not noticed")
	}
}

func TestHostileZip(t *testing.T) {
	b := makeZip(member{"../../evil.txt", []byte("evil words")}, member{"/abs", []byte("x")},
		member{`c:\x`, []byte("x")}, member{"ok.html", []byte("<p>fine words")})
	ix, text, ps := read(t, small, ZIP, b)
	if len(ps) != 4 || !strings.Contains(text, "fine words") {
		t.Errorf("%+v %q", ix, text)
	}
	for _, p := range ps[:3] {
		if !strings.Contains(p.Note, "leads out") {
			t.Errorf("%s: note %q", p.At, p.Note)
		}
	}
	ix, _, _ = read(t, small, ZIP, makeZip(member{"bomb", make([]byte, 18<<20)}, member{"after", nil}))
	if ix.Whole || !strings.Contains(strings.Join(ix.Notes, ""), "times its size") {
		t.Errorf("bomb: notes %q", ix.Notes)
	}
	many := make([]member, 100)
	for i := range many {
		many[i] = member{fmt.Sprint(i), []byte("x")}
	}
	if ix, _, ps = read(t, small, ZIP, makeZip(many...)); len(ps) != small.Parts || ix.Whole {
		t.Errorf("%d parts, want %d and a note", len(ps), small.Parts)
	}
	lie := makeZip(member{"x", []byte("x")})
	copy(lie[len(lie)-10:], []byte{0xfe, 0xff, 0xff, 0xff}) // a list of members of four gigabytes
	if ix, _, _ = read(t, small, ZIP, lie); ix.Whole {
		t.Error("a lie about the list of members was believed")
	}
}

func TestRecognise(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{"a.bin", "\n%PDF-1.5", PDF}, {"a.eml", "From: a\r\nTo: b\r\n\r\n", Mail}, {"a.eml", "just words", Text},
		{"a", "WARC/1.0\r\n", WARC}, {"a", string(gz("WARC/1.1\r\n")), WARCGz}, {"a", string(gz("other")),
			"application/gzip"},
		{"a.htm", "<!doctype html><p>", HTML}, {"a.html", "words", HTML}, {"a.csv", "a,b\n", "text/csv"},
		{"a.txt", "From: a\r\nTo: b\r\n\r\n", Text}, {"a", "\x00\x01\x02", "application/octet-stream"}, {"a", "", Text},
		{"x.zip", "PK\x03\x04", ZIP},
	} {
		if got := recognise([]byte(tt.head), tt.name); got != tt.want {
			t.Errorf("recognise(%.12q, %s) = %s, want %s", tt.head, tt.name, got, tt.want)
		}
	}
}

// FuzzRead gives whatever to every reader but the one of PDF, whose sandbox is slow to start:
// nothing panics, and nothing goes beyond its limits.
func FuzzRead(f *testing.F) {
	kinds := []string{Mail, HTML, Text, ZIP, WACZ, WARC, WARCGz}
	f.Add(0, makeMail())
	f.Add(1, []byte("<meta charset=utf-16><title>x</title><p>words"))
	f.Add(3, makeZip(member{"../a", []byte("x")}))
	f.Add(4, makeWACZ(wacz111))
	f.Add(5, []byte(strings.Join(warcRecords, "")))
	f.Add(6, gz(warcRecords...))
	lim := small
	lim.Expanded, lim.Time = 4<<20, 5*time.Second
	f.Fuzz(func(t *testing.T, kind int, b []byte) {
		if bytes.Contains(b, []byte("%PDF-")) || bytes.Contains(bytes.ToLower(b), []byte("pdf")) {
			return
		}
		media := kinds[uint(kind)%uint(len(kinds))]
		ix, text, ps := read(t, lim, media, b)
		for _, n := range ix.Notes {
			if strings.Contains(n, "went wrong") {
				t.Errorf("%s: %s", media, n)
			}
		}
		if len(text) > int(lim.Text) || len(ps) > lim.Parts {
			t.Errorf("%s: %d bytes of text, %d parts", media, len(text), len(ps))
		}
		if !ix.Whole != (len(ix.Notes) > 0) && len(ix.Notes) > 0 {
			t.Errorf("%s: notes %q of a whole index", media, ix.Notes)
		}
	})
}

// FuzzPDF gives whatever to the reader of PDF.
func FuzzPDF(f *testing.F) {
	f.Add(makePDF("words"))
	f.Add([]byte("%PDF-1.4\ntrailer<</Root 1 0 R>>"))
	f.Fuzz(func(t *testing.T, b []byte) { read(t, small, PDF, b) })
}

// TestSlowPDF checks that a document that takes too long is given up, and that the next one
// is read.
func TestSlowPDF(t *testing.T) {
	if ix, _, _ := read(t, DefaultLimits, PDF, makePDF("warm")); !ix.Whole {
		t.Fatalf("index = %+v", ix)
	}
	lim := small
	lim.Time = 150 * time.Millisecond
	ctx, stop := context.WithTimeout(t.Context(), lim.Time)
	defer stop()
	pages := make([]string, 1000)
	for i := range pages {
		pages[i] = strings.Repeat("many words ", 40)
	}
	b := makePDF(pages...)
	start := time.Now()
	ix := scan(ctx, lim, &pdfReader, io.Discard, io.Discard, io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))),
		PDF)
	if ix.Whole || !strings.Contains(strings.Join(ix.Notes, "; "), "took longer than") {
		t.Errorf("after %s: %+v", time.Since(start), ix)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it was given up after %s", took)
	}
	if ix, text, _ := read(t, DefaultLimits, PDF, makePDF("after")); !ix.Whole || !strings.Contains(text, "after") {
		t.Errorf("the next document: %+v", ix)
	}
}
