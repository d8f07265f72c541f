package load

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"plimsoll/internal/list/bis"
	"plimsoll/internal/list/csl"
	"plimsoll/internal/list/debarred"
	"plimsoll/internal/list/dfat"
	"plimsoll/internal/list/eu"
	"plimsoll/internal/list/ftm"
	"plimsoll/internal/list/named"
	"plimsoll/internal/list/row"
	"plimsoll/internal/list/uk"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// Formats names every format that is read, for messages and docs/format/lists.md.
var Formats = []string{
	"OFAC (sdn.csv or cons_prim.csv with its add, alt and comments files, sdn.xml, consolidated.xml, " +
		"sdn_enhanced.xml, sdn_advanced.xml)",
	"UN Security Council (XML)", "EU financial sanctions (FSF: XML, CSV)",
	"UK Sanctions List (CSV, XLSX, XML) and OFSI's ConList (CSV, XML)",
	"Swiss SECO (XML)", "Canada SEMA (XML)", "Australia DFAT (XLSX, CSV)",
	"World Bank ineligible firms (XLSX, CSV, JSON)", "BIS Denied Persons List",
	"US Consolidated Screening List (CSV, JSON)",
	"OpenSanctions and FollowTheMoney (targets.simple.csv, entities.ftm.json)",
	"a table of names (CSV, XLSX) with the columns " + strings.Join(named.Needed, ", "),
}

// tables are the tabular formats, for naming the one that a header is nearest to.
var tables = []struct {
	title  string
	needed []string
}{
	{"a table of names", named.Needed},
	{"the UK Sanctions List", uk.Needed},
	{"OFSI's ConList", uk.NeededOld},
	{"the EU list (FSF)", eu.Needed},
	{"the Australian Consolidated List", dfat.Needed},
	{"the World Bank's list", debarred.Needed},
	{"the US Consolidated Screening List", csl.Needed},
	{"the BIS Denied Persons List", bis.Needed},
	{"targets.simple.csv of OpenSanctions", ftm.Needed},
}

// refusal says why a file is none of the lists that are read, and what would be.
func refusal(ctx context.Context, src record.Source, head []byte) string {
	var parts []string
	if table.IsWorkbook(head) {
		heads, err := row.Heads(ctx, src, head)
		if err != nil {
			return fmt.Sprintf("not a list of a known format, nor a workbook that can be read: %v", err)
		}
		for _, h := range heads {
			if n := nearest(h); n != "" {
				parts = append(parts, n)
				break
			}
		}
	} else if n := nearest(head); n != "" {
		parts = append(parts, n)
	}
	parts = append(parts, "formats that are read: "+strings.Join(Formats, "; "), "see docs/format/lists.md",
		"for a list with columns of its own, plimsoll map draft --table list FILE writes a --map")
	return "not a list of a known format; " + strings.Join(parts, "; ")
}

// nearShare is the share of a publisher's columns that a header must have to be called near that publisher's table.
// Below it ("Company;Country;Reason;Source" has one of 17 of the US list) a table of names is what people mean.
const nearShare = 0.3

// nearest names the table that a header is nearest to and the columns that it lacks, "" for
// a text that is no table.
func nearest(head []byte) string {
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 || record.Looks(text) != "" {
		return ""
	}
	var best row.Header
	title, share := "", 0.0
	var needed []string
	for _, t := range tables {
		h, n := row.Likeliest(head, t.needed...)
		if s := float64(n) / float64(len(t.needed)); h != nil && (title == "" || s > share && s >= nearShare) {
			best, title, share, needed = h, t.title, s, t.needed
		}
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	first := strings.TrimSpace(string(line))
	if best == nil { // one column
		best, title, needed = row.NewHeader([]string{first}), tables[0].title, tables[0].needed
		if best.Has(named.Needed[0]) {
			share = 1 / float64(len(needed))
		}
	}
	var lacks []string
	for _, c := range needed {
		if !best.Has(c) {
			lacks = append(lacks, row.Called(c))
		}
	}
	out := fmt.Sprintf("nearest is %s: the header lacks the column %s", title, strings.Join(lacks, ", "))
	if share == 0 {
		out += fmt.Sprintf("; if the first row (%s) is no heading, write one above it, such as %s", clipped(first),
			strings.Join(named.Needed, ","))
	}
	return out
}

// mostShown is how many letters of a first row are shown.
const mostShown = 60

func clipped(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > mostShown {
		s = string(r[:mostShown]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
