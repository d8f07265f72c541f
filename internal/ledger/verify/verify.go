// Package verify checks what a ledger published: a folder of tiles, a receipt, a bag, and
// whether a database still says what the log recorded.
//
// Invariants: it shares only the package format with the writer, and what reads time stamps, and needs
// nothing but the files and the public key; it changes nothing; whatever is wrong is named with its place
// in a sentence, and nothing wrong ever passes; files that no signature covers are named too.
package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/timestamp"
)

// A Problem is one thing that is wrong.
type Problem struct {
	Where string // a file, a leaf, a row
	What  string
}

func (p Problem) String() string { return p.Where + ": " + p.What }

// maxListed bounds how many problems and remarks a report lists; the others are counted.
const maxListed = 100

// A Report is what a check found.
type Report struct {
	Signed   format.Signed
	Leaves   int64 // checked
	Files    int   // checked
	Problems []Problem
	More     int // problems that are not listed
	Remarks  []string
	Stamps   []Stamped // time stamps that hold, oldest first

	keys []string      // vkeys of the log that took the place of others
	log  note.Verifier // whose log it is
}

// OK says that nothing is wrong.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

func (r *Report) wrong(where, what string, args ...any) {
	if len(r.Problems) >= maxListed {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{where, fmt.Sprintf(what, args...)})
}

func (r *Report) remark(what string, args ...any) {
	if len(r.Remarks) < maxListed {
		r.Remarks = append(r.Remarks, fmt.Sprintf(what, args...))
	}
}

// Keys are what a verifier brings along.
type Keys struct {
	Log       note.Verifier
	Witnesses []note.Verifier
	Quorum    int            // how many of the witnesses must have signed
	Roots     *x509.CertPool // that vouch for authorities of time stamps; nil: stamps are checked, not who gave them
}

// Stamped is what a time stamp says: so many leaves were there at that time.
type Stamped struct {
	Size int64
	Time time.Time
	By   string // as the authority names itself
}

// Old is a checkpoint that somebody remembered.
type Old struct {
	Name       string // where it was kept
	Checkpoint []byte
}

