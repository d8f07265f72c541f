package web

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
)

// Inputs of moves on a case. Version, when not 0, is the version of the case that the caller
// read: the move is refused when somebody was faster.
type (
	CaseInput struct {
		Case string `path:"case" doc:"Id of a case, such as C-0001"`
	}
	casesInput struct {
		PageInput
		Text     string `query:"q"`
		Stage    string `query:"stage"`
		Severity string `query:"severity"`
		Assignee string `query:"assignee"`
		Label    string `query:"label"`
		Party    string `query:"party"`
		Open     bool   `query:"open" doc:"Only cases that are not closed"`
	}
	tasksOut struct {
		Tasks []casefile.Task `json:"tasks"`
	}
	linesOut struct {
		Missing []string `json:"missing" doc:"What is still missing, in sentences; empty when nothing is"`
	}
	readingsOut struct {
		Readings []casefile.Reading `json:"readings"`
	}
)

// A caseMove is the input of a move on a case with a body.
type caseMove[T any] struct {
	Idem
	CaseInput
	Body T
}

// Bodies of moves.
type (
	triageBody struct {
		Version  int64             `json:"version"`
		Severity casefile.Severity `json:"severity"`
		Triage   casefile.Triage   `json:"triage"`
	}
	advanceBody struct {
		Version int64          `json:"version"`
		To      casefile.Stage `json:"to"`
		Reason  string         `json:"reason"`
	}
	assignBody struct {
		Version int64  `json:"version"`
		Person  string `json:"person" doc:"Id of a person; empty: nobody"`
	}
	commentBody struct {
		Text string `json:"text"`
	}
	labelBody struct {
		Add    []string `json:"add"`
		Remove []string `json:"remove"`
	}
	restrictBody struct {
		Version    int64    `json:"version"`
		Restricted bool     `json:"restricted"`
		Members    []string `json:"members"`
		Reason     string   `json:"reason"`
	}
	interestBody struct {
		Interest string `json:"interest"`
		Paid     bool   `json:"paid"`
		Recuse   bool   `json:"recuse" doc:"Step back from the case"`
	}
	dossierBody struct {
		Version int64            `json:"version"`
		Dossier casefile.Dossier `json:"dossier"`
	}
	answerBody struct {
		Finding string `json:"finding"`
		Answer  string `json:"answer"`
	}
	reasonBody struct {
		Version int64  `json:"version"`
		Reason  string `json:"reason"`
	}
	clockBody struct {
		Clock  int64  `json:"clock"`
		Resume bool   `json:"resume"`
		Why    string `json:"why"`
	}
)

// move registers a move on a case.
func move[T any](s *Server, a huma.API, path, id, summary string, do func(ctx context.Context, by casefile.Actor,
	c casefile.ID, b T) error) {
	add(s, a, "POST", "/cases/{case}/"+path, id, summary, workCase, func(ctx context.Context, me *actor,
		in *caseMove[T]) (made, error) {
		return made{ID: in.Case}, do(ctx, me.Actor, casefile.ID(in.Case), in.Body)
	})
}

