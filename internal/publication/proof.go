package publication

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
)

// ProofHeader is the first line of the proof of a page, and SiteHeader that of what the leaf of a site holds.
const (
	ProofHeader = "plimsoll.page-proof/v1"
	SiteHeader  = "plimsoll.site/v1"
)

// ManifestName is the list of the files of a site, in the order of its tree.
const ManifestName = "site.manifest"

// proofEnding is the end of the name of a page's proof.
const proofEnding = ".proof"

// ledgerLine stands before the proof that the site's root is in the log.
const ledgerLine = "----- log -----"

// maxProof bounds a proof that is read, in bytes.
const maxProof = 1 << 20

func sumOf(b []byte) [32]byte { return sha256.Sum256(b) }

// line is the record of a file in the tree of the site.
func (f file) line() []byte { return fmt.Appendf(nil, "%x  %s\n", f.sum, f.path) }

// A tree is the Merkle tree (RFC 6962, 2.1) over the files of a site.
type tree struct {
	n      int64
	hashes []tlog.Hash // in the order of tlog.StoredHashes
}

func treeOf(files []file) (*tree, error) {
	t := &tree{}
	for _, f := range files {
		more, err := tlog.StoredHashes(t.n, f.line(), t)
		if err != nil {
			return nil, err
		}
		t.hashes = append(t.hashes, more...)
		t.n++
	}
	return t, nil
}

// ReadHashes gives the hashes at indexes of the stored order.
func (t *tree) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		if n < 0 || n >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("no hash %d", n)
		}
		out[i] = t.hashes[n]
	}
	return out, nil
}

func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.n, t) }

// Root is what the leaf of a site holds.
func rootText(n int64, root tlog.Hash) []byte {
	return fmt.Appendf(nil, "%s\nfiles %d\nroot %s\n", SiteHeader, n, root)
}

// pageProof writes the proof of one file.
func pageProof(t *tree, i int64, f file, receipt []byte) ([]byte, error) {
	p, err := tlog.ProveRecord(t.n, i, t)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nfile %s\nsha256 %x\nindex %d\nfiles %d\n", ProofHeader, f.path, f.sum, i, t.n)
	for _, h := range p {
		fmt.Fprintf(&b, "%s\n", h)
	}
	fmt.Fprintf(&b, "%s\n%s", ledgerLine, receipt)
	return b.Bytes(), nil
}

// A PageProof is the proof of one file of a site.
type PageProof struct {
	Path    string
	SHA256  string
	Index   int64
	Files   int64
	Hashes  []tlog.Hash
	Receipt format.Receipt
}

// ParsePageProof reads the one encoding of a proof.
func ParsePageProof(b []byte) (p PageProof, err error) {
	if len(b) > maxProof {
		return p, fmt.Errorf("the proof is longer than %d bytes", maxProof)
	}
	head, receipt, ok := strings.Cut(string(b), "\n"+ledgerLine+"\n")
	if !ok {
		return p, errors.New("the proof has no part of the log")
	}
	line := strings.Split(head, "\n")
	if len(line) < 5 || line[0] != ProofHeader {
		return p, fmt.Errorf("line 1 is not %q", ProofHeader)
	}
	var ok1, ok2, ok3, ok4 bool
	var index, files string
	p.Path, ok1 = strings.CutPrefix(line[1], "file ")
	p.SHA256, ok2 = strings.CutPrefix(line[2], "sha256 ")
	index, ok3 = strings.CutPrefix(line[3], "index ")
	files, ok4 = strings.CutPrefix(line[4], "files ")
	var err1, err2 error
	p.Index, err1 = strconv.ParseInt(index, 10, 64)
	p.Files, err2 = strconv.ParseInt(files, 10, 64)
	if !ok1 || !ok2 || !ok3 || !ok4 || err1 != nil || err2 != nil || p.Index < 0 || p.Index >= p.Files {
		return p, errors.New("the head of the proof cannot be read")
	}
	for _, s := range line[5:] {
		h, err := tlog.ParseHash(s)
		if err != nil || len(p.Hashes) >= 64 {
			return p, fmt.Errorf("%.60q is not a hash", s)
		}
		p.Hashes = append(p.Hashes, h)
	}
	p.Receipt, err = format.ParseReceipt([]byte(receipt))
	return p, err
}

