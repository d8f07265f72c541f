package signal

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/internal/party"
)

// SetParties says which party each mention was resolved to (-1: none), and the end-user
// class of each party. It keeps the slices.
func (b *Book) SetParties(byMention []int32, parties []party.Party, classes []Class) error {
	if len(byMention) != len(b.mention) || len(classes) != len(parties) {
		return fmt.Errorf("set parties: %d of %d mentions, %d classes for %d parties",
			len(byMention), len(b.mention), len(classes), len(parties))
	}
	b.ready = false
	b.byMen, b.parties, b.classes = byMention, parties, classes
	b.partyRoles = make([]uint32, len(parties))
	for m, p := range byMention {
		if p < 0 || int(p) >= len(parties) {
			continue
		}
		for r, n := range b.roles[m] {
			if n > 0 {
				b.partyRoles[p] |= 1 << r
			}
		}
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if _, err := b.db.Exec("DELETE FROM party_map"); err != nil {
		return fmt.Errorf("set parties: %w", err)
	}
	for m, p := range byMention {
		if p < 0 {
			continue
		}
		if int(p) >= len(parties) {
			return fmt.Errorf("set parties: mention %d has party %d of %d", m, p, len(parties))
		}
		if err := b.appendRow(tPartyMap, int32(m), p); err != nil {
			return err
		}
	}
	return b.Flush()
}

// An ItemKey is what is sold, as far as a capability can be told from it.
type ItemKey struct{ Text, Scheme, Code string }

const itemKeysSQL = `
SELECT DISTINCT coalesce(text, ''), coalesce(scheme, ''), coalesce(code, '') FROM item ORDER BY 1, 2, 3`

// Items yields every distinct item once, sorted.
func (b *Book) Items(ctx context.Context, yield func(ItemKey) error) error {
	if err := b.Flush(); err != nil {
		return err
	}
	rows, err := b.db.QueryContext(ctx, itemKeysSQL)
	if err != nil {
		return fmt.Errorf("list items: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k ItemKey
		if err := rows.Scan(&k.Text, &k.Scheme, &k.Code); err != nil {
			return fmt.Errorf("list items: %w", err)
		}
		if err := yield(k); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SetItems asks classify for the capability classes and the export-control entries of each
// distinct item, and keeps what it answers.
func (b *Book) SetItems(ctx context.Context, classify func(ItemKey) (capabilities, controlled []string)) error {
	b.ready = false
	if _, err := b.db.ExecContext(ctx, "DELETE FROM item_class"); err != nil {
		return fmt.Errorf("classify items: %w", err)
	}
	err := b.Items(ctx, func(k ItemKey) error {
		capabilities, controlled := classify(k)
		if len(capabilities) == 0 && len(controlled) == 0 {
			return nil
		}
		return b.appendRow(tItemClass, k.Text, k.Scheme, k.Code, pack(capabilities), pack(controlled))
	})
	if err != nil {
		return err
	}
	return b.Flush()
}

// A ServiceKey is a kind of charge, as far as a capability can be told from it.
type ServiceKey struct{ Category, Service, Subcategory, Meter, Unit string }

// A Use says what a kind of charge is used for and in which measure it is counted.
type Use struct {
	Capability    string
	Measure       string  // storage_tb_month, speech_hours, …, "" when the unit cannot be counted
	Factor        float64 // quantity × Factor is the measure
	PerMonthHours bool    // the quantity is per hour: divide by the hours of the month
}

type serviceUse struct {
	ServiceKey
	Use
}

const serviceKeysSQL = `
SELECT DISTINCT coalesce(category, ''), coalesce(service, ''), coalesce(subcategory, ''), coalesce(meter, ''), coalesce(unit, '')
FROM usage ORDER BY 1, 2, 3, 4, 5`

// Services yields every distinct kind of charge once, sorted.
func (b *Book) Services(ctx context.Context, yield func(ServiceKey) error) error {
	if _, err := b.db.ExecContext(ctx, usageSchema); err != nil {
		return fmt.Errorf("list services: %w", err)
	}
	rows, err := b.db.QueryContext(ctx, serviceKeysSQL)
	if err != nil {
		return fmt.Errorf("list services: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k ServiceKey
		if err := rows.Scan(&k.Category, &k.Service, &k.Subcategory, &k.Meter, &k.Unit); err != nil {
			return fmt.Errorf("list services: %w", err)
		}
		if err := yield(k); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SetServices asks classify for the use of each kind of charge. Bills have to be loaded before.
func (b *Book) SetServices(ctx context.Context, classify func(ServiceKey) Use) error {
	b.ready = false
	if _, err := b.db.ExecContext(ctx, "DELETE FROM service_class"); err != nil {
		return fmt.Errorf("classify services: %w", err)
	}
	b.services = b.services[:0]
	err := b.Services(ctx, func(k ServiceKey) error {
		u := classify(k)
		id := int32(len(b.services))
		b.services = append(b.services, serviceUse{k, u})
		return b.appendRow(tServiceClass, id, k.Category, k.Service, k.Subcategory, k.Meter, k.Unit,
			u.Capability, u.Measure, u.Factor, u.PerMonthHours)
	})
	if err != nil {
		return err
	}
	return b.Flush()
}

// SetLists gives what the lists say of parties; a party that is not there matches nothing.
// It is called (with an empty map, when nothing matched) only if lists were given.
func (b *Book) SetLists(byParty map[int32]Standing) {
	if byParty == nil {
		byParty = map[int32]Standing{}
	}
	b.lists = byParty
}

// SetOwnership gives what ownership statements say of parties; about a party that is not
// there, or whose Standing is not Known, nothing is known. It is called only if statements
// were read.
func (b *Book) SetOwnership(byParty map[int32]Standing) {
	if byParty == nil {
		byParty = map[int32]Standing{}
	}
	b.owners = byParty
}

// SetParents adds bodies that a party belongs to (its direct owners) to those that account
// rows tell.
func (b *Book) SetParents(byParty map[int32][]int32) { b.given = byParty; b.ready = false }

// Has reports whether a column ("engagements.end_user", "usage.RegionId", "lists",
// "ownership.share") is there in at least one source of the run. A table's name alone asks
// for any record of it.
func (b *Book) Has(column string) bool {
	switch table, name, _ := strings.Cut(column, "."); table {
	case "lists":
		return b.lists != nil
	case "ownership":
		return b.owners != nil
	case "usage":
		return b.usage.has(name)
	default:
		if b.declared[column] {
			return true
		}
		for t, register := range registerName {
			if register == table {
				return b.rows[t] > 0 && b.lack[t][name] < b.rows[t]
			}
		}
	}
	return false
}

// pack joins words of a closed vocabulary into one cell, sorted, each once.
func pack(words []string) string { return strings.Join(sorted(words), "|") }

func unpack(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, "|")
}
