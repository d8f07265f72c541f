package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"plimsoll/internal/casefile"
	"plimsoll/internal/docket"
	"plimsoll/internal/obligation"
	"plimsoll/internal/publication"
	"plimsoll/internal/store"
)

// public does in a folder of data what people do in serve: "public DATA REVIEW DEMAND" stores a review, records an
// answer to one of its demands, and paula proposes the page of it.
func public(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: public DATA REVIEW DEMAND")
	}
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(ts.MkAbs(args[0]), "plimsoll.db"))
	ts.Check(err)
	defer db.Close()
	_, _, err = db.SaveRun(ctx, "", ts.MkAbs(args[1]))
	ts.Check(err)
	cases := casefile.NewDesk(db)
	d := docket.New(cases)
	_, err = d.Tick(ctx)
	ts.Check(err)
	_, err = d.Answer(ctx, casefile.Actor{ID: "rita", Roles: []casefile.Role{casefile.Reviewer}},
		docket.Answer{Demand: args[2], By: "Skerry Cloud", Acted: obligation.Partly,
			Text: "Two of three deliveries were stopped.", Date: time.Now().UTC().Format(time.DateOnly),
			Publisher: "Skerry Cloud"})
	ts.Check(err)
	desk := publication.NewDesk(cases)
	_, err = desk.Propose(ctx, casefile.Actor{ID: "paula", Roles: []casefile.Role{casefile.Publisher}},
		publication.Draft{Kind: publication.OfDemand, Subject: args[2], Language: "en",
			Title: "What was asked about listed optics",
			Summary: "An assembly asked for an end of supply. We say what " +
				"was done about it."})
	ts.Check(err)
}

// second is the word of a person on a publication: "second DATA PERSON release|withdraw|agree ID". "! second" is for a
// word that is refused.
func second(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: second DATA PERSON release|withdraw|agree ID")
	}
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(ts.MkAbs(args[0]), "plimsoll.db"))
	ts.Check(err)
	defer db.Close()
	desk := publication.NewDesk(casefile.NewDesk(db))
	by, id := casefile.Actor{ID: args[1], Roles: []casefile.Role{casefile.Publisher, casefile.Counsel}},
		publication.ID(args[3])
	switch args[2] {
	case "release":
		err = desk.Release(ctx, by, id, "Read; every statement is attributed.")
	case "withdraw":
		err = desk.Withdraw(ctx, by, id, "The deliveries were of another seller.", false)
	case "agree":
		err = desk.DecideWithdrawal(ctx, by, id, true, "Read; it has to go.")
	default:
		ts.Fatalf("no word %q", args[2])
	}
	switch {
	case neg && err == nil:
		ts.Fatalf("%s of %s by %s was not refused", args[2], id, args[1])
	case neg:
		ts.Logf("refused: %v", err)
	default:
		ts.Check(err)
	}
}
