package token

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // the hash of OAEP that every token knows; its collisions do not matter there (RFC 8017, section 7.1)
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"

	"filippo.io/age"
	"github.com/miekg/pkcs11"
)

// Bits of the RSA keys that are made, and fewest of those that are used (NIST SP 800-57 part 1, table 2).
const (
	newBits    = 3072
	fewestBits = 2048
)

// stanza is the type of the lines in an age file that hold its key, encrypted to a token.
const stanza = "plimsoll.pkcs11-rsa-oaep"

// ErrNoKey says that a token holds no key of the address.
var ErrNoKey = errors.New("the token does not hold the key")

// A Key is an RSA key in a token. It is an age.Identity and an age.Recipient, and may be used from many goroutines.
type Key struct {
	address Address
	public  *rsa.PublicKey
	name    string // SHA-256 of the public key, in hex

	mu      sync.Mutex // guards what follows; held while the token works
	lib     *pkcs11.Ctx
	session pkcs11.SessionHandle
	private pkcs11.ObjectHandle
}

// Open finds the key of an address; with create it is made when the token does not hold it.
func Open(text string, create bool) (*Key, error) {
	a, err := Parse(text)
	if err != nil {
		return nil, err
	}
	k := &Key{address: a}
	k.mu.Lock()
	defer k.mu.Unlock()
	err = k.connect()
	if errors.Is(err, ErrNoKey) && create {
		if err = k.generate(); err == nil {
			err = k.find()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the key %q in the token %q: %w", a.Object, a.Token+a.Serial, err)
	}
	return k, nil
}

// Name names the key by its public half.
func (k *Key) Name() string { return "pkcs11-rsa-sha256:" + k.name }

// connect opens a session with the token and finds the key.
func (k *Key) connect() error {
	if k.lib == nil {
		if k.lib = pkcs11.New(k.address.Module); k.lib == nil {
			return fmt.Errorf("the library %s cannot be loaded", k.address.Module)
		}
		// Another key of this process may have done it; nothing is undone, since tokens forget a process that ends.
		had := pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)
		if err := k.lib.Initialize(); err != nil && !errors.Is(err, had) {
			return err
		}
	}
	slot, err := k.slot()
	if err != nil {
		return err
	}
	pin, err := k.address.pin()
	if err != nil {
		return err
	}
	if k.session, err = k.lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION); err != nil {
		return err
	}
	err = k.lib.Login(k.session, pkcs11.CKU_USER, pin)
	switch {
	case errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)):
	case errors.Is(err, pkcs11.Error(pkcs11.CKR_PIN_INCORRECT)):
		return errors.New("the PIN is wrong; tokens lock themselves after a few such tries")
	case err != nil:
		return err
	}
	return k.find()
}

// slot finds the one token of the address.
func (k *Key) slot() (found uint, err error) {
	slots, err := k.lib.GetSlotList(true)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range slots {
		info, err := k.lib.GetTokenInfo(s)
		if err != nil {
			continue // taken out meanwhile
		}
		if (k.address.Token == "" || strings.TrimRight(info.Label, " \x00") == k.address.Token) &&
			(k.address.Serial == "" || strings.TrimRight(info.SerialNumber, " \x00") == k.address.Serial) {
			found, n = s, n+1
		}
	}
	switch n {
	case 0:
		return 0, errors.New("there is no such token")
	case 1:
		return found, nil
	}
	return 0, fmt.Errorf("there are %d tokens of this label: name its serial, too", n)
}

