package obligation

import (
	"strings"
	"testing"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/record"
)

func on(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func dateOf(s string) record.Date {
	if s == "" {
		return record.Date{}
	}
	d, err := record.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestParseDue(t *testing.T) {
	works := &casefile.Calendar{Holidays: map[string]string{"2031-12-25": "a feast"}}
	for _, tt := range []struct {
		name, text, itself string
		want               string // the day; "" when not known
		words              string
		fails              string
	}{
		{name: "nothing stated", words: "due not known"},
		{name: "a day", text: "2031-09-18", want: "2031-09-18", words: "by 18 September 2031"},
		{name: "by a day", text: "By 2031-09-18.", want: "2031-09-18"},
		{name: "a span from a day", text: "within 12 months of 2030-09-18", want: "2031-09-18",
			words: "12 months from 18 September 2030: by 18 September 2031"},
		{name: "a span in words", text: "No later than twelve months from its adoption", itself: "2030-09-18",
			want: "2031-09-18"},
		{name: "a span from the instrument", text: "within 90 days", itself: "2031-01-01", want: "2031-04-01"},
		{name: "ISO 8601", text: "P6M", itself: "2031-01-15", want: "2031-07-15"},
		{name: "ISO 8601 from a day", text: "P2W from 2031-01-15", want: "2031-01-29"},
		{name: "the end of a month", text: "within 1 month of 2031-01-31", want: "2031-02-28",
			words: "1 month from 31 January 2031: by 28 February 2031"},
		{name: "the end of a month in a leap year", text: "within 1 month of 2032-01-31", want: "2032-02-29"},
		{name: "from a leap day, a year", text: "within 1 year of 2032-02-29", want: "2033-02-28"},
		{name: "from a leap day, four years", text: "within 4 years of 2032-02-29", want: "2036-02-29"},
		{name: "into another year", text: "3 months after 2031-11-30", want: "2032-02-29"},
		{name: "working days over a weekend", text: "within 3 working days of 2031-12-19", want: "2031-12-24"},
		{name: "working days over a holiday", text: "within 4 business days of 2031-12-19", want: "2031-12-26"},
		{name: "a time in another zone", text: "2031-09-18T23:30:00-05:00", want: "2031-09-18"},
		{name: "a span from a time east of Greenwich", text: "within 1 day of 2031-09-18T00:30:00+13:00",
			want: "2031-09-19"},
		{name: "a day in words", text: "by 18 September 2031", want: "2031-09-18"},
		{name: "a day in words, the month first", text: "September 18, 2031", want: "2031-09-18"},
		{name: "a day with full stops", text: "spätestens am 18.09.2031", want: "2031-09-18"},
		{name: "a leap day in words", text: "29 février 2032", want: "2032-02-29"},
		{name: "a day with slashes, the year first", text: "2031/09/18", want: "2031-09-18"},
		{name: "a day with slashes that can be read two ways", text: "by 09/08/2031", fails: "no span"},
		{name: "a day that there is not, in words", text: "29 February 2031", fails: "no span"},
		{name: "a month alone", text: "by September 2031", fails: "no span"},
		{name: "a count twice", text: "Not later than twelve (12) months after the adoption of this resolution",
			itself: "2030-09-18", want: "2031-09-18"},
		{name: "two counts that differ", text: "within twelve (10) months", itself: "2030-09-18", fails: "12 and 10"},
		{name: "a range", text: "within 12-18 months", itself: "2030-09-18", fails: "no span"},
		{name: "a term that may be longer", text: "within 12 months, extendable by 6 months", itself: "2030-09-18",
			fails: "no span"},
		{name: "more than a span", text: "within 12 months of 2030-09-18 or earlier if requested", fails: "no day"},
		{name: "from an event that is another day", text: "within 12 months of its entry into force",
			itself: "2030-09-18", fails: "no day"},
		{name: "from a notice that nobody dated", text: "within 30 days of notification", itself: "2030-09-18",
			fails: "no day"},
		{name: "each year", text: "annually", itself: "2030-09-18", fails: "no span"},
		{name: "hours", text: "within 48 hours", itself: "2030-09-18", fails: "no span"},
		{name: "two units of ISO 8601", text: "P1Y6M", itself: "2030-09-18", fails: "no span"},
		{name: "French", text: "dans un délai de 12 mois", itself: "2030-09-18", want: "2031-09-18"},
		{name: "French in words", text: "dans les douze mois suivant l’adoption", itself: "2030-09-18",
			want: "2031-09-18"},
		{name: "German", text: "innerhalb von 12 Monaten", itself: "2030-09-18", want: "2031-09-18"},
		{name: "German in words, from a day", text: "innerhalb von zwölf Monaten nach dem 18. September 2030",
			want: "2031-09-18"},
		{name: "Spanish", text: "en un plazo de doce meses a partir del 18 de septiembre de 2030", want: "2031-09-18"},
		{name: "Russian", text: "в течение 12 месяцев со дня принятия", itself: "2030-09-18", want: "2031-09-18"},
		{name: "Ukrainian", text: "протягом 10 робочих днів", itself: "2031-12-19", want: "2032-01-05"},
		{name: "Arabic", text: "خلال 12 شهرا", itself: "2030-09-18", want: "2031-09-18"},
		{name: "Arabic digits and vowel signs", text: "خلال ١٢ شهرًا من ٢٠٣٠-٠٩-١٨", want: "2031-09-18"},
		{name: "Arabic, two", text: "في غضون شهرين", itself: "2031-12-31", want: "2032-02-29"},
		{name: "Hebrew", text: "בתוך 12 חודשים", itself: "2030-09-18", want: "2031-09-18"},
		{name: "at once in French", text: "Sans délai", itself: "2030-09-18", want: "2030-09-18"},
		{name: "a language without a list", text: "12か月以内", itself: "2030-09-18", fails: "no span"},
		{name: "a time with a zone in words", text: "2031-09-18 23:30 UTC", want: "2031-09-18"},
		{name: "at once", text: "without delay", itself: "2031-07-19", want: "2031-07-19",
			words: "at once, from 19 July 2031"},
		{name: "of a day that is not known", text: "within 12 months of its adoption", itself: "2031",
			fails: "not known"},
		{name: "no day at all", text: "within 12 months", fails: "not known"},
		{name: "a day that does not exist", text: "2031-02-30", fails: "no day"},
		{name: "words that say no day", text: "as soon as practicable", fails: "no span"},
		{name: "no time at all", text: "within 0 days of 2031-01-01", fails: "1 to 1000"},
		{name: "a slip", text: "within 9999 years of 2031-01-01", fails: "1 to 1000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := ParseDue(tt.text, dateOf(tt.itself), works)
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || d.Known() {
					t.Fatalf("%+v, error %v, want one with %q and no day", d, err, tt.fails)
				}
				return
			}
			got := ""
			if d.Known() {
				got = d.Day.Format(time.DateOnly)
			}
			if err != nil || got != tt.want || tt.words != "" && d.Words() != tt.words {
				t.Errorf("%q, %q, error %v; want %q, %q", got, d.Words(), err, tt.want, tt.words)
			}
		})
	}
}

func FuzzParseDue(f *testing.F) {
	f.Add("within 12 months of 2030-09-18", "2031-01-31")
	f.Add("P1000Y", "2031-01-31")
	f.Add("without delay from 2031-02-29", "")
	f.Fuzz(func(t *testing.T, text, itself string) {
		day, err := record.ParseDate(itself)
		if err != nil {
			day = record.Date{}
		}
		d, err := ParseDue(text, day, &casefile.Calendar{})
		if err != nil && d.Known() {
			t.Errorf("%q: a day and an error: %v", text, err)
		}
		if d.Known() && !d.From.IsZero() && d.Day.Before(d.From) {
			t.Errorf("%q: it ends on %s, before it begins", text, d.Day)
		}
	})
}
