// Package tokentest makes PKCS#11 tokens in software (SoftHSM 2) for tests.
//
// Invariants: a test program has one token, in a folder for temporary files; a test of a machine without SoftHSM is
// skipped with words, and fails where CI needs it.
package tokentest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"plimsoll/internal/keyring/token"
)

// modules are where Debian, Fedora and Homebrew put SoftHSM's library.
var modules = []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so",
	"/usr/lib64/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so",
	"/usr/local/lib/softhsm/libsofthsm2.so"}

// pin of the tokens that are made.
const pin = "4711-0815"

// made is the token of this process: SoftHSM does not see those that are made after its first use.
var made struct {
	once sync.Once
	err  error
}

const label = "plimsoll test"

// New returns the address of a key under a label of its own, which is not there yet, in a token.
func New(t testing.TB, object string) token.Address {
	t.Helper()
	var module string
	for _, pattern := range modules {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			module = found[0]
		}
	}
	tool, err := exec.LookPath("softhsm2-util")
	if module == "" || err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("SoftHSM 2 is not on this machine, and CI needs it (.ci/setup installs it)")
		}
		t.Skip("SoftHSM 2 is not on this machine: keys in a token are not tested")
	}
	if made.once.Do(func() { made.err = initialise(tool) }); made.err != nil {
		t.Fatal(made.err)
	}
	file := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(file, []byte(pin+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return token.Address{Module: module, Token: label, Object: object, PIN: file}
}

// initialise makes the token in a folder, and has the library look there.
func initialise(tool string) error {
	dir, err := os.MkdirTemp("", "plimsoll-token-*")
	if err != nil {
		return err
	}
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, "directories.tokendir = %s\nobjectstore.backend = file\n"+
		"log.level = ERROR\n", dir), 0o600); err != nil {
		return err
	}
	if err := os.Setenv("SOFTHSM2_CONF", conf); err != nil {
		return err
	}
	out, err := exec.Command(tool, "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin).
		CombinedOutput()
	if err != nil {
		return fmt.Errorf("make a token: %w: %s", err, out)
	}
	return nil
}
