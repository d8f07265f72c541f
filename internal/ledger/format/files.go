package format

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/mod/sumdb/tlog"
)

// Files reads a published log from a folder. As a tlog.TileReader it hands out what the
// files say; tlog.TileHashReader checks every tile against the signed root before use.
type Files struct{ FS fs.FS }

// ReadTile reads the hashes or entries of a tile: the file of that width, or the full one
// that has replaced it, cut to the width. It names the file that it read.
func (f Files) ReadTile(t Tile) (data []byte, path string, err error) {
	path = t.Path()
	data, err = fs.ReadFile(f.FS, path)
	if t.W < Width && errors.Is(err, fs.ErrNotExist) {
		full := Tile{Level: t.Level, N: t.N, W: Width}
		b, err2 := fs.ReadFile(f.FS, full.Path())
		if err2 != nil {
			return nil, path, err
		}
		if b, err = cut(full, b, t.W); err != nil {
			return nil, full.Path(), err
		}
		return b, full.Path(), nil
	}
	return data, path, err
}

// cut shortens the content of a tile.
func cut(t Tile, b []byte, w int) ([]byte, error) {
	if t.Level != Entries {
		if len(b) < w*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes, at least %d are needed", t.Path(), len(b), w*tlog.HashSize)
		}
		return b[:w*tlog.HashSize], nil
	}
	es, err := ParseBundle(b)
	if err != nil || len(es) < w {
		return nil, fmt.Errorf("%s has %d entries, at least %d are needed", t.Path(), len(es), w)
	}
	n := 0
	for _, e := range es[:w] {
		n += 2 + len(e)
	}
	return b[:n], nil
}

// Entry reads one entry of a tree of a size.
func (f Files) Entry(index, size int64) ([]byte, error) {
	t := Tile{Level: Entries, N: index / Width}
	t.W = t.Part(size)
	b, path, err := f.ReadTile(t)
	if err != nil {
		return nil, fmt.Errorf("read entry %d: %w", index, err)
	}
	es, err := ParseBundle(b)
	if err != nil || len(es) <= int(index%Width) {
		return nil, fmt.Errorf("read entry %d: %s does not hold it", index, path)
	}
	return es[index%Width], nil
}

// Hashes is a reader of the tree of a checkpoint; what it returns is proven by the root.
func (f Files) Hashes(c Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, f)
}

// Height of a tile.
func (f Files) Height() int { return Height }

// ReadTiles reads tiles for tlog.TileHashReader.
func (f Files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		b, path, err := f.ReadTile(Tile{Level: t.L, N: t.N, W: t.W})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if len(b) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("read %s: it has %d bytes, not %d", path, len(b), t.W*tlog.HashSize)
		}
		out[i] = b
	}
	return out, nil
}

// SaveTiles keeps nothing.
func (f Files) SaveTiles([]tlog.Tile, [][]byte) {}

// Missing names the files that a published tree of a size needs and that are not there. A full tile stands for the
// partial ones before it.
func (f Files) Missing(size int64) (out []string, err error) {
	look := func(level int, leaves int64) error { // leaves: how many hashes or entries the level holds
		for n := int64(0); n*Width < leaves; n++ {
			t := Tile{Level: level, N: n, W: int(min(Width, leaves-n*Width))}
			_, err := fs.Stat(f.FS, t.Path())
			if errors.Is(err, fs.ErrNotExist) && t.W < Width {
				_, err = fs.Stat(f.FS, Tile{Level: level, N: n, W: Width}.Path())
			}
			if errors.Is(err, fs.ErrNotExist) {
				out = append(out, t.Path())
			} else if err != nil {
				return err
			}
		}
		return nil
	}
	if err := look(Entries, size); err != nil {
		return nil, err
	}
	for level, hashes := 0, size; hashes > 0; level, hashes = level+1, hashes/Width {
		if err := look(level, hashes); err != nil {
			return nil, err
		}
	}
	return out, nil
}
