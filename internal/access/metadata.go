package access

import (
	"net/http"
	"time"
)

// Metadata is section 9's document, with what else a caller must know: which snapshot answers,
// how old it is, and what happens when it grows too old or this door does not answer.
type Metadata struct {
	PDP          string   `json:"policy_decision_point"`
	Evaluation   string   `json:"access_evaluation_endpoint"`
	Evaluations  string   `json:"access_evaluations_endpoint"`
	Subject      string   `json:"search_subject_endpoint"`
	Resource     string   `json:"search_resource_endpoint"`
	Action       string   `json:"search_action_endpoint"`
	Capabilities []string `json:"capabilities"`
	Snapshot     *Status  `json:"plimsoll_snapshot,omitempty"` // only for who may ask here
}

// Status says which snapshot is in use.
type Status struct {
	Name         string     `json:"name,omitempty"`
	Version      uint64     `json:"version"`
	SHA256       string     `json:"sha256"`
	Issued       *time.Time `json:"issued,omitempty"` // absent: a plain file, which does not age
	AgeSeconds   float64    `json:"age_seconds"`
	Stale        bool       `json:"stale"`
	StaleAfter   float64    `json:"stale_after_seconds,omitempty"`
	WhenStale    string     `json:"when_stale,omitempty"` // deny | permit
	Entities     int        `json:"entities"`
	Restrictions int        `json:"restrictions"`
	Unrecorded   uint64     `json:"unrecorded_answers,omitempty"` // that the record could not take
}

// Status describes the index as of now.
func (x *Index) Status(now time.Time) Status {
	s := Status{Name: x.name, Version: x.version, SHA256: x.sum, AgeSeconds: x.Age(now).Seconds(), Stale: x.Stale(now),
		Entities: x.entities, Restrictions: x.binding}
	if !x.issued.IsZero() {
		t := x.issued
		s.Issued = &t
	}
	if x.settings.Stale.After > 0 {
		s.StaleAfter, s.WhenStale = x.settings.Stale.After.Seconds(), "deny"
		if x.settings.Stale.Open {
			s.WhenStale = "permit"
		}
	}
	return s
}

func (d *Door) status() Status {
	s := d.Source.Index().Status(d.Now())
	if d.Proof != nil {
		s.Unrecorded = d.Proof.Lost()
	}
	return s
}

func (d *Door) metadata(w http.ResponseWriter, r *http.Request) {
	base := d.base.String()
	if base == "" { // not configured: what the caller used, good enough on loopback
		base = "http://" + r.Host
		if r.TLS != nil {
			base = "https://" + r.Host
		}
	}
	w.Header().Set("Cache-Control", "max-age=60")
	var snapshot *Status
	if _, ok := d.authenticate(r); ok {
		s := d.status()
		snapshot = &s
	}
	writeJSON(w, Metadata{PDP: base, Evaluation: base + pathEvaluation, Evaluations: base + pathEvaluations,
		Subject:  base + pathSubject,
		Resource: base + pathResource, Action: base + pathAction, Capabilities: []string{}, Snapshot: snapshot})
}

// health answers 200 while the door may be used, 503 while it denies because it is stale.
func (d *Door) health(w http.ResponseWriter, _ *http.Request) {
	s := d.status()
	w.Header().Set("Cache-Control", "no-store")
	if s.Stale && s.WhenStale == "deny" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	writeJSON(w, s)
}
