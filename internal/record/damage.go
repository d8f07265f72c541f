package record

import (
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// ErrBound says that a packed file unpacks to more than its [Bounds] allow.
var ErrBound = errors.New("unpacked size exceeds the bound")

// ErrDamaged marks what a library reports of a file whose bytes it cannot make sense of.
var ErrDamaged = errors.New("the file is damaged")

// Damaged reports whether an error is about the bytes of one file: cut off, changed on the way, or packed beyond the
// bounds. Other files can be read all the same.
func Damaged(err error) bool {
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return true
	}
	for _, e := range []error{io.ErrUnexpectedEOF, gzip.ErrChecksum, gzip.ErrHeader, zip.ErrChecksum, zip.ErrFormat,
		zip.ErrAlgorithm, ErrBound, ErrDamaged} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// advised adds to an error what can be done about it.
func advised(err error) error {
	if errors.Is(err, ErrBound) {
		return fmt.Errorf("%w; if it is to be read, raise the bound with --unpack-ratio or --unpack-size", err)
	}
	return err
}

// CutNote says of a file what [Damaged] found out about it, and what to do.
func CutNote(name string, rows int, err error) string {
	if errors.Is(err, ErrBound) {
		return fmt.Sprintf("read %s: %v, after %d rows; if it is to be read, raise the bound with --unpack-ratio or "+
			"--unpack-size",
			name, err, rows)
	}
	if rows == 0 {
		return fmt.Sprintf("read %s: nothing of it is used, since it is cut short or damaged (%v); get it again", name,
			err)
	}
	return fmt.Sprintf("read %s: the file is cut short or damaged after %d rows (%v); get it again", name, rows, err)
}

// Bounds limit what a packed file may unpack to. A zero is the default.
type Bounds struct {
	Ratio int64 // unpacked bytes of a ZIP member for each packed one, past the first 64 MiB
	Size  int64 // unpacked bytes of a ZIP member or gzip file
}

// The defaults of [Bounds]. DEFLATE packs at most about 1,032 bytes into one (RFC 1951: 258 bytes in two bits), so that
// the ratio stops what is packed by other means or in a forged directory.
const (
	MaxUnzipRatio = 1200
	MaxUnpacked   = 1 << 40 // 1 TiB
)

// bound stops a decompression bomb; packed is the packed size in bytes, 0 where it is not known.
func (b Bounds) bound(r io.Reader, packed int64) io.Reader {
	ratio, size := b.Ratio, b.Size
	if ratio <= 0 {
		ratio = MaxUnzipRatio
	}
	if size <= 0 {
		size = MaxUnpacked
	}
	why := fmt.Sprintf("of %d bytes", size)
	if packed > 0 && packed < (1<<62)/ratio {
		if most := packed*ratio + 64<<20; most < size {
			size, why = most, fmt.Sprintf("of %d times the packed size", ratio)
		}
	}
	return &bounded{r: r, left: size, why: why}
}

type bounded struct {
	r    io.Reader
	left int64 // bytes
	why  string
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w %s", ErrBound, b.why)
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}
