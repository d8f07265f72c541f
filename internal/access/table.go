package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A table lists what a snapshot consists of: its settings and, in order of the key space, the
// SHA-256 of each shard. Its own SHA-256 names the snapshot.
type table struct {
	Format   string   `json:"format"`
	Settings Settings `json:"settings"`
	Shards   []string `json:"shards"`
}

const tableFormat = "plimsoll-table/1"

func (t *table) bytes() []byte {
	t.Format = tableFormat
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // texts, numbers and flags only
	}
	return b
}

func (t *table) sum() string { return hexSum(t.bytes()) }

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func parseTable(b []byte) (*table, error) {
	t := &table{}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("read snapshot table: %w", err)
	}
	if t.Format != tableFormat {
		return nil, fmt.Errorf("read snapshot table: format %q: want %q", t.Format, tableFormat)
	}
	if n := len(t.Shards); n == 0 || n&(n-1) != 0 || n > maxShards {
		return nil, fmt.Errorf("read snapshot table: %d shards: want a power of two up to %d", n, maxShards)
	}
	for _, s := range t.Shards {
		if h, err := hex.DecodeString(s); err != nil || len(h) != sha256.Size {
			return nil, errors.New("read snapshot table: a shard is not named by its SHA-256")
		}
	}
	return t, t.Settings.check()
}

func sums(shards []*shard) []string {
	out := make([]string, len(shards))
	for i, s := range shards {
		out[i] = hex.EncodeToString(s.sum[:])
	}
	return out
}

// inParallel calls f for 0 to n-1 and waits. It leaves one core to those who ask, and rests.
func inParallel(n int, f func(int)) { shared(n, func(int) func(int) { return f }) }

// shared is the same where each goroutine needs a function of its own; g is told how many
// goroutines there are.
func shared(n int, g func(of int) func(int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	of := min(n, max(runtime.GOMAXPROCS(0)-1, 1))
	for range of {
		f := g(of)
		wg.Go(func() {
			var p pace
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
				p.rest()
			}
		})
	}
	wg.Wait()
}

// A pace lets long work step aside for whoever waits for the core: unasked, it would be made
// to after ten milliseconds only.
type pace struct{ since time.Time }

const workFor = time.Millisecond

// rest is called often, between small pieces of work.
func (p *pace) rest() {
	if t := time.Now(); t.Sub(p.since) > workFor {
		if !p.since.IsZero() {
			runtime.Gosched()
			t = time.Now()
		}
		p.since = t
	}
}

func decodeShards(raws []string, c *compiler) ([]*shard, error) {
	out := make([]*shard, len(raws))
	errs := make([]error, len(raws))
	shared(len(raws), func(of int) func(int) {
		at := &loft{}
		return func(i int) {
			at.ahead = (len(raws) - i + of - 1) / of
			out[i], errs[i] = decodeShard(raws[i], c, at)
		}
	})
	return out, errors.Join(errs...)
}

// next builds the index of a table. Shards that x holds already are shared; fetch gives the
// bytes of the others, by number.
func (x *Index) next(h Head, t *table, fetch func(i int, sum string) (string, error)) (*Index, error) {
	n := &Index{name: h.Name, version: h.Version, sum: h.Table, issued: h.Issued, settings: t.Settings.filled(),
		shards: make([]*shard, len(t.Shards))}
	have := map[string]*shard{}
	if x != nil {
		n.compiler = x.compiler
		for _, s := range x.shards {
			have[hex.EncodeToString(s.sum[:])] = s
		}
	} else {
		c, err := newCompiler()
		if err != nil {
			return nil, err
		}
		n.compiler = c
	}
	raws, at := []string{}, []int{}
	for i, sum := range t.Shards {
		if n.shards[i] = have[sum]; n.shards[i] != nil {
			continue
		}
		raw, err := fetch(i, sum)
		if err != nil {
			return nil, err
		}
		raws, at = append(raws, raw), append(at, i)
	}
	fresh, err := decodeShards(raws, n.compiler)
	if err != nil {
		return nil, err
	}
	for k, s := range fresh {
		if hex.EncodeToString(s.sum[:]) != t.Shards[at[k]] {
			return nil, fmt.Errorf("read shard %d: its content is not what the table names", at[k])
		}
		n.shards[at[k]] = s
	}
	return n, n.link(x)
}
