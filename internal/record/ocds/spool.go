package ocds

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/zeebo/xxh3"
)

// A spool keeps releases until those of one process are together: in memory while they are
// few, then in files by the hash of the ocid, so that what is held at once does not grow
// with the input. An entry is
//
//	length of head, head { source, seq, kind, flags, container, ocid, date, path }, length of data, data
//
// in that order, numbers as uvarints.
type spool struct {
	limit  int // bytes kept in memory
	chunks [][]byte
	size   int
	seq    int
	dir    string
	files  [spoolParts]*os.File // opened when first written
	outs   [spoolParts]*bufio.Writer
	head   []byte
	frame  []byte
}

const (
	spoolLimit = 64 << 20
	spoolParts = 64
	chunkSize  = 16 << 10 // of the first; the following ones double up to 1 MiB
)

// An entry is one spooled release.
type entry struct {
	source    int
	seq       int
	kind      entryKind
	v11       bool
	early     bool
	container int
	ocid      string
	date      string
	path      string
	off       int64 // of the data in the part's file, when data is nil
	size      int
	data      []byte
	sum       uint64 // of the data
}

func (s *spool) add(source int, f found) error {
	h := s.head[:0]
	h = binary.AppendUvarint(h, uint64(source))
	h = binary.AppendUvarint(h, uint64(s.seq))
	var flags byte
	if f.v11 {
		flags |= 1
	}
	if f.early {
		flags |= 2
	}
	h = append(h, byte(f.kind), flags)
	h = binary.AppendUvarint(h, uint64(f.container))
	h = binary.LittleEndian.AppendUint64(h, xxh3.Hash(f.data))
	for _, b := range [][]byte{f.ocid, f.date, f.path} {
		h = binary.AppendUvarint(h, uint64(len(b)))
		h = append(h, b...)
	}
	s.head = h
	s.seq++
	need := len(h) + len(f.data) + 2*binary.MaxVarintLen64
	if s.dir == "" && s.size+need > s.limit {
		if err := s.spill(); err != nil {
			return fmt.Errorf("spool releases: %w", err)
		}
	}
	s.size += need
	if s.dir != "" {
		if err := s.write(f.ocid, h, f.data); err != nil {
			return fmt.Errorf("spool releases: %w", err)
		}
		return nil
	}
	n := len(s.chunks)
	if n == 0 || cap(s.chunks[n-1])-len(s.chunks[n-1]) < need {
		s.chunks = append(s.chunks, make([]byte, 0, max(chunkSize<<min(n, 6), need)))
		n++
	}
	s.chunks[n-1] = frameBytes(s.chunks[n-1], h, f.data)
	return nil
}

func frameBytes(b, head, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(head)))
	b = append(b, head...)
	b = binary.AppendUvarint(b, uint64(len(data)))
	return append(b, data...)
}

// spill moves what is in memory to files and stays with them.
func (s *spool) spill() error {
	dir, err := os.MkdirTemp("", "plimsoll-ocds-")
	if err != nil {
		return err
	}
	s.dir = dir
	for _, c := range s.chunks {
		for len(c) > 0 {
			head, n := cutBytes(c)
			e := parseHead(head)
			data, m := cutBytes(c[n:])
			if err := s.write([]byte(e.ocid), head, data); err != nil {
				return err
			}
			c = c[n+m:]
		}
	}
	s.chunks = nil
	return nil
}

