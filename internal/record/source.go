package record

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// A Source is one file of the input, or one member of a ZIP file.
type Source struct {
	Index  int    // position in the run
	Path   string // where it is opened: the file on disk
	Member string // member of a ZIP file, "" for the file itself
	Name   string // how reports name it: relative to the folder given, slashes
	Size   int64  // bytes on disk, 0 for members
	SHA256 string // of the bytes as delivered (for a member: of the member's bytes)

	// Skipped says why what lies there cannot be read: a pipe, a link that leads nowhere, a link
	// to a folder. It is "" for a file. What is skipped is listed, so that a report can name it.
	Skipped string

	// Hidden is how many hidden files and folders a source stands for that is none itself; Skipped names them.
	Hidden int

	// Damage says why the bytes could not be read to their end when the file was found, "" when they
	// could. What stands before the damage may be read; SHA256 is then "".
	Damage string

	zip     *archive // the ZIP file of a member; nil: it is looked up anew
	bounds  Bounds
	bytes   int64 // that lie there, as far as that is known without reading: buffers need not be larger
	corrupt bool  // bytes of a member were changed: none of them can be trusted
	shut    bool
}

// Limits on hostile input. A reader refuses more with an error that names the limit.
const (
	MaxLine    = 64 << 20 // bytes in one line or one JSON release
	MaxNesting = 256      // JSON depth
	headSize   = 256 << 10
)

// ErrEmpty says that a file holds no byte.
var ErrEmpty = errors.New("the file is empty")

// Shut returns s so that Open refuses it when its bytes were changed on the way, since any name or number in it may be
// another one. Of a file that is cut off or too large, what stands before is sound: it stays open.
func (s Source) Shut() Source {
	s.shut = s.corrupt
	return s
}

// Open returns the text of s: unpacked when the bytes say so, whatever the name says (see [unpack]),
// without a byte order mark, UTF-16 and UTF-32 turned into UTF-8. Text that is not UTF-8 is left
// as it is: see [Source.Head] and [Latin1].
func (s Source) Open() (io.ReadCloser, error) {
	raw, err := s.open()
	if err != nil {
		return nil, err
	}
	text, done, err := s.bounds.decode(raw, buffer(s.bytes))
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("open %s: %w", s.Name, err)
	}
	return &unpacked{Reader: text, done: done, raw: raw}, nil
}

// Beside returns the file of that name in the folder of s, on disk or in the same archive. It need not be there.
func (s Source) Beside(name string) Source {
	if s.Member == "" {
		return Source{Path: filepath.Join(filepath.Dir(s.Path), filepath.FromSlash(name)), Name: name, bounds: s.bounds}
	}
	folder := s.Member[:strings.LastIndexAny(s.Member, "/!")+1] // of an archive inside this one, too
	return Source{Path: s.Path, Member: folder + name, Name: name, zip: s.zip, bounds: s.bounds}
}

func (s Source) open() (io.ReadCloser, error) {
	if s.Skipped != "" {
		return nil, errors.New(s.Skipped)
	}
	if s.shut {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, s.Damage)
	}
	if s.Member == "" {
		return os.Open(s.Path)
	}
	z := s.zip
	if z == nil {
		var err error
		if z, err = openArchive(s.Path); err != nil {
			return nil, fmt.Errorf("open %s: %w", s.Name, err)
		}
	}
	member := s.Member
	content, sheet, _, isSheet := odsSheet(member)
	if isSheet {
		member = content
	}
	r, err := z.open(member)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.Name, err)
	}
	if isSheet {
		return struct {
			io.Reader
			io.Closer
		}{newODSReader(r, sheet), r}, nil
	}
	return r, nil
}

const (
	mostBuffer  = 64 << 10 // bytes
	leastBuffer = 4 << 10
)

// buffer is how large a buffer for so many bytes is, the largest for a number that is not known.
func buffer(n int64) int {
	if n <= 0 {
		return mostBuffer
	}
	return int(min(max(n, leastBuffer), mostBuffer))
}

