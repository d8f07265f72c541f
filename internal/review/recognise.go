package review

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"plimsoll/internal/list/load"
	"plimsoll/internal/ownership/bods"
	"plimsoll/internal/ownership/ftm"
	"plimsoll/internal/ownership/gleif"
	"plimsoll/internal/ownership/icij"
	"plimsoll/internal/ownership/psc"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/ocds"
	"plimsoll/internal/record/table"
)

// answerKey is why the key of an example world is not read. It holds nothing that an answer needs.
const answerKey = "the answer key of an example world: no record"

// recognise says what a file is from its content; the reason is for files that are nothing
// the program reads.
func recognise(src record.Source, all []table.Map) (in input, reason string) {
	maps, lists := mapsByTable(all)
	in.src = src
	head, err := src.Head()
	switch {
	case errors.Is(err, record.ErrEmpty):
		in.meant = table.Nearest(src).Table
		return in, "the file is empty"
	case err != nil:
		return in, in.refuse(err)
	}
	m, mapped, err := table.Match(maps, src)
	switch {
	case err != nil:
		return in, in.refuse(err)
	case mapped:
		in.mapTo, in.kind = &m, "mapped "+m.Table
		if m.Table == table.Usage {
			in.kind = kindFOCUS
		}
	default:
		if in.kind = kindOfBill(src, head); in.kind != "" {
			break
		}
		if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
			return in, in.workbook(head)
		}
		if table.IsYAML(head) {
			if err := table.CheckYAML(src); err != nil {
				reason = in.refuse(err)
				in.meant = table.Demands
				return in, reason
			}
			in.kind = kindYAML
			break
		}
		in.kind = kindOfText(src, head)
	}
	if in.kind != "" {
		return in, ""
	}
	return in, in.refused(head, lists)
}

// mapsByTable takes the maps of lists apart from the others.
func mapsByTable(all []table.Map) (maps, lists []table.Map) {
	for _, m := range all {
		if m.Table == table.List {
			lists = append(lists, m)
		} else {
			maps = append(maps, m)
		}
	}
	return maps, lists
}

// kindOfBill recognises the datasets of FOCUS and the bills of providers, "" for other files.
func kindOfBill(src record.Source, head []byte) string {
	path := onDisk(src)
	switch {
	case focus.RecogniseCommitments(head, path):
		return kindCommitments
	case focus.RecognisePeriods(head, path):
		return kindPeriods
	}
	version, ok := focus.Recognise(head, src.Name)
	if version == "parquet" && src.Member == "" { // the columns stand at the end, past the head
		_, ok = focus.RecognisePath(src.Path)
	}
	if ok {
		return kindFOCUS
	}
	return ""
}

// onDisk is the path of a source that is a file of its own, "" for what lies inside another.
func onDisk(src record.Source) string {
	if src.Member != "" {
		return ""
	}
	return src.Path
}

// workbook recognises a workbook by its sheets; the reason is for one that is nothing.
func (in *input) workbook(head []byte) (reason string) {
	kinds, err := table.SheetKinds(in.src)
	if err != nil {
		return in.refuse(err)
	}
	known := false
	for _, k := range kinds {
		known = known || k != ""
	}
	switch {
	case known:
		in.kind = kindXLSX
	case focus.RecogniseWorkbook(in.src, head):
		in.kind = kindFOCUS
	case ocds.RecogniseFlat(in.src, head):
		in.kind = kindOCDS
	default:
		return in.nearest("a workbook in which no sheet has the header of a register table")
	}
	return ""
}

// kindOfText recognises what is neither a bill nor a workbook, "" for nothing that is read.
func kindOfText(src record.Source, head []byte) string {
	switch {
	case recognisesJoins(head):
		return kindJoins
	case table.IsNumberPairs(head):
		return kindPairs
	case bods.Recognise(head), bods.RecogniseFlat(src, head):
		return kindBODS
	case gleif.Recognise(head):
		return kindGLEIF
	case psc.Recognise(head):
		return kindPSC
	case icij.Recognise(head):
		return kindICIJ
	case ftm.Recognise(head):
		return kindFTM
	case ocds.Recognise(head):
		return kindOCDS
	}
	if kind, _, ok := table.Recognise(head); ok {
		return kind
	}
	if ocds.RecogniseFlat(src, head) {
		return kindOCDS
	}
	return ""
}

// refused says why a file is nothing that is read, unless its kind stands behind its head.
func (in *input) refused(head []byte, lists []table.Map) (reason string) {
	if format, ok := load.Recognise(in.src, head); ok {
		return fmt.Sprintf("this is a list (%s): give it with --list", format)
	}
	if m, ok, err := table.Match(lists, in.src); err == nil && ok {
		return fmt.Sprintf("this is a list by mapping %s: give it with --list", m.Name)
	}
	if bytes.HasPrefix(head, []byte(`{"case":`)) && bytes.Contains(head, []byte(`"expect":`)) {
		return answerKey
	}
	if beginsJSON(head) {
		if ok, err := ocdsBehind(in.src); err != nil {
			return err.Error()
		} else if ok {
			in.kind = kindOCDS
			return ""
		}
	}
	if near := focus.Nearest(head); near != "" {
		return "unknown kind: no bill that is known; " + near
	}
	return in.nearest("unknown kind: neither contracts (OCDS), bills (FOCUS), ownership (BODS, GLEIF, Companies " +
		"House, FollowTheMoney) nor a register table")
}

// readsHead returns the fault that stands in the first bytes of a file, which [record.Source.Head] passes over when
// anything stands before it.
func readsHead(src record.Source) error {
	text, err := src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	_, err = io.CopyN(io.Discard, text, 256<<10)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// nearest says what a file that is nothing was perhaps meant to be.
func (in *input) nearest(what string) string {
	g := table.Nearest(in.src)
	if head, err := in.src.Head(); err == nil && !g.Meant && !bytes.HasPrefix(head, []byte("PK")) {
		if looks := record.Looks(head); looks != "" {
			return what + "; it is " + looks
		}
	}
	if g.Meant {
		in.meant = g.Table
	}
	return what + "; " + g.String()
}

func beginsJSON(head []byte) bool {
	head = bytes.TrimSpace(head)
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// ocdsBehind reports whether contracts stand behind the head of a JSON text.
func ocdsBehind(src record.Source) (bool, error) {
	text, err := src.Open()
	if err != nil {
		return false, err
	}
	defer text.Close()
	return ocds.RecogniseText(text)
}
