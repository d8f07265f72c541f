package web_test

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/message"
	"plimsoll/internal/publication"
	"plimsoll/internal/store/storetest"
)

// TestAppealByNotice: whoever holds the code of a notice begins an appeal against a decision that was published; it
// runs by itself, is heard by people who took no part, has a receipt, and its sender sees what becomes of it.
func TestAppealByNotice(t *testing.T) {
	s, place := noticeSite(t)
	ctx := t.Context()
	desk := casefile.NewDesk(s.store)
	desk.Now = func() time.Time { return s.now }
	d := storetest.Decided(t, desk, false)
	secret := storetest.Decided(t, desk, false) // approved, and not on the site
	public := publication.NewDesk(desk)
	p, err := public.Propose(ctx, casefile.Actor{ID: "paula", Roles: []casefile.Role{casefile.Publisher}},
		publication.Draft{Kind: publication.OfDecision, Subject: string(d.ID), Language: "en",
			Title: "Speech transcription is restricted", Summary: "We restricted one service."})
	if err == nil {
		err = public.Release(ctx, storetest.Hand(casefile.Counsel), p.ID, "Read.")
	}
	if err != nil {
		t.Fatal(err)
	}
	code := strings.TrimSpace(codeIn.FindStringSubmatch(s.notify(t, "what", "Calls are transcribed.").body)[1])
	const grounds = "My village is left out:\nthe service still runs there."
	send := func(lang string, fields ...string) answer {
		t.Helper()
		f := url.Values{"code": {code}, "decision": {string(p.ID)}, "by": {"affected_people"}, "grounds": {grounds}}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Set(fields[i], fields[i+1])
		}
		return s.tor(t, "POST", "/notice/appeal"+lang, plainForm, strings.NewReader(f.Encode()))
	}
	for _, tt := range []struct {
		name   string
		fields []string
		status int
		key    string
	}{
		{"without a code that is one", []string{"code", "7QK2 9XWM"}, http.StatusNotFound, "trouble.code"},
		{"against a number that there is not", []string{"decision", "P-9999"}, http.StatusUnprocessableEntity,
			"appeal.none"},
		{"against what is not public", []string{"decision", string(secret.ID)}, http.StatusUnprocessableEntity,
			"appeal.none"},
		{"without grounds", []string{"grounds", " \n"}, http.StatusUnprocessableEntity, "appeal.needed"},
		{"with no text", []string{"grounds", "a\x02b"}, http.StatusUnprocessableEntity, "fault.characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := send("?lang=ar", tt.fields...)
			if want := template.HTMLEscapeString(message.For("ar").Text(tt.key)); a.status != tt.status ||
				!strings.Contains(a.body, want) || !strings.Contains(a.body, `dir="rtl"`) {
				t.Errorf("%d, want %d and %q:\n%.900s", a.status, tt.status, want, a.body)
			}
		})
	}
	if page := s.tor(t, "GET", "/notice/appeal?decision="+string(p.ID), "", nil); page.status != 200 ||
		!strings.Contains(page.body, `value="`+string(p.ID)+`"`) {
		t.Errorf("the form: %d", page.status)
	}
	a := send("")
	if a.status != 200 || !strings.Contains(a.body, "We have received your appeal") || !strings.Contains(a.body,
		"say by") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c, err := desk.Case(ctx, storetest.Hand(casefile.Reviewer), d.Case)
	if err != nil || len(c.Appeals) != 1 {
		t.Fatalf("%+v, %v", c.Appeals, err)
	}
	got := c.Appeals[0]
	if got.Grounds != grounds || got.By != "affected_people" || got.Notice == "" || got.State != casefile.AppealFiled ||
		got.Decision != d.ID {
		t.Errorf("the appeal: %+v", got)
	}
	if a := send("", "decision", string(d.ID)); a.status != 200 || !strings.Contains(a.body, string(got.ID)) {
		t.Errorf("the same again: %d", a.status)
	}
	if a := send("", "grounds", "Something else."); a.status != http.StatusUnprocessableEntity ||
		!strings.Contains(a.body, "runs already") {
		t.Errorf("a second one beside it: %d", a.status)
	}
	// Whoever took part does not hear it.
	if err := desk.AdmitAppeal(ctx, storetest.Hand(casefile.Reviewer), got.ID, true, "x"); err != casefile.ErrTookPart {
		t.Errorf("heard by who took part: %v", err)
	}
	fresh := casefile.Actor{ID: "reviewer 9", Roles: []casefile.Role{casefile.Reviewer}}
	if err := desk.AdmitAppeal(ctx, fresh, got.ID, true, "It names a place that was not looked at."); err != nil {
		t.Fatal(err)
	}
	seen := s.tor(t, "POST", "/notice/follow", plainForm, strings.NewReader(url.Values{"code": {code}}.Encode()))
	for _, want := range []string{string(got.ID), "heard by people who took no part before", "rule on it by"} {
		if !strings.Contains(seen.body, want) {
			t.Errorf("the sender does not see %q:\n%s", want, seen.body)
		}
	}
	if strings.Contains(seen.body, "reviewer 9") || strings.Contains(seen.body, "was not looked at") {
		t.Error("the sender sees who hears it, or words of the case")
	}
	// The receipt proves what came.
	var text string
	for range 200 {
		r := s.tor(t, "POST", "/notice/appeal/receipt", plainForm, strings.NewReader(url.Values{"code": {code},
			"appeal": {string(got.ID)}}.Encode()))
		if text = r.body; r.status == 200 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	r, err := format.ParseReceipt([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	v, err := format.Verifier(place.VKey)
	if err == nil {
		_, err = r.Verify(v)
	}
	if said := string(opening(r, "content")); err != nil || !strings.Contains(said,
		"| the service still runs there.") || !strings.Contains(said, "against "+string(d.ID)) {
		t.Errorf("the receipt proves %q, %v", said, err)
	}
	if r := s.tor(t, "POST", "/notice/appeal/receipt", plainForm, strings.NewReader(url.Values{"code": {code},
		"appeal": {"C-0001-A9"}}.Encode())); r.status != http.StatusNotFound {
		t.Errorf("the receipt of another appeal: %d", r.status)
	}
	// The same through the API.
	b, _ := json.Marshal(map[string]string{"code": code, "decision": string(p.ID), "grounds": grounds})
	var out struct{ Appeal, State, Due string }
	s.tor(t, "POST", "/api/v1/notice/appeal", "application/json", strings.NewReader(string(b))).into(t, &out)
	if out.Appeal != string(got.ID) || out.State != "admitted" || out.Due == "" {
		t.Errorf("through the API: %+v", out)
	}
}

func opening(r format.Receipt, name string) []byte {
	for _, o := range r.Openings {
		if o.Name == name {
			return o.Value
		}
	}
	return nil
}
