package evidence

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// maxHeader bounds the header of a mail or a record in memory.
const maxHeader = 1 << 20

// words reads encoded words (RFC 2047) in any character set that is known.
var words = mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) {
	return decoded(r, "text/plain", name)
}}

// word decodes a header field for people.
func word(s string) string {
	if d, err := words.DecodeHeader(s); err == nil {
		return d
	}
	return s
}

// mail lists the parts of a mail and takes its text in. at is where the mail lies in what
// holds it: "" for a file.
func (w *walk) mail(r io.Reader, at string, depth int) error {
	if depth > w.lim.Depth {
		w.note("mails within mails go deeper than %d; the deeper ones are not listed", w.lim.Depth)
		return nil
	}
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := header(in)
	if err != nil {
		w.note("%v", err)
		return stopped(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(head))
	if err != nil {
		w.note("the header of a mail cannot be read: %v", err)
		return nil
	}
	for _, k := range []string{"Subject", "From", "To", "Cc", "Date", "Message-Id"} {
		if v := m.Header.Get(k); v != "" {
			w.say(k + ": " + word(v) + "\n")
		}
	}
	subject := word(m.Header.Get("Subject"))
	if at == "" && w.ix.Title == "" {
		w.ix.Title = clean(subject, 500)
	}
	date := ""
	if t, err := m.Header.Date(); err == nil {
		date = t.UTC().Format("2006-01-02T15:04:05Z")
	}
	if err := w.part(Part{At: dot(at, "0"), Kind: "header", Name: subject, Bytes: int64(len(head)), SHA256: sumOf(head),
		Date: date}); err != nil {
		return err
	}
	return w.mailPart(textproto.MIMEHeader(m.Header), in, dot(at, "1"), depth)
}

func dot(at, n string) string {
	if at == "" {
		return n
	}
	return at + "." + n
}

// mailPart goes through one part of a mail.
func (w *walk) mailPart(h textproto.MIMEHeader, body io.Reader, at string, depth int) error {
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil && media == "" {
		media = Text
	}
	if strings.HasPrefix(media, "multipart/") && params["boundary"] != "" {
		return w.multipart(body, params["boundary"], at, depth+1)
	}
	p := Part{At: at, Kind: "part", Media: media, Name: fileName(h, params)}
	raw := body
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		raw = base64.NewDecoder(base64.StdEncoding, &base64Text{r: body})
	case "quoted-printable":
		raw = quotedprintable.NewReader(body)
	}
	sum := newSum()
	n := &counter{r: io.TeeReader(raw, sum)}
	switch {
	case media == Mail:
		err = w.mail(n, at, depth+1)
	default:
		if media == "application/octet-stream" || media == "" {
			peek := bufio.NewReaderSize(n, headSize)
			b, _ := peek.Peek(headSize)
			media = recognise(b, p.Name)
			if media != "application/octet-stream" {
				p.Media = media
			}
			err = w.inside(media, params["charset"], peek, depth+1)
		} else {
			err = w.inside(media, params["charset"], n, depth+1)
		}
	}
	if err == nil {
		_, err = io.Copy(io.Discard, n)
	}
	if err != nil {
		if stop := stopped(err); stop != nil {
			return stop
		}
		p.Note = "cannot be read to its end: " + err.Error()
		w.ix.Whole = false
	}
	p.Bytes, p.SHA256 = n.n, sum.String()
	return w.part(p)
}

// inside reads what lies within something else. What cannot be read there ends there.
func (w *walk) inside(media, charset string, r io.Reader, depth int) error {
	if depth > w.lim.Depth {
		w.note("parts within parts go deeper than %d; the deeper ones are not read", w.lim.Depth)
		return nil
	}
	return w.stream(media, charset, r, depth)
}

func (w *walk) multipart(body io.Reader, boundary, at string, depth int) error {
	if depth > w.lim.Depth {
		w.note("parts within parts go deeper than %d; the deeper ones are not read", w.lim.Depth)
		return nil
	}
	m := multipart.NewReader(body, boundary)
	for i := 1; ; i++ {
		p, err := m.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			w.note("part %s of a mail cannot be read: %v", dot(at, fmt.Sprint(i)), err)
			return stopped(err)
		}
		if err := w.mailPart(p.Header, p, dot(at, fmt.Sprint(i)), depth); err != nil {
			return err
		}
	}
}

// stopped returns err when it ends the whole index: a limit, or time.
func stopped(err error) error {
	if errors.Is(err, errEnough) || isContext(err) {
		return err
	}
	return nil
}

func fileName(h textproto.MIMEHeader, params map[string]string) string {
	_, d, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if name := d["filename"]; err == nil && name != "" {
		return word(name)
	}
	return word(params["name"])
}

// header reads up to and with the empty line that ends a header.
func header(in *bufio.Reader) ([]byte, error) {
	var b []byte
	for {
		line, err := in.ReadSlice('\n')
		b = append(b, line...)
		switch {
		case len(b) > maxHeader:
			return nil, fmt.Errorf("a header is longer than %d bytes", maxHeader)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF:
			return append(b, "\r\n\r\n"...), nil
		case err != nil:
			return nil, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 && (len(b) == len(line) || b[len(b)-len(line)-1] == '\n') {
			return b, nil
		}
	}
}

// base64Text drops what mail programs put between the letters of base64.
type base64Text struct{ r io.Reader }

func (t *base64Text) Read(b []byte) (int, error) {
	for {
		n, err := t.r.Read(b)
		k := 0
		for _, c := range b[:n] {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' ||
				c == '=' {
				b[k] = c
				k++
			}
		}
		if k > 0 || err != nil || len(b) == 0 {
			return k, err
		}
	}
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
