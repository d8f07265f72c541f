package recordtest

import (
	"encoding/xml"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

// Beside runs a reader and a reference over the same data by turns, and reports records a second of the reader, its
// processor time a record, and the ratio of its processor time to that of the reference: of the clock alone the ratio
// depends on what else the machine does. Both return how many records they read, which has to be the number given.
func Beside(b *testing.B, records int, reader, reference func() (int, error)) {
	b.Helper()
	var own, other, clock time.Duration
	run := func(f func() (int, error)) (processor, took time.Duration) {
		before, start := processorTime(b), time.Now()
		n, err := f()
		took = time.Since(start)
		if err != nil || n != records {
			b.Fatalf("%d records of %d: %v", n, records, err)
		}
		return processorTime(b) - before, took
	}
	rounds := 0
	for b.Loop() {
		p, took := run(reader)
		own, clock = own+p, clock+took
		p, _ = run(reference)
		other += p
		rounds++
	}
	n := float64(records) * float64(rounds)
	b.ReportMetric(n/clock.Seconds(), "records/s")
	b.ReportMetric(float64(own.Microseconds())/n, "cpu-µs/record")
	b.ReportMetric(own.Seconds()/other.Seconds(), "×reference")
	b.ReportMetric(0, "ns/op")
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// XMLElements reads a text with encoding/xml, token by token, and counts the elements of one name.
func XMLElements(r io.Reader, name string) (n int, err error) {
	d := xml.NewDecoder(r)
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if s, ok := t.(xml.StartElement); ok && s.Name.Local == name {
			n++
		}
	}
}
