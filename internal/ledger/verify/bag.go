package verify

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"plimsoll/internal/ledger/format"
)

// Receipt checks a receipt. The receipt is returned when nothing is wrong with it.
func Receipt(name string, b []byte, keys Keys) (*Report, format.Receipt, format.Proven) {
	rep := &Report{Files: 1}
	r, err := format.ParseReceipt(b)
	if err != nil {
		rep.wrong(name, "%v", err)
		return rep, r, format.Proven{}
	}
	p, err := r.Verify(keys.Log, keys.Witnesses...)
	if err != nil {
		rep.wrong(name, "%v", err)
		return rep, r, p
	}
	rep.Signed, rep.Leaves = p.Signed, 1
	keys.quorum(rep, p.Signed)
	return rep, r, p
}

// Bag checks a BagIt bag with SHA-256 manifests (RFC 8493): every listed file is there and
// unchanged, no payload file is unlisted, every receipt in it holds, every published log in
// it is whole, and what a receipt says of a file by its SHA-256 is in the bag. A bag without
// receipts needs no key.
func Bag(ctx context.Context, fsys fs.FS, keys Keys, olds ...Old) (*Report, error) {
	rep := &Report{}
	if _, err := fs.Stat(fsys, "bagit.txt"); err != nil {
		rep.wrong("bagit.txt", "the file is missing")
	}
	listed := map[string]string{} // path → SHA-256
	for _, m := range []string{"manifest-sha256.txt", "tagmanifest-sha256.txt"} {
		if err := manifest(ctx, fsys, m, listed, rep); err != nil {
			return nil, err
		}
	}
	sums := map[string]bool{}
	for _, s := range listed {
		sums[s] = true
	}
	var logs []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(p, "data/") && listed[p] == "" {
			rep.wrong(p, "the file is in the bag, but no manifest lists it")
		}
		if keys.Log == nil && (strings.HasSuffix(p, ".tlog-proof") || p == "vkey" ||
			path.Base(p) == format.CheckpointPath) {
			if strings.HasSuffix(p, ".tlog-proof") {
				rep.wrong(p, "it cannot be checked without the public key of the log")
			}
			return nil
		}
		if strings.HasSuffix(p, ".tlog-proof") {
			return bagReceipt(fsys, p, keys, sums, rep)
		}
		if path.Base(p) == format.CheckpointPath {
			if _, err := fs.Stat(fsys, path.Join(path.Dir(p), "tile")); err == nil {
				logs = append(logs, path.Dir(p))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("walk the bag: %w", err)
	}
	for _, dir := range logs {
		sub, err := fs.Sub(fsys, dir)
		if err != nil {
			return nil, err
		}
		r, err := Folder(ctx, sub, keys, olds...)
		if err != nil {
			return nil, err
		}
		for _, p := range r.Problems {
			rep.wrong(dir+" "+p.Where, "%s", p.What)
		}
		rep.Leaves += r.Leaves
		rep.Signed = r.Signed
		rep.More += r.More
		rep.Remarks = append(rep.Remarks, r.Remarks...)
	}
	return rep, nil
}

func bagReceipt(fsys fs.FS, p string, keys Keys, sums map[string]bool, rep *Report) error {
	b, err := fs.ReadFile(fsys, p)
	if err != nil {
		return err
	}
	one, r, _ := Receipt(p, b, keys)
	for _, x := range one.Problems {
		rep.wrong(x.Where, "%s", x.What)
	}
	rep.Leaves += one.Leaves
	for _, o := range r.Openings {
		var said struct {
			SHA256 string `json:"sha256"`
		}
		if one.OK() && o.Name == "content" && json.Unmarshal(o.Value, &said) == nil && said.SHA256 != "" &&
			!sums[said.SHA256] {
			rep.remark("%s speaks of a file with SHA-256 %s, which is not in the bag", p, said.SHA256)
		}
	}
	return nil
}

// unescape turns the three characters back that a manifest writes in percent code.
var unescape = strings.NewReplacer("%0A", "\n", "%0a", "\n", "%0D", "\r", "%0d", "\r", "%25", "%")

// manifest checks the files of a manifest. The one of tag files is optional.
func manifest(ctx context.Context, fsys fs.FS, name string, listed map[string]string, rep *Report) error {
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		if !strings.HasPrefix(name, "tag") {
			rep.wrong(name, "the file is missing")
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		sum, p, ok := strings.Cut(lines.Text(), " ")
		p = unescape.Replace(strings.TrimLeft(p, " *"))
		if !ok || len(sum) != 64 || !fs.ValidPath(p) {
			rep.wrong(name, "line %d is not a SHA-256 and a path", n)
			continue
		}
		sum = strings.ToLower(sum)
		listed[p] = sum
		have, err := sumFile(fsys, p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			rep.wrong(p, "the file is missing; %s lists it", name)
		case err != nil:
			return fmt.Errorf("read %s: %w", p, err)
		case have != sum:
			rep.wrong(p, "the file was changed: its SHA-256 is %s, %s says %s", have, name, sum)
		}
		rep.Files++
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func sumFile(fsys fs.FS, p string) (string, error) {
	f, err := fsys.Open(p)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
