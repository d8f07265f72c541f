// Package signal computes typed values about parties, engagements and accounts from the
// records of one run, out of core, in SQL.
//
// Invariants: a signal carries what is known and what is not (see [Gap]); what is not known
// is never 0, "no" or civil instead. Records dated after the day of the review are left out
// and counted. Signals are about organisations' records; none is about the content of
// anything.
package signal

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"plimsoll/internal/book"
	"plimsoll/internal/finding"
	"plimsoll/internal/party"
)

// Inputs are what other packages have found out about the records of a book.
type Inputs struct {
	AsOf      time.Time               // the day of the review
	Parties   []party.Party           // that the mentions were resolved to
	ByMention []int32                 // mention → party, -1 for none
	Classes   []Class                 // of the parties
	Item      func(ItemKey) ItemClass // what an item is for
	Service   func(ServiceKey) Use    // what a charge is for
	Lists     map[int32]Standing      // what lists say of parties; nil when no list was given
	Owners    map[int32]Standing      // what ownership statements say; nil when none was read
	OwnersCut string                  // why a file of ownership statements was not read to its end; "" when all were
	Below     map[int32]Below         // what parties hold of listed ones
	Possible  map[int32][]int32       // parties that may be the same as a party, not certain enough to be joined
	Only      map[int32]bool          // the parties asked about; nil for all
	// of all parties of the same records; with Only, so that only their rows are read
	Base *Run
	// of the tables that are made with a Base; runs at work at a time have different ones
	Room string
	// places and uses that the user wants looked at; nil when no table of them was read
	Places     []ListedPlace
	PlacesLost int               // rows of that table that could not be read
	PlacesCut  string            // why a file of it was not read to its end
	Demands    []Demand          // how demands stand on the day; empty when no table or set of them was given
	DemandSets bool              // some of them come from sets that ship with the program
	Parents    map[int32][]int32 // direct owners, beside the bodies that account rows tell of
	// an engine in which the bills lie, nil when they are in the book; with Base, that of the run that it is based on
	Away Away
	// whether bounds of use decide what every rule says of a subject, see [Facts.Pending]; nil: they never do
	Settled    func(*Facts) bool
	AccountKey func(string) string // one key for the spellings of an account id; nil: ids as they are
}

// A Class is the end-user class of a party and why it has it.
type Class struct {
	// civil, commercial, health, emergency, police, prison, border, military, intelligence, unknown
	Name          string
	Why           string
	Stated        string // as the records write it, "" when they do not
	StatedUnknown bool   // a class is stated in a word that is not understood
	NameClass     string // what the name alone says
	Contradiction bool   // the stated class is laxer than what the name says; the stricter is used
	Either        bool   // what is stated does not settle it: police in some states, administration in others
	Beneath       string // the security class of the body that an exempt body belongs to
}

// Known reports whether anything says what kind of body the party is.
func (c Class) Known() bool { return c.Name != "" && c.Name != "unknown" }

// A Standing is what lists and ownership say about one party.
type Standing struct {
	Hits               []finding.Hit
	Score              float64
	ShareMin, ShareMax float64
	Control            bool
	// Fifty: listed parties together own it to half or more, directly or through parties that they own so;
	// FiftyMay: they do so by some reading of the shares. The path is then the chain on which that rests.
	Fifty, FiftyMay bool
	Cut             string  // why not all its owners were followed, and from where on; empty when all were
	Withheld        string  // which holders the sources do not name, with their reasons; empty when all are named
	ShareOpen       float64 // the most that listed parties hold if those holders were listed
	Path            []finding.Step
	Further         [][]finding.Step // the paths of other listed owners, the strongest of each
	Known           bool             // ownership statements about the party were read
}

// A Below is what a party holds of a listed one.
type Below struct {
	Min, Max float64 // share, through any number of hops
	Control  bool    // it controls it otherwise than by shares
	Name     string  // of the listed party
	Hit      finding.Hit
	Path     []finding.Step
	Says     string // the path in words
}

