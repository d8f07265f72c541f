package web_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/review"
	"plimsoll/internal/store/storetest"
)

// TestChecksComeByThemselves: nobody sets a date, and each check is in the verifier's inbox when its day comes, not a
// week before, until another person has recorded it; those who proposed, approved or executed do not get it.
func TestChecksComeByThemselves(t *testing.T) {
	s := newSite(t, "")
	desk := casefile.NewDesk(s.store)
	desk.Now = s.clock
	d := storetest.Decided(t, desk, false)
	if err := desk.Execute(t.Context(), storetest.Hand(casefile.Executor), d.ID, casefile.Execution{Done: true,
		Before: "a", After: "b"}); err != nil {
		t.Fatal(err)
	}
	executed := s.clock()
	waits := func(role casefile.Role) string {
		t.Helper()
		tasks, err := desk.Inbox(t.Context(), storetest.Hand(role))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tasks {
			if x.Subject == d.ID && (x.Kind == "check" || x.Kind == "verify") {
				return x.Kind
			}
		}
		return ""
	}
	if got := waits(casefile.Verifier); got != "verify" {
		t.Errorf("after the execution the verifier's inbox has %q", got)
	}
	for i, day := range casefile.CheckDays {
		t.Run(fmt.Sprintf("day %d", day), func(t *testing.T) {
			due := executed.AddDate(0, 0, day)
			if i > 0 {
				s.wait(due.AddDate(0, 0, -6).Sub(s.clock()))
				if got := waits(casefile.Verifier); got != "" {
					t.Errorf("six days before, the inbox has %q", got)
				}
			}
			s.wait(due.Sub(s.clock()))
			if _, err := desk.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := waits(casefile.Verifier); got == "" {
				t.Error("on its day it is in no verifier's inbox")
			}
			for _, role := range []casefile.Role{casefile.Executor, casefile.Approver, casefile.Investigator} {
				if got := waits(role); got != "" {
					t.Errorf("%s has %q", role, got)
				}
			}
			if err := desk.Verify(t.Context(), storetest.Hand(casefile.Verifier), d.ID, casefile.Check{Holds: true,
				Found: "no use"}); err != nil {
				t.Fatal(err)
			}
			if got := waits(casefile.Verifier); got != "" {
				t.Errorf("after the check the inbox has %q", got)
			}
		})
	}
}

// TestRunningAfterSuspension follows a suspension of a party that has a contract which goes on, one that ended, a
// renewal and an account.
func TestRunningAfterSuspension(t *testing.T) {
	s := newSite(t, "")
	desk := casefile.NewDesk(s.store)
	desk.Now = s.clock
	d := storetest.Decided(t, desk, false)
	reader := s.person("Ada", casefile.Investigator)
	page := "/decisions/" + string(d.ID) + "/running"
	sees := func(want ...string) string {
		t.Helper()
		a := reader.get(page)
		if a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for _, w := range want {
			if !strings.Contains(a.body, w) {
				t.Errorf("the page has no %q", w)
			}
		}
		return a.body
	}
	sees("it is not known what still runs", "which is not recorded")

	if err := desk.Execute(t.Context(), storetest.Hand(casefile.Executor), d.ID, casefile.Execution{Done: true,
		Before: "a", After: "b"}); err != nil {
		t.Fatal(err)
	}
	executed := s.clock()
	newest := ""
	store := func(about string) {
		t.Helper()
		dir := t.TempDir()
		for name, text := range map[string]string{
			"engagements.csv": "engagement_id,kind,seller,seller_id,buyer,buyer_id,item,value,currency,signed,start,end\n" +
				"K-1,subscription,Veld Cloud Ltd,ZZ-REG:1,Northgate Signals Directorate,ZZ-GOV:7,Speech to " +
				"text,1200,EUR,2031-01-05,2031-01-05,2033-01-04\n" +
				"K-2,renewal,Veld Cloud Ltd,ZZ-REG:1,Northgate Signals Directorate,ZZ-GOV:7,Speech to " +
				"text,1300,EUR,2032-08-01,2032-08-01,\n" +
				"K-3,contract,Veld Cloud Ltd,ZZ-REG:1,Northgate Signals " +
				"Directorate,ZZ-GOV:7,Chairs,1400,EUR,2030-01-05,2030-01-05,2030-12-31\n" +
				"K-4,contract,Veld Cloud Ltd,ZZ-REG:1,Town of " +
				"Ortley,ZZ-GOV:8,Chairs,1500,EUR,2031-01-05,2031-01-05,2035-12-31\n",
			"accounts.csv": "account_id,party_name,party_id,since,until\nA-77,Northgate Signals " +
				"Directorate,ZZ-GOV:7,2031-01-05,\n",
			"events.csv": "event_id,kind,date,about,about_id,region,source\n" +
				string(d.ID) + "#1,restriction," + executed.Format(time.DateOnly) + "," + about + ",,decision " +
				string(d.ID) + "\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out := filepath.Join(t.TempDir(), "review")
		asOf := time.Date(2032, 9, 1, 0, 0, 0, 0, time.UTC)
		if _, err := review.Run(t.Context(), review.Options{Paths: []string{dir}, AsOf: asOf, Out: out,
			Version: "test"}); err != nil {
			t.Fatal(err)
		}
		r, _, err := s.store.SaveRun(t.Context(), "", out)
		if err != nil {
			t.Fatal(err)
		}
		newest = r.ID
	}

	store("Nobody of these records Ltd,")
	sees("could tie a restriction to nobody of its records")

	store("Northgate Signals Directorate,ZZ-GOV:7")
	body := sees("K-1", "K-2", "A-77", review.RunsOn, "companies below the party are not known", "Day 7,", "Day 180,",
		"to come")
	for _, not := range []string{"K-3", "K-4", "Town of Ortley"} {
		if strings.Contains(body, not) {
			t.Errorf("the page has %q, which ended or is another party's", not)
		}
	}
	var x struct {
		Lines  []review.RunningLine
		Checks []struct{ On string }
	}
	reader.api("GET", page, nil).into(t, &x)
	if len(x.Lines) != 3 || len(x.Checks) != 4 || x.Checks[3].On != executed.AddDate(0, 0, 180).Format(time.DateOnly) {
		t.Errorf("by the API: %+v", x)
	}
	if a := reader.get(page + "?format=csv"); a.status != http.StatusOK || strings.Count(a.body, string(d.ID)) < 3 {
		t.Errorf("export: %d %s", a.status, a.body)
	}

	// The server writes a restriction with the number that reviews give the party.
	var found struct{ Findings []struct{ Party string } }
	reader.api("GET", "/runs/"+newest+"/findings?limit=200", nil).into(t, &found)
	number := ""
	for _, f := range found.Findings {
		if f.Party != "" {
			number = f.Party
		}
	}
	if number == "" {
		t.Fatal("no finding has the number of a party")
	}
	store(number + "," + number)
	sees("K-1", "K-2", "A-77", "Northgate Signals Directorate")

	if err := desk.Verify(t.Context(), storetest.Hand(casefile.Verifier), d.ID, casefile.Check{Holds: true,
		Found: "no use"}); err != nil {
		t.Fatal(err)
	}
	sees("it holds", "to come")
}
