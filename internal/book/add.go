package book

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"plimsoll/internal/capability"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Record is [Book.Add] under the name that record.Sink has for it.
func (b *Book) Record(r record.Record) error { return b.Add(r) }

// Add writes one record into the book. The record may be reused afterwards.
func (b *Book) Add(r record.Record) error {
	b.seq++
	at := r.Where()
	src := int32(at.Source)
	switch r := r.(type) {
	case *record.Engagement:
		return b.addEngagement(r)
	case *record.Account:
		return b.addAccount(r)
	case *record.Commitment:
		return b.addCommitment(r)
	case *record.Amendment:
		t := b.registers[Amendments]
		t.count(0)
		c := digest(r.Engagement, r.Date.String(), r.Rationale, string(r.Before), string(r.After), r.Currency,
			r.EndBefore.String(), r.EndAfter.String())
		return t.Append(amendmentRow{Seq: b.seq, Source: src, Place: at.At, Content: c, Engagement: r.Engagement,
			Day: r.Date, Before: r.Before, After: r.After, Currency: r.Currency, EndBefore: r.EndBefore.Last(),
			EndAfter: r.EndAfter.Last()})
	case *record.Transaction:
		t := b.registers[Transactions]
		t.count(0)
		of := recordOf("engagement", r.Engagement)
		payer, payee := b.intern(r.Payer, Payer, at, of), b.intern(r.Payee, Payee, at, of)
		c := digest(r.Engagement, r.ID, r.Date.String(), who(r.Payer), who(r.Payee), string(r.Value), r.Currency)
		return t.Append(paymentRow{Seq: b.seq, Source: src, Place: at.At, Content: c, Engagement: r.Engagement,
			ID:  r.ID,
			Day: r.Date, Payer: payer, Payee: payee, Value: r.Value, Currency: r.Currency})
	case *record.Claim:
		t := b.registers[Claims]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		about := b.intern(r.About, Claimed, at, recordOf("claim", r.ID))
		b.nameless(t, r.About)
		c := digest(r.ID, who(r.About), r.Capability, r.Text, r.Source, r.URL, r.Published.String(), r.Origin, r.Grade,
			r.Status, r.Reply)
		return t.Append(claimRow{Seq: b.seq, Source: src, Place: at.At, Content: c, ID: r.ID, About: about,
			Capability: Word(r.Capability), Text: r.Text, SaidBy: r.Source, URL: r.URL, Published: r.Published,
			Origin: r.Origin, Grade: r.Grade, Status: Word(r.Status), Reply: r.Reply, Lacks: lacks | b.doubt(t,
				r.Unread)})
	case *record.Clause:
		t := b.registers[Clauses]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		return t.Append(clauseRow{Seq: b.seq, Source: src, Place: at.At,
			Content: digest(r.Engagement, r.Clause, r.Present, r.Reference), Engagement: r.Engagement,
			Clause: Word(r.Clause), Present: Word(r.Present), Reference: r.Reference, Lacks: lacks | b.doubt(t,
				r.Unread)})
	case *record.Approval:
		t := b.registers[Approvals]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		party := b.intern(r.Party, Approved, at, recordOf("engagement", r.Engagement))
		c := digest(r.Engagement, who(r.Party), r.Kind, r.Decided.String(), r.Outcome, r.DecidedByRole, r.PaidOnDeal,
			r.ValidUntil.String(), string(r.Quantity), r.Unit)
		return t.Append(approvalRow{Seq: b.seq, Source: src, Place: at.At, Content: c, Engagement: r.Engagement,
			Party: party,
			Kind:  Word(r.Kind), Decided: r.Decided, DecidedDay: r.Decided.Prec >= record.Day, Outcome: Word(r.Outcome),
			Role: r.DecidedByRole, Paid: Word(r.PaidOnDeal), ValidUntil: r.ValidUntil.Last(), Quantity: r.Quantity,
			Unit:  r.Unit,
			Lacks: lacks | b.doubt(t, r.Unread)})
	case *record.Support:
		t := b.registers[Support]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		party := b.intern(r.Party, Supports, at, "")
		b.nameless(t, r.Party)
		return t.Append(supportRow{Seq: b.seq, Source: src, Place: at.At,
			Content: digest(who(r.Party), r.Quarter.String(), string(r.Hours), r.Code), Party: party,
			Quarter: r.Quarter,
			Hours:   r.Hours, Code: Word(r.Code), Lacks: lacks | b.doubt(t, r.Unread)})
	case *record.Holding:
		t := b.registers[Holdings]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		issuer := b.intern(r.Issuer, string(record.RoleIssuer), at, "")
		return t.Append(holdingRow{Seq: b.seq, Source: src, Place: at.At,
			Content: digest(r.Portfolio, who(r.Issuer), r.ISIN, string(r.Value), string(r.Weight), r.Currency,
				r.AsOf.String()),
			Portfolio: r.Portfolio, Issuer: issuer, ISIN: r.ISIN, Value: r.Value, Weight: string(r.Weight),
			Currency: r.Currency, Day: r.AsOf,
			Lacks: lacks | b.doubt(t, r.Unread)})
	case *record.Obligation:
		t := b.registers[r.Table]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		lacks |= b.doubt(t, r.Unread)
		switch r.Table {
		case Instruments:
			return t.Append(instrumentRow{b.seq, src, at.At, r.Cells["instrument_id"], lacks})
		case Demands:
			return t.Append(demandRow{b.seq, src, at.At, r.Cells["demand_id"], lacks})
		}
		return t.Append(answerRow{b.seq, src, at.At, r.Cells["answer_id"], lacks})
	case *record.Event:
		t := b.registers[Events]
		lacks := t.bits(r.Lacks)
		t.count(lacks)
		about := b.intern(r.About, InEvent, at, recordOf("event", r.ID))
		b.nameless(t, r.About)
		return t.Append(eventRow{Seq: b.seq, Source: src, Place: at.At,
			Content: digest(r.ID, r.Kind, r.Date.String(), who(r.About), r.Region, r.Source, r.URL), ID: r.ID,
			Kind: Word(r.Kind), Day: near(r.Date), About: about, Region: r.Region, SaidBy: r.Source, URL: r.URL,
			Lacks: lacks | b.doubt(t, r.Unread)})
	}
	return fmt.Errorf("add a record to the book: %T is no kind of record", r)
}

