package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/notice"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
)

// box opens the box of notices, when --notices names the key that seals.
func (o serveOptions) box(ctx context.Context, s streams, db *store.Store, led *openedLedger, cfg web.Config) (
	*notice.Box, error) {
	if o.notices == "" {
		return nil, nil
	}
	b, err := os.ReadFile(o.notices)
	if err != nil {
		return nil, fmt.Errorf("read key of notices: %w", err)
	}
	key, err := notice.ParseKey(b)
	if err != nil {
		return nil, err
	}
	to := o.noticesTo
	if to == "" {
		u, err := url.Parse(cfg.Origin)
		if err != nil {
			return nil, fmt.Errorf("read --origin: %w", err)
		}
		to = u.Hostname()
	}
	var d notice.Discretion
	if d.Round, err = notice.ParseRounding(o.noticesRound); err != nil {
		return nil, usagef("--notices-round: %v", err)
	}
	if d.Delay = o.noticesDelay; d.Valid() != nil {
		return nil, usagef("--notices-delay: %v", d.Valid())
	}
	box, err := notice.Open(ctx, notice.Config{DB: db, Current: db.Current, Pin: db.Pin, Ledger: led.log,
		VKey: led.key.VKey(),
		Dir:  filepath.Join(o.folder(), "notices"), Key: key, To: to,
		Keys: o.noticeKeys(), Wake: led.seq.Wake, Log: cfg.Log, Discretion: d})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(s.err, "Notices to %s are taken at %s/notice\n", to, cfg.Origin)
	return box, nil
}

// noticeKeys say that words of notices are encrypted under the master key of evidence.
func (o serveOptions) noticeKeys() notice.Keys {
	return notice.Keys{File: evidence.KeyFile(filepath.Join(o.folder(), "evidence"), o.keyFile), Plain: o.clear}
}

// encryptNotices encrypts the words of notices that an earlier version left in the clear. What cannot be encrypted now
// stays as it is, and is tried again at the next start.
func encryptNotices(ctx context.Context, box *notice.Box, log *slog.Logger) {
	if box == nil {
		return
	}
	n, err := box.EncryptAll(ctx)
	if n > 0 {
		log.Warn("notices that lay in the clear were encrypted", "notices", n)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("encrypt notices that lie in the clear", "error", err)
	}
}

// address is how net/http writes who is at the other end.
var address = regexp.MustCompile(`(\d{1,3}\.){3}\d{1,3}(:\d+)?|\[[0-9a-fA-F:.%a-z]+\](:\d+)?`)

// noAddress keeps addresses out of what net/http logs by itself, such as a failed TLS
// handshake: who tried to send a notice stands nowhere.
type noAddress struct{ w io.Writer }

func (n noAddress) Write(b []byte) (int, error) {
	_, err := n.w.Write(address.ReplaceAll(b, []byte("(address)")))
	return len(b), err
}

func noticesCommand(s streams) *cobra.Command {
	var out string
	key := &cobra.Command{
		Use:   "key --out DIR NAME NAME...",
		Short: "Make the key that notices are sealed to, and a share for each person",
		Long: `Makes DIR/notices.key, which the server seals with and which is public, and DIR/NAME.share for
each person. Any two shares open what is sealed; one alone opens nothing, and the whole private
key is kept nowhere. Do this on a machine that is not the server, give each person the share that
bears their name, and leave no copy. When fewer than two shares are left, nothing can be opened
any more.`,
		Args: atLeast(2, "the names of at least two people"),
		RunE: func(_ *cobra.Command, args []string) error { return makeKey(s, out, args) },
	}
	key.Flags().StringVar(&out, "out", "", "folder for the files, which is made")
	var shares []string
	unseal := &cobra.Command{
		Use:   "unseal --share FILE --share FILE SEALED",
		Short: "Open a sealed contact or original with the shares of two people",
		Long: `Writes what was sealed to stdout. SEALED is the file that the page of the notice hands out after
two people agreed; each hand-out is recorded in the ledger. Do this on a machine that is not the
server, with both people there.`,
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error { return unseal(s, args[0], shares) },
	}
	unseal.Flags().StringArrayVar(&shares, "share", nil, "file of one person's share (give two)")
	return group("notices", "The key that notices are sealed to", key, unseal)
}

