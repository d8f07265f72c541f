package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

func exampleLeaf(fields ...string) (Leaf, []Opening) {
	l := Leaf{ID: "019cae0307404da96c95aa9f85a1cdb6", Kind: "decision", Time: time.Date(2026, 3, 2, 10, 6, 0, 1000,
		time.UTC)}
	var open []Opening
	for i, f := range fields {
		o := Opening{Name: f, Salt: bytes.Repeat([]byte{byte(i + 1)}, SaltSize), Value: []byte("value of " + f)}
		open, l.Commits = append(open, o), append(l.Commits, o.Commit())
	}
	return l, open
}

// TestLeafVectors compares leaves and their hashes with the golden ones: these bytes are
// for ever, a change of them is a new version.
func TestLeafVectors(t *testing.T) {
	var got bytes.Buffer
	for _, fields := range [][]string{nil, {"content"}, {"actor", "content", "row", "subject"}} {
		l, open := exampleLeaf(fields...)
		b, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		h := Hash(b)
		fmt.Fprintf(&got, "%shash %x\n", b, h[:])
		for _, o := range open {
			fmt.Fprintf(&got, "open %s %x %q\n", o.Name, o.Salt, o.Value)
		}
		got.WriteByte('\n')
	}
	const path = "testdata/leaf-v1.txt"
	if os.Getenv("UPDATE") != "" {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

// TestCommitByHand computes a commitment as somebody with sha256sum would.
func TestCommitByHand(t *testing.T) {
	o := Opening{Name: "content", Salt: bytes.Repeat([]byte{9}, SaltSize), Value: []byte("no")}
	want := sha256.Sum256([]byte("plimsoll.commit/v1\ncontent\n" + strings.Repeat("\x09", 32) + "no"))
	if got := o.Commit().Sum; got != want {
		t.Errorf("commitment %x, want %x", got, want)
	}
}

func TestParseLeafRefuses(t *testing.T) {
	l, _ := exampleLeaf("actor", "content")
	good, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseLeaf(good)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(l, back); d != "" {
		t.Errorf("round trip (-want +got):\n%s", d)
	}
	s := string(good)
	line := strings.SplitAfter(s, "\n")
	for _, tt := range []struct{ name, in string }{
		{"empty", ""},
		{"no line feed", strings.TrimSuffix(s, "\n")},
		{"two line feeds", s + "\n"},
		{"other version", strings.Replace(s, "/v1", "/v2", 1)},
		{"upper-case id", strings.Replace(s, "019cae", "019CAE", 1)},
		{"short id", strings.Replace(s, "019cae", "019ca", 1)},
		{"kind with a space", strings.Replace(s, "kind decision", "kind a b", 1)},
		{"time with a zone", strings.Replace(s, "Z\n", "+00:00\n", 1)},
		{"time with nanoseconds", strings.Replace(s, "000001Z", "000001000Z", 1)},
		{"day that is none", strings.Replace(s, "2026-03-02", "2026-02-30", 1)},
		{"fields out of order", line[0] + line[1] + line[2] + line[3] + line[5] + line[4]},
		{"field twice", line[0] + line[1] + line[2] + line[3] + line[4] + line[4]},
		{"carriage return", strings.Replace(s, "\n", "\r\n", 1)},
		{"hash cut off", s[:len(s)-2] + "\n"},
		{"too long", s + strings.Repeat("x", MaxLeaf)},
	} {
		if _, err := ParseLeaf([]byte(tt.in)); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
}

func TestCheckOpening(t *testing.T) {
	l, open := exampleLeaf("actor", "content")
	for _, o := range open {
		if err := l.Check(o); err != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
	}
	swapped := Opening{Name: "actor", Salt: open[1].Salt, Value: open[1].Value}
	moved := Opening{Name: "content", Salt: open[1].Salt[:31], Value: append([]byte{open[1].Salt[31]},
		open[1].Value...)}
	for _, o := range []Opening{swapped, moved, {Name: "other"}, {Name: "content", Salt: open[1].Salt,
		Value: []byte("x")}} {
		if err := l.Check(o); err == nil {
			t.Errorf("opening %+v passes", o)
		}
	}
}

func TestTilePath(t *testing.T) {
	for _, tt := range []struct {
		path string
		tile Tile
	}{
		{"tile/0/000", Tile{0, 0, 256}},
		{"tile/1/x001/x234/067.p/8", Tile{1, 1234067, 8}},
		{"tile/entries/x001/000", Tile{Entries, 1000, 256}},
		{"tile/entries/999.p/255", Tile{Entries, 999, 255}},
		{"tile/63/000.p/1", Tile{63, 0, 1}},
	} {
		if got := tt.tile.Path(); got != tt.path {
			t.Errorf("Path(%v) = %s, want %s", tt.tile, got, tt.path)
		}
		if got, ok := ParsePath(tt.path); !ok || got != tt.tile {
			t.Errorf("ParsePath(%s) = %v %v, want %v", tt.path, got, ok, tt.tile)
		}
	}
	for _, bad := range []string{"tile/0", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/00", "tile/0/x000/001",
		"tile/0/001/000", "tile/0/000.p/0",
		"tile/0/000.p/256", "tile/0/000.p/08", "tile/0/+01", "tile/entries/000.p/", "checkpoint", "tile/0/000/",
		"tile/0/x123x/001"} {
		if got, ok := ParsePath(bad); ok {
			t.Errorf("ParsePath(%s) = %v, want refusal", bad, got)
		}
	}
}

// TestTilesOfSpecExample counts the tiles of the example in the specification: 70,000
// leaves are 273 full tiles and one of 112, one full and one of 17, and one of 1.
func TestTilesOfSpecExample(t *testing.T) {
	got := map[string]int{}
	for tile := range func(yield func(Tile) bool) { Tiles(70000, yield) } {
		got[fmt.Sprintf("%d/%d", tile.Level, tile.W)]++
		if tile.Part(70000) != tile.W {
			t.Errorf("%v: Part = %d", tile, tile.Part(70000))
		}
	}
	want := map[string]int{"-1/256": 273, "-1/112": 1, "0/256": 273, "0/112": 1, "1/256": 1, "1/17": 1, "2/1": 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("tiles (-want +got):\n%s", d)
	}
}

// TestEdgeRoot compares the root of the edge with x/mod's tree at every size.
func TestEdgeRoot(t *testing.T) {
	var e Edge
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range ix {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for n := int64(0); n < 70000; n++ {
		if n < 1030 || n%4099 == 0 || n == 65536 || n == 65535 {
			want, err := tlog.TreeHash(n, read)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Clone().Root(); got != want {
				t.Fatalf("root of %d leaves = %s, want %s", n, got, want)
			}
		}
		data := fmt.Appendf(nil, "leaf %d", n)
		hs, err := tlog.StoredHashes(n, data, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
		e.Add(n, Hash(data), func(level int, i int64, h tlog.Hash) {
			if want := stored[tlog.StoredHashIndex(8*(level+1), i)]; h != want {
				t.Errorf("tile %d of level %d has hash %s, want %s", i, level, h, want)
			}
		})
	}
}

func TestPin(t *testing.T) {
	p := Pin{Table: "case_note", Key: "id", Value: "7", Columns: []PinColumn{{"text", PinValue("1")},
		{"n", PinValue(int64(1))}, {"raw", PinValue([]byte{1, 0xff})}, {"gone", PinValue(nil)}}}
	back, err := ParsePin(p.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, back); d != "" {
		t.Error(d)
	}
	if p.Columns[0].Value == p.Columns[1].Value {
		t.Error("a text and a number read the same")
	}
	for _, bad := range []Pin{{}, {Table: "a;drop", Key: "b", Columns: p.Columns},
		{Table: "a", Key: "b", Columns: []PinColumn{{Name: "x y"}}}} {
		if bad.Valid() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	gone := Pin{Table: "case_note", Key: "id", Value: "7"}
	if back, err := ParsePin(gone.Encode()); err != nil || !back.Gone() || p.Gone() {
		t.Errorf("a row that is gone reads as %+v, %v", back, err)
	}
}

func FuzzParseLeaf(f *testing.F) {
	l, _ := exampleLeaf("actor", "content")
	b, _ := l.Encode()
	f.Add(b)
	f.Add([]byte(Version + "\nid "))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLeaf(b)
		if err != nil {
			return
		}
		again, err := l.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q is read and written as %q (%v)", b, again, err)
		}
	})
}

func FuzzParseReceipt(f *testing.F) {
	l, open := exampleLeaf("actor", "content")
	b, _ := l.Encode()
	r := Receipt{Index: 3, Proof: []tlog.Hash{Hash(nil), Hash(b)}, Checkpoint: []byte("o\n4\nx\n\n— o AAAA\n"), Leaf: b,
		Openings: open}
	f.Add(r.Encode())
	r.Leaf, r.Openings, r.Extra = nil, nil, []byte("other")
	f.Add(r.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReceipt(b)
		if err == nil && !bytes.Equal(r.Encode(), b) {
			t.Errorf("%q is read and written as %q", b, r.Encode())
		}
	})
}

func FuzzParseBundle(f *testing.F) {
	b, _ := Bundle([][]byte{[]byte("a"), {}, bytes.Repeat([]byte("b"), 300)})
	f.Add(b)
	f.Add(b[:5])
	f.Fuzz(func(t *testing.T, b []byte) {
		es, err := ParseBundle(b)
		if err != nil {
			return
		}
		if again, err := Bundle(es); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is read and written as %x (%v)", b, again, err)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"tile/0/000", "tile/entries/x001/234.p/7", hex.EncodeToString([]byte("x"))} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if tile, ok := ParsePath(s); ok && tile.Path() != s {
			t.Errorf("%q is read as %q", s, tile.Path())
		}
	})
}
