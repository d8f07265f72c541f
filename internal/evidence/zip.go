package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxDirectory bounds the list of members of an archive, which is read into memory.
const maxDirectory = 32 << 20

// openZip reads the list of members.
func openZip(r io.ReaderAt, size int64) (*zip.Reader, error) {
	n, err := directorySize(r, size)
	if err != nil {
		return nil, err
	}
	if n > maxDirectory {
		return nil, errors.New("its list of members is too large to be read")
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names lead nowhere here
		return nil, err
	}
	return z, nil
}

// directorySize reads how long the list of members is, before anything trusts it (APPNOTE
// 4.3.16, 4.3.14).
func directorySize(r io.ReaderAt, size int64) (uint64, error) {
	tail := make([]byte, min(size, 22+65535+20))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return 0, err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < 22 {
		return 0, zip.ErrFormat
	}
	n := binary.LittleEndian.Uint32(tail[at+12:])
	if n != 1<<32-1 {
		return uint64(n), nil
	}
	if at < 20 || !bytes.HasPrefix(tail[at-20:], []byte("PK\x06\x07")) {
		return 0, zip.ErrFormat
	}
	end := make([]byte, 56)
	off := binary.LittleEndian.Uint64(tail[at-20+8:])
	if off > uint64(size) {
		return 0, zip.ErrFormat
	}
	if _, err := r.ReadAt(end, int64(off)); err != nil || !bytes.HasPrefix(end, []byte("PK\x06\x06")) {
		return 0, zip.ErrFormat
	}
	return binary.LittleEndian.Uint64(end[40:]), nil
}

// isWACZ reports whether an archive is a web archive collection.
func isWACZ(r io.ReaderAt, size int64) bool {
	z, err := openZip(r, size)
	if err != nil {
		return false
	}
	var pack, archive bool
	for _, f := range z.File {
		pack = pack || f.Name == "datapackage.json"
		archive = archive || strings.HasPrefix(f.Name, "archive/")
	}
	return pack && archive
}

// A pack is what datapackage.json says. WACZ 1.1.1 has the profile "data-package" and names
// its version; 1.2.0 has the profile "wacz" and names none.
type pack struct {
	Profile   string `json:"profile"`
	Version   string `json:"wacz_version"`
	Title     string `json:"title"`
	Software  string `json:"software"`
	Created   string `json:"created"`
	Resources []struct {
		Path  string `json:"path"`
		Hash  string `json:"hash"`
		Bytes int64  `json:"bytes"`
	} `json:"resources"`
}

// zip lists the members of an archive, each with its hash. Of a WACZ it reads captures and
// pages, and checks the hashes that it states.
func (w *walk) zip(r *io.SectionReader, media string) error {
	z, err := openZip(r, r.Size())
	if err != nil {
		w.note("the archive cannot be read: %v", err)
		return nil
	}
	var said map[string]string
	if media == WACZ {
		if said, err = w.pack(z); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue
		}
		p, err := w.member(f, media == WACZ)
		if err != nil {
			return err
		}
		switch {
		case seen[f.Name]:
			p.Note = join(p.Note, "a second member of this name")
			w.note("it has members of the same name")
		case !fs.ValidPath(f.Name) || strings.ContainsAny(f.Name, `\:`):
			p.Note = join(p.Note, "its name leads out of the archive; it is only listed")
		case f.Mode()&fs.ModeSymlink != 0:
			p.Note = join(p.Note, "it is a symbolic link; it is only listed")
		}
		if want := said[f.Name]; want != "" && p.SHA256 != "" && !strings.EqualFold(want, "sha256:"+p.SHA256) &&
			strings.HasPrefix(want, "sha256:") {
			p.Note = join(p.Note, "it does not have the hash that datapackage.json states")
			w.note("%s does not have the hash that datapackage.json states", f.Name)
		}
		if media == WACZ && said[f.Name] == "" && f.Name != "datapackage.json" && f.Name != "datapackage-digest.json" {
			p.Note = join(p.Note, "datapackage.json does not list it")
		}
		seen[f.Name] = true
		if err := w.part(p); err != nil {
			return err
		}
	}
	for name := range said {
		if !seen[name] {
			w.note("%s is missing; datapackage.json lists it", name)
		}
	}
	return nil
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// pack reads datapackage.json and its digest, and returns the hashes that it states.
func (w *walk) pack(z *zip.Reader) (map[string]string, error) {
	b, err := w.small(z, "datapackage.json")
	if err != nil {
		return nil, stopped(err)
	}
	var d pack
	if err := json.Unmarshal(b, &d); err != nil {
		w.note("datapackage.json cannot be read: %v", err)
		return nil, nil
	}
	switch {
	case d.Profile == "wacz", d.Profile == "data-package" && strings.HasPrefix(d.Version, "1."):
	default:
		w.note("datapackage.json has the profile %q and the version %q: neither WACZ 1.1.1 nor 1.2.0", d.Profile,
			d.Version)
	}
	w.ix.Title = clean(d.Title, 500)
	w.say(d.Title + "\n")
	said := map[string]string{}
	for _, r := range d.Resources {
		said[r.Path] = r.Hash
		if r.Hash == "" {
			said[r.Path] = "none"
		}
	}
	if dig, err := w.small(z, "datapackage-digest.json"); err == nil {
		var s struct {
			Hash string `json:"hash"`
		}
		if json.Unmarshal(dig, &s) != nil || !strings.EqualFold(s.Hash, "sha256:"+sumOf(b)) {
			w.note("datapackage.json does not have the hash that datapackage-digest.json states")
		}
	}
	return said, nil
}

