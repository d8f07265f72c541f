package message

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"plimsoll/internal/policy"
)

var places = regexp.MustCompile(`\{\d\}`)

// TestCatalogues: every message of every language is one that English has, takes the same values, and accuses nobody.
func TestCatalogues(t *testing.T) {
	for _, l := range Languages {
		c := For(l.Code)
		if c.Code != l.Code || c.Dir != l.Dir {
			t.Fatalf("%s: catalogue of %s", l.Code, c.Code)
		}
		own := 0
		for k, s := range c.words {
			en, ok := For(English).words[k]
			if !ok {
				t.Errorf("%s: %s is no message of English", l.Code, k)
			}
			a, b := places.FindAllString(en, -1), places.FindAllString(s, -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s %s: takes %v, English takes %v", l.Code, k, b, a)
			}
			if w := policy.Accusing(s); w != "" && !mayName[k] {
				t.Errorf("%s %s: %q would state an accusation as a fact", l.Code, k, w)
			}
			own++
		}
		for _, k := range Keys() {
			if _, ok := c.words[k]; !ok {
				t.Errorf("%s lacks %s", l.Code, k)
			}
		}
		t.Logf("%s: %d of %d messages", l.Code, own, len(Keys()))
	}
}

// mayName are messages in which a word reads like one of the table and says nothing of anybody, or which name what
// notices may be about.
var mayName = map[string]bool{"notice.lede": true, "notice.safe.device": true, "notice.contact.sealed": true,
	"home.counts": true, "follow.waits": true, "file.drawn": true}

// TestFallback: what a language lacks stands in English, in sight, for readers and for programs that read aloud.
func TestFallback(t *testing.T) {
	c := &Catalogue{Languages[1], map[string]string{}}
	if got := string(c.HTML("site.none")); got != `<span class="fallback" lang="en" dir="ltr">Nothing yet.</span>` {
		t.Error(got)
	}
	if got := c.Text("site.none"); got != "[English] Nothing yet." {
		t.Error(got)
	}
	if got := string(For(English).HTML("notice.title", "<b>A & B</b>")); got != "Put &lt;b&gt;A &amp; B&lt;/b&gt; on notice" {
		t.Error(got)
	}
	for code, want := range map[string]string{"ar-EG": "ar", "AR": "ar", "tlh": "en", "": "en"} {
		if got := For(code).Code; got != want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
	if got := For("fr").Date(time.Date(2032, 8, 3, 23, 0, 0, 0, time.UTC)); got != "3 août 2032" {
		t.Error(got)
	}
}
