package evidence

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Hit is an item whose text holds what was looked for.
type Hit struct {
	Item  *Item
	Lines []string // some of the lines where a word stands
}

// maxLines is how many lines a hit shows.
const maxLines = 5

// Search finds the items of a case whose text or names hold all words, whatever their case.
// Whoever searches reads: each item found is recorded as viewed, before it is returned.
func (s *Store) Search(ctx context.Context, w Warrant, words []string) ([]Hit, error) {
	c, err := s.Case(w.Case)
	if err != nil {
		return nil, err
	}
	fold := cases.Fold()
	like := func(t string) string { return fold.String(norm.NFKC.String(t)) }
	var wants []string
	for _, x := range words {
		if x = like(strings.TrimSpace(x)); x != "" {
			wants = append(wants, x)
		}
	}
	if len(wants) == 0 {
		return nil, errors.New("search: no words")
	}
	var hits []Hit
	for _, i := range c.Items {
		if i.Deleted != nil {
			continue
		}
		h, ok, err := s.searchItem(ctx, i, wants, like)
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", i.SHA256, err)
		}
		if ok {
			hits = append(hits, h)
		}
	}
	return hits, s.write(w, func(c *Case) ([]Event, error) {
		var es []Event
		for _, h := range hits {
			if _, err := c.item(h.Item.SHA256); err != nil {
				return nil, err
			}
			es = append(es, Event{Action: View, Item: h.Item.SHA256})
		}
		return es, nil
	}, nil)
}

func (s *Store) searchItem(ctx context.Context, i *Item, wants []string, like func(string) string) (Hit, bool, error) {
	h := Hit{Item: i}
	found := make([]bool, len(wants))
	look := func(line string) (hit bool) {
		folded := like(line)
		for k, x := range wants {
			if strings.Contains(folded, x) {
				found[k], hit = true, true
			}
		}
		return hit
	}
	for _, n := range i.Names {
		look(n)
	}
	f, err := s.Text(i.SHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return h, !slices.Contains(found, false), nil
	}
	if err != nil {
		return h, false, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(readerCtx{ctx, f}, 64<<10) // a longer line is looked at in pieces
	for {
		b, err := in.ReadSlice('\n')
		if line := strings.TrimSpace(string(b)); line != "" && look(line) && len(h.Lines) < maxLines {
			h.Lines = append(h.Lines, clean(line, 300))
		}
		if err == io.EOF {
			return h, !slices.Contains(found, false), nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return h, false, err
		}
	}
}