func makeKey(s streams, dir string, holders []string) error {
	if dir == "" {
		return usagef("notices key needs --out DIR")
	}
	key, shares, err := notice.NewKey(holders...)
	if err != nil {
		return usagef("%v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	files := map[string][]byte{"notices.key": key.Encode()}
	for _, sh := range shares {
		files[sh.Holder+".share"] = sh.Encode()
	}
	for name, b := range files {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.Write(b)
			err = errors.Join(err, f.Sync(), f.Close())
		}
		if err != nil {
			return fmt.Errorf("make key: %w", err)
		}
	}
	fmt.Fprintf(s.err, "Key %s: the server needs %s; each of %d people keeps one share, any two of which open what "+
		"is sealed.\n", key.ID, filepath.Join(dir, "notices.key"), len(shares))
	return nil
}

func unseal(s streams, path string, files []string) error {
	if len(files) < 2 {
		return usagef("notices unseal needs the shares of two people: --share FILE --share FILE")
	}
	var shares []notice.Share
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return fmt.Errorf("read share: %w", err)
		}
		sh, err := notice.ParseShare(b)
		if err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		shares = append(shares, sh)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read sealed file: %w", err)
	}
	t, err := notice.Unseal(b, shares...)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s of notice %s, opened with the shares of %s and %s\n", t.What, t.Notice, shares[0].Holder,
		shares[1].Holder)
	_, err = s.out.Write(t.Plain)
	return err
}

// verifyNotice checks the receipt of a notice, and the files that lie beside it.
func verifyNotice(s streams, path string, b []byte, f verifyFlags) error {
	r, err := notice.ParseReceipt(b)
	if err != nil {
		return fmt.Errorf("verify %s: %w", path, err)
	}
	if f.key == "" && !exists(filepath.Join(filepath.Dir(path), "vkey")) {
		f.key = r.VKey
		fmt.Fprintln(s.err, "The key was taken from the receipt itself. This shows that it hangs together, not whose "+
			"it is: give the key that you have from elsewhere with --key.")
	}
	keys, err := verifyKeys(s, filepath.Dir(path), f)
	if err != nil {
		return err
	}
	rep, _, p := verify.Receipt(filepath.Base(path), r.Proof.Encode(), keys)
	if rep.OK() {
		printNotice(s.out, r, p, filepath.Dir(path))
	}
	return printReport(s.out, path, rep)
}

func printNotice(w io.Writer, r notice.Receipt, p format.Proven, dir string) {
	fmt.Fprintf(w, "leaf   %d of %d: %s, recorded %s, id %s\n", p.Index, p.Signed.Size, p.Leaf.Kind,
		p.Leaf.Time.Format(time.RFC3339Nano), p.Leaf.ID)
	t, err := r.Notice()
	if err != nil {
		fmt.Fprintln(w, "holds  a notice, not shown")
		return
	}
	fmt.Fprintf(w, "notice %s to %s\n", t.ID, shown([]byte(t.To)))
	if !t.Received.IsZero() {
		fmt.Fprintf(w, "came   %s, as the receiver recorded it; the public log shows a coarser time by choice\n",
			t.Received.Format(time.RFC3339Nano))
	}
	for _, x := range []struct{ name, text string }{{"about", t.Said.About}, {"what", t.Said.What},
		{"when", t.Said.When}, {"how", t.Said.How}} {
		if x.text != "" {
			fmt.Fprintf(w, "says   %s = %s\n", x.name, shown([]byte(x.text)))
		}
	}
	here := sums(dir)
	for _, file := range t.Files {
		where := "no file beside the receipt has this sum"
		if name := here[file.SHA256]; name != "" {
			where = "it is " + shown([]byte(name))
		}
		fmt.Fprintf(w, "file   %d, %d bytes, SHA-256 %s: %s\n", file.N, file.Bytes, file.SHA256, where)
	}
}

// sums of the files in a folder, by sum. What cannot be read, or is larger than a notice
// takes, is left out.
func sums(dir string) map[string]string {
	out := map[string]string{}
	es, _ := os.ReadDir(dir)
	for _, e := range es {
		if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > 64<<20 {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		h := sha256.Sum256(b)
		out[hex.EncodeToString(h[:])] = e.Name()
	}
	return out
}
