package signal

import (
	"context"
	"time"
)

func (b *Book) partyFacts(ctx context.Context, asOf time.Time, yield func(*Facts) error) error {
	return nil
}
