package signal

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/book"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// generate fills a book with engagements and groups of charges of invented parties: one
// account for every party, four sub-accounts, 24 months. The bills are made by the
// database, since reading them is the business of record/focus.
func generate(tb testing.TB, b *book.Book, engagements, charges int) {
	tb.Helper()
	parties := max(engagements/20, 50)
	for i := range engagements {
		who := i % parties
		e := &record.Engagement{
			Place: record.Place{Source: 1, At: "row " + strconv.Itoa(i+2)}, ID: "E" + strconv.Itoa(i-i%10/9),
			Kind:   "contract",
			Seller: ref("Altus Cloud"), Buyer: ref("Body " + strconv.Itoa(who)),
			EndUser:     ref("Unit " + strconv.Itoa(i%(2*parties))),
			EndUserText: "Unit " + strconv.Itoa(i%(2*parties)), Items: []record.Item{
				{Text: "Storage " + strconv.Itoa(i%500), Quantity: "10", Unit: "TB"}},
			Value: record.Decimal(strconv.Itoa(1000 + i%777)), Currency: "CUR", Signed: record.DayOf(2030,
				time.Month(i%12+1), i%28+1),
		}
		if err := b.Add(e); err != nil {
			tb.Fatal(err)
		}
		if i%4 == 0 {
			c := &record.Clause{Place: e.Place, Engagement: e.ID, Clause: safeguards[i%7], Present: "no"}
			a := &record.Approval{Place: e.Place, Engagement: e.ID, Kind: reviewKind, Decided: e.Signed,
				Outcome: "approved", PaidOnDeal: "no"}
			for _, r := range []record.Record{c, a} {
				if err := b.Add(r); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
	for i := range parties {
		err := b.Add(&record.Account{Place: record.Place{At: "row " + strconv.Itoa(i+2)}, AccountID: "A" +
			strconv.Itoa(i), Party: ref("Body " + strconv.Itoa(i))})
		if err != nil {
			tb.Fatal(err)
		}
	}
	for i := range 20 {
		who := ref("Body " + strconv.Itoa(i))
		if err := b.Add(&record.Claim{ID: "C" + strconv.Itoa(i), About: who, Published: record.DayOf(2031, 3, 1),
			Grade: "B2"}); err != nil {
			tb.Fatal(err)
		}
		if err := b.Add(&record.Event{ID: "V" + strconv.Itoa(i), Kind: "restriction", Date: record.DayOf(2031, 5, 1),
			About: who}); err != nil {
			tb.Fatal(err)
		}
	}
	_, err := b.DB().Exec(fmt.Sprintf(`
INSERT INTO usage SELECT 9, i, i, 1, 'A' || (i %% %d), 's' || (i %% 4), CAST(DATE '2030-01-01' + INTERVAL (i // 1000 %% 24) MONTH AS DATE),
  'region-' || (i %% 5), '', ['Object Store', 'Dictate', 'Translate', 'Transfer', 'Mail'][1 + i // 7 %% 5], '', '', 'u', 'Usage', 'yes',
  CAST(i %% 1000 AS DECIMAL(38,12)) / 10, 1, 1, 'CUR', 'Altus Cloud', 'Altus Cloud', '', '', '', 1, NULL, NULL FROM range(%d) t(i)`, parties, charges))
	if err != nil {
		tb.Fatal(err)
	}
}

// prepared makes every mention a party.
func prepared(tb testing.TB, b *book.Book) *Run {
	tb.Helper()
	mentions := b.Mentions()
	byMention := make([]int32, len(mentions))
	parties := make([]party.Party, len(mentions))
	classes := make([]Class, len(mentions))
	for i, m := range mentions {
		byMention[i] = int32(i)
		parties[i] = party.Party{ID: party.ID(strconv.Itoa(i)), Name: m.Ref.Name}
		classes[i] = Class{Name: "unknown"}
	}
	run, err := New(tb.Context(), b, Inputs{AsOf: asOf, Parties: parties, ByMention: byMention, Classes: classes,
		Item:    classify,
		Service: service})
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

// BenchmarkFacts measures records in to facts out. PLIMSOLL_FULL=1 adds the size of the
// promise: a million engagements and ten million groups of charges within 2 GiB.
//
//	go test ./internal/signal -run '^$' -bench Facts -benchtime 1x
func BenchmarkFacts(b *testing.B) {
	sizes := [][2]int{{2_000, 20_000}, {20_000, 200_000}}
	if os.Getenv("PLIMSOLL_FULL") != "" {
		sizes = append(sizes, [2]int{100_000, 1_000_000}, [2]int{1_000_000, 10_000_000})
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("engagements=%d/charges=%d", n[0], n[1]), func(b *testing.B) {
			b.ReportAllocs()
			step := map[string]time.Duration{}
			for b.Loop() {
				start := time.Now()
				lap := func(name string) { step[name] += time.Since(start); start = time.Now() }
				records, err := book.Open(b.Context(), b.TempDir(), "1GB")
				if err != nil {
					b.Fatal(err)
				}
				generate(b, records, n[0], n[1])
				lap("fill")
				run := prepared(b, records)
				lap("prepare")
				for _, kind := range []string{OfEngagement, OfAccount, OfParty} {
					count := 0
					err := run.Facts(b.Context(), kind, func(f *Facts) error { count++; return nil })
					if err != nil {
						b.Fatal(err)
					}
					if count == 0 {
						b.Fatalf("no %s", kind)
					}
					lap(kind)
				}
				if err := records.Close(); err != nil {
					b.Fatal(err)
				}
			}
			for name, d := range step {
				b.ReportMetric(d.Seconds()/float64(b.N), name+"-s/op")
			}
			b.ReportMetric(peakMiB(), "peak-MiB")
			b.ReportMetric(float64(n[0]+n[1])*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// peakMiB is the most memory that the process has held, with the database's; 0 where the
// system does not say.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, "VmHWM:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}