func (b *Book) addEngagement(r *record.Engagement) error {
	r = plain(r)
	t := b.registers[Engagements]
	of := recordOf("engagement", r.ID)
	seller, buyer := b.intern(r.Seller, Seller, r.Place, of), b.intern(r.Buyer, Buyer, r.Place, of)
	for _, s := range r.Sellers {
		b.intern(s, Seller, r.Place, of)
	}
	consignee, received := Number(-1), ""
	for _, o := range r.Others {
		n := b.intern(o.Ref, string(o.Role), r.Place, of)
		if r.Kind == record.KindTender {
			err := b.others.Append(otherRow{Engagement: b.seq, Mention: n, Role: string(o.Role), Joined: o.Group,
				Lots: o.Lots, State: o.State})
			if err != nil {
				return err
			}
		}
		if o.Role == record.RoleConsignee && consignee < 0 {
			consignee, received = n, who(o.Ref)
		}
	}
	if err := b.hide(r); err != nil {
		return err
	}
	text := r.EndUserText
	if text == "" {
		text = r.EndUser.Name
	}
	endUser := b.endUser(r.EndUser, text, r.Place, of)
	reseller, payer := b.intern(r.Reseller, Reseller, r.Place, of), b.intern(r.Payer, Payer, r.Place, of)
	published := isPublished(r)
	lacks := t.bits(r.Lacks)
	if r.Changes == record.ChangesUnknown {
		lacks |= t.bit("changes") // one state, and no list of amendments
	}
	if !published && r.Method == "" {
		// A company's own register that gives no method says nothing of the procurement.
		lacks |= t.bit("method")
		if r.Rationale == "" {
			lacks |= t.bit("rationale")
		}
		if !r.Withheld {
			lacks |= t.bit("withheld")
		}
	}
	t.count(lacks)
	var urgent *bool
	if open := r.Method == "open" || r.Method == "selective"; r.Rationale != "" || open && !r.Lacks["rationale"] {
		u := urgentGround(r.Rationale) // an open procedure needs no ground
		urgent = &u
	}
	parts := []string{r.ID, r.Kind, who(r.Seller), who(r.Buyer), who(r.EndUser), r.EndUserText, who(r.Reseller),
		who(r.Payer),
		string(r.Value), r.Currency, r.Signed.String(), r.Start.String(), r.End.String(), r.Destination, r.Method,
		r.Rationale, strconv.FormatBool(r.Withheld), r.Process}
	if consignee >= 0 {
		parts = append(parts, received)
	}
	if r.Delivery != "" || r.EndUse != "" {
		parts = append(parts, r.Delivery, r.EndUse)
	}
	for _, it := range r.Items {
		parts = append(parts, it.Text, it.Scheme, it.Code, string(it.Quantity), it.Unit)
	}
	err := t.Append(engagementRow{Seq: b.seq, Source: int32(r.Place.Source), Place: r.At, ID: r.ID,
		Content: digest(parts...), Kind: Word(r.Kind), Seller: seller, Buyer: buyer, EndUser: endUser,
		EndUserText: text,
		Reseller:    reseller, Payer: payer, Value: r.Value, Currency: r.Currency, Signed: r.Signed,
		SignedLast: r.Signed.Last(), StartOn: r.Start, EndOn: r.End.Last(), ClosesOn: r.Closes,
		AskBy: r.AskBy, AnswerBy: r.AnswerBy.Last(), DecideBy: r.DecideBy.Last(), Standstill: r.Standstill.Last(),
		Destination: r.Destination,
		Delivery:    r.Delivery, EndUse: r.EndUse, Consignee: consignee,
		Method: Word(r.Method), Urgent: urgent, Withheld: r.Withheld, Bids: r.Bids, TenderDays: r.TenderDays,
		Changes: int32(r.Changes), LedTo: int32(r.LedTo), Published: published, Lacks: lacks | b.doubt(t, r.Unread)})
	if err != nil {
		return err
	}
	for i, it := range r.Items {
		err := b.items.Append(itemRow{Engagement: b.seq, Line: int32(i), Text: it.Text, Scheme: it.Scheme,
			Code:     it.Code,
			Quantity: it.Quantity, Unit: it.Unit})
		if err != nil {
			return err
		}
	}
	return nil
}

