package web

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
)

// A leaving is something that goes out of the house: a copy of an original, or a bag. Its
// custody event is durable before it exists.
type leaving struct {
	name  string
	write func(io.Writer) error
	close func()
}

// send writes it as an attachment that no browser renders. One that breaks off half-way must
// not look whole.
func (l *leaving) send(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": l.name}))
	if err := l.write(w); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// copyItem hands an original out.
func (s *Server) copyItem(ctx context.Context, me *actor, id casefile.ID, item, reason string) (*leaving, error) {
	k, err := s.custody(ctx, me, casefile.MoveView, id)
	if err != nil {
		return nil, err
	}
	w, err := warrant(me, id, reason)
	if err != nil {
		return nil, err
	}
	r, i, err := k.Files.Hand(w, item, "download by "+me.Name)
	if err != nil {
		return nil, err
	}
	if err := k.Record(ctx, w.Case); err != nil {
		r.Close()
		return nil, err
	}
	return &leaving{name: path.Base(i.Name()), close: func() { r.Close() }, write: func(out io.Writer) error {
		_, err := io.Copy(out, r)
		if errors.Is(err, evidence.ErrDamaged) {
			s.cfg.Log.Error("original is damaged", "sha256", i.SHA256, "error", err)
		}
		return err
	}}, nil
}

// pack writes the evidence of a case as a bag, with a receipt for each custody event.
func (s *Server) pack(ctx context.Context, me *actor, id casefile.ID, reason string) (*leaving, error) {
	k, err := s.custody(ctx, me, casefile.MoveExport, id)
	if err != nil {
		return nil, err
	}
	w, err := warrant(me, id, reason)
	if err != nil {
		return nil, err
	}
	if at, err := k.Files.Case(w.Case); err != nil {
		return nil, err
	} else if at.Events == 0 {
		return nil, &invalid{"", "this case holds no evidence yet"}
	}
	dir, err := k.Files.Scratch()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	name := fmt.Sprintf("%s-%s", w.Case, s.cfg.Now().UTC().Format("2006-01-02"))
	bag := filepath.Join(dir, name)
	if _, err := k.Files.Export(ctx, evidence.Bagger{Warrant: w, Out: bag, Version: s.cfg.Version, Proofs: k.Proofs}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &leaving{name: name + ".zip", close: func() { os.RemoveAll(dir) }, write: func(out io.Writer) error {
		return zipFolder(out, os.DirFS(dir))
	}}, nil
}

// zipFolder writes a folder as a ZIP. Originals are often packed already, so nothing is
// compressed again.
func zipFolder(out io.Writer, fsys fs.FS) error {
	z := zip.NewWriter(out)
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := fsys.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		h, err := zip.FileInfoHeader(info)
		if err != nil {
			return err
		}
		h.Name, h.Method = p, zip.Store
		w, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, f)
		return err
	})
	return errors.Join(err, z.Close())
}