func (b Bounds) decode(r io.Reader, buffer int) (text io.Reader, done func(), err error) {
	br := bufio.NewReaderSize(r, buffer)
	packed, done, err := unpack(br)
	if err != nil {
		return nil, nil, err
	}
	if packed != nil {
		br = bufio.NewReaderSize(b.bound(packed, 0), mostBuffer)
	}
	if wide := wideReader(br); wide != nil {
		return wide, done, nil
	}
	if head, _ := br.Peek(3); bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}) {
		_, _ = br.Discard(3)
	}
	return br, done, nil
}

// Head returns the first bytes of the text (up to 256 KiB) for recognising its kind.
func (s Source) Head() ([]byte, error) {
	r, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, headSize))
	if err != nil && len(head) == 0 {
		return nil, fmt.Errorf("read %s: %w", s.Name, err)
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, ErrEmpty
	}
	return head, nil
}

// UTF8 returns a reader that turns bytes which are no UTF-8 into the Windows-1252 letters
// they most likely are, line by line, and counts the lines it changed in *changed.
func UTF8(r io.Reader, changed *int) io.Reader {
	pr := &utf8Reader{r: bufio.NewReaderSize(r, 64<<10), changed: changed}
	return pr
}

type utf8Reader struct {
	r       *bufio.Reader
	buf     []byte // what is still to be handed out, a part of store
	store   []byte
	line    []byte
	tail    []byte // the start of a character that the buffer's end cut
	changed *int
	err     error
}

func (u *utf8Reader) Read(p []byte) (int, error) {
	for len(u.buf) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		line, err := u.r.ReadSlice('\n')
		u.line = append(append(u.line[:0], u.tail...), line...)
		u.tail = u.tail[:0]
		if err == bufio.ErrBufferFull {
			// A longer line than the buffer: a character that is cut goes with the next part.
			err = nil
			cut := incomplete(u.line)
			u.tail = append(u.tail, u.line[len(u.line)-cut:]...)
			u.line = u.line[:len(u.line)-cut]
		}
		u.err = err
		if utf8.Valid(u.line) {
			u.buf = append(u.store[:0], u.line...)
			u.store = u.buf
			continue
		}
		*u.changed++
		u.buf = u.store[:0]
		for _, b := range u.line {
			if b < 0x80 {
				u.buf = append(u.buf, b)
			} else {
				u.buf = utf8.AppendRune(u.buf, windows1252(b))
			}
		}
		u.store = u.buf
	}
	n := copy(p, u.buf)
	u.buf = u.buf[n:]
	return n, nil
}

// incomplete returns how many bytes at the end of b begin a character without ending it.
func incomplete(b []byte) int {
	for n := 1; n <= min(3, len(b)); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= 0xc0 && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// windows1252 maps the high half of the code page; 0x80–0x9f hold letters that ISO 8859-1 lacks.
func windows1252(b byte) rune {
	const c1 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	if b < 0xa0 {
		return []rune(c1)[b-0x80]
	}
	return rune(b)
}

// Find lists the files under the paths given, in a stable order. Folders are walked; ZIP files (but not XLSX) and tar
// archives, packed or not, are opened and their members listed, and so are archives inside them. Hidden files and
// folders are not read: one source for each path and archive says how many there are. Two files with the same bytes are
// both listed; the reader of the run uses the hash. Pipes, devices, links that lead nowhere and links to folders are
// listed as skipped.
func Find(paths []string) ([]Source, error) { return FindWithin(paths, Bounds{}) }

// A finder lists files.
type finder struct {
	bounds Bounds
	spill  spill
}

// FindWithin is [Find] with other bounds for packed files than the defaults.
func FindWithin(paths []string, bounds Bounds) ([]Source, error) {
	f := &finder{bounds: bounds}
	var out []Source
	seen := map[string]bool{}
	add := func(path, name string) error {
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if seen[abs] {
			return nil
		}
		seen[abs] = true
		src, err := f.describe(path, name)
		if err != nil {
			return err
		}
		out = append(out, src...)
		return nil
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", p, errors.Unwrap(err))
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("open %s: it is neither a file nor a folder", p)
		}
		if !info.IsDir() {
			if err := add(p, filepath.Base(p)); err != nil {
				return nil, err
			}
			continue
		}
		var unseen hidden
		folder := filepath.Base(filepath.Clean(p))
		err = filepath.WalkDir(p, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(p, path)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(filepath.Join(folder, rel))
			if path != p && isHidden(d.Name()) {
				if !strings.HasPrefix(d.Name(), ownFolder) {
					unseen.add(name, d.IsDir())
				}
				if d.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			if d.IsDir() {
				return nil
			}
			if why := unreadable(path); why != "" {
				out = append(out, Source{Path: path, Name: name, Skipped: why})
				return nil
			}
			return add(path, name)
		})
		if err != nil {
			return nil, fmt.Errorf("walk %s: %w", p, err)
		}
		out = append(out, unseen.source(p, folder)...)
	}
	for i := range out {
		out[i].Index = i
	}
	return out, nil
}

