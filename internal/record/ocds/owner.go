package ocds

import (
	_ "embed"
	"strings"

	"plimsoll/internal/record"
)

// MaybePerson is the Reason of an ownership record whose owner has a name and nothing that says whether it is an
// organisation: whoever takes the record leaves the name out unless it is that of a body.
const MaybePerson = "nothing says that the owner is an organisation"

// ownerLists are the members of a party that name its owners (extensions shareholders and beneficialOwners).
var ownerLists = [...]string{"shareholders", "beneficialOwners"}

// controlShare is from how many per cent of the votes on somebody controls a company: more than this.
const controlShare = 50

// owners emits who owns the organisations of the process. Natural persons are left out and counted. Ids in these lists
// are places in them, and no ids of parties.
func (m *merged) owners() error {
	for i := range m.parties.list {
		owned := &m.parties.list[i].v
		for _, list := range ownerLists {
			entries := owned.get(list)
			if entries == nil || entries.k != kArray {
				continue
			}
			for j := range entries.m {
				if err := m.owner(list, owned, &entries.m[j].v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// owner emits one owner of an organisation.
func (m *merged) owner(list string, owned, entry *value) error {
	m.out = m.counts[m.last.source]
	who := value{k: kObject}
	switch x := entry.get("shareholder"); {
	case x != nil && x.k == kObject:
		who = *x
	case x != nil && x.k == kString:
		who.m = append(who.m, member{"name", *x})
	default:
		for i := range entry.m {
			if entry.m[i].key != "id" {
				who.m = append(who.m, entry.m[i])
			}
		}
	}
	ref, is := m.ref(&who), natureOf(&who, entry)
	if is == natureUnknown && (len(ref.Identifiers) > 0 || m.parties.resolve(&who) != nil) {
		is = natureBody
	}
	if is == naturePerson || is == natureUnknown && list == "beneficialOwners" {
		m.out.notes[notePersons]++
		return nil
	}
	of := m.ref(owned)
	if ref.Zero() || of.Zero() {
		return nil
	}
	o := &record.Ownership{Place: record.Place{Source: m.last.source, At: at0(m.last.path, "parties")}, Owner: ref,
		Owned: of, Kind: "shareholding"}
	if is == natureUnknown {
		o.Reason = MaybePerson
	}
	o.Share = percent(entry, "shareholding", "percentage", "share")
	if votes, err := record.ParseDecimal(percent(entry, "votingRights")); err == nil && !votes.Null() &&
		votes.Float() > controlShare {
		o.Control = "yes"
	}
	key := strings.Join([]string{ref.Name, ref.LocalID, of.Name, of.LocalID, o.Share, o.Control}, "\x00")
	if m.decoder.owned[key] {
		return nil
	}
	if m.decoder.owned == nil || len(m.decoder.owned) >= maxInterned {
		m.decoder.owned = map[string]bool{}
	}
	m.decoder.owned[key] = true
	return m.send(o)
}

// percent returns the first share that an entry gives in per cent, "" for none. Of a number up to 1 it is not known
// whether it is a fraction.
func percent(entry *value, names ...string) string {
	for _, name := range names {
		v := entry.get(name)
		if v == nil {
			continue
		}
		text := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v.text()), "%"))
		n, err := record.ParseDecimal(text)
		if err == nil && !n.Null() && n.Float() > 1 && n.Float() <= 100 {
			return string(n)
		}
	}
	return ""
}

// A nature is what is known of an owner's nature.
type nature uint8

const (
	natureUnknown nature = iota
	naturePerson
	natureBody
)

//go:embed data/nature.tsv
var natureFile string

// natureWords are words for the nature of an owner, by letters.
var natureWords = func() map[string]nature {
	m := map[string]nature{}
	for f := range wordRows(natureFile) {
		m[f[0]] = map[string]nature{"person": naturePerson, "body": natureBody}[f[1]]
	}
	return m
}()

// natureOf reads the words for an owner's nature.
func natureOf(list ...*value) nature {
	for _, v := range list {
		for _, name := range [...]string{"type", "entityType", "kind"} {
			if s := natureWords[letters(v.get(name).text())]; s != natureUnknown {
				return s
			}
		}
	}
	return natureUnknown
}
