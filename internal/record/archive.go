package record

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

// An archive is a ZIP or tar file whose directory was read once, for all its members. The file is open
// only while members are read. It may be used from many goroutines.
type archive struct {
	file    *archiveFile
	members map[string]*member
	bounds  Bounds
}

// A member is one file of an archive.
type member struct {
	name         string
	packed, size int64  // bytes; what it takes in its archive, and unpacked
	unusable     string // why it cannot be read, "" when it can
	open         func() (io.ReadCloser, error)
}

// archiveFile is the file behind an archive, opened for its first reader and closed by the last.
// An archive inside an archive, or behind gzip, is unpacked instead.
type archiveFile struct {
	path     string
	unpacked io.ReaderAt // the bytes of an archive that is no file of its own

	mu      sync.RWMutex // guards what follows; held while bytes are read
	f       *os.File
	readers int
}

// newArchive is the archive of members whose names stand behind a prefix. Of several members of one name the second and
// further get a number behind it.
func newArchive(at *archiveFile, members []*member, prefix string) *archive {
	a := &archive{file: at, members: make(map[string]*member, len(members))}
	times := make(map[string]int, len(members))
	for _, m := range members {
		name := m.name
		times[name]++
		for a.members[prefix+m.name] != nil {
			m.name = fmt.Sprintf("%s (%d)", name, max(times[name], 2))
			times[name]++
		}
		a.members[prefix+m.name] = m
	}
	return a
}

// zipEncrypted is the flag of a member that is encrypted (APPNOTE.TXT, 4.4.4).
const zipEncrypted = 1

// zipMembers are the files of a ZIP archive.
func zipMembers(z *zip.Reader) []*member {
	out := make([]*member, 0, len(z.File))
	for _, m := range z.File {
		if m.FileInfo().IsDir() {
			continue
		}
		one := &member{name: m.Name, packed: int64(min(m.CompressedSize64, math.MaxInt64)),
			size: int64(min(m.UncompressedSize64, math.MaxInt64)), open: m.Open}
		if m.Flags&zipEncrypted != 0 {
			one.unusable = "it is encrypted: unpack the archive with its password and give the folder"
		}
		out = append(out, one)
	}
	return out
}

// openArchive reads the directory of a ZIP file.
func openArchive(path string) (*archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	at := &archiveFile{path: path, f: f}
	defer at.forget()
	z, err := zip.NewReader(at, info.Size())
	if err != nil {
		return nil, err
	}
	return newArchive(at, zipMembers(z), ""), nil
}

// open opens a member, bounded against decompression bombs.
func (a *archive) open(name string) (io.ReadCloser, error) {
	m := a.members[name]
	if m == nil {
		return nil, fmt.Errorf("no member %q", name)
	}
	if err := a.file.acquire(); err != nil {
		return nil, err
	}
	r, err := m.open()
	if err != nil {
		return nil, errors.Join(err, a.file.release())
	}
	return &memberReader{Reader: a.bounds.bound(r, m.packed), member: r, file: a.file}, nil
}

type memberReader struct {
	io.Reader
	member io.Closer
	file   *archiveFile
	once   sync.Once
	err    error
}

func (m *memberReader) Close() error {
	m.once.Do(func() { m.err = errors.Join(m.member.Close(), m.file.release()) })
	return m.err
}

// ReadAt implements io.ReaderAt while the file is open.
func (a *archiveFile) ReadAt(p []byte, off int64) (int, error) {
	if a.unpacked != nil {
		return a.unpacked.ReadAt(p, off)
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.f == nil {
		return 0, os.ErrClosed
	}
	return a.f.ReadAt(p, off)
}

func (a *archiveFile) acquire() error {
	if a.unpacked != nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.f == nil {
		f, err := os.Open(a.path)
		if err != nil {
			return err
		}
		a.f = f
	}
	a.readers++
	return nil
}

func (a *archiveFile) release() error {
	if a.unpacked != nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.readers--; a.readers > 0 || a.f == nil {
		return nil
	}
	f := a.f
	a.f = nil
	return f.Close()
}

// forget gives the file back to who opened it for the directory.
func (a *archiveFile) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.f = nil
}
