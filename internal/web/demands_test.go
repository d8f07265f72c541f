package web_test

import (
	"archive/zip"
	"io"
	"strings"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/obligation"
)

// TestDemands: the demands of the example world's review by status, as a page, a calendar and a feed.
func TestDemands(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("Ada", casefile.Investigator)
	at := "/runs/" + s.run + "/demands"
	for _, tt := range []struct {
		name, path  string
		status      int
		has, hasNot string
	}{
		{"all", at, 200, "no answer is on file", "FAILED"},
		{"overdue", at + "?status=overdue", 200, "DEMAND-unanswered", "DEMAND-answered"},
		{"met", at + "?status=met", 200, "DEMAND-answered", "DEMAND-unanswered"},
		{"due not known", at + "?status=due+not+known", 200, "DEMAND-undated", "DEMAND-answered"},
		{"a status that is none", at + "?status=forgiven", 422, "No demand stands so", "DEMAND-"},
		{"a calendar", at + "?format=ics", 200, "BEGIN:VEVENT", "DEMAND-answered@"},
		{"a feed", "/api/v1" + at + "?status=overdue", 200, `"demand_id":"DEMAND-unanswered"`, "DEMAND-undated"},
		{"of no review", "/runs/none/demands", 404, "", "DEMAND-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ada.get(tt.path)
			if a.status != tt.status || !strings.Contains(a.body, tt.has) || strings.Contains(a.body, tt.hasNot) {
				t.Errorf("%d, want %d with %q and without %q:\n%.2000s", a.status, tt.status, tt.has, tt.hasNot, a.body)
			}
		})
	}
}

// TestDocket: a demand that waits is in the inbox and on the party's timeline; an answer by form changes how it stands,
// at once and everywhere; who may not answer is refused; the export is a page with the engagements that it touches.
func TestDocket(t *testing.T) {
	s := withWorld(t, "")
	d := docket.New(casefile.NewDesk(s.store))
	d.Now = s.clock
	if n, err := d.Tick(t.Context()); err != nil || n == 0 {
		t.Fatalf("%d changes, %v", n, err)
	}
	ada, paul := s.person("Ada", casefile.Investigator), s.person("Paul", casefile.Publisher)
	at := "/demands/DEMAND-unanswered"
	if a := ada.get("/"); !strings.Contains(a.body, at) {
		t.Errorf("the inbox does not show the overdue demand:\n%.3000s", a.body)
	}
	if a := paul.get("/"); strings.Contains(a.body, at) {
		t.Error("the inbox of a publisher shows a demand that a publisher cannot answer")
	}
	page := ada.get(at)
	if page.status != 200 || !strings.Contains(page.body, "overdue") || !strings.Contains(page.body,
		"No answer is on file") || !strings.Contains(page.body, "/parties/") {
		t.Fatalf("%d:\n%.3000s", page.status, page.body)
	}
	party := page.body[strings.Index(page.body, "/parties/"):]
	party = party[:strings.IndexByte(party, '"')]
	if a := ada.get(party); !strings.Contains(a.body, "Demand DEMAND-unanswered stands: overdue") {
		t.Errorf("the party's timeline says nothing of it:\n%.3000s", a.body)
	}
	answer := []string{"acted", "done", "date", "2032-07-01", "by", "Harbour Cloud", "publisher", "its board", "text",
		"The service was ended."}
	if a := paul.post(at+"/answers", answer...); a.status != 403 {
		t.Errorf("a publisher answers: %d", a.status)
	}
	if a := ada.post(at+"/answers", "acted", "done"); a.status != 422 || !strings.Contains(a.body, "who did it") {
		t.Errorf("an empty answer: %d", a.status)
	}
	if a := ada.post(at+"/answers", answer...); a.status != 303 {
		t.Fatalf("%d %.2000s", a.status, a.body)
	}
	for path, want := range map[string]string{at: "The service was ended.", "/demands?status=met": "DEMAND-unanswered",
		"/api/v1/demands?status=met": `"demand_id":"DEMAND-unanswered"`,
		"/demands?format=ics":        "BEGIN:VCALENDAR", party: "Demand DEMAND-unanswered stands: met"} {
		if a := ada.get(path); a.status != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d, without %q", path, a.status, want)
		}
	}
	if a := ada.get("/"); strings.Contains(a.body, at) {
		t.Error("the inbox still shows it")
	}
	out := ada.get(at + "/export")
	z, err := zip.NewReader(strings.NewReader(out.body), int64(len(out.body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(b)
	}
	if sheet := files["what-we-did.html"]; !strings.Contains(sheet, "The service was ended.") ||
		!strings.Contains(sheet, "Demand DEMAND-unanswered: met") || strings.Contains(sheet, "<script") ||
		!strings.Contains(files["touched.csv"], "engagement,by") {
		t.Errorf("the export holds %d files:\n%s", len(files), sheet)
	}
	if a := ada.get("/demands/none"); a.status != 404 {
		t.Errorf("a demand that is not there: %d", a.status)
	}
}

// TestAnswerByAPI: an answer to a demand is recorded and taken back through the API as by the form.
func TestAnswerByAPI(t *testing.T) {
	s := withWorld(t, "")
	ada := s.person("Ada", casefile.Investigator)
	const at = "/demands/DEMAND-unanswered"
	var made struct{ ID string }
	ada.api("POST", at+"/answers", map[string]any{"acted": "done", "date": "2032-07-01", "by": "Harbour Cloud",
		"publisher": "its board", "text": "It was ended."}).into(t, &made)
	ada.api("POST", "/demands/none/answers", map[string]any{"acted": "done", "date": "2032-07-01", "by": "x",
		"publisher": "y", "text": "z"}).problem(t, 404, "")
	var d docket.Demand
	ada.api("GET", at, nil).into(t, &d)
	if made.ID == "" || len(d.Recorded) != 1 || d.Recorded[0].Text != "It was ended." {
		t.Fatalf("made %q, recorded %+v", made.ID, d.Recorded)
	}
	ada.api("POST", at+"/answers", map[string]any{"takes_back": made.ID, "reason": "It was another service."}).into(t,
		&made)
	ada.api("GET", at, nil).into(t, &d)
	if d.Status != obligation.Overdue {
		t.Errorf("the demand stands %s after its answer was taken back", d.Status)
	}
}
