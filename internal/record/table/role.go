package table

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

//go:embed data/role.tsv
var roleTable string

// EachRoleHeading calls visit for each word over a column of who takes part in a tender, with the column of the table
// engagements that it stands for.
func EachRoleHeading(visit func(column, language, word string)) {
	head := true
	for line := range strings.Lines(roleTable) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 || f[2] == "" {
			panic("table: data/role.tsv: a row without all of its columns: " + line) // embedded at build time
		}
		if !head {
			visit(f[0], f[1], f[2])
		}
		head = false
	}
}

// roleHeadings are the columns that headings stand for, by the heading as [bareHeading] writes it.
var roleHeadings = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	EachRoleHeading(func(column, _, word string) { m[bareHeading(word)] = column })
	return m
})

// bareHeading writes a heading in lower case, letters only: "Bidder 2", "bidder_2" and "BIDDER" are one.
func bareHeading(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// partyStems stand in headings of columns that may name who takes part; they are bare as [bareHeading] writes it.
var partyStems = []string{"consort", "konsort", "konzorc", "jointvent", "jvpart", "jvmem", "bidder", "tenderer",
	"bieter",
	"bewerber", "groupement", "subcontract", "subkontrakt", "nachuntern", "subuntern", "soumission", "licitador",
	"licitante", "oferent", "offerent", "cotrait", "soustrait", "subappalt", "podwykonaw", "onderaannem", "inschrijv",
	"combinant", "mandant", "raggruppament", "venturer", "консорц", "субподряд", "субпідряд", "联合体", "投标", "分包",
	"共同企業体", "入札", "컨소시엄", "입찰", "ortakgirisim", "isortaklig", "altyuklenici"}

// quietStems stand in headings of columns of a tender that name nobody who takes part, whatever they hold.
var quietStems = []string{"contact", "mail", "phone", "tel", "department", "abteilung", "region", "city", "town",
	"place",
	"address", "country", "note", "remark", "comment", "description", "title", "subject", "categ", "status", "type",
	"language", "officer", "person", "procedure", "method", "criteria", "reason", "url", "link", "date", "lieferort"}

func hasStem(heading string, stems []string) bool {
	for _, s := range stems {
		if strings.Contains(heading, s) {
			return true
		}
	}
	return false
}

// roleColumns binds the columns of a header that stand for one of the roles under other words, or under its word with a
// number behind it, and that the table has no column of its own for.
func (b *binder) roleColumns(header []string) map[string][]col {
	out := map[string][]col{}
	for i, h := range header {
		if b.used[i] {
			continue
		}
		if column := roleHeadings()[bareHeading(h)]; column != "" {
			b.used[i] = true
			out[column] = append(out[column], col{i: i, name: strings.TrimSpace(b.names[i]), column: column})
		}
	}
	return out
}

// hides returns the columns of a row that no record has a place for and that may name parties who are then not read: by
// the heading, and in a tender also by what the cell holds.
func (r *row) hides(extra []col, cells []string, tender bool) (out []record.Hidden) {
	for _, x := range extra {
		if x.i >= len(cells) {
			break
		}
		s := strings.TrimSpace(cells[x.i])
		if s == "" || isNobody(s) || bareWords[strings.ToLower(s)] || !strings.ContainsFunc(s, unicode.IsLetter) {
			continue
		}
		bare := bareHeading(x.name)
		if hasStem(bare, partyStems) || roleHeadings()[bare] != "" || tender && record.MayName(s) &&
			!hasStem(bare, quietStems) {
			out = append(out, record.Hidden{Column: x.name, Text: clip(s), Why: record.HiddenColumn})
		}
	}
	return out
}

// bareWords say whether there is somebody, and name nobody.
var bareWords = map[string]bool{"yes": true, "no": true, "true": true, "false": true, "ja": true, "nein": true,
	"oui": true, "non": true, "si": true, "sí": true, "y": true, "n": true, "x": true, "tak": true, "nie": true}

// takingPart reads who a row says takes part: the parties of each cell told apart, and what may hide some. One by the
// very same name as a main party of the row is that party, with its numbers.
func (r *row) takingPart(cols map[string][]col, same ...*party.Ref) (out []record.RoleRef, hidden []record.Hidden) {
	ref := func(name string) party.Ref {
		for _, s := range same {
			if strings.EqualFold(strings.TrimSpace(s.Name), name) {
				return *s
			}
		}
		return party.Ref{Name: name, Scope: "register"}
	}
	members := false
	for _, o := range otherRoles {
		for _, c := range cols[o.column] {
			s := r.text(c)
			if s == "" || isNobody(s) || bareWords[strings.ToLower(s)] {
				continue
			}
			members = members || o.column == "consortium_members"
			all, h := record.RoleRef{Role: o.role, Ref: ref(s)}.Apart(c.name, ref)
			hidden = append(hidden, h...)
			for _, x := range all {
				if !isNobody(x.Ref.Name) {
					out = append(out, x)
				}
			}
		}
	}
	if members { // a column of its own names the members
		hidden = withoutMembers(hidden)
	}
	return out, hidden
}

func withoutMembers(list []record.Hidden) (out []record.Hidden) {
	for _, h := range list {
		if h.Why != record.HiddenMembers {
			out = append(out, h)
		}
	}
	return out
}

// sellers tells apart who a tender names as seller: each of several is a supplier of it.
func (r *row) sellers(e *record.Engagement) {
	ref := func(name string) party.Ref { return party.Ref{Name: name, Scope: "register"} }
	all, hidden := record.RoleRef{Role: record.RoleSupplier, Ref: e.Seller}.Apart("seller", ref)
	e.Hidden = append(e.Hidden, hidden...)
	if len(all) > 1 {
		e.Seller, e.Others = all[0].Ref, append(e.Others, all[1:]...)
	}
}