// Folder checks a published log: the signature, every leaf, every tile, the tree that they
// make, and that each remembered checkpoint is an earlier state of the same tree. The error
// is only for what could not be read.
func Folder(ctx context.Context, fsys fs.FS, keys Keys, olds ...Old) (*Report, error) {
	rep := &Report{log: keys.Log}
	stamps, err := timestamp.Read(fsys) // before the checkpoint, which a server may replace by a larger one meanwhile
	if err != nil {
		return nil, err
	}
	b, err := fs.ReadFile(fsys, format.CheckpointPath)
	if errors.Is(err, fs.ErrNotExist) {
		rep.wrong(format.CheckpointPath, "the file is missing")
		return rep, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	if rep.Signed, err = format.OpenCheckpoint(b, keys.Log, keys.Witnesses...); err != nil {
		rep.wrong(format.CheckpointPath, "%v", err)
		return rep, nil
	}
	rep.Files = 1
	keys.quorum(rep, rep.Signed)
	c := &check{ctx: ctx, files: format.Files{FS: fsys}, rep: rep, keys: keys, size: rep.Signed.Size,
		seen: map[string]bool{format.CheckpointPath: true}}
	for _, o := range append(c.stamps(stamps), olds...) {
		s, err := format.OpenCheckpoint(o.Checkpoint, keys.Log, keys.Witnesses...)
		switch {
		case err != nil:
			rep.wrong(o.Name, "the remembered checkpoint cannot be used: %v", err)
		case s.Size > c.size:
			rep.wrong(o.Name, "the remembered checkpoint has %d leaves, the log only %d: the log was set back to an "+
				"older state", s.Size, c.size)
		default:
			c.olds = append(c.olds, old{name: o.Name, Signed: s})
		}
	}
	if err := c.leaves(); err != nil {
		return nil, err
	}
	c.judge()
	c.doubled()
	c.rotations()
	if err := c.upper(); err != nil {
		return nil, err
	}
	return rep, c.others()
}

// stamps checks time stamps, and returns their checkpoints, which have to be of the same tree.
func (c *check) stamps(stamps []timestamp.Stamp) (olds []Old) {
	for _, s := range stamps {
		c.rep.Files++
		t, err := s.Check()
		if err == nil && c.keys.Roots != nil {
			err = t.Trusted(c.keys.Roots)
		}
		if err != nil {
			c.rep.wrong(s.Path, "%v", err)
			continue
		}
		signed, err := format.OpenCheckpoint(s.Checkpoint, c.keys.Log, c.keys.Witnesses...)
		if err == nil && signed.Size != s.Size {
			c.rep.wrong(s.Path, "its checkpoint is of %d leaves", signed.Size)
			continue
		}
		olds = append(olds, Old{Name: s.Path, Checkpoint: s.Checkpoint})
		if err == nil {
			c.rep.Stamps = append(c.rep.Stamps, Stamped{Size: s.Size, Time: t.Time, By: t.By})
		}
	}
	switch {
	case c.keys.Roots != nil && len(stamps) == 0:
		c.rep.wrong(timestamp.Dir, "no time stamp is there, and roots for them were given")
	case c.keys.Roots == nil && len(c.rep.Stamps) > 0:
		c.rep.remark("who gave the time stamps was not checked: no roots for them were given")
	}
	return olds
}

func (k Keys) quorum(rep *Report, s format.Signed) {
	if len(s.Witnesses) < k.Quorum {
		rep.wrong(format.CheckpointPath, "%d of the named witnesses signed it, %d are needed", len(s.Witnesses),
			k.Quorum)
	}
	if s.Unknown > 0 {
		rep.remark("%d signatures on the checkpoint are by keys that were not named; they were not checked", s.Unknown)
	}
}

type old struct {
	format.Signed
	name         string
	fromA, fromB tlog.Hash
}

// A check reads the leaves and builds the tree twice: A from the leaves themselves, B from
// the tiles of level 0. Whichever gives the signed root is true, and where the other
// differs is what was changed.
type check struct {
	ctx    context.Context
	files  format.Files
	rep    *Report
	keys   Keys
	size   int64
	olds   []old
	seen   map[string]bool // files that were checked
	coarse int             // leaves of notices that bear a day in the place of a time
	beyond int             // files with content that no signature covers yet
	latest time.Time       // of the leaves so far
	ids    []placedID

	a, b         format.Edge
	aFull, bFull [][]tlog.Hash // [level-1]: hashes of full tiles of the level below
	doubts       []doubt
	keyLeaves    []int64
	truth        int // 'a', 'b', or 0 when neither gives the signed root
}

// A doubt is a leaf whose entry and hash disagree.
type doubt struct {
	index       int64
	entry, tile string
	lost        bool // the bundle ends before it
}

// leaves walks level 0.
func (c *check) leaves() error {
	c.snapshot(0)
	for first := int64(0); first < c.size; first += format.Width {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		n := first / format.Width
		hs, ok, err := c.tile(n)
		if err != nil {
			return err
		}
		es, entryPath, err := c.bundle(n)
		if err != nil {
			return err
		}
		w := int(min(c.size-first, format.Width))
		_, tilePath, _ := c.files.ReadTile(format.Tile{Level: 0, N: n, W: w})
		for i := range w {
			at := first + int64(i)
			var ha, hb tlog.Hash
			switch {
			case i < len(es) && i < len(hs):
				ha, hb = format.Hash(es[i]), hs[i]
			case i < len(es):
				ha = format.Hash(es[i])
				hb = ha
			case i < len(hs):
				ha, hb = hs[i], hs[i]
			}
			if i < len(es) {
				c.leaf(at, es[i])
			} else if es != nil {
				c.doubts = append(c.doubts, doubt{index: at, entry: entryPath, lost: true})
			}
			if ha != hb {
				c.doubts = append(c.doubts, doubt{index: at, entry: entryPath, tile: tilePath})
			}
			c.a.Add(at, ha, full(&c.aFull))
			c.b.Add(at, hb, full(&c.bFull))
			c.snapshot(at + 1)
		}
		if !ok && es == nil {
			c.rep.wrong(fmt.Sprintf("leaves %d to %d", first, first+int64(w)-1),
				"neither they nor their hashes can be read")
		}
		if len(es) > w {
			c.rep.wrong(entryPath, "it holds %d entries, %d belong there", len(es), w)
		}
		c.rep.Leaves += int64(min(w, len(es)))
	}
	return nil
}

func full(to *[][]tlog.Hash) func(int, int64, tlog.Hash) {
	return func(level int, _ int64, h tlog.Hash) {
		if level == len(*to) {
			*to = append(*to, nil)
		}
		(*to)[level] = append((*to)[level], h)
	}
}

// snapshot keeps the roots of the sizes that somebody remembered.
func (c *check) snapshot(size int64) {
	for i := range c.olds {
		if c.olds[i].Size == size {
			c.olds[i].fromA, c.olds[i].fromB = c.a.Root(), c.b.Root()
		}
	}
}

// tile reads the hashes of a tile of level 0.
func (c *check) tile(n int64) ([]tlog.Hash, bool, error) {
	t := format.Tile{Level: 0, N: n}
	t.W = t.Part(c.size)
	b, ok, err := c.read(t)
	if !ok {
		return nil, false, err
	}
	hs, err := format.ParseHashes(b)
	if err != nil || len(hs) != t.W {
		c.rep.wrong(t.Path(), "it has %d bytes, %d belong there", len(b), t.W*tlog.HashSize)
		hs = hs[:min(len(hs), t.W)]
	}
	return hs, true, nil
}

// bundle reads the entries of a bundle: nil when there is none, as many as can be read when
// it is damaged.
func (c *check) bundle(n int64) ([][]byte, string, error) {
	t := format.Tile{Level: format.Entries, N: n}
	t.W = t.Part(c.size)
	b, ok, err := c.read(t)
	if !ok {
		return nil, t.Path(), err
	}
	_, path, _ := c.files.ReadTile(t)
	es, err := format.ParseBundle(b)
	if err != nil {
		c.rep.wrong(path, "%v", err)
	}
	if es == nil {
		es = [][]byte{}
	}
	return es, path, nil
}

// read reads a tile and reports one that is missing.
func (c *check) read(t format.Tile) ([]byte, bool, error) {
	b, path, err := c.files.ReadTile(t)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.rep.wrong(t.Path(), "the file is missing")
		return nil, false, nil
	case err != nil && b == nil && path != t.Path():
		c.rep.wrong(path, "%v", err)
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read %s: %w", path, err)
	}
	if path != t.Path() {
		c.beyond++
	}
	c.rep.Files++
	c.seen[path] = true
	return b, true, nil
}

