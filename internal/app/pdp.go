package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"plimsoll/internal/access"
	"plimsoll/internal/access/envoy"
	"plimsoll/internal/gatehouse"
	"plimsoll/internal/ledger"
)

type pdpOptions struct {
	snapshot, listen, url, key, state string
	sign                              string
	envoy                             string
	envoyHeader                       string
	cert, certKey, clientCA           string
	tokens, sourceToken               string
	lists                             []string
	hold, deny                        float64
	proof                             string
	sample                            float64
	proofSize                         int64
	plain                             bool
	wait, vouch                       time.Duration
	metrics                           string
}

func pdpCommand(s streams) *cobra.Command {
	var o pdpOptions
	c := &cobra.Command{
		Use:   "pdp --snapshot FILE|URL [--listen ADDR]",
		Short: "Answer access questions (AuthZEN Authorization API 1.0) from a snapshot",
		Long: `A stand-alone access decision point. The snapshot is a plain YAML file of restrictions, a
signed snapshot file, or the URL of a publisher; the last two need --key. Files are read
again when they change. With --sign a plain file is published, signed, for replicas.

  plimsoll pdp --snapshot restrictions.yaml --listen 127.0.0.1:8181
  plimsoll pdp key --name house.example/access --out access.key
  plimsoll pdp --snapshot restrictions.yaml --sign access.key --listen 127.0.0.1:8181
  plimsoll pdp --snapshot http://127.0.0.1:8181 --key VKEY --state DIR --listen 127.0.0.1:8182`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return servePDP(cmd.Context(), s, o) },
	}
	f := c.Flags()
	f.StringVar(&o.snapshot, "snapshot", "", "restrictions: a YAML file, a signed snapshot file, or a publisher's URL")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8181", "address to serve on")
	f.StringVar(&o.url, "url", "", "public base URL, as the metadata states it")
	f.StringVar(&o.key, "key", "", "the publisher's verifier key (name+hash+key), or a file that holds it, and after "+
		"it the rotations of that key")
	f.StringVar(&o.state, "state", "", "folder that keeps the last good snapshot")
	f.StringVar(&o.sign, "sign", "", "file with a signing key: publish the plain file to replicas")
	f.StringVar(&o.envoy, "envoy", "", "address for Envoy's ext_authz (gRPC)")
	f.StringVar(&o.envoyHeader, "envoy-subject-header", "",
		"header, set by the gateway itself, that names the subject as type/id")
	f.StringVar(&o.cert, "tls-cert", "", "certificate chain (PEM)")
	f.StringVar(&o.certKey, "tls-key", "", "its private key (PEM)")
	f.StringVar(&o.clientCA, "client-ca", "", "ask callers for a certificate by this authority (PEM)")
	f.StringVar(&o.tokens, "tokens", "", "file of bearer tokens: a line each, caller's name, space, token")
	f.StringVar(&o.sourceToken, "source-token", "", "file with the bearer token for the publisher")
	f.StringArrayVar(&o.lists, "list", nil, "list file or folder to screen unscreened parties against (repeat)")
	f.Float64Var(&o.hold, "hold-from", 0.85, "score from which a screened party is held for review")
	f.Float64Var(&o.deny, "deny-from", 2, "score from which a screened party is denied (above 1: never)")
	f.StringVar(&o.proof, "proof", "", "file to which answers are recorded, JSON lines")
	f.Int64Var(&o.proofSize, "proof-size", access.ProofFileSize>>20,
		"MiB at which that file is put aside under the next number and a new one begun; 0: never")
	f.Float64Var(&o.sample, "proof-sample", 0.01, "share of permits that are recorded; denials and holds always are")
	f.StringVar(&o.metrics, "metrics", "", "address for Prometheus to collect figures from; plain HTTP, for example "+
		"127.0.0.1:9464")
	f.BoolVar(&o.plain, "plain", false, "serve plain HTTP beyond loopback, behind a proxy that speaks TLS")
	f.DurationVar(&o.wait, "wait", 30*time.Second, "longest wait for news of a publisher")
	f.DurationVar(&o.vouch, "vouch", 10*time.Second, "with --sign: how often an unchanged snapshot is signed again")
	c.AddCommand(pdpKeyCommand(s), pdpExportCommand(s))
	return c
}

