package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/evidence"
	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
)

// A Custody joins a folder of evidence to the cases and the ledger of a database. The custody
// log of a case is written first, by the folder, before anything it tells of is acknowledged;
// Record then brings it into the database, each event with its leaf in one transaction. What
// the database lacks because a program was killed between the two, the next Record adds: an
// event may come late, but is neither lost nor doubled. Its methods may be called by many
// goroutines, and by several programs on one folder.
type Custody struct {
	DB    *Store
	Files *evidence.Store
	Log   *ledger.Log // the published ledger, for receipts
	VKey  string
	// Publish, when set, has waiting leaves published by this program; else another one does.
	Publish func(context.Context) error
	// Wake, when set, tells the sequencer that leaves wait.
	Wake func()
	// Also, when set, is what else a recheck looks at.
	Also func(context.Context) ([]evidence.Problem, error)
}

// custodySubject is under which a custody event is found in the ledger.
func custodySubject(name string) string { return "custody/" + name }

func custodyID(name string, seq int) string { return fmt.Sprintf("%s/%06d", name, seq) }

var custodyColumns = []string{"case_id", "seq", "at", "actor", "action", "item", "line"}

// Record brings database and ledger up to the custody log of a case, as far as the log is
// now, and has it published.
func (c *Custody) Record(ctx context.Context, name string) error {
	ctx = context.WithoutCancel(ctx) // what stands in the log is recorded, whoever went away
	var lines [][]byte
	var events []evidence.Event
	at, err := c.Files.Events(name, func(e evidence.Event, line []byte) error {
		lines, events = append(lines, bytes.Clone(line)), append(events, e)
		return nil
	})
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return nil
	}
	err = c.DB.Write(ctx, func(tx *sql.Tx) error {
		had, err := c.had(ctx, tx, name, lines)
		if err != nil {
			return err
		}
		for i := had; i < len(lines); i++ {
			if err := addCustody(ctx, tx, i+1, events[i], lines[i]); err != nil {
				return err
			}
		}
		return c.DB.saveItems(ctx, tx, at, events[min(had, len(events)):])
	})
	if err != nil {
		return fmt.Errorf("the custody log is written, the database is not: %w", err)
	}
	if c.Wake != nil {
		c.Wake()
	}
	if c.Publish != nil {
		return c.Publish(ctx)
	}
	return nil
}

// had is how many events of a case the database has. Its last one has to be that of the log.
// A database that is ahead has what another program recorded since the log was read here.
func (c *Custody) had(ctx context.Context, tx *sql.Tx, name string, lines [][]byte) (n int, err error) {
	// Two recorders of one case take turns: PostgreSQL holds the second at the lock.
	if c.DB.postgres {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext($1))`, custodySubject(name)); err != nil {
			return 0, err
		}
	}
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM custody_event WHERE case_id = $1`, name).Scan(&n); err != nil {
		return 0, err
	}
	at := min(n, len(lines))
	if at == 0 {
		return n, nil
	}
	var line string
	err = tx.QueryRowContext(ctx, `SELECT line FROM custody_event WHERE id = $1`, custodyID(name, at)).Scan(&line)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, fmt.Errorf("%w: event %d of case %s is missing from the database", evidence.ErrDamaged, at, name)
	case err != nil:
		return 0, err
	case line != string(lines[at-1]):
		return 0, fmt.Errorf("%w: event %d of case %s is not the one that the ledger recorded", evidence.ErrDamaged, at,
			name)
	}
	if n > len(lines) {
		now, err := c.Files.Case(name)
		if err != nil {
			return 0, err
		}
		if int(now.Events) < n {
			return 0, fmt.Errorf("%w: the ledger has %d custody events of case %s, its log has %d: events were taken "+
				"away", evidence.ErrDamaged, n, name, now.Events)
		}
	}
	return n, nil
}

