package web_test

import (
	"strings"
	"testing"

	"plimsoll/internal/casefile"
)

// TestOneAdmin: while there is no second admin, the pages of people and health say what the only one can do alone.
func TestOneAdmin(t *testing.T) {
	s := newSite(t, "")
	one := s.person("Ada", casefile.Admin, casefile.Auditor)
	const words = "the only admin names deciders alone"
	for _, path := range []string{"/people", "/health"} {
		mustSee(t, "one admin: "+path, one.get(path), 200, "There is one admin so far", words)
	}
	s.person("Ben", casefile.Admin)
	for _, path := range []string{"/people", "/health"} {
		if got := one.get(path); strings.Contains(got.body, words) {
			t.Errorf("two admins: %s still says so", path)
		}
	}
}
