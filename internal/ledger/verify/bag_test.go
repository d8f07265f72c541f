package verify_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"plimsoll/internal/ledger/verify"
)

// bagOf makes a bag with a payload, receipts and the small published log.
func bagOf(t testing.TB) fstest.MapFS {
	t.Helper()
	bag := fstest.MapFS{
		"bagit.txt":        {Data: []byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")},
		"data/letter.txt":  {Data: []byte("We sell to everybody.\n")},
		"data/50%\nup.txt": {Data: []byte("a name that has to be escaped")},
	}
	for p, f := range load(t, small) {
		switch {
		case strings.HasSuffix(p, ".tlog-proof"):
			bag["data/proof/"+p] = f
		case p == "vkey":
			bag["vkey"] = f
		case !strings.HasPrefix(p, "remembered"):
			bag["data/log/"+p] = f
		}
	}
	var payload, tags strings.Builder
	for _, p := range slices.Sorted(maps.Keys(bag)) {
		line := fmt.Sprintf("%x  %s\n", sha256.Sum256(bag[p].Data), strings.NewReplacer("%", "%25", "\n",
			"%0A").Replace(p))
		if strings.HasPrefix(p, "data/") {
			payload.WriteString(line)
		} else {
			tags.WriteString(line)
		}
	}
	bag["manifest-sha256.txt"] = &fstest.MapFile{Data: []byte(payload.String())}
	fmt.Fprintf(&tags, "%x  manifest-sha256.txt\n", sha256.Sum256([]byte(payload.String())))
	bag["tagmanifest-sha256.txt"] = &fstest.MapFile{Data: []byte(tags.String())}
	return bag
}

func TestBag(t *testing.T) {
	keys := smallKeys(t, load(t, small))
	check := func(bag fstest.MapFS) *verify.Report {
		t.Helper()
		rep, err := verify.Bag(t.Context(), bag, keys)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	if rep := check(bagOf(t)); !rep.OK() || rep.Leaves != 24 {
		t.Fatalf("whole bag: %d leaves, %v", rep.Leaves, rep.Problems)
	}
	for p := range bagOf(t) {
		bag := bagOf(t)
		bag[p] = &fstest.MapFile{Data: append([]byte("x"), bag[p].Data...)}
		if p != "tagmanifest-sha256.txt" && check(bag).OK() {
			t.Errorf("%s changed: the bag passes", p)
		}
		bag = bagOf(t)
		delete(bag, p)
		if p != "tagmanifest-sha256.txt" && check(bag).OK() {
			t.Errorf("%s removed: the bag passes", p)
		}
	}
	bag := bagOf(t)
	bag["data/new.txt"] = &fstest.MapFile{Data: []byte("put in")}
	bag["manifest-sha256.txt"].Data = append(bag["manifest-sha256.txt"].Data, "0000  ../../etc/passwd\n"...)
	rep := check(bag)
	if len(rep.Problems) != 3 || !slices.ContainsFunc(rep.Problems, func(p verify.Problem) bool {
		return p.Where == "data/new.txt"
	}) {
		t.Errorf("file put in, path out of the bag: %v", rep.Problems)
	}
}

// TestBagWithoutKey needs none as long as there are no receipts.
func TestBagWithoutKey(t *testing.T) {
	bag := bagOf(t)
	rep, err := verify.Bag(t.Context(), bag, verify.Keys{})
	if err != nil || len(rep.Problems) != 3 {
		t.Errorf("with receipts: %v, %v", rep.Problems, err)
	}
	plain := fstest.MapFS{"bagit.txt": bag["bagit.txt"], "data/letter.txt": bag["data/letter.txt"]}
	plain["manifest-sha256.txt"] = &fstest.MapFile{Data: fmt.Appendf(nil, "%x  data/letter.txt\n",
		sha256.Sum256(bag["data/letter.txt"].Data))}
	if rep, err := verify.Bag(t.Context(), plain, verify.Keys{}); err != nil || !rep.OK() {
		t.Errorf("without receipts: %v, %v", rep.Problems, err)
	}
}
