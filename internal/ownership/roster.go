package ownership

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"os"

	"plimsoll/internal/party"
)

// A Roster keeps the parties of one file by their key in that file, so that a statement may
// name a party that the file describes later. It holds some 50 bytes a party in memory; the
// descriptions go to a temporary file once they outgrow a buffer. Not for concurrent use.
type Roster struct {
	seed [2]maphash.Seed
	at   map[[2]uint64]span
	now  map[[2]uint64][2]uint64 // replaced key → key that replaces it
	buf  []byte                  // from offset file on
	file int64                   // bytes in spill
	tmp  *os.File
	room int
}

type span struct {
	off int64
	n   int32
}

// rosterRoom is how much a roster keeps in memory before it writes to disk.
const rosterRoom = 16 << 20

// NewRoster returns an empty roster. Close removes what it wrote.
func NewRoster() *Roster {
	return &Roster{
		seed: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		at:   map[[2]uint64]span{}, now: map[[2]uint64][2]uint64{}, room: rosterRoom,
	}
}

// Key returns 128 bits that stand for s within this roster.
func (r *Roster) Key(s string) [2]uint64 {
	return [2]uint64{maphash.String(r.seed[0], s), maphash.String(r.seed[1], s)}
}

// Put keeps ref under key; a later Put replaces it.
func (r *Roster) Put(key string, ref party.Ref) error {
	b, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	if len(r.buf)+len(b) > r.room && len(r.buf) > 0 {
		if err := r.spill(); err != nil {
			return fmt.Errorf("spool parties: %w", err)
		}
	}
	r.at[r.Key(key)] = span{off: r.file + int64(len(r.buf)), n: int32(len(b))}
	r.buf = append(r.buf, b...)
	return nil
}

func (r *Roster) spill() error {
	if r.tmp == nil {
		f, err := os.CreateTemp("", "plimsoll-parties-*")
		if err != nil {
			return err
		}
		r.tmp = f
	}
	if _, err := r.tmp.WriteAt(r.buf, r.file); err != nil {
		return err
	}
	r.file += int64(len(r.buf))
	r.buf = r.buf[:0]
	return nil
}

// Replace says that what is kept under old is kept under key by now.
func (r *Roster) Replace(old, key string) {
	if old != key {
		r.now[r.Key(old)] = r.Key(key)
	}
}

// Has reports whether anything is kept under key, or under what replaced it.
func (r *Roster) Has(key string) bool {
	k := r.Key(key)
	_, kept := r.at[k]
	_, replaced := r.now[k]
	return kept || replaced
}

// Get returns the party kept under key, or under the key that replaced it.
func (r *Roster) Get(key string) (party.Ref, bool, error) {
	var ref party.Ref
	k := r.Key(key)
	s, ok := r.at[k]
	for range 1000 { // a chain of replacements may run in a circle
		next, replaced := r.now[k]
		if !replaced {
			break
		}
		k = next
		if newer, have := r.at[k]; have {
			s, ok = newer, true
		}
	}
	if !ok {
		return ref, false, nil
	}
	var b []byte
	if s.off >= r.file {
		b = r.buf[s.off-r.file:][:s.n]
	} else {
		b = make([]byte, s.n)
		if _, err := r.tmp.ReadAt(b, s.off); err != nil {
			return ref, false, fmt.Errorf("read spooled party: %w", err)
		}
	}
	if err := json.Unmarshal(b, &ref); err != nil {
		return ref, false, fmt.Errorf("read spooled party: %w", err)
	}
	return ref, true, nil
}

// Close removes the temporary file.
func (r *Roster) Close() error {
	if r.tmp == nil {
		return nil
	}
	r.tmp.Close()
	return os.Remove(r.tmp.Name())
}
