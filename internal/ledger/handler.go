package ledger

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/timestamp"
)

// Handler serves a published log for reading (C2SP tlog-tiles, "APIs"): the checkpoint,
// and the rotations of its key, which change, tiles and time stamps, which never do. Anything else in the folder is not
// there.
func Handler(dir string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET is possible", http.StatusMethodNotAllowed)
			return
		}
		path := strings.TrimPrefix(r.URL.Path, "/")
		kind, cache := "application/octet-stream", "public, max-age=31536000, immutable"
		if path == format.CheckpointPath || path == format.RotationsPath {
			kind, cache = "text/plain; charset=utf-8", "no-store"
		} else if _, ok := format.ParsePath(path); !ok && !timestamp.IsPath(path) {
			http.NotFound(w, r)
			return
		}
		f, err := os.Open(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || !info.Mode().IsRegular() {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", cache)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", info.ModTime(), f)
	})
}
