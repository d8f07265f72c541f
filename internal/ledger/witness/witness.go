// Package witness is both sides of C2SP tlog-witness: a server that cosigns checkpoints of the logs it knows
// when each continues the one before, and a client with which a log collects cosignatures.
//
// A witness remembers the newest checkpoint of each log, on disk before it answers. So a log cannot show two
// histories without two sets of witnesses, even when somebody holds its key and its database.
package witness

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger/format"
)

// Limits of a request (C2SP tlog-witness).
const (
	maxRequest = 64 << 10 // bytes
	maxProof   = 63       // hashes
)

// sizeType is the media type of an answer that names the size that a witness holds.
const sizeType = "text/x.tlog.size"

// AddPath and CheckpointName are the ends of the two addresses of a witness.
const (
	AddPath        = "/add-checkpoint"
	CheckpointName = "checkpoint"
)

// A Server is a witness. It is an http.Handler.
type Server struct {
	dir  string
	key  *format.Cosigner
	logs map[string]note.Verifier // by origin
	log  *slog.Logger
	now  func() time.Time
	lock *lockedfile.Mutex // of the folder, so that two programs never answer from it at once
	mu   sync.Mutex
}

// New opens a witness whose memory lies in a folder, for logs that are known by their keys.
func New(dir string, key *format.Cosigner, logs []note.Verifier, log *slog.Logger) (*Server, error) {
	if len(logs) == 0 {
		return nil, errors.New("open witness: it knows no log")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open witness: %w", err)
	}
	s := &Server{dir: dir, key: key, logs: map[string]note.Verifier{}, log: log, now: time.Now,
		lock: lockedfile.MutexAt(filepath.Join(dir, "lock"))}
	for _, v := range logs {
		if s.logs[v.Name()] != nil {
			return nil, fmt.Errorf("open witness: the log %s is named twice", v.Name())
		}
		s.logs[v.Name()] = v
		if _, _, err := s.remembered(v); err != nil {
			return nil, fmt.Errorf("open witness: %w", err)
		}
	}
	return s, nil
}

// originID names a log in addresses and files.
func originID(origin string) string {
	h := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(h[:])
}

func (s *Server) path(origin string) string { return filepath.Join(s.dir, originID(origin)) }

// remembered returns the newest checkpoint of a log that was cosigned; size 0 when there was none.
func (s *Server) remembered(log note.Verifier) (format.Checkpoint, []byte, error) {
	b, err := os.ReadFile(s.path(log.Name()))
	if errors.Is(err, fs.ErrNotExist) {
		return format.Checkpoint{}, nil, nil
	}
	if err != nil {
		return format.Checkpoint{}, nil, err
	}
	c, err := format.OpenCheckpoint(b, log, s.key)
	if err != nil {
		return format.Checkpoint{}, nil, fmt.Errorf("what is remembered of %s: %w", log.Name(), err)
	}
	return c.Checkpoint, b, nil
}

// A refusal is an answer that is not 200.
type refusal struct {
	status int
	size   int64 // with 409
	why    string
}

func (r *refusal) Error() string { return r.why }

// ServeHTTP answers POST …/add-checkpoint and GET …/ORIGIN/checkpoint, ORIGIN as SHA-256 in hex.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case strings.HasSuffix(r.URL.Path, AddPath):
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "only POST", http.StatusMethodNotAllowed)
			return
		}
		s.add(w, r)
	case strings.HasSuffix(r.URL.Path, "/"+CheckpointName):
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		s.show(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	for origin, v := range s.logs {
		if len(part) < 2 || part[len(part)-2] != originID(origin) {
			continue
		}
		_, b, err := s.remembered(v)
		if err != nil {
			s.log.Error("read what is remembered", "log", origin, "err", err)
			http.Error(w, "not readable now", http.StatusInternalServerError)
			return
		}
		if b != nil {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write(b)
			return
		}
	}
	http.NotFound(w, r)
}

