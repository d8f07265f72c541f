// Package notice is the box in which anybody can put the company on notice: it takes a
// statement and files in, gives a receipt that proves them for good and a code to follow
// them up with, and keeps who sent them from everybody.
//
// Invariants: a notice, its leaf in the ledger and its files are there together or not at
// all, and what was acknowledged is never lost; nothing that tells a sender (address, user
// agent, file name) is kept; a contact and the originals of files are sealed to a key whose
// private half is split between people, so that two of them have to open it, and each
// hand-out of something sealed needs two people and is a leaf in the ledger; of a code only
// a slow hash is kept; a sender sees a status that depends on nothing but the notice, never
// on a case.
package notice

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/ledger/format"
	"plimsoll/internal/message"
)

// Version is the first line of the canonical text of a notice. A change of what the text
// means is a new version.
const Version = "plimsoll.notice/v1"

// coarseVersion is the first line of the text of a notice that states when it was received, because its leaf bears a
// coarser time.
const coarseVersion = "plimsoll.notice/v2"

// receivedForm is how that time is written: UTC, microseconds.
const receivedForm = "2006-01-02T15:04:05.000000Z"

// An ID names a notice. It is random: it does not tell how many came before.
type ID string

// A Statement is what a sender says, word for word.
type Statement struct {
	About string `json:"about"` // which organisation or service of ours
	What  string `json:"what"`  // what happens, or is going to
	When  string `json:"when"`
	How   string `json:"how"` // how the sender knows
}

// A part is one field of a statement with its name and how many bytes it may have.
type part struct {
	name string
	text *string
	most int
}

func (s *Statement) parts() []part {
	return []part{{"about", &s.About, 600}, {"what", &s.What, 24_000}, {"when", &s.When, 600}, {"how", &s.How, 6_000}}
}

// A File is one file of a notice. What it was called is not kept: names tell of people.
type File struct {
	N       int    `json:"n"` // 1, 2, 3 … in the order in which they came
	SHA256  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	Media   string `json:"media"`   // what it is, by its content
	Working string `json:"working"` // what kind of working copy there is; "" for none
	Note    string `json:"note"`    // what was taken out, or why there is no working copy
}

// A Text is the notice as the leaf of the ledger commits to it.
type Text struct {
	ID ID
	To string // who was put on notice
	// Received is when, by the clock of the receiver; zero when the leaf bears that time itself.
	Received time.Time
	Said     Statement
	Files    []File // N, SHA256 and Bytes
}

// Encode writes the canonical bytes.
func (t Text) Encode() []byte {
	var b strings.Builder
	version, received := Version, ""
	if !t.Received.IsZero() {
		version, received = coarseVersion, "received "+t.Received.UTC().Format(receivedForm)+"\n"
	}
	fmt.Fprintf(&b, "%s\nid %s\nto %s\n%s", version, t.ID, t.To, received)
	for _, p := range t.Said.parts() {
		if *p.text == "" {
			continue
		}
		b.WriteString(p.name + "\n")
		for line := range strings.SplitSeq(*p.text, "\n") {
			b.WriteString("| " + line + "\n")
		}
	}
	for _, f := range t.Files {
		fmt.Fprintf(&b, "file %d %s %d\n", f.N, f.SHA256, f.Bytes)
	}
	return []byte(b.String())
}

