package casefile

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// drawTag begins what is hashed for a draw.
const drawTag = "plimsoll.audit-draw/v1"

// Drawn reports whether the seed of a month draws a clearance for a second look: one in [auditOne]. Whoever has the
// seed can draw again and compare.
func Drawn(seed string, decision ID) bool {
	sum := sha256.Sum256([]byte(drawTag + "\n" + seed + "\n" + string(decision) + "\n"))
	return binary.BigEndian.Uint64(sum[:8])%auditOne == 0
}

// seedSum is the hash by which a seed is bound before it is shown.
func seedSum(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return hex.EncodeToString(sum[:])
}

// periodOf is the month whose seed draws at a moment.
func periodOf(t time.Time) string { return t.UTC().Format("2006-01") }

// seed returns the seed of this month. The first clearance of a month makes it by chance and records its hash; nobody
// is shown the seed itself before the month is over, so that nobody can tell beforehand which clearance it draws.
func (w *work) seed() (string, error) {
	period := periodOf(w.now)
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	fresh := hex.EncodeToString(b[:])
	w.keep("audit_seed", period)
	r, err := w.tx.ExecContext(w.ctx,
		`INSERT INTO audit_seed (period, seed, made, shown) VALUES ($1, $2, $3, '') ON CONFLICT DO NOTHING`, period,
		fresh, Stamp(w.now))
	if err != nil {
		return "", err
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		if err != nil {
			return "", err
		}
		return fresh, w.d.record(w.ctx, w.tx, Event{At: w.now, Actor: clockwork.ID, Kind: EventSeed,
			Subject: ID("audit-" + period),
			Text: fmt.Sprintf("Second looks at clearances of %s are drawn with a seed whose SHA-256 is %s; it is "+
				"shown when the month is over", period, seedSum(fresh))})
	}
	var seed string
	err = w.tx.QueryRowContext(w.ctx, `SELECT seed FROM audit_seed WHERE period = $1`, period).Scan(&seed)
	return seed, err
}

// showSeeds records the seeds of months that are over, so that anybody who reads the ledger can draw again.
func (w *work) showSeeds() error {
	type seed struct{ period, seed string }
	list, err := all(w.ctx, w.tx,
		`SELECT period, seed FROM audit_seed WHERE shown = '' AND period < $1 ORDER BY period`,
		func(r row) (x seed, err error) {
			err = r.Scan(&x.period, &x.seed)
			return x, err
		}, periodOf(w.now))
	if err != nil {
		return err
	}
	for _, x := range list {
		w.keep("audit_seed", x.period)
		r, err := w.tx.ExecContext(w.ctx, `UPDATE audit_seed SET shown = $2 WHERE period = $1 AND shown = ''`, x.period,
			Stamp(w.now))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			continue // another server did
		}
		err = w.d.record(w.ctx, w.tx, Event{At: w.now, Actor: clockwork.ID, Kind: EventSeedShown,
			Subject: ID("audit-" + x.period),
			Text: fmt.Sprintf("The seed of second looks at clearances of %s was %s, with the SHA-256 %s", x.period,
				x.seed, seedSum(x.seed))})
		if err != nil {
			return err
		}
	}
	return nil
}
