package obligation

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/record/table"
)

// A Line is a standing as it is written out.
type Line struct {
	Demand     string    `json:"demand_id"`
	Status     Status    `json:"status"`
	Words      string    `json:"words"`
	Due        string    `json:"due"`       // YYYY-MM-DD, "" when not known
	DueWords   string    `json:"due_words"` // both ways: as demanded and as reckoned
	Late       int       `json:"days_late"`
	Left       int       `json:"days_left"`
	Of         Of        `json:"of"`
	Addressee  string    `json:"addressee"`
	Text       string    `json:"text"`
	AboutKind  AboutKind `json:"about_kind"`
	About      string    `json:"about"`
	Where      string    `json:"place"`
	Clause     string    `json:"clause"`
	Instrument string    `json:"instrument"`
	Issuer     string    `json:"issuer"`
	Force      Force     `json:"force"`
	Votes      string    `json:"votes"`
	Objections string    `json:"objections"`
	Read       Reading   `json:"read"`
	Source     string    `json:"source"`        // of the clause, or of the instrument
	SHA256     string    `json:"source_sha256"` // of the document that was read, "" when none is on file
	Answers    []string  `json:"answers"`       // each with who published it, when, and its grade
	At         string    `json:"at"`
	Given      []Given   `json:"given,omitempty"` // the same answers in their parts
}

// A Given is an answer in its parts.
type Given struct {
	ID        string `json:"answer_id"`
	Acted     Acted  `json:"acted"`
	By        string `json:"by"`
	Text      string `json:"text"`
	On        string `json:"date"` // as exact as the row has it
	Publisher string `json:"publisher"`
	Source    string `json:"source,omitempty"`
	Grade     string `json:"grade,omitempty"`
}

// Lines returns standings as they are written out.
func Lines(list []Standing) []Line {
	out := make([]Line, 0, len(list))
	for _, s := range list {
		d := s.Demand
		l := Line{Demand: d.ID, Status: s.Status, Words: s.Words(), DueWords: d.Due.Words(), Late: s.Late, Left: s.Left,
			Of:        d.Of,
			Addressee: d.Addressee, Text: d.Text, AboutKind: d.AboutKind, About: d.About, Where: d.Where,
			Clause: d.Clause, Read: d.Read, Source: d.Source, SHA256: d.SHA256, Instrument: d.Instrument,
			Answers: []string{},
			At:      d.At.String()}
		if d.Due.Known() {
			l.Due = d.Due.Day.Format(time.DateOnly)
		}
		if i := s.Instrument; i != nil {
			l.Instrument, l.Issuer, l.Force, l.Votes, l.Objections = i.Title, i.Issuer, i.Force, i.Votes, i.Objections
			l.Source = cmp.Or(d.Source, i.Source)
		}
		for _, a := range s.Answers {
			l.Answers = append(l.Answers, a.words())
			l.Given = append(l.Given, a.given())
		}
		out = append(out, l)
	}
	return out
}

// Document says which document was read, and whether its hash is on file.
func (l Line) Document() string {
	switch {
	case l.SHA256 != "":
		return "document read: SHA-256 " + l.SHA256
	case l.Read == Memory:
		return "written from memory: no document is on file"
	}
	return "no hash of the document that was read is on file"
}

// fixed are statuses that no answer and no day changes: they say what is not known of the demand, or that it does not
// hold.
var fixed = []Status{AddresseeOpen, Conditional, NotInForce, InstrumentAbsent}

// On returns the line as it stands on another day, with further answers on file. What a line does not hold, such as the
// condition of a demand, stays as it was.
func (l Line) On(asOf time.Time, more ...Answer) (Line, error) {
	s := Standing{Demand: Demand{ID: l.Demand, Of: l.Of}, Instrument: &Instrument{}}
	if l.Due != "" {
		day, err := time.Parse(time.DateOnly, l.Due)
		if err != nil {
			return l, fmt.Errorf("read demand %s: %w", l.Demand, err)
		}
		s.Demand.Due.Day = day
		days := int(asOf.Sub(day).Hours() / 24)
		s.Late, s.Left = max(0, days), max(0, -days)
	}
	l.Given = slices.Clone(l.Given)
	for _, g := range l.Given {
		a := Answer{ID: g.ID, Acted: g.Acted}
		var err error
		if a.Date, err = day(g.On); err != nil {
			return l, fmt.Errorf("read demand %s: %w", l.Demand, err)
		}
		s.Answers = append(s.Answers, a)
	}
	l.Answers = slices.Clone(l.Answers)
	for _, a := range more {
		if a.Date.Known() && a.Date.Time.After(asOf) {
			continue
		}
		s.Answers = append(s.Answers, a)
		l.Answers, l.Given = append(l.Answers, a.words()), append(l.Given, a.given())
	}
	slices.SortStableFunc(s.Answers, func(a, b Answer) int { return a.Date.Time.Compare(b.Date.Time) })
	if slices.Contains(fixed, l.Status) {
		return l, nil
	}
	late := s.Late
	s.Late = 0
	switch s.Status = s.status(asOf, late > 0); s.Status {
	case Overdue:
		s.Late = late
	case Met:
		s.Late = s.lateWhenMet()
	}
	l.Status, l.Late, l.Left, l.Words = s.Status, s.Late, s.Left, s.Words()
	return l, nil
}

