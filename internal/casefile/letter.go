package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/message"
)

// A LetterDraft says how the letter is to be made. Text, when set, replaces the generated one.
type LetterDraft struct {
	To       string `json:"to"`
	Language string `json:"language"`
	Days     int    `json:"days"` // working days to answer, for the text
	Text     string `json:"text"`
}

// A Sending says how a letter went out.
type Sending struct {
	Proof   string `json:"proof"` // of delivery
	Days    int    `json:"days"`  // working days to answer; 10 to 15, less with a reason
	Shorter string `json:"shorter_because"`
}

// The working days that a party gets to answer (domain reference 4.1 and 4.7).
const (
	leastReplyDays = 10
	usualReplyDays = 15
)

// DraftLetter makes a letter from the critical claims of the case, each as an attributed
// assertion with its number.
func (d *Desk) DraftLetter(ctx context.Context, by Actor, id ID, draft LetterDraft) (Letter, error) {
	made, err := d.move(ctx, by, MoveDraft, id, 0, draft, func(w *work) (ID, error) {
		if strings.TrimSpace(draft.To) == "" {
			return "", lacking("A letter", []string{"the office that it goes to"})
		}
		claims, err := readClaims(w.ctx, w.tx, `WHERE case_id = $1 ORDER BY added, id`, string(w.c.ID))
		if err != nil {
			return "", err
		}
		m := message.For(draft.Language)
		l := Letter{To: draft.To, Language: draft.Language, Text: draft.Text, Drafted: w.now, DraftedBy: w.by.ID}
		for _, c := range claims {
			if c.Critical && c.Denies == "" && c.Status != Withdrawn {
				l.Assertions = append(l.Assertions, Assertion{No: len(l.Assertions) + 1, Claim: c.ID,
					Text: assertion(c, m)})
			}
		}
		if len(l.Assertions) == 0 {
			return "", lacking("A letter", []string{"a claim that is marked as critical"})
		}
		if l.Text == "" {
			if draft.Days == 0 {
				draft.Days = usualReplyDays
			}
			l.Text = letterText(w.c, l.Assertions, draft.Days, m)
		}
		if l.ID, err = w.next("L"); err != nil {
			return "", err
		}
		body, err := json.Marshal(l)
		if err != nil {
			return "", err
		}
		w.keep("letter", string(l.ID))
		_, err = w.tx.ExecContext(w.ctx,
			`INSERT INTO letter (id, case_id, sent, deadline, body) VALUES ($1, $2, '', '', $3)`, string(l.ID),
			string(w.c.ID), string(body))
		if err != nil {
			return "", err
		}
		return l.ID, w.say(EventLetterDrafted, l.ID, fmt.Sprintf("Letter to %s drafted; assertions in it: %d", l.To,
			len(l.Assertions)), nil)
	})
	if err != nil {
		return Letter{}, err
	}
	return d.Letter(ctx, by, made)
}

// assertion words a claim in a language so that it stays somebody's statement.
func assertion(c Claim, m *message.Catalogue) string {
	source := c.Source
	if c.Anonymous {
		source = m.Text("letter.hidden")
	}
	if c.Published != "" {
		return m.Text("letter.said.on", source, c.Published, c.Text)
	}
	return m.Text("letter.said", source, c.Text)
}

// letterText is the letter in a language; a sentence that the language lacks stands in English and says so. It says
// what was reported, by whom, and asks; it accuses nobody.
func letterText(c *Case, as []Assertion, days int, m *message.Catalogue) string {
	var b strings.Builder
	name := c.PartyName
	if name == "" {
		name = m.Text("letter.yours")
	}
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s\n\n", m.Text("letter.re", c.Title, c.ID), m.Text("letter.dear"),
		m.Text("letter.intro", name))
	for _, a := range as {
		fmt.Fprintf(&b, "%d. %s\n", a.No, a.Text)
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", m.Text("letter.ask", days), m.Text("letter.end"))
	return b.String()
}

// Letter reads one letter.
func (d *Desk) Letter(ctx context.Context, by Actor, id ID) (Letter, error) {
	c, err := d.Case(ctx, by, id)
	if err != nil {
		return Letter{}, err
	}
	i := slices.IndexFunc(c.Letters, func(l Letter) bool { return l.ID == id })
	if i < 0 {
		return Letter{}, ErrNotFound
	}
	return c.Letters[i], nil
}

// letter finds a letter of the case in this transaction.
func (w *work) letter(id ID) (Letter, error) {
	ls, err := readLetters(w.ctx, w.tx, `WHERE id = $1 AND case_id = $2`, string(id), string(w.c.ID))
	if err != nil {
		return Letter{}, err
	}
	if len(ls) == 0 {
		return Letter{}, ErrNotFound
	}
	return ls[0], nil
}

func (w *work) saveLetter(l Letter) error {
	for i := range l.Assertions {
		l.Assertions[i].Reply = nil
	}
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	w.keep("letter", string(l.ID))
	_, err = w.tx.ExecContext(w.ctx, `UPDATE letter SET sent = $2, deadline = $3, body = $4 WHERE id = $1`,
		string(l.ID), Stamp(l.Sent), Stamp(l.Deadline), string(body))
	return err
}

