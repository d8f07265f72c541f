package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"plimsoll/internal/keyring"
)

// A Problem is one thing that is not as it should be.
type Problem struct{ Where, What string }

func (p Problem) String() string { return p.Where + ": " + p.What }

// A Check is what Verify found.
type Check struct {
	Cases, Events, Originals int
	Bytes                    int64
	Problems                 []Problem
	Remarks                  []Problem // worth knowing, not wrong
}

func (k *Check) wrong(where, format string, args ...any) {
	k.Problems = append(k.Problems, Problem{where, fmt.Sprintf(format, args...)})
}

func (k *Check) remark(where, format string, args ...any) {
	k.Remarks = append(k.Remarks, Problem{where, fmt.Sprintf(format, args...)})
}

// Verify reads every custody log and every original again. each, when not nil, is called
// with every original that was read. What a program that was killed had left to do after a
// deletion is finished.
func (s *Store) Verify(ctx context.Context, each func(sum string, size int64)) (*Check, error) {
	return s.VerifyCases(ctx, nil, each)
}

// VerifyCases does the same where the caller knows of cases from elsewhere: when the log of one is
// missing, nothing is erased, since that case may hold it.
func (s *Store) VerifyCases(ctx context.Context, known []string, each func(sum string, size int64)) (*Check, error) {
	k := &Check{}
	names, err := s.Cases()
	if err != nil {
		return nil, err
	}
	kept := map[string]string{} // original → a case that holds it
	size := map[string]int64{}
	gone := map[string]bool{}
	whole := true // every log is there and could be read
	for _, n := range known {
		whole = whole && slices.Contains(names, n)
	}
	for _, n := range names {
		c, err := s.Case(n)
		if errors.Is(err, ErrDamaged) {
			k.wrong("case "+n, "%v", err)
			whole = false
			continue
		}
		if err != nil {
			return nil, err
		}
		k.Cases++
		k.Events += int(c.Events)
		for _, i := range c.Items {
			if i.Deleted != nil {
				gone[i.SHA256] = true
			} else {
				kept[i.SHA256], size[i.SHA256] = n, i.Bytes
			}
		}
	}
	if err := s.verifyFiles(ctx, k, kept, size, gone, whole, each); err != nil {
		return nil, err
	}
	var missing []string
	for sum := range kept {
		missing = append(missing, sum)
	}
	slices.Sort(missing)
	for _, sum := range missing {
		if !s.Has(sum) {
			k.wrong("original "+sum, "it is missing; case %s holds it", kept[sum])
		}
	}
	return k, nil
}

// verifyFiles reads the folder of originals.
func (s *Store) verifyFiles(ctx context.Context, k *Check, kept map[string]string, size map[string]int64,
	gone map[string]bool, whole bool, each func(string, int64)) error {
	root := filepath.Join(s.dir, "originals")
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			k.wrong(filepath.Base(path), "%s", plain(err))
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		sum, sealed := strings.CutSuffix(d.Name(), cipherEnd)
		if !d.Type().IsRegular() || !isSum(sum) || path != s.original(sum) && path != s.original(sum)+cipherEnd {
			k.wrong("originals", "%q does not belong here", d.Name())
			return nil
		}
		have, n, err := s.originalSum(ctx, sum)
		_, held := size[sum]
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return err
		case errors.Is(err, keyring.ErrErased) && !held && gone[sum] && whole:
			return s.finish(k, sum)
		case errors.Is(err, keyring.ErrErased) && !held && whole:
			k.remark("original "+sum, "no case holds it, and nobody can read it: a program was stopped before it "+
				"wrote the custody event; add the file again")
			return nil
		case sealed && errors.Is(err, errCipher):
			k.wrong("original "+sum, "%v; case %s holds it", errCipher, kept[sum])
			return nil
		default:
			k.wrong("original "+sum, "%s", plain(err))
			return nil
		}
		k.Originals++
		k.Bytes += n
		if each != nil {
			each(sum, n)
		}
		want := size[sum]
		switch {
		case have != sum && held:
			k.wrong("original "+sum, "it was changed: its SHA-256 is now %s, its size %d bytes, collected were %d; "+
				"case %s holds it", have, n, want, kept[sum])
		case have != sum:
			k.wrong("original "+sum, "it was changed: its SHA-256 is now %s", have)
		case held && n != want:
			k.wrong("original "+sum, "it has %d bytes; the custody log of case %s says %d", n, kept[sum], want)
		case !held && gone[sum] && whole:
			return s.finish(k, sum)
		case !held && whole:
			k.remark("original "+sum, "no case holds it: a program was stopped before it wrote the custody event; "+
				"add the file again")
		}
		return nil
	})
}

// finish erases an original whose deletion was recorded but not carried out, unless it was
// collected again meanwhile.
func (s *Store) finish(k *Check, sum string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.lock.Lock()
	if err != nil {
		return fmt.Errorf("lock evidence: %w", err)
	}
	defer unlock()
	if others, err := s.holders(sum, ""); err != nil || len(others) > 0 {
		return err
	}
	k.remark("original "+sum, "its deletion was recorded but not finished; it is now")
	return s.erase(sum)
}