// ParseText reads canonical bytes, and nothing else.
func ParseText(b []byte) (Text, error) {
	var t Text
	text, ok := strings.CutSuffix(string(b), "\n")
	if !ok || !utf8.Valid(b) {
		return t, errors.New("the notice is not whole text")
	}
	line := strings.Split(text, "\n")
	if line[0] != Version && line[0] != coarseVersion {
		return t, fmt.Errorf("the notice is not of version %q or %q", Version, coarseVersion)
	}
	if len(line) < 3 {
		return t, errors.New("the notice has no id and addressee")
	}
	id, ok1 := strings.CutPrefix(line[1], "id ")
	to, ok2 := strings.CutPrefix(line[2], "to ")
	if !ok1 || !ok2 || !isNotice(id) {
		return t, errors.New("the notice has no id and addressee")
	}
	t.ID, t.To = ID(id), to
	rest := line[3:]
	if line[0] == coarseVersion {
		at, ok := strings.CutPrefix(append(rest, "")[0], "received ")
		when, err := time.Parse(receivedForm, at)
		if !ok || err != nil || when.IsZero() {
			return t, errors.New("the notice does not state when it was received")
		}
		t.Received, rest = when.UTC(), rest[1:]
	}
	for _, p := range t.Said.parts() {
		if len(rest) == 0 || rest[0] != p.name {
			continue
		}
		rest = rest[1:]
		var said []string
		for len(rest) > 0 && strings.HasPrefix(rest[0], "| ") {
			said, rest = append(said, rest[0][2:]), rest[1:]
		}
		*p.text = strings.Join(said, "\n")
	}
	for _, l := range rest {
		var f File
		if _, err := fmt.Sscanf(l, "file %d %s %d", &f.N, &f.SHA256, &f.Bytes); err != nil || len(f.SHA256) != 64 {
			return t, fmt.Errorf("a line of the notice cannot be read: %.60q", l)
		}
		t.Files = append(t.Files, f)
	}
	if string(t.Encode()) != string(b) {
		return t, errors.New("the notice is written in an unusual way: it was changed")
	}
	return t, nil
}

// isNotice says whether s can be the id of a notice.
func isNotice(s string) bool {
	rest, ok := strings.CutPrefix(s, "N-")
	return ok && len(rest) == idChars && strings.Trim(rest, alphabet) == ""
}

// Contact says whether and how a sender wants to hear from us.
type Contact string

// The choices. With None nobody can write to the sender; the code only brings the receipt.
const (
	None   Contact = "none"
	Code   Contact = "code"
	Sealed Contact = "sealed" // a contact, sealed like an original
)

// A Status is what the sender sees. It says what happened to the notice, never to a case.
type Status string

// The states, in their order.
const (
	Received Status = "received"
	Looked   Status = "looked at"
	Answered Status = "answered"
	Closed   Status = "closed"
)

// Errors on which a caller branches.
var (
	ErrToken = errors.New("this form is too old or was not made by this server; open the page again")
	ErrBusy  = errors.New("many notices are arriving; wait a minute, then send yours again: your words are still " +
		"in the form")
	ErrRoom = errors.New("there is no room for files of this size now; send the words, and the files later under " +
		"your code")
	ErrCode    = errors.New("no notice belongs to this code")
	ErrUnknown = errors.New("there is no such notice")
	ErrErased  = errors.New("the content of this notice was erased")
	ErrPending = errors.New("the receipt is being made; come back with your code in a minute")
	ErrLate    = errors.New("the receipt is being made: the public log shows notices late here, so that it does not " +
		"tell when they were sent; come back with your code on another day")
	ErrSame   = errors.New("a second person has to agree: you asked for this yourself")
	ErrReason = errors.New("a reason is needed")
	ErrState  = errors.New("this is not possible for this notice now")
)

// A Fault is something that the sender can put right.
type Fault struct {
	Field, Reason string // Reason stands in English
	// Key and Args are the message of package message that says the reason; Key is "" for what staff read.
	Key  string
	Args []any
}

// fault returns a fault whose reason is a message.
func fault(field, key string, args ...any) *Fault {
	key = "fault." + key
	return &Fault{Field: field, Reason: message.For(message.English).Text(key, args...), Key: key, Args: args}
}

func (f *Fault) Error() string { return f.Reason }

// check puts a statement into the form in which it is kept: plain line ends, no space around.
func (s *Statement) check() error {
	for _, p := range s.parts() {
		t := strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(*p.text))
		*p.text = t
		switch {
		case !utf8.ValidString(t) || strings.ContainsFunc(t, func(r rune) bool {
			return unicode.IsControl(r) &&
				r != '\n' && r != '\t'
		}):
			return fault(p.name, "characters")
		case len(t) > p.most:
			return fault(p.name, "long", len(t), p.most)
		}
	}
	if s.What == "" {
		return fault("what", "what")
	}
	return nil
}

// A stamp is a time as the database keeps it.
func stamp(t time.Time) string { return t.UTC().Format(format.TimeLayout) }

func when(s string) time.Time {
	t, _ := time.Parse(format.TimeLayout, s)
	return t
}
