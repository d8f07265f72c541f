package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ParseProxies reads the addresses of trusted proxies: single ones, or networks such as 10.0.0.0/8.
func ParseProxies(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, t := range texts {
		p, err := netip.ParsePrefix(t)
		if err != nil {
			a, aerr := netip.ParseAddr(t)
			if aerr != nil {
				return nil, fmt.Errorf("trusted proxy %q: neither an address nor a network such as 10.0.0.0/8", t)
			}
			p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// BehindProxies gives next the address of who asked, where a trusted proxy passed the request on: the last one
// in X-Forwarded-For that is no trusted proxy. From anybody else the header counts for nothing, since everybody
// can write it.
func BehindProxies(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	known := func(a netip.Addr) bool {
		for _, p := range trusted {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !known(at.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		from := at.Addr()
		for i := len(hops) - 1; i >= 0; i-- {
			hop := strings.TrimSpace(hops[i])
			if host, _, err := net.SplitHostPort(hop); err == nil {
				hop = host
			}
			a, err := netip.ParseAddr(strings.Trim(hop, "[]"))
			if err != nil {
				break // what stands before a damaged entry was written by nobody whom we know
			}
			if from = a; !known(a) {
				break
			}
		}
		r = r.Clone(r.Context())
		r.RemoteAddr = net.JoinHostPort(from.Unmap().String(), "0")
		next.ServeHTTP(w, r)
	})
}
