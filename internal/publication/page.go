package publication

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"plimsoll/internal/policy"
)

// A Page is what is published of a subject, as it was released.
type Page struct {
	Kind     Kind      `json:"kind"`
	Subject  string    `json:"subject"` // "" where the id of the subject is not public
	Language string    `json:"language"`
	Title    string    `json:"title"`
	Summary  string    `json:"summary"`
	AsOf     string    `json:"as_of"`
	Facts    []Fact    `json:"facts"`
	Sections []Section `json:"sections"`
	Marks    []Mark    `json:"redactions"`
}

// A Fact is a term with its text. Term and, where Group is set, Text name messages of the catalogue.
type Fact struct {
	Part  string `json:"part,omitempty"`
	Term  string `json:"term"`
	Group string `json:"group,omitempty"` // of a word of a closed vocabulary, or "day"
	Text  string `json:"text"`
	Mark  int    `json:"redaction,omitempty"` // number of the mark that stands in its place
}

// A Section is a part of a page under a heading.
type Section struct {
	Part    string  `json:"part,omitempty"`
	Heading string  `json:"heading"`
	Blocks  []Block `json:"blocks"`
	Mark    int     `json:"redaction,omitempty"`
}

// A Block is a paragraph in our words, or what somebody said.
type Block struct {
	Term  string `json:"term,omitempty"`
	Text  string `json:"text,omitempty"`
	Quote *Quote `json:"quote,omitempty"`
}

// A Quote is what somebody said, with who said it.
type Quote struct {
	Source  string `json:"source"`
	Hidden  bool   `json:"protected_source,omitempty"`
	On      string `json:"on,omitempty"`
	Text    string `json:"text"`
	Status  string `json:"status,omitempty"`
	Grade   string `json:"grade,omitempty"`
	Found   string `json:"found_by,omitempty"` // the authority that found it so
	Replies []Said `json:"replies,omitempty"`
	Asks    bool   `json:"asked,omitempty"` // whether the party was asked about it
}

// A Said is what the party said to it, in full.
type Said struct {
	Answer string `json:"answer"`
	On     string `json:"on"`
	Text   string `json:"text"`
}

// A Mark stands for what was taken out.
type Mark struct {
	No    int    `json:"no"`
	Part  string `json:"part,omitempty"` // "" for words
	Kind  Ground `json:"kind"`
	Why   string `json:"why"`
	Role  string `json:"role"`
	Until string `json:"until,omitempty"`
	Count int    `json:"count"` // in how many places
}

// Signs around the number of a mark within a text.
const markOpen, markClose = "⟦", "⟧"

// Marked finds marks within a text.
var Marked = regexp.MustCompile(markOpen + `(\d+)` + markClose)

// texts visits every text of the page that is not a message, so that nothing is forgotten: ours as false, what others
// said as true.
func (p *Page) texts(visit func(s *string, quoted bool)) {
	visit(&p.Title, false)
	visit(&p.Summary, false)
	for i := range p.Facts {
		if p.Facts[i].Group == "" {
			visit(&p.Facts[i].Text, false)
		}
	}
	for i := range p.Sections {
		for j := range p.Sections[i].Blocks {
			b := &p.Sections[i].Blocks[j]
			visit(&b.Text, false)
			if q := b.Quote; q != nil {
				visit(&q.Source, false)
				visit(&q.Found, false)
				visit(&q.Text, true)
				for k := range q.Replies {
					visit(&q.Replies[k].Text, true)
				}
			}
		}
	}
	for i := range p.Marks {
		visit(&p.Marks[i].Why, false)
	}
}

