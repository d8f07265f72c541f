package notice

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"plimsoll/internal/evidence"
)

const secret = "GPS 12.5N 77.1E at the mill, by J."

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for x := range 40 {
		for y := range 30 {
			m.Set(x, y, color.RGBA{uint8(6 * x), uint8(8 * y), 90, 255})
		}
	}
	return m
}

// tellingJPEG has the secret in EXIF, XMP, a comment and after its end, where a ZIP begins too.
func tellingJPEG(t testing.TB) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(), nil); err != nil {
		t.Fatal(err)
	}
	segment := func(marker byte, text string) []byte {
		s := []byte{0xff, marker}
		s = binary.BigEndian.AppendUint16(s, uint16(len(text)+2))
		return append(s, text...)
	}
	out := append([]byte{}, b.Bytes()[:2]...)
	out = append(out, segment(0xe1, "Exif\x00\x00II*\x00"+secret)...)
	out = append(out, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret)...)
	out = append(out, segment(0xfe, secret)...)
	out = append(out, b.Bytes()[2:]...)
	return append(out, "PK\x03\x04"+secret...)
}

func chunk(kind, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, kind...)
	b = append(b, data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(kind+data)))
}

// tellingPNG has the secret in text, EXIF and after its end.
func tellingPNG(t testing.TB) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture()); err != nil {
		t.Fatal(err)
	}
	head := 8 + 25 // signature and IHDR
	out := append([]byte{}, b.Bytes()[:head]...)
	out = append(out, chunk("tEXt", "Author\x00"+secret)...)
	out = append(out, chunk("eXIf", "II*\x00"+secret)...)
	out = append(out, b.Bytes()[head:]...)
	return append(out, secret...)
}

// tellingPDF says "The words of the memo" on its page, and the secret everywhere else.
func tellingPDF() []byte {
	var b bytes.Buffer
	at := []int{}
	object := func(s string) {
		at = append(at, b.Len())
		b.WriteString(s)
	}
	b.WriteString("%PDF-1.4\n")
	object("1 0 obj\n<< /Type /Catalog /Pages 2 0 R /Metadata 6 0 R >>\nendobj\n")
	object("2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n")
	object("3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F " +
		"5 0 R >> >> >>\nendobj\n")
	page := "BT /F 12 Tf 20 100 Td (The words of the memo) Tj ET"
	object("4 0 obj\n<< /Length " + itoa(len(page)) + " >>\nstream\n" + page + "\nendstream\nendobj\n")
	object("5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n")
	object("6 0 obj\n<< /Type /Metadata /Subtype /XML /Length " + itoa(len(secret)) + " >>\nstream\n" + secret +
		"\nendstream\nendobj\n")
	object("7 0 obj\n<< /Author (" + secret + ") /Producer (" + secret + ") >>\nendobj\n")
	xref := b.Len()
	b.WriteString("xref\n0 8\n0000000000 65535 f \n")
	for _, a := range at {
		s := itoa(a)
		b.WriteString(strings.Repeat("0", 10-len(s)) + s + " 00000 n \n")
	}
	b.WriteString("trailer\n<< /Size 8 /Root 1 0 R /Info 7 0 R >>\nstartxref\n" + itoa(xref) + "\n%%EOF\n")
	return b.Bytes()
}

func itoa(n int) string {
	s := ""
	for ; n > 0 || s == ""; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

// bomb is a small PNG that claims to be 60,000 pixels wide and high.
func bomb() []byte {
	head := "\x00\x00\xea\x60\x00\x00\xea\x60\x08\x02\x00\x00\x00"
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head)...)
	return append(append(out, chunk("IDAT", "x")...), chunk("IEND", "")...)
}

// TestWorkingCopies: the working copy shows what a person sees in the file and tells nothing
// else; what cannot be stripped has none and says so.
func TestWorkingCopies(t *testing.T) {
	w := newWorkshop()
	defer w.close()
	for _, tt := range []struct {
		name, media, kind string
		file              []byte
		has               string
	}{
		{"picture", "image/jpeg", "jpg", tellingJPEG(t), ""},
		{"drawing", "image/png", "png", tellingPNG(t), ""},
		{"document", evidence.PDF, "txt", tellingPDF(), "The words of the memo"},
		{"text", evidence.Text, "txt", []byte("\ufeffthe words\n"), "the words\n"},
		{"page", evidence.Text, "txt", []byte("<html><script>alert(1)</script>"), "<html><script>"},
		{"zip", "application/zip", "", []byte("PK\x03\x04 a bomb"), ""},
		{"program", "application/octet-stream", "", []byte("\x7fELF\x02\x01\x01\x00"), ""},
		{"a picture by its name only", "application/octet-stream", "", []byte("GIF89\x00\x01\x02\xff"), ""},
		{"broken picture", "image/jpeg", "", tellingJPEG(t)[:300], ""},
		{"pixel bomb", "image/png", "", bomb(), ""},
		{"broken document", evidence.PDF, "", []byte("%PDF-1.7 and nothing else"), ""},
		{"text that goes on as something else", "application/octet-stream", "", []byte("words\n\x00\x01\x02 program"),
			""},
		{"sound", "audio/mpeg", "", []byte("ID3\x04\x00\x00\x00"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			media := mediaOf(tt.file)
			if media != tt.media {
				t.Errorf("taken for %s, want %s", media, tt.media)
			}
			got, kind, note, err := w.copyOf(context.Background(), tt.file, media)
			if err != nil || kind != tt.kind || note == "" || (kind == "") != (len(got) == 0) {
				t.Fatalf("%q %d bytes, %q, %v", kind, len(got), note, err)
			}
			for _, word := range []string{secret, "Exif", "PK\x03", "tEXt", "eXIf", "mill"} {
				if bytes.Contains(got, []byte(word)) {
					t.Errorf("the working copy holds %q", word)
				}
			}
			if !bytes.Contains(got, []byte(tt.has)) {
				t.Errorf("the working copy says %.200q", got)
			}
			if kind == "jpg" || kind == "png" {
				m, _, err := image.Decode(bytes.NewReader(got))
				if err != nil || m.Bounds().Dx() != 40 || m.Bounds().Dy() != 30 {
					t.Errorf("it shows %v, %v", m.Bounds(), err)
				}
			}
		})
	}
}

// FuzzWorking makes working copies of whatever comes: no panic, and a picture holds nothing
// after its end.
func FuzzWorking(f *testing.F) {
	for _, b := range [][]byte{tellingJPEG(f), tellingPNG(f), bomb(), []byte("text"), []byte("PK\x03\x04"), {},
		[]byte("\xff\xd8\xff")} {
		f.Add(b)
	}
	w := newWorkshop()
	f.Fuzz(func(t *testing.T, b []byte) {
		media := mediaOf(b)
		if media == evidence.PDF {
			return // the sandbox of evidence has a target of its own
		}
		got, kind, note, err := w.copyOf(context.Background(), b, media)
		if err != nil || note == "" || kind == "" && got != nil {
			t.Fatalf("%q, %q, %v", kind, note, err)
		}
		if kind == "txt" && !isText(got) {
			t.Error("a text that is none")
		}
		if kind == "png" && !bytes.HasSuffix(got, []byte("IEND\xaeB`\x82")) || kind == "jpg" &&
			!bytes.HasSuffix(got, []byte("\xff\xd9")) {
			t.Error("something stands after the picture")
		}
	})
}
