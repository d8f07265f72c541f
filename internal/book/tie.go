package book

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"plimsoll/internal/record"
)

// A TiedAccount is an account whose charges draw on commitments of a contract.
type TiedAccount struct {
	Account, Sub string
	Contract     string
	OnFile       bool // a record of the run has the contract's id
	Held         bool // a register says who holds or uses the account
	// Taken: nothing else says who holds the account, so that the contract's buyer counts as its holder.
	Taken bool
}

// tiesSQL lists the accounts that bills tie to contracts, with the buyers of these. A charge without a sub-account
// speaks for the whole account only where no charge has one.
const tiesSQL = `
SELECT u.account, u.sub_account, u.contract, min(u.source), min_by(u.row, (u.source, u.row)),
  e.id IS NOT NULL, coalesce(e.buyer, -1),
  EXISTS (SELECT 1 FROM account a WHERE a.account = u.account AND (a.sub = '' OR a.sub = u.sub_account)
    AND (a.party IS NOT NULL OR a.end_user IS NOT NULL OR a.end_user_text <> '')),
  u.sub_account <> '' OR NOT EXISTS (SELECT 1 FROM usage s WHERE s.account = u.account AND s.sub_account <> '')
FROM usage_contract u LEFT JOIN (SELECT DISTINCT id, buyer FROM engagement WHERE id <> '') e ON e.id = u.contract
GROUP BY u.account, u.sub_account, u.contract, e.id, e.buyer ORDER BY 1, 2, 3, 7`

type tie struct {
	TiedAccount
	at    record.Place
	buyer Number
	whole bool // it may speak for the account as it is named
}

// TieAccounts lists the accounts that bills tie to contracts (see focus.Schema, usage_contract), and takes the
// contract's buyer for the holder of an account of which no register says who holds or uses it, where all of its
// contracts have one buyer. Who uses it, and since when, stays unknown. The book must be complete, and its bills
// loaded.
func (b *Book) TieAccounts(ctx context.Context) ([]TiedAccount, error) {
	if err := b.Flush(); err != nil {
		return nil, err
	}
	var ties []tie
	err := b.Each(ctx, "list contracts of accounts", tiesSQL, func(r *sql.Rows) error {
		var t tie
		var source int32
		var row int64
		var buyer int32
		if err := r.Scan(&t.Account, &t.Sub, &t.Contract, &source, &row, &t.OnFile, &buyer, &t.Held, &t.whole); err != nil {
			return err
		}
		t.at, t.buyer = record.Place{Source: int(source), At: fmt.Sprintf("row %d", row)}, Number(buyer)
		ties = append(ties, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(ties); {
		to := from + 1
		for to < len(ties) && ties[to].Account == ties[from].Account && ties[to].Sub == ties[from].Sub {
			to++
		}
		if err := b.takeHolder(ties[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	var out []TiedAccount
	for i, t := range ties {
		if i > 0 && t.Account == ties[i-1].Account && t.Sub == ties[i-1].Sub && t.Contract == ties[i-1].Contract {
			continue // a contract with two records
		}
		out = append(out, t.TiedAccount)
	}
	return out, b.Flush()
}

// takeHolder adds a row of the register for one account, where nothing else says who holds it.
func (b *Book) takeHolder(ties []tie) error {
	holder := tie{buyer: -1}
	for _, t := range ties {
		switch {
		case t.Held || !t.whole:
			return nil
		case t.buyer < 0:
		case holder.buyer >= 0 && !strings.EqualFold(b.mentions[t.buyer].ref.Name, b.mentions[holder.buyer].ref.Name):
			return nil // contracts of several buyers
		case holder.buyer < 0:
			holder = t
		}
	}
	if holder.buyer < 0 {
		return nil
	}
	for i := range ties {
		ties[i].Taken = ties[i].OnFile
	}
	m := &b.mentions[holder.buyer]
	m.add(Account)
	m.see(holder.at)
	t := b.registers[Accounts]
	said := map[string]bool{"account_id": true, "sub_account_id": true, "party_name": true, "party_id": true,
		"country": true}
	lacks := record.Columns{}
	for _, c := range t.columns {
		if !said[c] {
			lacks[c] = true
		}
	}
	b.seq++
	bits := t.bits(lacks)
	t.count(bits)
	return t.Append(accountRow{Seq: b.seq, Source: int32(holder.at.Source), Place: holder.at.At,
		Content: digest(holder.Account, holder.Sub, who(m.ref), "contract"), Account: holder.Account, Sub: holder.Sub,
		Party:   holder.buyer,
		EndUser: -1, Reseller: -1, Lacks: bits})
}
