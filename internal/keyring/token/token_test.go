package token_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"plimsoll/internal/keyring/token"
	"plimsoll/internal/keyring/token/tokentest"
)

func seal(t *testing.T, to age.Recipient, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err == nil {
		_, err = io.WriteString(w, text)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unseal(sealed []byte, with age.Identity) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), with)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), err
}

// TestToken: what is sealed to a key in a token is opened by that token, also after it was opened anew, and by many at
// once; by no other key.
func TestToken(t *testing.T) {
	a := tokentest.New(t, "plimsoll one")
	if _, err := token.Open(a.String(), false); !errors.Is(err, token.ErrNoKey) {
		t.Fatalf("a key that was never made: %v", err)
	}
	k, err := token.Open(a.String(), true)
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, k, "words")
	again, err := token.Open(a.String(), true)
	if err != nil || again.Name() != k.Name() {
		t.Fatalf("the key at the second opening: %v", err)
	}
	var wg sync.WaitGroup
	for _, key := range []*token.Key{k, again} {
		for range 8 {
			wg.Go(func() {
				if got, err := unseal(sealed, key); err != nil || got != "words" {
					t.Errorf("unseal: %q, %v", got, err)
				}
			})
		}
	}
	wg.Wait()
	b := a
	b.Object = "another"
	other, err := token.Open(b.String(), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unseal(sealed, other); err == nil {
		t.Error("another key of the token opens it")
	}
	soft, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unseal(sealed, soft); err == nil {
		t.Error("a key in no token opens it")
	}
	changed := bytes.Replace(sealed, []byte("plimsoll.pkcs11"), []byte("plimsoll.pkcs12"), 1)
	if _, err := unseal(changed, k); err == nil {
		t.Error("a changed header is opened")
	}
}

// TestTroubles: each trouble with a token is an error in words, and makes no key.
func TestTroubles(t *testing.T) {
	a := tokentest.New(t, "plimsoll two")
	wrong := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(wrong, []byte("0000"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*token.Address)
		want   string
	}{
		{"no library", func(a *token.Address) { a.Module = "/nowhere/x.so" }, "cannot be loaded"},
		{"a library that is none", func(a *token.Address) { a.Module = wrong }, "cannot be loaded"},
		{"another token", func(a *token.Address) { a.Token = "elsewhere" }, "no such token"},
		{"another serial", func(a *token.Address) { a.Serial = "ffff" }, "no such token"},
		{"no file of the PIN", func(a *token.Address) { a.PIN = "/nowhere/pin" }, "PIN"},
		{"no PIN", func(a *token.Address) { a.PIN = "" }, token.PINVariable},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := a
			c.change(&b)
			if _, err := token.Open(b.String(), true); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := token.Open(a.String(), false); !errors.Is(err, token.ErrNoKey) {
		t.Errorf("afterwards: %v", err)
	}
}

// TestAddress reads addresses of RFC 7512 and refuses what names no single key, or holds the PIN.
func TestAddress(t *testing.T) {
	const module = "?module-path=/usr/lib/x.so"
	for _, c := range []struct{ name, text, want string }{
		{"shortest", "pkcs11:token=a;object=b" + module, ""},
		{"serial", "pkcs11:serial=0123;object=b" + module, ""},
		{"escaped", "pkcs11:token=My%20token;object=b%3Bc;id=%01%ff" + module + "&pin-source=file:/run/p%26n", ""},
		{"pin-source without file:", "pkcs11:token=a;object=b" + module + "&pin-source=/run/pin", ""},
		{"empty", "", "begins with"},
		{"another scheme", "file:///x", "begins with"},
		{"no library", "pkcs11:token=a;object=b", "module-path"},
		{"a library without its path", "pkcs11:token=a;object=b?module-path=x.so", "module-path"},
		{"no token", "pkcs11:object=b" + module, "token"},
		{"no object", "pkcs11:token=a" + module, "object"},
		{"twice", "pkcs11:token=a;token=c;object=b" + module, "twice"},
		{"the PIN itself", "pkcs11:token=a;object=b" + module + "&pin-value=1234", "others could read"},
		{"a PIN from a program", "pkcs11:token=a;object=b" + module + "&pin-source=%7C/bin/pin", "pin-source"},
		{"a public key", "pkcs11:token=a;object=b;type=public" + module, "type"},
		{"unknown", "pkcs11:token=a;object=b;slot-id=1" + module, "not known"},
		{"half an escape", "pkcs11:token=a%2;object=b" + module, "cannot be read"},
		{"a line end", "pkcs11:token=a%0A;object=b" + module, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := token.Parse(c.text)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if b, err := token.Parse(a.String()); err != nil || b.String() != a.String() {
					t.Errorf("written as %s: %v", a, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// FuzzParse: an address that is read has one spelling, and holds no line end.
func FuzzParse(f *testing.F) {
	f.Add("pkcs11:token=a;object=b?module-path=/x&pin-source=file:/p")
	f.Add("pkcs11:token=My%20token;object=b%3Bc;id=%01%ff?module-path=/usr/lib/x%26y.so")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := token.Parse(text)
		if err != nil {
			return
		}
		s := a.String()
		b, err := token.Parse(s)
		if err != nil || b.String() != s || strings.ContainsAny(s, "\n\r ") {
			t.Errorf("%q is written as %q, that as %q: %v", text, s, b.String(), err)
		}
	})
}
