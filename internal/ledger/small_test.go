package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/ledgertest"
	"plimsoll/internal/ledger/verify"
)

// fixedKey makes a key from a seed, for files that a test can make again.
func fixedKey(t testing.TB, name string, seed byte) *ledger.Key {
	t.Helper()
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	pub := append([]byte{1}, priv.Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256(append([]byte(name+"\n"), pub...))
	id := fmt.Sprintf("%08x", binary.BigEndian.Uint32(sum[:]))
	k, err := ledger.ParseKey(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s\n%s+%s+%s", name, id,
		base64.StdEncoding.EncodeToString(append([]byte{1}, priv.Seed()...)), name, id,
		base64.StdEncoding.EncodeToString(pub)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// chacha is a source of salts that gives the same ones each time.
func chacha(seed string) *rand.ChaCha8 { return rand.NewChaCha8(sha256.Sum256([]byte(seed))) }

// TestSmallLog makes the small published log again, byte for byte, and verifies the one in
// testdata with nothing but its key. UPDATE=1 writes it.
func TestSmallLog(t *testing.T) {
	k := fixedKey(t, origin, 7)
	s, dir := ledgertest.New(t, ledger.SQLite), t.TempDir()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := ledger.Writer{Rand: chacha("small"), Now: func() time.Time { at = at.Add(11 * time.Minute); return at }}
	kinds := []string{ledger.Notice, ledger.Evidence, ledger.Custody, ledger.Claim, ledger.Case, ledger.Decision,
		ledger.Restriction, ledger.Pack}
	q := sequencer(t, s, k, dir)
	files := map[string][]byte{"vkey": []byte(k.VKey() + "\n")}
	var ids []string
	for _, size := range []int{1, 3, 8, 13, 21} {
		err := s.Write(t.Context(), func(tx *sql.Tx) error {
			for i := len(ids); i < size; i++ {
				e := ledger.Entry{Kind: kinds[i%len(kinds)], Subject: fmt.Sprintf("C-%04d", 1+i%3), Actor: []string{
					"asha", "bruno", "chidi"}[i%3], Content: fmt.Appendf(nil, `{"n":%d,"outcome":"restrict"}`, i)}
				x, err := w.Append(t.Context(), tx, e)
				if err != nil {
					return err
				}
				ids = append(ids, x.ID)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		step(t, q)
		if size == 8 {
			files["remembered-8"] = readFile(t, filepath.Join(dir, "checkpoint"))
		}
	}
	log := ledger.NewLog(s, dir, k.Verifier())
	for _, i := range []int{0, 5, 20} {
		r, err := log.Receipt(t.Context(), ids[i], ledger.FieldSubject, ledger.FieldContent)
		if err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("leaf-%02d.tlog-proof", i)] = r.Encode()
	}
	walk(t, dir, func(p string, b []byte) { files[p] = b })

	const golden = "testdata/log-small"
	if os.Getenv("UPDATE") != "" {
		os.RemoveAll(golden)
		for p, b := range files {
			p = filepath.Join(golden, filepath.FromSlash(p))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have := map[string][]byte{}
	walk(t, golden, func(p string, b []byte) { have[p] = b })
	if d := cmp.Diff(have, files); d != "" {
		t.Errorf("testdata/log-small differs (-there +made):\n%s", d)
	}
	rep, err := verify.Folder(t.Context(), os.DirFS(golden), verify.Keys{Log: k.Verifier()},
		verify.Old{Name: "remembered-8", Checkpoint: files["remembered-8"]})
	if err != nil || !rep.OK() || rep.Leaves != 21 {
		t.Errorf("verify: %v, %+v", err, rep)
	}
}

func walk(t testing.TB, dir string, do func(p string, b []byte)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(d.Name(), ".") {
			do(p, readFile(t, filepath.Join(dir, p)))
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, p string) []byte {
	t.Helper()
	b, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
