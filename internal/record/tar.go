package record

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// Of a tar archive (POSIX.1-1988, ustar interchange format; before it, Unix V7): what it is made of, and where the
// magic word and the checksum of a header stand.
const (
	tarBlock    = 512 // bytes
	tarMagic    = "ustar"
	tarMagicAt  = 257
	tarSumAt    = 148
	tarSumBytes = 8
)

// maxTarMembers bounds a tar archive, whose directory takes memory.
const maxTarMembers = 1_000_000

// isTar reports whether a file that begins so is a tar archive.
func isTar(head []byte) bool {
	if len(head) < tarBlock {
		return false
	}
	if string(head[tarMagicAt:tarMagicAt+len(tarMagic)]) == tarMagic {
		return true
	}
	stated, err := strconv.ParseInt(strings.Trim(string(head[tarSumAt:tarSumAt+tarSumBytes]), " \x00"), 8, 64)
	if err != nil || stated == 0 {
		return false
	}
	sum := int64(tarSumBytes * ' ') // the checksum itself counts as blanks
	for i, b := range head[:tarBlock] {
		if i < tarSumAt || i >= tarSumAt+tarSumBytes {
			sum += int64(b)
		}
	}
	return sum == stated
}

// tarMembers reads the directory of a tar archive of size bytes. cut says why it is not whole, nil when it is.
func tarMembers(at io.ReaderAt, size int64) (members []*member, cut error) {
	in := io.NewSectionReader(at, 0, size)
	r := tar.NewReader(in)
	var end int64
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			if size < end+tarBlock {
				return members, fmt.Errorf("%w: the archive ends without the mark of its end, behind %d members",
					io.ErrUnexpectedEOF, len(members))
			}
			return members, nil
		}
		if err != nil {
			return members, fmt.Errorf("behind %d members: %w", len(members), err)
		}
		if len(members) >= maxTarMembers {
			return members, fmt.Errorf("%w: more than %d members", ErrBound, maxTarMembers)
		}
		start, err := in.Seek(0, io.SeekCurrent)
		if err != nil {
			return members, err
		}
		if m := tarMember(h, at, start, size); m != nil {
			members = append(members, m)
		}
		end = start
		if h.Typeflag == tar.TypeReg {
			end += (h.Size + tarBlock - 1) / tarBlock * tarBlock
		}
	}
}

// tarMember is what an entry of a tar archive says; nil for a folder, or what describes other entries.
func tarMember(h *tar.Header, at io.ReaderAt, start, size int64) *member {
	m := &member{name: strings.TrimLeft(path.Clean(h.Name), "/"), packed: h.Size, size: h.Size}
	switch h.Typeflag {
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return nil
	case tar.TypeReg:
		for key := range h.PAXRecords {
			if strings.HasPrefix(key, "GNU.sparse.") {
				m.unusable = sparse
			}
		}
	case tar.TypeGNUSparse:
		m.unusable = sparse
	case tar.TypeLink, tar.TypeSymlink:
		m.unusable = fmt.Sprintf("a link to %s, which is not followed inside an archive", h.Linkname)
	default:
		m.unusable = "neither a file nor a folder"
	}
	whole := min(max(size-start, 0), h.Size)
	m.open = func() (io.ReadCloser, error) {
		text := io.Reader(io.NewSectionReader(at, start, whole))
		if whole < h.Size {
			text = io.MultiReader(text, ends{})
		}
		return io.NopCloser(text), nil
	}
	return m
}

const sparse = "a file with holes (sparse): unpack the archive and give the folder"

// ends is read where a member goes on in what was cut off.
type ends struct{}

// Read implements [io.Reader].
func (ends) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A spill is a file without a name in which packed archives are unpacked one behind the other. It is gone with the last
// source of them.
type spill struct {
	f    *os.File
	size int64
}

// add unpacks a text into the spill. cut is what is wrong with the text, err with the disk.
func (s *spill) add(r io.Reader) (text *io.SectionReader, cut, err error) {
	if s.f == nil {
		if s.f, err = os.CreateTemp("", "plimsoll-unpacked-*"); err != nil {
			return nil, nil, err
		}
		if err := os.Remove(s.f.Name()); err != nil {
			return nil, nil, err
		}
	}
	in := &watched{r: r}
	n, err := io.Copy(io.NewOffsetWriter(s.f, s.size), in)
	text = io.NewSectionReader(s.f, s.size, n)
	s.size += n
	switch {
	case in.err != nil && !errors.Is(in.err, io.EOF):
		return text, in.err, nil
	case err != nil:
		return nil, nil, fmt.Errorf("unpack to %s: %w", s.f.Name(), err)
	}
	return text, nil, nil
}

// tarText returns the text of a file that is a tar archive, perhaps packed, or a packed ZIP file, and nil for any
// other. packed reports whether it has to be unpacked.
func (b Bounds) tarText(r io.Reader) (text io.Reader, packed bool, done func()) {
	br := bufio.NewReaderSize(r, mostBuffer)
	unpacked, done, err := unpack(br)
	if err != nil {
		return nil, false, func() {}
	}
	if packed = unpacked != nil; packed {
		br = bufio.NewReaderSize(b.bound(unpacked, 0), mostBuffer)
	}
	if head, _ := br.Peek(tarBlock); !isTar(head) && (!packed || !bytes.HasPrefix(head, []byte(zipMagic))) {
		done()
		return nil, false, func() {}
	}
	return br, packed, done
}

// tarred lists the members of a tar archive on disk, perhaps a packed one, and of a packed ZIP file that is no office
// document but an archive or an OpenDocument workbook; nil for any other file.
func (f *finder) tarred(s Source, file *os.File) ([]Source, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.Name, err)
	}
	text, packed, done := f.bounds.tarText(file)
	defer done()
	if text == nil {
		return nil, nil
	}
	at, size := &archiveFile{path: s.Path, f: file}, s.Size
	defer at.forget()
	var damage error
	if packed {
		whole, cut, err := f.spill.add(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.Name, err)
		}
		at.unpacked, size, damage = whole, whole.Size(), cut
	}
	inside := nest{path: s.Path, bounds: f.bounds, left: maxNested}
	if packed && isZIP(at.unpacked) {
		z, err := zip.NewReader(at, size)
		switch {
		case err != nil && damage != nil:
			return inside.archive(nil, at, s, "", 1, damage), nil
		case err != nil || isOfficeZIP(z):
			return nil, nil
		case isODS(z):
			return sheets(s, at, z, ""), nil
		}
		return inside.archive(zipMembers(z), at, s, "", 1, damage), nil
	}
	members, cut := tarMembers(at, size)
	if damage == nil {
		damage = cut
	}
	return inside.archive(members, at, s, "", 1, damage), nil
}
