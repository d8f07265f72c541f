package ledger

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
)

// cosigned returns a checkpoint with the signatures of a quorum of the witnesses below the log's own. All are asked
// at the same time; those that have not answered when the quorum is there are not waited for.
func (s *Sequencer) cosigned(ctx context.Context, signed []byte) ([]byte, error) {
	if len(s.Witnesses) == 0 {
		return signed, nil
	}
	at, err := format.OpenCheckpoint(signed, s.Key.verifier)
	if err != nil {
		return nil, err
	}
	type answer struct {
		n    int
		line string
		err  error
	}
	answers := make(chan answer, len(s.Witnesses))
	for n, w := range s.Witnesses {
		go func() {
			// Not ended with the quorum: a slow witness is to follow the log too.
			ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), s.Patience)
			defer stop()
			line, err := w.Cosign(ctx, signed, at.Checkpoint, s.prove(at.Checkpoint))
			answers <- answer{n, line, err}
		}()
	}
	lines := make([]string, len(s.Witnesses))
	var failed []string
	for got := 0; got < s.Quorum; {
		if len(failed) > len(s.Witnesses)-s.Quorum {
			why := fmt.Sprintf("of %d witnesses %d did not sign the checkpoint of %d leaves, %d have to: %s",
				len(s.Witnesses), len(failed), at.Size, s.Quorum, strings.Join(failed, "; "))
			s.problem.Store(&why)
			return nil, fmt.Errorf("%w: %s", ErrWitnesses, why)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case a := <-answers:
			if a.err != nil {
				s.Log.Warn("witness", "err", a.err)
				failed = append(failed, a.err.Error())
				continue
			}
			lines[a.n], got = a.line, got+1
		}
	}
	s.problem.Store(nil)
	return format.WithSignatures(signed, s.Key.verifier, lines...)
}

// prove returns proofs from the published tiles, which are written before the checkpoint that needs them.
func (s *Sequencer) prove(at format.Checkpoint) func(int64) ([]tlog.Hash, error) {
	return func(old int64) ([]tlog.Hash, error) {
		return tlog.ProveTree(at.Size, old, format.Files{FS: os.DirFS(s.Dir)}.Hashes(at))
	}
}

// Problem says why nothing is published, "" when nothing is wrong. Anybody may ask at any time.
func (s *Sequencer) Problem() string {
	if why := s.problem.Load(); why != nil {
		return *why
	}
	return ""
}