// unreadable says why what lies at a path is no file to be read; "" when it is one. A pipe or a
// device would be waited for, and a folder behind a link may hold the link itself.
func unreadable(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		if to, lerr := os.Readlink(path); lerr == nil {
			return fmt.Sprintf("a link to %s, where nothing can be opened", to)
		}
		return fmt.Sprintf("%v", errors.Unwrap(err))
	}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return ""
	case mode.IsDir():
		to, _ := os.Readlink(path)
		return fmt.Sprintf("a link to the folder %s, which is not followed; give that folder as an input", to)
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

func (f *finder) describe(path, name string) ([]Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(h, file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	s := Source{Path: path, Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil)), bounds: f.bounds, bytes: n}
	if !isZIP(file) {
		if out, err := f.tarred(s, file); err != nil || out != nil {
			return out, err
		}
		return []Source{s}, nil
	}
	at := &archiveFile{path: path, f: file}
	z, err := zip.NewReader(at, n)
	if err != nil {
		return []Source{s}, nil // named as unknown later
	}
	if isODS(z) {
		return sheets(s, at, z, ""), nil
	}
	defer at.forget()
	if isOfficeZIP(z) {
		return []Source{s}, nil
	}
	inside := nest{path: path, bounds: f.bounds, left: maxNested}
	if out := inside.archive(zipMembers(z), at, s, "", 1, nil); len(out) > 0 {
		return out, nil
	}
	return []Source{s}, nil
}

// sheets lists the sheets of an OpenDocument workbook that hold anything. Prefix stands before the names of its members
// in the file on disk.
func sheets(s Source, at *archiveFile, z *zip.Reader, prefix string) []Source {
	defer at.forget()
	shared := newArchive(at, zipMembers(z), prefix)
	shared.bounds = s.bounds
	damaged := func(err error) []Source {
		s.Damage = fmt.Sprintf("read %s: %v", s.Name, err)
		return []Source{s}
	}
	r, err := shared.open(prefix + odsText)
	if err != nil {
		return damaged(err)
	}
	names, err := odsSheets(r)
	r.Close()
	if err != nil {
		return damaged(err)
	}
	var out []Source
	for i, name := range names {
		sheet := Source{Path: s.Path, Member: fmt.Sprintf("%s%s%d %s", prefix, odsMark, i, name), Name: s.Name + "!" +
			name, zip: shared, bounds: s.bounds}
		text, err := sheet.open()
		if err != nil {
			return damaged(err)
		}
		h := sha256.New()
		n, err := io.Copy(h, text)
		text.Close()
		if err != nil {
			sheet.Damage, sheet.corrupt = fmt.Sprintf("read %s: %v", sheet.Name, err), true
			out = append(out, sheet)
			continue
		}
		if n > 0 {
			sheet.SHA256 = hex.EncodeToString(h.Sum(nil))
			out = append(out, sheet)
		}
	}
	if len(out) == 0 {
		return []Source{s}
	}
	return out
}
