package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plimsoll/internal/match"
	"plimsoll/internal/policy"
)

type searchPage struct {
	Q, Country, ID, Kind, Address, Birth, Father, Gender string

	Hits         []listed
	Parties      []foundParty
	Lists, Names int
	Threshold    float64
	Export       string
}

// More reports whether anything but a name, a country and a number was given.
func (p searchPage) More() bool { return p.Kind+p.Address+p.Birth+p.Father+p.Gender != "" }

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

// find searches the lists for a party, then for others that its name speaks of.
func (s *Server) find(q match.Query, limit int) []listed {
	n := s.index.Load()
	out := []listed{}
	hits := n.index.Search(q, limit, match.Threshold)
	for _, other := range q.Others() {
		for _, h := range n.index.Search(other.Query, limit, match.Threshold) {
			if h.Why = other.Why(h.Why); len(hits) < limit && !slices.ContainsFunc(hits, h.SameEntry) {
				hits = append(hits, h)
			}
		}
	}
	for _, h := range hits {
		l := n.lists[h.List]
		e := &l.Entries[h.Entry]
		x := listed{Hit: h, Name: h.Name, Score: h.Score, Grade: h.Grade, Why: h.Why, List: l.Title,
			Publisher: l.Publisher, Entry: e.ID, Countries: e.Countries, Effect: e.Effect}
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
	p := searchPage{Q: strings.TrimSpace(f.Get("q")), Country: f.Get("country"), ID: f.Get("id"), Kind: f.Get("kind"),
		Address: f.Get("address"),
		Birth:   f.Get("birth_date"), Father: f.Get("father"), Gender: f.Get("gender"), Lists: len(n.lists),
		Threshold: match.Threshold}
	if len(p.Q) > 400 {
		return &invalid{"q", "a name has at most 400 letters here"}
	}
	for _, l := range n.lists {
		p.Names += l.Names
	}
	if p.Q != "" {
		p.Hits = s.find(match.Asked{Name: p.Q, Country: p.Country, Identifiers: p.ID, Kind: p.Kind, Address: p.Address,
			Dates: p.Birth, Father: p.Father, Gender: p.Gender}.Query(), searchHits)
		var err error
		if p.Parties, err = s.findParties(v, p.Q); err != nil {
			return err
		}
		if v.wants() != "" {
			return v.export(p.sheets())
		}
	}
	p.Export = "/search?" + url.Values{"q": {p.Q}, "country": {p.Country}, "id": {p.ID},
		"kind": {p.Kind}, "address": {p.Address}, "birth_date": {p.Birth}, "father": {p.Father},
		"gender": {p.Gender}}.Encode() + "&"
	return v.show(http.StatusOK, "search", "Search", p)
}

func (p searchPage) sheets() map[string]sheet {
	return map[string]sheet{
		"": sheetOf("search", []string{"name", "score", "grade", "why", "list", "publisher", "list_date", "entry",
			"countries", "effect"}, p.Hits, func(h listed) []any {
			return []any{h.Name, h.Score, h.Grade, h.Why, h.List, h.Publisher, h.Date, h.Entry, some(h.Countries),
				h.Effect}
		}),
		"parties": sheetOf("parties", []string{"party", "name", "worst_flag", "raised", "not_computable"}, p.Parties,
			func(x foundParty) []any {
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