func pdpKeyCommand(s streams) *cobra.Command {
	var name, out string
	c := &cobra.Command{Use: "key --name NAME --out FILE",
		Short: "Make a key pair: the signing key to FILE, the verifier key to stdout", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			if name == "" || out == "" {
				return usagef("pdp key needs --name and --out")
			}
			sk, vk, err := note.GenerateKey(rand.Reader, name)
			if err != nil {
				return usagef("make key: %w", err)
			}
			f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return fmt.Errorf("make key: %w", err)
			}
			_, err = fmt.Fprintln(f, sk)
			if e := f.Close(); err == nil {
				err = e
			}
			if err != nil {
				return fmt.Errorf("make key: %w", err)
			}
			fmt.Fprintln(s.out, vk)
			return nil
		}}
	c.Flags().StringVar(&name, "name", "", "the publisher's name, such as house.example/access")
	c.Flags().StringVar(&out, "out", "", "file for the signing key; it must not exist")
	return c
}

func pdpExportCommand(s streams) *cobra.Command {
	var from, key, out string
	var events bool
	c := &cobra.Command{Use: "export --snapshot FILE --out FILE",
		Short: "Write the restrictions as an OPA bundle (tar.gz), so that others can check the answers",
		Args:  exactly(0),
		Long: `Writes an OPA bundle: the same answers, by another engine. With --events it writes instead an
events table for a review, whose evasion watch looks for the restricted use elsewhere.`,
		RunE: func(*cobra.Command, []string) error {
			if from == "" || out == "" {
				return usagef("pdp export needs --snapshot and --out")
			}
			x, err := fixedIndex(from, key)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if events {
				left, err := x.WriteEvents(&b, time.Now())
				if err != nil {
					return err
				}
				if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
					return fmt.Errorf("write events: %w", err)
				}
				fmt.Fprintf(s.err, "wrote %s; %d restrictions without a past start, a named subject or a denial were "+
					"left out\n", out, left)
				return nil
			}
			if err := x.WriteBundle(&b); err != nil {
				return err
			}
			if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
				return fmt.Errorf("write bundle: %w", err)
			}
			fmt.Fprintf(s.err, "wrote %s: query data.plimsoll.access.answer with input {subject, action, resource, "+
				"context, now}\n", out)
			return nil
		}}
	c.Flags().StringVar(&from, "snapshot", "", "a YAML file or a signed snapshot file")
	c.Flags().StringVar(&key, "key", "", "the publisher's verifier key, for a signed file")
	c.Flags().StringVar(&out, "out", "", "the file to write")
	c.Flags().BoolVar(&events, "events", false, "write an events table instead of a bundle")
	return c
}

func verifier(key string) (note.Verifier, error) {
	if key == "" {
		return nil, usagef("a signed snapshot needs --key, the publisher's verifier key")
	}
	if b, err := os.ReadFile(key); err == nil { // a file may hold rotations of the key after it
		key = string(b)
	}
	v, err := ledger.Trusted(key)
	if err != nil {
		return nil, usagef("read --key: %w", err)
	}
	return v, nil
}

func isSigned(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("open snapshot: %w", err)
	}
	defer f.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read snapshot: %w", err)
	}
	return access.IsSnapshot(head[:n]), nil
}

func fixedIndex(path, key string) (*access.Index, error) {
	signed, err := isSigned(path)
	if err != nil {
		return nil, err
	}
	if !signed {
		c, err := access.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return access.NewIndex(c)
	}
	v, err := verifier(key)
	if err != nil {
		return nil, err
	}
	return access.ReadSnapshot(path, v)
}

// A plainSource answers from a plain file and reads it again when it changes. A file that has
// become unreadable changes nothing but the log.
type plainSource struct {
	index     atomic.Pointer[access.Index]
	publisher *access.Publisher // nil: not published
}

