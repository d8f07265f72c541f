package access

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// plainHandler is the bare handler that the door is measured against: the same JSON decoded,
// a map look-up, an answer encoded.
func plainHandler() http.Handler {
	type entity struct {
		Type       string         `json:"type"`
		ID         string         `json:"id"`
		Properties map[string]any `json:"properties"`
	}
	restricted := map[string]bool{"c-17": true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Subject, Resource entity
			Action            struct{ Name string }
			Context           map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"decision": !restricted[in.Subject.ID], "context": map[string]any{
			"evaluation_id": "x"}})
	})
}

const question100 = `{"subject":{"type":"unit","id":"unit-0000001"},"action":{"name":"use"},"resource":{"type":"service","id":"service-1","properties":{"region":"r1"}},"context":{"time":"2026-08-21T10:00:00Z"}}`

// BenchmarkHTTP asks three servers by turns, with the same client and as many at once, so that
// what the machine does in between falls on all of them.
//
// go test ./internal/access -run - -bench HTTP -benchtime 1x -cpu 2
func BenchmarkHTTP(b *testing.B) {
	x, err := NewIndex(bigContent(100_000, 10_000))
	if err != nil {
		b.Fatal(err)
	}
	d, err := NewDoor(DoorConfig{Source: x})
	if err != nil {
		b.Fatal(err)
	}
	batch := `{"subject":{"type":"unit","id":"unit-0000001"},"action":{"name":"use"},"evaluations":[` +
		strings.TrimSuffix(strings.Repeat(`{"resource":{"type":"service","id":"service-1"}},`, 100), ",") + `]}`
	type server struct {
		name, path, body string
		h                http.Handler
		clients          int
		lat              latencies
		busy             time.Duration
	}
	servers := []*server{{name: "bare", path: pathEvaluation, body: question100, h: plainHandler(), clients: 8},
		{name: "door", path: pathEvaluation, body: question100, h: d, clients: 8},
		{name: "batch", path: pathEvaluations, body: batch, h: d, clients: 8}, {name: "batch-alone",
			path: pathEvaluations, body: batch, h: d, clients: 1}}
	const rounds, round = 8, 700 * time.Millisecond
	for b.Loop() {
		for range rounds {
			for _, s := range servers {
				start := now()
				askServer(b, s.h, s.path, s.body, s.clients, round, &s.lat)
				s.busy += now() - start
			}
		}
	}
	for _, s := range servers {
		b.ReportMetric(float64(len(s.lat.d))/s.busy.Seconds(), s.name+"/s")
		b.ReportMetric(float64(s.lat.quantile(0.5))/1e6, s.name+"-p50-ms")
		b.ReportMetric(float64(s.lat.quantile(0.99))/1e6, s.name+"-p99-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// askServer asks without pause, many at once, and notes how long each answer took.
func askServer(b *testing.B, h http.Handler, path, body string, clients int, long time.Duration, lat *latencies) {
	s := httptest.NewServer(h)
	defer s.Close()
	tr := &http.Transport{MaxIdleConnsPerHost: clients}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			var mine []time.Duration
			for i, end := 0, now()+long; now() < end; i++ {
				start := now()
				res, err := client.Post(s.URL+path, "application/json", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode != 200 {
					b.Error(fmt.Errorf("status %d", res.StatusCode))
					return
				}
				if i > 10 { // not the connection
					mine = append(mine, now()-start)
				}
			}
			lat.mu.Lock()
			lat.d = append(lat.d, mine...)
			lat.mu.Unlock()
		})
	}
	wg.Wait()
}
