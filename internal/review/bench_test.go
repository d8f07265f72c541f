package review

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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
				res, err := Run(context.Background(), Options{Paths: []string{in}, Lists: []string{filepath.Join(in, "lists")}, AsOf: asOf, Out: filepath.Join(b.TempDir(), "out")})
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
		Lists: []string{recordtest.Shared(b, "data/sanctions/un"), recordtest.Shared(b, "data/sanctions/ofac_sdn_2021")}}
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