// find finds the private key and reads its public half.
func (k *Key) find() error {
	want := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_RSA),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, k.address.Object)}
	if k.address.ID != nil {
		want = append(want, pkcs11.NewAttribute(pkcs11.CKA_ID, k.address.ID))
	}
	if err := k.lib.FindObjectsInit(k.session, want); err != nil {
		return err
	}
	found, _, err := k.lib.FindObjects(k.session, 2)
	if err = errors.Join(err, k.lib.FindObjectsFinal(k.session)); err != nil {
		return err
	}
	switch len(found) {
	case 0:
		return ErrNoKey
	case 2:
		return errors.New("the token holds several keys of this label: name the id of one, too")
	}
	as, err := k.lib.GetAttributeValue(k.session, found[0], []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_MODULUS, nil), pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, nil)})
	if err != nil || len(as) != 2 {
		return fmt.Errorf("read the public half of the key: %w", errors.Join(err, ErrNoKey))
	}
	e := new(big.Int).SetBytes(as[1].Value)
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(as[0].Value), E: int(e.Int64())}
	if public.N.BitLen() < fewestBits || !e.IsInt64() || public.E < 3 {
		return fmt.Errorf("the key has %d bits, at least %d are needed", public.N.BitLen(), fewestBits)
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(public))
	name := hex.EncodeToString(sum[:])
	if k.name != "" && k.name != name {
		return errors.New("the token holds another key under this label than before")
	}
	k.private, k.public, k.name = found[0], public, name
	return nil
}

// generate makes the key in the token: its private half cannot be read or taken out.
func (k *Key) generate() error {
	id := k.address.ID
	if id == nil {
		id = make([]byte, 8)
		if _, err := rand.Read(id); err != nil {
			return err
		}
	}
	both := func(more ...*pkcs11.Attribute) []*pkcs11.Attribute {
		return append([]*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
			pkcs11.NewAttribute(pkcs11.CKA_LABEL, k.address.Object), pkcs11.NewAttribute(pkcs11.CKA_ID, id)}, more...)
	}
	_, _, err := k.lib.GenerateKeyPair(k.session,
		[]*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, nil)},
		both(pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, true), pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, newBits),
			pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1})),
		both(pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true), pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
			pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false), pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, true)))
	if err != nil {
		return fmt.Errorf("make the key: %w", err)
	}
	return nil
}

// label is that of OAEP; tokens know none but the empty one well.
var label []byte

// Wrap satisfies age.Recipient: it needs no token.
func (k *Key) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	body, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, k.public, fileKey, label)
	if err != nil {
		return nil, err
	}
	return []*age.Stanza{{Type: stanza, Args: []string{k.name}, Body: body}}, nil
}

// Unwrap satisfies age.Identity: the token decrypts.
func (k *Key) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != stanza || len(s.Args) != 1 || s.Args[0] != k.name {
			continue
		}
		b, err := k.decrypt(s.Body)
		if err != nil {
			return nil, fmt.Errorf("the token does not decrypt: %w", err)
		}
		return b, nil
	}
	return nil, age.ErrIncorrectIdentity
}

// decrypt has the token decrypt; a session that was lost is opened again, once.
func (k *Key) decrypt(b []byte) (out []byte, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for try := 0; ; try++ {
		m := pkcs11.NewMechanism(pkcs11.CKM_RSA_PKCS_OAEP,
			pkcs11.NewOAEPParams(pkcs11.CKM_SHA_1, pkcs11.CKG_MGF1_SHA1, pkcs11.CKZ_DATA_SPECIFIED, label))
		if err = k.lib.DecryptInit(k.session, []*pkcs11.Mechanism{m}, k.private); err == nil {
			if out, err = k.lib.Decrypt(k.session, b); err == nil {
				return out, nil
			}
		}
		lost := false
		for _, e := range []uint{pkcs11.CKR_SESSION_HANDLE_INVALID, pkcs11.CKR_SESSION_CLOSED,
			pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_TOKEN_NOT_PRESENT, pkcs11.CKR_USER_NOT_LOGGED_IN,
			pkcs11.CKR_OBJECT_HANDLE_INVALID, pkcs11.CKR_KEY_HANDLE_INVALID} {
			lost = lost || errors.Is(err, pkcs11.Error(e))
		}
		if !lost || try > 0 {
			return nil, err
		}
		if err := k.connect(); err != nil {
			return nil, err
		}
	}
}
