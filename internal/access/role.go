package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// How a member of a context is taken that may hold a party.
type reading int

// The readings.
const (
	noParty  reading = iota
	asParty          // its name is a role: it is read
	asObject         // its name may be a role: it is read where its value is an object with a name
	inDoubt          // its name is like that of a role, or tells a name or number of one: it is held
)

// roleNames are the names of members that hold a party of a deal, letters only, in lower case, by language.
var roleNames = map[string]string{
	"en": "party parties unscreenedparty unscreenedparties counterparty counterparties thirdparty thirdparties " +
		"notifyparty notifyparties buyer buyers purchaser purchasers consignee consignees ultimateconsignee " +
		"intermediateconsignee forwarder forwarders freightforwarder enduser endusers ultimateenduser payer payers " +
		"thirdpartypayer reseller resellers broker brokers beneficiary beneficiaries beneficialowner recipient " +
		"recipients supplier suppliers vendor importer importers exporter intermediary intermediaries shipto billto " +
		"soldto deliverto onbehalfof subcontractor subcontractors distributor carrier licensee guarantor",
	"de": "käufer kaeufer einkäufer empfänger empfaenger warenempfänger warenempfaenger endverwender endnutzer " +
		"endempfänger endempfaenger spediteur zahler vermittler auftraggeber lieferant vertragspartner beteiligte",
	"fr": "acheteur acheteurs destinataire destinataires utilisateurfinal transitaire payeur revendeur courtier " +
		"bénéficiaire beneficiaire partie intermédiaire intermediaire fournisseur importateur",
	"es": "comprador compradores destinatario destinatarios consignatario usuariofinal transitario pagador " +
		"revendedor corredor beneficiario beneficiarios parte partes intermediario proveedor importador",
	"pt": "consignatário usuáriofinal utilizadorfinal beneficiário intermediário fornecedor expedidor",
	"it": "acquirente acquirenti destinatari utentefinale utilizzatorefinale spedizioniere pagatore rivenditore " +
		"fornitore importatore parti",
	"nl": "koper ontvanger geadresseerde eindgebruiker expediteur betaler wederverkoper leverancier",
	"pl": "kupujący kupujacy nabywca odbiorca użytkownikkońcowy spedytor płatnik platnik",
	"ru": "покупатель получатель грузополучатель конечныйпользователь экспедитор плательщик стороны сторона посредник",
	"uk": "покупець одержувач вантажоодержувач кінцевийкористувач платник сторони",
	"tr": "alıcı alici sonkullanıcı sonkullanici nakliyeci ödeyen odeyen taraflar",
	"ar": "المشتري المستلم المرسلاليه المستخدمالنهائي الوسيط الدافع الأطراف",
	"he": "קונה נמען משתמשקצה משלם צדדים",
	"fa": "خریدار گیرنده کاربرنهایی",
	"zh": "买方 买家 收货人 最终用户 最終用戶 货运代理 付款人 買方 收貨人 当事人",
	"ja": "買主 荷受人 最終需要者 支払人",
	"ko": "구매자 수하인 최종사용자 지급인",
}

// roleWords are the words of roleNames.
var roleWords = func() map[string]bool {
	m := map[string]bool{}
	for _, words := range roleNames {
		for _, w := range strings.Fields(words) {
			m[w] = true
		}
	}
	return m
}()

// mayBeRoles are names of members that hold a party of a deal or something else: a text there names nobody.
var mayBeRoles = wordSet("seller sellers customer customers bank shipper receiver stakeholder stakeholders " +
	"unscreened subsidiary subsidiaries")

// placeNames are names of members of which an object with a name and a country is a place.
var placeNames = wordSet("location locations place region site geo origin destination port address country zone " +
	"datacenter datacentre venue city jurisdiction warehouse device network")

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// roleStems are what the names of members begin with that may be a role, or one with a slip.
var roleStems = []string{"par", "pra", "buy", "byer", "purch", "consi", "cons", "cosi", "forw", "frow", "fowa", "user",
	"usr", "pay", "resel", "brok", "bro", "benef", "suppl", "vend", "recip", "rece", "impor", "expor", "interm", "ship",
	"bill", "sold", "deliv", "behalf", "subcon", "distr", "carr", "licens", "guar", "unscr", "uns", "notif", "count",
	"third", "ultim", "end", "kae", "auftr", "empf", "zahl", "verm", "spedi", "liefer", "vertrag", "beteil", "achet",
	"desti", "util", "trans", "reven", "court", "four", "compra", "usu", "pag", "corr", "prov", "expe", "acqui", "uten",
	"riven", "forn", "koper", "ontv", "geadr", "eind", "beta", "weder", "lever", "kupu", "naby", "odbi", "alici", "son",
	"naki", "nakl", "odey", "tara", "plat"}

// mayName reports whether an object may name a party, without reading it: most contexts name none.
func mayName(object []byte) bool {
	for i, c := range object {
		if c >= 0x80 || c == '\\' || i > 0 && (c == '{' || c == '[') {
			return true
		}
	}
	lower := strings.ToLower(string(object))
	return slices.ContainsFunc(roleStems, func(w string) bool { return strings.Contains(lower, w) })
}

