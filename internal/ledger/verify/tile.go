package verify

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/timestamp"
)

// fullOf returns the true hashes of full tiles of the level below: from the leaves, unless
// only the tiles gave the signed root.
func (c *check) fullOf(level int) []tlog.Hash {
	from := c.aFull
	if c.truth == 'b' {
		from = c.bFull
	}
	if level-1 < len(from) {
		return from[level-1]
	}
	return nil
}

// upper checks the tiles above level 0.
func (c *check) upper() error {
	for level := 1; c.size>>(format.Height*level) > 0; level++ {
		hs := c.fullOf(level)
		for n := 0; n*format.Width < len(hs); n++ {
			t := format.Tile{Level: level, N: int64(n)}
			t.W = t.Part(c.size)
			b, ok, err := c.read(t)
			if err != nil {
				return err
			}
			if ok {
				c.compareHashes(t.Path(), b, hs[n*format.Width:n*format.Width+t.W])
			}
		}
	}
	return nil
}

// compareHashes reports where a tile differs from the hashes that it has to hold.
func (c *check) compareHashes(path string, b []byte, want []tlog.Hash) {
	if len(b) != len(want)*tlog.HashSize {
		c.rep.wrong(path, "it has %d bytes, %d belong there", len(b), len(want)*tlog.HashSize)
		return
	}
	for i, h := range want {
		if !bytes.Equal(b[i*tlog.HashSize:(i+1)*tlog.HashSize], h[:]) {
			c.rep.wrong(path, "hash %d is false", i)
		}
	}
}

// leafHashes returns the true hashes of the leaves of a tile of level 0.
func (c *check) leafHashes(n int64) []tlog.Hash {
	t := format.Tile{Level: 0, N: n}
	if c.truth == 'b' {
		t.W = t.Part(c.size)
		b, _, err := c.files.ReadTile(t)
		hs, err2 := format.ParseHashes(b)
		if err != nil || err2 != nil {
			return nil
		}
		return hs
	}
	t.Level = format.Entries
	t.W = t.Part(c.size)
	b, _, err := c.files.ReadTile(t)
	if err != nil {
		return nil
	}
	es, _ := format.ParseBundle(b)
	var hs []tlog.Hash
	for _, e := range es {
		hs = append(hs, format.Hash(e))
	}
	return hs
}

// others checks every file that the signed tree does not need: partial tiles of earlier
// sizes have to agree with it, what reaches beyond it is counted, anything else is named.
func (c *check) others() error {
	var foreign []string
	err := fs.WalkDir(c.files.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && path != "." {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || c.seen[path] || timestamp.IsPath(path) {
			return nil
		}
		t, ok := format.ParsePath(path)
		if !ok && strings.HasSuffix(path, ".tlog-proof") {
			return c.receipt(path)
		}
		if !ok {
			foreign = append(foreign, path)
			return nil
		}
		return c.other(t)
	})
	if err != nil {
		return fmt.Errorf("walk the log: %w", err)
	}
	if len(foreign) > 0 {
		slices.Sort(foreign)
		c.rep.remark("not part of the log, and not checked: %s", strings.Join(foreign[:min(len(foreign), 10)], ", "))
	}
	if c.coarse > 0 {
		c.rep.remark("%d notices bear the day or week in the place of a time, as the company may choose: their "+
			"receipts show the time", c.coarse)
	}
	if c.beyond > 0 {
		c.rep.remark("%d files reach beyond the signed size; what lies beyond is not signed yet and was not judged",
			c.beyond)
	}
	return nil
}

// receipt checks a receipt that lies in the folder.
func (c *check) receipt(path string) error {
	b, err := fs.ReadFile(c.files.FS, path)
	if err != nil {
		return err
	}
	rep, _, _ := Receipt(path, b, c.keys)
	c.rep.Files++
	for _, p := range rep.Problems {
		c.rep.wrong(p.Where, "%s", p.What)
	}
	return nil
}

func (c *check) other(t format.Tile) error {
	part := t.Part(c.size)
	if t.W > part {
		c.beyond++
	}
	if part == 0 {
		return nil
	}
	b, err := fs.ReadFile(c.files.FS, t.Path())
	if err != nil {
		return fmt.Errorf("read %s: %w", t.Path(), err)
	}
	c.rep.Files++
	var want []tlog.Hash
	if t.Level > 0 {
		hs := c.fullOf(t.Level)
		want = hs[min(len(hs), int(t.N)*format.Width):min(len(hs), int(t.N+1)*format.Width)]
	} else {
		want = c.leafHashes(t.N)
	}
	want = want[:min(len(want), t.W)]
	if t.Level != format.Entries {
		if len(b) != t.W*tlog.HashSize {
			c.rep.wrong(t.Path(), "it has %d bytes, %d belong there", len(b), t.W*tlog.HashSize)
			return nil
		}
		c.compareHashes(t.Path(), b[:len(want)*tlog.HashSize], want)
		return nil
	}
	es, err := format.ParseBundle(b)
	if err != nil || len(es) != t.W {
		c.rep.wrong(t.Path(), "it is damaged: %d of %d entries can be read", len(es), t.W)
	}
	for i, e := range es[:min(len(es), len(want))] {
		if format.Hash(e) != want[i] {
			c.rep.wrong(fmt.Sprintf("leaf %d", t.N*format.Width+int64(i)),
				"%s holds something else than the leaf that was signed", t.Path())
		}
	}
	return nil
}
