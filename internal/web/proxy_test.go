package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"plimsoll/internal/web"
)

// TestBehindProxies: the header counts only from trusted proxies, and only as far as they wrote it.
func TestBehindProxies(t *testing.T) {
	trusted, err := web.ParseProxies([]string{"127.0.0.1", "10.0.0.0/8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := web.ParseProxies([]string{"proxy.example"}); err == nil {
		t.Error("a name passes for an address")
	}
	for _, tt := range []struct {
		name, peer string
		header     []string
		want       string
	}{
		{"a stranger writes the header", "203.0.113.9:4000", []string{"198.51.100.1"}, "203.0.113.9:4000"},
		{"one proxy", "127.0.0.1:4000", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"a client that wrote one too", "127.0.0.1:4000", []string{"192.0.2.1, 198.51.100.1"}, "198.51.100.1:0"},
		{"two proxies", "127.0.0.1:4000", []string{"198.51.100.1, 10.1.2.3"}, "198.51.100.1:0"},
		{"two headers", "127.0.0.1:4000", []string{"198.51.100.1", "10.1.2.3"}, "198.51.100.1:0"},
		{"with a port", "127.0.0.1:4000", []string{"198.51.100.1:999"}, "198.51.100.1:0"},
		{"IPv6", "[fd00::1]:4000", []string{"[2001:db8::7]:12"}, "[2001:db8::7]:0"},
		{"IPv4 as IPv6", "[::ffff:127.0.0.1]:4000", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"no header", "127.0.0.1:4000", nil, "127.0.0.1:0"},
		{"damaged", "127.0.0.1:4000", []string{"198.51.100.1, unknown"}, "127.0.0.1:0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			for _, h := range tt.header {
				r.Header.Add("X-Forwarded-For", h)
			}
			got := ""
			web.BehindProxies(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = r.RemoteAddr
			})).
				ServeHTTP(httptest.NewRecorder(), r)
			if got != tt.want {
				t.Errorf("address %s, want %s", got, tt.want)
			}
		})
	}
}