func (s *Server) apiCases(a huma.API) {
	d := s.desk
	add(s, a, "GET", "/inbox", "get-inbox", "What waits for the caller", readCases, func(ctx context.Context, me *actor,
		_ *noInput) (tasksOut, error) {
		list, err := s.inboxOf(ctx, me.Actor)
		if list == nil {
			list = []casefile.Task{}
		}
		return tasksOut{list}, err
	})
	add(s, a, "GET", "/cases", "list-cases", "Cases, the last opened first", readCases, func(ctx context.Context,
		me *actor, in *casesInput) (casefile.Page, error) {
		return d.Cases(ctx, me.Actor, casefile.Query{Text: in.Text, Stage: casefile.Stage(in.Stage),
			Severity: casefile.Severity(in.Severity), Assignee: in.Assignee, Label: in.Label, Party: in.Party,
			Open:  in.Open,
			Limit: in.Limit, Cursor: in.After})
	})
	add(s, a, "POST", "/cases", "open-case", "Open a case", workCase, func(ctx context.Context, me *actor, in *struct {
		Idem
		Body casefile.Opening
	}) (casefile.Case, error) {
		return d.Open(ctx, me.Actor, in.Body)
	})
	add(s, a, "GET", "/cases/{case}", "get-case", "One case with everything in it", readCases, func(ctx context.Context,
		me *actor, in *CaseInput) (casefile.Case, error) {
		return d.Case(ctx, me.Actor, casefile.ID(in.Case))
	})
	add(s, a, "GET", "/cases/{case}/needs", "get-needs", "What the case lacks before it can stand at a stage",
		readCases, func(ctx context.Context, me *actor, in *struct {
			CaseInput
			To string `query:"to" required:"true"`
		}) (linesOut, error) {
			c, err := d.Case(ctx, me.Actor, casefile.ID(in.Case))
			if err != nil {
				return linesOut{}, err
			}
			return linesOut{some(casefile.Needs(c, casefile.Stage(in.To)))}, nil
		})
	add(s, a, "GET", "/readings", "list-readings", "Who read restricted cases; for the auditor", readCases,
		func(ctx context.Context, me *actor, in *struct {
			Case  string `query:"case"`
			Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
		}) (readingsOut, error) {
			list, err := d.Readings(ctx, me.Actor, casefile.ID(in.Case), in.Limit)
			return readingsOut{list}, err
		})
	move(s, a, "triage", "triage-case", "Record the triage", func(ctx context.Context, by casefile.Actor, c casefile.ID,
		b triageBody) error {
		return d.Triage(ctx, by, c, b.Version, b.Severity, b.Triage)
	})
	move(s, a, "advance", "advance-case", "Move the case to another stage", func(ctx context.Context, by casefile.Actor,
		c casefile.ID, b advanceBody) error {
		return d.Advance(ctx, by, c, b.Version, b.To, b.Reason)
	})
	move(s, a, "assign", "assign-case", "Give the case to a person", func(ctx context.Context, by casefile.Actor,
		c casefile.ID, b assignBody) error {
		if err := s.colleagues(ctx, b.Person); err != nil {
			return err
		}
		return d.Assign(ctx, by, c, b.Version, b.Person)
	})
	move(s, a, "comments", "comment-case", "Add a comment", func(ctx context.Context, by casefile.Actor, c casefile.ID,
		b commentBody) error {
		return d.Comment(ctx, by, c, b.Text)
	})
	move(s, a, "labels", "label-case", "Add and remove labels", func(ctx context.Context, by casefile.Actor,
		c casefile.ID, b labelBody) error {
		return d.Label(ctx, by, c, b.Add, b.Remove)
	})
	move(s, a, "related", "relate-case", "Tie two cases", func(ctx context.Context, by casefile.Actor, c casefile.ID,
		b casefile.Relation) error {
		return d.Relate(ctx, by, c, b.Case, b.Kind, b.Note)
	})
	move(s, a, "restrict", "restrict-case", "Let only members see the case, or everybody", func(ctx context.Context,
		by casefile.Actor, c casefile.ID, b restrictBody) error {
		if err := s.colleagues(ctx, b.Members...); err != nil {
			return err
		}
		return d.Restrict(ctx, by, c, b.Version, b.Restricted, b.Members, b.Reason)
	})
	move(s, a, "interests", "declare-interest", "Declare an interest, or step back", func(ctx context.Context,
		by casefile.Actor, c casefile.ID, b interestBody) error {
		if b.Recuse {
			return d.Recuse(ctx, by, c, b.Interest, b.Paid)
		}
		return d.DeclareConflict(ctx, by, c, b.Interest, b.Paid)
	})
	move(s, a, "dossier", "set-dossier", "Replace the dossier", func(ctx context.Context, by casefile.Actor,
		c casefile.ID, b dossierBody) error {
		return d.SetDossier(ctx, by, c, b.Version, b.Dossier)
	})
	move(s, a, "findings", "link-finding", "Put a finding into the case", func(ctx context.Context, by casefile.Actor,
		c casefile.ID, b casefile.FindingRef) error {
		return d.LinkFinding(ctx, by, c, b)
	})
	move(s, a, "answers", "answer-finding", "Say what was found out about a finding", func(ctx context.Context,
		by casefile.Actor, c casefile.ID, b answerBody) error {
		return d.AnswerFinding(ctx, by, c, b.Finding, b.Answer)
	})
	move(s, a, "clocks", "set-clock", "Pause a clock, or let it run on", func(ctx context.Context, by casefile.Actor,
		c casefile.ID, b clockBody) error {
		if b.Resume {
			return d.Resume(ctx, by, c, b.Clock)
		}
		return d.Pause(ctx, by, c, b.Clock, b.Why)
	})
	move(s, a, "close", "close-case", "Close the case", func(ctx context.Context, by casefile.Actor, c casefile.ID,
		b reasonBody) error {
		return d.Close(ctx, by, c, b.Version, b.Reason)
	})
	move(s, a, "reopen", "reopen-case", "Reopen the case", func(ctx context.Context, by casefile.Actor, c casefile.ID,
		b reasonBody) error {
		return d.Reopen(ctx, by, c, b.Reason)
	})
	s.apiClaims(a)
	s.apiEvidence(a)
}