func addCustody(ctx context.Context, tx *sql.Tx, seq int, e evidence.Event, line []byte) error {
	id := custodyID(e.Case, seq)
	_, err := tx.ExecContext(ctx,
		`INSERT INTO custody_event (id, case_id, seq, at, actor, action, item, line) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, e.Case, seq, e.Time, e.Actor, string(e.Action), e.Item, string(line))
	if err != nil {
		return fmt.Errorf("record custody event: %w", err)
	}
	kind := ledger.Custody
	if e.Action == evidence.Collect {
		kind = ledger.Evidence
	}
	_, err = ledger.Append(ctx, tx, ledger.Entry{Kind: kind, Subject: custodySubject(e.Case), Actor: e.Actor,
		Content: line,
		Row:     &ledger.Row{Table: "custody_event", Key: "id", Value: id, Columns: custodyColumns}})
	return err
}

// saveItems writes what the log says of the items that the new events speak of.
func (s *Store) saveItems(ctx context.Context, tx *sql.Tx, at *evidence.Case, events []evidence.Event) error {
	touched, all, by := map[string]bool{}, false, ""
	for _, e := range events {
		touched[e.Item], by = true, e.Actor
		all = all || e.Item == "" // a hold of the whole case
	}
	for place, i := range at.Items {
		if !touched[i.SHA256] && !all {
			continue
		}
		x := *i
		x.Held = i.Held || at.Held
		body, err := json.Marshal(x)
		if err != nil {
			return err
		}
		err = s.writing(ctx, tx, "evidence_item", by, casefile.Row(at.Name+"/"+i.SHA256),
			`INSERT INTO evidence_item (case_id, sha256, place, kept, body) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (case_id, sha256) DO UPDATE SET kept = excluded.kept, body = excluded.body`, at.Name, i.SHA256,
			place, i.Deleted == nil, string(body))
		if err != nil {
			return fmt.Errorf("record item %s: %w", i.SHA256, err)
		}
	}
	return nil
}

// RecordAll brings the database up to every custody log: at the start of a server. Logs that
// are damaged or missing are told together, after the others.
func (c *Custody) RecordAll(ctx context.Context) error {
	names, err := c.Files.Cases()
	if err != nil {
		return err
	}
	var damaged []error
	if err := c.MayErase(ctx); err != nil {
		if !errors.Is(err, evidence.ErrDamaged) {
			return err
		}
		damaged = append(damaged, err)
	}
	for _, n := range names {
		err := c.Record(ctx, n)
		if err != nil && !errors.Is(err, evidence.ErrDamaged) {
			return err
		}
		damaged = append(damaged, err)
	}
	return errors.Join(damaged...)
}

// Check compares every custody log with the database, event by event, after what a killed
// program did not get to record was recorded. It goes from the record to the files too: a log, or
// an original, that the database knows and the folder no longer has is a problem.
func (c *Custody) Check(ctx context.Context, k *evidence.Check) error {
	names, err := c.Files.Cases()
	if err != nil {
		return err
	}
	recorded, err := c.recordedCases(ctx)
	if err != nil {
		return err
	}
	for _, name := range recorded {
		if !slices.Contains(names, name) {
			k.Problems = append(k.Problems, evidence.Problem{Where: "case " + name,
				What: "its custody log is missing; the ledger has recorded it"})
			if err := c.checkKept(ctx, name, k); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if err := c.Record(ctx, name); err != nil && !errors.Is(err, evidence.ErrDamaged) {
			return err
		}
		if err := c.checkCase(ctx, name, k); err != nil {
			return err
		}
	}
	return nil
}

// recordedCases lists the cases whose custody the database knows.
func (c *Custody) recordedCases(ctx context.Context) (out []string, err error) {
	err = c.DB.Read(ctx, func(tx *sql.Tx) error {
		out = nil
		rows, err := tx.QueryContext(ctx, `SELECT DISTINCT case_id FROM custody_event ORDER BY case_id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			out = append(out, name)
		}
		return rows.Err()
	})
	return out, err
}