// write puts an entry in the file of its process.
func (s *spool) write(ocid, head, data []byte) error {
	i := int(xxh3.Hash(ocid) % spoolParts)
	if s.files[i] == nil {
		f, err := os.OpenFile(filepath.Join(s.dir, strconv.Itoa(i)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		s.files[i], s.outs[i] = f, bufio.NewWriterSize(f, 64<<10)
	}
	s.frame = frameBytes(s.frame[:0], head, data)
	_, err := s.outs[i].Write(s.frame)
	return err
}

func cutBytes(b []byte) ([]byte, int) {
	n, w := binary.Uvarint(b)
	return b[w : w+int(n)], w + int(n)
}

// parseHead decodes a head, whose bytes the entry goes on to use.
func parseHead(h []byte) entry {
	num := func() int {
		n, w := binary.Uvarint(h)
		h = h[w:]
		return int(n)
	}
	e := entry{source: num(), seq: num()}
	e.kind, e.v11, e.early = entryKind(h[0]), h[1]&1 != 0, h[1]&2 != 0
	h = h[2:]
	e.container = num()
	e.sum = binary.LittleEndian.Uint64(h)
	h = h[8:]
	text := func() (s string) {
		s, h = cutString(h)
		return s
	}
	e.ocid, e.date, e.path = text(), text(), text()
	return e
}

// A process is the releases of one ocid, in the order in which they came.
type process struct {
	ocid    string
	entries []entry
}

// each calls f for every process: in order of first sight, and with more than the memory's
// limit, part by part. The entries' data are valid until f returns.
func (s *spool) each(f func(*process) error) error {
	if s.dir == "" {
		var g grouping
		for _, c := range s.chunks {
			for len(c) > 0 {
				head, n := cutBytes(c)
				e := parseHead(head)
				data, m := cutBytes(c[n:])
				e.data = data
				g.add(e)
				c = c[n+m:]
			}
		}
		return g.each(f)
	}
	for i, w := range s.outs {
		if w == nil {
			continue
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("spool releases: %w", err)
		}
		if err := s.part(s.files[i], f); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) part(file *os.File, f func(*process) error) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read spool: %w", err)
	}
	r := bufio.NewReaderSize(file, 64<<10)
	var g grouping
	var off int64
	for {
		n, err := binary.ReadUvarint(r)
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read spool: %w", err)
		}
		head := make([]byte, n)
		if _, err := io.ReadFull(r, head); err != nil {
			return fmt.Errorf("read spool: %w", err)
		}
		e := parseHead(head)
		m, err := binary.ReadUvarint(r)
		if err != nil {
			return fmt.Errorf("read spool: %w", err)
		}
		off += int64(uvarintLen(n)) + int64(n) + int64(uvarintLen(m))
		e.off, e.size = off, int(m)
		off += int64(m)
		if _, err := r.Discard(int(m)); err != nil {
			return fmt.Errorf("read spool: %w", err)
		}
		g.add(e)
	}
	var buf []byte
	return g.each(func(p *process) error {
		size := 0
		for i := range p.entries {
			size += p.entries[i].size
		}
		if cap(buf) < size {
			buf = make([]byte, size)
		}
		at := 0
		for i := range p.entries {
			e := &p.entries[i]
			e.data = buf[at : at+e.size : at+e.size]
			at += e.size
			if _, err := file.ReadAt(e.data, e.off); err != nil {
				return fmt.Errorf("read spool: %w", err)
			}
		}
		return f(p)
	})
}

func uvarintLen(n uint64) int {
	var b [binary.MaxVarintLen64]byte
	return binary.PutUvarint(b[:], n)
}

// close removes the files.
func (s *spool) close() {
	for _, f := range s.files {
		if f != nil {
			_ = f.Close()
		}
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

type grouping struct {
	index map[string]int
	list  []process
}

func (g *grouping) add(e entry) {
	if g.index == nil {
		g.index = map[string]int{}
	}
	i, ok := g.index[e.ocid]
	if !ok {
		i = len(g.list)
		g.index[e.ocid] = i
		g.list = append(g.list, process{ocid: e.ocid})
	}
	e.ocid = g.list[i].ocid
	g.list[i].entries = append(g.list[i].entries, e)
}

func (g *grouping) each(f func(*process) error) error {
	for i := range g.list {
		if err := f(&g.list[i]); err != nil {
			return err
		}
		g.list[i] = process{}
	}
	return nil
}
