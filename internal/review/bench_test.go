package review

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/world"
)

// peakMiB is the most memory that the process has held (VmHWM), 0 where the system does not say.
func peakMiB() float64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// cpuSeconds is the processor time of the process, 0 where the system does not say (proc(5), stat:
// utime and stime in hundredths of a second).
func cpuSeconds() float64 {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// BenchmarkReview reviews example worlds end to end, and reports rows per second and the
// peak of the process.
//
//	go test -run='^$' -bench=Review -benchtime=1x ./internal/review
//	PLIMSOLL_FULL=1 … adds a million engagements and ten million charges (571 MB, some minutes)
func BenchmarkReview(b *testing.B) {
	sizes := []string{"small", "20000/200000"}
	if os.Getenv("PLIMSOLL_FULL") != "" {
		sizes = append(sizes, "1000000/10000000")
	}
	for _, size := range sizes {
		b.Run("world="+strings.ReplaceAll(size, "/", "_"), func(b *testing.B) {
			in := filepath.Join(b.TempDir(), "world")
			if err := os.Mkdir(in, 0o755); err != nil {
				b.Fatal(err)
			}
			if err := world.Write(context.Background(), in, world.Options{Seed: 1, Size: size}); err != nil {
				b.Fatal(err)
			}
			asOf, _ := time.Parse("2006-01-02", world.Today)
			rows := 0
			for b.Loop() {
				res, err := Run(context.Background(), Options{Paths: []string{in}, Lists: []string{
					filepath.Join(in, "lists")}, AsOf: asOf, Out: filepath.Join(b.TempDir(), "out")})
				if err != nil {
					b.Fatal(err)
				}
				rows += res.Summary.Counts.Rows
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(peakMiB(), "peak-MiB")
		})
	}
}

// BenchmarkCanada screens the 43,086 real releases of 2014 (108 MB, a shape before OCDS 1.0)
// against OFAC and UN, from file to findings.
func BenchmarkCanada(b *testing.B) {
	o := Options{AsOf: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		Paths: []string{recordtest.Shared(b, "data/ocds/canada-buyandsell-2014/contracts_releases_compact.json.zip")},
		Lists: []string{recordtest.Shared(b, "data/sanctions/un"),
			recordtest.Shared(b, "data/sanctions/ofac_sdn_2021")}}
	parties := 0
	for b.Loop() {
		o.Out = filepath.Join(b.TempDir(), "out")
		res, err := Run(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		parties = res.Summary.Counts.Parties
	}
	b.ReportMetric(43086*float64(b.N)/b.Elapsed().Seconds(), "releases/s")
	b.ReportMetric(float64(parties), "parties")
	b.ReportMetric(peakMiB(), "peak-MiB")
}

// BenchmarkReviewBesideScan reviews a world end to end and lets DuckDB scan and group the same
// bills in the same run; x-scan is how many times as long the review takes (bar 3). Accuracy
// stands in TestQuality.
//
//	go test -run='^$' -bench=BesideScan -benchtime=1x ./internal/review
func BenchmarkReviewBesideScan(b *testing.B) {
	in := filepath.Join(b.TempDir(), "world")
	if err := os.Mkdir(in, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := world.Write(b.Context(), in, world.Options{Seed: 1, Size: "100000/1000000"}); err != nil {
		b.Fatal(err)
	}
	asOf, _ := time.Parse("2006-01-02", world.Today)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var scan, review time.Duration
	var scanCPU, reviewCPU float64
	for b.Loop() {
		start, cpu := time.Now(), cpuSeconds()
		var groups int64
		err := db.QueryRowContext(b.Context(), `
SELECT count(*) FROM (
  SELECT BillingAccountId, SubAccountId, date_trunc('month', ChargePeriodStart), RegionId, ServiceCategory, ServiceName, ServiceSubcategory,
    ConsumedUnit, ChargeCategory, sum(ConsumedQuantity), sum(BilledCost), count(*)
  FROM read_csv('`+filepath.Join(in, "usage", "*.csv*")+`', union_by_name = true) GROUP BY ALL)`).Scan(&groups)
		if err != nil || groups == 0 {
			b.Fatalf("%d groups: %v", groups, err)
		}
		scan += time.Since(start)
		scanCPU += cpuSeconds() - cpu
		start, cpu = time.Now(), cpuSeconds()
		_, err = Run(b.Context(), Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: asOf,
			Out: filepath.Join(b.TempDir(), "out")})
		if err != nil {
			b.Fatal(err)
		}
		review += time.Since(start)
		reviewCPU += cpuSeconds() - cpu
	}
	b.ReportMetric(scan.Seconds()/float64(b.N), "scan-s/op")
	b.ReportMetric(review.Seconds()/float64(b.N), "review-s/op")
	b.ReportMetric(review.Seconds()/scan.Seconds(), "x-scan")
	if scanCPU > 0 { // where other work runs beside, processor time says more than the clock
		b.ReportMetric(scanCPU/float64(b.N), "scan-cpu-s/op")
		b.ReportMetric(reviewCPU/float64(b.N), "review-cpu-s/op")
	}
	b.ReportMetric(peakMiB(), "peak-MiB")
}

// BenchmarkAccounts reviews a register of many sub-accounts, a row each, and a month of bills of two charges each, and
// reports the peak of the process. PLIMSOLL_ACCOUNTS is how many (20,000), PLIMSOLL_PARTIES of how many holders (a
// hundredth).
//
//	PLIMSOLL_ACCOUNTS=10000000 go test -run='^$' -bench=Accounts -benchtime=1x -timeout 3h ./internal/review
func BenchmarkAccounts(b *testing.B) {
	accounts := given(b, "PLIMSOLL_ACCOUNTS", 20_000)
	parties := given(b, "PLIMSOLL_PARTIES", max(1, accounts/100))
	in := filepath.Join(b.TempDir(), "in")
	writeAccounts(b, in, accounts, parties)
	lists := filepath.Join(b.TempDir(), "world")
	if err := world.Write(b.Context(), lists, world.Options{Seed: 1, Size: "small"}); err != nil {
		b.Fatal(err)
	}
	asOf, _ := time.Parse(time.DateOnly, world.Today)
	cpu := cpuSeconds()
	for b.Loop() {
		res, err := Run(b.Context(), Options{Paths: []string{in}, Lists: []string{filepath.Join(lists, "lists")},
			AsOf: asOf, Out: filepath.Join(b.TempDir(), "out")})
		if err != nil {
			b.Fatal(err)
		}
		if got := res.Summary.Counts.Parties; got != parties {
			b.Fatalf("%d parties, want %d", got, parties)
		}
	}
	b.ReportMetric((cpuSeconds()-cpu)/float64(b.N), "cpu-s/op")
	b.ReportMetric(peakMiB(), "peak-MiB")
}

// given reads an environment variable.
func given(b *testing.B, name string, otherwise int) int {
	b.Helper()
	if os.Getenv(name) == "" {
		return otherwise
	}
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil || n < 1 {
		b.Fatalf("%s is no number: %v", name, err)
	}
	return n
}

// writeAccounts writes a register of accounts and their bill.
func writeAccounts(b *testing.B, in string, accounts, parties int) {
	b.Helper()
	if err := os.MkdirAll(in, 0o755); err != nil {
		b.Fatal(err)
	}
	write := func(name, header string, row func(w *bufio.Writer, i int)) {
		f, err := os.Create(filepath.Join(in, name))
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		fmt.Fprintln(w, header)
		for i := range accounts {
			row(w, i)
		}
		if err := errors.Join(w.Flush(), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
	words := []string{"Harbour", "Orchard", "Copper", "Willow", "Summit", "Lantern", "Meadow", "Quarry"}
	write("accounts.csv", "account_id,sub_account_id,party_name,party_id,country,end_user_class,since",
		func(w *bufio.Writer, i int) {
			p := i % parties
			fmt.Fprintf(w, "A-%d,s-%d,%s %s %x Trading Ltd,QX-REG:%d,Vardath,commercial,2030-01-01\n", p, i,
				words[p%8], words[p/8%8], p*2654435761%(1<<32), 10_000_000+p)
		})
	const month = "2031-01-01T00:00:00Z,2031-02-01T00:00:00Z,2031-01-01T00:00:00Z,2031-02-01T00:00:00Z"
	write("usage.csv", "BillingAccountId,SubAccountId,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,"+
		"ChargePeriodEnd,ChargeCategory,BilledCost,EffectiveCost,BillingCurrency,ConsumedQuantity,ConsumedUnit,"+
		"ProviderName,PublisherName,InvoiceIssuerName,RegionId,ServiceCategory,ServiceName,SkuId,SkuMeter",
		func(w *bufio.Writer, i int) {
			for _, what := range []string{"GB-Months,P,P,P,north-1,Storage,Object Storage,sto-std,Standard Data Stored",
				"Hours,P,P,P,north-1,Compute,Virtual Machines,vm-4,VM hours"} {
				fmt.Fprintf(w, "A-%d,s-%d,%s,Usage,%d,%d,EUR,%d,%s\n", i%parties, i, month, i%97, i%97, i%890, what)
			}
		})
}

// BenchmarkThirteenth reviews thirteen months of bills anew, and onto a book of the first twelve. x-full is how much
// of the processor time of the full run the second takes (bar 1/6). PLIMSOLL_WORLD is the world, 4000/290000 unless it
// is set: what a run takes beside bills is the same in both, so that the share falls as bills grow.
//
//	PLIMSOLL_WORLD=4000/10000000 go test -run='^$' -bench=Thirteenth -benchtime=1x -timeout 1h ./internal/review
func BenchmarkThirteenth(b *testing.B) {
	in, late := filepath.Join(b.TempDir(), "in"), b.TempDir()
	if err := os.Mkdir(in, 0o755); err != nil {
		b.Fatal(err)
	}
	size := cmp.Or(os.Getenv("PLIMSOLL_WORLD"), "4000/290000")
	if err := world.Write(b.Context(), in, world.Options{Seed: 1, Size: size}); err != nil {
		b.Fatal(err)
	}
	months, err := filepath.Glob(filepath.Join(in, "usage", "*"))
	if err != nil || len(months) < 13 {
		b.Fatalf("%d months: %v", len(months), err)
	}
	for i, path := range months[12:] {
		if err := os.Rename(path, filepath.Join(late, filepath.Base(path))); err != nil {
			b.Fatal(err)
		}
		months[12+i] = filepath.Join(late, filepath.Base(path))
	}
	asOf, _ := time.Parse(time.DateOnly, world.Today)
	review := func(book string) (seconds float64, findings []byte) {
		out, cpu := filepath.Join(b.TempDir(), "out"), cpuSeconds()
		if _, err := Run(b.Context(), Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")},
			AsOf: asOf, Out: out, Book: book}); err != nil {
			b.Fatal(err)
		}
		seconds = cpuSeconds() - cpu
		if findings, err = os.ReadFile(filepath.Join(out, "findings.jsonl")); err != nil {
			b.Fatal(err)
		}
		return seconds, findings
	}
	var full, more float64
	for b.Loop() {
		book := b.TempDir()
		review(book)
		to := filepath.Join(in, "usage", filepath.Base(months[12]))
		if err := os.Rename(months[12], to); err != nil {
			b.Fatal(err)
		}
		x, got := review(book)
		y, want := review("")
		more, full = more+x, full+y
		if !bytes.Equal(got, want) {
			b.Fatal("other findings with the book")
		}
		if err := os.Rename(to, months[12]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(full/float64(b.N), "full-cpu-s/op")
	b.ReportMetric(more/float64(b.N), "thirteenth-cpu-s/op")
	b.ReportMetric(more/full, "x-full")
}
