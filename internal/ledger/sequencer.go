package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
)

// A Store runs transactions: Write durably or not at all (do may run more than once), Read
// on one moment.
type Store interface {
	Write(ctx context.Context, do func(*sql.Tx) error) error
	Read(ctx context.Context, do func(*sql.Tx) error) error
}

// Config of a sequencer. Store, Dir and Key are needed.
type Config struct {
	Store    Store
	Dir      string        // where tiles and checkpoint are published; a local file system
	Key      *Key          // signs the checkpoints
	Remember string        // a file, best on another disk, that keeps the newest checkpoint; "" for none
	Every    time.Duration // how often waiting leaves are looked for; 50 ms when 0
	Lease    time.Duration // after which silence another sequencer takes over; 5 s when 0
	Batch    int           // leaves integrated at once; 1,024 when 0
	Log      *slog.Logger
	Now      func() time.Time

	// A checkpoint is published when Quorum of the witnesses have cosigned it, and not before.
	Witnesses []Witness
	Quorum    int
	Patience  time.Duration // how long witnesses may take, less than Lease; 3 s when 0
}

// A Witness cosigns checkpoints (C2SP tlog-witness). prove makes the proof that the tree of a checkpoint continues
// that of an earlier size.
type Witness interface {
	Name() string
	Cosign(ctx context.Context, signed []byte, at format.Checkpoint, prove func(old int64) ([]tlog.Hash, error)) (
		line string, err error)
}

// A Sequencer integrates waiting leaves and publishes the log. Many may run against one
// database; one at a time is elected, by a lease in the database and a lock on its folder.
// The lease only keeps them out of each other's way: that no index is given twice is held
// by the row ledger_log, which one transaction at a time can move, and only from the state
// that it has read. One goroutine may use a Sequencer.
type Sequencer struct {
	Config
	id     string
	folder *folder // nil until its lock is ours
	wake   chan struct{}
	fault  func(path string) error // nil outside of tests

	elected bool
	held    bool // the lease may be ours
	epoch   int64
	renewed time.Time
	state   state
	signed  []byte          // checkpoint that is published
	size    int64           // its size
	known   map[string]bool // folders that are there for good: they and their names were synced

	problem atomic.Pointer[string] // why nothing is published
	panel   panel
}

// A state is the tree as the database holds it.
type state struct {
	size int64
	edge format.Edge
}

