package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/disk"
)

// A Bagger says how a case leaves the store.
type Bagger struct {
	Warrant
	Out     string // the bag; must not be there
	Version string // of this program, for the bag's description
	// Proofs, when not nil, returns files to lie beside the payload, such as receipts of a
	// ledger for the events of the case. It is called once all events are durable.
	Proofs func(context.Context, *Case) (map[string][]byte, error)
}

// Bagged is what an export wrote.
type Bagged struct {
	Items, Deleted, Events, Proofs int
	Bytes                          int64
	Head                           string
}

// Export writes a bag (RFC 8493) with the originals of a case, its custody log and a README
// with which a stranger checks it. The export is recorded before anything leaves; the bag
// appears whole or not at all.
func (s *Store) Export(ctx context.Context, b Bagger) (*Bagged, error) {
	if _, err := os.Lstat(b.Out); err == nil {
		return nil, fmt.Errorf("export to %s: %w", b.Out, fs.ErrExist)
	}
	c, err := s.Case(b.Case)
	if err != nil {
		return nil, err
	}
	if c.Events == 0 {
		return nil, fmt.Errorf("export: there is no evidence of case %q", b.Case)
	}
	err = s.write(b.Warrant, func(*Case) ([]Event, error) {
		return []Event{{Action: Export, To: clean(filepath.Base(filepath.Clean(b.Out)), 1000)}}, nil
	}, nil)
	if err != nil {
		return nil, err
	}
	parent := filepath.Dir(filepath.Clean(b.Out))
	tmp, err := os.MkdirTemp(parent, ".bag-*")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer os.RemoveAll(tmp)
	g := &bag{dir: tmp, sums: map[string]string{}}
	done, err := s.fill(ctx, g, b)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := disk.Move(tmp, b.Out); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return done, nil
}

// fill writes all files of the bag.
func (s *Store) fill(ctx context.Context, g *bag, b Bagger) (*Bagged, error) {
	var log bytes.Buffer
	c, err := s.Events(b.Case, func(_ Event, line []byte) error {
		log.Write(line)
		return log.WriteByte('\n')
	})
	if err != nil {
		return nil, err
	}
	done := &Bagged{Events: int(c.Events), Head: c.Head}
	var list bytes.Buffer
	for _, i := range c.Items {
		line := listed{Item: i}
		if i.Deleted != nil {
			done.Deleted++
		} else {
			done.Items++
			line.File = "data/originals/" + i.SHA256 + ending(i.Name(), i.Media)
			if err := g.original(ctx, s, line.File, i); err != nil {
				return nil, err
			}
		}
		if err := line.write(&list); err != nil {
			return nil, err
		}
	}
	if err := g.write("data/custody.jsonl", log.Bytes()); err != nil {
		return nil, err
	}
	if err := g.write("data/items.jsonl", list.Bytes()); err != nil {
		return nil, err
	}
	done.Bytes = g.bytes
	if b.Proofs != nil {
		files, err := b.Proofs(ctx, c)
		if err != nil {
			return nil, err
		}
		for p, content := range files {
			if !fs.ValidPath(p) || strings.HasPrefix(p, "data/") {
				return nil, fmt.Errorf("a proof cannot be called %q", p)
			}
			if err := g.write(p, content); err != nil {
				return nil, err
			}
			if path.Ext(p) == ".tlog-proof" { // the key beside them is none
				done.Proofs++
			}
		}
	}
	return done, g.tags(b, c, done, s.Now().UTC())
}

// A listed item is a line of items.jsonl: the item as its events tell, and its file.
type listed struct {
	*Item
	File string `json:"file,omitempty"`
}

func (l listed) write(b *bytes.Buffer) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return enc.Encode(l)
}

var endings = map[string]string{
	Mail: ".eml", PDF: ".pdf", HTML: ".html", WARC: ".warc", WARCGz: ".warc.gz", WACZ: ".wacz", ZIP: ".zip",
	Text: ".txt",
}

var safeEnding = regexp.MustCompile(`^\.[a-z0-9]{1,8}$`)

// ending returns a file name's ending that is safe anywhere. Files in a bag are called by
// their SHA-256, so that names from outside can neither clash nor lead elsewhere, and so that
// the manifest needs no escapes, which sha256sum would not undo.
func ending(name, media string) string {
	if e := endings[media]; e != "" {
		return e
	}
	if e := strings.ToLower(path.Ext(name)); safeEnding.MatchString(e) {
		return e
	}
	return ".bin"
}

// A bag is being written.
type bag struct {
	dir   string
	sums  map[string]string // path → SHA-256
	bytes int64             // payload
	files int
	dirs  []string
}

func (g *bag) folder(p string) error {
	dir := filepath.Join(g.dir, filepath.FromSlash(path.Dir(p)))
	if !slices.Contains(g.dirs, dir) {
		g.dirs = append(g.dirs, dir)
	}
	return os.MkdirAll(dir, 0o755)
}

func (g *bag) original(ctx context.Context, s *Store, p string, i *Item) error {
	if err := g.folder(p); err != nil {
		return err
	}
	g.sums[p] = i.SHA256
	g.bytes += i.Bytes
	g.files++
	return s.copyOut(ctx, i.SHA256, filepath.Join(g.dir, filepath.FromSlash(p)), 0o644)
}

