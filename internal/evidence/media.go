package evidence

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"net/textproto"
	"os"
	"path"
	"strings"
	"unicode/utf8"
)

// The kinds of files that are read. Others are kept as they are.
const (
	Mail   = "message/rfc822"
	PDF    = "application/pdf"
	HTML   = "text/html"
	Text   = "text/plain"
	ZIP    = "application/zip"
	WACZ   = "application/wacz"
	WARC   = "application/warc"
	WARCGz = "application/warc+gzip"
)

// headSize is how much of a file tells its kind.
const headSize = 64 << 10

// mediaOf says what kind of file it is: by its content, and by its name where the content
// leaves it open.
func mediaOf(f *Content, name string) (string, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	m := recognise(head[:n], name)
	if m == ZIP {
		if isWACZ(f, f.Size()) {
			m = WACZ
		}
	}
	return m, nil
}

// mediaOfDraft says what kind of file a draft is.
func (s *Store) mediaOfDraft(d draft, name string) (string, error) {
	f, err := os.Open(d.path)
	if err != nil {
		return "", err
	}
	var c *Content
	if d.key != nil {
		c, err = decrypted(f, d.key)
	} else {
		c, err = section(f, f)
	}
	if err != nil {
		return "", err
	}
	defer c.Close()
	return mediaOf(c, name)
}

// recognise tells a kind from the beginning of a file.
func recognise(head []byte, name string) string {
	ext := strings.ToLower(path.Ext(name))
	switch {
	// some put a line before it; readers allow 1,024 bytes
	case bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")):
		return PDF
	case bytes.HasPrefix(head, []byte("WARC/1.")):
		return WARC
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		if z, err := gzip.NewReader(bytes.NewReader(head)); err == nil {
			var b [7]byte
			if io.ReadFull(z, b[:]); string(b[:]) == "WARC/1." {
				return WARCGz
			}
		}
		return "application/gzip"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return ZIP
	}
	if (ext == ".eml" || ext == "") && looksLikeMail(head) {
		return Mail
	}
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	if kind == Text && (ext == ".html" || ext == ".htm" || ext == ".xhtml") {
		return HTML
	}
	if kind == Text && ext == ".csv" {
		return "text/csv"
	}
	if kind == "application/octet-stream" && len(head) > 0 && utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) &&
		!bytes.ContainsRune(head, 0) {
		return Text
	}
	return kind
}

// looksLikeMail reports whether the head begins with header lines of a mail.
func looksLikeMail(head []byte) bool {
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader()
	n := 0
	for _, k := range []string{"From", "To", "Date", "Subject", "Received", "Message-Id", "Mime-Version",
		"Content-Type"} {
		if h.Get(k) != "" {
			n++
		}
	}
	return n >= 2
}
