package record

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

func read(t *testing.T, in string) (string, int) {
	t.Helper()
	changed := 0
	b, err := io.ReadAll(UTF8(strings.NewReader(in), &changed))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), changed
}

func TestUTF8(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		changed        int
	}{
		{"plain", "a\nb", "a\nb", 0},
		{"utf-8", "é\nЖ", "é\nЖ", 0},
		{"windows-1252", "caf\xe9\n\x93x\x94\nok", "café\n“x”\nok", 2},
		{"a character at the end of the buffer", strings.Repeat("x", 65535) + "é" + strings.Repeat("y", 10),
			strings.Repeat("x", 65535) + "é" + strings.Repeat("y", 10), 0},
		{"a long line of long characters", strings.Repeat("€", 70000), strings.Repeat("€", 70000), 0},
		{"cut at the end of the file", "x\xe2\x82", "xâ‚", 1},
	} {
		got, changed := read(t, tt.in)
		if got != tt.want || changed != tt.changed {
			t.Errorf("%s: %d bytes, %d lines changed; want %d bytes, %d", tt.name, len(got), changed, len(tt.want),
				tt.changed)
		}
	}
}

func FuzzUTF8(f *testing.F) {
	f.Add([]byte("caf\xe9\nb"), 3)
	f.Add([]byte(strings.Repeat("€", 30000)), 1)
	f.Fuzz(func(t *testing.T, in []byte, pad int) {
		text := strings.Repeat("x", max(0, pad%70000)) + string(in)
		changed := 0
		out, err := io.ReadAll(UTF8(strings.NewReader(text), &changed))
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(out) {
			t.Fatal("the result is not UTF-8")
		}
		if utf8.ValidString(text) && string(out) != text {
			t.Fatal("valid text was changed")
		}
	})
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) Source {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return Source{Path: p, Name: name}
	}
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write([]byte("\xef\xbb\xbfa,b\n"))
	z.Close()
	utf16 := []byte{0xff, 0xfe, 'a', 0, ',', 0, 'b', 0, '\n', 0}
	for _, s := range []Source{write("plain.csv", []byte("a,b\n")), write("bom.csv", []byte("\xef\xbb\xbfa,b\n")),
		write("misnamed.csv", gz.Bytes()), write("x.gz", []byte("a,b\n")), write("utf16.csv", utf16),
		write("utf16unmarked.csv", []byte{'a', 0, ',', 0, 'b', 0, '\n', 0}), write("utf16be.csv", []byte{0, 'a', 0, ',',
			0, 'b', 0, '\n'}),
		write("utf32.csv", []byte{0xff, 0xfe, 0, 0, 'a', 0, 0, 0, ',', 0, 0, 0, 'b', 0, 0, 0, '\n', 0, 0, 0})} {
		head, err := s.Head()
		if err != nil || string(head) != "a,b\n" {
			t.Errorf("%s: %q, %v", s.Name, head, err)
		}
	}
	if _, err := write("empty", []byte(" \n")).Head(); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty file: %v", err)
	}
	if _, err := write("cut.gz", gz.Bytes()[:8]).Head(); err == nil {
		t.Error("a truncated gzip header must be an error")
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, n := range []string{"b.json", "a.json", "__MACOSX/x", ".c.json"} {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(n))
	}
	z.Close()
	for name, b := range map[string][]byte{"x/one.csv": []byte("1"), "x/.hidden": []byte("2"), "x/.git/a": []byte("3"),
		"x/.plimsoll-1/b": []byte("4"), "x/all.zip": archive.Bytes()} {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Find([]string{filepath.Join(dir, "x"), filepath.Join(dir, "x", "one.csv")})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var unseen []string
	for i, s := range got {
		if s.Hidden > 0 {
			unseen = append(unseen, s.Name+": "+s.Skipped)
		} else if names = append(names, s.Name); s.Index != i || len(s.SHA256) != 64 {
			t.Errorf("%+v", s)
		}
	}
	for i, want := range []string{"x/all.zip: 2 hidden files in it: __MACOSX/x, .c.json",
		"x: 1 hidden file and 1 hidden folder in it: x/.git/, x/.hidden"} {
		if len(unseen) != 2 || !strings.HasPrefix(unseen[i], want) {
			t.Errorf("hidden: %q, want %q in it", unseen, want)
		}
	}
	if want := "x/all.zip!a.json x/all.zip!b.json x/one.csv"; strings.Join(names, " ") != want {
		t.Errorf("found %v, want %s", names, want)
	}
	if _, err := Find([]string{filepath.Join(dir, "missing")}); err == nil {
		t.Error("a missing path must be an error")
	}
}

