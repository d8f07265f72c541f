package app

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/gatehouse"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/timestamp"
	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
)

type serveOptions struct {
	data, database, listen, origin string
	state, tokens                  string
	lists, policies, imports       []string
	admins                         []string
	cert, key                      string
	issuer, client, secretFile     string
	notices, noticesTo             string
	noticesRound                   string
	noticesDelay                   time.Duration
	recheck                        time.Duration
	witnesses                      []string
	quorum                         int // -1: all witnesses
	stampURL, stampRoots           string
	stampEvery                     time.Duration
	plain, accessOpen              bool
	proxies                        []string
	factor                         bool
	keyFile, keyToken              string
	clear                          bool // evidence is not encrypted
	metrics                        string

	found *found
}

// found is what was wrong at the start of a server and did not keep it from starting, and what is missing since.
type found struct {
	evidence string
	missing  atomic.Pointer[[]string]
}

// problems adds what was found at the start to what others see now; nil when nobody sees anything.
func (f *found) problems(now func() []string) func() []string {
	return func() (out []string) {
		if f.evidence != "" {
			out = append(out, f.evidence)
		}
		if m := f.missing.Load(); m != nil {
			out = append(out, *m...)
		}
		if now != nil {
			out = append(out, now()...)
		}
		return out
	}
}