// small reads a member whole.
func (w *walk) small(z *zip.Reader, name string) ([]byte, error) {
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		rc, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer rc.Close()
		b, err := io.ReadAll(io.LimitReader(&meter{w: w, r: rc}, 8<<20+1))
		if err == nil && len(b) > 8<<20 {
			err = errors.New("too large")
		}
		return b, err
	}
	return nil, fs.ErrNotExist
}

// member reads one member.
func (w *walk) member(f *zip.File, wacz bool) (Part, error) {
	p := Part{At: f.Name, Kind: "member", Bytes: int64(min(f.UncompressedSize64, 1<<62)),
		Length: int64(min(f.CompressedSize64, 1<<62))}
	if !f.Modified.IsZero() {
		p.Date = f.Modified.UTC().Format("2006-01-02T15:04:05Z")
	}
	if f.Flags&1 != 0 {
		p.Note = "it is encrypted"
		return p, nil
	}
	rc, err := f.Open()
	if err != nil {
		p.Note = "it cannot be read: " + err.Error()
		w.ix.Whole = false
		return p, nil
	}
	defer rc.Close()
	sum := newSum()
	n := &counter{r: io.TeeReader(&meter{w: w, r: rc, packed: func() int64 {
		return int64(min(f.CompressedSize64, 1<<62))
	}}, sum)}
	if wacz {
		err = w.captured(f.Name, n)
	} else {
		peek := bufio.NewReaderSize(n, headSize)
		b, _ := peek.Peek(headSize)
		p.Media = recognise(b, path.Base(f.Name))
		err = w.inside(p.Media, "", peek, 2)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, n)
	}
	if err != nil {
		if stop := stopped(err); stop != nil {
			return p, stop
		}
		p.Note = "it cannot be read to its end: " + err.Error()
		w.note("%s cannot be read to its end", f.Name)
	}
	p.Bytes, p.SHA256 = n.n, sum.String()
	return p, nil
}

// captured reads the members of a WACZ that hold captures and pages.
func (w *walk) captured(name string, r io.Reader) error {
	switch {
	case strings.HasPrefix(name, "archive/") && (strings.HasSuffix(name, ".warc") || strings.HasSuffix(name,
		".warc.gz")):
		return w.warc(name, r)
	case strings.HasPrefix(name, "pages/") && strings.HasSuffix(name, ".jsonl"):
		return w.pages(name, r)
	case strings.HasPrefix(name, "pages/") && strings.HasSuffix(name, ".jsonl.gz"):
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		return w.pages(name, &meter{w: w, r: z})
	}
	return nil
}

// pages lists what the collection calls its pages.
func (w *walk) pages(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), int(min(w.lim.Buffer, 1<<30)))
	for n := 1; lines.Scan(); n++ {
		var p struct {
			Format string `json:"format"`
			URL    string `json:"url"`
			TS     string `json:"ts"`
			Title  string `json:"title"`
			Text   string `json:"text"`
		}
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &p); err != nil {
			w.note("%s: line %d is not JSON", name, n)
			continue
		}
		if p.URL == "" {
			continue // the header line
		}
		w.say(p.Title + "\n" + p.Text + "\n")
		if err := w.part(Part{At: name, Kind: "page", Name: p.Title, URL: p.URL, Date: p.TS}); err != nil {
			return err
		}
	}
	return lines.Err()
}