// A Run computes the signals of one book. Its methods are for one goroutine; it uses several itself.
type Run struct {
	book runBook
	db   *sql.DB
	in   Inputs

	roles    []roleSet         // by party
	roleBits []string          // of a roleSet
	parents  map[int32][]int32 // every body above a party
	services []serviceUse
	usage    usageState
	strays   []stray
	after    []After
	tied     []Tie
	columns  map[string]*toldBy       // by signal
	kept     map[stretch][]engagement // what was read of engagements, see [mostKept]
	around   *surroundings            // read once
	asked    []bool                   // by party: its rows were brought from an engine; nil before any was
	segments map[[2]string]segment    // by class and measure
	users    map[int32]float64        // people who use the accounts of a party, where all of them state it

	demands      []demand
	licences     []licenceRecord
	drawings     []drawing                      // while licences are drawn down
	covered      map[string]coverage            // what licence records say of engagements, by id
	gateUse      map[gateKey]map[string]gateUse // recorded under gates of parties, by engagement
	certificates bool                           // the approvals hold end-use certificates
	limited      int64                          // approvals that are licences or end-use certificates
	unkinded     map[int32][2]string            // by party: the first two engagements whose kind is not understood

	tornRows    []book.Torn
	torn        map[tornKey]int64   // rows that could not be used, by whom they name
	unsure      map[string][]string // engagement ids that more than one of the register fits, but for their spelling
	orphans     int64               // engagements that other tables name and of which there is no record
	firstOrphan string
}

// A runBook is the book of a run, and the room of it in which the tables of the run are made.
type runBook struct {
	*book.Book
	*book.Room
}

// New prepares the tables that signals are computed from. The book must be complete.
func New(ctx context.Context, b *book.Book, in Inputs) (*Run, error) {
	if len(in.ByMention) != b.MentionCount() || len(in.Classes) != len(in.Parties) {
		return nil, fmt.Errorf("prepare signals: %d of %d mentions, %d classes for %d parties",
			len(in.ByMention), b.MentionCount(), len(in.Classes), len(in.Parties))
	}
	in.Classes = slices.Clone(in.Classes)
	run := &Run{book: runBook{b, b.Room}, db: b.DB(), in: in}
	if run.based() {
		return run, run.some(ctx)
	}
	if err := b.TieEngagements(ctx); err != nil {
		return nil, err
	}
	var err error
	if run.tornRows, err = b.Torn(ctx); err != nil {
		return nil, err
	}
	run.tear()
	run.unsure = map[string][]string{}
	for _, x := range b.Respelt() {
		if len(x.IDs) > 1 {
			run.unsure[x.Named] = x.IDs
		}
	}
	run.prepareDemands()
	run.preparePlaces()
	// Of steps that stand side by side the first only asks the database, and none needs what the others make.
	for _, steps := range [][]func(context.Context) error{
		{run.placeParties}, {run.classifyItems}, {run.classifyServices}, {run.countAfter},
		{run.prepareEngagements, run.prepareAccounts}, {run.prepareHolders, run.pass}, {run.drawDown}, {run.drawGates},
		{run.findCertificates},
	} {
		if err := run.Beside(ctx, steps); err != nil {
			return nil, err
		}
	}
	run.tellColumns()
	return run, nil
}

// mostBeside is how many engagements and groups of charges a run may hold for steps to run side by side: two
// that sort more than that at a time may not find room within the limit of the book.
const mostBeside = 1_000_000

// Beside runs steps at the same time, where the run is small enough, else in their order.
func (run *Run) Beside(ctx context.Context, steps []func(context.Context) error) error {
	var rows int64
	err := run.db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM usage) + (SELECT count(*) FROM engagement)").Scan(
		&rows)
	if err != nil {
		return fmt.Errorf("prepare signals: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	if rows > mostBeside {
		g.SetLimit(1)
	}
	for _, step := range steps {
		g.Go(func() error { return step(ctx) })
	}
	return g.Wait()
}

