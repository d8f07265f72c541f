package app

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"plimsoll/internal/store/storetest"
)

// TestFirstStartsAtOnce starts servers at the same moment on one new folder: each comes up, under the same keys, and
// one of them makes the first admin.
func TestFirstStartsAtOnce(t *testing.T) {
	const servers = 4
	at := regexp.MustCompile(`Plimsoll serves (\S+)`)
	key := regexp.MustCompile(`under the key (\S+)`)
	for _, tt := range []struct {
		name string
		args func(t *testing.T, dir string) []string
	}{
		{"SQLite", func(_ *testing.T, dir string) []string { return []string{"--data", dir} }},
		{"PostgreSQL", func(t *testing.T, dir string) []string {
			return []string{"--database", storetest.Postgres(t).Schema(t), "--state", dir}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"serve", "--listen", "127.0.0.1:0"}, tt.args(t, dir)...)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var wg sync.WaitGroup
			outs, codes := make([]*lockedBuffer, servers), make([]int, servers)
			for i := range servers {
				outs[i] = &lockedBuffer{}
				wg.Go(func() { codes[i] = Main(ctx, args, strings.NewReader(""), io.Discard, outs[i]) })
			}
			up := func() (n int) {
				for _, o := range outs {
					if at.MatchString(o.String()) {
						n++
					}
				}
				return n
			}
			for deadline := time.Now().Add(60 * time.Second); up() < servers && time.Now().Before(deadline); {
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(200 * time.Millisecond) // the link is printed after the address
			stop()
			wg.Wait()
			keys, links := map[string]bool{}, 0
			for i, o := range outs {
				m := key.FindStringSubmatch(o.String())
				if codes[i] != exitDone || m == nil {
					t.Fatalf("server %d: exit %d: %s", i, codes[i], o.String())
				}
				keys[m[1]] = true
				links += strings.Count(o.String(), "/start?key=")
			}
			if len(keys) != 1 || links != 1 {
				t.Errorf("%d keys and %d links of a first admin, want 1 and 1", len(keys), links)
			}
			for _, k := range []string{"ledger/key", "access/key", "access/tokens", "evidence/keys/master"} {
				if info, err := os.Stat(filepath.Join(dir, k)); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", k, info, err)
				}
			}
		})
	}
}