func (p *plainSource) Index() *access.Index {
	if p.publisher != nil {
		return p.publisher.Index()
	}
	return p.index.Load()
}

func (p *plainSource) use(c *access.Content) error {
	if p.publisher != nil {
		return p.publisher.Replace(c)
	}
	if old := p.index.Load(); old != nil {
		c.Version = max(c.Version, old.Version()+1)
	}
	x, err := access.NewIndex(c)
	if err == nil {
		p.index.Store(x)
	}
	return err
}

func (p *plainSource) watch(ctx context.Context, path string, vouch time.Duration, log *slog.Logger) error {
	last, _ := os.Stat(path)
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	again := time.NewTicker(vouch)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
			if p.publisher != nil {
				if err := p.publisher.Vouch(); err != nil {
					log.Error("the snapshot could not be vouched for", "error", err)
				}
			}
		case <-look.C:
			st, err := os.Stat(path)
			if err != nil || last != nil && os.SameFile(st, last) && st.ModTime().Equal(last.ModTime()) &&
				st.Size() == last.Size() {
				continue
			}
			last = st
			c, err := access.ReadFile(path)
			if err == nil {
				err = p.use(c)
			}
			if err != nil {
				log.Error("the changed file cannot be used; the restrictions stay as they were", "error", err)
				continue
			}
			log.Info("restrictions read again", "version", p.Index().Version())
		}
	}
}

// source opens what the door answers from; the second value runs until its context ends.
func (o pdpOptions) source(ctx context.Context, log *slog.Logger) (access.Source, func(context.Context) error, error) {
	if o.snapshot == "" {
		return nil, nil, usagef("pdp needs --snapshot; see plimsoll pdp --help")
	}
	remote := strings.HasPrefix(o.snapshot, "http://") || strings.HasPrefix(o.snapshot, "https://")
	signed := remote
	if !remote {
		var err error
		if signed, err = isSigned(o.snapshot); err != nil {
			return nil, nil, err
		}
	}
	if signed || o.key != "" { // with --key nothing unsigned is taken, whatever the file looks like
		v, err := verifier(o.key)
		if err != nil {
			return nil, nil, err
		}
		r := &access.Replica{From: o.snapshot, Verifier: v, Dir: o.state, Wait: o.wait, Log: log}
		if o.sourceToken != "" {
			b, err := os.ReadFile(o.sourceToken)
			if err != nil {
				return nil, nil, fmt.Errorf("read source token: %w", err)
			}
			r.Token = strings.TrimSpace(string(b))
		}
		if err := r.Open(ctx); err != nil {
			return nil, nil, err
		}
		return r, r.Run, nil
	}
	c, err := access.ReadFile(o.snapshot)
	if err != nil {
		return nil, nil, err
	}
	p := &plainSource{}
	if o.sign != "" {
		b, err := os.ReadFile(o.sign)
		if err != nil {
			return nil, nil, fmt.Errorf("read signing key: %w", err)
		}
		signer, err := note.NewSigner(strings.TrimSpace(string(b)))
		if err != nil {
			return nil, nil, fmt.Errorf("read signing key %s: %w", o.sign, err)
		}
		if p.publisher, err = access.NewPublisher(signer, c, nil); err != nil {
			return nil, nil, err
		}
	} else if err := p.use(c); err != nil {
		return nil, nil, err
	}
	return p, func(ctx context.Context) error { return p.watch(ctx, o.snapshot, o.vouch, log) }, nil
}

func (o pdpOptions) tls() (*tls.Config, error) {
	if o.cert == "" && o.certKey == "" {
		if o.clientCA != "" {
			return nil, usagef("--client-ca needs --tls-cert and --tls-key")
		}
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(o.cert, o.certKey)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{
		"h2", "http/1.1"}}
	if o.clientCA != "" {
		b, err := os.ReadFile(o.clientCA)
		if err != nil {
			return nil, fmt.Errorf("read client authority: %w", err)
		}
		c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !c.ClientCAs.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("read client authority %s: it holds no certificate", o.clientCA)
		}
	}
	return c, nil
}

