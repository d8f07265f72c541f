package evidence

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"filippo.io/age"

	"plimsoll/internal/disk"
	"plimsoll/internal/keyring"
)

// Limits bound what is made from an original. Beyond them the index ends and says so; the
// original itself is kept whatever its size.
type Limits struct {
	Text     int64         // bytes of text kept for search
	Parts    int           // parts, members or captures listed
	Expanded int64         // bytes read after decompression
	Ratio    int64         // how many times its packed size something may grow, beyond the first megabytes
	Buffer   int64         // bytes of a part that are held in memory
	Depth    int           // parts within parts
	Time     time.Duration // for one original
}

// DefaultLimits are for a machine of two cores and 2 GiB.
var DefaultLimits = Limits{
	Text: 64 << 20, Parts: 200_000, Expanded: 64 << 30, Ratio: 1200, Buffer: 32 << 20, Depth: 16,
	Time: 10 * time.Minute,
}

// An Index sums up what was made from an original: its text and its list of parts.
type Index struct {
	SHA256 string   `json:"sha256"`
	Media  string   `json:"media"`
	Title  string   `json:"title,omitempty"`
	Text   int64    `json:"text"`  // bytes of text.txt
	Parts  int      `json:"parts"` // lines of parts.jsonl
	Whole  bool     `json:"whole"` // false: see Notes
	Notes  []string `json:"notes,omitempty"`
}

// A Part is something inside an original: a part of a mail, a member of an archive, a
// captured page. Its name is as found there, and never used as a path.
type Part struct {
	At     string `json:"at"` // "1.2" in a mail, a member's name, "FILE@OFFSET" of a record
	Kind   string `json:"kind"`
	Name   string `json:"name,omitempty"`
	Media  string `json:"media,omitempty"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"`
	URL    string `json:"url,omitempty"`
	Date   string `json:"date,omitempty"`
	Status int    `json:"status,omitempty"`
	Length int64  `json:"length,omitempty"` // of a record as stored
	Note   string `json:"note,omitempty"`
}

// errEnough ends an index at a limit.
var errEnough = errors.New("enough")

// A walk goes through one original.
type walk struct {
	ctx      context.Context
	lim      Limits
	pdf      *reader
	text     *bufio.Writer
	parts    *json.Encoder
	ix       Index
	expanded int64
	space    bool // the text ends with a space
	full     bool // the text has reached its limit
}

// note says what could not be read. The same is said once.
func (w *walk) note(format string, args ...any) {
	n := clean(fmt.Sprintf(format, args...), 400)
	w.ix.Whole = false
	for _, had := range w.ix.Notes {
		if had == n {
			return
		}
	}
	if len(w.ix.Notes) < 50 {
		w.ix.Notes = append(w.ix.Notes, n)
	}
}

// part lists a part.
func (w *walk) part(p Part) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.ix.Parts >= w.lim.Parts {
		w.note("it has more than %d parts; the others are not listed", w.lim.Parts)
		return errEnough
	}
	w.ix.Parts++
	p.At, p.Name, p.Media, p.URL = clean(p.At, 2000), clean(p.Name, 2000), clean(p.Media, 200), clean(p.URL, 8000)
	p.Date, p.Note = clean(p.Date, 40), clean(p.Note, 400)
	return w.parts.Encode(p)
}

// say adds to the text, with white space folded.
func (w *walk) say(s string) {
	for len(s) > 0 && !w.full {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		if r == '\uFEFF' || r == utf8.RuneError && n == 1 || r != '\n' && !unicode.IsSpace(r) && unicode.IsControl(r) {
			continue
		}
		if unicode.IsSpace(r) {
			if w.space && r != '\n' || w.ix.Text == 0 {
				continue
			}
			if r != '\n' {
				r = ' '
			}
			w.space = true
		} else {
			w.space = false
		}
		if w.ix.Text+int64(utf8.RuneLen(r)) > w.lim.Text {
			w.note("its text is longer than %d bytes; the rest is not searched", w.lim.Text)
			w.full = true
			return
		}
		k, _ := w.text.WriteRune(r)
		w.ix.Text += int64(k)
	}
}

