package web

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"plimsoll/internal/store"
)

// storageShown is how long the health page speaks of storage that failed, after the last time that it did.
const storageShown = 10 * time.Minute

// storageSaid is how often the log says again that storage fails; meanwhile the times are counted.
const storageSaid = time.Minute

// A storageFault is what became of storage that fails.
type storageFault struct {
	mu     sync.Mutex // guards the rest; held for a moment
	last   time.Time  // that it failed
	said   time.Time  // that the log said so
	unsaid int        // times since
	detail string
	words  string
}

// The words for storage that fails. Nothing of the request was kept: files and transactions are whole or not there.
var (
	noRoom = trouble{Status: http.StatusInsufficientStorage, Title: "No room",
		Detail: "There is no room left on the disk of the server. Nothing of this was kept; tell whoever keeps the " +
			"server, and send it again later."}
	noStorage = trouble{Status: http.StatusServiceUnavailable, Title: "Storage does not work",
		Detail: "The disk or the database of the server does not work now. Nothing of this was kept; tell whoever " +
			"keeps the server, and send it again later."}
)

// storageTrouble words an error of storage; ok is false for any other error. It is kept for the health page, and said
// in the log, at most once in a while.
func (s *Server) storageTrouble(err error) (t trouble, ok bool) {
	switch {
	case store.Full(err):
		t = noRoom
	case store.Broken(err):
		t = noStorage
	default:
		return t, false
	}
	now, f := s.cfg.Now(), &s.storage
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last, f.words, f.detail = now, t.Title, err.Error()
	f.unsaid++
	if now.Sub(f.said) >= storageSaid {
		s.cfg.Log.Error("storage fails", "error", err, "times", f.unsaid)
		f.said, f.unsaid = now, 0
	}
	return t, true
}

// storageProblem says for the health page that storage failed lately; "" when it did not.
func (s *Server) storageProblem() string {
	f := &s.storage
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.IsZero() || s.cfg.Now().Sub(f.last) > storageShown {
		return ""
	}
	return fmt.Sprintf("%s: what people send was refused, last at %s (%s).", f.words, f.last.UTC().Format(time.RFC3339),
		f.detail)
}
