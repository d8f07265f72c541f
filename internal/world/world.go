// Package world writes a fictional world: what a cloud and technology company would hold
// on its customers, with planted cases and planted innocents, and the key that says what a
// review must and must not raise.
//
// Invariants: every state, body, company, language and person is invented; the same options
// give the same bytes; another Rename gives every state and every language another name
// everywhere and changes nothing else. Files are written as streams, so that a large world
// needs no more memory than a small one.
package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Today is the day on which the world is to be reviewed.
const Today = "2032-07-01"

// What the planted numbers assume of a policy pack. A pack with other thresholds may be
// right and still not meet the key.
const (
	CombinationTB     = 100  // storage in a combination: planted from 640, civil innocents up to 320
	OverCommitted     = 2.0  // stored over committed for two months: planted from 2.6
	HandoverDays      = 60   // planted 19, innocent 170
	FaceImages        = 1e6  // a month: planted 40e6, innocents far below or companies
	GPUHours          = 5000 // a month: planted 40,000, innocent 720
	TokenGrowth       = 20.0 // planted 400, innocent about 1
	Accumulation      = 2.0  // largest month over the median before: planted 2.9, innocents steady
	SpeechHours       = 2000 // a month, security end users: planted from 5,200
	TranslationChars  = 1e8  // a month, security end users: planted from 5.2e9
	SurgeFactor       = 3.0  // within SurgeDays of an event: planted from 5
	SurgeDays         = 30   //
	EgressFactor      = 5.0  // near a publication, inquiry, notice or restriction: planted from 40
	RegionFall        = 0.30 // within 45 days: planted from 0.7
	SplitAccounts     = 5    // sub-accounts at 70 to 99 % of SpeechHours: planted 6 at 85 to 95 %
	ReappearDays      = 180  // planted within 45
	ListedShare       = 0.50 // planted from 0.55; innocents up to 0.2
	SecurityShare     = 0.80 // of what a reseller resells: planted 1.0, innocent 0.25
	ClausesMissing    = 3    // of 7: planted 5, innocents 0
	ValueGrowth       = 1.5  // planted from 1.77, innocent 1.12
	SupportHours      = 500  // a quarter: planted from 640; cyber defence does not count
	ClaimYears        = 5    // planted up to 3, innocent 7
	SupportDoubling   = 2.0  // planted 2.2 and more
	CombinationWindow = 90   // days
	SteadyNoise       = 0.03 // how much a steady month moves
)

// Options choose a world.
type Options struct {
	Seed uint64
	// Size is small, medium, large, or ENGAGEMENTS/CHARGES as numbers ("1000000/10000000").
	Size string
	// Rename draws other names for every state and language, and for nothing else.
	Rename uint64
	// Complete writes a world in which the registers state everything: owners of all companies,
	// clauses and gates of all contracts, bills of all accounts and no others. The planted cases
	// stay, but for those that are about what is not stated.
	Complete bool
}

type size struct {
	companies, engagements, charges int
	daily                           bool
}

func (o Options) size() (size, error) {
	switch o.Size {
	case "", "small":
		return size{companies: 60, engagements: 240, charges: 12_000}, nil
	case "medium":
		return size{companies: 1500, engagements: 12_000, charges: 400_000}, nil
	case "large":
		return size{companies: 40_000, engagements: 1_000_000, charges: 10_000_000, daily: true}, nil
	}
	e, c, ok := strings.Cut(o.Size, "/")
	engagements, err1 := strconv.Atoi(strings.TrimSpace(e))
	charges, err2 := strconv.Atoi(strings.TrimSpace(c))
	if !ok || err1 != nil || err2 != nil || engagements < 0 || charges < 0 || engagements > 100_000_000 ||
		charges > 2_000_000_000 {
		return size{}, fmt.Errorf("world size %q is not small, medium, large or ENGAGEMENTS/CHARGES", o.Size)
	}
	return size{companies: min(max(engagements/25, 60), 200_000), engagements: engagements, charges: charges,
		daily: charges > 2_000_000}, nil
}

// Months is how many months of usage a world holds; the last one ends at [Today].
const Months = 18

var firstMonth = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

