package notice

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
)

// loose is a box without a database, for what is read before one is needed.
func loose(t testing.TB) *Box {
	key, _, err := NewKey("ada", "ben")
	if err != nil {
		t.Fatal(err)
	}
	l := DefaultLimits
	return &Box{cfg: Config{Now: time.Now, Key: key, Dir: t.TempDir(), Limits: l}, secrets: secrets{make([]byte, 32)},
		work: newWorkshop(), readers: readers{most: 5}}
}

// FuzzForm reads whatever comes as a form: no panic, limits hold, what is taken is clean.
func FuzzForm(f *testing.F) {
	b := loose(f)
	form := func(fields ...string) []byte {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		_ = w.SetBoundary("b")
		_ = w.WriteField("token", b.Form())
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] == "file" {
				p, _ := w.CreateFormFile("file", "x")
				_, _ = io.WriteString(p, fields[i+1])
				continue
			}
			_ = w.WriteField(fields[i], fields[i+1])
		}
		_ = w.Close()
		return body.Bytes()
	}
	f.Add(form("what", "Something happens.", "about", "x", "contact", "code"))
	f.Add(form("what", "x", "file", "text", "file", "more", "contact", "sealed", "reach", "y"))
	f.Add(form("what", "\x00\xff"))
	f.Add([]byte("--b\r\n\r\n--b--"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		end := &ending{r: bytes.NewReader(body), most: 9}
		d := &draft{id: newID(), whole: func() bool { return end.is("b") }}
		r := multipart.NewReader(end, "b")
		if _, err := b.readToken(r, d); err != nil {
			return
		}
		err := b.readForm(context.Background(), r, d)
		b.release(d.bytes)
		if err != nil {
			return
		}
		if d.said.What == "" || len(d.files) > b.cfg.Limits.Files || d.bytes > b.cfg.Limits.AllBytes ||
			d.contact == "" {
			t.Fatalf("taken: %+v", d)
		}
		text := Text{ID: d.id, To: "x", Said: d.said, Files: d.files}
		back, err := ParseText(text.Encode())
		if err != nil || back.Said != d.said || len(back.Files) != len(d.files) {
			t.Fatalf("the text of a notice does not come back: %v\n%s", err, text.Encode())
		}
	})
}

// FuzzText reads whatever comes as the text of a notice: what is read is written the same.
func FuzzText(f *testing.F) {
	f.Add(Text{ID: "N-00000000", To: "Harbour Cloud", Said: Statement{"a", "b\n\nc", "d", "e"},
		Files: []File{{N: 1, SHA256: strings.Repeat("a", 64), Bytes: 3}}}.Encode())
	f.Add([]byte(Version + "\nid N-00000000\nto x\n"))
	f.Add([]byte(coarseVersion + "\nid N-00000000\nto x\nreceived 2026-11-30T21:42:16.123456Z\nwhat\n| y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := ParseText(b)
		if err == nil && !bytes.Equal(text.Encode(), b) {
			t.Fatalf("read %q, written %q", b, text.Encode())
		}
	})
}

// FuzzCode reads whatever comes as a code: a code has one form, and is read from its own.
func FuzzCode(f *testing.F) {
	s := secrets{make([]byte, 32)}
	f.Add(spaced(letters(make([]byte, 15), codeChars)))
	f.Add("oOlLiI11-0000 zzzz-ZZZZ\n9999-9999")
	f.Fuzz(func(t *testing.T, text string) {
		code, err := parseCode(text)
		if err == nil {
			again, err := parseCode(spaced(code))
			if err != nil || again != code || len(code) != codeChars {
				t.Fatalf("%q is read as %q, that as %q", text, code, again)
			}
		}
		if _, err := s.parseToken(text, time.Now()); err == nil {
			t.Fatalf("%q is taken for a token", text)
		}
	})
}

// example is a receipt of the first leaf of a log of one leaf. Its checkpoint is signed by
// nobody: that is for who verifies.
func example(t testing.TB) Receipt {
	secret, vkey, err := ledger.GenerateKey("plimsoll/example")
	if err != nil || secret == "" {
		t.Fatal(err)
	}
	open := format.Opening{Name: ledger.FieldContent, Salt: make([]byte, format.SaltSize), Value: Text{ID: "N-00000000",
		To: "Harbour Cloud", Said: Statement{What: "Something\n\n----- proof -----\n    happens."}}.Encode()}
	leaf, err := format.Leaf{ID: strings.Repeat("0", 32), Kind: ledger.Notice, Time: time.Date(2032, 7, 2, 9, 0, 0, 0,
		time.UTC), Commits: []format.Commit{open.Commit()}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h := tlog.RecordHash(leaf)
	return Receipt{VKey: vkey, Proof: format.Receipt{Leaf: leaf, Openings: []format.Opening{open},
		Checkpoint: []byte("plimsoll/example\n1\n" + h.String() + "\n\n— x y\n")}}
}

// FuzzReceipt reads whatever comes as a receipt: what is read is written the same.
func FuzzReceipt(f *testing.F) {
	r := example(f)
	b, err := r.Encode()
	if err != nil {
		f.Fatal(err)
	}
	if back, err := ParseReceipt(b); err != nil || back.VKey != r.VKey {
		f.Fatalf("%v", err)
	}
	f.Add(b)
	r.Proof.Openings = nil
	if b, err = r.Encode(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(ReceiptHeader + "\n\n" + proofLine + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read %q, written %q, %v", b, again, err)
		}
	})
}

// TestReceiptBytes changes every byte of a receipt in turn: none is read as it was.
func TestReceiptBytes(t *testing.T) {
	b, err := example(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	want, err := ParseReceipt(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 1
		got, err := ParseReceipt(c)
		if err == nil && bytes.Equal(got.Proof.Encode(), want.Proof.Encode()) && got.VKey == want.VKey {
			t.Errorf("byte %d (%q) was changed and nobody noticed", i, b[max(0, i-10):min(len(b), i+10)])
		}
	}
}

// FuzzSealed reads whatever comes as a key, a share and a sealed file.
func FuzzSealed(f *testing.F) {
	key, shares, err := NewKey("ada", "ben")
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := key.seal("N-00000000", "contact", []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key.Encode())
	f.Add(shares[0].Encode())
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := ParseKey(b); err == nil && !bytes.Equal(k.Encode(), b) {
			t.Fatalf("key %q", b)
		}
		if s, err := ParseShare(b); err == nil && !bytes.Equal(s.Encode(), b) {
			t.Fatalf("share %q", b)
		}
		if _, err := Unseal(b, shares...); err == nil && !bytes.Equal(b, sealed) {
			t.Fatalf("unsealed %q", b)
		}
	})
}
