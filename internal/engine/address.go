// Package engine speaks with a SQL engine that stands beside the bills: it finds tables of charges by their columns and
// brings the rows of one statement.
//
// Invariants: only rows of statements of this program leave the engine, never a table as it lies; rows are taken whole
// or not at all; a password or token is read from the environment or a file, sent over TLS only, and stands in no error
// and no output.
package engine

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// An Address says which engine, catalog and schema are meant: trino://user@host:8080/catalog/schema, trinos:// for TLS.
type Address struct {
	TLS             bool
	User, Host      string // Host with its port
	Catalog, Schema string
}

// forms are how an address is written, for errors.
const forms = "trino://user@host:8080/catalog/schema, or trinos:// for TLS"

// ParseAddress reads an address. Nothing of a password that stands in it is repeated.
func ParseAddress(s string) (Address, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Address{}, fmt.Errorf("the address of the engine is not written %s", forms)
	}
	a := Address{TLS: u.Scheme == "trinos", User: u.User.Username(), Host: u.Host}
	if _, has := u.User.Password(); has {
		return Address{}, fmt.Errorf("a password does not stand in the address: set %s or %s", EnvPassword,
			EnvPasswordFile)
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch {
	case u.Scheme != "trino" && u.Scheme != "trinos":
		return Address{}, fmt.Errorf("engine %q is none that is known: %s", u.Redacted(), forms)
	case u.Hostname() == "" || a.User == "":
		return Address{}, fmt.Errorf("engine %q names no user and host: %s", u.Redacted(), forms)
	case len(parts) != 2 || parts[0] == "" || parts[1] == "":
		return Address{}, fmt.Errorf("engine %q does not name one catalog and schema: %s", u.Redacted(), forms)
	case u.RawQuery != "" || u.Fragment != "":
		return Address{}, fmt.Errorf("engine %q has more than user, host, catalog and schema: %s", u.Host, forms)
	}
	if u.Port() == "" {
		a.Host += map[bool]string{true: ":443", false: ":8080"}[a.TLS]
	}
	a.Catalog, a.Schema = parts[0], parts[1]
	return a, nil
}

// ParseSchema reads the name of a schema, catalog.schema.
func ParseSchema(s string) (catalog, schema string, err error) {
	catalog, schema, ok := strings.Cut(s, ".")
	if !ok || catalog == "" || schema == "" || strings.ContainsAny(s, "\"\r\n\t ") || strings.Contains(schema, ".") {
		return "", "", fmt.Errorf("%q is not written catalog.schema", s)
	}
	return catalog, schema, nil
}

// Table is how inputs and evidence name a table of the engine, without the user.
func (a Address) Table(catalog, schema, table string) string {
	scheme := "trino"
	if a.TLS {
		scheme = "trinos"
	}
	return fmt.Sprintf("%s://%s/%s/%s/%s", scheme, a.Host, url.PathEscape(catalog), url.PathEscape(schema),
		url.PathEscape(table))
}

// The environment that holds credentials. Each may name a file instead, which holds one line.
const (
	EnvPassword     = "PLIMSOLL_ENGINE_PASSWORD"
	EnvPasswordFile = "PLIMSOLL_ENGINE_PASSWORD_FILE"
	EnvToken        = "PLIMSOLL_ENGINE_TOKEN" // a JWT
	EnvTokenFile    = "PLIMSOLL_ENGINE_TOKEN_FILE"
	EnvCAFile       = "PLIMSOLL_ENGINE_CA_FILE" // certificates of whom to trust, in PEM
)

// Credentials are how the user is known to the engine; all may be empty.
type Credentials struct {
	Password, Token string
	CAFile          string
}

// FromEnvironment reads credentials; get is [os.Getenv].
func FromEnvironment(get func(string) string) (Credentials, error) {
	c := Credentials{Password: get(EnvPassword), Token: get(EnvToken), CAFile: get(EnvCAFile)}
	for _, x := range []struct {
		into *string
		env  string
	}{{&c.Password, EnvPasswordFile}, {&c.Token, EnvTokenFile}} {
		path := get(x.env)
		if path == "" {
			continue
		}
		if *x.into != "" {
			return c, fmt.Errorf("%s and %s are both set", x.env, strings.TrimSuffix(x.env, "_FILE"))
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("read %s: %w", x.env, err)
		}
		if *x.into = strings.TrimSpace(string(b)); *x.into == "" || strings.ContainsAny(*x.into, "\r\n") {
			return c, fmt.Errorf("read %s: %s does not hold one line", x.env, path)
		}
	}
	if c.Password != "" && c.Token != "" {
		return c, fmt.Errorf("a password and a token are both set: %s, %s", EnvPassword, EnvToken)
	}
	return c, nil
}
