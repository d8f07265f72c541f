package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// About says what the person who collects knows of the files. Every field may be empty.
type About struct {
	Source string
	Method string
	Grade  Grade
	Labels []string
}

// Added is one file that was taken in.
type Added struct {
	Name    string
	SHA256  string
	Bytes   int64
	Media   string
	Already bool // the case held this content under this name: nothing was written
	Index   Index
}

// A Reject is a file that was not taken in, and why.
type Reject struct{ Name, Reason string }

// Add takes files and folders in, each file with a custody event, and calls done for every
// one as soon as it is durable. Folders are walked in the order of names; symbolic links are
// not followed. What cannot be taken in is returned; an error ends the whole.
func (s *Store) Add(ctx context.Context, w Warrant, a About, paths []string, done func(Added) error) ([]Reject, error) {
	if err := w.Valid(); err != nil {
		return nil, err
	}
	var rejects []Reject
	for _, p := range paths {
		top := filepath.Clean(p)
		base := filepath.Base(top)
		if base == "." || base == ".." || base == string(filepath.Separator) {
			if abs, err := filepath.Abs(top); err == nil {
				base = filepath.Base(abs)
			}
		}
		err := filepath.WalkDir(top, func(at string, d fs.DirEntry, err error) error {
			if cerr := ctx.Err(); cerr != nil {
				return cerr
			}
			name := base
			if rel, rerr := filepath.Rel(top, at); rerr == nil && rel != "." {
				name = path.Join(base, filepath.ToSlash(rel))
			}
			if err != nil {
				rejects = append(rejects, Reject{name, plain(err)})
				if d != nil && d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if d.IsDir() {
				if s.mine(at) {
					rejects = append(rejects, Reject{name, "it is this store itself"})
					return fs.SkipDir
				}
				return nil
			}
			added, why, err := s.addFile(ctx, w, a, at, name)
			switch {
			case err != nil:
				return fmt.Errorf("add %s: %w", at, err)
			case why != "":
				rejects = append(rejects, Reject{name, why})
				return nil
			}
			return done(added)
		})
		if err != nil {
			return rejects, err
		}
	}
	return rejects, nil
}

func (s *Store) mine(dir string) bool {
	a, err := os.Stat(dir)
	b, err2 := os.Stat(s.dir)
	return err == nil && err2 == nil && os.SameFile(a, b)
}

// plain says why a file could not be read, without its path.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return "it cannot be read: " + p.Err.Error()
	}
	return "it cannot be read: " + err.Error()
}

// addFile takes one file in. why is not empty when the file is not one to take.
func (s *Store) addFile(ctx context.Context, w Warrant, a About, at, name string) (_ Added, why string, err error) {
	seen, err := os.Lstat(at)
	switch {
	case err != nil:
		return Added{}, plain(err), nil
	case seen.Mode()&fs.ModeSymlink != 0:
		return Added{}, "it is a symbolic link, which is not followed", nil
	case !seen.Mode().IsRegular():
		return Added{}, "it is neither a file nor a folder", nil
	}
	f, err := os.Open(at)
	if err != nil {
		return Added{}, plain(err), nil
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return Added{}, plain(err), nil
	}
	if !os.SameFile(seen, before) {
		return Added{}, "it was replaced while it was opened; add it again", nil
	}
	d, err := s.draft(ctx, f)
	if err != nil {
		return Added{}, "", err
	}
	defer os.Remove(d.path)
	after, err := f.Stat()
	if err != nil || after.Size() != d.size || !after.ModTime().Equal(before.ModTime()) {
		return Added{}, "it changed while it was read; add it again", nil
	}
	added, err := s.take(ctx, w, a, d, name)
	return added, "", err
}

// AddReader takes content in that is not a file: an upload, an answer of a server.
func (s *Store) AddReader(ctx context.Context, w Warrant, a About, name string, r io.Reader) (Added, error) {
	if err := w.Valid(); err != nil {
		return Added{}, err
	}
	d, err := s.draft(ctx, r)
	if err != nil {
		return Added{}, fmt.Errorf("add %s: %w", clean(name, 200), err)
	}
	defer os.Remove(d.path)
	added, err := s.take(ctx, w, a, d, name)
	if err != nil {
		return added, fmt.Errorf("add %s: %w", clean(name, 200), err)
	}
	return added, nil
}

// take makes an original of a draft, records it, and then makes the working copy.
func (s *Store) take(ctx context.Context, w Warrant, a About, d draft, name string) (Added, error) {
	ls, err := ParseLabels(a.Labels)
	if err != nil {
		return Added{}, err
	}
	if a.Grade != "" {
		if a.Grade, err = ParseGrade(string(a.Grade)); err != nil {
			return Added{}, err
		}
	}
	name = clean(name, 2000)
	media, err := s.mediaOfDraft(d, name)
	if err != nil {
		return Added{}, err
	}
	out := Added{Name: name, SHA256: d.sum, Bytes: d.size, Media: media}
	err = s.write(w, func(c *Case) ([]Event, error) {
		if i := c.bySum[d.sum]; i != nil && i.Deleted == nil && slices.Contains(i.Names, name) {
			out.Already = true
		}
		if err := s.place(ctx, c.Name, d); err != nil || out.Already {
			return nil, err
		}
		return []Event{{
			Action: Collect, Item: d.sum, Bytes: d.size, Name: name, Media: media,
			Source: clean(a.Source, 4000), Method: clean(a.Method, 4000), Grade: a.Grade, Labels: ls,
		}}, nil
	}, nil)
	if err != nil {
		return out, err
	}
	out.Index, err = s.index(ctx, d.sum, media)
	return out, err
}
