package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// A sum is a SHA-256 that is being made.
type sum struct{ hash.Hash }

func newSum() sum { return sum{sha256.New()} }

func (s sum) String() string { return hex.EncodeToString(s.Sum(nil)) }

// read takes all of r in.
func (s sum) read(ctx context.Context, r io.Reader) (int64, error) {
	return io.Copy(s, readerCtx{ctx, r})
}
