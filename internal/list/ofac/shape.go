package ofac

import (
	"bytes"
	"errors"
	"strings"

	"plimsoll/internal/record/delimited"
)

// Shape tells which role a headerless file plays in a legacy set, by the number of fields of
// its first rows and what stands in them; the file's name decides where the shape does not
// (a comments file is a number and a text, which many files are). It says "" when it is none.
func Shape(name string, head []byte) Role {
	stem := Stem(name)
	byName := roleOf(stem)
	r := delimited.NewReader(bytes.NewReader(head), ',')
	votes := map[Role]int{}
	rows, numbered := 0, 0
	for rows < 20 {
		row, err := r.Next()
		if _, bad := errors.AsType[*delimited.BadRow](err); bad {
			continue
		}
		if err != nil {
			break
		}
		rec := row.Cells
		if len(rec) < 2 {
			continue
		}
		rows++
		votes[rowRole(rec)]++
		if number(strings.TrimSpace(rec[0])) {
			numbered++
		}
	}
	for _, role := range Roles {
		if votes[role] == 0 || 2*votes[role] <= rows {
			continue
		}
		if role == Comments && byName != Comments {
			return ""
		}
		return role
	}
	if rows == 0 && byName == Comments { // no remark is long enough to be continued
		return Comments
	}
	// Damaged rows in a file with the name of a set: its reader says what is wrong with them.
	if votes[byName] > 0 || official[stem] && rows > 0 && numbered == rows {
		return byName
	}
	return ""
}

// official are the names under which the files are published.
var official = map[string]bool{
	"sdn": true, "add": true, "alt": true, "sdn_comments": true,
	"cons_prim": true, "cons_add": true, "cons_alt": true, "cons_comments": true,
}

func rowRole(rec []string) Role {
	if !number(strings.TrimSpace(rec[0])) {
		return ""
	}
	switch len(rec) {
	case width[Primary]:
		if _, ok := kindOf(null(rec[cType])); ok && strings.Contains(strings.Join(rec, ","), "-0-") {
			return Primary
		}
	case width[Address]:
		if number(strings.TrimSpace(rec[1])) && strings.Contains(strings.Join(rec, ","), "-0-") {
			return Address
		}
	case width[Alias]:
		switch strings.ToLower(strings.TrimSpace(rec[2])) {
		case "aka", "fka", "nka":
			if number(strings.TrimSpace(rec[1])) {
				return Alias
			}
		}
	case width[Comments]:
		return Comments
	}
	return ""
}

// Stem is the file's name without folders and extensions, in lower case.
func Stem(name string) string {
	name = strings.ToLower(name[strings.LastIndexAny(name, "/!")+1:])
	for {
		i := strings.LastIndexByte(name, '.')
		if i <= 0 {
			return name
		}
		switch name[i:] {
		case ".csv", ".gz", ".txt", ".zip", ".del", ".pip":
			name = name[:i]
		default:
			return name
		}
	}
}

// words of a stem that say which role the file plays.
func roleOf(stem string) Role {
	switch {
	case strings.Contains(stem, "comment"):
		return Comments
	case strings.Contains(stem, "add"):
		return Address
	case strings.Contains(stem, "alt"):
		return Alias
	case strings.Contains(stem, "prim"), strings.Contains(stem, "sdn"):
		return Primary
	}
	return ""
}

// Base is what remains of a stem without the words that tell the role: the files of one set
// have it in common ("cons_add" and "cons_prim" leave "cons", "add" and "sdn" leave "").
func Base(name string) string {
	s := Stem(name)
	for _, w := range []string{"comments", "comment", "prim", "add", "alt", "sdn"} {
		s = strings.Replace(s, w, "", 1)
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, s)
}
