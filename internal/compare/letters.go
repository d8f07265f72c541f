package compare

import (
	"plimsoll/internal/name"
)

// Abbreviation returns the word of a name that is nothing but an abbreviation.
func Abbreviation(t []name.Token) string {
	at := -1
	for i := range t {
		switch t[i].Class {
		case name.Form, name.Stop, name.Place:
		case name.Word:
			if at >= 0 || !t[i].Upper && !t[i].Exact || len(t[i].Text) < 3 || len(t[i].Text) > 8 {
				return ""
			}
			at = i
		default:
			return ""
		}
	}
	if at < 0 {
		return ""
	}
	return t[at].Text
}

// letters compares an abbreviation with the words that it stands for.
func (s *Scorer) letters(q, l *name.Name) float32 {
	if v := abbreviates(q.Tokens, l); v > 0 {
		return v
	}
	return abbreviates(l.Tokens, q)
}

func abbreviates(t []name.Token, full *name.Name) float32 {
	switch {
	case !Abbreviable(full) || Abbreviation(t) != full.Letters:
		return 0
	case full.Body && full.Legal == 0 && !hasForm(t):
		return BodyLetters
	}
	return AsLetters
}

func hasForm(t []name.Token) bool {
	for i := range t {
		if t[i].Class == name.Form {
			return true
		}
	}
	return false
}

// Abbreviable reports whether a name has letters that may stand for it: four, or three of a body.
func Abbreviable(n *name.Name) bool { return len(n.Letters) >= 4 || n.Body && len(n.Letters) >= 3 }
