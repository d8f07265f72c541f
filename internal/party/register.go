package party

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/register.tsv
var registerTable string

// A register is a row of data/register.tsv: a register that numbers organisations.
type register struct {
	scheme string
	form   *regexp.Regexp // of its numbers, nil for any; a group in it is the number that counts
	digits int            // of numbers that may have lost zeros at their front, 0 for others
}

// A directory finds registers by the ways in which sources name them.
type directory struct {
	named  map[string][]*register // in the order of the table, in upper case
	digits map[string]int         // of a register by its own name
}

var registers = sync.OnceValue(func() directory {
	d := directory{named: map[string][]*register{}, digits: map[string]int{}}
	for i, line := range strings.Split(strings.TrimRight(registerTable, "\n"), "\n") {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "register\t") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 {
			panic("party: row " + strconv.Itoa(i+1) + " of register.tsv has another width")
		}
		r := &register{scheme: cells[0]}
		if cells[1] != "" {
			r.form = regexp.MustCompile("^(?:" + cells[1] + ")$")
		}
		r.digits, _ = strconv.Atoi(cells[2])
		d.digits[r.scheme] = r.digits
		for _, name := range append(strings.Split(cells[3], ";"), r.scheme) {
			d.named[name] = append(d.named[name], r)
		}
	}
	return d
})

// read returns the number as the register has it; ok is false when it has another form. Zeros are put back only
// where the register itself is named: what a list calls a registration number may be one of another register.
func (r *register) read(id, named string) (number string, ok bool) {
	general := strings.HasPrefix(named, "REG-") || strings.HasPrefix(named, "TAX-") || strings.HasPrefix(named, "ID-")
	if !general && len(id) < r.digits && 2*len(id) >= r.digits && strings.Trim(id, "0123456789") == "" {
		id = "0000000000000"[:r.digits-len(id)] + id
	}
	if r.form == nil {
		return id, true
	}
	m := r.form.FindStringSubmatch(id)
	if m == nil {
		return id, false
	}
	for _, group := range m[1:] {
		if group != "" {
			return group, true
		}
	}
	return id, true
}

// canonical returns n under the register that its scheme stands for, where the number has a form of that register;
// "REG-NL" of American lists, "RA000463" of GLEIF and "KVK" are NL-KVK of org-id.guide.
func canonical(n Identifier) Identifier {
	scheme := n.Scheme
	if state, kind, ok := strings.Cut(scheme, "-"); ok && len(state) == 2 {
		switch kind {
		case "REG", "ID", "TAX", "VAT", "CHARITY": // NL-REG is REG-NL
			scheme = kind + "-" + state
		}
	}
	if state, ok := strings.CutPrefix(scheme, "VAT-"); ok {
		return vat(n, state)
	}
	switch scheme {
	case "VAT NUMBER", "VATCODE", "VATIN", "EU-VAT":
		n.Scheme = "VAT"
		return n
	}
	for _, r := range registers().named[scheme] {
		if number, ok := r.read(n.ID, scheme); ok {
			return Identifier{Scheme: r.scheme, ID: number}
		}
	}
	return n
}

// vat returns a number for value added tax with the prefix of its state, which is that of ISO 3166-1 but for Greece
// (Council Directive 2006/112/EC, article 215).
func vat(n Identifier, state string) Identifier {
	if state == "GR" {
		state = "EL"
	}
	if rest, ok := strings.CutPrefix(n.ID, "GR"); ok && state == "EL" {
		n.ID = "EL" + rest
	}
	if !strings.HasPrefix(n.ID, state) {
		n.ID = state + n.ID
	}
	n.Scheme = "VAT"
	return n
}
