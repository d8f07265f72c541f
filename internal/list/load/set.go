package load

import (
	"path"
	"sort"
	"strings"

	"plimsoll/internal/list/ofac"
	"plimsoll/internal/record"
)

// A part is one file of an OFAC set.
type part struct {
	src  record.Source
	role ofac.Role
}

// folder is where the part lies; the members of one archive lie together.
func (p part) folder() string {
	if p.src.Member != "" {
		return p.src.Path + "!" + path.Dir(p.src.Member)
	}
	return path.Dir(strings.ReplaceAll(p.src.Path, `\`, "/"))
}

// sets puts the parts together and reads each set. A folder with one primary file is one
// set; a folder with several is told apart by what the names have in common. Parts that
// were given from different folders make a set when there is only one primary file.
func (l *loader) sets() error {
	primaries := 0
	folders := map[string][]part{}
	var order []string
	for _, p := range l.parts {
		if p.role == ofac.Primary {
			primaries++
		}
		f := p.folder()
		if folders[f] == nil {
			order = append(order, f)
		}
		folders[f] = append(folders[f], p)
	}
	if primaries <= 1 && len(l.parts) > 0 {
		return l.set(l.parts)
	}
	for _, f := range order {
		parts := folders[f]
		n := 0
		byBase := map[string][]part{}
		for _, p := range parts {
			if p.role == ofac.Primary {
				n++
			}
			byBase[ofac.Base(p.src.Name)] = append(byBase[ofac.Base(p.src.Name)], p)
		}
		if n <= 1 {
			if err := l.set(parts); err != nil {
				return err
			}
			continue
		}
		var bases []string
		for b := range byBase {
			bases = append(bases, b)
		}
		sort.Strings(bases)
		for _, b := range bases {
			if err := l.set(byBase[b]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) set(parts []part) error {
	set := ofac.Set{}
	hashes := make([]string, 0, len(parts))
	for _, p := range parts {
		if have, dup := set[p.role]; dup {
			if have.SHA256 != p.src.SHA256 {
				l.faults.Addf(p.src.Name, "", "a second %s file of one set, beside %s: keep each set in a folder of "+
					"its own", p.role, have.Name)
			}
			continue
		}
		set[p.role] = p.src
		hashes = append(hashes, string(p.role)+p.src.SHA256)
	}
	if _, ok := set[ofac.Primary]; !ok {
		for _, p := range parts {
			l.faults.Addf(p.src.Name, "", "the %s file of an OFAC set without its primary file (SDN.CSV or "+
				"CONS_PRIM.CSV)", p.role)
		}
		return nil
	}
	sort.Strings(hashes)
	key := strings.Join(hashes, " ")
	if l.seen[key] {
		return nil
	}
	l.seen[key] = true
	one, err := ofac.DecodeSet(l.ctx, set)
	if err != nil {
		return l.add(set[ofac.Primary].Name, err)
	}
	return l.add("", nil, one)
}
