package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/disk"
)

// A review is put together in a folder of its own, the scratch, beside the folder of its output, and then has that
// folder's name in one step. Where that cannot be (see [output.inSteps]) its files are moved one by one: review.json of
// the earlier review goes first and that of the new one comes last, so that no folder with a review.json holds files of
// two; and what was stopped in between is ended by the next review that works there.
const (
	scratchName = ".plimsoll-review-"
	freshName   = "new"    // in the scratch: the review
	stepsName   = "moving" // in the scratch: the steps of a move, while it goes on
	summaryName = "review.json"
)

// publishPatience is how long a review waits for others that put theirs into a folder of the same parent.
const publishPatience = 30 * time.Second

// occasional are the files that some reviews write and others do not. In a folder of an earlier review they would
// stay beside a run that they do not belong to.
var occasional = []string{"demands.csv", "edges.ftm.jsonl", "edges.graphml", "holdings.csv", "inventory.csv",
	"inventory_by.csv", keptBook, "letters.md", "still_running.csv"}

// An output is where a review goes.
type output struct {
	path    string // absolute, no link
	scratch string
	unlock  func() // of the scratch: while it is locked, its review goes on
	at      func(step string) error
}

// A move is what is written down before files are moved one by one.
type move struct {
	Into  string   `json:"into"`  // the name of the folder beside the scratch; "." for that in which the scratch lies
	Files []string `json:"files"` // of the new review
	Gone  []string `json:"gone"`  // files of the earlier one that go first
}