// letters are the letters of a member's name, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// readingOf tells how a member is taken by its name.
func readingOf(name string) reading {
	w := letters(name)
	switch {
	case roleWords[w]:
		return asParty
	case mayBeRoles[w]:
		return asObject
	}
	for _, suffix := range []string{"name", "names", "id", "ids"} {
		if stem := strings.TrimSuffix(w, suffix); stem != w && (roleWords[stem] || roleLike(stem)) {
			return inDoubt
		}
	}
	if roleLike(w) {
		return inDoubt
	}
	return noParty
}

// leastLike is how many letters a name has at least that is taken for a role with a slip in it: of shorter ones too
// many are other words ("layer", "player" and "payer").
const leastLike = 6

// roleLike reports whether a name is a role with a letter too many, too few, or wrong, or with two of them exchanged.
func roleLike(w string) bool {
	if slips[w] {
		return true
	}
	if len(w) < leastLike-1 || otherWords[w] {
		return false
	}
	for r := range roleWords {
		if len(r) >= leastLike && oneSlip(r, w) {
			return true
		}
	}
	return false
}

// slips are short names of roles with a slip in them that are no words of their own; otherWords are words that are one
// letter away from a role.
var (
	slips      = wordSet("buyr byuer buyeer paties partis partys payr payeer")
	otherWords = wordSet("courier pastries parities destination partial expedited broken supplied " +
		"recipes imported exported licensed license licence carried barrier barriers terrier received porter reporter")
)

// oneSlip reports whether one word becomes the other by one letter put in, taken out or changed, or by the exchange of
// two neighbours.
func oneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return len(x) <= 1 && len(y) <= 1 || len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
}

// A finder collects the parties of a context, or of the properties of what is asked about: an order may name its
// consignee there. How deep objects may stand is bounded where the body is read.
type finder struct {
	found      []Involved
	properties bool // a text or number under a role counts only where it is one of ofDeal
}

// ofDeal are roles that are of a deal only; a product may have a vendor or a carrier that is a text.
var ofDeal = wordSet("party parties counterparty buyer purchaser consignee ultimateconsignee intermediateconsignee " +
	"forwarder freightforwarder enduser ultimateenduser payer notifyparty")

// object looks at the members of an object, in the order of their names. at is its place, "" for the context itself.
func (f *finder) object(members map[string]json.RawMessage, at string) {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if len(f.found) > mostInvolved {
			return
		}
		if value := members[name]; string(value) != "null" {
			f.member(name, value, at)
		}
	}
}

// member looks at one member of an object that stands at a place.
func (f *finder) member(name string, raw json.RawMessage, at string) {
	place := name
	if at != "" {
		place = at + "." + name
	}
	if at == "" && name == memberUnscreened {
		f.found = append(f.found, readInvolved(raw, "", ""))
		return
	}
	role, listed := name, name == memberParties || name == memberUnscreenedAll
	if strings.Contains(letters(name), "part") {
		role = ""
	}
	how := readingOf(name)
	if f.properties && !ofDeal[letters(name)] && raw[0] != '{' && raw[0] != '[' {
		return
	}
	switch how {
	case asParty:
		f.found = append(f.found, readSome(raw, place, role, listed)...)
		return
	case inDoubt:
		f.found = append(f.found, Involved{At: place,
			Why: "“" + place + "” is named like a party of a deal, and is no member that is read."})
		return
	case asObject:
		if named(raw) {
			f.found = append(f.found, readSome(raw, place, role, false)...)
			return
		}
	}
	f.inside(name, raw, place)
}

// inside looks for parties in a value whose name says nothing of one.
func (f *finder) inside(name string, raw json.RawMessage, place string) {
	if len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
		return
	}
	if raw[0] == '[' {
		var all []json.RawMessage
		_ = json.Unmarshal(raw, &all)
		for i, x := range all {
			if len(f.found) > mostInvolved {
				return
			}
			f.inside(name, x, fmt.Sprintf("%s[%d]", place, i))
		}
		return
	}
	// Maps, not structs: their names are compared exactly, so that a second member that
	// differs in case does not take the place of the party or of its name.
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return
	}
	if !placeNames[letters(name)] && likeParty(members) {
		f.found = append(f.found, Involved{At: place,
			Why: "“" + place + "” looks like a party, and is no member that is read."})
		return
	}
	f.object(members, place)
}

// named reports whether a value is an object with a name or identifiers, or an array that holds such.
func named(raw json.RawMessage) bool {
	var one map[string]json.RawMessage
	if json.Unmarshal(raw, &one) == nil {
		return len(one["name"]) > 0 || len(one["identifiers"]) > 0
	}
	var all []json.RawMessage
	return json.Unmarshal(raw, &all) == nil && slices.ContainsFunc(all, func(x json.RawMessage) bool {
		return len(x) > 0 && x[0] == '{' && named(x)
	})
}

// likeParty reports whether an object holds what a party has: a name and something that only a party has beside it.
func likeParty(m map[string]json.RawMessage) bool {
	if len(m["name"]) == 0 && len(m["identifiers"]) == 0 {
		return false
	}
	text := func(member string) (s string) {
		_ = json.Unmarshal(m[member], &s)
		return s
	}
	switch role := letters(text("role")); {
	case len(m["identifiers"]) > 0, len(m["birth_date"]) > 0, len(m["father"]) > 0, len(m["country"]) > 0:
		return true
	case roleWords[role], mayBeRoles[role], roleLike(role):
		return true
	}
	switch text("kind") {
	case "organization", "organisation", "company", "person", "vessel", "ship", "aircraft", "public_body":
		return true
	}
	return false
}