// A world is one run of the writer.
type world struct {
	dir      string
	size     size
	rng      *rand.Rand // the cast and the planted cases
	names    names
	provider org

	accounts, engagements, claims, clauses, approvals, support, events *table
	places                                                             *table
	instruments, demands, answers                                      *table
	key                                                                *keyFile
	bods                                                               *statementFile
	commission, targets                                                *table
	series                                                             []series // planted usage
	slips                                                              []slip   // single charges
	contracts                                                          []release

	numbers                    map[string]bool // register numbers and engagement ids given out
	nextID                     int             // cast names given out
	complete                   bool
	roll                       roll // of whom owners are stated
	claimNo, eventNo, targetNo int
	published                  int    // contracts of public buyers
	hub                        string // address of a business centre
}

// Write writes the world into dir, which must exist.
func Write(ctx context.Context, dir string, o Options) error {
	sz, err := o.size()
	if err != nil {
		return err
	}
	w := &world{
		dir: dir, size: sz, numbers: map[string]bool{},
		rng:   rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)),
		names: newNames(o.Seed, o.Rename), complete: o.Complete,
		roll: roll{seen: map[string]bool{}, owned: map[string]bool{}},
	}
	for _, sub := range []string{"usage", "lists", "contracts"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	if err := w.create(); err != nil {
		return errors.Join(err, w.close())
	}
	err = w.write(ctx)
	if err := errors.Join(err, w.close()); err != nil {
		return fmt.Errorf("write world: %w", err)
	}
	return nil
}

func (w *world) write(ctx context.Context) error {
	w.provider = w.company(0, "Cloud plc")
	w.planted()
	w.innocent()
	w.untidy()
	w.growth()
	w.bookkeeping()
	w.unlabelled()
	w.goods()
	w.fillLists()
	if err := w.background(ctx); err != nil {
		return err
	}
	if err := w.writeContracts(); err != nil {
		return err
	}
	w.owners()
	return w.writeUsage(ctx)
}

func (w *world) create() error {
	var err error
	for _, t := range []struct {
		to      **table
		name    string
		columns string
	}{
		{&w.accounts, "accounts.csv",
			"account_id,sub_account_id,party_name,party_id,country,party_address,end_user,end_user_id,end_user_class,reseller,reseller_id,since,until"},
		{&w.engagements, "engagements.csv",
			"engagement_id,kind,seller,seller_id,buyer,buyer_id,buyer_country,end_user,end_user_id,end_user_country,end_user_class,reseller,reseller_id,reseller_country,payer,item,item_code,quantity,unit,value,currency,signed,start,end,destination,method,rationale,withheld,consignee,delivery_place"},
		{&w.claims, "claims.csv",
			"claim_id,about,about_id,capability,text,source,url,published,origin,grade,status,reply"},
		{&w.clauses, "clauses.csv", "engagement_id,clause,present,reference"},
		{&w.approvals, "approvals.csv",
			"engagement_id,party_name,party_id,kind,decided,outcome,decided_by_role,paid_on_deal"},
		{&w.support, "support.csv", "party_name,party_id,quarter,hours,code"},
		{&w.events, "events.csv", "event_id,kind,date,about,about_id,region,source,url"},
		{&w.instruments, "instruments.csv",
			"instrument_id,title,kind,issuer,date,force,addressees,votes,objections,status,source,read"},
		{&w.places, "places.csv", "place,aliases,kind,part_of,list,publisher,url,since,until"},
		{&w.demands, "demands.csv",
			"demand_id,instrument_id,clause,text,of,addressee,about_kind,about,place,due,condition,condition_met,done_when,read,source"},
		{&w.answers, "answers.csv", "answer_id,demand_id,by,acted,date,text,publisher,source,grade,status"},
		{&w.commission, "lists/commission.csv",
			"name,aliases,country,identifiers,publisher,report,url,published,status,effect"},
		{&w.targets, "lists/targets.simple.csv",
			"id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change"},
	} {
		if *t.to, err = newTable(filepath.Join(w.dir, filepath.FromSlash(t.name)), strings.Split(t.columns, ",")); err != nil {
			return err
		}
	}
	if w.key, err = newKeyFile(filepath.Join(w.dir, "key.jsonl")); err != nil {
		return err
	}
	w.bods, err = newStatementFile(filepath.Join(w.dir, "ownership.json"))
	return err
}

func (w *world) close() error {
	var errs []error
	for _, t := range []*table{w.accounts, w.engagements, w.claims, w.clauses, w.approvals, w.support, w.events,
		w.instruments, w.demands, w.answers, w.places, w.commission, w.targets} {
		if t != nil {
			errs = append(errs, t.close())
		}
	}
	if w.key != nil {
		errs = append(errs, w.key.close())
	}
	if w.bods != nil {
		errs = append(errs, w.bods.close())
	}
	return errors.Join(errs...)
}
