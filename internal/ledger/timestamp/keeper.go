package timestamp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger/format"
)

// Dir is where the time stamps of a published log lie, in its folder.
const Dir = "timestamp"

// What lies there under the size of a checkpoint.
const (
	checkpointEnd = ".checkpoint" // its bytes
	replyEnd      = ".tsr"        // the answer of the authority
)

var isName = regexp.MustCompile(`^` + Dir + `/([1-9][0-9]{0,17})(\.checkpoint|\.tsr)$`)

// IsPath reports whether a path in the folder of a published log is that of a time stamp or its checkpoint.
func IsPath(p string) bool { return isName.MatchString(p) }

// A Stamp is a checkpoint with its time stamp.
type Stamp struct {
	Size       int64  // as the names of the files say
	Path       string // of the answer
	Checkpoint []byte // nil when the file is missing
	Reply      []byte
}

// Read reads the time stamps of a published log, those of small trees first. A checkpoint without an answer is what
// a program left that was ended between the two.
func Read(fsys fs.FS) ([]Stamp, error) {
	entries, err := fs.ReadDir(fsys, Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read time stamps: %w", err)
	}
	var out []Stamp
	for _, e := range entries {
		m := isName.FindStringSubmatch(path.Join(Dir, e.Name()))
		if m == nil || m[2] != replyEnd {
			continue
		}
		s := Stamp{Path: path.Join(Dir, e.Name())}
		s.Size, _ = strconv.ParseInt(m[1], 10, 64)
		if s.Reply, err = readSmall(fsys, s.Path); err != nil {
			return nil, fmt.Errorf("read time stamps: %w", err)
		}
		s.Checkpoint, err = readSmall(fsys, path.Join(Dir, m[1]+checkpointEnd))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read time stamps: %w", err)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Stamp) int { return cmp.Compare(a.Size, b.Size) })
	return out, nil
}

// readSmall reads a file up to one byte more than an answer may have.
func readSmall(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxReply+1))
}

// Check checks a time stamp against the checkpoint beside it; whose log it is, others check.
func (s Stamp) Check() (*Token, error) {
	if s.Checkpoint == nil {
		return nil, errors.New("the checkpoint of the time stamp is missing")
	}
	t, err := Parse(s.Reply)
	if err != nil {
		return nil, err
	}
	return t, t.Covers(s.Checkpoint)
}

// How a keeper waits.
const (
	firstPause   = 10 * time.Second // after a failure; twice as long after each further one
	longestPause = 10 * time.Minute
	noLogPause   = time.Second // while nothing is published yet
)

// apart is how far the clock of an authority may be from that of this machine before that is a problem.
const apart = 5 * time.Minute

// A Keeper has the newest checkpoint of a published log stamped now and then. Run may be called once; Problem by
// anybody at any time.
type Keeper struct {
	Authority Authority
	Folder    string // of the published log
	Key       note.Verifier
	Every     time.Duration
	Now       func() time.Time
	Log       *slog.Logger
	// Record, when set, notes in the ledger that there is a time stamp, unless it is noted: who takes the file away
	// is seen then.
	Record func(context.Context, Stamp) error
	// Idle, when set, reports whether all leaves from one size of the log to another note time stamps: they alone
	// are no
	// reason to ask for one.
	Idle func(ctx context.Context, from, to int64) (bool, error)

	problem atomic.Pointer[string]
}

// Problem says what is wrong with the time stamps, "" when nothing is.
func (k *Keeper) Problem() string {
	if p := k.problem.Load(); p != nil {
		return *p
	}
	return ""
}

// Run asks for time stamps until the context ends. Failures are noted and tried again.
func (k *Keeper) Run(ctx context.Context) error {
	pause := time.Duration(0)
	wait := k.due()
	if err := k.note(ctx); err != nil && ctx.Err() == nil {
		k.Log.Warn("note time stamps", "err", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		t, err := k.Stamp(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, fs.ErrNotExist):
			wait = noLogPause
		case err != nil:
			pause = min(max(2*pause, firstPause), longestPause, max(k.Every, firstPause))
			why := fmt.Sprintf("The newest checkpoint of the ledger has no time stamp: %v.", err)
			k.problem.Store(&why)
			k.Log.Warn("time stamp", "err", err, "again in", pause)
			wait = pause
		default:
			pause, wait = 0, k.Every
			k.problem.Store(k.clocks(t))
		}
	}
}

