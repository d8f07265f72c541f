package match

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/compare"
	"plimsoll/internal/list"
	"plimsoll/internal/match/matchtest"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
	"plimsoll/internal/record/recordtest"
)

// go test -run '^$' -bench Pair ./internal/match
func BenchmarkPair(b *testing.B) {
	rows := readCSV(b, recordtest.Shared(b, "quality/name_pairs_dev.csv"))[1:]
	b.Run("texts", func(b *testing.B) {
		var c compare.Comparer
		c.Pair("", "a", "b") // the lexicons are read
		b.ReportAllocs()
		i, cpu := 0, cpuTime()
		for b.Loop() {
			r := rows[i%len(rows)]
			c.Pair(r[1], r[2], r[3])
			i++
		}
		b.ReportMetric(float64(cpuTime()-cpu)/float64(i), "cpu-ns/op")
	})
	b.Run("parsed", func(b *testing.B) {
		type pair struct{ q, l *name.Name }
		var pairs []pair
		for _, r := range rows {
			k := compare.KindOf(r[1])
			pairs = append(pairs, pair{name.Parse(r[2], k), name.Parse(r[3], k)})
		}
		var s compare.Scorer
		b.ReportAllocs()
		i, cpu := 0, cpuTime()
		for b.Loop() {
			p := pairs[i%len(pairs)]
			s.Names(p.q, p.l)
			i++
		}
		b.ReportMetric(float64(cpuTime()-cpu)/float64(i), "cpu-ns/op")
	})
}

// go test -run '^$' -bench Search ./internal/match
func BenchmarkSearch(b *testing.B) {
	lists := real(b)
	ix := Build(lists)
	names, words, bytes := ix.Size()
	b.Logf("%d names, %d words, %d bytes: %d a name", names, words, bytes, bytes/names)
	var listed, other []string
	var known []Query
	for _, l := range lists {
		for i := range l.Entries {
			if i%7 == 0 {
				listed = append(listed, l.Entries[i].Names[0].Text)
				known = append(known, Query{Name: l.Entries[i].Names[0].Text, Kind: l.Entries[i].Kind})
			}
		}
	}
	other = unrelated(b)
	b.Run("names=listed/kind=stated", func(b *testing.B) { searches(b, ix, known) })
	for _, x := range []struct {
		what  string
		names []string
		kind  party.Kind
	}{{"listed", listed, party.Unknown}, {"unrelated", other, party.Unknown}, {"unrelated/kind=organization", other,
		party.Organization}} {
		var asked []Query
		for _, s := range x.names {
			asked = append(asked, Query{Name: s, Kind: x.kind})
		}
		b.Run("names="+x.what, func(b *testing.B) { searches(b, ix, asked) })
	}
}

// searches runs queries on all processors and reports how many a second, and what the
// slowest of a hundred takes.
func searches(b *testing.B, ix *Index, asked []Query) {
	b.ReportAllocs()
	var next atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	cpu := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		var took []time.Duration
		for pb.Next() {
			q := asked[int(next.Add(1))%len(asked)]
			t := time.Now()
			ix.Search(q, 5, Threshold)
			took = append(took, time.Since(t))
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, took...)
	})
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "names/s")
	b.ReportMetric(float64(cpuTime()-cpu)/float64(len(all)), "cpu-ns/op")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

// cpuTime is the processor time of this process: a busy machine does not change it.
func cpuTime() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// The million. PLIMSOLL_MILLION=1 go test -run '^$' -bench Million -benchtime 20000x ./internal/match
func BenchmarkMillion(b *testing.B) {
	sizes := []int{10_000, 100_000}
	if os.Getenv("PLIMSOLL_MILLION") != "" {
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		m := matchtest.New(1)
		l := m.List(n)
		lists := []*list.List{l}
		start := time.Now()
		ix := Build(lists)
		build := time.Since(start)
		names, words, bytes := ix.Size()
		file := filepath.Join(b.TempDir(), "index")
		f, err := os.Create(file)
		if err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if err := ix.Save(f); err != nil {
			b.Fatal(err)
		}
		save := time.Since(start)
		if err := f.Sync(); err != nil { // a load is not to wait for what Save wrote
			b.Fatal(err)
		}
		var loads []time.Duration
		for range 3 {
			if _, err := f.Seek(0, 0); err != nil {
				b.Fatal(err)
			}
			start = time.Now()
			if ix, err = Open(f, lists); err != nil {
				b.Fatal(err)
			}
			loads = append(loads, time.Since(start))
		}
		f.Close()
		os.Remove(file)
		b.Logf("%d entries, %d names, %d words: build %v, save %v, loads %v, %d bytes a name", n, names, words, build,
			save, loads, bytes/names)
		asked := make([]Query, 20000)
		for i := range asked {
			e := &l.Entries[i*7%n]
			switch i % 4 {
			case 0:
				asked[i] = Query{Name: m.Slip(e.Names[i%3].Text), Kind: e.Kind}
			case 1:
				asked[i] = Query{Name: m.Person(), Kind: party.Person}
			case 2:
				asked[i] = Query{Name: m.Company(), Kind: party.Organization}
			default:
				asked[i] = Query{Name: m.Company()}
			}
		}
		b.Run("entries="+strconv.Itoa(n), func(b *testing.B) { searches(b, ix, asked) })
	}
}