// MayErase reports whether every custody log that the database knows is there: while one is
// missing nobody can say which originals its case holds, and none may be erased.
func (c *Custody) MayErase(ctx context.Context) error {
	names, err := c.Files.Cases()
	if err != nil {
		return err
	}
	recorded, err := c.recordedCases(ctx)
	if err != nil {
		return err
	}
	var missing []error
	for _, n := range recorded {
		if !slices.Contains(names, n) {
			missing = append(missing, fmt.Errorf("%w: the custody log of case %s is missing; the ledger has recorded "+
				"it", evidence.ErrDamaged, n))
		}
	}
	return errors.Join(missing...)
}

// checkKept looks for the originals that the database says a case keeps: its log is not there to
// say so.
func (c *Custody) checkKept(ctx context.Context, name string, k *evidence.Check) error {
	return c.DB.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx,
			`SELECT sha256 FROM evidence_item WHERE case_id = $1 AND kept = TRUE ORDER BY place`, name)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var sum string
			if err := rows.Scan(&sum); err != nil {
				return err
			}
			if !c.Files.Has(sum) {
				k.Problems = append(k.Problems, evidence.Problem{Where: "original " + sum,
					What: "it is missing; case " + name + " holds it"})
			}
		}
		return rows.Err()
	})
}

// Missing names what the database knows and the folder no longer has: logs, originals, keys. It reads no original, so
// that it may be asked often.
func (c *Custody) Missing(ctx context.Context) (out []evidence.Problem, err error) {
	names, err := c.Files.Cases()
	if err != nil {
		return nil, err
	}
	recorded, err := c.recordedCases(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range recorded {
		if !slices.Contains(names, name) {
			out = append(out, evidence.Problem{Where: "case " + name, What: "its custody log is missing; the ledger " +
				"has recorded it"})
		}
	}
	if c.Files.LacksMaster() {
		out = append(out, evidence.Problem{Where: "evidence", What: "the file of the master key is missing: no " +
			"server starts without it"})
	}
	err = c.DB.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx,
			`SELECT case_id, sha256 FROM evidence_item WHERE kept = TRUE ORDER BY case_id, place`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name, sum string
			if err := rows.Scan(&name, &sum); err != nil {
				return err
			}
			if why := c.Files.Lacks(name, sum); why != "" {
				out = append(out, evidence.Problem{Where: "original " + sum, What: why + "; case " + name +
					" holds it"})
			}
		}
		return rows.Err()
	})
	return out, err
}

func (c *Custody) checkCase(ctx context.Context, name string, k *evidence.Check) error {
	wrong := func(format string, args ...any) {
		k.Problems = append(k.Problems, evidence.Problem{Where: "case " + name, What: fmt.Sprintf(format, args...)})
	}
	return c.DB.Read(ctx, func(tx *sql.Tx) error {
		var had []string
		rows, err := tx.QueryContext(ctx, `SELECT line FROM custody_event WHERE case_id = $1 ORDER BY seq`, name)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			had = append(had, line)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		n := 0
		_, err = c.Files.Events(name, func(_ evidence.Event, line []byte) error {
			if n < len(had) && had[n] != string(line) {
				wrong("event %d of case %s is not the one that the ledger recorded", n+1, name)
			}
			n++
			return nil
		})
		if errors.Is(err, evidence.ErrDamaged) {
			return nil // Verify has said so
		}
		if err == nil && n < len(had) {
			wrong("the custody log has %d events, the ledger %d", n, len(had))
		}
		return err
	})
}

// awaitReceipt is how long an export waits for leaves to be published.
const awaitReceipt = 30 * time.Second

