package table

import "plimsoll/internal/record"

// The tables of what is demanded of whom by when.
const (
	Instruments = "instruments"
	Demands     = "demands"
	Answers     = "answers"
)

// The words of coded columns of these tables. Package obligation refuses others.
var (
	forceWords     = vocabulary{words: []string{"binding", "non_binding", "unknown"}}
	readingWords   = vocabulary{words: []string{"primary", "secondary", "memory"}}
	addresseeWords = vocabulary{words: []string{"state", "all_states", "company", "companies", "customer", "body"}}
	aboutWords     = vocabulary{words: []string{"party", "engagement", "goods", "service", "capability", "place",
		"conduct"}}
	actedWords = vocabulary{words: []string{"done", "partly", "refused", "no_answer"}}
)

// obligationWords are these words by table and column, obligationKey the keys of the tables.
var (
	obligationWords = map[string]vocabulary{"instruments.force": forceWords, "instruments.read": readingWords,
		"demands.of":         addresseeWords,
		"demands.about_kind": aboutWords, "demands.read": readingWords, "answers.acted": actedWords}
	obligationKey = map[string]bool{"instrument_id": true, "demand_id": true, "answer_id": true}
)

// organisation are the kinds of addressee that are parties of records, where a name is stated.
var organisation = map[string]bool{"company": true, "companies": true, "customer": true, "body": true}

// isInstruments reports whether a header is that of a table of instruments.
func isInstruments(one func(...string) bool) bool {
	return one("instrument_id") && !one("demand_id", "issuer_name") && one("title", "issuer", "force", "addressees")
}

// KindOf names the register table that a header belongs to, "" for none.
func KindOf(header []string) string { return kindOf(header) }

// obligation reads a row cell by cell: what the cells mean together, package obligation says.
func (b *binder) obligation(kind string) func(*row) record.Record {
	cols := make([]col, len(known[kind]))
	for i, name := range known[kind] {
		if cols[i] = b.need(name); name == "about_id" || name == "addressee_id" {
			delete(b.lacks, name) // a name does without
		}
	}
	none := col{i: absent}
	about := refCols{b.col("about"), b.col("about_id"), none, none, none}
	addressee := refCols{b.col("addressee"), b.col("addressee_id"), none, none, none}
	return func(r *row) record.Record {
		o := &record.Obligation{Place: r.place, Table: kind, Cells: map[string]string{}, Lacks: b.lacks}
		for i, name := range known[kind] {
			s := r.text(cols[i])
			if s == "" || isNobody(s) && !keepsNobody[name] {
				continue
			}
			if dateColumns[name] || name == "due" {
				if d, err := r.d.date(s); err == nil && d.Known() {
					s = d.String()
				}
			}
			o.Cells[name] = s
		}
		if kind == Demands {
			if words(o.Cells["about_kind"]) == "party" {
				o.About = r.ref(about)
			}
			if organisation[words(o.Cells["of"])] {
				o.Addressee = r.ref(addressee)
			}
		}
		return o
	}
}

// keepsNobody are columns in which a word for none is a word: the force of an instrument may be "unknown".
var keepsNobody = map[string]bool{"force": true, "text": true, "title": true}
