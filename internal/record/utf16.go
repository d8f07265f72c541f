package record

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// wideReader turns UTF-16 and UTF-32 into UTF-8. It returns nil for other text. Without a byte
// order mark, text is wide when it begins with letters of ASCII and each has its zeros beside it.
func wideReader(r *bufio.Reader) io.Reader {
	head, _ := r.Peek(64)
	var e encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		e = utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case zeros(head, 0, 1):
		e = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros(head, 1, 0):
		e = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	default:
		return nil
	}
	return e.NewDecoder().Reader(r)
}

// leastWide is how many pairs of bytes have to look like UTF-16 where no mark says so.
const leastWide = 4

// zeros reports whether of each pair of bytes that at letter is ASCII and that at zero is 0, for
// the first pairs and for most of them.
func zeros(head []byte, letter, zero int) bool {
	pairs := len(head) / 2
	wide := 0
	for i := range pairs {
		pair := head[2*i : 2*i+2]
		if pair[zero] == 0 && pair[letter] != 0 && pair[letter] < 0x80 {
			wide++
		} else if i < leastWide {
			return false
		}
	}
	return pairs >= leastWide && wide*4 >= pairs*3
}
