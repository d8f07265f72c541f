package evidence

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// tape counts the bytes that were taken of a stream. It is an io.ByteReader, so that gzip
// takes no more of it than one member.
type tape struct {
	in *bufio.Reader
	n  int64
}

func (t *tape) Read(b []byte) (int, error) {
	n, err := t.in.Read(b)
	t.n += int64(n)
	return n, err
}

func (t *tape) ReadByte() (byte, error) {
	b, err := t.in.ReadByte()
	if err == nil {
		t.n++
	}
	return b, err
}

// warc lists the records of a WARC file (1.0, 1.1), plain or with one gzip member a record,
// and takes the text of captured pages in. file is its name in an archive.
func (w *walk) warc(file string, r io.Reader) error {
	t := &tape{in: bufio.NewReaderSize(r, 64<<10)}
	if b, _ := t.in.Peek(2); !bytes.Equal(b, []byte{0x1f, 0x8b}) {
		_, err := w.records(file, bufio.NewReaderSize(t, 64<<10), nil)
		return err
	}
	var z *gzip.Reader
	for {
		start := t.n
		var err error
		if z == nil {
			z, err = gzip.NewReader(t)
		} else {
			err = z.Reset(t)
		}
		if err == io.EOF {
			return nil
		}
		if err == nil {
			z.Multistream(false)
			member := &meter{w: w, r: z, packed: func() int64 { return t.n - start }}
			_, err = w.records(file, bufio.NewReaderSize(member, 64<<10), func() (int64, int64) {
				return start,
					t.n - start
			})
			if err == nil {
				_, err = io.Copy(io.Discard, member)
			}
		}
		if err != nil {
			if stop := stopped(err); stop != nil {
				return stop
			}
			w.note("the compressed record at byte %d cannot be read: %v", start, err)
			return nil
		}
	}
}

// records reads records to the end of in. where says at which byte the record that has just
// been read lies in its file and how long it is there; nil counts the bytes of in.
func (w *walk) records(file string, in *bufio.Reader, where func() (int64, int64)) (int, error) {
	var at int64
	for n := 0; ; n++ {
		blank, err := skipBlank(in)
		at += blank
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		p, size, err := w.record(in)
		if err != nil {
			if stop := stopped(err); stop != nil {
				return n, stop
			}
			w.note("%s: record %d cannot be read: %v", orFile(file), n+1, err)
			return n, nil
		}
		p.Length = size
		start := at
		if where != nil {
			start, p.Length = where()
		}
		p.At = file + "@" + strconv.FormatInt(start, 10)
		at += size
		if err := w.part(p); err != nil {
			return n, err
		}
	}
}

func orFile(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}

func skipBlank(in *bufio.Reader) (n int64, err error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return n, err
		}
		if b != '\r' && b != '\n' {
			return n, in.UnreadByte()
		}
		n++
	}
}

// record reads one record.
func (w *walk) record(in *bufio.Reader) (p Part, size int64, err error) {
	head, err := header(in)
	if err != nil {
		return p, 0, err
	}
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	if v := string(bytes.TrimSpace(first)); v != "WARC/1.0" && v != "WARC/1.1" {
		return p, 0, fmt.Errorf("it begins with %q, not with WARC/1.0 or WARC/1.1", clean(v, 40))
	}
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(rest))).ReadMIMEHeader()
	if err != nil && err != io.EOF {
		return p, 0, fmt.Errorf("its header: %w", err)
	}
	length, err := strconv.ParseInt(strings.TrimSpace(h.Get("Content-Length")), 10, 64)
	if err != nil || length < 0 {
		return p, 0, fmt.Errorf("its Content-Length %q is not a length", clean(h.Get("Content-Length"), 40))
	}
	p = Part{Kind: strings.ToLower(h.Get("WARC-Type")), URL: strings.Trim(h.Get("WARC-Target-URI"), "<>"),
		Date: h.Get("WARC-Date"), Media: h.Get("Content-Type"), Bytes: length}
	stated := newDigest(h.Get("WARC-Block-Digest"))
	block := &counter{r: io.LimitReader(in, length)}
	var r io.Reader = block
	if stated.Hash != nil {
		r = io.TeeReader(r, stated)
	}
	if err := w.block(&p, r); err != nil {
		return p, 0, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return p, 0, err
	}
	if block.n < length {
		p.Note = fmt.Sprintf("cut off: %d of %d bytes are there", block.n, length)
		w.note("a record is cut off")
	}
	if stated.Hash != nil && block.n == length && !stated.same() {
		p.Note = "its content does not have the digest that the record states"
		w.note("a record does not have the digest that it states")
	}
	return p, int64(len(head)) + block.n, nil
}

// block reads the content of a record: a page that was captured, or a file.
func (w *walk) block(p *Part, r io.Reader) error {
	sum := newSum()
	switch {
	case p.Kind == "response" && strings.HasPrefix(strings.ToLower(p.Media), "application/http"):
		in := bufio.NewReader(r)
		head, err := header(in)
		if err != nil {
			p.Note = "its HTTP response cannot be read: " + err.Error()
			w.note("a captured response cannot be read")
			return stopped(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(head), in)), nil)
		if err != nil {
			if stop := stopped(err); stop != nil {
				return stop
			}
			p.Note = "its HTTP response cannot be read: " + err.Error()
			w.note("a captured response cannot be read")
			return nil
		}
		defer res.Body.Close()
		p.Status, p.Media = res.StatusCode, res.Header.Get("Content-Type")
		body := &counter{r: io.TeeReader(res.Body, sum)}
		return w.payload(p, body, sum, res.Header.Get("Content-Encoding"))
	case p.Kind == "resource", p.Kind == "conversion":
		return w.payload(p, &counter{r: io.TeeReader(r, sum)}, sum, "")
	}
	return nil
}

// payload reads a body: its hash, and its text when it is a page.
func (w *walk) payload(p *Part, body *counter, sum sum, encoding string) error {
	var r io.Reader = body
	if strings.EqualFold(strings.TrimSpace(encoding), "gzip") {
		z, err := gzip.NewReader(body)
		if err == nil {
			r = &meter{w: w, r: z, packed: func() int64 { return body.n }}
		}
	}
	media, charset := p.Media, ""
	if _, c, ok := strings.Cut(strings.ToLower(media), "charset="); ok {
		charset = strings.Trim(strings.TrimSpace(c), `"'; `)
	}
	err := w.inside(media, charset, r, 1)
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if err != nil {
		if stop := stopped(err); stop != nil {
			return stop
		}
		p.Note = "its content cannot be read to its end: " + err.Error()
		w.note("a captured page cannot be read to its end")
	}
	p.Bytes, p.SHA256 = body.n, sum.String()
	return nil
}

// A digest checks what a record states of itself, as "sha1:BASE32" or "sha256:HEX".
type digest struct {
	hash.Hash
	want string
}

func newDigest(s string) digest {
	alg, value, _ := strings.Cut(strings.TrimSpace(s), ":")
	switch strings.ToLower(strings.ReplaceAll(alg, "-", "")) {
	case "sha1":
		return digest{sha1.New(), value}
	case "sha256":
		return digest{newSum().Hash, value}
	}
	return digest{want: value}
}

func (d digest) same() bool {
	have := d.Sum(nil)
	return strings.EqualFold(d.want, hex.EncodeToString(have)) ||
		strings.EqualFold(strings.TrimRight(d.want, "="), strings.TrimRight(base32.StdEncoding.EncodeToString(have),
			"="))
}
