package verify_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
)

const small = "../testdata/log-small"

// load reads a folder into memory.
func load(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(dir + "/" + p)
		out[p] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func smallKeys(t testing.TB, files fstest.MapFS) verify.Keys {
	t.Helper()
	v, err := format.Verifier(string(files["vkey"].Data))
	if err != nil {
		t.Fatal(err)
	}
	return verify.Keys{Log: v}
}

func folder(t testing.TB, files fs.FS, keys verify.Keys, olds ...verify.Old) *verify.Report {
	t.Helper()
	rep, err := verify.Folder(t.Context(), files, keys, olds...)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// flip checks that a change of every byte of every file is found, and that the report names
// the file or a leaf that the byte belongs to.
func flip(t *testing.T, files fstest.MapFS, keys verify.Keys, stride int) {
	if rep := folder(t, files, keys); !rep.OK() {
		t.Fatalf("before any change: %v", rep.Problems)
	}
	type job struct {
		path string
		at   int
	}
	jobs := make(chan job)
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mine := fstest.MapFS{}
			for p, f := range files {
				mine[p] = f
			}
			for j := range jobs {
				b := bytes.Clone(files[j.path].Data)
				b[j.at] ^= 1 << (j.at % 8)
				mine[j.path] = &fstest.MapFile{Data: b}
				rep, err := verify.Folder(t.Context(), mine, keys)
				mine[j.path] = files[j.path]
				if err != nil {
					t.Errorf("%s byte %d: %v", j.path, j.at, err)
				} else if rep.OK() {
					t.Errorf("%s byte %d changed: verify passes", j.path, j.at)
				} else if !names(rep, j.path, j.at, files) {
					t.Errorf("%s byte %d changed: verify does not say where: %v", j.path, j.at, rep.Problems)
				}
			}
		}()
	}
	n := 0
	for p, f := range files {
		if p == "vkey" || strings.HasPrefix(p, "remembered") {
			continue
		}
		for at := range f.Data {
			if n++; n%stride == 0 {
				jobs <- job{p, at}
			}
		}
	}
	close(jobs)
	wg.Wait()
	t.Logf("%d bytes changed in turn", n/stride)
}

// names says whether a report speaks of the file that was changed, or of a leaf whose bytes
// the change touched.
func names(rep *verify.Report, path string, at int, files fstest.MapFS) bool {
	leaf := "?"
	if tile, ok := format.ParsePath(path); ok && tile.Level == 0 {
		leaf = fmt.Sprintf("leaf %d", tile.N*format.Width+int64(at/32))
	} else if ok && tile.Level == format.Entries {
		es, _ := format.ParseBundle(files[path].Data)
		for i, end := 0, 0; i < len(es); i++ {
			if end += 2 + len(es[i]); at < end {
				leaf = fmt.Sprintf("leaf %d", tile.N*format.Width+int64(i))
				break
			}
		}
	}
	return slices.ContainsFunc(rep.Problems, func(p verify.Problem) bool { return p.Where == path || p.Where == leaf })
}

func TestEveryByteFlipped(t *testing.T) {
	files := load(t, small)
	stride := 1
	if testing.Short() {
		stride = 17
	}
	flip(t, files, smallKeys(t, files), stride)
}

// TestCheckpointEveryBit changes every bit of the checkpoint, and of a receipt.
func TestCheckpointEveryBit(t *testing.T) {
	files := load(t, small)
	keys := smallKeys(t, files)
	for i := range len(files["checkpoint"].Data) * 8 {
		b := bytes.Clone(files["checkpoint"].Data)
		b[i/8] ^= 1 << (i % 8)
		if _, err := format.OpenCheckpoint(b, keys.Log); err == nil {
			t.Errorf("checkpoint with bit %d of byte %d changed is accepted: %q", i%8, i/8, b)
		}
	}
	receipt := files["leaf-05.tlog-proof"].Data
	for i := range len(receipt) * 8 {
		b := bytes.Clone(receipt)
		b[i/8] ^= 1 << (i % 8)
		if rep, _, _ := verify.Receipt("r", b, keys); rep.OK() {
			t.Errorf("receipt with bit %d of byte %d changed is accepted", i%8, i/8)
		}
	}
}

