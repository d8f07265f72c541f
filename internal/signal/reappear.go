package signal

import "context"

func (b *Book) reappearances(ctx context.Context, events []event) (map[int32][]map[string]any, error) {
	return nil, nil
}
