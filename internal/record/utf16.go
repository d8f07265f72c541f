package record

import (
	"bufio"
	"io"

	"golang.org/x/text/encoding/unicode"
)

// utf16Reader turns UTF-16 with a byte order mark into UTF-8.
func utf16Reader(r *bufio.Reader) io.Reader {
	return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(r)
}