// A forger publishes leaves with a key.
type forger struct {
	signer note.Signer
	keys   verify.Keys
}

func newForger(t testing.TB) forger {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "ledger.example.org/plimsoll")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return forger{s, verify.Keys{Log: v}}
}

func (f forger) publish(t testing.TB, leaves [][]byte) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	var e format.Edge
	up := map[int][]tlog.Hash{}
	for i, l := range leaves {
		up[0] = append(up[0], format.Hash(l))
		e.Add(int64(i), format.Hash(l), func(level int, _ int64, h tlog.Hash) { up[level+1] = append(up[level+1], h) })
	}
	format.Tiles(int64(len(leaves)), func(tile format.Tile) bool {
		from := tile.N * format.Width
		var b []byte
		if tile.Level == format.Entries {
			b, _ = format.Bundle(leaves[from : from+int64(tile.W)])
		} else {
			b = format.Hashes(up[tile.Level][from : from+int64(tile.W)])
		}
		files[tile.Path()] = &fstest.MapFile{Data: b}
		return true
	})
	b, err := format.Checkpoint{Origin: f.signer.Name(), Size: int64(len(leaves)), Root: e.Root()}.Sign(f.signer)
	if err != nil {
		t.Fatal(err)
	}
	files["checkpoint"] = &fstest.MapFile{Data: b}
	return files
}