// clocks says that the clocks of the authority and of this machine are apart; nil when they are not.
func (k *Keeper) clocks(t *Token) *string {
	if t == nil {
		return k.problem.Load()
	}
	if d := t.Time.Sub(k.Now()); d.Abs() > apart {
		why := fmt.Sprintf("The clock of this machine and that of the authority of time stamps are %s apart.",
			d.Abs().Round(time.Second))
		return &why
	}
	return nil
}

// due is how long to wait for the first time stamp: none when the newest one is old.
func (k *Keeper) due() time.Duration {
	stamps, err := Read(os.DirFS(k.Folder))
	if err != nil || len(stamps) == 0 {
		return 0
	}
	t, err := stamps[len(stamps)-1].Check()
	if err != nil {
		return 0
	}
	return min(max(0, k.Every-k.Now().Sub(t.Time)), k.Every)
}

// Stamp has the published checkpoint stamped, unless it is: then it returns nil. Both files are on disk when it
// returns.
func (k *Keeper) Stamp(ctx context.Context) (*Token, error) {
	b, err := os.ReadFile(filepath.Join(k.Folder, format.CheckpointPath))
	if err != nil {
		return nil, err
	}
	c, err := format.OpenCheckpoint(b, k.Key)
	if err != nil {
		return nil, err
	}
	if c.Size == 0 {
		return nil, nil
	}
	name := filepath.Join(k.Folder, Dir, strconv.FormatInt(c.Size, 10))
	if _, err := os.Lstat(name + replyEnd); err == nil {
		return nil, nil
	}
	if idle, err := k.idle(ctx, c.Size); err != nil || idle {
		return nil, err
	}
	reply, t, err := k.Authority.Stamp(ctx, b)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		path string
		text []byte
	}{{name + checkpointEnd, b}, {name + replyEnd, reply}} { // in this order: an answer is never without its checkpoint
		if err := publish(f.path, f.text); err != nil {
			return nil, err
		}
	}
	if err := disk.SyncFolder(k.Folder); err != nil {
		return nil, err
	}
	return t, k.note(ctx)
}

// note has the ledger hold the time stamps that it does not hold yet: a program may have been ended between the two.
func (k *Keeper) note(ctx context.Context) error {
	if k.Record == nil {
		return nil
	}
	stamps, err := Read(os.DirFS(k.Folder))
	for _, s := range stamps {
		if err == nil {
			err = k.Record(ctx, s)
		}
	}
	return err
}

// idle reports whether the log grew by nothing but notes of time stamps since the newest one.
func (k *Keeper) idle(ctx context.Context, size int64) (bool, error) {
	if k.Idle == nil {
		return false, nil
	}
	stamps, err := Read(os.DirFS(k.Folder))
	if err != nil || len(stamps) == 0 {
		return false, err
	}
	return k.Idle(ctx, stamps[len(stamps)-1].Size, size)
}

// NotePrefix begins the subject of a leaf that notes a time stamp; the size of the checkpoint follows.
const NotePrefix = "timestamp/"

// Note is the content of a leaf that notes a time stamp: the path of the answer in the published log and its SHA-256.
func (s Stamp) Note() []byte {
	return fmt.Appendf(nil, "plimsoll.timestamp-note/v1\n%s\n%x\n", s.Path, sha256.Sum256(s.Reply))
}

// ParseNote reads the content of such a leaf; ok is false for any other.
func ParseNote(b []byte) (path, sum string, ok bool) {
	line := strings.Split(string(b), "\n")
	if len(line) != 4 || line[0] != "plimsoll.timestamp-note/v1" || !IsPath(line[1]) || len(line[2]) != 2*sha256.Size {
		return "", "", false
	}
	return line[1], line[2], true
}

// publish writes a file that everybody may read, whole or not at all.
func publish(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Close())
	}
	return disk.Settle(f, 0o644, path)
}
