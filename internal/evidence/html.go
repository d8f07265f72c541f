package evidence

import (
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/transform"
)

// decoded reads text in its character set: the one that is named, else what the text says
// of itself, else UTF-8 or Windows-1252.
func decoded(r io.Reader, media, name string) (io.Reader, error) {
	if name != "" {
		if e, _ := charset.Lookup(name); e != nil {
			return transform.NewReader(r, e.NewDecoder()), nil
		}
	}
	return charset.NewReader(r, media)
}

// plain takes text in as it is.
func (w *walk) plain(r io.Reader, media, name string) error {
	in, err := decoded(r, media, name)
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	b := make([]byte, 32<<10)
	rest := ""
	for {
		n, err := in.Read(b)
		s := rest + string(b[:n])
		cut := len(s)
		for back := 1; back < 4 && back <= len(s) && err == nil; back++ { // a letter that the next bytes end
			if c := s[len(s)-back]; c >= 0xC0 {
				cut = len(s) - back
				break
			} else if c < 0x80 {
				break
			}
		}
		w.say(s[:cut])
		rest = s[cut:]
		if err == io.EOF {
			w.say("\n")
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// maxTag bounds one tag or one run of text of a page in memory.
const maxTag = 8 << 20

// html takes the text of a page in, without scripts and styles.
func (w *walk) html(r io.Reader, media, name string) error {
	in, err := decoded(r, media, name)
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	z := html.NewTokenizer(in)
	z.SetMaxBuf(maxTag)
	var skip, title atom.Atom
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.say("\n")
			switch err := z.Err(); err {
			case io.EOF:
				return nil
			case html.ErrBufferExceeded:
				w.note("a page in it has a tag or a text of more than %d bytes; the rest of the page is not searched",
					maxTag)
				return nil
			default:
				return err
			}
		case html.TextToken:
			if skip != 0 {
				continue
			}
			s := string(z.Text())
			w.say(s)
			if title != 0 && w.ix.Title == "" {
				w.ix.Title = clean(strings.TrimSpace(s), 500)
			}
		case html.StartTagToken:
			t := tagName(z)
			switch t {
			case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Noembed, atom.Noframes:
				skip = t
			case atom.Title:
				title = t
			}
			w.gap(t)
		case html.EndTagToken:
			t := tagName(z)
			if t == skip {
				skip = 0
			}
			if t == title {
				title = 0
			}
			w.gap(t)
		case html.SelfClosingTagToken:
			w.gap(tagName(z))
		}
	}
}

func tagName(z *html.Tokenizer) atom.Atom {
	n, _ := z.TagName()
	return atom.Lookup(n)
}

// gap keeps words apart that tags keep apart.
func (w *walk) gap(t atom.Atom) {
	switch t {
	case atom.A, atom.B, atom.I, atom.Em, atom.Strong, atom.Span, atom.U, atom.Sub, atom.Sup, atom.Small, atom.Font,
		atom.Abbr, atom.Mark, atom.Code:
	case atom.P, atom.Div, atom.Br, atom.Tr, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.Title, atom.Table,
		atom.Section, atom.Article:
		w.say("\n")
	default:
		w.say(" ")
	}
}
