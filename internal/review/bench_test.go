package review

import (
	"bufio"
	"context"
	"database/sql"
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
