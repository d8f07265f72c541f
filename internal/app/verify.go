package app

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/evidence"
	"plimsoll/internal/keyring"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/ledger/timestamp"
	"plimsoll/internal/ledger/verify"
	"plimsoll/internal/notice"
	"plimsoll/internal/publication"
)

// verifyFlags are the flags of "plimsoll verify".
type verifyFlags struct {
	key, database, remember string
	state, keyFile          string
	rotations, roots        string
	witnesses, since, cover []string
	quorum                  int
}

// flagsForLogs are the flags that only a published log can be checked with.
const flagsForLogs = "--database, --since, --remember and --timestamp-roots"

func (f verifyFlags) forLogs() bool {
	return f.database != "" || f.remember != "" || len(f.since) > 0 || f.roots != ""
}

func verifyCommand(s streams) *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify PATH",
		Short: "Check a receipt, a bag, a published site or log, or a folder of evidence, offline",
		Long: `Check a receipt (.tlog-proof), a bag of evidence, a page or a whole site that plimsoll publish wrote, a folder
with a published log, or the folder of evidence of a server: each original and custody log, and what the
database beside it recorded.

PATH is enough when a file "vkey" lies in the folder; then the check shows that the files belong
together, but not whose they are. --key gives the public key that you have from elsewhere.

With --remember the newest checkpoint that passed is kept in a file of yours: the next check then
shows a log that was set back or rewritten, even by somebody who holds its key and its database.

Exit codes: 0 all is well, 1 something is wrong or could not be read, 2 wrong usage.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runVerify(cmd.Context(), s, args[0], f) },
	}
	c.Flags().StringVar(&f.key, "key", "", "public key of the log (vkey), or a file that holds it")
	c.Flags().StringVar(&f.database, "database", "",
		"check too that this database says what the log recorded (sqlite:PATH or postgres://…)")
	c.Flags().StringVar(&f.rotations, "rotations", "",
		"statements that the log's key was replaced by another (default: the file rotations beside what is checked)")
	c.Flags().StringVar(&f.state, "state", "", "with --database: state folder of the server, whose keys open the "+
		"words of notices, so that they are compared too (default: the folder of a SQLite database)")
	c.Flags().StringVar(&f.keyFile, "key-file", "",
		"with --database: file of the master key, as serve has it (default: in the state folder)")
	c.Flags().StringArrayVar(&f.cover, "cover", nil,
		"with --database: every row of this table needs a leaf, as those of event, custody_event, notices, "+
			"people and the tables of cases always do (table.key; repeatable)")
	c.Flags().StringArrayVar(&f.since, "since", nil,
		"a checkpoint from earlier that has to be part of the log (file; repeatable)")
	c.Flags().StringVar(&f.remember, "remember", "", "file that keeps the newest checkpoint from one check to the next")
	c.Flags().StringArrayVar(&f.witnesses, "witness", nil,
		"public key of a witness, or a file that holds it (repeatable)")
	c.Flags().StringVar(&f.roots, "timestamp-roots", "",
		"certificates (PEM) of the authorities whose time stamps of a published log count; without it stamps are "+
			"checked, but not who gave them")
	c.Flags().IntVar(&f.quorum, "quorum", 0, "how many of the witnesses must have signed")
	return c
}

func runVerify(ctx context.Context, s streams, path string, f verifyFlags) error {
	info, err := os.Stat(path)
	if err != nil {
		return usagef("verify: %v", err)
	}
	dir := path
	if !info.IsDir() {
		dir = filepath.Dir(path)
	}
	if !info.IsDir() {
		return verifyFile(s, path, f)
	}
	if exists(filepath.Join(dir, publication.ManifestName)) {
		return verifySite(s, dir, f)
	}
	if isEvidence(dir) && !exists(filepath.Join(dir, "bagit.txt")) {
		return verifyEvidence(ctx, s, dir, f)
	}
	keys, err := verifyKeys(s, dir, f)
	if err != nil {
		return err
	}
	olds, err := readOlds(f)
	if err != nil {
		return err
	}
	if f.roots != "" {
		if keys.Roots, err = timestamp.ReadRoots(f.roots); err != nil {
			return usagef("verify: %v", err)
		}
	}
	fsys := os.DirFS(dir)
	var rep *verify.Report
	switch {
	case exists(filepath.Join(dir, "bagit.txt")):
		if f.database != "" || f.remember != "" || f.roots != "" {
			return usagef("verify: --database, --remember and --timestamp-roots are for a published log; %s is a bag",
				path)
		}
		if rep, err = verify.Bag(ctx, fsys, keys, olds...); err == nil {
			err = bagCustody(ctx, fsys, keys, rep)
		}
	case exists(filepath.Join(dir, format.CheckpointPath)), exists(filepath.Join(dir, "tile")):
		rep, err = verifyLog(ctx, dir, keys, f, olds)
	default:
		return usagef("verify: %s is neither a bag (no bagit.txt) nor a published log (no checkpoint), nor a folder "+
			"of evidence (no custody)", path)
	}
	if err != nil {
		return err
	}
	if err := printReport(s.out, path, rep); err != nil {
		return err
	}
	return remember(s, dir, f, rep)
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// verifyKeys reads the keys; without --key the one beside the files.
func verifyKeys(s streams, dir string, f verifyFlags) (verify.Keys, error) {
	var k verify.Keys
	given := f.key
	if given == "" {
		for _, d := range []string{dir, filepath.Dir(filepath.Clean(dir))} {
			if p := filepath.Join(d, "vkey"); exists(p) {
				given = p
				fmt.Fprintf(s.err, "The key was taken from %s. This shows that the files belong together, not whose "+
					"they are: give the key that you have from elsewhere with --key.\n", p)
				break
			}
		}
	}
	if given == "" && exists(filepath.Join(dir, "bagit.txt")) {
		return k, nil // a bag may have no receipts
	}
	if given == "" {
		return k, usagef("verify: --key is needed: the public key of the log")
	}
	var err error
	if k.Log, err = readKey(given); err != nil {
		return k, err
	}
	if k.Log, err = succeeded(s, k.Log, dir, f.rotations); err != nil {
		return k, err
	}
	for _, w := range f.witnesses {
		v, err := readKey(w)
		if err != nil {
			return k, err
		}
		k.Witnesses = append(k.Witnesses, v)
	}
	if k.Quorum = f.quorum; k.Quorum > len(k.Witnesses) {
		return k, usagef("verify: --quorum %d is more than the %d witnesses that were named", k.Quorum,
			len(k.Witnesses))
	}
	return k, nil
}

func readKey(given string) (v note.Verifier, err error) {
	if b, err := os.ReadFile(given); err == nil {
		given = string(b)
	}
	if v, err = ledger.Trusted(given); err != nil {
		return nil, usagef("verify: %v", err)
	}
	return v, nil
}

// succeeded follows the statements that a log's key was replaced by another, in a file or beside what is checked.
func succeeded(s streams, trusted note.Verifier, dir, file string) (note.Verifier, error) {
	given := file != ""
	for _, d := range []string{dir, filepath.Dir(filepath.Clean(dir))} {
		if p := filepath.Join(d, format.RotationsPath); file == "" && exists(p) {
			file = p
		}
	}
	if file == "" {
		return trusted, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	rs, err := format.ParseRotations(b)
	if err != nil || len(rs) == 0 {
		if !given && err == nil {
			return trusted, nil
		}
		return nil, fmt.Errorf("verify: %s: %w", file,
			errors.Join(err, errors.New("it holds no rotations of keys that can be followed")))
	}
	if rs[0].Name != trusted.Name() && !given {
		return trusted, nil // of another log
	}
	v, err := format.Succeed(trusted, rs)
	if err != nil {
		return nil, fmt.Errorf("verify: %s: %w", file, err)
	}
	last := rs[len(rs)-1]
	fmt.Fprintf(s.err, "The log goes on under the key %s since %s, as that key and the one before it state in %s.\n",
		last.New, last.At.Format(time.DateOnly), file)
	return v, nil
}

func readOlds(f verifyFlags) ([]verify.Old, error) {
	var olds []verify.Old
	for _, p := range f.since {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, usagef("verify: read checkpoint: %v", err)
		}
		olds = append(olds, verify.Old{Name: p, Checkpoint: b})
	}
	if f.remember != "" {
		b, err := os.ReadFile(f.remember)
		switch {
		case err == nil:
			olds = append(olds, verify.Old{Name: f.remember, Checkpoint: b})
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("read remembered checkpoint: %w", err)
		}
	}
	return olds, nil
}

// followed are the tables of which every row has its leaf.
var followed = []verify.Cover{{Table: "event", Key: "seq"}, {Table: "custody_event", Key: "id"},
	{Table: "notice_text", Key: "id"}, {Table: "notice_reply", Key: "seq"}, {Table: "notice_event", Key: "seq"}}

func verifyLog(ctx context.Context, dir string, keys verify.Keys, f verifyFlags, olds []verify.Old) (*verify.Report,
	error) {
	var covers []verify.Cover
	for _, c := range f.cover {
		table, key, ok := strings.Cut(c, ".")
		if !ok || !format.IsName(table) || !format.IsName(key) || f.database == "" {
			return nil, usagef("verify: --cover %s is not TABLE.KEY of a --database", c)
		}
		covers = append(covers, verify.Cover{Table: table, Key: key})
	}
	rep, err := verify.Folder(ctx, os.DirFS(dir), keys, olds...)
	if err != nil || f.database == "" {
		return rep, err
	}
	db, err := verify.OpenDatabase(f.database)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	for _, c := range followed { // not there in a database that only keeps the ledger of something else
		if _, err := db.ExecContext(ctx, `SELECT 1 FROM `+c.Table+` WHERE 1 = 0`); err == nil {
			covers = append(covers, c)
		}
	}
	keyed, err := vouched(ctx, db)
	if err != nil {
		return nil, err
	}
	// an earlier version wrote no leaves of these; a server does at its first start, and notes that
	for _, t := range casefile.PinnedTables {
		var n int
		if err := db.QueryRowContext(ctx, `SELECT 1 FROM ledger_leaf WHERE source = $1 AND source <> '' OR subject = $2
			LIMIT 1`, t.Name, string(t.Mark)).Scan(&n); err == nil {
			covers = append(covers, verify.Cover{Table: t.Name, Key: t.Key, Vouched: t.Vouched && keyed})
		}
	}
	open, err := f.opener()
	if err != nil {
		return nil, err
	}
	return rep, verify.Database(ctx, db, os.DirFS(dir), rep, open, covers...)
}

// vouched reports whether a key stands behind the rows about people, as it does once a server with a folder for its
// keys was started on a database.
func vouched(ctx context.Context, db *sql.DB) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM ledger_leaf l JOIN ledger_opening o ON o.id = l.id
		AND o.name = 'content' WHERE l.subject = $1 AND l.kind = $2 AND length(o.value) > 2`, string(casefile.MarkPeople),
		ledger.Case).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("verify: read database: %w", err)
	}
	return n > 0, nil
}