// TestFindSkipped: what is no file is listed with the reason, and opening it does not wait.
func TestFindSkipped(t *testing.T) {
	dir := t.TempDir()
	in, other := filepath.Join(dir, "in"), filepath.Join(dir, "other disk")
	for _, err := range []error{os.MkdirAll(in, 0o755), os.MkdirAll(other, 0o755),
		os.WriteFile(filepath.Join(in, "a[1].csv"), []byte("1"), 0o644),
		os.WriteFile(filepath.Join(other, "b.csv"), []byte("2"), 0o644), syscall.Mkfifo(filepath.Join(in, "pipe.csv"),
			0o644),
		os.Symlink(filepath.Join(dir, "gone.csv"), filepath.Join(in, "dead.csv")),
		os.Symlink(other, filepath.Join(in, "linked")),
		os.Symlink(in, filepath.Join(in, "round")), os.Symlink(filepath.Join(other, "b.csv"),
			filepath.Join(in, "file.csv"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := Find([]string{in})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"in/a[1].csv": "", "in/file.csv": "", "in/pipe.csv": "a named pipe",
		"in/dead.csv": "gone.csv, where nothing", "in/linked": "other disk, which is not followed",
		"in/round": "not followed"}
	for _, s := range got {
		why, ok := want[s.Name]
		delete(want, s.Name)
		if !ok || (why == "") != (s.Skipped == "") || !strings.Contains(s.Skipped, why) {
			t.Errorf("%s: skipped because %q", s.Name, s.Skipped)
		}
		if _, err := s.Head(); (err == nil) != (why == "") {
			t.Errorf("open %s: %v", s.Name, err)
		}
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}

// TestArchive: thousands of members are opened in any order and at once, each with its own bytes;
// afterwards the file is closed, and can be opened again.
func TestArchive(t *testing.T) {
	const members = 4000
	path := filepath.Join(t.TempDir(), "many.zip")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for n := range members {
		w, err := z.Create(fmt.Sprintf("d/%d.csv", n))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(w, "member %d", n)
	}
	if err := errors.Join(z.Close(), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	got, err := Find([]string{path})
	if err != nil || len(got) != members {
		t.Fatal(len(got), err)
	}
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for i := part; i < members; i += 4 {
				b, err := got[i].Head()
				if want := "member " + strings.TrimSuffix(lastName(got[i].Member), ".csv"); err != nil ||
					string(b) != want {
					t.Errorf("%s: %q, %v", got[i].Name, b, err)
				}
			}
		})
	}
	all.Wait()
	if f := got[0].zip.file; f.f != nil || f.readers != 0 {
		t.Errorf("the archive is still open for %d readers", f.readers)
	}
	if b, err := (Source{Path: path, Member: "d/17.csv"}).Head(); err != nil || string(b) != "member 17" {
		t.Errorf("a member by its name alone: %q, %v", b, err)
	}
	if _, err := (Source{Path: path, Member: "none"}).Head(); err == nil {
		t.Error("a member that is not there was opened")
	}
}

func lastName(member string) string { return member[strings.LastIndexByte(member, '/')+1:] }

func TestDecimal(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"12", "12"}, {"-12.340", "-12.340"}, {"+5", "5"}, {"1.5e3", "1500"}, {"3.1E-3", "0.0031"},
		{"0.123456789012", "0.123456789012"},
	} {
		if got, err := ParseDecimal(tt.in); err != nil || string(got) != tt.want {
			t.Errorf("ParseDecimal(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"1,5", "3501.872.63", "0x1p4", "1_000", "NaN", "Inf", "1e99999999", "1/3", "--1", "."} {
		if got, err := ParseDecimal(in); err == nil {
			t.Errorf("ParseDecimal(%q) = %q, want an error", in, got)
		}
	}
}

func TestDate(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		zone     bool
	}{
		{"2031-05-17", "2031-05-17", true}, {"2031-05", "2031-05", true}, {"2031", "2031", true}, {"", "", false},
		{"2019-11-25T17:20:38.1197059Z", "2019-11-25T17:20:38Z", true}, {"2019-11-25T17:20:38-06:00",
			"2019-11-25T23:20:38Z", true},
		{"2024-09-18 23:00:00", "2024-09-18T23:00:00Z", false}, {"2023-11-13T10:00Z", "2023-11-13T10:00:00Z", true},
		{"2024-01-01 00:00:00 UTC", "2024-01-01T00:00:00Z", true},
	} {
		got, err := ParseDate(tt.in)
		if err != nil || got.String() != tt.want || got.Zone != tt.zone {
			t.Errorf("ParseDate(%q) = %q zone %t, %v; want %q zone %t", tt.in, got, got.Zone, err, tt.want, tt.zone)
		}
	}
	for _, in := range []string{"17.05.2031", "05/17/2031", "yesterday", "2031-13-01", "0000-13-45x"} {
		if got, err := ParseDate(in); err == nil {
			t.Errorf("ParseDate(%q) = %q, want an error", in, got)
		}
	}
}