// sum is the hash of a page.
func (p *Page) sum() (string, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("write page: %w", err)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

// redact takes out what the redactions name, and leaves a mark for each.
func (p *Page) redact(list []Redaction) {
	p.texts(func(s *string, _ bool) {
		*s = norm.NFC.String(strings.NewReplacer(markOpen, "[", markClose, "]").Replace(*s))
	})
	for i, r := range list {
		m := Mark{No: i + 1, Part: r.Part, Kind: r.Kind, Why: r.Why, Role: string(r.Role), Until: r.Until}
		if r.Part != "" {
			m.Count = p.takeOut(r.Part, m.No)
		} else {
			sign, find := markOpen+strconv.Itoa(m.No)+markClose, wordsOf(r.Words)
			p.texts(func(s *string, _ bool) {
				m.Count += len(find.FindAllStringIndex(*s, -1))
				*s = find.ReplaceAllLiteralString(*s, sign)
			})
		}
		p.Marks = append(p.Marks, m)
	}
}

// wordsOf finds words however they are cased and spaced.
func wordsOf(words string) *regexp.Regexp {
	part := strings.Fields(norm.NFC.String(words))
	for i := range part {
		part[i] = regexp.QuoteMeta(part[i])
	}
	return regexp.MustCompile(`(?i)` + strings.Join(part, `\s+`))
}

func (p *Page) takeOut(part string, mark int) (n int) {
	for i := range p.Facts {
		if f := &p.Facts[i]; f.Part == part {
			f.Text, f.Group, f.Mark, n = "", "", mark, n+1
		}
	}
	for i := range p.Sections {
		s := &p.Sections[i]
		if s.Part != part {
			continue
		}
		// Replies stay: what the party said is published in full.
		kept := slices.Clone(s.Blocks)
		kept = slices.DeleteFunc(kept, func(b Block) bool { return b.Quote == nil || len(b.Quote.Replies) == 0 })
		for j := range kept {
			q := *kept[j].Quote
			q.Text, q.Source, q.Found = markOpen+strconv.Itoa(mark)+markClose, markOpen+strconv.Itoa(mark)+markClose, ""
			kept[j] = Block{Quote: &q}
		}
		s.Blocks, s.Mark, n = kept, mark, n+1
	}
	return n
}

// left names a text that still holds words which were to be taken out; "" for none.
func (p *Page) left(list []Redaction) string {
	for _, r := range list {
		if r.Words == "" {
			continue
		}
		find, found := wordsOf(r.Words), false
		p.texts(func(s *string, _ bool) { found = found || find.MatchString(*s) })
		if found || find.MatchString(p.Subject) {
			return r.Words
		}
	}
	return ""
}

// Lint lists what keeps a page from being published, a sentence each: our own words that would state an accusation
// as a fact, and words of others of whom it is not said who they are.
func (p *Page) Lint() (out []string) {
	names := p.names()
	p.texts(func(s *string, quoted bool) {
		if quoted {
			return
		}
		text := *s
		for _, n := range names {
			text = n.ReplaceAllLiteralString(text, " ")
		}
		if w := policy.Accusing(text); w != "" {
			out = append(out, fmt.Sprintf("“%s” would state an accusation as a fact (the word: %s)", sentence(text, w),
				w))
		}
	})
	for _, s := range p.Sections {
		for _, b := range s.Blocks {
			q := b.Quote
			switch {
			case q == nil:
			case strings.TrimSpace(q.Source) == "" && !q.Hidden:
				out = append(out, fmt.Sprintf("“%s” is a statement of nobody: say who made it", short(q.Text)))
			case q.Hidden && policy.Accusing(q.Text) != "":
				out = append(out, fmt.Sprintf("“%s” accuses, and its source is not named: take the words out, or "+
					"name an authority", short(q.Text)))
			}
		}
	}
	return out
}

// names finds the names that stand on the page: what somebody or a document is called accuses nobody.
func (p *Page) names() (out []*regexp.Regexp) {
	add := func(s string) {
		if len([]rune(strings.TrimSpace(s))) > 2 {
			out = append(out, wordsOf(s))
		}
	}
	for _, f := range p.Facts {
		if f.Part == "party" || f.Part == "addressee" {
			add(f.Text)
		}
	}
	for _, s := range p.Sections {
		for _, b := range s.Blocks {
			if b.Quote != nil {
				add(b.Quote.Source)
			}
		}
	}
	return out
}

// sentence returns the sentence of a text in which a word stands, as far as it can be told.
func sentence(text, word string) string {
	for _, s := range regexp.MustCompile(`[.!?。؟]\s+|\n`).Split(text, -1) {
		if policy.Accusing(s) == word {
			return short(s)
		}
	}
	return short(text)
}

// shown is how much of a text a refusal shows.
const shown = 160

func short(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > shown {
		return string(r[:shown]) + "…"
	}
	return strings.TrimSpace(s)
}
