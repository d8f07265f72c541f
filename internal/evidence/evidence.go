// Package evidence preserves what was collected for a case: originals that never change,
// working copies apart from them, and a custody log that says who did what, when and why.
//
// Invariants: an original is stored under the SHA-256 of its bytes, synced before its custody
// event is written, and read-only from then on; nothing happens to an item without an event,
// and the event is durable before its effect leaves the store; the custody log of a case is
// only ever appended to, each line naming the hash of the line before; what is derived from
// an original (text, list of parts) lives in another folder and can be made again; an
// original under legal hold is not deleted, and a deleted one leaves its events and a
// tombstone; nothing inside an archive, a mail or a web capture decides where a file is
// written.
package evidence

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// An Action is what happened to an item, or to a whole case.
type Action string

// The actions. Collect, View, Copy, Export and Seal are the custody events proper; the
// others change what is known of an item, and are kept in the same log.
const (
	Collect Action = "collect" // the original was taken in
	View    Action = "view"    // somebody read it
	Copy    Action = "copy"    // a working copy left the store
	Export  Action = "export"  // the case was exported
	Seal    Action = "seal"    // the original was read again and closed: grade and labels stay as they are
	Rate    Action = "grade"   // source and information were graded
	Label   Action = "label"   // labels were replaced
	Hold    Action = "hold"    // a legal hold began, of the item or of the whole case
	Release Action = "release" // it ended
	Delete  Action = "delete"  // the original was erased; this event is its tombstone
)

var actions = []Action{Collect, View, Copy, Export, Seal, Rate, Label, Hold, Release, Delete}

// Errors on which a caller branches.
var (
	ErrUnknown = errors.New("no such item in this case")
	ErrHeld    = errors.New("the item is under legal hold")
	ErrSealed  = errors.New("the item is sealed")
	ErrDeleted = errors.New("the item was deleted")
	ErrDamaged = errors.New("the evidence is damaged")
	ErrMissing = fmt.Errorf("%w: the original is missing from the store, or cannot be opened", ErrDamaged)
	ErrSecond  = errors.New("two different people are needed to erase an original or to end a legal hold")
)

// A Warrant says for which case, by whom and why something is done. Nothing is done without.
type Warrant struct {
	Case   string
	Actor  string
	Reason string
	Second string // another person who asked for the same; without one nothing is erased and no hold ends
}

var caseName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Valid reports what is missing.
func (w Warrant) Valid() error {
	if err := validCase(w.Case); err != nil {
		return err
	}
	if len(w.Second) > 4000 {
		return errors.New("the second person's name is longer than 4,000 bytes")
	}
	for _, f := range []struct{ name, value string }{{"actor", w.Actor}, {"reason", w.Reason}} {
		switch {
		case strings.TrimSpace(f.value) == "":
			return fmt.Errorf("the %s is missing: custody needs who and why", f.name)
		case len(f.value) > 4000:
			return fmt.Errorf("the %s is longer than 4,000 bytes", f.name)
		}
	}
	return nil
}

// two reports what is missing for what takes two people.
func (w Warrant) two() error {
	if strings.TrimSpace(w.Second) == "" || strings.TrimSpace(w.Second) == strings.TrimSpace(w.Actor) {
		return ErrSecond
	}
	return nil
}

func validCase(name string) error {
	if !caseName.MatchString(name) {
		return fmt.Errorf("case %q: a case is named by 1 to 100 letters, digits, dots, dashes and underscores, "+
			"beginning with a letter or digit", name)
	}
	return nil
}

// A Grade holds two judgements that are made apart: of the source, A (reliable) to F (cannot
// be judged), and of the information, 1 (confirmed) to 6 (cannot be judged). It is written
// "B2"; "" is not graded.
type Grade string

// ParseGrade reads "B2", in any case.
func ParseGrade(s string) (Grade, error) {
	g := strings.ToUpper(strings.TrimSpace(s))
	if len(g) != 2 || g[0] < 'A' || g[0] > 'F' || g[1] < '1' || g[1] > '6' {
		return "", fmt.Errorf("grade %q: a letter from A to F for the source and a digit from 1 to 6 for the "+
			"information, such as B2", s)
	}
	return Grade(g), nil
}

var (
	sourceWords = [...]string{"reliable", "usually reliable", "fairly reliable", "not usually reliable", "unreliable",
		"cannot be judged"}
	infoWords = [...]string{"confirmed", "probably true", "possibly true", "doubtful", "improbable",
		"cannot be judged"}
)

// Words says a grade in words.
func (g Grade) Words() string {
	if _, err := ParseGrade(string(g)); err != nil {
		return "not graded"
	}
	return "source " + sourceWords[g[0]-'A'] + ", information " + infoWords[g[1]-'1']
}

var labelText = regexp.MustCompile(`^[\pL\pN][\pL\pN ._:-]{0,59}$`)

// ParseLabels returns ls sorted and without doubles.
func ParseLabels(ls []string) ([]string, error) {
	var out []string
	for _, l := range ls {
		l = strings.TrimSpace(l)
		if !labelText.MatchString(l) {
			return nil, fmt.Errorf("label %q: up to 60 letters, digits, spaces, dots, colons and dashes", l)
		}
		out = append(out, l)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// clean makes a text from outside fit for a log line: valid UTF-8 without control characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

func isSum(s string) bool { return hexSum.MatchString(s) }