func (g *bag) write(p string, b []byte) error {
	if err := g.folder(p); err != nil {
		return err
	}
	g.sums[p] = sumOf(b)
	if strings.HasPrefix(p, "data/") {
		g.bytes += int64(len(b))
		g.files++
	}
	return writeWhole(filepath.Join(g.dir, filepath.FromSlash(p)), b, 0o644)
}

// tags writes what makes a folder a bag.
func (g *bag) tags(b Bagger, c *Case, done *Bagged, now time.Time) error {
	info := [][2]string{
		{"Bagging-Date", now.Format(time.DateOnly)},
		{"Bag-Group-Identifier", c.Name},
		{"Bag-Software-Agent", "plimsoll " + b.Version},
		{"Contact-Name", clean(b.Actor, 200)},
		{"External-Description", clean("Evidence of case "+c.Name+": "+b.Reason, 1000)},
		{"Payload-Oxum", fmt.Sprintf("%d.%d", g.bytes, g.files)},
		{"Plimsoll-Custody-Events", fmt.Sprint(c.Events)},
		{"Plimsoll-Custody-Head", c.Head},
	}
	var text strings.Builder
	for _, kv := range info {
		fmt.Fprintf(&text, "%s: %s\n", kv[0], kv[1])
	}
	if err := g.write("bagit.txt", []byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")); err != nil {
		return err
	}
	if err := g.write("bag-info.txt", []byte(text.String())); err != nil {
		return err
	}
	if err := g.write("README.txt", readme(c, done, now)); err != nil {
		return err
	}
	if err := g.write("manifest-sha256.txt", g.manifest(true)); err != nil {
		return err
	}
	if err := g.write("tagmanifest-sha256.txt", g.manifest(false)); err != nil {
		return err
	}
	for _, d := range g.dirs {
		for ; len(d) > len(g.dir); d = filepath.Dir(d) {
			if err := disk.SyncFolder(d); err != nil {
				return err
			}
		}
	}
	return disk.SyncFolder(g.dir)
}

func (g *bag) manifest(payload bool) []byte {
	var lines []string
	for p, sum := range g.sums {
		if strings.HasPrefix(p, "data/") == payload {
			lines = append(lines, sum+"  "+p+"\n")
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return []byte(strings.Join(lines, ""))
}

// CheckBag checks what BagIt does not know of: that the custody log of a bag is unbroken,
// ends where the bag says, and names exactly the originals that are there. That the files are
// those of the manifests is for whoever checks the bag as a bag.
func CheckBag(ctx context.Context, fsys fs.FS) (*Check, error) {
	k := &Check{}
	f, err := fsys.Open("data/custody.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		k.wrong("data/custody.jsonl", "the custody log is missing")
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check bag: %w", err)
	}
	defer f.Close()
	c, whole, err := readLog(f, nil)
	if err != nil {
		k.wrong("data/custody.jsonl", "%v", err)
		return k, nil
	}
	if info, err := f.Stat(); err == nil && info.Size() != whole {
		k.wrong("data/custody.jsonl", "its last line is not whole")
	}
	k.Cases, k.Events = 1, int(c.Events)
	info, err := fs.ReadFile(fsys, "bag-info.txt")
	if err != nil {
		k.wrong("bag-info.txt", "%s", plain(err))
	} else if head := tag(info, "Plimsoll-Custody-Head"); head != c.Head {
		k.wrong("data/custody.jsonl", "it ends at %s, bag-info.txt says %s: events were taken away or added", c.Head,
			clean(head, 80))
	}
	there := map[string]string{}
	es, err := fs.ReadDir(fsys, "data/originals")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("check bag: %w", err)
	}
	for _, e := range es {
		sum, _, _ := strings.Cut(e.Name(), ".")
		there["data/originals/"+e.Name()] = sum
		if i := c.bySum[sum]; i == nil || i.Deleted != nil {
			k.wrong("data/originals/"+e.Name(), "the custody log does not say that it was collected and kept")
		}
	}
	for _, i := range c.Items {
		if i.Deleted != nil {
			k.remark("item "+i.SHA256, "it was deleted on %s: %s", i.Deleted.Time, i.Deleted.Reason)
			continue
		}
		p := "data/originals/" + i.SHA256 + ending(i.Name(), i.Media)
		if there[p] == "" {
			k.wrong(p, "it is missing; the custody log says that it was collected")
			continue
		}
		if err := checkOriginal(ctx, fsys, p, i, k); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func checkOriginal(ctx context.Context, fsys fs.FS, p string, i *Item, k *Check) error {
	f, err := fsys.Open(p)
	if err != nil {
		k.wrong(p, "%s", plain(err))
		return nil
	}
	defer f.Close()
	h := newSum()
	n, err := h.read(ctx, f)
	if err != nil {
		return fmt.Errorf("check bag: %w", err)
	}
	k.Originals++
	k.Bytes += n
	if h.String() != i.SHA256 {
		k.wrong(p, "it was changed: its SHA-256 is %s", h)
	}
	return nil
}

// tag returns the value of a line of bag-info.txt.
func tag(info []byte, name string) string {
	for line := range strings.Lines(string(info)) {
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
