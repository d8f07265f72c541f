package record

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The first bytes of packed files: gzip (RFC 1952, 2.3.1), Zstandard and its skippable frames, of which only the
// first byte varies (RFC 8878, 3.1.1 and 3.1.2), and bzip2.
var (
	gzipMagic  = []byte{0x1f, 0x8b}
	zstdMagic  = []byte{0x28, 0xb5, 0x2f, 0xfd}
	zstdSkip   = []byte{0x2a, 0x4d, 0x18}
	bzip2Magic = []byte("BZh")
)

// maxWindow bounds the memory that unpacking a Zstandard frame takes, in bytes: what `zstd --long=31` asks for is
// refused.
const maxWindow = 256 << 20

// IsZstandard reports whether a file that begins so is packed with Zstandard.
func IsZstandard(head []byte) bool {
	return bytes.HasPrefix(head, zstdMagic) || len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4],
		zstdSkip)
}

// isPacked reports whether a file that begins so is packed, see [unpack].
func isPacked(head []byte) bool {
	return bytes.HasPrefix(head, gzipMagic) || bytes.HasPrefix(head, bzip2Magic) || IsZstandard(head)
}

// unpack returns the text of a packed file, nil when its first bytes say that it is not packed. done gives back what
// unpacking needed.
func unpack(br *bufio.Reader) (text io.Reader, done func(), err error) {
	done = func() {}
	head, _ := br.Peek(4)
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, fmt.Errorf("gunzip: %w", err)
		}
		return z, done, nil
	case IsZstandard(head):
		in := &watched{r: br}
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("unpack Zstandard: %w", err)
		}
		return &whole{r: z, in: in, what: "Zstandard"}, z.Close, nil
	case bytes.HasPrefix(head, bzip2Magic) && len(head) == 4 && head[3] >= '1' && head[3] <= '9':
		in := &watched{r: br}
		return &whole{r: bzip2.NewReader(in), in: in, what: "bzip2"}, done, nil
	}
	return nil, done, nil
}

// An unpacked is the text of a source that gives back what it needed when it is closed.
type unpacked struct {
	io.Reader
	done func()
	raw  io.Closer
}

// Close implements [io.Closer].
func (u *unpacked) Close() error {
	if u.done != nil {
		u.done()
		u.done = nil
	}
	return u.raw.Close()
}

// A watched reader remembers what ended it.
type watched struct {
	r   io.Reader
	err error
}

// Read implements [io.Reader].
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// A whole reader marks the errors of an unpacker as damage of the file, unless reading the file failed.
type whole struct {
	r    io.Reader
	in   *watched
	what string
}

// Read implements [io.Reader].
func (w *whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err == nil || errors.Is(err, io.EOF) || w.in.err != nil && !errors.Is(w.in.err, io.EOF) {
		return n, err
	}
	return n, fmt.Errorf("%w: unpack %s: %w", ErrDamaged, w.what, err)
}
