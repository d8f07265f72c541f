package web

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// contentPolicy lets a page load our own style, script and pictures, and send forms to us.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers that every answer carries.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		h.Set("Cache-Control", "no-store")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// A limiter holds one bucket for each client. Those that were not used for long give way when
// there are many.
type limiter struct {
	rate float64
	now  func() time.Time

	mu   sync.Mutex // guards seen; held for map work only
	seen map[string]*bucket
}

type bucket struct {
	*rate.Limiter
	last time.Time
}

// maxBuckets bounds the memory of the limiter.
const maxBuckets = 20_000

func newLimiter(r float64, now func() time.Time) *limiter {
	return &limiter{rate: r, now: now, seen: map[string]*bucket{}}
}

func (l *limiter) allow(client string, costs ...int) bool {
	n := 1
	for _, c := range costs {
		n = c
	}
	now := l.now()
	l.mu.Lock()
	b := l.seen[client]
	if b == nil {
		if len(l.seen) >= maxBuckets {
			// Many addresses at once: those that were seen longest ago in a handful give way, so that
			// nobody who comes new is kept out by their number.
			for len(l.seen) >= maxBuckets {
				l.evict()
			}
		}
		b = &bucket{Limiter: rate.NewLimiter(rate.Limit(l.rate), int(4*l.rate)+1)}
		l.seen[client] = b
	}
	b.last = now
	l.mu.Unlock()
	return b.AllowN(now, n)
}

// evict forgets the bucket that was used longest ago among a few. The caller holds mu.
func (l *limiter) evict() {
	oldest, n := "", 0
	for k, x := range l.seen {
		if oldest == "" || x.last.Before(l.seen[oldest].last) {
			oldest = k
		}
		if n++; n == 8 {
			break
		}
	}
	delete(l.seen, oldest)
}

// clientOf names whose bucket pays: the person, or the address of a stranger.
func clientOf(v *visit) string {
	if v.me != nil {
		return v.me.ID
	}
	return hostOf(v.r.RemoteAddr)
}

// hostOf is the address of a connection without its port.
func hostOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String() // one household of IPv6
	}
	return host
}
