package review

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"plimsoll/internal/ownership/bods"
	"plimsoll/internal/record"
	"plimsoll/internal/record/focus"
	"plimsoll/internal/record/ocds"
	"plimsoll/internal/record/table"
)

// gather finds and recognises the inputs. A file whose bytes were seen already is named and
// not read again.
func (r *run) gather(ctx context.Context) error {
	sources, err := record.FindWithin(r.o.Paths, r.o.Bounds)
	if err != nil {
		return err
	}
	skip := map[string]bool{}
	for _, p := range append(append([]string{}, r.o.Lists...), r.o.Out, r.o.Map, r.o.Book) {
		if abs, err := filepath.Abs(p); err == nil && p != "" {
			skip[abs] = true
		}
	}
	maps, err := r.maps()
	if err != nil {
		return err
	}
	// Of two files with the same bytes the one nearer to the top is read, so that a copy in a
	// folder below changes nothing, not even a name.
	sort.SliceStable(sources, func(i, j int) bool {
		return strings.Count(sources[i].Name, "/") < strings.Count(sources[j].Name, "/")
	})
	seen := map[string]int{} // hash → input
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !under(src.Path, skip) {
			r.take(src, maps, seen)
		}
	}
	if len(r.inputs) == 0 && r.o.Engine == nil {
		return r.noInput()
	}
	return nil
}

// take recognises one file and notes it among the inputs, or among what is not read.
func (r *run) take(src record.Source, maps []table.Map, seen map[string]int) {
	if src.Skipped != "" {
		r.sum.Unknown = append(r.sum.Unknown, Unknown{File: src.Name, Reason: src.Skipped})
		return
	}
	key := src.SHA256
	i, ok := seen[key]
	ok = ok && src.SHA256 != "" // of a damaged file it is not known
	if ok && r.inputs[i].kind == kindBODS {
		if set := bods.SetOf(src); set != "" && set != bods.SetOf(r.inputs[i].src) {
			key += " " + set
			i, ok = seen[key]
		}
	}
	if ok && r.inputs[i].kind == kindFOCUS {
		// A delivery may hold a part of an earlier one unchanged: the reader of bills must see both.
		r.inputs = append(r.inputs, input{src: src, kind: kindFOCUS, mapTo: r.inputs[i].mapTo})
		r.files[src.Index] = src
		return
	} else if ok && (r.inputs[i].kind != kindOCDS || !ocds.IsPart(src)) {
		r.sum.Inputs = append(r.sum.Inputs, Input{File: src.Name, SHA256: src.SHA256, Kind: r.inputs[i].kind,
			Bytes: src.Size, SameAs: r.inputs[i].src.Name})
		return
	}
	in, reason := recognise(src, maps)
	if reason != "" {
		switch torn := cmp.Or(in.torn, readsHead(src)); {
		case src.Damage != "":
			reason = src.Damage
			r.fail(reason)
		case record.Damaged(torn):
			reason = record.CutNote(src.Name, 0, torn)
			r.fail(reason)
		}
		r.sum.Unknown = append(r.sum.Unknown, Unknown{File: src.Name, SHA256: src.SHA256, Reason: reason,
			Table: in.meant})
		return
	}
	if src.Damage != "" {
		in.src = src.Shut()
	}
	seen[key] = len(r.inputs)
	r.inputs = append(r.inputs, in)
	if in.kind == kindXLSX && in.mapTo == nil {
		if head, err := in.src.Head(); err == nil && focus.RecogniseWorkbook(in.src, head) {
			// register sheets and a bill in one workbook
			r.inputs = append(r.inputs, input{src: in.src, kind: kindFOCUS})
		}
	}
	r.files[src.Index] = src
}

// noInput is the error of a run that found no file to read.
func (r *run) noInput() error {
	if r.o.Out != "" {
		for _, p := range r.o.Paths {
			if under(p, map[string]bool{absolute(r.o.Out): true}) {
				return fmt.Errorf("read inputs: %s lies in the output folder %s; give another --out", p, r.o.Out)
			}
		}
	}
	var b strings.Builder
	for i, u := range r.sum.Unknown {
		if i == 5 {
			fmt.Fprintf(&b, "\n  and %d more", len(r.sum.Unknown)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s", u.File, u.Reason)
	}
	return fmt.Errorf("read inputs: no file that can be read was found in %s%s", strings.Join(r.o.Paths, ", "),
		b.String())
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

func under(path string, skip map[string]bool) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for {
		if skip[abs] {
			return true
		}
		up := filepath.Dir(abs)
		if up == abs {
			return false
		}
		abs = up
	}
}

func (r *run) maps() ([]table.Map, error) {
	if r.o.Map == "" {
		return nil, nil
	}
	return table.LoadMaps(r.o.Map)
}