func (s *Server) add(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the request is too long or was cut", http.StatusBadRequest)
		return
	}
	line, err := s.cosign(body)
	var no *refusal
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, line)
	case errors.As(err, &no) && no.status == http.StatusConflict:
		w.Header().Set("Content-Type", sizeType)
		w.WriteHeader(no.status)
		_, _ = fmt.Fprintf(w, "%d\n", no.size)
	case errors.As(err, &no):
		http.Error(w, no.why, no.status)
	default:
		s.log.Error("cosign", "err", err)
		http.Error(w, "the checkpoint could not be kept", http.StatusInternalServerError)
	}
}

// cosign checks a request against what is remembered, remembers its checkpoint, and returns the signature.
func (s *Server) cosign(body []byte) (string, error) {
	req, err := parseRequest(body)
	if err != nil {
		return "", &refusal{status: http.StatusBadRequest, why: err.Error()}
	}
	origin, _, _ := strings.Cut(string(req.checkpoint), "\n")
	log := s.logs[origin]
	if log == nil {
		return "", &refusal{status: http.StatusNotFound, why: "this witness does not know the log"}
	}
	signed, err := format.OpenCheckpoint(req.checkpoint, log)
	if err != nil {
		return "", &refusal{status: http.StatusForbidden, why: err.Error()}
	}
	if req.old > signed.Size {
		return "", &refusal{status: http.StatusBadRequest, why: "the old size is larger than that of the checkpoint"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.lock.Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	last, _, err := s.remembered(log)
	if err != nil {
		return "", err
	}
	if req.old != last.Size {
		return "", &refusal{status: http.StatusConflict, size: last.Size, why: "another size is remembered"}
	}
	if err := continues(last, signed.Checkpoint, req.proof); err != nil {
		s.log.Error("a log does not continue what this witness has seen", "log", origin, "remembered", last.Size,
			"shown", signed.Size)
		return "", &refusal{status: http.StatusUnprocessableEntity, why: err.Error()}
	}
	line := s.key.Cosign(signed.Note, s.now())
	err = disk.Replace(s.path(origin), func(w io.Writer) error {
		b, err := format.WithSignatures(req.checkpoint, log, line)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	})
	return line, err
}

// continues reports whether a checkpoint is of the tree that another one was of, or of one that grew from it.
func continues(last, next format.Checkpoint, proof []tlog.Hash) error {
	if last.Size == 0 || last.Size == next.Size {
		if len(proof) > 0 {
			return errors.New("a proof is given where none belongs")
		}
		if last.Size > 0 && last.Root != next.Root {
			return errors.New("another tree of the same size was cosigned before")
		}
		return nil
	}
	if err := tlog.CheckTree(proof, next.Size, next.Root, last.Size, last.Root); err != nil {
		return errors.New("the proof does not show that the log continues what was cosigned before")
	}
	return nil
}

// A request is the body of add-checkpoint.
type request struct {
	old        int64
	proof      []tlog.Hash
	checkpoint []byte
}

func parseRequest(body []byte) (request, error) {
	var req request
	head, checkpoint, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return req, errors.New("an empty line is missing between proof and checkpoint")
	}
	req.checkpoint = checkpoint
	lines := bufio.NewScanner(bytes.NewReader(head))
	for n := 0; lines.Scan(); n++ {
		line := lines.Text()
		if n == 0 {
			size, ok := strings.CutPrefix(line, "old ")
			v, err := strconv.ParseInt(size, 10, 64)
			if !ok || err != nil || v < 0 || strconv.FormatInt(v, 10) != size {
				return req, errors.New(`line 1 is not "old SIZE"`)
			}
			req.old = v
			continue
		}
		var h tlog.Hash
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(b) != len(h) || n > maxProof {
			return req, fmt.Errorf("line %d is not a hash of a proof of at most %d", n+1, maxProof)
		}
		copy(h[:], b)
		req.proof = append(req.proof, h)
	}
	return req, lines.Err()
}
