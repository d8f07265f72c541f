// Package token keeps a master key in a PKCS#11 token: an RSA key whose private half never leaves it. What age encrypts
// to it is opened by the token alone.
//
// Invariants: a PIN comes from a file or the environment, never from the address itself, which others can read in the
// list of processes; a key that is not there is made only when its caller says so; a token that cannot be reached is an
// error in words.
package token

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Scheme is how the address of a key in a token begins (RFC 7512).
const Scheme = "pkcs11:"

// PINVariable is the variable of the environment that holds the PIN when the address names no file.
const PINVariable = "PLIMSOLL_TOKEN_PIN"

// An Address says which key of which token is meant (RFC 7512).
type Address struct {
	Module string // path of the library that speaks to the token
	Token  string // its label
	Serial string
	Object string // label of the key
	ID     []byte // of the key; nil: any
	PIN    string // file that holds the PIN; "": the environment
}

// Parse reads the address of a key: pkcs11:token=T;object=O?module-path=FILE&pin-source=FILE. Attributes that would
// name something else than one key of one token are refused.
func Parse(text string) (Address, error) {
	var a Address
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), Scheme)
	if !ok {
		return a, fmt.Errorf("%.20q is no address of a key in a token: it begins with %s", text, Scheme)
	}
	path, query, _ := strings.Cut(rest, "?")
	had := map[string]bool{}
	for _, part := range append(strings.Split(path, ";"), strings.Split(query, "&")...) {
		if part == "" {
			continue
		}
		name, raw, ok := strings.Cut(part, "=")
		value, err := url.PathUnescape(raw)
		if !ok || err != nil || value == "" || strings.ContainsAny(value, "\n\r\x00") {
			return a, fmt.Errorf("the address of a key in a token: %.40q cannot be read", part)
		}
		if had[name] {
			return a, fmt.Errorf("the address of a key in a token names %s twice", name)
		}
		had[name] = true
		if err := a.set(name, value); err != nil {
			return a, err
		}
	}
	switch {
	case a.Module == "" || !filepath.IsAbs(a.Module):
		return a, errors.New("the address of a key in a token needs module-path: the whole path of the token's library")
	case a.Token == "" && a.Serial == "":
		return a, errors.New("the address of a key in a token needs token, its label, or serial")
	case a.Object == "":
		return a, errors.New("the address of a key in a token needs object, the label of the key")
	}
	return a, nil
}

func (a *Address) set(name, value string) (err error) {
	switch name {
	case "module-path":
		a.Module = value
	case "token":
		a.Token = value
	case "serial":
		a.Serial = value
	case "object":
		a.Object = value
	case "id":
		a.ID = []byte(value)
	case "type":
		if value != "private" {
			return fmt.Errorf("the address of a key in a token: type %.20q is not private", value)
		}
	case "pin-source":
		if a.PIN = strings.TrimPrefix(value, "file:"); !filepath.IsAbs(a.PIN) {
			return errors.New("the address of a key in a token: pin-source is no whole path of a file")
		}
	case "pin-value":
		return fmt.Errorf("the address of a key in a token holds the PIN, which others could read: put it into a file "+
			"and name that as pin-source, or into %s", PINVariable)
	default:
		return fmt.Errorf("the address of a key in a token: %.40q is not known here", name)
	}
	return nil
}

// String is the one spelling of an address.
func (a Address) String() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+url.PathEscape(value))
		}
	}
	add("token", a.Token)
	add("serial", a.Serial)
	add("object", a.Object)
	if len(a.ID) > 0 {
		id := hex.EncodeToString(a.ID)
		var b strings.Builder
		for i := 0; i < len(id); i += 2 {
			b.WriteString("%" + id[i:i+2])
		}
		parts = append(parts, "id="+b.String())
	}
	out := Scheme + strings.ReplaceAll(strings.Join(parts, ";"), "&", "%26")
	query := "?module-path=" + escaped(a.Module)
	if a.PIN != "" {
		query += "&pin-source=file:" + escaped(a.PIN)
	}
	return out + query
}

// escaped escapes a path for the query of an address; slashes stay.
func escaped(path string) string {
	return strings.NewReplacer("%2F", "/", "&", "%26", ";", "%3B").Replace(url.PathEscape(path))
}

// pin reads the PIN.
func (a Address) pin() (string, error) {
	if a.PIN == "" {
		if pin := os.Getenv(PINVariable); pin != "" {
			return pin, nil
		}
		return "", fmt.Errorf("the PIN of the token is missing: name its file as pin-source, or set %s", PINVariable)
	}
	b, err := os.ReadFile(a.PIN)
	if err != nil {
		return "", fmt.Errorf("read the PIN of the token: %w", err)
	}
	if pin := strings.TrimRight(string(b), "\r\n"); pin != "" {
		return pin, nil
	}
	return "", fmt.Errorf("read the PIN of the token: %s is empty", a.PIN)
}
