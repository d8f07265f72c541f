package casefile

import (
	"errors"
	"strings"
)

// What can stand in the way of a move. Each is a sentence that a page can show.
var (
	ErrNotFound   = errors.New("there is no such case, or you may not see it")
	ErrForbidden  = errors.New("your role does not allow this")
	ErrProgram    = errors.New("a program may not decide; a person has to do this")
	ErrStale      = errors.New("somebody else changed this case in the meantime; read it again and repeat your change")
	ErrConflict   = errors.New("you declared an interest in this case and may not take part in its decisions")
	ErrRecused    = errors.New("you stepped back from this case: what is in it is closed to you")
	ErrOwnWork    = errors.New("two different people are needed: you already acted on this decision")
	ErrTookPart   = errors.New("this takes a person who took no part in the case before")
	ErrOutside    = errors.New("a critical decision needs an approver from outside the business line")
	ErrStage      = errors.New("the case does not stand where this is possible")
	ErrReused     = errors.New("this idempotency key was already used for a different request")
	ErrCursor     = errors.New("the list cannot be continued from there; begin again")
	ErrRuns       = errors.New("an appeal of the same against the same decision runs")
	ErrUnreadable = errors.New("this holds characters that cannot be kept: a NUL or broken UTF-8")
	ErrClosed     = errors.New("the case is closed; reopen it first")
)

// A Lacking error says what a move still needs, in sentences.
type Lacking struct {
	Move  string
	Needs []string
}

func (e *Lacking) Error() string { return e.Move + " still needs: " + strings.Join(e.Needs, "; ") }

// lacking returns nil when nothing is missing.
func lacking(move string, needs []string) error {
	if len(needs) == 0 {
		return nil
	}
	return &Lacking{Move: move, Needs: needs}
}