// A placedID is the id of a leaf and where it stands.
type placedID struct {
	id [16]byte
	at int64
}

// rotations looks for the leaf of each rotation of the log's key.
func (c *check) rotations() {
	s, ok := c.keys.Log.(format.Succession)
	if !ok {
		return
	}
	c.seen[format.RotationsPath] = true
	c.rep.keys = append(c.rep.keys, s.VKey)
	for _, e := range s.Earlier {
		c.rep.keys = append(c.rep.keys, e.VKey)
	}
	for i, e := range s.Earlier {
		if e.Upto >= c.size {
			continue // newer than the checkpoint
		}
		found := false
		for _, at := range c.keyLeaves {
			found = found || at >= e.Upto
		}
		if !found {
			c.rep.wrong(format.RotationsPath, "no leaf of the log records rotation %d of its key, after leaf %d", i+1,
				e.Upto)
		}
	}
}

// doubled reports leaves that are in the log twice.
func (c *check) doubled() {
	slices.SortFunc(c.ids, func(a, b placedID) int {
		return cmp.Or(bytes.Compare(a.id[:], b.id[:]), cmp.Compare(a.at, b.at))
	})
	for i := 1; i < len(c.ids); i++ {
		if c.ids[i].id == c.ids[i-1].id {
			c.rep.wrong(fmt.Sprintf("leaf %d", c.ids[i].at), "it has the id of leaf %d: it was recorded twice",
				c.ids[i-1].at)
		}
	}
}

