package access

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/ledger/format"
)

// A Head names one snapshot and is what the publisher signs, as a C2SP signed note:
//
//	plimsoll access snapshot
//	name of the publisher
//	version
//	when it was vouched for, RFC 3339 in UTC with nanoseconds
//	SHA-256 of the table, hex
//
// The publisher signs the same version again from time to time, so that a replica that is cut
// off can see its own age grow.
type Head struct {
	Name    string
	Version uint64
	Issued  time.Time
	Table   string
}

const headTitle = "plimsoll access snapshot"

func (h Head) text() string {
	return headTitle + "\n" + h.Name + "\n" + strconv.FormatUint(h.Version, 10) + "\n" +
		h.Issued.UTC().Format(time.RFC3339Nano) + "\n" + h.Table + "\n"
}

// errOtherKey says that a head is signed with a key that is not known.
var errOtherKey = errors.New("read snapshot head: no signature by the expected key")

// openHead checks the signature and reads the head.
func openHead(msg []byte, v note.Verifier) (Head, error) {
	n, err := note.Open(msg, note.VerifierList(format.Known(v)...))
	if err != nil {
		var unverified *note.UnverifiedNoteError
		if errors.As(err, &unverified) {
			return Head{}, errOtherKey
		}
		return Head{}, fmt.Errorf("read snapshot head: %w", err)
	}
	l := strings.Split(n.Text, "\n")
	if len(l) != 6 || l[0] != headTitle || l[5] != "" || len(l[4]) != 64 {
		return Head{}, errors.New("read snapshot head: it is signed, but no snapshot head")
	}
	h := Head{Name: l[1], Table: l[4]}
	if h.Version, err = strconv.ParseUint(l[2], 10, 64); err != nil {
		return Head{}, fmt.Errorf("read snapshot head: version: %w", err)
	}
	if h.Issued, err = time.Parse(time.RFC3339Nano, l[3]); err != nil {
		return Head{}, fmt.Errorf("read snapshot head: time: %w", err)
	}
	if h.text() != n.Text {
		return Head{}, errors.New("read snapshot head: it is not written canonically")
	}
	for _, sig := range n.Sigs {
		if upto, ok := format.SignedUpto(v, sig); ok && (upto < 0 || h.Version <= uint64(upto)) {
			return h, nil
		}
	}
	return Head{}, errors.New("read snapshot head: it is signed with a key that was replaced before")
}

// Age is how long ago the publisher vouched for the snapshot; 0 for one that was not signed.
func (x *Index) Age(now time.Time) time.Duration {
	if x.issued.IsZero() {
		return 0
	}
	return max(now.Sub(x.issued), 0)
}

// Stale reports whether the snapshot is older than its settings allow.
func (x *Index) Stale(now time.Time) bool {
	s := x.settings.Stale
	return s.After > 0 && x.Age(now) > s.After
}
