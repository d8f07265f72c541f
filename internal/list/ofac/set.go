package ofac

import (
	"context"
	"io"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Role is the part that a file plays in a legacy set.
type Role string

// The roles, and how many fields a row has in each.
const (
	Primary  Role = "primary"  // SDN.CSV or CONS_PRIM.CSV, 12 fields
	Address  Role = "address"  // ADD.CSV, 6 fields
	Alias    Role = "alias"    // ALT.CSV, 5 fields
	Comments Role = "comments" // SDN_COMMENTS.CSV, 2 fields
)

var width = map[Role]int{Primary: 12, Address: 6, Alias: 5, Comments: 2}

// Roles lists the roles in the order in which a set is read.
var Roles = []Role{Primary, Address, Alias, Comments}

// A Set is the four files of one publication.
type Set map[Role]record.Source

// Columns of SDN.CSV and CONS_PRIM.CSV.
const (
	cNum = iota
	cName
	cType
	cProgram
	cTitle
	cCallSign
	cVesselType
	cTonnage
	cGRT
	cFlag
	cOwner
	cRemarks
)

// DecodeSet reads a set of four files as one list.
func DecodeSet(ctx context.Context, set Set) (*list.List, error) {
	d := &setDecoder{ctx: ctx, l: &list.List{}, byNum: map[string]int{}, raw: map[string]string{}}
	for _, role := range Roles {
		src, ok := set[role]
		if !ok {
			d.faults.Addf(set.name(), "", "the %s file of the set is missing: the four files are read together or "+
				"not at all", role)
			continue
		}
		if err := d.read(role, src); err != nil {
			return nil, err
		}
	}
	if err := d.faults.Err(); err != nil {
		return nil, err
	}
	for i := range d.l.Entries {
		e := &d.l.Entries[i]
		e.Effect = effect(e, readRemarks(e, d.raw[e.ID]))
	}
	identify(d.l, set[Primary].Name)
	d.l.Notes = append(d.l.Notes, "the files carry no date of publication")
	d.l.CountNames()
	return d.l, nil
}

// name is what a report calls the set: its primary file, or the first there is.
func (s Set) name() string {
	for _, r := range Roles {
		if src, ok := s[r]; ok {
			return src.Name
		}
	}
	return ""
}

type setDecoder struct {
	ctx    context.Context
	l      *list.List
	faults list.Faults
	byNum  map[string]int
	raw    map[string]string // remarks by ent_num, continued by the comments file
}

func (d *setDecoder) read(role Role, src record.Source) error {
	r, err := row.Open(d.ctx, src, ',')
	if err != nil {
		d.faults.Merge(src.Name, err)
		return nil
	}
	defer r.Close()
	f := list.File{Name: src.Name, SHA256: src.SHA256}
	seen := map[string]string{}
	var last []string
	line := 0
	for !d.faults.Full(src.Name) {
		rec, at, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if d.ctx.Err() != nil {
				return d.ctx.Err()
			}
			d.faults.Merge(src.Name, err)
			return nil
		}
		f.Rows++
		line = at
		if len(rec) != width[role] {
			d.faults.Addf(src.Name, list.Line(at), "%d fields, a row of the %s file has %d", len(rec), role,
				width[role])
			continue
		}
		last = append(last[:0], rec...)
		for i := range rec {
			rec[i] = null(rec[i])
		}
		d.row(role, src.Name, at, rec, seen)
	}
	// An unquoted null that lacks its last character is a file cut in the middle of a cell.
	if n := len(last); n > 0 && (last[n-1] == "-" || last[n-1] == "-0") {
		d.faults.Addf(src.Name, list.Line(line), "the last row ends in %q: the file is cut", last[n-1])
	}
	if f.Rows == 0 && role == Primary {
		d.faults.Addf(src.Name, "", "no rows")
	}
	if !r.Marked && role == Primary {
		d.l.Notes = append(d.l.Notes, src.Name+": no end mark (0x1A): a file cut between two rows could not be told "+
			"from a whole one")
	}
	d.l.Notes = append(d.l.Notes, r.Notes()...)
	d.l.Files = append(d.l.Files, f)
	return nil
}

// null turns the list's mark for an empty cell, "-0- ", into an empty cell.
func null(s string) string {
	if s = strings.TrimSpace(s); s == "-0-" {
		return ""
	}
	return s
}

func (d *setDecoder) row(role Role, file string, line int, rec []string, seen map[string]string) {
	at := list.Line(line)
	num := rec[0]
	if !number(num) {
		d.faults.Addf(file, at, "the entry number is %q", cut(num))
		return
	}
	if role == Primary {
		d.primary(file, line, rec)
		return
	}
	i, known := d.byNum[num]
	if !known {
		d.faults.Addf(file, at, "entry %s is not in the primary file: the files are of different days or one is cut",
			num)
		return
	}
	e := &d.l.Entries[i]
	if role == Address || role == Alias {
		if !number(rec[1]) {
			d.faults.Addf(file, at, "the %s number is %q", role, cut(rec[1]))
			return
		}
		whole := strings.Join(rec, "\x00")
		if was, dup := seen[rec[1]]; dup {
			if was != whole {
				d.faults.Addf(file, at, "%s number %s stands twice with different content", role, rec[1])
			}
			return
		}
		seen[rec[1]] = whole
	}
	switch role {
	case Address:
		addAddress(e, rec[4], rec[2], rec[3])
	case Alias:
		switch kind := strings.ToLower(rec[2]); {
		case rec[3] == "":
			d.faults.Addf(file, at, "the alias has no name")
		case kind == "aka" || kind == "fka" || kind == "nka":
			e.AddName(rec[3], kind, false)
		default:
			d.faults.Addf(file, at, "unknown kind of alias %q", cut(rec[2]))
		}
	case Comments:
		// Remarks end at 1,000 characters, in the middle of a word; the rest stands here and
		// joins without a separator.
		d.raw[num] += rec[1]
	}
}

func (d *setDecoder) primary(file string, line int, rec []string) {
	at := list.Line(line)
	if rec[cName] == "" {
		d.faults.Addf(file, at, "entry %s has no name", rec[cNum])
		return
	}
	kind, ok := kindOf(rec[cType])
	if !ok {
		d.faults.Addf(file, at, "entry %s has the unknown type %q", rec[cNum], cut(rec[cType]))
		return
	}
	e := list.Entry{ID: rec[cNum], Kind: kind, At: at}
	e.AddName(rec[cName], "primary", false)
	// Several programmes stand in one cell as "SDGT] [SYRIA".
	e.Programs = list.AddTo(nil, strings.Split(rec[cProgram], "] [")...)
	if kind == party.Vessel {
		e.Countries = list.AddTo(e.Countries, rec[cFlag])
		e.AddIdentifier(party.Identifier{Scheme: "CALLSIGN", ID: rec[cCallSign]})
	}
	e.Remarks = list.Join(rec[cTitle])
	if rec[cOwner] != "" {
		e.Remarks = list.Join(e.Remarks, "owner: "+rec[cOwner])
	}
	if i, dup := d.byNum[e.ID]; dup {
		if d.raw[e.ID] != rec[cRemarks] || !list.Same(&d.l.Entries[i], &e) {
			d.faults.Addf(file, at, "entry %s stands twice with different content", e.ID)
		}
		return
	}
	d.byNum[e.ID] = len(d.l.Entries)
	d.raw[e.ID] = rec[cRemarks]
	d.l.Entries = append(d.l.Entries, e)
}

func number(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != "" && len(s) < 12
}

// cut shortens a cell for an error message.
func cut(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
