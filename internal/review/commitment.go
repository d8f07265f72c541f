package review

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"plimsoll/internal/record"
)

// commitments says which contracts that commitments of bills name are on file.
func (r *run) commitments(ctx context.Context) error {
	contracts, err := r.book.Committed(ctx)
	if err != nil || len(contracts) == 0 {
		return err
	}
	c := &CommitmentCoverage{NotJoined: []string{}}
	for _, x := range contracts {
		c.Commitments += x.Commitments
		if x.Joined {
			c.Joined += x.Commitments
			c.Contracts = append(c.Contracts, x.Contract)
			continue
		}
		c.NotJoined = append(c.NotJoined, cmp.Or(x.Contract, "without a contract"))
	}
	note := fmt.Sprintf("Commitments that bills state: %d, of which %d are joined to a contract on file by its id", c.Commitments, c.Joined)
	if n := len(c.NotJoined); n > 0 {
		note += fmt.Sprintf("; %d contracts that they name are not on file, so that these commitments are joined to nothing: %s", n,
			strings.Join(c.NotJoined[:min(n, listedFirst)], ", "))
		if n > listedFirst {
			note += " …"
		}
	}
	r.sum.Notes = append(r.sum.Notes, note)
	r.committed = c
	return nil
}

// onDisk is the path of a source that is a file of its own, "" for what lies inside another.
func onDisk(src record.Source) string {
	if src.Member != "" {
		return ""
	}
	return src.Path
}
