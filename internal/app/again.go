package app

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"plimsoll/internal/disk"
	"plimsoll/internal/match"
)

// A screening that is repeated after a list update is kept in a file: the lists as they
// were, and the line of every name. What the update cannot have touched is taken from
// there; a line is the same, byte for byte, as if everything were screened (docs/format/screening.md).

// screeningHead is the first line of the file.
type screeningHead struct {
	Plimsoll string `json:"plimsoll"` // always screening
	Version  int    `json:"version"`
	Settings string `json:"settings"` // whatever else a line depends on, hashed
	Entries  int    `json:"entries"`
}

// earlier is a kept screening that lines are taken from. It may be used concurrently.
type earlier struct {
	file   *os.File
	at     map[uint64]span // of each query
	change *match.Change
}

type span struct {
	from int64
	size int
}

var errDamaged = errors.New("damaged")

// readEarlier opens a kept screening; nil when there is none, or one that was made with
// other settings.
func readEarlier(path, settings string) (*earlier, []match.Print, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, errors.Unwrap(err))
	}
	e := &earlier{file: f, at: map[uint64]span{}}
	prints, same, err := e.read(settings)
	if err != nil || !same {
		f.Close()
		return nil, nil, err
	}
	return e, prints, nil
}

// read finds the lines and checks that the file is whole.
func (e *earlier) read(settings string) (prints []match.Print, same bool, err error) {
	r := bufio.NewReaderSize(e.file, 1<<16)
	sum, pos := crc32.New(castagnoli), int64(0)
	next := func() ([]byte, error) {
		b, err := r.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("%w: it ends too early", errDamaged)
		}
		return b, nil
	}
	b, err := next()
	if err != nil {
		return nil, false, err
	}
	var head screeningHead
	if json.Unmarshal(b, &head) != nil || head.Plimsoll != "screening" {
		return nil, false, fmt.Errorf("%w: line 1 is not the head of a kept screening", errDamaged)
	}
	if head.Version != 1 || head.Settings != settings {
		return nil, false, nil
	}
	sum.Write(b)
	pos += int64(len(b))
	for line, left := 2, head.Entries; ; line++ {
		b, err := next()
		if err != nil {
			return nil, false, err
		}
		if left == 0 && bytes.HasPrefix(b, []byte("end ")) {
			if string(b) != ending(len(e.at), sum.Sum32()) {
				return nil, false, fmt.Errorf("%w: its last line does not fit the others", errDamaged)
			}
			return prints, true, nil
		}
		first, rest, _ := bytes.Cut(b, []byte(" "))
		key, err := strconv.ParseUint(string(first), 16, 64)
		if err != nil {
			return nil, false, fmt.Errorf("%w: line %d does not begin with a key", errDamaged, line)
		}
		if left > 0 {
			left--
			v, err := strconv.ParseUint(string(bytes.TrimSpace(rest)), 16, 64)
			if err != nil {
				return nil, false, fmt.Errorf("%w: line %d is no entry", errDamaged, line)
			}
			prints = append(prints, match.Print{Key: key, Entry: v})
		} else {
			e.at[key] = span{pos + int64(len(first)) + 1, len(rest)}
		}
		sum.Write(b)
		pos += int64(len(b))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func ending(names int, sum uint32) string { return fmt.Sprintf("end %d %08x\n", names, sum) }

// line returns the line that was kept for a query, when it still holds.
func (e *earlier) line(a asked, q match.Query, threshold float64) (screened, bool) {
	at, ok := e.at[queryKey(a.query)]
	if !ok {
		return screened{}, false
	}
	b := make([]byte, at.size)
	if _, err := e.file.ReadAt(b, at.from); err != nil {
		return screened{}, false
	}
	out := screened{Hits: []screenedHit{}}
	if json.Unmarshal(b, &out) != nil || out.Name != a.query.Name {
		return screened{}, false
	}
	for i := range out.Hits {
		if !e.change.Same(out.Hits[i].List, out.Hits[i].Entry) {
			return screened{}, false
		}
	}
	if e.change.Touches(q, threshold) {
		return screened{}, false
	}
	out.Row = a.row
	return out, true
}

// queryKey hashes what is asked.
func queryKey(q match.Query) uint64 {
	h := fnv.New64a()
	put := func(s string) {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
		io.WriteString(h, s)
	}
	put(q.Name)
	put(string(q.Kind))
	put(q.Country)
	for _, id := range q.Identifiers {
		put(id.Scheme)
		put(id.ID)
	}
	for _, more := range [][]string{q.Aliases, q.Dates, q.Addresses} {
		if len(more) > 0 {
			put(strconv.Itoa(len(more)))
		}
		for _, s := range more {
			put(s)
		}
	}
	if q.Father != "" || q.Gender != "" {
		put(q.Father)
		put(q.Gender)
	}
	return h.Sum64()
}

// A keeper writes a kept screening; nothing stands under its name before it is whole.
type keeper struct {
	path string
	file *os.File
	w    *bufio.Writer
	sum  uint32
	seen map[uint64]bool
}

func newKeeper(path, settings string, prints []match.Print) (*keeper, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".screening-*")
	if err != nil {
		return nil, fmt.Errorf("keep the screening: %w", err)
	}
	k := &keeper{path: path, file: f, w: bufio.NewWriterSize(f, 1<<16), seen: map[uint64]bool{}}
	head, err := json.Marshal(screeningHead{"screening", 1, settings, len(prints)})
	if err == nil {
		err = k.write(append(head, '\n'))
	}
	for _, p := range prints {
		if err != nil {
			break
		}
		err = k.write(fmt.Appendf(nil, "%016x %016x\n", p.Key, p.Entry))
	}
	if err != nil {
		k.drop()
		return nil, err
	}
	return k, nil
}

func (k *keeper) write(b []byte) error {
	k.sum = crc32.Update(k.sum, castagnoli, b)
	if _, err := k.w.Write(b); err != nil {
		return fmt.Errorf("keep the screening: %w", err)
	}
	return nil
}

// keep adds the line of a query; a name that stands twice is kept once.
func (k *keeper) keep(q match.Query, line []byte) error {
	key := queryKey(q)
	if k.seen[key] {
		return nil
	}
	k.seen[key] = true
	return k.write(fmt.Appendf(nil, "%016x %s", key, line))
}

// done puts the file in its place.
func (k *keeper) done() error {
	_, err := k.w.WriteString(ending(len(k.seen), k.sum))
	if err == nil {
		err = k.w.Flush()
	}
	if err == nil {
		err = disk.Settle(k.file, 0o644, k.path)
	}
	if err != nil {
		return fmt.Errorf("keep the screening: %w", err)
	}
	return nil
}

// drop removes what was written, unless it is in its place.
func (k *keeper) drop() {
	k.file.Close()
	os.Remove(k.file.Name())
}