// An itemMove is the input of a move on a claim, letter or decision.
type itemMove[T any] struct {
	Idem
	ID   string `path:"id"`
	Body T
}

type ItemInput struct {
	ID string `path:"id"`
}

func item[T any](s *Server, a huma.API, path, id, summary string, do func(ctx context.Context, by casefile.Actor,
	item casefile.ID, b T) error) {
	add(s, a, "POST", path, id, summary, workCase, func(ctx context.Context, me *actor, in *itemMove[T]) (made, error) {
		return made{ID: in.ID}, do(ctx, me.Actor, casefile.ID(in.ID), in.Body)
	})
}

type markBody struct {
	Critical bool   `json:"critical"`
	Reason   string `json:"reason"`
}

type attemptBody struct {
	How string `json:"how"`
}

type repliesBody struct {
	Replies []casefile.Reply `json:"replies"`
}

func (s *Server) apiClaims(a huma.API) {
	d := s.desk
	add(s, a, "POST", "/cases/{case}/claims", "add-claim", "Add a claim", workCase, func(ctx context.Context, me *actor,
		in *caseMove[casefile.Claim]) (casefile.Claim, error) {
		return d.AddClaim(ctx, me.Actor, casefile.ID(in.Case), in.Body)
	})
	item(s, a, "/claims/{id}/grades", "grade-claim", "Add a grade to a claim", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b casefile.Grade) error {
		return d.GradeClaim(ctx, by, id, b)
	})
	item(s, a, "/claims/{id}/status", "set-claim-status", "Change where a claim stands", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b casefile.StatusChange) error {
		return d.SetClaimStatus(ctx, by, id, b)
	})
	item(s, a, "/claims/{id}/critical", "mark-claim", "Say whether the party has to be asked about a claim",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b markBody) error {
			return d.MarkClaim(ctx, by, id, b.Critical, b.Reason)
		})
	add(s, a, "POST", "/cases/{case}/letters", "draft-letter", "Draft a letter from the critical claims", workCase,
		func(ctx context.Context, me *actor, in *caseMove[casefile.LetterDraft]) (casefile.Letter, error) {
			return d.DraftLetter(ctx, me.Actor, casefile.ID(in.Case), in.Body)
		})
	add(s, a, "GET", "/letters/{id}", "get-letter", "One letter with its replies", readCases, func(ctx context.Context,
		me *actor, in *ItemInput) (casefile.Letter, error) {
		return d.Letter(ctx, me.Actor, casefile.ID(in.ID))
	})
	item(s, a, "/letters/{id}/send", "send-letter", "Record that a letter was sent", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b casefile.Sending) error {
		return d.SendLetter(ctx, by, id, b)
	})
	item(s, a, "/letters/{id}/attempts", "attempt-letter", "Record a further attempt to reach the party",
		func(ctx context.Context, by casefile.Actor, id casefile.ID, b attemptBody) error {
			return d.Attempt(ctx, by, id, b.How)
		})
	item(s, a, "/letters/{id}/replies", "record-replies", "Record replies word for word", func(ctx context.Context,
		by casefile.Actor, id casefile.ID, b repliesBody) error {
		return d.RecordReply(ctx, by, id, b.Replies)
	})
}
