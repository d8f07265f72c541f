package web

import (
	"net/http"
	"net/url"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
	"plimsoll/internal/policy"
)

type searchPage struct {
	Q, Country, ID string
	Hits           []listed
	Parties        []foundParty
	Lists, Names   int
	Threshold      float64
	Export         string
}

// listed is a hit with what a reviewer needs to know of the entry.
type listed struct {
	Hit       match.Hit `json:"-"`
	Name      string    `json:"name"`
	Score     float64   `json:"score"`
	Grade     string    `json:"grade"`
	Why       string    `json:"why"`
	List      string    `json:"list"`
	Publisher string    `json:"publisher"`
	Date      string    `json:"list_date"`
	Entry     string    `json:"entry"`
	Countries []string  `json:"countries"`
	Effect    string    `json:"effect"`
}

type foundParty struct {
	Name, Href, Severity  string
	Raised, NotComputable int
}

const searchHits = 25

// identifier reads "SCHEME:ID".
func identifier(s string) []party.Identifier {
	scheme, id, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok {
		scheme, id = "", scheme
	}
	if id == "" {
		return nil
	}
	return []party.Identifier{{Scheme: strings.ToUpper(scheme), ID: strings.TrimSpace(id)}}
}

// find searches the lists.
func (s *Server) find(q match.Query, limit int) []listed {
	n := s.index.Load()
	out := []listed{}
	for _, h := range n.index.Search(q, limit, match.Threshold) {
		l := n.lists[h.List]
		e := &l.Entries[h.Entry]
		x := listed{Hit: h, Name: h.Name, Score: h.Score, Grade: h.Grade, Why: h.Why, List: l.Title, Publisher: l.Publisher, Entry: e.ID, Countries: e.Countries, Effect: e.Effect}
		if !l.Published.IsZero() {
			x.Date = l.Published.Format("2 January 2006")
		}
		out = append(out, x)
	}
	return out
}

func (s *Server) search(v *visit) error {
	f := v.r.URL.Query()
	n := s.index.Load()
	p := searchPage{Q: strings.TrimSpace(f.Get("q")), Country: f.Get("country"), ID: f.Get("id"), Lists: len(n.lists), Threshold: match.Threshold}
	if len(p.Q) > 400 {
		return &invalid{"q", "a name has at most 400 letters here"}
	}
	for _, l := range n.lists {
		p.Names += l.Names
	}
	if p.Q != "" {
		p.Hits = s.find(match.Query{Name: p.Q, Country: p.Country, Identifiers: identifier(p.ID), Kind: party.Kind(f.Get("kind")),
			Addresses: list.AddTo(nil, f.Get("address")), Dates: list.AddTo(nil, f.Get("birth_date")), Father: f.Get("father"), Gender: f.Get("gender")}, searchHits)
		var err error
		if p.Parties, err = s.findParties(v, p.Q); err != nil {
			return err
		}
		if v.wants() != "" {
			return v.export(p.sheets())
		}
	}
	p.Export = "/search?" + url.Values{"q": {p.Q}, "country": {p.Country}, "id": {p.ID},
		"kind": {f.Get("kind")}, "address": {f.Get("address")}, "birth_date": {f.Get("birth_date")}, "father": {f.Get("father")}, "gender": {f.Get("gender")}}.Encode() + "&"
	return v.show(http.StatusOK, "search", "Search", p)
}

func (p searchPage) sheets() map[string]sheet {
	return map[string]sheet{
		"": sheetOf("search", []string{"name", "score", "grade", "why", "list", "publisher", "list_date", "entry", "countries", "effect"}, p.Hits, func(h listed) []any {
			return []any{h.Name, h.Score, h.Grade, h.Why, h.List, h.Publisher, h.Date, h.Entry, some(h.Countries), h.Effect}
		}),
		"parties": sheetOf("parties", []string{"party", "name", "worst_flag", "raised", "not_computable"}, p.Parties, func(x foundParty) []any {
			return []any{strings.TrimPrefix(x.Href, "/parties/"), x.Name, x.Severity, x.Raised, x.NotComputable}
		}),
	}
}

func (s *Server) policy(v *visit) error {
	var d policy.Description
	if s.cfg.Pack != nil {
		d = s.cfg.Pack.Describe()
	}
	if v.wants() == "json" && v.r.URL.Query().Get("table") == "" {
		return v.json(d)
	}
	if v.wants() != "" {
		return v.export(policySheets(d))
	}
	return v.show(http.StatusOK, "policy", "Policy", d)
}