// leaf looks at the content of a leaf.
func (c *check) leaf(at int64, b []byte) {
	l, err := format.ParseLeaf(b)
	if err != nil {
		if !strings.HasPrefix(string(b), "plimsoll.leaf/") {
			c.rep.remark("leaf %d was not written by this program", at)
		}
		return
	}
	if l.Kind == "key" {
		c.keyLeaves = append(c.keyLeaves, at)
	}
	x := placedID{at: at}
	hex.Decode(x.id[:], []byte(l.ID))
	c.ids = append(c.ids, x)
	switch back := c.latest.Sub(l.Time); {
	case back > 10*time.Minute && back <= mostCoarse && l.Kind == noticeKind &&
		l.Time.Equal(l.Time.Truncate(24*time.Hour)):
		c.coarse++
	case back > 10*time.Minute:
		c.rep.remark("leaf %d bears the time %s, %s before a leaf that stands earlier in the log: its clock was "+
			"wrong, or it was dated back when it was written", at, l.Time.Format(time.RFC3339),
			c.latest.Sub(l.Time).Round(time.Second))
	case l.Time.After(c.latest):
		c.latest = l.Time
	}
}

// noticeKind is the kind of leaves whose time may be that of the day or week alone, by choice of who runs the log, and
// mostCoarse how far such a time may lie behind: a week, and thirty days by which the leaf may be late.
const (
	noticeKind = "notice"
	mostCoarse = 37 * 24 * time.Hour
)

// judge decides which of the two trees is the signed one and blames the other.
func (c *check) judge() {
	ra, rb, want := c.a.Root(), c.b.Root(), c.rep.Signed.Root
	switch want {
	case ra:
		c.truth = 'a'
		c.blame(func(d doubt) string {
			return fmt.Sprintf("its hash in %s is false; the leaf itself is as it was signed", d.tile)
		})
	case rb:
		c.truth = 'b'
		c.blame(func(d doubt) string {
			return fmt.Sprintf("%s holds something else than the leaf that was signed", d.entry)
		})
	default:
		c.blame(func(d doubt) string {
			return fmt.Sprintf("%s and its hash in %s do not belong together", d.entry, d.tile)
		})
		c.rep.wrong("the tree", "its %d leaves give the root %s, signed was %s: a leaf was changed, removed, added "+
			"or moved%s", c.size, ra, want, c.where())
	}
	for _, o := range c.olds {
		have := o.fromA
		if c.truth == 'b' {
			have = o.fromB
		}
		if have != o.Root {
			c.rep.wrong(o.name, "the first %d leaves of the log are not those of the remembered checkpoint: history "+
				"was rewritten", o.Size)
		}
	}
}

// blame reports the leaves in doubt: the first of a run by itself, since damage to one length
// makes all that follow unreadable, and the rest of a long run together.
func (c *check) blame(what func(doubt) string) {
	for i := 0; i < len(c.doubts); {
		d, n := c.doubts[i], 1
		for i+n < len(c.doubts) && c.doubts[i+n] == (doubt{d.index + int64(n), d.entry, d.tile, d.lost}) {
			n++
		}
		say := what(d)
		if d.lost {
			say = "missing from " + d.entry
		}
		c.rep.wrong(fmt.Sprintf("leaf %d", d.index), "%s", say)
		if n > 1 && n <= 4 {
			n = 1
		} else if n > 4 {
			c.rep.wrong(fmt.Sprintf("leaves %d to %d", d.index+1, d.index+int64(n)-1), "%s", say)
		}
		i += n
	}
}

// where narrows down, by the tiles of level 1, which leaves are not the signed ones, when
// leaves and their hashes were changed alike.
func (c *check) where() string {
	if len(c.aFull) == 0 {
		return ""
	}
	var bad []string
	for n, h := range c.aFull[0] {
		t := format.Tile{Level: 1, N: int64(n) / format.Width}
		t.W = t.Part(c.size)
		b, path, err := c.files.ReadTile(t)
		hs, err2 := format.ParseHashes(b)
		if err == nil && err2 == nil && n%format.Width < len(hs) && hs[n%format.Width] != h && len(bad) < 3 {
			bad = append(bad, fmt.Sprintf("leaves %d to %d differ from %s", n*format.Width, (n+1)*format.Width-1, path))
		}
	}
	if len(bad) == 0 {
		return fmt.Sprintf("; tiles of full leaves agree, so it is one of leaves %d to %d",
			c.size/format.Width*format.Width, c.size-1)
	}
	return "; " + strings.Join(bad, ", ")
}
