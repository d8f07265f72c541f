package signal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"database/sql/driver"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Record is [Book.Add] under the name that record.Sink has for it.
func (b *Book) Record(r record.Record) error { return b.Add(r) }

// Add writes one record into the book. The record may be reused afterwards.
func (b *Book) Add(r record.Record) error {
	b.ready = false
	b.seq++
	at := r.Where()
	src := int32(at.Source)
	switch r := r.(type) {
	case *record.Engagement:
		return b.addEngagement(r)
	case *record.Account:
		return b.addAccount(r)
	case *record.Amendment:
		b.count(tAmendment, nil)
		c := digest(r.Engagement, r.Date.String(), r.Rationale, string(r.Before), string(r.After), r.Currency)
		return b.appendRow(tAmendment, b.seq, src, at.At, c, r.Engagement, day(r.Date), b.decimal(r.Before), b.decimal(r.After), r.Currency)
	case *record.Transaction:
		b.count(tPayment, nil)
		payer, payee := b.intern(r.Payer, rolePayer, at), b.intern(r.Payee, rolePayee, at)
		c := digest(r.Engagement, r.ID, r.Date.String(), itoa(payer), itoa(payee), string(r.Value), r.Currency)
		return b.appendRow(tPayment, b.seq, src, at.At, c, r.Engagement, r.ID, day(r.Date), number(payer), number(payee), b.decimal(r.Value), r.Currency)
	case *record.Claim:
		b.count(tClaim, r.Lacks)
		about := b.intern(r.About, roleClaim, at)
		c := digest(r.ID, itoa(about), r.Capability, r.Text, r.Source, r.URL, r.Published.String(), r.Origin, r.Grade, r.Status, r.Reply)
		return b.appendRow(tClaim, b.seq, src, at.At, c, r.ID, number(about), word(r.Capability), r.Text, r.Source, r.URL,
			day(r.Published), r.Origin, r.Grade, word(r.Status), r.Reply, lackBits(tClaim, r.Lacks))
	case *record.Clause:
		b.count(tClause, r.Lacks)
		c := digest(r.Engagement, r.Clause, r.Present, r.Reference)
		return b.appendRow(tClause, b.seq, src, at.At, c, r.Engagement, word(r.Clause), word(r.Present), r.Reference, lackBits(tClause, r.Lacks))
	case *record.Approval:
		b.count(tApproval, r.Lacks)
		who := b.intern(r.Party, roleApproval, at)
		c := digest(r.Engagement, itoa(who), r.Kind, r.Decided.String(), r.Outcome, r.DecidedByRole, r.PaidOnDeal)
		return b.appendRow(tApproval, b.seq, src, at.At, c, r.Engagement, number(who), word(r.Kind), day(r.Decided),
			r.Decided.Prec >= record.Day, word(r.Outcome), r.DecidedByRole, word(r.PaidOnDeal), lackBits(tApproval, r.Lacks))
	case *record.Support:
		b.count(tSupport, r.Lacks)
		who := b.intern(r.Party, roleSupport, at)
		c := digest(itoa(who), r.Quarter.String(), string(r.Hours), r.Code)
		return b.appendRow(tSupport, b.seq, src, at.At, c, number(who), day(r.Quarter), b.decimal(r.Hours), word(r.Code), lackBits(tSupport, r.Lacks))
	case *record.Event:
		b.count(tEvent, nil)
		about := b.intern(r.About, roleEvent, at)
		c := digest(r.ID, r.Kind, r.Date.String(), itoa(about), r.Region, r.Source, r.URL)
		return b.appendRow(tEvent, b.seq, src, at.At, c, r.ID, word(r.Kind), day(r.Date), number(about), r.Region, r.Source)
	}
	return fmt.Errorf("add a record to the book: %T is no kind of record", r)
}