// Check checks a proof against the bytes of its file and the key of the log.
func (p PageProof) Check(content []byte, log note.Verifier, witnesses ...note.Verifier) (format.Proven, error) {
	sum := sumOf(content)
	if hex.EncodeToString(sum[:]) != p.SHA256 {
		return format.Proven{}, fmt.Errorf("the file is not the one that was recorded: its SHA-256 is %x", sum)
	}
	proven, root, n, err := siteRoot(p.Receipt, log, witnesses...)
	if err != nil {
		return proven, err
	}
	if n != p.Files {
		return proven, fmt.Errorf("the proof speaks of %d files, the log of %d", p.Files, n)
	}
	f := file{p.Path, sum}
	if err := tlog.CheckRecord(p.Hashes, p.Files, root, p.Index, tlog.RecordHash(f.line())); err != nil {
		return proven, errors.New("the file is not among those that the log recorded: its name or the proof was " +
			"changed")
	}
	return proven, nil
}

// siteRoot checks a receipt and reads which site its leaf holds.
func siteRoot(r format.Receipt, log note.Verifier, witnesses ...note.Verifier) (proven format.Proven, root tlog.Hash,
	n int64, err error) {
	if proven, err = r.Verify(log, witnesses...); err != nil {
		return proven, root, 0, err
	}
	for _, o := range r.Openings {
		if o.Name != ledger.FieldContent || proven.Leaf.Kind != SiteLeaf {
			continue
		}
		line := strings.Split(string(o.Value), "\n")
		if len(line) != 4 || line[0] != SiteHeader {
			break
		}
		files, ok1 := strings.CutPrefix(line[1], "files ")
		hash, ok2 := strings.CutPrefix(line[2], "root ")
		n, err1 := strconv.ParseInt(files, 10, 64)
		root, err2 := tlog.ParseHash(hash)
		if ok1 && ok2 && err1 == nil && err2 == nil && string(rootText(n, root)) == string(o.Value) {
			return proven, root, n, nil
		}
	}
	return proven, root, 0, errors.New("the leaf of the log is not that of a site")
}

// A SiteCheck is what a check of a whole site found.
type SiteCheck struct {
	Proven   format.Proven
	Files    int
	Problems []string
}

// mostProblems bounds how many problems a check lists.
const mostProblems = 100

// CheckSite checks a site in a folder: every file is one that the log recorded, none is missing, and each proof holds.
func CheckSite(dir fs.FS, log note.Verifier, witnesses ...note.Verifier) (SiteCheck, error) {
	var c SiteCheck
	wrong := func(form string, args ...any) {
		if len(c.Problems) < mostProblems {
			c.Problems = append(c.Problems, fmt.Sprintf(form, args...))
		}
	}
	manifest, err := fs.ReadFile(dir, ManifestName)
	if err != nil {
		return c, fmt.Errorf("read site: %w", err)
	}
	var files []file
	known := map[string]bool{ManifestName: true, ManifestName + proofEnding: true}
	for l := range strings.Lines(string(manifest)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(l, "\n"), "  ")
		raw, err := hex.DecodeString(sum)
		if !ok || err != nil || len(raw) != 32 || !fs.ValidPath(name) || string(file{name, [32]byte(raw)}.line()) != l {
			return c, fmt.Errorf("read %s: a line cannot be read: %.80q", ManifestName, l)
		}
		files = append(files, file{name, [32]byte(raw)})
		known[name], known[name+proofEnding] = true, true
	}
	t, err := treeOf(files)
	if err != nil {
		return c, err
	}
	root, err := t.root()
	if err != nil {
		return c, err
	}
	receipt, err := fs.ReadFile(dir, ManifestName+proofEnding)
	if err != nil {
		return c, fmt.Errorf("read site: %w", err)
	}
	r, err := format.ParseReceipt(receipt)
	if err != nil {
		return c, fmt.Errorf("read %s: %w", ManifestName+proofEnding, err)
	}
	proven, want, n, err := siteRoot(r, log, witnesses...)
	c.Proven = proven
	if err != nil {
		wrong("%s: %v", ManifestName, err)
		return c, nil
	}
	if n != t.n || root != want {
		wrong("%s: it is not the list that the log recorded", ManifestName)
	}
	for _, f := range files {
		b, err := fs.ReadFile(dir, f.path)
		if err != nil {
			wrong("%s: it is missing", f.path)
			continue
		}
		c.Files++
		if sumOf(b) != f.sum {
			wrong("%s: it is not the file that was recorded", f.path)
			continue
		}
		if text, err := fs.ReadFile(dir, f.path+proofEnding); err != nil {
			wrong("%s: it has no proof beside it", f.path)
		} else if p, err := ParsePageProof(text); err != nil {
			wrong("%s%s: %v", f.path, proofEnding, err)
		} else if p.Path != f.path {
			wrong("%s%s: it is the proof of %s", f.path, proofEnding, p.Path)
		} else if _, err := p.Check(b, log, witnesses...); err != nil {
			wrong("%s: %v", f.path, err)
		}
	}
	err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known[path.Clean(name)] {
			wrong("%s: no proof covers it", name)
		}
		return err
	})
	slices.Sort(c.Problems)
	return c, err
}
