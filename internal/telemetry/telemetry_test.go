package telemetry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A collector takes spans as the OTLP protocol has them.
type collector struct {
	mu    sync.Mutex
	spans []string
	all   string // everything that arrived, as text
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	var x tracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(b, &x); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all += x.String()
	for _, rs := range x.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				c.spans = append(c.spans, s.Name)
			}
		}
	}
}

// configure sets the variables of the specification and takes away those of the machine.
func configure(t *testing.T, env map[string]string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, value) // so that it comes back
			os.Unsetenv(name)
		}
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
}

func work(t *testing.T, x *Telemetry) {
	t.Helper()
	ctx, end := x.Stage(t.Context(), "review")
	_, inner := x.Stage(ctx, "read")
	inner(errors.New("open /srv/Customer Nine.csv"))
	end(nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/cases/Customer-Nine?name=Customer", nil)
	x.Handler(mux).ServeHTTP(w, r)
	if w.Code != http.StatusTeapot {
		t.Errorf("status %d passed on", w.Code)
	}
	x.Close()
}

func TestNothingIsSentUnlessConfigured(t *testing.T) {
	c := &collector{}
	srv := httptest.NewServer(c)
	defer srv.Close()
	for _, tt := range []struct {
		name string
		env  map[string]string
		want int
	}{
		{"nothing set", nil, 0},
		{"disabled", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": srv.URL, "OTEL_SDK_DISABLED": "true"}, 0},
		{"no exporter", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": srv.URL, "OTEL_TRACES_EXPORTER": "none"}, 0},
		{"a name alone", map[string]string{"OTEL_SERVICE_NAME": "x"}, 0},
		{"an endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": srv.URL}, 3},
		{"one for traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": srv.URL + "/v1/traces"}, 3},
		{"never sampled", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": srv.URL,
			"OTEL_TRACES_SAMPLER": "always_off"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			configure(t, tt.env)
			c.spans, c.all = nil, ""
			x, err := New(t.Context(), "review", "1", func(err error) { t.Error(err) })
			if err != nil {
				t.Fatal(err)
			}
			work(t, x)
			if len(c.spans) != tt.want {
				t.Errorf("spans %v, want %d", c.spans, tt.want)
			}
			if strings.Contains(c.all, "Customer") {
				t.Errorf("a name was sent: %s", c.all)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	t.Run("another protocol", func(t *testing.T) {
		configure(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
			"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
		if _, err := New(t.Context(), "serve", "1", nil); err == nil || !strings.Contains(err.Error(),
			"http/protobuf") {
			t.Errorf("grpc: %v", err)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		configure(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
			"OTEL_EXPORTER_OTLP_TIMEOUT": "100"})
		var said []error
		x, err := New(t.Context(), "serve", "1", func(err error) { said = append(said, err) })
		if err != nil {
			t.Fatal(err)
		}
		_, end := x.Stage(t.Context(), "read")
		end(nil)
		x.Close()
		if len(said) != 1 || !strings.Contains(said[0].Error(), "send spans") {
			t.Errorf("said %v, want that spans were not sent, once", said)
		}
	})
}

func TestFigures(t *testing.T) {
	configure(t, nil)
	x, err := New(t.Context(), "serve", "1", nil)
	if err != nil {
		t.Fatal(err)
	}
	page := x.Figures()
	x.Gauge("plimsoll_answer", "An answer.", func() float64 { return 42 })
	work(t, x)
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", "/metrics", nil))
	for _, want := range []string{"plimsoll_answer 42", `plimsoll_stage_seconds{stage="read"}`, "go_goroutines",
		`plimsoll_http_request_duration_seconds_count{method="GET",route="/cases/{id}",status="418"} 1`,
		`plimsoll_build_info{command="serve",version="1"} 1`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "Customer") {
		t.Error("a name stands in the figures")
	}
}

func TestWriteFile(t *testing.T) {
	configure(t, nil)
	x, err := New(t.Context(), "review", "1", func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := x.Add("plimsoll_rows", "Rows.", 3, "kind", "usage"); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Set("plimsoll_rows", "Rows.", 3, "kind"); err == nil {
		t.Error("a label without a value is no error")
	}
	if err := x.Set("plimsoll_rows", "Rows.", 3, "sort", "usage"); err == nil {
		t.Error("another label of the same figure is no error")
	}
	dir := t.TempDir()
	if err := x.WriteFile(filepath.Join(dir, "none", "a.prom")); err == nil {
		t.Error("a folder that is not there is no error")
	}
	path := filepath.Join(dir, "a.prom")
	if err := x.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), `plimsoll_rows{kind="usage"} 6`) {
		t.Errorf("%v\n%s", err, b)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files are left", len(files))
	}
}
