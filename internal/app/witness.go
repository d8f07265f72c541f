package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/witness"
)

// askedWitnesses reads the witnesses that a server asks: each is "VKEY URL", or a file that holds it.
func askedWitnesses(given []string) ([]ledger.Witness, error) {
	var out []ledger.Witness
	had := map[string]bool{}
	for _, g := range given {
		if b, err := os.ReadFile(g); err == nil {
			g = string(b)
		}
		c, err := witness.ParseClient(g)
		if err != nil {
			return nil, errUsage{err}
		}
		if had[c.Name()] {
			return nil, usagef("the witness %s is named twice", c.Name())
		}
		had[c.Name()] = true
		out = append(out, c)
	}
	return out, nil
}

type witnessOptions struct {
	data, name, listen, cert, key string
	logs                          []string
	plain                         bool
}

func witnessCommand(s streams) *cobra.Command {
	var o witnessOptions
	c := &cobra.Command{
		Use:   "witness --data DIR --log VKEY...",
		Short: "Cosign checkpoints of other ledgers, so that none can show two histories",
		Long: `Answers C2SP tlog-witness: it signs a checkpoint of a log that it knows when the log continues what
it has signed before, and remembers it. Two organisations can witness each other. The key is made at
the first start; the public key is printed, for "plimsoll serve --witness" and "plimsoll verify --witness".`,
		Example: `  plimsoll witness --data /var/lib/witness --name witness.ngo.example --log ledger.vkey --listen 127.0.0.1:8330`,
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runWitness(cmd.Context(), s, o) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder for the key and for what was signed")
	f.StringVar(&o.name, "name", "", "name of the witness, for example its host (needed at the first start)")
	f.StringArrayVar(&o.logs, "log", nil, "public key of a log, or a file that holds it (repeat)")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8330", "address to listen on")
	f.StringVar(&o.cert, "tls-cert", "", "certificate file")
	f.StringVar(&o.key, "tls-key", "", "key file of the certificate")
	f.BoolVar(&o.plain, "plain", false, "plain HTTP beyond loopback, behind a proxy that speaks TLS")
	return c
}

func runWitness(ctx context.Context, s streams, o witnessOptions) error {
	switch {
	case o.data == "":
		return usagef("witness: give --data DIR")
	case len(o.logs) == 0:
		return usagef("witness: give the public key of a log with --log")
	case (o.cert == "") != (o.key == ""):
		return usagef("--tls-cert and --tls-key belong together")
	case o.cert == "" && !o.plain && !loopback(o.listen):
		return usagef("%s is not loopback: give --tls-cert and --tls-key, or --plain behind a proxy that speaks TLS",
			o.listen)
	}
	var logs []note.Verifier
	for _, l := range o.logs {
		v, err := readKey(l)
		if err != nil {
			return err
		}
		logs = append(logs, v)
	}
	key, err := witnessKey(o.data, o.name)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w, err := witness.New(filepath.Join(o.data, "logs"), key, logs, log)
	if err != nil {
		return err
	}
	in, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer in.Close()
	scheme := "http://"
	if o.cert != "" {
		scheme = "https://"
	}
	fmt.Fprintf(s.err, "The witness answers; for plimsoll serve --witness:\n%s %s%s\n", key.VKey(), scheme, in.Addr())
	srv := &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second,
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(),
			slog.LevelWarn)}
	return answerUntil(ctx, srv, in, o.cert, o.key)
}

// witnessKey reads the key of a witness, and makes it at the first start.
func witnessKey(dir, name string) (*format.Cosigner, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open witness: %w", err)
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return nil, fmt.Errorf("open witness: %w", err)
	}
	defer unlock()
	path := filepath.Join(dir, "key")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if name == "" {
			return nil, usagef("witness: there is no key in %s yet: give --name for the one that is made", dir)
		}
		if exists(filepath.Join(dir, "logs")) {
			return nil, fmt.Errorf("open witness: %s remembers what was signed, but the key is gone: put it back", dir)
		}
		secret, _, err := format.GenerateCosigner(name)
		if err != nil {
			return nil, errUsage{err}
		}
		if err := disk.Replace(path, func(w io.Writer) error { _, err := io.WriteString(w, secret+"\n"); return err }); err != nil {
			return nil, err
		}
		b = []byte(secret)
	} else if err != nil {
		return nil, fmt.Errorf("open witness: %w", err)
	}
	key, err := format.ParseCosigner(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("open witness: %s: %w", path, err)
	}
	if name != "" && name != key.Name() {
		return nil, usagef("witness: the key in %s is of %s, not of %s", dir, key.Name(), name)
	}
	return key, nil
}
