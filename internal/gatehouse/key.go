package gatehouse

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/mod/sumdb/note"

	"plimsoll/internal/disk"
)

// openKey reads the key that snapshots are signed with, DIR/key, and makes it at the first start.
// Servers that start at once make one.
func openKey(dir string) (note.Signer, error) {
	path := filepath.Join(dir, "key")
	b, err := madeOnce(path, func() ([]byte, error) {
		secret, public, err := note.GenerateKey(rand.Reader, "plimsoll.access")
		if err != nil {
			return nil, err
		}
		return []byte(secret + "\n"), os.WriteFile(path+".pub", []byte(public+"\n"), 0o644)
	})
	if err != nil {
		return nil, fmt.Errorf("open access key: %w", err)
	}
	signer, err := note.NewSigner(string(bytes.TrimSpace(b)))
	if err != nil {
		return nil, fmt.Errorf("read access key %s: %w", path, err)
	}
	return signer, nil
}

// tokens reads the tokens of the callers: those of the file that was given, else of DIR/tokens,
// which is made with one token at the first start.
func (g *Gatehouse) tokens() (map[string]string, error) {
	if g.tokensFile = g.Tokens; g.tokensFile != "" {
		return ReadTokens(g.tokensFile)
	}
	g.tokensFile = filepath.Join(g.Dir, "tokens")
	_, err := madeOnce(g.tokensFile, func() ([]byte, error) {
		b := make([]byte, 32)
		rand.Read(b)
		return []byte("# Who may ask the access door: a line each, the caller's name, a space, the token.\ngateway " +
			base64.RawURLEncoding.EncodeToString(b) + "\n"), nil
	})
	if err != nil {
		return nil, fmt.Errorf("open access tokens: %w", err)
	}
	return ReadTokens(g.tokensFile)
}

// TokensFile is the file that holds the tokens of the callers.
func (g *Gatehouse) TokensFile() string { return g.tokensFile }

// madeOnce reads a file that only its owner may read, and makes it when there is none. Several
// programs may do this at once.
func madeOnce(path string, make func() ([]byte, error)) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(filepath.Dir(path), "lock")).Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	b, err := os.ReadFile(path)
	if !errors.Is(err, os.ErrNotExist) {
		return b, err
	}
	if b, err = make(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := disk.Move(path+".new", path); err != nil {
		return nil, err
	}
	return b, nil
}

// ReadTokens reads a file of bearer tokens: a line each, the caller's name, a space, the token.
// Empty lines and lines that begin with # are passed over; "" is no file and no tokens.
func ReadTokens(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	out := map[string]string{}
	for i, l := range strings.Split(string(b), "\n") {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		name, token, ok := strings.Cut(l, " ")
		if token = strings.TrimSpace(token); !ok || token == "" || out[name] != "" {
			return nil, fmt.Errorf("read tokens %s: line %d: want one caller's name, a space, a token", path, i+1)
		}
		out[name] = token
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("read tokens %s: there are none", path)
	}
	return out, nil
}