// NewSequencer prepares a sequencer; Run or Step put it to work.
func NewSequencer(c Config) (*Sequencer, error) {
	if c.Every == 0 {
		c.Every = 50 * time.Millisecond
	}
	if c.Lease == 0 {
		c.Lease = 5 * time.Second
	}
	if c.Batch == 0 {
		c.Batch = 1024
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Patience == 0 {
		c.Patience = 3 * time.Second
	}
	if c.Quorum > len(c.Witnesses) {
		return nil, fmt.Errorf("start sequencer: %d witnesses cannot give a quorum of %d", len(c.Witnesses), c.Quorum)
	}
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("start sequencer: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("start sequencer: %w", err)
	}
	return &Sequencer{Config: c, id: hex.EncodeToString(b), wake: make(chan struct{}, 1)}, nil
}

// Wake tells a running sequencer that a transaction with leaves was committed. It never
// blocks and may be called by anybody.
func (s *Sequencer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run works until the context ends. It returns an error when the log may not go on: the
// database or the folder was set back or changed. Passing errors are logged and tried again.
func (s *Sequencer) Run(ctx context.Context) error {
	defer s.Close()
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	rest := time.Duration(0) // after a step that failed: twice as long each time
	for {
		n, err := s.Step(ctx)
		if err == nil || errors.Is(err, ErrNotElected) {
			if rest > 0 {
				s.problem.Store(nil)
			}
			rest = 0
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrRolledBack), errors.Is(err, ErrForked), errors.Is(err, ErrDamaged):
			s.Log.Error("ledger stopped", "err", err)
			return err
		case errors.Is(err, ErrWitnesses):
			s.Log.Warn("ledger step", "err", err)
			select { // leaves wait; asking more often would help nobody
			case <-ctx.Done():
				return nil
			case <-time.After(s.Patience / 5):
			}
		case err != nil && !errors.Is(err, ErrNotElected):
			if rest = min(max(2*rest, s.Every), longestRest); rest > loudRest || !s.said(err) {
				s.Log.Warn("ledger step", "err", err, "again in", rest)
			}
			why := err.Error()
			s.problem.Store(&why)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(rest):
			}
			continue
		case n == s.Batch:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// A sequencer whose steps fail rests for longer each time, and the log says each failure of a long rest, and of a
// short one only what it did not say just before.
const (
	longestRest = 30 * time.Second
	loudRest    = 10 * time.Second
)

// said reports whether the log has said this failure just before.
func (s *Sequencer) said(err error) bool {
	why := s.problem.Load()
	return why != nil && *why == err.Error()
}

// Close gives the lock and the lease back, so that another can take over at once.
func (s *Sequencer) Close() {
	s.panel.close()
	if s.held {
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		err := s.Store.Write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE ledger_log SET lease = 0 WHERE name = 'log' AND holder = $1`, s.id)
			return err
		})
		if err != nil {
			s.Log.Warn("give lease of the ledger back", "err", err) // it runs out by itself
		}
	}
	s.held = false
	s.elected = false
	s.folder.close()
	s.folder, s.known = nil, nil
}

// Step integrates what waits, up to a batch, and publishes it; it returns how many leaves.
// ErrNotElected says that another one works; what that one integrated is published then.
func (s *Sequencer) Step(ctx context.Context) (int, error) {
	if s.folder == nil {
		f, err := lockFolder(s.Dir)
		if err != nil {
			return 0, err
		}
		s.folder = f
	}
	if !s.elected {
		err := s.elect(ctx)
		if errors.Is(err, ErrNotElected) {
			if err := s.follow(ctx); err != nil {
				return 0, fmt.Errorf("follow the elected sequencer: %w", err)
			}
			return 0, err
		}
		if err != nil {
			return 0, err
		}
	}
	waits, err := s.waiting(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for waiting leaves: %w", err)
	}
	if !waits && s.Now().Sub(s.renewed) < s.Lease/3 {
		return 0, nil
	}
	n, err := s.integrate(ctx)
	if err != nil {
		s.elected = false // read everything again: the outcome of the transaction is not known
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	if err := s.publish(ctx); err != nil {
		s.elected = false
		return 0, err
	}
	return n, nil
}

// ripe is the lowest position of a leaf that waits and may be placed now.
func (s *Sequencer) ripe() int64 { return min(-1, -s.Now().UnixMilli()) }

func (s *Sequencer) waiting(ctx context.Context) (yes bool, err error) {
	err = s.Store.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`SELECT EXISTS (SELECT 1 FROM ledger_leaf WHERE position < 0 AND position >= $1)`, s.ripe()).Scan(&yes)
	})
	return yes, err
}

// elect takes the lease when it is free, has run out, or was held from the folder whose
// lock is now ours (its holder is dead), reads the state of the tree, compares it with what
// is published and remembered, and publishes what a predecessor did not come to publish.
func (s *Sequencer) elect(ctx context.Context) error {
	var st state
	var epoch int64
	at := s.Now()
	if err := s.free(ctx, at); err != nil {
		return fmt.Errorf("elect sequencer: %w", err)
	}
	err := s.Store.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO ledger_log (name, origin, size, root, checkpoint, holder, folder, epoch, lease)
VALUES ('log', $1, 0, $2, '', '', '', 0, 0) ON CONFLICT (name) DO NOTHING`, s.Key.Origin(), emptyRoot()); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `UPDATE ledger_log SET holder = $1, folder = $2, epoch = epoch + 1, lease = $3
WHERE name = 'log' AND (lease < $4 OR holder = $1 OR folder = $2)`, s.id, s.folder.id, at.Add(s.Lease).UnixMilli(),
			at.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, ErrNotElected)
		}
		if err := s.newestKey(ctx, tx); err != nil {
			return err
		}
		st, err = s.load(ctx, tx, &epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("elect sequencer: %w", err)
	}
	s.state, s.epoch, s.renewed, s.held = st, epoch, at, true
	if err := s.compare(ctx); err != nil {
		return err
	}
	if err := s.publish(ctx); err != nil {
		return err
	}
	s.elected = true
	return nil
}

// free looks, without writing, whether the lease can be had.
func (s *Sequencer) free(ctx context.Context, at time.Time) error {
	return s.Store.Read(ctx, func(tx *sql.Tx) error {
		var holder, folder string
		var lease int64
		err := tx.QueryRowContext(ctx, `SELECT holder, folder, lease FROM ledger_log WHERE name = 'log'`).Scan(&holder,
			&folder, &lease)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		case lease >= at.UnixMilli() && holder != s.id && folder != s.folder.id:
			return ErrNotElected
		}
		return nil
	})
}