// Packed files are told by their first bytes and not by their names; one that is cut or changed is damaged, not short.
func TestUnpack(t *testing.T) {
	const text = "a,b\n1,2\n"
	const bzip2 = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xbf\x87\x40\x7f\x00\x00\x03\x59\x00\x00\x10\x00\x04\x30\x00\x30\x00\x20\x00\x30\xc0\x08\x69\xb2\x88\x23\x27\x8b\xb9\x22\x9c\x28\x48\x5f\xc3\xa0\x3f\x80"
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zst := string(w.EncodeAll([]byte(text), nil))
	skip := "\x50\x2a\x4d\x18\x01\x00\x00\x00x"
	for _, tt := range []struct {
		name, in string
		damaged  bool
	}{
		{"bzip2", bzip2, false},
		{"bzip2 cut", bzip2[:len(bzip2)-6], true},
		{"Zstandard", zst, false},
		{"Zstandard behind a skippable frame", skip + zst, false},
		{"Zstandard cut", zst[:len(zst)-3], true},
		{"Zstandard changed", zst[:len(zst)-1] + "?", true},
		{"a word that begins as bzip2", "BZh is no magic", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, []byte(tt.in), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Source{Path: path, Name: "x"}.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, err := io.ReadAll(r)
			if tt.damaged {
				if !Damaged(err) {
					t.Errorf("read %q, %v; it is damaged", got, err)
				}
				return
			}
			if err != nil || string(got) != text && string(got) != tt.in {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

// FuzzUnpack gives arbitrary bytes to the unpackers: they end, and what is no text is damage.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte("BZh9\x31\x41"))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 4, 0})
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		text, done, err := Bounds{Size: 1 << 20}.decode(bytes.NewReader(in), leastBuffer)
		if err != nil {
			return
		}
		defer done()
		if _, err := io.Copy(io.Discard, text); err != nil && !Damaged(err) {
			t.Errorf("%v is no damage", err)
		}
	})
}

// FuzzFind lists any file as an archive would be: no panic, and each source has a hash, a damage or a reason.
func FuzzFind(f *testing.F) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"a.csv", "b/.c", "[x]/d.json"} {
		w, err := z.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		_, _ = w.Write([]byte(name))
	}
	z.Close()
	f.Add(archive.Bytes())
	f.Add([]byte("PK\x03\x04"))
	one := tarred(f, tarEntry{name: "a/b.csv", text: "1,2"}, tarEntry{name: "a/b.csv", text: "3"})
	f.Add(one)
	f.Add(gzipped(f, one))
	f.Add(one[:1200])
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "m.zip")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		sources, err := Find([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sources {
			if s.SHA256 == "" && s.Damage == "" && s.Skipped == "" || s.Name == "" {
				t.Fatalf("%+v", s)
			}
			head, _ := s.Head()
			Looks(head)
		}
	})
}
