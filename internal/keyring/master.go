package keyring

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/lockedfile"

	"plimsoll/internal/keyring/token"
)

// A master is one master key.
type master struct {
	id   age.Identity
	to   age.Recipient
	line string // as it stands in its file
	name string // its public half
}

// masters are the keys in the file of a master key, oldest first.
type masters []master

func (m masters) newest() master { return m[len(m)-1] }

func (m masters) all() (out []age.Identity) {
	for _, k := range m {
		out = append(out, k.id)
	}
	return out
}

// mostMasters is how many keys the file of a master key may hold: the one that is replaced, and its successor.
const mostMasters = 2

// parseMasters reads the file of a master key; with create a key in a token that is not there yet is made.
func parseMasters(text []byte, create bool) (out masters, err error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		m, err := parseMaster(line, create)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	if len(out) == 0 || len(out) > mostMasters {
		return nil, fmt.Errorf("it holds %d keys, not one, nor two while one replaces another", len(out))
	}
	return out, nil
}

func parseMaster(line string, create bool) (master, error) {
	if strings.HasPrefix(line, token.Scheme) {
		k, err := token.Open(line, create)
		if err != nil {
			return master{}, err
		}
		return master{k, k, line, k.Name()}, nil
	}
	id, err := age.ParseX25519Identity(line)
	if err != nil {
		return master{}, errors.New("a line of it is neither an age identity nor the address of a key in a token")
	}
	return master{id, id.Recipient(), line, id.Recipient().String()}, nil
}

// Heads of the file of a master key.
const (
	secretHead = "# Master key of Plimsoll: whoever has it and the state folder reads everything. Keep a copy apart.\n"
	tokenHead  = "# Where the master key of Plimsoll lies: in this token.\n"
	bothHead   = "# Two master keys of Plimsoll: the second one takes the place of the first.\n"
)

// masterText is the file of master keys.
func masterText(m masters) []byte {
	head := bothHead
	switch {
	case len(m) == 1 && strings.HasPrefix(m[0].line, token.Scheme):
		head = tokenHead
	case len(m) == 1:
		head = secretHead
	}
	for _, k := range m {
		head += k.line + "\n"
	}
	return []byte(head)
}

// Halfway reports whether the file of a master key holds one that is being replaced and its successor.
func Halfway(file string) bool {
	text, err := os.ReadFile(file)
	return err == nil && strings.HasPrefix(string(text), bothHead)
}

// UseToken makes sure that the master key in a file is the key in a token of an address, before keys are made: the
// file is written when there is none and none of the folders holds keys. Another master key stays, and is an error.
func UseToken(file, address string, dirs ...string) error {
	a, err := token.Parse(address)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		for _, dir := range dirs {
			if Exists(dir) {
				return fmt.Errorf("%w: the keys in %s are under one that has to lie in %s", ErrMaster, dir, file)
			}
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		return replace(file, []byte(tokenHead+a.String()+"\n"))
	}
	if err != nil {
		return err
	}
	last := ""
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			last = line
		}
	}
	if had, err := token.Parse(last); err != nil || had.String() != a.String() {
		return fmt.Errorf("the master key in %s is not the one of the token; plimsoll key rotate master --key-token "+
			"moves it there", file)
	}
	return nil
}

// A Rotation puts a new master key in the place of another one, for folders of keys under one file.
type Rotation struct {
	File  string   // of the master key
	Dirs  []string // of keys; those without keys are left out
	Token string   // address of the new master key in a token; "": a new age identity
	// Record writes down that one key, by its public half, takes the place of another. It may be called again for the
	// same keys after a rotation that was stopped.
	Record func(old, next string) error

	fault func() error // asked before each durable step; nil outside of tests
}

// Rotate seals each key to the new master key. Whenever it is stopped, every key can be opened with the file of the
// master key as it lies there, and the next call goes on with the same new key. At the end the old one is gone from
// the file. No other program makes keys meanwhile.
func (r Rotation) Rotate() (old, next string, err error) {
	var dirs []string
	for _, dir := range r.Dirs {
		if Exists(dir) {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 {
		return "", "", fmt.Errorf("there is no master key to replace: nothing is encrypted under %s", r.File)
	}
	for _, dir := range dirs {
		unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
		if err != nil {
			return "", "", err
		}
		defer unlock()
	}
	m, err := r.begin(dirs)
	if err != nil {
		return "", "", err
	}
	old, next = m[0].name, m[1].name
	if r.Record != nil {
		if err := errors.Join(r.step(), r.Record(old, next)); err != nil {
			return old, next, fmt.Errorf("record the new master key: %w", err)
		}
	}
	for _, dir := range dirs {
		if err := r.rewrap(dir, m); err != nil {
			return old, next, fmt.Errorf("seal the keys in %s anew: %w", dir, err)
		}
	}
	if err := r.step(); err != nil {
		return old, next, err
	}
	return old, next, r.end(m[1:])
}

func (r Rotation) step() error {
	if r.fault == nil {
		return nil
	}
	return r.fault()
}

// begin puts the new key below the old one, unless a rotation that was stopped has done so.
func (r Rotation) begin(dirs []string) (masters, error) {
	text, err := os.ReadFile(r.File)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	}
	m, err := parseMasters(text, false)
	if err != nil {
		return nil, fmt.Errorf("%s holds no master key: %w", r.File, err)
	}
	for _, dir := range dirs {
		sealed, err := os.ReadFile(filepath.Join(dir, checkName))
		if err != nil {
			return nil, err
		}
		if _, err := unseal(sealed, m.all()...); err != nil {
			return nil, fmt.Errorf("%w: %s does not open the keys in %s", ErrMaster, r.File, dir)
		}
	}
	if len(m) == mostMasters {
		return m, nil
	}
	var line string
	if r.Token != "" {
		a, err := token.Parse(r.Token)
		if err != nil {
			return nil, err
		}
		line = a.String()
	} else {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, err
		}
		line = id.String()
	}
	next, err := parseMaster(line, true)
	if err != nil {
		return nil, err
	}
	if next.name == m[0].name {
		return nil, errors.New("the new master key is the one that is in use")
	}
	m = append(m, next)
	if err := r.step(); err != nil {
		return nil, err
	}
	return m, replace(r.File, masterText(m))
}

// rewrap seals the keys of a folder to the newest master key, and the text by which it is known at the end.
func (r Rotation) rewrap(dir string, m masters) error {
	names, err := (&Ring{dir: dir}).Names()
	if err != nil {
		return err
	}
	paths := make([]string, 0, len(names)+1)
	for _, name := range names {
		paths = append(paths, (&Ring{dir: dir}).path(name))
	}
	for _, path := range append(paths, filepath.Join(dir, checkName)) {
		sealed, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := unseal(sealed, m.newest().id); err == nil {
			continue
		}
		text, err := unseal(sealed, m.all()...)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if sealed, err = seal(text, m.newest().to); err != nil {
			return err
		}
		if err := errors.Join(r.step(), replace(path, sealed)); err != nil {
			return err
		}
	}
	return nil
}

// end takes the old key out of the file, and overwrites what held it, for disks that write in place.
func (r Rotation) end(m masters) error {
	was, err := os.OpenFile(r.File, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer was.Close()
	info, err := was.Stat()
	if err != nil {
		return err
	}
	if err := replace(r.File, masterText(m)); err != nil {
		return err
	}
	_, err = was.WriteAt(make([]byte, info.Size()), 0)
	return errors.Join(err, was.Sync())
}
