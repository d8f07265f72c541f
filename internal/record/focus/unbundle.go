package focus

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"plimsoll/internal/record"
)

// A notation is how a source writes days and numbers.
type notation struct{ dayFirst, comma bool }

// unbundle adds the sources of the bundle up and says what each holds, in their order.
func (l *loader) unbundle() error {
	b := l.bundle
	l.bundle = nil
	if b == nil {
		return nil
	}
	parts := 0
	defer func() {
		for i := range parts {
			_ = l.exec("DROP TABLE IF EXISTS " + bundlePart(i))
		}
	}()
	for _, f := range b.forms {
		if err := f.w.end(); err != nil {
			return fmt.Errorf("narrow %s: %w", f.sources[0].src.Name, err)
		}
		alike, err := l.notations(f)
		if err != nil {
			return err
		}
		for _, sources := range alike {
			if err := l.addForm(f, sources, len(alike) > 1, bundlePart(parts)); err != nil {
				return err
			}
			parts++
		}
		if err := os.Remove(f.w.file.Name()); err != nil {
			return err
		}
	}
	for _, s := range b.sources {
		for _, r := range s.rejects {
			if err := l.sink.Reject(r); err != nil {
				return err
			}
		}
		st, err := l.narrowStaged(s.src, s.h, s.n, s.counted, fmt.Sprintf("(SELECT * FROM %s WHERE source = %d)",
			s.part, s.src.Index))
		if err != nil {
			return err
		}
		if s.mapping != "" {
			st.Notes = append(st.Notes, "read by mapping "+s.mapping)
		}
		l.stats[s.src.Index] = st
	}
	return nil
}

func bundlePart(i int) string { return fmt.Sprintf("%s_%d", ownPart, i) }

// notations groups the sources of a form by how they write days and numbers, and notes that in their headers.
func (l *loader) notations(f *form) ([][]*inBundle, error) {
	h := f.sources[0].h
	days, commas, points := "0", "0", "0"
	if h.mayOrder() {
		days = sqlDayFirst(narrowText(colChargeStart))
	}
	if h.mayComma() {
		commas, points = h.sqlCommas(narrowText)
	}
	if days == "0" && commas == "0" {
		return [][]*inBundle{f.sources}, nil
	}
	of := map[int]notation{}
	rows, err := l.conn.QueryContext(l.ctx, fmt.Sprintf("SELECT source, (%s)::BIGINT, (%s)::BIGINT, (%s)::BIGINT "+
		"FROM %s GROUP BY source",
		days, commas, points, narrowScan(f.w.file.Name(), h, true).from))
	if err != nil {
		return nil, fmt.Errorf("look at the numbers of %s: %w", f.sources[0].src.Name, err)
	}
	if err := each(rows, func() error {
		var source int
		var day, comma, point int64
		err := rows.Scan(&source, &day, &comma, &point)
		of[source] = notation{dayFirst: day > 0, comma: comma > 0 && point == 0}
		return err
	}); err != nil {
		return nil, fmt.Errorf("look at the numbers of %s: %w", f.sources[0].src.Name, err)
	}
	at := map[notation]int{}
	var out [][]*inBundle
	for _, s := range f.sources {
		n := of[s.src.Index]
		if n.dayFirst {
			s.h.profile = s.h.profile.dayFirst()
		}
		s.h.comma = n.comma
		i, ok := at[n]
		if !ok {
			i = len(out)
			at[n], out = i, append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out, nil
}

// addForm adds up sources of one form and notation in a table of their own, and stages them.
func (l *loader) addForm(f *form, sources []*inBundle, some bool, part string) error {
	h := sources[0].h
	s := narrowScan(f.w.file.Name(), h, true)
	if some {
		var which strings.Builder
		for i, x := range sources {
			if i > 0 {
				which.WriteByte(',')
			}
			which.WriteString(strconv.Itoa(x.src.Index))
		}
		s.from = "(SELECT * FROM " + s.from + " WHERE source IN (" + which.String() + "))"
	}
	narrowTexts(&s, h)
	failed := func(err error) error { return fmt.Errorf("read %s and others like it: %w", sources[0].src.Name, err) }
	if err := l.exec(partSQL(s, "TEMP TABLE "+part)); err != nil {
		return failed(err)
	}
	of := make(map[int]*inBundle, len(sources))
	for _, x := range sources {
		of[x.src.Index], x.part = x, part
	}
	rows, err := l.conn.QueryContext(l.ctx, "SELECT source, "+sqlCounted+" FROM "+part+" GROUP BY source")
	if err != nil {
		return failed(err)
	}
	if err := each(rows, func() error {
		var source int
		var c counted
		if err := rows.Scan(&source, &c.rows, &c.quantities, &c.unbilled, &c.zoneless, &c.bad, &c.torn); err != nil {
			return err
		}
		if of[source] == nil {
			return fmt.Errorf("no source %d", source)
		}
		of[source].counted = c
		return nil
	}); err != nil {
		return failed(err)
	}
	err = l.exec(partStageSQL("source", h, part))
	if h.has(colApplied) {
		err = errors.Join(err, l.exec(appliedSQL("source", h, s)))
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

var _ record.Sink = (*held)(nil)