// Proofs returns a receipt for every custody event of a case, the public key, and how it took the place of others.
func (c *Custody) Proofs(ctx context.Context, at *evidence.Case) (map[string][]byte, error) {
	if err := c.Record(ctx, at.Name); err != nil {
		return nil, err
	}
	var had []ledger.Position
	var rotations []byte
	err := c.DB.Read(ctx, func(tx *sql.Tx) (err error) {
		if had, err = ledger.Find(ctx, tx, custodySubject(at.Name), ""); err == nil {
			rotations, _, err = ledger.Rotations(ctx, tx, ledger.OwnKey)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, awaitReceipt)
	defer stop()
	out := map[string][]byte{"vkey": []byte(c.VKey + "\n")}
	if len(rotations) > 0 {
		out[format.RotationsPath] = rotations
	}
	for i, p := range had[:min(int64(len(had)), at.Events)] {
		r, err := c.receipt(ctx, p.ID)
		if err != nil {
			return nil, fmt.Errorf("receipt of custody event %d: %w", i+1, err)
		}
		out[fmt.Sprintf("proofs/custody-%06d.tlog-proof", i+1)] = r.Encode()
	}
	return out, nil
}

// receipt waits for a leaf to be published: by whoever is at work, else by us.
func (c *Custody) receipt(ctx context.Context, id string) (format.Receipt, error) {
	for {
		r, err := c.Log.Receipt(ctx, id, ledger.FieldContent)
		if !errors.Is(err, ledger.ErrPending) {
			return r, err
		}
		if c.Publish != nil {
			if err := c.Publish(ctx); err != nil {
				return r, err
			}
		}
		select {
		case <-ctx.Done():
			return r, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A Recheck is one reading of all originals.
type Recheck struct {
	Began     time.Time          `json:"began"`
	Ended     time.Time          `json:"ended"`
	Originals int                `json:"originals"`
	Bytes     int64              `json:"bytes"`
	Problems  []evidence.Problem `json:"problems"`
}

// Verify reads every original and every custody log again, and compares both with the database.
// each is called after every original, and may take its time.
func (c *Custody) Verify(ctx context.Context, each func(sum string, size int64)) (*evidence.Check, error) {
	known, err := c.recordedCases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read evidence again: %w", err)
	}
	k, err := c.Files.VerifyCases(ctx, known, each)
	if err != nil {
		return nil, fmt.Errorf("read evidence again: %w", err)
	}
	if err := c.Check(ctx, k); err != nil {
		return nil, fmt.Errorf("compare custody logs with the database: %w", err)
	}
	return k, nil
}

// Recheck reads every original and every custody log again, compares both with the database,
// and keeps what it found. each is called after every original, and may take its time.
func (c *Custody) Recheck(ctx context.Context, each func(sum string, size int64)) (Recheck, error) {
	x := Recheck{Began: c.DB.now(), Problems: []evidence.Problem{}}
	k, err := c.Verify(ctx, each)
	if err != nil {
		return x, err
	}
	x.Problems = append(x.Problems, k.Problems...)
	if c.Also != nil {
		more, err := c.Also(ctx)
		if err != nil {
			return x, err
		}
		x.Problems = append(x.Problems, more...)
	}
	x.Ended, x.Originals, x.Bytes = c.DB.now(), k.Originals, k.Bytes
	problems, err := json.Marshal(x.Problems)
	if err != nil {
		return x, err
	}
	err = c.DB.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO evidence_check (began, ended, originals, bytes, problems) VALUES ($1, $2, $3, $4, $5)`,
			casefile.Stamp(x.Began), casefile.Stamp(x.Ended), x.Originals, x.Bytes, string(problems))
		return err
	})
	return x, err
}

// LastRecheck is the newest reading of all originals; nil when there was none.
func (s *Store) LastRecheck(ctx context.Context) (*Recheck, error) {
	var x Recheck
	var began, ended, problems string
	err := s.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx,
			`SELECT began, ended, originals, bytes, problems FROM evidence_check ORDER BY seq DESC LIMIT 1`).Scan(
			&began, &ended, &x.Originals, &x.Bytes, &problems)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read last check of evidence: %w", err)
	}
	x.Began, x.Ended = casefile.When(began), casefile.When(ended)
	return &x, json.Unmarshal([]byte(problems), &x.Problems)
}
