package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"plimsoll/internal/casefile"
)

// A form reads the fields of a POST; its helpers trim and never fail.
type form struct{ r *http.Request }

func (v *visit) form() (form, error) {
	if err := v.r.ParseForm(); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return form{}, err
		}
		return form{}, &invalid{"", "the form cannot be read: " + plain(err)}
	}
	return form{v.r}, nil
}

func (f form) text(name string) string {
	// Browsers send CRLF; what is kept word for word is kept with plain line ends.
	return strings.TrimSpace(strings.ReplaceAll(f.r.PostForm.Get(name), "\r\n", "\n"))
}

func (f form) yes(name string) bool { return f.r.PostForm.Get(name) == "yes" }

func (f form) all(name string) []string { return f.r.PostForm[name] }

func (f form) number(name string) int {
	n, _ := strconv.Atoi(f.text(name))
	return n
}

func (f form) version() int64 {
	n, _ := strconv.ParseInt(f.text("version"), 10, 64)
	return n
}

// lines reads one value a line.
func (f form) lines(name string) []string {
	out := []string{}
	for l := range strings.SplitSeq(f.text(name), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// words reads values between commas or lines.
func (f form) words(name string) []string {
	out := []string{}
	for l := range strings.FieldsFuncSeq(f.text(name), func(r rune) bool { return r == ',' || r == '\n' }) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func (f form) ids(name string) []casefile.ID {
	out := []casefile.ID{}
	for _, s := range f.all(name) {
		out = append(out, casefile.ID(s))
	}
	return out
}

// by is the actor of a form: its key keeps a form that is sent twice from acting twice.
func (v *visit) by() casefile.Actor {
	a := v.me.Actor
	if v.r.Method == http.MethodPost && v.r.PostForm != nil {
		if k := v.r.PostForm.Get("key"); k != "" && len(k) <= 64 {
			a.Request = "form " + k
		}
	}
	return a
}