func exampleLeaves(t testing.TB, n int) [][]byte {
	t.Helper()
	var out [][]byte
	for i := range n {
		l := format.Leaf{ID: fmt.Sprintf("%032x", i+1), Kind: "decision", Time: time.Date(2026, 3, 2, 9, i, 0, 0,
			time.UTC),
			Commits: []format.Commit{format.Opening{Name: "content", Salt: bytes.Repeat([]byte{byte(i)}, 32),
				Value: []byte("x")}.Commit()}}
		b, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// TestEveryByteOfTallLog flips a part of the bytes of a log whose tree has a second level.
func TestEveryByteOfTallLog(t *testing.T) {
	f := newForger(t)
	flip(t, f.publish(t, exampleLeaves(t, 530)), f.keys, 257)
}

// TestEveryLeaf removes, swaps, dates back, doubles and puts in leaves, each in turn. The
// files are made anew so that they agree among themselves; only the signature is the old one.
func TestEveryLeaf(t *testing.T) {
	f := newForger(t)
	leaves := exampleLeaves(t, 40)
	before := f.publish(t, leaves)
	old := verify.Old{Name: "remembered", Checkpoint: before["checkpoint"].Data}
	for i := range leaves {
		j := (i + 1) % len(leaves)
		swapped := slices.Clone(leaves)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		l, err := format.ParseLeaf(leaves[i])
		if err != nil {
			t.Fatal(err)
		}
		l.Time = l.Time.Add(-24 * time.Hour)
		back, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		dated := slices.Clone(leaves)
		dated[i] = back
		for what, forged := range map[string][][]byte{
			"removed":     slices.Delete(slices.Clone(leaves), i, i+1),
			"swapped":     swapped,
			"dated back":  dated,
			"doubled":     slices.Insert(slices.Clone(leaves), i, leaves[i]),
			"put in":      slices.Insert(slices.Clone(leaves), i, back),
			"removed end": leaves[:len(leaves)-1],
		} {
			name := fmt.Sprintf("leaf %d %s", i, what)
			files := f.publish(t, forged)
			newCheckpoint := files["checkpoint"]

			// without the key: the old checkpoint stays over new files
			files["checkpoint"] = before["checkpoint"]
			if rep := folder(t, files, f.keys); rep.OK() {
				t.Errorf("%s: verify passes", name)
			}
			// only the bundle of leaves is made anew
			only := fstest.MapFS{}
			for p, x := range before {
				only[p] = x
			}
			for p, x := range files {
				if strings.HasPrefix(p, "tile/entries/") {
					delete(only, "tile/entries/000.p/40")
					only[p] = x
				}
			}
			rep := folder(t, only, f.keys)
			if rep.OK() {
				t.Errorf("%s in the bundle only: verify passes", name)
			}
			if len(forged) == len(leaves) && !slices.ContainsFunc(rep.Problems, func(p verify.Problem) bool {
				return p.Where == fmt.Sprintf("leaf %d", i)
			}) {
				t.Errorf("%s in the bundle only: verify does not say which: %v", name, rep.Problems)
			}
			// with the key: only who remembers sees it
			files["checkpoint"] = newCheckpoint
			if rep := folder(t, files, f.keys); (what == "swapped" || strings.HasPrefix(what, "removed")) && !rep.OK() {
				t.Fatalf("%s and signed: %v", name, rep.Problems)
			}
			if rep := folder(t, files, f.keys, old); rep.OK() {
				t.Errorf("%s and signed: verify passes with a remembered checkpoint", name)
			}
		}
	}
}

// TestSetBack shows that an old copy of a log, perfect in itself, is seen only by who
// remembers, and that a log which grew is consistent.
func TestSetBack(t *testing.T) {
	f := newForger(t)
	leaves := exampleLeaves(t, 300)
	now, earlier := f.publish(t, leaves), f.publish(t, leaves[:120])
	if rep := folder(t, now, f.keys, verify.Old{Name: "mine", Checkpoint: earlier["checkpoint"].Data}); !rep.OK() {
		t.Errorf("a log that grew: %v", rep.Problems)
	}
	rep := folder(t, earlier, f.keys, verify.Old{Name: "mine", Checkpoint: now["checkpoint"].Data})
	if rep.OK() || !strings.Contains(rep.Problems[0].What, "set back") {
		t.Errorf("a log that was set back: %v", rep.Problems)
	}
	other := newForger(t)
	if rep := folder(t, now, other.keys); rep.OK() {
		t.Error("a log signed with another key passes")
	}
	if rep := folder(t, now, f.keys, verify.Old{Name: "mine", Checkpoint: other.publish(t, leaves)["checkpoint"].Data}); rep.OK() {
		t.Error("a remembered checkpoint of another key passes")
	}
}

// TestMissingAndExtra removes files one by one, and adds some.
func TestMissingAndExtra(t *testing.T) {
	f := newForger(t)
	files := f.publish(t, exampleLeaves(t, 530))
	for p := range files {
		less := fstest.MapFS{}
		for q, x := range files {
			if p != q {
				less[q] = x
			}
		}
		rep := folder(t, less, f.keys)
		if rep.OK() || !strings.HasPrefix(rep.Problems[0].Where, strings.TrimSuffix(p, "/530")) {
			t.Errorf("without %s: %v", p, rep.Problems)
		}
	}
	files["tile/0/000.p/7"] = &fstest.MapFile{Data: make([]byte, 7*32)}
	files["tile/entries/000.p/1"] = &fstest.MapFile{Data: []byte("\x00\x01x")}
	files["tile/0/009"] = &fstest.MapFile{Data: []byte("later")}
	files["README"] = &fstest.MapFile{Data: []byte("hello")}
	rep := folder(t, files, f.keys)
	if len(rep.Problems) != 8 || len(rep.Remarks) != 2 {
		t.Errorf("with foreign files: %v, %v", rep.Problems, rep.Remarks)
	}
}

// TestWitnesses needs a quorum of cosignatures.
func TestWitnesses(t *testing.T) {
	f, w := newForger(t), newForger(t)
	files := f.publish(t, exampleLeaves(t, 3))
	keys := f.keys
	keys.Witnesses, keys.Quorum = []note.Verifier{w.keys.Log}, 1
	if rep := folder(t, files, keys); rep.OK() {
		t.Error("a checkpoint without the cosignature passes")
	}
}