func (a Answer) given() Given {
	g := Given{ID: a.ID, Acted: a.Acted, By: a.By, Text: a.Text, Publisher: a.Publisher, Source: a.Source,
		Grade: a.Grade}
	if a.Date.Known() {
		g.On = a.Date.String()
	}
	return g
}

// words names an answer with who says so: an answer is attributed like a claim.
func (a Answer) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", a.Acted, a.Text)
	if a.By != "" {
		fmt.Fprintf(&b, " (%s)", a.By)
	}
	who := a.Publisher
	if who == "" {
		who = "a source that the row does not name"
	}
	fmt.Fprintf(&b, ", says %s", who)
	if a.Date.Known() {
		fmt.Fprintf(&b, ", %s", a.Date)
	} else {
		b.WriteString(", on a day that the row does not name")
	}
	if a.Grade != "" {
		fmt.Fprintf(&b, ", grade %s", a.Grade)
	}
	return b.String()
}

// WriteCSV writes lines as a table.
func WriteCSV(w io.Writer, lines []Line) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"status", "due", "due_words", "days_late", "days_left", "demand_id", "text", "of", "addressee",
		"about_kind", "about", "place", "clause",
		"instrument", "issuer", "force", "votes", "objections", "read", "source", "source_sha256",
		"answers", "at"}}
	for _, l := range lines {
		rows = append(rows, []string{string(l.Status), l.Due, l.DueWords, strconv.Itoa(l.Late), strconv.Itoa(l.Left),
			l.Demand, l.Text,
			string(l.Of), l.Addressee, string(l.AboutKind), l.About, l.Where, l.Clause, l.Instrument, l.Issuer,
			string(l.Force), l.Votes, l.Objections, string(l.Read),
			l.Source, l.SHA256, strings.Join(l.Answers, "; "), l.At})
	}
	for _, r := range rows {
		for i := range r {
			r[i] = table.Inert(r[i])
		}
	}
	return out.WriteAll(rows)
}

// WriteJSON writes lines as a feed, with the files and rows that are not in it.
func WriteJSON(w io.Writer, asOf time.Time, r *Register, lines []Line) error {
	notUsed := make([]string, 0, len(r.Rejects))
	for _, x := range r.Rejects {
		notUsed = append(notUsed, x.File+" "+x.At+": "+x.Reason)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		AsOf    string   `json:"as_of"`
		NotRead []string `json:"not_read"` // files
		NotUsed []string `json:"not_used"` // rows
		Demands []Line   `json:"demands"`
	}{asOf.Format(time.DateOnly), append([]string{}, r.Unread...), notUsed, lines})
}

// icsLine is how many bytes a line of a calendar may have (RFC 5545, 3.1).
const icsLine = 75

// WriteICS writes what has a day and is not met as a calendar (RFC 5545) with an entry of a day each.
func WriteICS(w io.Writer, asOf time.Time, lines []Line) error {
	var b strings.Builder
	put := func(name, value string) {
		s := name + ":" + strings.NewReplacer(`\`, `\\`, "\r", "", "\n", `\n`, ";", `\;`, ",", `\,`).Replace(value)
		for n := icsLine; len(s) > n; n = icsLine - 1 { // continued lines begin with a blank
			for n > 0 && s[n]&0xC0 == 0x80 { // never within a character
				n--
			}
			b.WriteString(s[:n] + "\r\n ")
			s = s[n:]
		}
		b.WriteString(s + "\r\n")
	}
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Plimsoll//Obligations//EN\r\n")
	for _, l := range lines {
		day, err := time.Parse(time.DateOnly, l.Due)
		if err != nil || l.Status == Met || l.Status == NotInForce {
			continue
		}
		b.WriteString("BEGIN:VEVENT\r\n")
		put("UID", l.Demand+"@obligations.plimsoll")
		put("DTSTAMP", asOf.Format("20060102")+"T000000Z")
		b.WriteString("DTSTART;VALUE=DATE:" + day.Format("20060102") + "\r\n")
		put("SUMMARY", l.Text)
		put("DESCRIPTION", l.Instrument+". "+l.DueWords+". "+l.Words)
		b.WriteString("END:VEVENT\r\n")
	}
	b.WriteString("END:VCALENDAR\r\n")
	_, err := io.WriteString(w, b.String())
	return err
}