// opener opens words of notices with the keys of the server, where they are at hand.
func (f verifyFlags) opener() (verify.Opener, error) {
	state := f.state
	if path, lite := strings.CutPrefix(f.database, "sqlite:"); state == "" && lite {
		state = filepath.Dir(strings.TrimPrefix(path, "//"))
	}
	dir, master := notice.KeysDir(filepath.Join(state, "notices")), evidence.KeyFile(filepath.Join(state, "evidence"),
		f.keyFile)
	if state == "" || !keyring.Exists(dir) || f.state == "" && !exists(master) {
		return nil, nil
	}
	keys, err := keyring.Open(dir, master)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return keys.Unseal, nil
}

// printReport writes what was found; wrong things are an error.
func printReport(w io.Writer, path string, rep *verify.Report) error {
	for _, p := range rep.Problems {
		fmt.Fprintf(w, "WRONG  %s\n", p)
	}
	if rep.More > 0 {
		fmt.Fprintf(w, "WRONG  and %d more\n", rep.More)
	}
	for _, r := range rep.Remarks {
		fmt.Fprintf(w, "note   %s\n", r)
	}
	if !rep.OK() {
		n := len(rep.Problems) + rep.More
		if n == 1 {
			return fmt.Errorf("verify %s: 1 thing is wrong", path)
		}
		return fmt.Errorf("verify %s: %d things are wrong", path, n)
	}
	if c := rep.Signed; c.Origin != "" {
		fmt.Fprintf(w, "log    %s, %d leaves, root %s\n", c.Origin, c.Size, c.Root)
		if len(c.Witnesses) > 0 {
			fmt.Fprintf(w, "also   signed by %s\n", strings.Join(c.Witnesses, ", "))
		}
	}
	for i, x := range rep.Stamps { // the first and the newest; those between say nothing more
		if i == 0 || i == len(rep.Stamps)-1 {
			fmt.Fprintf(w, "time   %d leaves were there at %s, as %q states\n", x.Size,
				x.Time.Format(time.RFC3339), x.By)
		}
	}
	fmt.Fprintf(w, "ok     %s: %d leaves and %d files checked, nothing is wrong\n", path, rep.Leaves, rep.Files)
	return nil
}

