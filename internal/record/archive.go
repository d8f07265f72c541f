package record

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// An archive is a ZIP file whose directory was read once, for all its members. The file is open
// only while members are read. It may be used from many goroutines.
type archive struct {
	file    *archiveFile
	members map[string]*zip.File // the first one of a name
	bounds  Bounds
}

// archiveFile is the file behind an archive, opened for its first reader and closed by the last.
// An archive inside an archive is kept in memory instead.
type archiveFile struct {
	path string
	mem  []byte // the bytes of an archive inside an archive

	mu      sync.RWMutex // guards what follows; held while bytes are read
	f       *os.File
	readers int
}

func newArchive(at *archiveFile, z *zip.Reader) *archive {
	a := &archive{file: at, members: make(map[string]*zip.File, len(z.File))}
	for _, m := range z.File {
		if a.members[m.Name] == nil {
			a.members[m.Name] = m
		}
	}
	return a
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
	return newArchive(at, z), nil
}

// open opens a member, bounded against decompression bombs.
func (a *archive) open(member string) (io.ReadCloser, error) {
	m := a.members[member]
	if m == nil {
		return nil, fmt.Errorf("no member %q", member)
	}
	if err := a.file.acquire(); err != nil {
		return nil, err
	}
	r, err := m.Open()
	if err != nil {
		return nil, errors.Join(err, a.file.release())
	}
	return &memberReader{Reader: a.bounds.bound(r, int64(m.CompressedSize64)), member: r, file: a.file}, nil
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
	if a.mem != nil {
		return bytes.NewReader(a.mem).ReadAt(p, off)
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.f == nil {
		return 0, os.ErrClosed
	}
	return a.f.ReadAt(p, off)
}

func (a *archiveFile) acquire() error {
	if a.mem != nil {
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
	if a.mem != nil {
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