// meter counts what is read after decompression.
type meter struct {
	w *walk
	r io.Reader
	// packed, when not nil, says how much was read of what is packed.
	packed func() int64
	start  int64
}

func (m *meter) Read(b []byte) (int, error) {
	if err := m.w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(b)
	m.w.expanded += int64(n)
	m.start += int64(n)
	if m.w.expanded > m.w.lim.Expanded {
		m.w.note("it unpacks to more than %d bytes; the rest is not listed", m.w.lim.Expanded)
		return n, errEnough
	}
	if m.packed != nil && m.start > 16<<20 && m.start/m.w.lim.Ratio > m.packed() {
		m.w.note("something in it unpacks to more than %d times its size; the rest is not listed", m.w.lim.Ratio)
		return n, errEnough
	}
	return n, err
}

// index makes the working copy of an original, or reads the one that is there. Only failing
// to write it is an error: whatever an original holds, it ends as a note at most.
func (s *Store) index(ctx context.Context, sum, media string) (Index, error) {
	at := s.working(sum)
	if f, err := s.derived(sum, "about.json"); err == nil {
		var ix Index
		err := json.NewDecoder(f).Decode(&ix)
		f.Close()
		if err == nil && ix.SHA256 == sum {
			return ix, nil
		}
	}
	tmp, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "work-*")
	if err != nil {
		return Index{}, fmt.Errorf("index %s: %w", sum, err)
	}
	defer os.RemoveAll(tmp)
	f, err := s.openOriginal(sum)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, keyring.ErrErased) { // deleted by somebody else meanwhile
		return Index{SHA256: sum, Media: media}, nil
	}
	if err != nil {
		return Index{}, fmt.Errorf("index %s: %w", sum, err)
	}
	defer f.Close()
	ix, err := s.walk(ctx, tmp, f, sum, media)
	if err != nil {
		return ix, fmt.Errorf("index %s: %w", sum, err)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return ix, fmt.Errorf("index %s: %w", sum, err)
	}
	if err := disk.Sync(tmp); err != nil {
		return ix, fmt.Errorf("index %s: %w", sum, err)
	}
	os.RemoveAll(at) // one that cannot be read; what is derived may be made again
	if err := disk.Rename(tmp, at); err != nil && !errors.Is(err, fs.ErrExist) {
		if there, serr := s.derived(sum, "about.json"); serr != nil {
			return ix, fmt.Errorf("index %s: %w", sum, err)
		} else {
			there.Close()
		}
	}
	return ix, nil
}

// walk reads an original into text.txt, parts.jsonl and about.json of a folder.
func (s *Store) walk(ctx context.Context, dir string, f *Content, sum, media string) (ix Index, err error) {
	var key *age.X25519Identity
	if s.keys != nil {
		if key, err = s.workingKey(sum); err != nil {
			return ix, err
		}
	}
	text, err := s.create(filepath.Join(dir, "text.txt"), key)
	if err != nil {
		return ix, err
	}
	defer func() { err = errors.Join(err, text.Close()) }()
	parts, err := s.create(filepath.Join(dir, "parts.jsonl"), key)
	if err != nil {
		return ix, err
	}
	defer func() { err = errors.Join(err, parts.Close()) }()
	out, list := bufio.NewWriterSize(text, 64<<10), bufio.NewWriterSize(parts, 64<<10)
	short, stop := context.WithTimeout(ctx, s.Limits.Time)
	defer stop()
	ix = scan(short, s.Limits, &s.pdf, out, list, f.SectionReader, media)
	if err := ctx.Err(); err != nil {
		return ix, err
	}
	ix.SHA256 = sum
	b, err := json.Marshal(ix)
	if err != nil {
		return ix, err
	}
	if err := errors.Join(out.Flush(), list.Flush()); err != nil {
		return ix, err
	}
	about, err := s.create(filepath.Join(dir, "about.json"), key)
	if err != nil {
		return ix, err
	}
	_, err = about.Write(append(b, '\n'))
	return ix, errors.Join(err, about.Close())
}