// remember keeps the checkpoint that has just passed. It never replaces a larger one: that
// would have been reported.
func remember(s streams, dir string, f verifyFlags, rep *verify.Report) error {
	if f.remember == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, format.CheckpointPath))
	if err != nil {
		return fmt.Errorf("remember checkpoint: %w", err)
	}
	if !bytes.HasPrefix(b, []byte(rep.Signed.Text())) {
		return nil // a newer one was published meanwhile: the next check sees it
	}
	part, err := os.CreateTemp(filepath.Dir(f.remember), ".new-*")
	if err != nil {
		return fmt.Errorf("remember checkpoint: %w", err)
	}
	defer os.Remove(part.Name())
	if _, err := part.Write(b); err != nil {
		return fmt.Errorf("remember checkpoint: %w", errors.Join(err, part.Close()))
	}
	if err := disk.Settle(part, 0o644, f.remember); err != nil {
		return fmt.Errorf("remember checkpoint: %w", err)
	}
	fmt.Fprintf(s.err, "The checkpoint of %d leaves is kept in %s.\n", rep.Signed.Size, f.remember)
	return nil
}

// verifyFile checks a receipt: a C2SP tlog-proof, or that of a notice, which holds one.
func verifyFile(s streams, path string, f verifyFlags) error {
	if f.forLogs() {
		return usagef("verify: %s are for a published log; %s is a file", flagsForLogs, path)
	}
	if page := strings.TrimSuffix(path, ".proof"); page != path || exists(path+".proof") {
		return verifyPage(s, page, f)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read receipt: %w", err)
	}
	if bytes.HasPrefix(b, []byte(notice.ReceiptHeader)) {
		return verifyNotice(s, path, b, f)
	}
	if !bytes.HasPrefix(b, []byte("c2sp.org/tlog-proof@")) {
		return usagef("verify: %s is not a receipt (its first line is neither c2sp.org/tlog-proof@v1 nor %s), and no "+
			"proof lies beside it (%s.proof)", path, notice.ReceiptHeader, path)
	}
	keys, err := verifyKeys(s, filepath.Dir(path), f)
	if err != nil {
		return err
	}
	rep, r, p := verify.Receipt(filepath.Base(path), b, keys)
	if rep.OK() {
		fmt.Fprintf(s.out, "leaf   %d of %d: %s, recorded %s, id %s\n", p.Index, p.Signed.Size, p.Leaf.Kind,
			p.Leaf.Time.Format(time.RFC3339Nano), p.Leaf.ID)
		for _, o := range r.Openings {
			fmt.Fprintf(s.out, "shows  %s = %s\n", o.Name, shown(o.Value))
		}
		for _, c := range p.Leaf.Commits {
			if !shows(r.Openings, c.Name) {
				fmt.Fprintf(s.out, "holds  %s, not shown\n", c.Name)
			}
		}
	}
	return printReport(s.out, path, rep)
}

// shown makes a value safe for a terminal.
func shown(b []byte) string {
	q := fmt.Sprintf("%q", b)
	if len(q) > 4000 {
		return fmt.Sprintf("%s… (%d bytes)", q[:4000], len(b))
	}
	return q
}

func shows(os []format.Opening, name string) bool {
	for _, o := range os {
		if o.Name == name {
			return true
		}
	}
	return false
}