// derive makes tables from queries, one after the other.
func (run *Run) derive(ctx context.Context, list []query) error {
	for _, q := range list {
		if err := run.book.Derive(ctx, q.name, run.dated(q.text)); err != nil {
			return err
		}
	}
	return nil
}

// A query is the text that a table is made from.
type query struct{ name, text string }

// prepareAccounts makes the tables about accounts and their use.
func (run *Run) prepareAccounts(ctx context.Context) error {
	if err := run.derive(ctx, accountSQL); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{run.dealers, run.tieAccounts, run.prepareUsage,
		run.prepareParents} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepareHolders makes the tables about those who hold and use accounts, and draws the limits of segments.
func (run *Run) prepareHolders(ctx context.Context) error {
	if err := run.derive(ctx, holderSQL); err != nil {
		return err
	}
	if run.away() {
		if err := run.bringHeld(ctx); err != nil {
			return err
		}
	}
	if err := run.segment(ctx); err != nil {
		return err
	}
	return run.countUsers(ctx)
}

// placeParties writes which party each mention is, and collects the roles of each party.
func (run *Run) placeParties(ctx context.Context) error {
	type row struct {
		Mention int32
		Party   book.Number
	}
	t, err := run.book.Create(ctx, "party_map", row{})
	if err != nil {
		return err
	}
	parties := len(run.in.Parties)
	for m, p := range run.in.ByMention {
		if p < 0 {
			continue
		}
		if int(p) >= parties {
			return fmt.Errorf("prepare signals: mention %d has party %d of %d", m, p, parties)
		}
		if err := t.Append(row{int32(m), book.Number(p)}); err != nil {
			return err
		}
	}
	run.roles, run.roleBits = make([]roleSet, parties), nil
	unplaced := ""
	run.book.EachRole(func(m int32, role string) {
		p := run.in.ByMention[m]
		if p < 0 {
			return
		}
		bit := slices.Index(run.roleBits, role)
		if bit < 0 && len(run.roleBits) == mostRoles {
			unplaced = role
			return
		}
		if bit < 0 {
			bit, run.roleBits = len(run.roleBits), append(run.roleBits, role)
		}
		run.roles[p] |= 1 << bit
	})
	if unplaced != "" {
		return fmt.Errorf("prepare signals: role %q: parties have more than %d", unplaced, mostRoles)
	}
	return t.Close()
}

// A roleSet is the roles of a party, a bit each. There are millions of parties, and some twenty roles.
type roleSet uint64

const mostRoles = 64

// has reports whether a party has a role.
func (run *Run) has(p int32, role string) bool {
	bit := slices.Index(run.roleBits, role)
	return bit >= 0 && run.roles[p]&(1<<bit) != 0
}

// rolesIn yields the roles of a party.
func (run *Run) rolesIn(p int32) iter.Seq[string] {
	return func(yield func(string) bool) {
		for bit, role := range run.roleBits {
			if run.roles[p]&(1<<bit) != 0 && !yield(role) {
				return
			}
		}
	}
}

// An ItemKey is what is sold, as far as a capability can be told from it.
type ItemKey struct{ Text, Scheme, Code string }

// An ItemClass is what an item can be used for.
type ItemClass struct {
	Capabilities []string
	Controlled   []string // export-control entries
	Understood   bool     // words or code say what it is, of interest or not
	May          []string // of what is not understood: the capabilities that its code leaves; nil when any
	Hints        bool     // the words hint at export control, and no code says that it is none
}

const itemKeysSQL = `
SELECT DISTINCT coalesce(text, ''), coalesce(scheme, ''), coalesce(code, '') FROM item ORDER BY 1, 2, 3`

func (run *Run) classifyItems(ctx context.Context) error {
	type row struct {
		Text, Scheme, Code       string
		Capabilities, Controlled string
		Understood, Hints        bool
		May                      string
	}
	t, err := run.book.Create(ctx, "item_class", row{})
	if err != nil {
		return err
	}
	err = run.book.Each(ctx, "classify items", itemKeysSQL, func(r *sql.Rows) error {
		var k ItemKey
		if err := r.Scan(&k.Text, &k.Scheme, &k.Code); err != nil {
			return err
		}
		c := run.in.Item(k)
		return t.Append(row{k.Text, k.Scheme, k.Code, pack(c.Capabilities), pack(c.Controlled), c.Understood, c.Hints,
			pack(c.May)})
	})
	if err != nil {
		return err
	}
	return t.Close()
}

// A ServiceKey is a kind of charge, as far as a capability can be told from it.
type ServiceKey struct{ Category, Service, Subcategory, Meter, Words, Unit, Provider string }

// A Use is what a kind of charge is used for and the measure in which it is counted.
type Use struct {
	Capability    string
	Measure       string   // storage_tb_month, speech_hours, …, "" when the unit cannot be counted
	Factor        float64  // quantity × Factor is the measure
	PerMonthHours bool     // the quantity is per hour: divide by the hours of the month
	Level         bool     // the quantity is what lay there in the period of the charge: it is averaged over the month
	May           []string // the capabilities that it could have as well, or instead where none is recognised
	Wants         string   // the measure that it would feed, if its unit were understood
}

type serviceUse struct {
	ServiceKey
	Use
}

// label is what a reader sees of a charge that was not understood.
func (k ServiceKey) label() string {
	parts := []string{}
	for _, s := range []string{k.Service, k.Meter, k.Words} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return k.Category
	}
	return clip(strings.Join(parts, " / "))
}

