package format

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"

	flog "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A twin holds the same tree as another implementation keeps it: hashes by level and index.
type twin struct {
	rng   *compact.Range
	nodes map[compact.NodeID][]byte
}

func newTwin() *twin {
	t := &twin{nodes: map[compact.NodeID][]byte{}}
	t.rng = (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	return t
}

func (t *twin) add(leaf []byte) error {
	return t.rng.Append(rfc6962.DefaultHasher.HashLeaf(leaf), func(id compact.NodeID, hash []byte) {
		t.nodes[id] = hash
	})
}

func (t *twin) fill(n proof.Nodes) ([][]byte, error) {
	var hs [][]byte
	for _, id := range n.IDs {
		hs = append(hs, t.nodes[id])
	}
	return n.Rehash(hs, rfc6962.DefaultHasher.HashChildren)
}

// publishFS makes the files of a tree.
func publishFS(t testing.TB, leaves [][]byte) (fstest.MapFS, Edge) {
	t.Helper()
	files := fstest.MapFS{}
	var e Edge
	up := map[int][]tlog.Hash{}
	for i, l := range leaves {
		h := Hash(l)
		up[0] = append(up[0], h)
		e.Add(int64(i), h, func(level int, _ int64, h tlog.Hash) { up[level+1] = append(up[level+1], h) })
	}
	Tiles(int64(len(leaves)), func(tile Tile) bool {
		from := tile.N * Width
		if tile.Level == Entries {
			b, err := Bundle(leaves[from : from+int64(tile.W)])
			if err != nil {
				t.Fatal(err)
			}
			files[tile.Path()] = &fstest.MapFile{Data: b}
		} else {
			files[tile.Path()] = &fstest.MapFile{Data: Hashes(up[tile.Level][from : from+int64(tile.W)])}
		}
		return true
	})
	return files, e
}

// TestProofsOfTwoImplementations has transparency-dev/merkle verify the proofs that our
// tiles give, and ours verify theirs, for inclusion and consistency.
func TestProofsOfTwoImplementations(t *testing.T) {
	const size = 70001
	var leaves [][]byte
	tw := newTwin()
	var roots = map[int64][]byte{}
	for i := range size {
		l := fmt.Appendf(nil, "leaf %d", i)
		leaves = append(leaves, l)
		if err := tw.add(l); err != nil {
			t.Fatal(err)
		}
		root, _ := tw.rng.GetRootHash(nil)
		roots[int64(i+1)] = root
	}
	for _, n := range []int64{1, 2, 255, 256, 257, 513, 65536, size} {
		files, e := publishFS(t, leaves[:n])
		root := e.Root()
		if !bytes.Equal(root[:], roots[n]) {
			t.Fatalf("root of %d leaves: %x, theirs %x", n, root[:], roots[n])
		}
		read := Files{FS: files}.Hashes(Checkpoint{Origin: "o", Size: n, Root: root})
		for _, i := range []int64{0, 1, n / 3, n / 2, n - 2, n - 1} {
			if i < 0 || i >= n {
				continue
			}
			ours, err := tlog.ProveRecord(n, i, read)
			if err != nil {
				t.Fatalf("prove leaf %d of %d: %v", i, n, err)
			}
			hs := [][]byte{}
			for _, h := range ours {
				hs = append(hs, h[:])
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(n),
				rfc6962.DefaultHasher.HashLeaf(leaves[i]), hs, roots[n]); err != nil {
				t.Errorf("their check of our proof of leaf %d of %d: %v", i, n, err)
			}
			nodes, err := proof.Inclusion(uint64(i), uint64(n))
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := tw.fill(nodes)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(toHashes(theirs), n, root, i, Hash(leaves[i])); err != nil {
				t.Errorf("our check of their proof of leaf %d of %d: %v", i, n, err)
			}
			if d := cmp.Diff(hs, append([][]byte{}, theirs...)); d != "" {
				t.Errorf("leaf %d of %d (-ours +theirs):\n%s", i, n, d)
			}
		}
		for _, m := range []int64{1, n / 2, n - 1} {
			if m < 1 || m >= n {
				continue
			}
			ours, err := tlog.ProveTree(n, m, read)
			if err != nil {
				t.Fatal(err)
			}
			hs := [][]byte{}
			for _, h := range ours {
				hs = append(hs, h[:])
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(m), uint64(n), hs, roots[m], roots[n]); err != nil {
				t.Errorf("their check of our consistency proof %d → %d: %v", m, n, err)
			}
		}
	}
}

func toHashes(hs [][]byte) tlog.RecordProof {
	var out tlog.RecordProof
	for _, b := range hs {
		var h tlog.Hash
		copy(h[:], b)
		out = append(out, h)
	}
	return out
}

// TestReceiptsOfTwoImplementations exchanges checkpoints and tlog-proof files with
// transparency-dev/formats, cosigned by a witness of theirs.
func TestReceiptsOfTwoImplementations(t *testing.T) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "log.example.org/x")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := Verifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	wskey, wvkey, err := note.GenerateKey(rand.Reader, "witness.example.net")
	if err != nil {
		t.Fatal(err)
	}
	witness, err := fnote.NewSignerForCosignatureV1(wskey)
	if err != nil {
		t.Fatal(err)
	}
	cvkey, err := fnote.VKeyToCosignatureV1(wvkey)
	if err != nil {
		t.Fatal(err)
	}
	wver, err := Verifier(cvkey)
	if err != nil {
		t.Fatal(err)
	}

	l, open := exampleLeaf("content")
	b, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	leaves := [][]byte{[]byte("a"), b, []byte("c")}
	files, e := publishFS(t, leaves)
	cp := Checkpoint{Origin: "log.example.org/x", Size: 3, Root: e.Root()}
	signed, err := cp.Sign(signer, witness)
	if err != nil {
		t.Fatal(err)
	}
	theirs, _, n, err := flog.ParseCheckpoint(signed, "log.example.org/x", ours, wver)
	if err != nil || theirs.Size != 3 || !bytes.Equal(theirs.Hash, cp.Root[:]) || len(n.Sigs) != 2 {
		t.Fatalf("their reading of our checkpoint: %+v, %v", theirs, err)
	}
	s, err := OpenCheckpoint(signed, ours, wver)
	if err != nil || len(s.Witnesses) != 1 || s.Unknown != 0 {
		t.Fatalf("our reading of their cosignature: %+v, %v", s, err)
	}

	p, err := tlog.ProveRecord(3, 1, Files{FS: files}.Hashes(cp))
	if err != nil {
		t.Fatal(err)
	}
	r := Receipt{Index: 1, Proof: p, Checkpoint: signed, Leaf: b, Openings: open}
	var back fproof.TLogProof
	if err := back.Unmarshal(r.Encode()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(r.Encode()), string(back.Marshal())); d != "" {
		t.Errorf("their writing of our receipt (-ours +theirs):\n%s", d)
	}
	again, err := ParseReceipt(back.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Verify(ours, wver); err != nil {
		t.Errorf("our check of their writing: %v", err)
	}

	forged := bytes.Replace(signed, []byte("— witness.example.net "), []byte("— witness.example.org "), 1)
	if s, err := OpenCheckpoint(forged, ours, wver); err == nil && len(s.Witnesses) > 0 {
		t.Error("a cosignature under another name passes")
	}
}
