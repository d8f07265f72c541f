package backup

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive makes a zip of members; a manifest that is not given names them all as they are.
func archive(t testing.TB, manifest *Manifest, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	m := Manifest{Format: format, Database: "sqlite", State: true}
	for name, text := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		m.Members = append(m.Members, Member{Path: name, Bytes: int64(len(text)), SHA256: hex.EncodeToString(sum[:])})
	}
	if manifest != nil {
		m = *manifest
	}
	w, err := z.Create(manifestName)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(w).Encode(m); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRefused restores archives that no backup wrote: each is refused, and nothing lies anywhere.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		manifest *Manifest
		members  map[string]string
		want     string
	}{
		{"no database", nil, map[string]string{"state/origin": "x"}, "the database is missing"},
		{"a database that is none", nil, map[string]string{"database": "text", "state/origin": "x"}, "not a backup"},
		{"a path that leaves the folder", nil, map[string]string{"database": "", "state/../../evil": "x"},
			"no path inside"},
		{"a file of no server", nil, map[string]string{"database": "", "state/plimsoll.db": "x"}, "does not belong"},
		{"a member too many", &Manifest{Format: format, Database: "sqlite", State: true, Members: []Member{
			{Path: "database"}}},
			map[string]string{"database": "", "state/origin": "x"}, "its manifest names 1"},
		{"a member that is missing", &Manifest{Format: format, Database: "sqlite", Members: []Member{{Path: "database"},
			{Path: "state/origin"}}},
			map[string]string{"database": ""}, "state/origin is missing"},
		{"another sum", &Manifest{Format: format, Database: "sqlite", State: true, Members: []Member{
			{Path: "database", SHA256: "00"}}},
			map[string]string{"database": ""}, "its manifest says 00"},
		{"a later format", &Manifest{Format: format + 1}, map[string]string{"database": ""}, "of format 2"},
		{"another kind of database", &Manifest{Format: format, Database: "postgres", Members: []Member{
			{Path: "database"}}},
			map[string]string{"database": ""}, "postgres database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file, place := filepath.Join(dir, "b"), filepath.Join(dir, "place")
			if err := os.WriteFile(file, archive(t, c.manifest, c.members), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Restore(t.Context(), file, "sqlite:"+filepath.Join(place, "plimsoll.db"), place, "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			checkEmpty(t, place)
		})
	}
}

func checkEmpty(t testing.TB, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) || len(entries) > 0 {
		t.Errorf("left in the folder: %v %v", entries, err)
	}
}

// FuzzRestore reads any bytes as a backup; what is refused leaves nothing.
func FuzzRestore(f *testing.F) {
	f.Add(archive(f, nil, map[string]string{"database": "text", "state/origin": "x"}))
	f.Add(archive(f, &Manifest{Format: format, Database: "sqlite", Members: []Member{{Path: "database", Bytes: -1}}},
		map[string]string{"database": ""}))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		file, place := filepath.Join(dir, "b"), filepath.Join(dir, "place")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), file, "sqlite:"+filepath.Join(place, "plimsoll.db"), place, "phrase"); err != nil {
			checkEmpty(t, place)
		}
	})
}
