package app

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestEngineSpan: a review whose engine cannot be reached sends a span of the engine below the one of reading, which
// failed, without the address, the user or the words of the error.
func TestEngineSpan(t *testing.T) {
	var mu sync.Mutex // guards the three below
	ids, above, failed := map[string]string{}, map[string]string{}, []string{}
	sent := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var x tracepb.ExportTraceServiceRequest
		b, err := io.ReadAll(r.Body)
		if err != nil || proto.Unmarshal(b, &x) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		sent += x.String()
		for _, rs := range x.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					ids[string(s.SpanId)], above[s.Name] = s.Name, string(s.ParentSpanId)
					if s.Status.GetCode() == 2 {
						failed = append(failed, s.Name)
					}
				}
			}
		}
	}))
	defer srv.Close()
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, value) // so that it comes back
			os.Unsetenv(name)
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", srv.URL)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := closed.Addr().String()
	closed.Close()
	var out strings.Builder
	args := []string{"review", "--engine", "trino://somebody@" + host + "/lake/bills", "--out", t.TempDir() + "/out",
		t.TempDir()}
	if code := Main(t.Context(), args, strings.NewReader(""), io.Discard, &out); code != exitFailed ||
		!strings.Contains(out.String(), "cannot be reached") {
		t.Fatalf("code %d: %s", code, &out)
	}
	mu.Lock()
	defer mu.Unlock()
	for child, parent := range map[string]string{"engine": "read", "read": "review"} {
		if ids[above[child]] != parent {
			t.Errorf("%s stands below %q, want %s", child, ids[above[child]], parent)
		}
	}
	slices.Sort(failed)
	if want := []string{"engine", "read", "review"}; !slices.Equal(failed, want) {
		t.Errorf("failed %q, want %q", failed, want)
	}
	for _, word := range []string{"somebody", host, "reached"} {
		if strings.Contains(sent, word) {
			t.Errorf("%q was sent", word)
		}
	}
}
