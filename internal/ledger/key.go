package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
	"plimsoll/internal/ledger/format"
)

// A Key signs the checkpoints of one log. Its name is the log's origin.
type Key struct {
	signer   note.Signer
	verifier note.Verifier
	vkey     string
}

// GenerateKey makes a new Ed25519 key and returns its secret text and its public vkey.
func GenerateKey(origin string) (secret, vkey string, err error) {
	secret, vkey, err = note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", "", fmt.Errorf("make key of log %q: %w", origin, err)
	}
	return secret, vkey, nil
}

// ParseKey reads a secret text and its vkey, one per line.
func ParseKey(text string) (*Key, error) {
	line := strings.Fields(text)
	if len(line) != 2 {
		return nil, errors.New("read key of the log: two lines are needed, the secret and the vkey")
	}
	s, err := note.NewSigner(line[0])
	if err != nil {
		return nil, errors.New("read key of the log: the secret cannot be read")
	}
	v, err := note.NewVerifier(line[1])
	if err != nil || v.Name() != s.Name() || v.KeyHash() != s.KeyHash() {
		return nil, errors.New("read key of the log: the vkey does not belong to the secret")
	}
	return &Key{signer: s, verifier: v, vkey: line[1]}, nil
}

// OpenKey reads the key of a log from a file that only its owner may read, or makes it
// when there is none: for a new log only, so the caller says whether there may be none.
func OpenKey(path, origin string, create bool) (*Key, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && create {
		secret, vkey, err := GenerateKey(origin)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("keep key of the log: %w", err)
		}
		b = []byte(secret + "\n" + vkey + "\n")
		if err := writeFile(path, b, 0o600); err != nil {
			return nil, fmt.Errorf("keep key of the log: %w", err)
		}
		if err := disk.SyncFolder(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("keep key of the log: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read key of the log: %w", err)
	}
	k, err := ParseKey(string(b))
	if err != nil {
		return nil, err
	}
	if k.Origin() != origin {
		return nil, fmt.Errorf("read key of the log: %s is the key of %q, not of %q", path, k.Origin(), origin)
	}
	return k, nil
}

// Origin reads the name of the log that a database holds; "" when it holds none yet.
func Origin(ctx context.Context, db Store) (origin string, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT origin FROM ledger_log WHERE name = 'log'`).Scan(&origin)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read name of the log: %w", err)
	}
	return origin, nil
}

// Origin is the name of the log.
func (k *Key) Origin() string { return k.signer.Name() }

// VKey is the public key that verifiers need.
func (k *Key) VKey() string { return k.vkey }

// Verifier checks the log's signatures.
func (k *Key) Verifier() note.Verifier { return k.verifier }

// Vouch signs a leaf about a row that gives power, for format.Past.
func (k *Key) Vouch(id string, row []byte) (string, error) {
	sig, err := k.signer.Sign(format.VouchText(id, row))
	if err != nil {
		return "", fmt.Errorf("sign a leaf: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sig), nil
}

func (k *Key) signers() []note.Signer { return []note.Signer{k.signer} }
