package focus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/disk"
	"plimsoll/internal/record"
)

// A Kept is a folder in which what bills add up to stays between runs, by the hash of their bytes: a bill that is there
// already is not read again. It belongs to one build of the program, since another one may read the same bytes
// otherwise. The zero value keeps nothing.
//
// A bill is two files, HASH.parquet and HASH.json; the second is written last and names the hash of the first. What is
// damaged, or not whole, is not there. Both hold data alone: no text of them is run. Not kept are bills that are read
// under a mapping, that were not read to their end, that are grouped bills, and small ones among many, which are added
// up together.
type Kept struct{ Dir string }

// mostKeptRejects is how many rejects are kept of a bill; one with more is read anew.
const mostKeptRejects = 100_000

// A keptBill is what is kept beside the groups of a bill. The number of the source is in none of it.
type keptBill struct {
	Parquet   string // SHA-256
	Contracts []keptContract
	Stats     record.Stats
	Rejects   []record.Reject
	Lost      []keptLost
	Lacks     []string // names of columns
}

// A keptContract is a row of usage_contract.
type keptContract struct {
	Row                           int64
	Account, SubAccount, Contract string
}

// A keptLost is records of which no column can be trusted: how many from which row to which, and why.
type keptLost struct {
	Count, First, Last int64
	Why                string
}

func (k Kept) path(src record.Source, ext string) string {
	return filepath.Join(k.Dir, src.SHA256+ext)
}

// may reports whether a source is of a kind that is kept.
func (l *loader) mayKeep(src record.Source) bool {
	_, mapped := l.under[src.Index]
	return l.kept.Dir != "" && src.SHA256 != "" && src.Damage == "" && !mapped
}

// isKept reports whether a source seems to be there.
func (l *loader) isKept(src record.Source) bool {
	if !l.mayKeep(src) {
		return false
	}
	_, err := os.Stat(l.kept.path(src, ".json"))
	return err == nil
}

// A keptFrom is where a loader stood before a source was read, so that what it added is known.
type keptFrom struct {
	sink        record.Sink
	held        *recorder
	lost, lacks int
}

// A recorder hands rejects on and notes them.
type recorder struct {
	record.Sink
	rejects []record.Reject
}

// Reject implements [record.Sink].
func (r *recorder) Reject(x record.Reject) error {
	if len(r.rejects) <= mostKeptRejects {
		r.rejects = append(r.rejects, x)
	}
	return r.Sink.Reject(x)
}

func (l *loader) beginKeeping() *keptFrom {
	f := &keptFrom{sink: l.sink, held: &recorder{Sink: l.sink}, lost: len(l.lost), lacks: len(l.lacks)}
	l.sink = f.held
	return f
}

// keepBill writes what a source added.
func (l *loader) keepBill(src record.Source, st record.Stats, f *keptFrom) error {
	l.sink = f.sink
	if st.Failed != "" || st.Unusable != "" || l.groupedAt(fmt.Sprint(src.Index)) != nil ||
		len(f.held.rejects) > mostKeptRejects {
		return nil
	}
	k := keptBill{Stats: st, Rejects: slices.Clone(f.held.rejects)}
	for i := range k.Rejects {
		if k.Rejects[i].File != src.Name {
			return nil // a sheet or a part that is named otherwise
		}
		k.Rejects[i].File = ""
	}
	for _, x := range l.lost[f.lost:] {
		if x.source != src.Index {
			return nil
		}
		k.Lost = append(k.Lost, keptLost{x.rows.count, x.rows.first, x.rows.last, x.why})
	}
	for _, x := range l.lacks[f.lacks:] {
		if x.source != src.Index {
			return nil
		}
		k.Lacks = append(k.Lacks, x.column)
	}
	err := l.query(fmt.Sprintf("SELECT row::VARCHAR, account, sub_account, contract FROM usage_contract WHERE source "+
		"= %d", src.Index), 4, func(x []string) error {
		row, err := strconv.ParseInt(x[0], 10, 64)
		k.Contracts = append(k.Contracts, keptContract{row, x[1], x[2], x[3]})
		return err
	})
	if err != nil {
		return fmt.Errorf("keep %s: %w", src.Name, err)
	}
	part, err := os.CreateTemp(l.kept.Dir, ".part-*")
	if err != nil {
		return fmt.Errorf("keep %s: %w", src.Name, err)
	}
	part.Close()
	defer os.Remove(part.Name())
	err = l.exec(fmt.Sprintf("COPY (SELECT * EXCLUDE (source) FROM %s.usage_stage WHERE source = %d) TO %s (FORMAT "+
		"parquet, COMPRESSION zstd)",
		besideDB, src.Index, quote(part.Name())))
	if err == nil {
		k.Parquet, err = sumOf(part.Name())
	}
	if err == nil {
		err = disk.Rename(part.Name(), l.kept.path(src, ".parquet"))
	}
	if err == nil {
		err = disk.Replace(l.kept.path(src, ".json"), func(w io.Writer) error { return json.NewEncoder(w).Encode(k) })
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", src.Name, err)
	}
	return nil
}

// recall takes what is kept of a source. It is not ok when that is not whole: then nothing was done.
func (l *loader) recall(src record.Source) (st record.Stats, ok bool, err error) {
	text, err := os.ReadFile(l.kept.path(src, ".json"))
	if err != nil {
		return st, false, nil
	}
	var k keptBill
	if json.Unmarshal(text, &k) != nil {
		return st, false, nil
	}
	if sum, err := sumOf(l.kept.path(src, ".parquet")); err != nil || sum != k.Parquet {
		return st, false, nil
	}
	path, err := l.plainPath(l.kept.path(src, ".parquet"))
	if err != nil {
		return st, false, err
	}
	if err := l.exec(fmt.Sprintf("INSERT INTO %s.usage_stage BY NAME SELECT %d AS source, * FROM read_parquet(%s)",
		besideDB, src.Index, quote(path))); err != nil {
		return st, false, l.ctx.Err() // no groups of bills: nothing was added, and the bill is read
	}
	for part := range slices.Chunk(k.Contracts, mostValues) {
		var values []string
		for _, c := range part {
			values = append(values, fmt.Sprintf("(%d, %d, %s, %s, %s)", src.Index, c.Row, quote(c.Account),
				quote(c.SubAccount), quote(c.Contract)))
		}
		if err := l.exec("INSERT INTO usage_contract VALUES " + strings.Join(values, ", ")); err != nil {
			return st, false, fmt.Errorf("read what is kept of %s: %w", src.Name, err)
		}
	}
	for _, x := range k.Lost {
		l.lose(src.Index, lostRows{x.Count, x.First, x.Last}, x.Why)
	}
	for _, x := range k.Lacks {
		l.lacks = append(l.lacks, lackedPart{src.Index, x})
	}
	for _, x := range k.Rejects {
		x.File = src.Name
		if err := l.sink.Reject(x); err != nil {
			return st, false, err
		}
	}
	return k.Stats, true, nil
}

// sumOf is the SHA-256 of a file.
func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err)
}