const serviceKeysSQL = `
SELECT DISTINCT coalesce(category, ''), coalesce(service, ''), coalesce(subcategory, ''), coalesce(meter, ''),
  coalesce(words, ''), coalesce(unit, ''), coalesce(provider, '')
FROM usage ORDER BY 1, 2, 3, 4, 5, 6, 7`

func (run *Run) classifyServices(ctx context.Context) error {
	type row struct {
		ServiceID                                                    int32 `col:"service_id"`
		Category, Service, Subcategory, Meter, Words, Unit, Provider string
		Capability, Measure                                          string
		Factor                                                       float64
		Level                                                        bool
	}
	t, err := run.book.Create(ctx, "service_class", row{})
	if err != nil {
		return err
	}
	err = run.onBills(ctx, "classify services", serviceKeysSQL, 7, func(r *sql.Rows) error {
		var k ServiceKey
		if err := r.Scan(&k.Category, &k.Service, &k.Subcategory, &k.Meter, &k.Words, &k.Unit, &k.Provider); err != nil {
			return err
		}
		u := run.in.Service(k)
		id := int32(len(run.services))
		run.services = append(run.services, serviceUse{k, u})
		return t.Append(row{id, k.Category, k.Service, k.Subcategory, k.Meter, k.Words, k.Unit, k.Provider,
			u.Capability, u.Measure, u.Factor, u.Level})
	})
	if err != nil {
		return err
	}
	if err := t.Close(); err != nil || !run.away() {
		return err
	}
	return run.send(ctx, "service_class")
}

// Has reports whether a column ("engagements.end_user", "usage.RegionId", "lists",
// "ownership.share") is there in at least one source of the run. A table's name alone asks
// for any record of it.
func (run *Run) Has(column string) bool {
	switch table, name, _ := strings.Cut(column, "."); table {
	case "lists":
		return run.in.Lists != nil
	case "ownership":
		return run.in.Owners != nil
	case "usage":
		return run.usage.has(name)
	case "places":
		return run.in.Places != nil
	case book.Instruments, book.Demands:
		if run.in.DemandSets {
			return true
		}
	}
	return run.book.Has(column)
}

// pack joins words of a closed vocabulary into one cell, sorted, each once.
func pack(words []string) string { return strings.Join(sorted(words), "|") }

func unpack(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, "|")
}

// sorted returns the distinct non-empty words of list, sorted.
func sorted(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