func (b *Book) addEngagement(r *record.Engagement) error {
	seller, buyer := b.intern(r.Seller, roleSeller, r.Place), b.intern(r.Buyer, roleBuyer, r.Place)
	for _, s := range r.Sellers {
		b.intern(s, roleSeller, r.Place)
	}
	for _, o := range r.Others {
		b.Mention(o.Ref, string(o.Role), r.Place)
	}
	endUser := int32(-1)
	text := r.EndUserText
	if text == "" {
		text = r.EndUser.Name
	}
	// A generic word is kept as text and makes no party: "various" is nobody.
	if !r.EndUser.Zero() && (!Generic(text) || r.EndUser.LocalID != "" || len(r.EndUser.Identifiers) > 0) {
		endUser = b.intern(r.EndUser, roleEndUser, r.Place)
	}
	reseller, payer := b.intern(r.Reseller, roleReseller, r.Place), b.intern(r.Payer, rolePayer, r.Place)
	published := isPublished(r)
	bits := lackBits(tEngagement, r.Lacks)
	if !published {
		// A company's own register says nothing of the procurement unless a mapping gave it a column.
		if r.Method == "" {
			bits |= columnBit(tEngagement, "method")
		}
		if r.Rationale == "" {
			bits |= columnBit(tEngagement, "rationale")
		}
		if !r.Withheld {
			bits |= columnBit(tEngagement, "withheld")
		}
	}
	b.countBits(tEngagement, bits)
	var urgent driver.Value
	if r.Rationale != "" {
		urgent = urgentGround(r.Rationale)
	}
	say := []string{r.ID, r.Kind, itoa(seller), itoa(buyer), itoa(endUser), r.EndUserText, itoa(reseller), itoa(payer),
		string(r.Value), r.Currency, r.Signed.String(), r.Start.String(), r.End.String(), r.Destination, r.Method, r.Rationale,
		strconv.FormatBool(r.Withheld), r.Process}
	for _, it := range r.Items {
		say = append(say, it.Text, it.Scheme, it.Code, string(it.Quantity), it.Unit)
	}
	err := b.appendRow(tEngagement, b.seq, int32(r.Place.Source), r.At, r.ID, digest(say...), word(r.Kind),
		number(seller), number(buyer), number(endUser), text, number(reseller), number(payer),
		b.decimal(r.Value), r.Currency, day(r.Signed), r.Signed.Prec >= record.Day, day(r.Start), day(r.End),
		word(r.Method), urgent, r.Withheld, published, bits)
	if err != nil {
		return err
	}
	for i, it := range r.Items {
		err := b.appendRow(tItem, b.seq, int32(i), it.Text, it.Scheme, it.Code, b.decimal(it.Quantity), it.Unit)
		if err != nil {
			return err
		}
	}
	return nil
}

func isPublished(r *record.Engagement) bool {
	for _, ref := range []party.Ref{r.Buyer, r.Seller} {
		if strings.HasPrefix(ref.Scope, "ocds") {
			return true
		}
	}
	return false
}

func (b *Book) addAccount(r *record.Account) error {
	b.count(tAccount, r.Lacks)
	holder := b.intern(r.Party, roleAccount, r.Place)
	text := r.EndUserText
	if text == "" {
		text = r.EndUser.Name
	}
	endUser := int32(-1)
	if !r.EndUser.Zero() && (!Generic(text) || r.EndUser.LocalID != "" || len(r.EndUser.Identifiers) > 0) {
		endUser = b.intern(r.EndUser, roleEndUser, r.Place)
	}
	reseller := b.intern(r.Reseller, roleReseller, r.Place)
	c := digest(r.AccountID, r.SubAccountID, itoa(holder), itoa(endUser), r.EndUserText, r.EndUserClass, itoa(reseller), r.Since.String(), r.Until.String())
	return b.appendRow(tAccount, b.seq, int32(r.Place.Source), r.At, c, r.AccountID, r.SubAccountID, number(holder),
		number(endUser), text, strings.TrimSpace(r.EndUserClass), number(reseller), day(r.Since), day(r.Until), lackBits(tAccount, r.Lacks))
}

func (b *Book) count(t tableID, lacks record.Columns) { b.countBits(t, lackBits(t, lacks)) }

func (b *Book) countBits(t tableID, bits int64) {
	b.rows[t]++
	if bits == 0 {
		return
	}
	if b.lack[t] == nil {
		b.lack[t] = map[string]int64{}
	}
	for i, c := range columnBits[t] {
		if bits&(1<<i) != 0 {
			b.lack[t][c]++
		}
	}
}

func lackBits(t tableID, lacks record.Columns) int64 {
	var bits int64
	for c, missing := range lacks {
		if missing {
			bits |= columnBit(t, c)
		}
	}
	return bits
}

// word brings a cell of a closed vocabulary to one spelling.
func word(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '\t' }), "_")
}

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// digest is what two copies of a row share. 64 bits are enough: copies are looked for
// among the rows of one key, or of one table.
func digest(say ...string) int64 {
	h := sha256.New()
	var n [4]byte
	for _, s := range say {
		binary.LittleEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	var sum [sha256.Size]byte
	return int64(binary.LittleEndian.Uint64(h.Sum(sum[:0])[:8]))
}

var maxDecimal = new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil) // leaves room for sums in DECIMAL(38,12)

// decimal turns d into the unscaled number of a DECIMAL(38,12). More than twelve places
// are rounded half away from zero; a number out of range is read as absent and counted.
func (b *Book) decimal(d record.Decimal) driver.Value {
	if d.Null() {
		return nil
	}
	s := string(d)
	negative := strings.HasPrefix(s, "-")
	whole, frac, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	round := len(frac) > 12 && frac[12] >= '5'
	if len(frac) > 12 {
		frac = frac[:12]
	}
	n, ok := new(big.Int).SetString("0"+whole+frac+"000000000000"[len(frac):], 10)
	if !ok {
		b.vague++
		return nil
	}
	if round {
		n.Add(n, big.NewInt(1))
	}
	if n.Cmp(maxDecimal) > 0 {
		b.vague++
		return nil
	}
	if negative {
		n.Neg(n)
	}
	return n
}