func serveCommand(s streams) *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve --data DIR | --database URL",
		Short: "Web pages and API for a team: reviews, findings, cases, decisions",
		Long: `Serves the pages and the API. With an empty database and no OpenID provider it prints a one-time
link that signs its reader in as the first admin; later "plimsoll admin link" makes one on this
machine. The database is SQLite in --data, or PostgreSQL at --database; several servers may share
one PostgreSQL. Beyond loopback it needs a certificate, or --plain behind a proxy that speaks TLS.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), s, o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder for the database")
	f.StringVar(&o.database, "database", "", "PostgreSQL address (postgres://…) instead of --data")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8320", "address to listen on")
	f.StringVar(&o.origin, "origin", "", "address under which people reach it, for example https://plimsoll.example "+
		"(default: the listen address)")
	f.StringVar(&o.state, "state", "", "folder for keys and published files of ledger and access decisions (default: "+
		"--data)")
	f.StringVar(&o.tokens, "access-tokens", "", "file of bearer tokens for access decisions: a line each, caller's "+
		"name, space, token (default: one that is made in the state folder, access/tokens)")
	f.BoolVar(&o.accessOpen, "access-open", false,
		"answer access evaluations without a token too, with the bare decision; snapshot, standing, events and "+
			"search need one all the same")
	f.StringArrayVar(&o.lists, "list", nil, "list file or folder for the search, and for parties that access "+
		"questions name (repeat)")
	f.StringArrayVar(&o.policies, "policy", nil, "policy pack to show (repeat; default: the built-in pack)")
	f.StringArrayVar(&o.imports, "import", nil, "folder that plimsoll review wrote, stored at the start (repeat)")
	f.StringVar(&o.cert, "tls-cert", "", "certificate file")
	f.StringVar(&o.key, "tls-key", "", "key file of the certificate")
	f.StringVar(&o.metrics, "metrics", "", "address for Prometheus to collect figures from; plain HTTP, for example "+
		"127.0.0.1:9464")
	f.BoolVar(&o.plain, "plain", false, "serve plain HTTP beyond loopback, behind a proxy that speaks TLS")
	f.StringArrayVar(&o.proxies, "trusted-proxy", nil,
		"address or network of a proxy whose X-Forwarded-For says who asks, for limits by address (repeat)")
	f.BoolVar(&o.factor, "require-factor", false, "ask everybody for a second factor before approving, unsealing, "+
		"deleting and changing roles (always beyond loopback)")
	f.StringVar(&o.issuer, "oidc-issuer", "", "OpenID provider that people sign in with")
	f.StringVar(&o.client, "oidc-client", "", "client id at the provider")
	f.StringVar(&o.secretFile, "oidc-secret-file", "", "file that holds the client secret")
	f.StringArrayVar(&o.admins, "admin", nil, "verified mail address that becomes admin at its first sign-in (repeat)")
	f.StringArrayVar(&o.witnesses, "witness", nil,
		"witness of the ledger as \"VKEY URL\", or a file that holds that (repeat)")
	f.IntVar(&o.quorum, "witness-quorum", -1, "how many witnesses have to sign before a checkpoint is published "+
		"(default: all)")
	f.StringVar(&o.stampURL, "timestamp-url", "",
		"authority that gives time stamps of the ledger's newest checkpoint (RFC 3161 over HTTP)")
	f.StringVar(&o.stampRoots, "timestamp-roots", "", "certificates (PEM) that have to vouch for the authority "+
		"(default: its stamps are kept whoever it is)")
	f.DurationVar(&o.stampEvery, "timestamp-every", time.Hour, "how often a time stamp is asked for, when the ledger "+
		"has grown")
	f.StringVar(&o.keyFile, "key-file", "", "file of the master key of evidence and notices, made at the first "+
		"start; put it outside the state folder (default: evidence/keys/master in it)")
	f.StringVar(&o.keyToken, "key-token", "", "the master key is an RSA key in this PKCS#11 token, made at the first "+
		"start (pkcs11:token=T;object=O?module-path=FILE&pin-source=FILE); --key-file then holds this address")
	f.BoolVar(&o.clear, "evidence-clear", false, "keep new evidence and notices in the clear, where the disk's own "+
		"encryption is trusted; what is encrypted stays so")
	f.DurationVar(&o.recheck, "recheck", 24*time.Hour,
		"how often all originals of evidence are read again; the health page shows the last time")
	f.StringVar(&o.notices, "notices", "", "take notices from anybody at /notice, and seal what has to stay secret "+
		"to the key in this file (made by plimsoll notices key)")
	f.StringVar(&o.noticesTo, "notices-to", "", "name of the company as it stands in notices and receipts (default: "+
		"the host of --origin)")
	f.StringVar(&o.noticesRound, "notices-round", "exact", "how coarse the time of a notice is in the public log: "+
		"exact, day or week; the receipt shows the exact one")
	f.DurationVar(&o.noticesDelay, "notices-delay", 0, "with --notices-round: the longest time for which a notice, "+
		"and so its receipt, is kept out of the public log, drawn anew for each (at most 720h)")
	return c
}

func (o serveOptions) address() (string, error) {
	switch {
	case (o.data == "") == (o.database == ""):
		return "", usagef("serve needs either --data DIR or --database URL")
	case (o.cert == "") != (o.key == ""):
		return "", usagef("--tls-cert and --tls-key go together")
	case o.cert == "" && !o.plain && !loopback(o.listen):
		return "", usagef("%s is not loopback: give --tls-cert and --tls-key, or --plain behind a proxy that speaks "+
			"TLS", o.listen)
	case o.issuer != "" && o.client == "":
		return "", usagef("--oidc-issuer needs --oidc-client")
	case o.notices != "" && o.folder() == "":
		return "", usagef("--notices with --database needs --state DIR for its files and the published ledger")
	case o.keyToken != "" && o.folder() == "":
		return "", usagef("--key-token with --database needs --state DIR for the keys that it encrypts")
	case o.keyToken != "" && o.clear:
		return "", usagef("--key-token and --evidence-clear exclude each other")
	case len(o.witnesses) > 0 && o.folder() == "":
		return "", usagef("--witness with --database needs --state DIR for the published ledger")
	case o.stampURL != "" && o.folder() == "":
		return "", usagef("--timestamp-url with --database needs --state DIR for the published ledger")
	case o.stampURL == "" && o.stampRoots != "":
		return "", usagef("--timestamp-roots needs --timestamp-url")
	case o.stampEvery < time.Second:
		return "", usagef("--timestamp-every %s is less than a second", o.stampEvery)
	case o.quorum < -1, o.quorum > len(o.witnesses):
		return "", usagef("--witness-quorum %d is no count of the %d witnesses that were named", o.quorum,
			len(o.witnesses))
	case o.database != "":
		return o.database, nil
	}
	return "sqlite:" + filepath.Join(o.data, "plimsoll.db"), nil
}

func serve(ctx context.Context, s streams, o serveOptions) error {
	o.found = &found{}
	address, err := o.address()
	if err != nil {
		return err
	}
	proxies, err := web.ParseProxies(o.proxies)
	if err != nil {
		return usagef("%v", err)
	}
	db, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	defer db.Close()
	db.Follow = followCases // people, tokens, reviews and packs are followed as cases are
	for _, dir := range o.imports {
		r, made, err := db.SaveRun(ctx, "", dir)
		if err != nil {
			return err
		}
		if made {
			fmt.Fprintf(s.err, "Stored review %s: %d findings\n", r.ID, r.Findings)
		}
	}
	in, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer in.Close()
	cfg, err := o.config(db, in.Addr().String())
	if err != nil {
		return err
	}
	var packs []store.PackUse
	for _, p := range cfg.Pack.Parts {
		packs = append(packs, store.PackUse{Name: p.Name, Version: p.Version, SHA256: p.Digest})
	}
	if err := db.UsePacks(ctx, packs); err != nil {
		return err
	}
	if len(o.lists) > 0 {
		var lists []*list.List
		if lists, err = load.Load(ctx, o.lists); err != nil {
			return err
		}
		cfg.Lists = lists
	}
	cfg.Log = slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	desk := casefile.NewDesk(db)
	desk.Follow = followCases
	cfg.Desk = desk
	led, err := o.ledger(ctx, db, cfg)
	if err != nil {
		return err
	}
	pins, err := led.hold(ctx, db, o.folder())
	if err != nil {
		return err
	}
	desk.Pin = pins
	if err := o.token(); err != nil {
		return err
	}
	if cfg.Custody, err = o.custody(ctx, db, led, cfg.Log); err != nil {
		return err
	}
	if cfg.Custody != nil {
		defer cfg.Custody.Files.Close()
	}
	if cfg.Notices, err = o.box(ctx, s, db, led, cfg); err != nil {
		return err
	}
	if cfg.Notices != nil {
		defer cfg.Notices.Close()
	}
	top := http.NewServeMux()
	jobs, problems, err := o.public(ctx, s, db, led, desk, top, cfg)
	if err != nil {
		return err
	}
	cfg.Problems = o.found.problems(func() []string { return append(problemsOf(problems), led.problems()...) })
	site, err := web.New(ctx, cfg)
	if err != nil {
		return err
	}
	top.Handle("/", site)
	fmt.Fprintf(s.err, "Plimsoll serves %s\n", cfg.Origin)
	if o.issuer == "" {
		if err := firstLink(ctx, s, site); err != nil {
			return err
		}
	}
	if err := o.noteOrigin(cfg.Origin); err != nil {
		return err
	}
	watch, handler, collect, err := watched(ctx, s, "serve", o.metrics, o.plain, web.BehindProxies(proxies,
		knownHost(cfg.Origin, top)))
	if err != nil {
		return err
	}
	defer watch.Close()
	if collect != nil {
		watch.Gauge("plimsoll_health_problems", "Problems that the health page shows.", func() float64 {
			return float64(len(cfg.Problems()))
		})
		jobs = append(jobs, collect)
	}
	return o.run(ctx, in, handler, desk, cfg.Log, jobs...)
}

func (o serveOptions) config(db *store.Store, listening string) (web.Config, error) {
	cfg := web.Config{Store: db, Origin: o.origin, Version: Version, Admins: o.admins, RequireFactor: o.factor ||
		!loopback(o.listen)}
	if cfg.Origin == "" {
		scheme := "http://"
		if o.cert != "" {
			scheme = "https://"
		}
		cfg.Origin = scheme + listening
		if o.cert == "" {
			cfg.Origin = scheme + named(listening)
		}
	}
	pack, err := loadPack(o.policies...)
	if err != nil {
		return cfg, err
	}
	cfg.Pack = pack
	if o.issuer != "" {
		cfg.OIDC = &web.OIDC{Issuer: o.issuer, ClientID: o.client}
		if o.secretFile != "" {
			b, err := os.ReadFile(o.secretFile)
			if err != nil {
				return cfg, fmt.Errorf("read client secret: %w", err)
			}
			cfg.OIDC.Secret = strings.TrimSpace(string(b))
		}
	}
	return cfg, nil
}

// named gives an address of this machine alone its name, under which security keys work (WebAuthn Level 3, section
// 5.4.2: an address is no name). The address itself goes on being answered.
func named(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host != "127.0.0.1" && host != "::1" {
		return addr
	}
	return net.JoinHostPort("localhost", port)
}

// public adds what others than people ask: the decision point and the published ledger. Both
// keep keys and files in --state (by default --data); without such a folder they are off.
// problems says what the health page has to show of them.
func (o serveOptions) public(ctx context.Context, s streams, db *store.Store, led *openedLedger, desk *casefile.Desk,
	top *http.ServeMux, cfg web.Config) (jobs []func(context.Context) error, problems func() []string, err error) {
	dir := o.folder()
	if dir == "" {
		fmt.Fprintln(s.err, "The ledger is written but not published, and no access decisions are answered: give "+
			"--state DIR for their keys and files")
		return nil, nil, nil
	}
	top.Handle("/ledger/", http.StripPrefix("/ledger/", ledger.Handler(filepath.Join(dir, "ledger", "log"))))
	fmt.Fprintf(s.err, "The ledger is published at %s/ledger/ under the key %s\n", cfg.Origin, led.key.VKey())
	if _, err := accessRotations(ctx, db, filepath.Join(dir, "access")); err != nil {
		return nil, nil, err
	}
	g, err := gatehouse.New(ctx, gatehouse.Config{Reviews: db, Desk: desk, Dir: filepath.Join(dir, "access"),
		Tokens: o.tokens,
		Open:   o.accessOpen, Origin: cfg.Origin, Log: cfg.Log, Lists: cfg.Lists})
	if err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(s.err, "Access decisions are answered to those who hold a token of %s\n", g.TokensFile())
	follow := func(ctx context.Context, tx *sql.Tx, e casefile.Event) error {
		if gatehouse.Concerns(e) {
			db.AfterCommit(tx, g.Wake)
		}
		return followCases(ctx, tx, e)
	}
	db.Follow, desk.Follow, desk.Door = follow, follow, g.Evidence
	for _, pattern := range []string{"/access/", "/.well-known/authzen-configuration"} {
		top.Handle(pattern, g)
	}
	jobs = []func(context.Context) error{led.seq.Run, g.Run,
		func(ctx context.Context) error { return o.presence(ctx, cfg, led) },
		func(ctx context.Context) error {
			encryptNotices(ctx, cfg.Notices, cfg.Log)
			if err := encryptAll(ctx, cfg.Custody, cfg.Log); err != nil {
				return err
			}
			return recheck(ctx, cfg.Custody, o.recheck, cfg.Log)
		}}
	if led.stamps != nil {
		jobs = append(jobs, led.stamps.Run)
	}
	return jobs, g.Problems, nil
}

// folder is where keys and published files lie; "" when there is none.
func (o serveOptions) folder() string {
	if o.state != "" {
		return o.state
	}
	return o.data
}

// An openedLedger is the ledger of a server.
type openedLedger struct {
	seq *ledger.Sequencer
	log *ledger.Log
	key *ledger.Key

	stamps *timestamp.Keeper // nil: none are asked for
}

// ledger opens the ledger, when there is a folder for it.
func (o serveOptions) ledger(ctx context.Context, db *store.Store, cfg web.Config) (*openedLedger, error) {
	if o.folder() == "" {
		return nil, nil
	}
	witnesses, err := askedWitnesses(o.witnesses)
	if err != nil {
		return nil, err
	}
	quorum := o.quorum
	if quorum < 0 {
		quorum = len(witnesses)
	}
	seq, log, key, err := openLedger(ctx, db, filepath.Join(o.folder(), "ledger"), cfg.Log)
	if err != nil {
		return nil, err
	}
	seq.Witnesses, seq.Quorum = witnesses, quorum
	stamps, err := o.stamps(key, cfg.Log)
	if err != nil {
		return nil, err
	}
	if stamps != nil {
		stamps.Record, stamps.Idle = stampNotes(db)
	}
	return &openedLedger{seq, log, key, stamps}, nil
}

// hold has the ledger hold the rows of the database; state is the server's folder.
func (l *openedLedger) hold(ctx context.Context, db *store.Store, state string) (ledgerPins, error) {
	if l == nil {
		return hold(ctx, db, nil, "")
	}
	return hold(ctx, db, l.key, filepath.Join(state, "ledger"))
}

// stamps is who has the ledger's checkpoints stamped; nil when nobody is to.
func (o serveOptions) stamps(key *ledger.Key, log *slog.Logger) (*timestamp.Keeper, error) {
	if o.stampURL == "" {
		return nil, nil
	}
	a, err := timestamp.ParseAuthority(o.stampURL)
	if err != nil {
		return nil, usagef("--timestamp-url: %v", err)
	}
	if o.stampRoots != "" {
		if a.Roots, err = timestamp.ReadRoots(o.stampRoots); err != nil {
			return nil, usagef("--timestamp-roots: %v", err)
		}
	}
	return &timestamp.Keeper{Authority: a, Folder: filepath.Join(o.folder(), "ledger", "log"), Key: key.Verifier(),
		Every: o.stampEvery, Now: time.Now, Log: log}, nil
}

// problems says what the health page has to show of the ledger.
func (l *openedLedger) problems() (out []string) {
	if l == nil {
		return nil
	}
	if why := l.seq.Problem(); why != "" {
		out = append(out, "The ledger is written but not published: "+why+".")
	}
	for _, why := range l.seq.Silent() {
		out = append(out, "A witness of the ledger "+why+".")
	}
	if l.stamps != nil && l.stamps.Problem() != "" {
		out = append(out, l.stamps.Problem())
	}
	return out
}

func problemsOf(f func() []string) []string {
	if f == nil {
		return nil
	}
	return f()
}

// tickEvery is how often the clocks of cases are looked at.
const tickEvery = time.Minute

// run serves until the context ends, then lets running requests finish.
func (o serveOptions) run(ctx context.Context, in net.Listener, site http.Handler, desk *casefile.Desk,
	log *slog.Logger, jobs ...func(context.Context) error) error {
	srv := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Minute,
		WriteTimeout: 10 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	srv.ErrorLog.SetOutput(noAddress{srv.ErrorLog.Writer()})
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return answerUntil(gctx, srv, in, o.cert, o.key) })
	for _, job := range jobs {
		g.Go(func() error {
			if err := job(gctx); err != nil && gctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	demands := docket.New(desk)
	g.Go(func() error {
		t := time.NewTicker(tickEvery)
		defer t.Stop()
		for {
			if _, err := desk.Tick(gctx); err != nil && gctx.Err() == nil {
				log.Error("clock of cases", "error", err)
			}
			if _, err := demands.Tick(gctx); err != nil && gctx.Err() == nil {
				log.Error("clock of demands", "error", err)
			}
			select {
			case <-t.C:
			case <-gctx.Done():
				return nil
			}
		}
	})
	return g.Wait()
}

// lastRequests is how long requests that run when a server ends may take.
const lastRequests = 10 * time.Second

// answerUntil answers requests until the context ends, by TLS when there is a certificate, then lets running ones
// finish.
func answerUntil(ctx context.Context, srv *http.Server, in net.Listener, cert, key string) error {
	done := make(chan error, 1)
	go func() {
		if cert != "" {
			done <- srv.ServeTLS(in, cert, key)
		} else {
			done <- srv.Serve(in)
		}
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), lastRequests)
	defer stop()
	if srv.Shutdown(end) != nil {
		return srv.Close()
	}
	return nil
}
