package format

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Height and Width of a tile (C2SP tlog-tiles, "Merkle Tree": 256 hashes, 8,192 bytes).
const (
	Height = 8
	Width  = 1 << Height
)

// Entries is the level that stands for bundles of entries in a Tile.
const Entries = -1

// CheckpointPath is where the newest checkpoint is published.
const CheckpointPath = "checkpoint"

// A Tile names one file of a published log.
type Tile struct {
	Level int   // 0 to 63, or Entries
	N     int64 // which of its level
	W     int   // how many hashes or entries it holds, 1 to Width
}

// Path is where the tile is published: tile/L/N or tile/L/N.p/W.
func (t Tile) Path() string {
	level := "entries"
	if t.Level != Entries {
		level = strconv.Itoa(t.Level)
	}
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	p := "tile/" + level + "/" + n
	if t.W != Width {
		p += ".p/" + strconv.Itoa(t.W)
	}
	return p
}

// ParsePath is the inverse of Path.
func ParsePath(path string) (Tile, bool) {
	t := Tile{W: Width}
	rest, ok := strings.CutPrefix(path, "tile/")
	level, number, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return t, false
	}
	if level == "entries" {
		t.Level = Entries
	} else if l, err := strconv.Atoi(level); err == nil && l >= 0 && l < 64 {
		t.Level = l
	} else {
		return t, false
	}
	number, width, partial := strings.Cut(number, ".p/")
	if partial {
		w, err := strconv.Atoi(width)
		if err != nil || w < 1 || w >= Width {
			return t, false
		}
		t.W = w
	}
	group := strings.Split(number, "/")
	if len(group) > 6 {
		return t, false
	}
	for i, g := range group {
		if i < len(group)-1 {
			g = strings.TrimPrefix(g, "x")
		}
		n, err := strconv.ParseUint(g, 10, 16)
		if err != nil || len(g) != 3 {
			return t, false
		}
		t.N = t.N*1000 + int64(n)
	}
	return t, t.Path() == path
}

// Part is how many hashes of the tile a tree of a size fills (0 to Width).
func (t Tile) Part(size int64) int {
	level := max(t.Level, 0)
	if level > 7 { // 256^8 leaves do not fit in an int64
		return 0
	}
	return int(min(max(size>>(Height*level)-t.N*Width, 0), Width))
}

// Tiles lists the tiles that a tree of a size has, entries first, then level by level; the
// last of a level may be partial.
func Tiles(size int64, yield func(Tile) bool) {
	for level := Entries; level < 8; level++ {
		n := size >> (Height * max(level, 0))
		if n == 0 {
			return
		}
		for i := int64(0); i*Width < n; i++ {
			if !yield(Tile{Level: level, N: i, W: int(min(n-i*Width, Width))}) {
				return
			}
		}
	}
}

// Bundle packs entries (tlog-tiles, "Log entries": big-endian uint16 length, then bytes).
func Bundle(leaves [][]byte) ([]byte, error) {
	n := 0
	for _, l := range leaves {
		n += 2 + len(l)
	}
	b := make([]byte, 0, n)
	for _, l := range leaves {
		if len(l) > MaxLeaf {
			return nil, fmt.Errorf("bundle entries: an entry of %d bytes is longer than %d", len(l), MaxLeaf)
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(l)))
		b = append(b, l...)
	}
	return b, nil
}

// ParseBundle unpacks entries. The slices point into b. On an error it returns the entries
// before the damage.
func ParseBundle(b []byte) ([][]byte, error) {
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 2 {
			return out, fmt.Errorf("the length of entry %d is cut off", len(out))
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b)-2 < n {
			return out, fmt.Errorf("entry %d is cut off: %d of %d bytes are there", len(out), len(b)-2, n)
		}
		if len(out) == Width {
			return out, fmt.Errorf("more than %d entries", Width)
		}
		out = append(out, b[2:2+n:2+n])
		b = b[2+n:]
	}
	return out, nil
}

// Hashes packs the hashes of a tile.
func Hashes(hs []tlog.Hash) []byte {
	b := make([]byte, 0, len(hs)*tlog.HashSize)
	for _, h := range hs {
		b = append(b, h[:]...)
	}
	return b
}

// ParseHashes unpacks the hashes of a tile.
func ParseHashes(b []byte) ([]tlog.Hash, error) {
	if len(b)%tlog.HashSize != 0 || len(b) > Width*tlog.HashSize {
		return nil, fmt.Errorf("%d bytes are not a row of at most %d hashes", len(b), Width)
	}
	hs := make([]tlog.Hash, len(b)/tlog.HashSize)
	for i := range hs {
		copy(hs[i][:], b[i*tlog.HashSize:])
	}
	return hs, nil
}

// Fold is the RFC 6962 tree hash over hashes that are complete subtrees of one size, with
// the hash of what stands to the right of them, if anything does.
func Fold(hs []tlog.Hash, right *tlog.Hash) *tlog.Hash {
	acc := right
	for n := len(hs); n > 0; {
		k := n & -n // the smallest complete subtree at the right end
		h := complete(hs[n-k : n])
		if acc != nil {
			h = tlog.NodeHash(h, *acc)
		}
		acc = &h
		n -= k
	}
	return acc
}

// complete hashes a power of two of hashes.
func complete(hs []tlog.Hash) tlog.Hash {
	if len(hs) == 1 {
		return hs[0]
	}
	row := make([]tlog.Hash, len(hs)/2)
	for i := range row {
		row[i] = tlog.NodeHash(hs[2*i], hs[2*i+1])
	}
	for len(row) > 1 {
		for i := range len(row) / 2 {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
		row = row[:len(row)/2]
	}
	return row[0]
}

// An Edge is the right edge of a tree: of each level the hashes that do not yet fill a tile.
type Edge [][]tlog.Hash

// Add puts the hash of the next leaf on the edge. When a tile fills, full (if not nil) gets
// its level, number and hash: the number counts the full tiles of that level.
func (e *Edge) Add(size int64, h tlog.Hash, full func(level int, n int64, h tlog.Hash)) {
	n := size
	for level := 0; ; level++ {
		if level == len(*e) {
			*e = append(*e, nil)
		}
		(*e)[level] = append((*e)[level], h)
		if len((*e)[level]) < Width {
			return
		}
		h = complete((*e)[level])
		(*e)[level] = (*e)[level][:0]
		n >>= Height
		if full != nil {
			full(level, n, h)
		}
	}
}

// Root is the RFC 6962 tree hash.
func (e Edge) Root() tlog.Hash {
	var acc *tlog.Hash
	for _, hs := range e {
		acc = Fold(hs, acc)
	}
	if acc == nil {
		h, _ := tlog.TreeHash(0, nil) // H(""), RFC 6962 section 2.1
		return h
	}
	return *acc
}

// Clone copies the edge.
func (e Edge) Clone() Edge {
	out := make(Edge, len(e))
	for i, hs := range e {
		out[i] = append(make([]tlog.Hash, 0, Width), hs...)
	}
	return out
}
