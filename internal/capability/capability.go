// Package capability says what an item or a cloud service can be used for, and what kind of
// body an end user is, from tables of facts.
//
// Invariants: every assignment names the table row that gave it, the words or code that
// matched and the source of the fact, so that it can be argued with. A class says what a
// thing can do, never what somebody does with it. No rule names a state, a language or a
// nationality: the same body under another country's name gets the same class. A rule may
// also say that a phrase means nothing of interest ("storage shed"), and wins over shorter
// rules that it covers. Unknown stays unknown.
//
// The tables are the TSV files under data; the first line names the columns, lines that
// start with # are comments. Everything here may be called concurrently.
package capability

import (
	"fmt"
	"slices"
)

// The capability classes.
const (
	BulkStorage    = "bulk_storage"
	Speech         = "speech"
	Translation    = "translation"
	Vision         = "vision"
	Face           = "face"
	TextAnalytics  = "text_analytics"
	LLM            = "llm"
	Location       = "location"
	Interception   = "interception"
	Intrusion      = "intrusion"
	Forensics      = "forensics"
	GPU            = "gpu"
	Engineering    = "engineering"
	Training       = "training"
	Arms           = "arms"
	HeavyMachinery = "heavy_machinery" // with its parts and attachments
	Drones         = "drones"          // unmanned aircraft and parts of aircraft
	Optics         = "optics"          // night vision, sights, telescopes
	Vehicles       = "vehicles"        // for the transport of goods; armoured ones are arms
	Barriers       = "barriers"        // fences, barbed wire, walls, military works
	Fuel           = "fuel"            // for vehicles and aircraft
)

// Classes lists the capability classes in the order in which reports show them.
var Classes = []string{
	BulkStorage, Speech, Translation, Vision, Face, TextAnalytics, LLM, Location, Interception,
	Intrusion, Forensics, GPU, Engineering, Training, Arms, HeavyMachinery,
	Drones, Optics, Vehicles, Barriers, Fuel,
}

// Evidence is the rule that gave an assignment.
type Evidence struct {
	Table   string // file under data
	Row     int    // its line
	Rule    string // the pattern or code of the row
	Matched string // what it matched in the record, folded
	Gives   string // capability class, export-control entry or end-user class
	Source  string // where the fact comes from
	Note    string
}

func (e Evidence) String() string {
	s := fmt.Sprintf("%q is %s (%s row %d, %s", e.Matched, e.Gives, e.Table, e.Row, e.Source)
	if e.Note != "" {
		s += "; " + e.Note
	}
	return s + ")"
}

// An Assignment is what an item can be used for.
type Assignment struct {
	Capabilities []string // sorted, without duplicates
	Controlled   []string // export-control entries, sorted, in the spelling 5A001.j, ML5, PL5001
	Evidence     []Evidence
	Understood   bool // the words or the code say what the thing is, of interest or not
	// May lists what a thing that is not understood may be at most, since its code leaves no more:
	// sorted, nil when it may be anything. Anything is meant where the words hint at export control.
	May          []string
	HintsControl bool // something says that the thing may be under export control
	// Unlisted: the code is an entry of a control list that the tables do not have, or cannot be read as one where only
	// entries stand. Whether the thing is under control is then not known, whatever else is.
	Unlisted   bool
	partUnread bool // one of several codes of the cell is not known
}

func (a *Assignment) add(e Evidence, capabilities []string, controlled string) {
	for _, c := range capabilities {
		if i, found := slices.BinarySearch(a.Capabilities, c); !found {
			a.Capabilities = slices.Insert(a.Capabilities, i, c)
		}
	}
	if controlled != "" {
		if i, found := slices.BinarySearch(a.Controlled, controlled); !found {
			a.Controlled = slices.Insert(a.Controlled, i, controlled)
		}
	}
	a.Evidence = append(a.Evidence, e)
}

// Item returns what an item of a contract or an order can be used for: by its code, when
// the scheme is known or the code's shape says it, and by the words of its description.
//
// An item of which neither says what it is has Understood false: nothing follows from it.
// Words such as "system", "licence" or "project" say nothing, nor does a word for what the
// thing is for or comes with ("licence for …", "… including chairs"). An item with a class of which
// another part is in doubt ("object storage and monitoring") has the class and is not understood.
func Item(text, scheme, code string) Assignment {
	var a Assignment
	if code != "" {
		byCode(&a, scheme, code)
	}
	var bytes [640]byte
	var spans [96]span
	var buf [128]match
	f := fold(bytes[:0], spans[:0], text)
	found := itemRules().find(&f, buf[:0])
	itemRules().valid(found, func(m match) {
		r := &itemRules().rules[m.rule]
		switch {
		case r.tells == hint:
			a.HintsControl = true
		case r.none() || r.tells != nothing:
		default:
			a.add(r.evidence(f.text(int(m.from), int(m.to))), r.gives, r.controlled)
		}
	})
	for _, c := range a.Capabilities {
		switch c {
		case Interception, Intrusion, Forensics, Arms:
			a.HintsControl = true
		}
	}
	a.HintsControl = a.HintsControl || len(a.Controlled) > 0 || a.Unlisted
	switch {
	case len(a.Evidence) > 0:
		a.Understood = !a.partUnread && (code != "" || !doubtBeside(text, found))
	case a.HintsControl:
		// "Encryption device for laptops": what may be controlled is not known for the laptop.
	default:
		a.Understood = a.Understood || understood(&f, found)
	}
	if a.Understood || a.HintsControl {
		a.May = nil
	}
	return a
}