// follow publishes in our folder what another sequencer, on another machine, integrated and
// signed: the files come from the database, so they are the same everywhere, and every
// server can hand out receipts.
func (s *Sequencer) follow(ctx context.Context) error {
	var st state
	var epoch int64
	grown := false
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		var size int64
		if err := tx.QueryRowContext(ctx, `SELECT size FROM ledger_log WHERE name = 'log'`).Scan(&size); err != nil {
			return err
		}
		if grown = size != s.size || s.signed == nil; !grown {
			return nil
		}
		var err error
		st, err = s.load(ctx, tx, &epoch)
		return err
	})
	if err != nil || !grown {
		return err
	}
	s.state = st
	if s.signed == nil {
		if err := s.compare(ctx); err != nil {
			return err
		}
	}
	return s.publish(ctx)
}

func emptyRoot() []byte { h := format.Edge(nil).Root(); return h[:] }

// load reads the tree and proves it against the recorded root.
func (s *Sequencer) load(ctx context.Context, tx *sql.Tx, epoch *int64) (state, error) {
	var st state
	var origin string
	var root []byte
	err := tx.QueryRowContext(ctx, `SELECT origin, size, root, epoch FROM ledger_log WHERE name = 'log'`).Scan(&origin,
		&st.size, &root, epoch)
	if err != nil {
		return st, err
	}
	if origin != s.Key.Origin() {
		return st, fmt.Errorf("the database holds the log %q, the key is of %q", origin, s.Key.Origin())
	}
	if st.edge, err = loadEdge(ctx, tx, st.size); err != nil {
		return st, err
	}
	if h := st.edge.Root(); string(h[:]) != string(root) {
		return st, fmt.Errorf("%w: leaves from %d to %d, or the tree below them, were changed", ErrDamaged,
			st.size/format.Width*format.Width, st.size-1)
	}
	return st, nil
}

// SQLite uses a partial index only where the condition of the index stands in the query word
// for word, and of two lower ends it takes the first: otherwise each tile would cost a walk
// through the whole table.
const (
	leafRange    = `SELECT position, leaf FROM ledger_leaf WHERE position >= $1 AND position < $2 AND position >= 0 ORDER BY position`
	placeWaiting = `UPDATE ledger_leaf SET position = $1 + w.rank FROM (
  SELECT queued AS q, row_number() OVER (ORDER BY queued) - 1 AS rank FROM (
    SELECT queued FROM ledger_leaf WHERE position < 0 AND position >= $3 ORDER BY queued LIMIT $2) AS v) AS w
WHERE ledger_leaf.queued = w.q RETURNING position, leaf`
)

// loadEdge reads the right edge of the tree of a size that the database has reached.
func loadEdge(ctx context.Context, tx *sql.Tx, size int64) (format.Edge, error) {
	var e format.Edge
	for level, n := 0, size; n > 0; level, n = level+1, n>>format.Height {
		from := n / format.Width * format.Width
		hs := make([]tlog.Hash, 0, format.Width)
		query, args := leafRange, []any{from, n}
		if level > 0 {
			query, args = `SELECT n, hash FROM ledger_node WHERE n >= $1 AND n < $2 AND level = $3 ORDER BY n`,
				[]any{from, n, level}
		}
		err := each(ctx, tx, query, args, func(at int64, b []byte) error {
			h, err := format.Hash(b), error(nil)
			if level > 0 {
				h, err = hash(b)
			}
			if at != from+int64(len(hs)) {
				return fmt.Errorf("%w: index %d of level %d is missing", ErrDamaged, from+int64(len(hs)), level)
			}
			hs = append(hs, h)
			return err
		})
		if err != nil {
			return nil, err
		}
		if int64(len(hs)) != n-from {
			return nil, fmt.Errorf("%w: index %d of level %d is missing", ErrDamaged, from+int64(len(hs)), level)
		}
		e = append(e, hs)
	}
	return e, nil
}

func each(ctx context.Context, tx *sql.Tx, query string, args []any, do func(int64, []byte) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var b []byte
		if err := rows.Scan(&n, &b); err != nil {
			return err
		}
		if err := do(n, b); err != nil {
			return err
		}
	}
	return rows.Err()
}

func hash(b []byte) (h tlog.Hash, err error) {
	if len(b) != len(h) {
		return h, fmt.Errorf("%w: a hash has %d bytes", ErrDamaged, len(b))
	}
	copy(h[:], b)
	return h, nil
}

type placed struct {
	position int64
	leaf     []byte
}

