package ledger_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"plimsoll/internal/ledger"
)

func TestHandler(t *testing.T) {
	h := http.StripPrefix("/log", ledger.Handler("testdata/log-small"))
	for _, tt := range []struct {
		method, path string
		code         int
		cache, file  string
	}{
		{"GET", "/log/checkpoint", 200, "no-store", "checkpoint"},
		{"GET", "/log/tile/0/000.p/21", 200, "public, max-age=31536000, immutable", "tile/0/000.p/21"},
		{"GET", "/log/tile/entries/000.p/8", 200, "public, max-age=31536000, immutable", "tile/entries/000.p/8"},
		{"GET", "/log/tile/0/000", 404, "", ""},
		{"GET", "/log/vkey", 404, "", ""},
		{"GET", "/log/tile/0", 404, "", ""},
		{"GET", "/log/tile/0/../../vkey", 404, "", ""},
		{"GET", "/log/.sequencer", 404, "", ""},
		{"POST", "/log/checkpoint", 405, "", ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.code || w.Code == 200 && w.Header().Get("Cache-Control") != tt.cache {
			t.Errorf("%s %s: %d, %v", tt.method, tt.path, w.Code, w.Header())
		}
		if tt.file != "" && !bytes.Equal(w.Body.Bytes(), readFile(t, "testdata/log-small/"+tt.file)) {
			t.Errorf("%s: not the file", tt.path)
		}
	}
}
