package match

import (
	"syscall"
	"testing"

	"plimsoll/internal/name"
	"plimsoll/internal/party"
	"plimsoll/internal/record/recordtest"
)

// go test -run '^$' -bench Pair ./internal/match
func BenchmarkPair(b *testing.B) {
	rows := readCSV(b, recordtest.Shared(b, "quality/name_pairs_dev.csv"))[1:]
	b.Run("texts", func(b *testing.B) {
		var c Comparer
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			r := rows[i%len(rows)]
			c.Pair(r[1], r[2], r[3])
			i++
		}
	})
	b.Run("parsed", func(b *testing.B) {
		type pair struct{ q, l *name.Name }
		var pairs []pair
		for _, r := range rows {
			k := KindOf(r[1])
			pairs = append(pairs, pair{name.Parse(r[2], k), name.Parse(r[3], k)})
		}
		var s scorer
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			p := pairs[i%len(pairs)]
			s.names(p.q, p.l)
			i++
		}
	})
}

// go test -run '^$' -bench Search ./internal/match
func BenchmarkSearch(b *testing.B) {
	lists := real(b)
	ix := Build(lists)
	names, words, bytes := ix.Size()
	b.Logf("%d names, %d words, %d bytes: %d a name", names, words, bytes, bytes/names)
	var listed, other []string
	for _, l := range lists {
		for i := range l.Entries {
			if i%7 == 0 {
				listed = append(listed, l.Entries[i].Names[0].Text)
			}
		}
	}
	other = unrelated(b)
	for _, x := range []struct {
		what  string
		names []string
		kind  party.Kind
	}{{"listed", listed, party.Unknown}, {"unrelated", other, party.Unknown}, {"unrelated/kind=organization", other, party.Organization}} {
		b.Run("names="+x.what, func(b *testing.B) {
			b.ReportAllocs()
			i, cpu := 0, cpuTime()
			for b.Loop() {
				ix.Search(Query{Name: x.names[i%len(x.names)], Kind: x.kind}, 5, Threshold)
				i++
			}
			b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "names/s")
			b.ReportMetric(float64(cpuTime()-cpu)/float64(i), "cpu-ns/op")
		})
	}
}

// cpuTime is the processor time of this process: a busy machine does not change it.
func cpuTime() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
