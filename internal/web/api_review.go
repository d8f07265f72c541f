package web

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plimsoll/internal/casefile"
	"plimsoll/internal/finding"
	"plimsoll/internal/match"
	"plimsoll/internal/policy"
	"plimsoll/internal/store"
)

// Inputs that several operations share; they are embedded, and huma fills only exported ones.
type (
	noInput  struct{}
	RunInput struct {
		Run string `path:"run" doc:"Id of a stored review"`
	}
	PageInput struct {
		After string `query:"after" doc:"Cursor: next of the page before"`
		Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	PartyInput struct {
		Party string `path:"party"`
	}
)

type findingsInput struct {
	RunInput
	PageInput
	Text     string   `query:"q" doc:"Part of the subject's name"`
	Flags    []string `query:"flag,explode"`
	States   []string `query:"state,explode"`
	Severity []string `query:"severity,explode"`
	Kinds    []string `query:"kind,explode"`
	Packs    []string `query:"pack,explode"`
	Party    string   `query:"party"`
	Sort     string   `query:"sort" enum:"name," doc:"Empty: worst first"`
}

type (
	runsOut struct {
		Runs []store.Run `json:"runs"`
	}
	partiesOut struct {
		Parties []store.PartyRow `json:"parties"`
		Next    string           `json:"next"`
	}
	storedOut struct {
		Run  store.Run `json:"run"`
		Made bool      `json:"made" doc:"false: the same review was there already"`
	}
	searchOut struct {
		Hits []listed `json:"hits"`
	}
	eventsOut struct {
		Events []casefile.Event `json:"events"`
	}
	checkOut struct {
		Ended     time.Time `json:"ended"`
		Originals int       `json:"originals"`
		Bytes     int64     `json:"bytes"`
		Problems  int       `json:"problems"`
	}
	claimsOut struct {
		Claims []casefile.Claim `json:"claims"`
	}
	decisionsOut struct {
		Decisions []casefile.Decision `json:"decisions"`
	}
	healthOut struct {
		Version  string       `json:"version"`
		Database string       `json:"database"`
		Lists    []healthList `json:"lists"`
		LastRun  *store.Run   `json:"last_run,omitempty" doc:"The review that was stored last; left out while there is none"`
		Evidence *checkOut    `json:"evidence,omitempty" doc:"The last time that all originals were read again; left out when they were not"`
		Problems []string     `json:"problems" doc:"What is wrong with the access door and the ledger; in words for an auditor, else counted"`
		Alone    []auditLine  `json:"done_alone" doc:"Acts that usually take two people and were done by one, the newest first"`
		Time     time.Time    `json:"time"`
	}
)

type uploadInput struct {
	RawBody huma.MultipartFormFiles[uploadFiles]
}

type uploadFiles struct {
	Review   huma.FormFile `form:"review.json" required:"true"`
	Findings huma.FormFile `form:"findings.jsonl" required:"true"`
}

func (s *Server) apiReviews(a huma.API) {
	db := s.cfg.Store
	add(s, a, "GET", "/runs", "list-runs", "Stored reviews, the newest first", readFindings, func(ctx context.Context,
		_ *actor, _ *noInput) (runsOut, error) {
		list, err := db.Runs(ctx)
		return runsOut{list}, err
	})
	add(s, a, "POST", "/runs", "store-run", "Store a review: the files that it wrote", importRun, s.apiStore)
	add(s, a, "GET", "/runs/{run}", "get-run", "One review with its review.json", readFindings,
		func(ctx context.Context, _ *actor, in *RunInput) (store.Run, error) { return db.Run(ctx, in.Run) })
	s.apiDemands(a)
	s.apiRunning(a)
	add(s, a, "GET", "/runs/{run}/findings", "list-findings", "Findings of a review with facets", readFindings,
		func(ctx context.Context, _ *actor, in *findingsInput) (store.FindingPage, error) {
			return db.Findings(ctx, store.FindingQuery{Run: in.Run, Text: in.Text, Flags: in.Flags, States: in.States,
				Severity: in.Severity, Kinds: in.Kinds, Packs: in.Packs, Party: in.Party, Sort: in.Sort,
				Limit: in.Limit, Cursor: in.After})
		})
	add(s, a, "GET", "/runs/{run}/findings/{finding}", "get-finding", "One finding, whole", readFindings,
		func(ctx context.Context, _ *actor, in *struct {
			RunInput
			Finding string `path:"finding"`
		}) (finding.Finding, error) {
			f, _, err := db.Finding(ctx, in.Run, in.Finding)
			return f, err
		})
	add(s, a, "GET", "/runs/{run}/changes", "list-changes",
		"What is new, changed, not computable now, perhaps gone or gone since the review before", readFindings,
		func(ctx context.Context, _ *actor, in *struct {
			RunInput
			PageInput
			Kind string `query:"kind" enum:"new,changed,not computable now,perhaps,gone,"`
		}) (store.Difference, error) {
			before, err := db.Previous(ctx, in.Run)
			if err != nil {
				return store.Difference{}, err
			}
			return db.CompareRuns(ctx, before.ID, in.Run, in.Kind, in.After, in.Limit)
		})
	add(s, a, "GET", "/runs/{run}/parties", "list-parties", "Parties of a review, the worst first", readFindings,
		func(ctx context.Context, _ *actor, in *struct {
			RunInput
			PageInput
			Text string `query:"q" doc:"Part of the name"`
		}) (partiesOut, error) {
			list, next, err := db.Parties(ctx, in.Run, in.Text, in.After, in.Limit)
			return partiesOut{list, next}, err
		})
	add(s, a, "GET", "/parties/{party}", "get-party", "A party with the findings of the newest review that knows it",
		readFindings, func(ctx context.Context, _ *actor, in *PartyInput) (store.PartyView, error) {
			return db.Party(ctx, in.Party)
		})
	add(s, a, "GET", "/parties/{party}/timeline", "get-timeline", "What was known about a party, and when", readCases,
		func(ctx context.Context, me *actor, in *struct {
			PartyInput
			Until time.Time `query:"until" doc:"Empty: until now"`
		}) (eventsOut, error) {
			list, err := db.Timeline(ctx, s.desk, me.Actor, in.Party, in.Until)
			return eventsOut{list}, err
		})
	add(s, a, "GET", "/parties/{party}/claims", "list-party-claims", "Claims about a party with their replies",
		readCases, func(ctx context.Context, me *actor, in *PartyInput) (claimsOut, error) {
			list, err := s.desk.PartyClaims(ctx, me.Actor, in.Party)
			return claimsOut{list}, err
		})
	add(s, a, "GET", "/parties/{party}/decisions", "list-party-decisions", "Decisions about a party", readCases,
		func(ctx context.Context, me *actor, in *PartyInput) (decisionsOut, error) {
			list, err := s.desk.PartyDecisions(ctx, me.Actor, in.Party)
			return decisionsOut{list}, err
		})
	add(s, a, "GET", "/search", "search-names", "Search the lists for a name", readFindings, func(ctx context.Context,
		_ *actor, in *struct {
			Q       string `query:"q" required:"true" minLength:"1" maxLength:"400"`
			Country string `query:"country" maxLength:"60"`
			ID      string `query:"id" maxLength:"80" doc:"SCHEME:NUMBER"`
			Kind    string `query:"kind" maxLength:"20" doc:"organization, public_body, person, vessel or aircraft"`
			Address string `query:"address" maxLength:"400"`
			Birth   string `query:"birth_date" maxLength:"20" doc:"Birth, incorporation or building: a year or a day"`
			Father  string `query:"father" maxLength:"200"`
			Gender  string `query:"gender" maxLength:"20"`
			Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
		}) (searchOut, error) {
		q := match.Asked{Name: in.Q, Country: in.Country, Identifiers: in.ID, Kind: in.Kind, Address: in.Address,
			Dates: in.Birth, Father: in.Father,
			Gender: in.Gender}.Query()
		return searchOut{s.find(q, in.Limit)}, nil
	})
	add(s, a, "GET", "/policy", "get-policy", "The rules that findings rest on", readFindings, func(context.Context,
		*actor, *noInput) (policy.Description, error) {
		if s.cfg.Pack == nil {
			return policy.Description{}, nil
		}
		return s.cfg.Pack.Describe(), nil
	})
	add(s, a, "GET", "/health", "get-health", "Lists with their dates, the last review", readHealth, s.apiHealth)
}

func (s *Server) apiHealth(ctx context.Context, me *actor, _ *noInput) (healthOut, error) {
	o := healthOut{Version: s.cfg.Version, Database: s.cfg.Store.Kind(), Time: s.cfg.Now().UTC(), Lists: []healthList{},
		Problems: s.problems()}
	if n := len(o.Problems); n > 0 && !me.Has(casefile.Auditor) {
		o.Problems = []string{fmt.Sprintf("things that are wrong: %d; an auditor sees which", n)}
	}
	var err error
	if o.Alone, err = s.alone(ctx); err != nil {
		return o, err
	}
	for _, l := range s.index.Load().lists {
		o.Lists = append(o.Lists, healthOf(l.Title, l.Publisher, l.Published, l.Names, l.Notes, o.Time))
	}
	list, err := s.cfg.Store.Runs(ctx)
	if len(list) > 0 {
		o.LastRun = &list[0]
	}
	if err != nil {
		return o, err
	}
	x, err := s.cfg.Store.LastRecheck(ctx)
	if x != nil {
		o.Evidence = &checkOut{x.Ended, x.Originals, x.Bytes, len(x.Problems)}
	}
	return o, err
}

// apiStore stores a review that was sent as a form with files.
func (s *Server) apiStore(ctx context.Context, me *actor, in *uploadInput) (storedOut, error) {
	dir, err := os.MkdirTemp("", "plimsoll-run-")
	if err != nil {
		return storedOut{}, err
	}
	defer os.RemoveAll(dir)
	defer func() { _ = in.RawBody.Form.RemoveAll() }()
	files := in.RawBody.Data()
	for name, f := range map[string]io.Reader{"review.json": files.Review, "findings.jsonl": files.Findings} {
		if err := writeFile(filepath.Join(dir, name), f); err != nil {
			return storedOut{}, uploadFault(err)
		}
	}
	r, made, err := s.saveRun(ctx, me.ID, dir)
	return storedOut{r, made}, err
}