// scan reads an original. It never fails and never panics: what cannot be read is a note.
func scan(ctx context.Context, lim Limits, pdf *reader, text, parts io.Writer, r *io.SectionReader, media string) (
	ix Index) {
	w := &walk{ctx: ctx, lim: lim, pdf: pdf, text: bufio.NewWriter(text), parts: json.NewEncoder(parts),
		ix: Index{Media: media, Whole: true}}
	w.parts.SetEscapeHTML(false)
	defer func() {
		if p := recover(); p != nil { // a library that met what it did not expect
			w.note("reading it went wrong: %v", p)
		}
		w.text.Flush()
		ix = w.ix
	}()
	err := w.file(media, r)
	switch {
	case err == nil, errors.Is(err, errEnough):
	case errors.Is(err, context.DeadlineExceeded):
		w.note("reading it took longer than %s; the rest is not listed", lim.Time)
	default:
		w.note("%v", err)
	}
	return w.ix
}

// file reads a whole original.
func (w *walk) file(media string, r *io.SectionReader) error {
	switch media {
	case WACZ, ZIP:
		return w.zip(r, media)
	case WARC, WARCGz:
		return w.warc("", &meter{w: w, r: r})
	case PDF:
		return w.readPDF(r, r.Size())
	}
	return w.stream(media, "", &meter{w: w, r: r}, 0)
}

// stream reads what need not be held whole. at is where it lies in what holds it.
func (w *walk) stream(media, charset string, r io.Reader, depth int) error {
	kind, _, _ := strings.Cut(media, ";")
	switch strings.TrimSpace(strings.ToLower(kind)) {
	case Mail:
		return w.mail(r, "", depth)
	case HTML, "application/xhtml+xml":
		return w.html(r, media, charset)
	case Text, "text/csv", "text/markdown", "application/json", "text/xml", "application/xml":
		return w.plain(r, media, charset)
	case PDF:
		b, err := io.ReadAll(io.LimitReader(r, w.lim.Buffer+1))
		if err != nil {
			return err
		}
		if int64(len(b)) > w.lim.Buffer {
			w.note("a PDF inside it is larger than %d bytes; its text is not searched", w.lim.Buffer)
			return nil
		}
		return w.readPDF(strings.NewReader(string(b)), int64(len(b)))
	}
	return nil
}

// workingKey is the key that working copies of an item are encrypted to: that of the item; nil for an original that
// lies in the clear.
func (s *Store) workingKey(sum string) (*age.X25519Identity, error) {
	key, err := s.keys.Item(sum)
	if errors.Is(err, keyring.ErrErased) {
		return nil, nil
	}
	return key, err
}

// Text returns the text of an item that was made for search. Reading it is reading the
// item: the caller records a view.
func (s *Store) Text(sum string) (io.ReadCloser, error) { return s.derived(sum, "text.txt") }

// Parts returns the list of parts of an item, as JSON lines of Part.
func (s *Store) Parts(sum string) (io.ReadCloser, error) { return s.derived(sum, "parts.jsonl") }

func (s *Store) derived(sum, name string) (io.ReadCloser, error) {
	if !isSum(sum) {
		return nil, fmt.Errorf("item %s: %w", clean(sum, 80), ErrUnknown)
	}
	f, err := s.open(filepath.Join(s.working(sum), name), sum)
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, sum, err)
	}
	return f, nil
}

// Index returns what was made of an original, and makes it when it is not there.
func (s *Store) Index(ctx context.Context, i *Item) (Index, error) {
	return s.index(ctx, i.SHA256, i.Media)
}
