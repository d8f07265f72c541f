// Package message holds the words of what strangers read: the public site, the form for notices, letters and
// receipts, in several languages.
//
// Invariants: English has every message; a message that another language lacks is shown in English, marked as
// English, and never left out; a message is plain text, and what is put into it is escaped where it is shown.
package message

import (
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

//go:embed data
var data embed.FS

// A Language is one that a catalogue is written in.
type Language struct {
	Code string // BCP 47
	Name string // in the language itself
	Dir  string // ltr | rtl
}

// English is the language that has every message.
const English = "en"

// Languages are those of the catalogue; English comes first.
var Languages = []Language{{English, "English", "ltr"}, {"ar", "العربية", "rtl"}, {"he", "עברית", "rtl"},
	{"fr", "Français", "ltr"}, {"es", "Español", "ltr"}, {"uk", "Українська", "ltr"}}

// Known reports whether there is a catalogue for a language.
func Known(code string) bool {
	return slices.ContainsFunc(Languages, func(l Language) bool { return l.Code == code })
}

// DirOf returns in which direction a language is written; "auto" for one that is not known.
func DirOf(code string) string {
	base, _, _ := strings.Cut(strings.ToLower(code), "-")
	for _, l := range Languages {
		if l.Code == base {
			return l.Dir
		}
	}
	return "auto"
}

// A Catalogue is the messages of one language.
type Catalogue struct {
	Language
	words map[string]string
}

var catalogues = sync.OnceValue(func() map[string]*Catalogue {
	out := map[string]*Catalogue{}
	for _, l := range Languages {
		text, err := data.ReadFile("data/" + l.Code + ".tsv")
		if err != nil {
			panic(err) // the files are part of the program
		}
		c := &Catalogue{l, map[string]string{}}
		for line := range strings.SplitSeq(string(text), "\n") {
			cell := strings.Split(strings.TrimRight(line, "\r"), "\t")
			if len(cell) < 2 || strings.HasPrefix(line, "#") || cell[0] == "key" || cell[1] == "" {
				continue
			}
			c.words[cell[0]] = cell[1]
		}
		out[l.Code] = c
	}
	return out
})

// For returns the catalogue of a language ("ar", "pt-BR"), that of English for one that has none.
func For(code string) *Catalogue {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(code)), "-")
	if c := catalogues()[base]; c != nil {
		return c
	}
	return catalogues()[English]
}

// Keys lists the messages, in order.
func Keys() []string {
	var out []string
	for k := range catalogues()[English].words {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// find returns a message, and whether it is of this language. One that no catalogue has is a slip of ours.
func (c *Catalogue) find(key string) (text string, own bool) {
	if s, ok := c.words[key]; ok {
		return s, true
	}
	if s, ok := catalogues()[English].words[key]; ok {
		return s, c.Code == English
	}
	panic("no message " + key)
}

// Has reports whether there is a message of this key in any catalogue.
func (c *Catalogue) Has(key string) bool {
	_, ok := catalogues()[English].words[key]
	return ok
}

// Whole reports whether the language has every message.
func (c *Catalogue) Whole() bool { return len(c.words) == len(catalogues()[English].words) }

// fill puts values in the place of {0}, {1} …
func fill(text string, args []any) string {
	for i, a := range args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", fmt.Sprint(a))
	}
	return text
}

// missing marks words that stand in English because the language lacks them, in plain text.
const missing = "[English] "

// Text returns a message as plain text. One that falls back to English begins with "[English]".
func (c *Catalogue) Text(key string, args ...any) string {
	s, own := c.find(key)
	if !own {
		s = missing + s
	}
	return fill(s, args)
}

// HTML returns a message for a page. One that falls back to English is marked as English, for readers and for
// programs that read aloud. A value that is template.HTML stands as it is.
func (c *Catalogue) HTML(key string, args ...any) template.HTML {
	s, own := c.find(key)
	safe := make([]any, len(args))
	for i, a := range args {
		if h, ok := a.(template.HTML); ok {
			safe[i] = string(h)
		} else {
			safe[i] = c.apart(fmt.Sprint(a))
		}
	}
	out := fill(template.HTMLEscapeString(s), safe)
	if !own {
		out = `<span class="fallback" lang="en" dir="ltr">` + out + `</span>`
	}
	return template.HTML(out) // what is not ours was escaped
}

// apart escapes a value, and keeps its direction from that of the words around it where the two may differ.
func (c *Catalogue) apart(s string) string {
	if c.Dir == "ltr" && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Hebrew,
			unicode.Arabic)
	}) {
		return template.HTMLEscapeString(s)
	}
	return "<bdi>" + template.HTMLEscapeString(s) + "</bdi>"
}

// Date writes a day.
func (c *Catalogue) Date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	return fmt.Sprintf("%d %s %d", t.Day(), c.Text("month."+strconv.Itoa(int(t.Month()))), t.Year())
}

// Day writes a day that is kept as YYYY-MM-DD; another text is returned as it is.
func (c *Catalogue) Day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return c.Date(t)
}

// Word writes a word of a closed vocabulary, such as an outcome: the message of group.word, or the word itself.
func (c *Catalogue) Word(group string, word any) template.HTML {
	key := group + "." + strings.ReplaceAll(fmt.Sprint(word), " ", "_")
	if !c.Has(key) {
		return template.HTML(`<bdi>` + template.HTMLEscapeString(strings.ReplaceAll(fmt.Sprint(word), "_", " ")) +
			`</bdi>`)
	}
	return c.HTML(key)
}