// loopback reports whether nobody but this machine reaches an address to listen on. An empty
// host is every address of the machine.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func servePDP(ctx context.Context, s streams, o pdpOptions) error {
	log := slog.New(slog.NewTextHandler(s.err, nil))
	if o.vouch <= 0 || o.wait <= 0 {
		return usagef("--vouch and --wait must be above zero")
	}
	if o.proofSize < 0 || o.proofSize > 1<<30 {
		return usagef("--proof-size is from 0 to %d", 1<<30)
	}
	tokens, err := gatehouse.ReadTokens(o.tokens)
	if err != nil {
		return err
	}
	conf, err := o.tls()
	if err != nil {
		return err
	}
	if conf == nil && !o.plain {
		for _, addr := range []string{o.listen, o.envoy} {
			if addr != "" && !loopback(addr) {
				return usagef("%s is not loopback: give --tls-cert and --tls-key, or --plain behind a proxy that "+
					"speaks TLS", addr)
			}
		}
	}
	if o.hold <= 0 || o.hold > 1 || o.deny <= 0 {
		return usagef("--hold-from must lie above 0 and up to 1, --deny-from above 0")
	}
	gate, err := gatehouse.ScreeningGate(ctx, o.lists, o.hold, o.deny)
	if err != nil {
		return err
	}
	source, run, err := o.source(ctx, log)
	if err != nil {
		return err
	}
	cfg := access.DoorConfig{Source: source, Tokens: tokens, Gate: gate, Goods: gatehouse.Goods, Log: log}
	if o.proof != "" {
		file, err := access.OpenProofFile(o.proof, o.proofSize<<20)
		if err != nil {
			return err
		}
		defer file.Close()
		cfg.Proof = access.NewRecorder(access.RecorderConfig{Sink: file, Sample: o.sample, Log: log})
		defer cfg.Proof.Close()
	}
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer ln.Close()
	scheme := "http"
	if conf != nil {
		scheme = "https"
		ln = tls.NewListener(ln, conf)
	}
	cfg.URL = o.url
	if cfg.URL == "" {
		cfg.URL = scheme + "://" + ln.Addr().String()
	}
	door, err := access.NewDoor(cfg)
	if err != nil {
		return err
	}
	return o.answer(ctx, s, log, source, run, door, ln, conf, cfg.URL)
}

// answer serves until ctx ends.
func (o pdpOptions) answer(ctx context.Context, s streams, log *slog.Logger, source access.Source,
	run func(context.Context) error, door *access.Door, ln net.Listener, conf *tls.Config, url string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return ignoreEnd(run(ctx)) })
	if o.envoy != "" {
		eln, err := net.Listen("tcp", o.envoy)
		if err != nil {
			return fmt.Errorf("listen for Envoy: %w", err)
		}
		g.Go(func() error {
			return envoy.Serve(ctx, eln, conf, envoy.Config{Door: door, SubjectHeader: o.envoyHeader})
		})
		log.Info("answering Envoy", "address", eln.Addr().String())
	}
	handler := http.Handler(door)
	if p, ok := source.(*plainSource); ok && p.publisher != nil {
		handler = door.WithPublisher(p.publisher)
	}
	watch, handler, collect, err := watched(ctx, s, "pdp", o.metrics, o.plain, handler)
	if err != nil {
		return err
	}
	defer watch.Close()
	if collect != nil {
		watch.Gauge("plimsoll_snapshot_version", "Version of the snapshot that answers.", func() float64 {
			return float64(source.Index().Version())
		})
		watch.Gauge("plimsoll_snapshot_age_seconds", "Age of the snapshot that answers.", func() float64 {
			return source.Index().Age(time.Now()).Seconds()
		})
		g.Go(func() error { return collect(ctx) })
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	g.Go(func() error { return answerUntil(ctx, server, ln, "", "") })
	st := source.Index().Status(time.Now())
	fmt.Fprintf(s.err, "answering on %s from version %d (%d restrictions, %d entities)\n", url, st.Version,
		st.Restrictions, st.Entities)
	return g.Wait()
}

// ignoreEnd takes the end of the run for success.
func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