// hide keeps where a tender may name parties who are not told apart, and counts such texts of all engagements. A group
// whose members are not named is of interest before an award only.
func (b *Book) hide(r *record.Engagement) error {
	for _, h := range r.Hidden {
		if r.Kind != record.KindTender && h.Why != record.HiddenColumn {
			continue
		}
		if b.hidden == nil {
			b.hidden = map[HiddenIn]int64{}
		}
		b.hidden[HiddenIn{h.Why, h.Column}]++
		if r.Kind != record.KindTender {
			continue
		}
		if err := b.unread.Append(hiddenRow{Engagement: b.seq, Header: h.Column, Text: h.Text,
			Why: int32(h.Why)}); err != nil {
			return err
		}
	}
	return nil
}

// A HiddenIn is where parties may stand who are not read: a column, and why nobody is known from it.
type HiddenIn struct {
	Why    record.HiddenBy
	Column string
}

// Hidden returns how many texts of engagements may name parties who are not told apart, by where they stand. The caller
// does not change it.
func (b *Book) Hidden() map[HiddenIn]int64 { return b.hidden }

// endUser interns an end user. A generic word is kept as text and makes no party: "various" is nobody.
func (b *Book) endUser(ref party.Ref, text string, at record.Place, of string) Number {
	if ref.Zero() || capability.Generic(text) && ref.LocalID == "" && len(ref.Identifiers) == 0 {
		return -1
	}
	return b.intern(ref, EndUser, at, of)
}

func isPublished(r *record.Engagement) bool {
	return strings.HasPrefix(r.Buyer.Scope, "ocds") || strings.HasPrefix(r.Seller.Scope, "ocds")
}

func (b *Book) addAccount(r *record.Account) error {
	r = plainAccount(r)
	t := b.registers[Accounts]
	lacks := t.bits(r.Lacks)
	t.count(lacks)
	of := recordOf("account", r.AccountID)
	holder := b.intern(r.Party, Account, r.Place, of)
	text := r.EndUserText
	if text == "" {
		text = r.EndUser.Name
	}
	endUser := b.endUser(r.EndUser, text, r.Place, of)
	reseller := b.intern(r.Reseller, Reseller, r.Place, of)
	c := digest(r.AccountID, r.SubAccountID, who(r.Party), who(r.EndUser), r.EndUserText, r.EndUserClass,
		who(r.Reseller),
		r.Since.String(), r.Until.String(), string(r.Users))
	return t.Append(accountRow{Seq: b.seq, Source: int32(r.Place.Source), Place: r.At, Content: c, Account: r.AccountID,
		Sub: r.SubAccountID, Party: holder, EndUser: endUser, EndUserText: text,
		Class:    strings.TrimSpace(r.EndUserClass),
		Reseller: reseller, Users: r.Users, Since: r.Since, Until: r.Until.Last(), Lacks: lacks | b.doubt(t, r.Unread)})
}

// Word brings a cell of a closed vocabulary to one spelling.
func Word(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '-' || r == '_' ||
			r == '\t'
	}), "_")
}

// recordOf names what a row is about, "" when the row has no key.
func recordOf(kind, id string) string {
	if id == "" {
		return ""
	}
	return kind + " " + id
}

// near is the date of an event, none for a year alone: what was near it is then not known.
func near(d record.Date) record.Date {
	if d.Prec < record.Month {
		return record.Date{}
	}
	return d
}

// digest is what two copies of a row share. 64 bits are enough: copies are looked for among
// the rows of one key, or of one table.
func digest(parts ...string) int64 {
	h := sha256.New()
	var n [4]byte
	for _, s := range parts {
		binary.LittleEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	var sum [sha256.Size]byte
	return int64(binary.LittleEndian.Uint64(h.Sum(sum[:0])[:8]))
}

var maxDecimal = new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil) // leaves room for sums in DECIMAL(38,12)

// decimal turns d into a DECIMAL(38,12): the unscaled number that the appender takes. More
// than twelve places are rounded half away from zero; a number out of range is read as
// absent and counted.
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
		b.outOfRange++
		return nil
	}
	if round {
		n.Add(n, big.NewInt(1))
	}
	if n.Cmp(maxDecimal) > 0 {
		b.outOfRange++
		return nil
	}
	if negative {
		n.Neg(n)
	}
	return n
}