// SendLetter records that the letter went out and starts the party's clock. Whoever sends
// it is not the one who drafted it.
func (d *Desk) SendLetter(ctx context.Context, by Actor, id ID, s Sending) error {
	_, err := d.move(ctx, by, MoveSend, id, 0, []any{id, s}, func(w *work) (ID, error) {
		l, err := w.letter(id)
		if err != nil {
			return "", err
		}
		if !l.Sent.IsZero() {
			return "", ErrStage
		}
		if l.DraftedBy == w.by.ID {
			return "", ErrOwnWork
		}
		if s.Days == 0 {
			s.Days = usualReplyDays
		}
		var needs []string
		if strings.TrimSpace(s.Proof) == "" {
			needs = append(needs, "how it was delivered (the proof)")
		}
		if s.Days < 1 || s.Days < leastReplyDays && strings.TrimSpace(s.Shorter) == "" {
			needs = append(needs, fmt.Sprintf("at least %d working days to answer, or the reason for fewer",
				leastReplyDays))
		}
		if err := lacking("Sending the letter", needs); err != nil {
			return "", err
		}
		cal, err := w.calendar()
		if err != nil {
			return "", err
		}
		l.Sent, l.SentBy, l.Proof, l.Deadline = w.now, w.by.ID, s.Proof, cal.Add(w.now, s.Days)
		l.Attempts = append(l.Attempts, Attempt{At: w.now, How: s.Proof, By: w.by.ID})
		if err := w.saveLetter(l); err != nil {
			return "", err
		}
		if err := w.endClocks(ClockHearing, ""); err != nil {
			return "", err
		}
		if err := w.setClock(ClockLetter, l.ID, s.Days, l.Deadline); err != nil {
			return "", err
		}
		return id, w.say(EventLetterSent, id, fmt.Sprintf("Letter sent to %s; an answer is asked for by %s", l.To,
			l.Deadline.Format(time.DateOnly)), s)
	})
	return err
}

// Attempt records one more try to reach the party.
func (d *Desk) Attempt(ctx context.Context, by Actor, id ID, how string) error {
	_, err := d.move(ctx, by, MoveReply, id, 0, []any{id, how}, func(w *work) (ID, error) {
		l, err := w.letter(id)
		if err != nil {
			return "", err
		}
		if l.Sent.IsZero() {
			return "", ErrStage
		}
		if strings.TrimSpace(how) == "" {
			return "", lacking("An attempt", []string{"how the party was addressed"})
		}
		l.Attempts = append(l.Attempts, Attempt{At: w.now, How: how, By: w.by.ID})
		if err := w.saveLetter(l); err != nil {
			return "", err
		}
		return id, w.say(EventLetterAttempt, id, fmt.Sprintf("Attempt %d to reach %s: %s", len(l.Attempts), l.To, how),
			nil)
	})
	return err
}

// RecordReply records what the party said to each assertion, word for word. A later reply
// stands beside the earlier one.
func (d *Desk) RecordReply(ctx context.Context, by Actor, id ID, replies []Reply) error {
	_, err := d.move(ctx, by, MoveReply, id, 0, []any{id, replies}, func(w *work) (ID, error) {
		l, err := w.letter(id)
		if err != nil {
			return "", err
		}
		if l.Sent.IsZero() {
			return "", ErrStage
		}
		var needs []string
		if len(replies) == 0 {
			needs = append(needs, "a reply to at least one assertion")
		}
		answered := map[ID]bool{}
		for _, a := range l.Assertions {
			answered[a.Claim] = a.Reply != nil
		}
		for _, r := range replies {
			if _, ok := answered[r.Claim]; !ok {
				needs = append(needs, fmt.Sprintf("an assertion of this letter (%s is not in it)", r.Claim))
			}
			if !slices.Contains(Answers, r.Answer) {
				needs = append(needs, fmt.Sprintf("for %s: answered, partly, not or refused", r.Claim))
			}
			if strings.TrimSpace(r.Text) == "" && (r.Answer == answerAnswered || r.Answer == answerPartly) {
				needs = append(needs, fmt.Sprintf("for %s: the words of the answer", r.Claim))
			}
		}
		if err := lacking("Recording the reply", needs); err != nil {
			return "", err
		}
		for _, r := range replies {
			if r.Received == "" {
				r.Received = w.now.Format(time.DateOnly)
			}
			err := w.insert("reply",
				`INSERT INTO reply (letter, claim, answer, wording, received, effect, by_actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				string(id), string(r.Claim), r.Answer, r.Text, r.Received, r.Effect, w.by.ID, Stamp(w.now))
			if err != nil {
				return "", err
			}
			answered[r.Claim] = true
			if err := w.say(EventReply, r.Claim,
				fmt.Sprintf("%s on %s (%s): %s", l.To, r.Claim, r.Answer, r.Text), r); err != nil {
				return "", err
			}
		}
		for _, ok := range answered {
			if !ok {
				return id, nil
			}
		}
		return id, w.endClocks(ClockLetter, id)
	})
	return err
}