// openOutput makes the scratch of a review that goes to a folder, and ends what others left that were stopped.
func openOutput(out string) (o *output, err error) {
	o = &output{at: func(string) error { return nil }}
	if o.path, err = filepath.Abs(out); err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(o.path); err == nil {
		o.path = real
	} else if _, err := os.Lstat(o.path); err == nil {
		return nil, fmt.Errorf("write output: %s is a link to nothing", out)
	}
	parent := filepath.Dir(o.path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", parent, err)
	}
	info, err := os.Stat(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = o.open(parent)
	case err != nil:
		return nil, fmt.Errorf("write output: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("write output: %s is a file, a folder is needed", out)
	default:
		if err = o.open(parent); err == nil {
			err = o.reaches()
		}
		if err != nil { // a folder into which nothing moves from beside it, or beside which nothing may be written
			o.close()
			err = o.open(o.path)
		}
	}
	if err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// open makes the scratch in a folder.
func (o *output) open(in string) error {
	recoverOutputs(in)
	for range 10 { // another review may take what is not locked yet for left behind
		dir, err := os.MkdirTemp(in, scratchName)
		if err != nil {
			return fmt.Errorf("make folder in %s: %w", in, err)
		}
		o.scratch = dir
		unlock, ok, err := disk.TryLock(dir)
		if errors.Is(err, disk.ErrNoLock) {
			unlock, ok = func() {}, true
		}
		if !ok {
			continue
		}
		o.unlock = unlock
		if err := os.Mkdir(o.fresh(), 0o755); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		unlock()
	}
	return fmt.Errorf("make folder in %s: it is taken away each time", in)
}

// reaches tries whether a file of the scratch can be moved into the folder.
func (o *output) reaches() error {
	from := filepath.Join(o.scratch, "try")
	if err := os.WriteFile(from, nil, 0o600); err != nil {
		return err
	}
	to := filepath.Join(o.path, filepath.Base(o.scratch))
	if err := disk.Rename(from, to); err != nil {
		return err
	}
	return os.Remove(to)
}

func (o *output) fresh() string { return filepath.Join(o.scratch, freshName) }

// close removes the scratch, but for one out of which files are still to be moved.
func (o *output) close() error {
	if o.scratch == "" {
		return nil
	}
	var err error
	if _, there := os.Lstat(filepath.Join(o.scratch, stepsName)); there != nil {
		err = os.RemoveAll(o.scratch)
	}
	if o.unlock != nil {
		o.unlock()
	}
	o.scratch, o.unlock = "", nil
	return err
}

// publish moves the output to its place.
func (o *output) publish() error {
	if err := disk.Sync(o.fresh()); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	unlock, err := lockOutputs(filepath.Dir(o.path))
	if err != nil {
		return err
	}
	defer unlock()
	if err := o.place(); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

func (o *output) place() error {
	if err := o.at("look"); err != nil {
		return err
	}
	had, err := os.Lstat(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = disk.Move(o.fresh(), o.path); !errors.Is(err, fs.ErrExist) {
			return err
		}
		had, err = os.Lstat(o.path) // somebody made it meanwhile
	}
	if err != nil {
		return err
	}
	steps, err := o.inSteps(had)
	if err != nil {
		return err
	}
	if !steps {
		if err = disk.Exchange(o.fresh(), o.path); !errors.Is(err, disk.ErrNoExchange) {
			return err
		}
	}
	return o.move()
}

// inSteps reports whether files have to be moved one by one: into a folder that holds files of others, that belongs to
// another user, in which the scratch lies or in which we are, so that it has to stay the same folder.
func (o *output) inSteps(had fs.FileInfo) (bool, error) {
	mine, err := os.Lstat(o.fresh())
	if err != nil {
		return false, err
	}
	if wd, err := os.Getwd(); err != nil || within(wd, o.path) || within(o.scratch, o.path) ||
		!disk.SameOwner(mine, had) {
		return true, nil
	}
	files, err := namesIn(o.fresh())
	if err != nil {
		return false, err
	}
	old, err := namesIn(o.path)
	if err != nil {
		return false, err
	}
	earlier := slices.Contains(old, summaryName)
	for _, name := range old {
		if !slices.Contains(files, name) && !(earlier && slices.Contains(occasional, name)) {
			return true, nil
		}
	}
	return false, os.Chmod(o.fresh(), had.Mode().Perm())
}

// within reports whether a path is a folder or lies in it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func namesIn(dir string) (out []string, err error) {
	es, err := os.ReadDir(dir)
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out, err
}

// move writes the steps down and goes them.
func (o *output) move() error {
	files, err := namesIn(o.fresh())
	if err != nil {
		return err
	}
	m := move{Into: filepath.Base(o.path), Files: files}
	if within(o.scratch, o.path) {
		m.Into = "."
	}
	if _, err := os.Lstat(filepath.Join(o.path, summaryName)); err == nil {
		m.Gone = []string{summaryName}
		for _, name := range occasional {
			if !slices.Contains(files, name) {
				m.Gone = append(m.Gone, name)
			}
		}
	}
	at := filepath.Join(o.scratch, stepsName)
	if err := disk.Replace(at, func(w io.Writer) error { return json.NewEncoder(w).Encode(m) }); err != nil {
		return err
	}
	if err := m.do(o.fresh(), o.path, o.at); err != nil {
		return fmt.Errorf("%w; the next review that is written there moves what is left first", err)
	}
	return os.Remove(at)
}

// do moves the files of a review that are not moved yet.
func (m move) do(fresh, out string, at func(string) error) error {
	if _, err := os.Lstat(filepath.Join(fresh, summaryName)); err == nil { // it is moved last
		for _, name := range m.Gone {
			if err := at("remove " + name); err != nil {
				return err
			}
			if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove %s of the earlier review: %w", name, err)
			}
		}
	}
	if err := disk.SyncFolder(out); err != nil {
		return err
	}
	files := slices.DeleteFunc(slices.Clone(m.Files), func(name string) bool { return name == summaryName })
	for _, name := range append(files, summaryName) {
		if name == summaryName { // the others are there to stay before it says that they are
			if err := disk.SyncFolder(out); err != nil {
				return err
			}
		}
		if err := at("move " + name); err != nil {
			return err
		}
		err := disk.Rename(filepath.Join(fresh, name), filepath.Join(out, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return disk.SyncFolder(out)
}

// lockOutputs waits until no other review puts its output into a folder of the same parent. Where that cannot be
// locked nothing is waited for.
func lockOutputs(parent string) (unlock func(), err error) {
	for end := time.Now().Add(publishPatience); ; time.Sleep(5 * time.Millisecond) {
		unlock, ok, err := disk.TryLock(parent)
		switch {
		case errors.Is(err, disk.ErrNoLock), errors.Is(err, fs.ErrPermission):
			return func() {}, nil
		case err != nil:
			return nil, fmt.Errorf("write output: %w", err)
		case ok:
			return unlock, nil
		case time.Now().After(end):
			return nil, fmt.Errorf("write output: another program keeps the folder %s locked", parent)
		}
	}
}

// recoverOutputs ends what reviews that were stopped left in a folder: it moves what they had begun to move, and
// removes the rest. What it cannot end stays: it is in nobody's way.
func recoverOutputs(in string) {
	left, err := filepath.Glob(filepath.Join(globSafe.Replace(in), scratchName+"*"))
	if err != nil || len(left) == 0 {
		return
	}
	for _, dir := range left {
		recoverOutput(in, dir)
	}
}

var globSafe = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func recoverOutput(in, dir string) {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return
	}
	unlock, ok, err := disk.TryLock(dir)
	if err != nil || !ok { // its review goes on
		return
	}
	defer unlock()
	steps := filepath.Join(dir, stepsName)
	b, err := os.ReadFile(steps)
	if errors.Is(err, fs.ErrNotExist) {
		_ = os.RemoveAll(dir)
		return
	}
	var m move
	if err != nil || json.Unmarshal(b, &m) != nil || !m.plain() || !ours(info, steps) {
		return
	}
	out := filepath.Join(in, m.Into)
	at, err := os.Lstat(out)
	if err != nil || !at.IsDir() {
		return
	}
	free, err := lockOutputs(filepath.Dir(out))
	if err != nil {
		return
	}
	defer free()
	if m.do(filepath.Join(dir, freshName), out, func(string) error { return nil }) == nil {
		_ = os.RemoveAll(dir)
	}
}

// plain reports whether a move stays where it was written down.
func (m move) plain() bool {
	for _, name := range slices.Concat([]string{m.Into}, m.Files, m.Gone) {
		if name == "" || name == ".." || strings.ContainsAny(name, `/\`) {
			return false
		}
	}
	return !slices.Contains(m.Files, ".") && !slices.Contains(m.Gone, ".")
}

// ours reports whether a folder, and a file in it, belong to whoever runs the program: in a folder where many may
// write, nobody has another one's review move files.
func ours(dir fs.FileInfo, file string) bool {
	info, err := os.Lstat(file)
	return err == nil && info.Mode().IsRegular() && disk.Mine(dir) && disk.Mine(info)
}