// integrate gives the next indexes to waiting leaves, in the order of their arrival, and
// signs the tree, in one transaction that holds only while the lease is ours.
func (s *Sequencer) integrate(ctx context.Context) (int, error) {
	var next state
	var n int
	at := s.Now()
	err := s.Store.Write(ctx, func(tx *sql.Tx) error {
		next, n = state{size: s.state.size, edge: s.state.edge.Clone()}, 0
		r, err := tx.ExecContext(ctx,
			`UPDATE ledger_log SET lease = $1 WHERE name = 'log' AND holder = $2 AND epoch = $3 AND size = $4`,
			at.Add(s.Lease).UnixMilli(), s.id, s.epoch, s.state.size)
		if err != nil {
			return err
		}
		if k, err := r.RowsAffected(); err != nil || k != 1 {
			return errors.Join(err, ErrNotElected)
		}
		leaves, err := s.place(ctx, tx)
		if err != nil || len(leaves) == 0 {
			return err
		}
		if err := s.grow(ctx, tx, &next, leaves); err != nil {
			return err
		}
		root := next.edge.Root()
		signed, err := format.Checkpoint{Origin: s.Key.Origin(), Size: next.size, Root: root}.Sign(s.Key.signers()...)
		if err != nil {
			return err
		}
		n = len(leaves)
		_, err = tx.ExecContext(ctx, `UPDATE ledger_log SET size = $1, root = $2, checkpoint = $3 WHERE name = 'log'`,
			next.size, root[:], string(signed))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("integrate leaves: %w", err)
	}
	s.state, s.renewed = next, at
	return n, nil
}

// place gives indexes to the first waiting leaves.
func (s *Sequencer) place(ctx context.Context, tx *sql.Tx) ([]placed, error) {
	rows, err := tx.QueryContext(ctx, placeWaiting, s.state.size, s.Batch, s.ripe())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []placed
	for rows.Next() {
		var p placed
		if err := rows.Scan(&p.position, &p.leaf); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b placed) int { return int(a.position - b.position) })
	return out, rows.Err()
}

// grow puts leaves on the tree and keeps the hashes of the tiles that they fill.
func (s *Sequencer) grow(ctx context.Context, tx *sql.Tx, st *state, leaves []placed) error {
	for _, p := range leaves {
		if p.position != st.size {
			return fmt.Errorf("%w: index %d was given where %d is next", ErrDamaged, p.position, st.size)
		}
		if len(p.leaf) > format.MaxLeaf {
			return fmt.Errorf("%w: leaf %d has %d bytes", ErrDamaged, p.position, len(p.leaf))
		}
		var err error
		st.edge.Add(st.size, format.Hash(p.leaf), func(level int, n int64, h tlog.Hash) {
			if err == nil {
				_, err = tx.ExecContext(ctx, `INSERT INTO ledger_node (level, n, hash) VALUES ($1, $2, $3)`, level+1, n,
					h[:])
			}
		})
		if err != nil {
			return err
		}
		st.size++
	}
	return nil
}

// compare stops a log whose database does not continue what was published or remembered.
func (s *Sequencer) compare(ctx context.Context) error {
	verifier := s.Key.verifier
	s.signed, s.size = nil, 0
	for _, c := range []struct{ what, path string }{{"published", s.folder.path(format.CheckpointPath)},
		{"remembered", s.Remember}} {
		if c.path == "" {
			continue
		}
		b, err := os.ReadFile(c.path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s checkpoint: %w", c.what, err)
		}
		old, err := format.OpenCheckpoint(b, verifier)
		if err != nil {
			return fmt.Errorf("%w: %s checkpoint: %w", ErrForked, c.what, err)
		}
		if old.Size > s.state.size {
			return fmt.Errorf("%w: the %s checkpoint has %d leaves, the database %d; it was restored from an old copy",
				ErrRolledBack, c.what, old.Size, s.state.size)
		}
		var edge format.Edge
		if err := s.Store.Read(ctx, func(tx *sql.Tx) (err error) {
			edge, err = loadEdge(ctx, tx, old.Size)
			return err
		}); err != nil {
			return fmt.Errorf("read the tree of the %s checkpoint: %w", c.what, err)
		}
		if edge.Root() != old.Root {
			return fmt.Errorf("%w: the first %d leaves are not those of the %s checkpoint", ErrForked, old.Size, c.what)
		}
		if c.what == "published" {
			s.signed, s.size = b, old.Size
		}
	}
	return nil
}
