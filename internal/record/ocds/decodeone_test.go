package ocds

import (
	"context"
	"errors"

	"plimsoll/internal/record"
)

// Decode reads one file. Releases of one process that lie in other files are not merged
// with it: that is what [DecodeAll] is for.
func Decode(ctx context.Context, src record.Source, sink record.Sink) (record.Stats, error) {
	all, err := DecodeAll(ctx, []record.Source{src}, sink)
	st := all[src.Index]
	if err == nil && st.Failed != "" {
		err = errors.New(st.Failed)
	}
	return st, err
}
