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

// public does in a folder of data what people do in serve: "public DATA REVIEW DEMAND" stores a review, records an answer to one
// of its demands, and two people release the page of it.
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
	_, err = d.Answer(ctx, casefile.Actor{ID: "rita", Roles: []casefile.Role{casefile.Reviewer}}, docket.Answer{Demand: args[2], By: "Skerry Cloud", Acted: obligation.Partly,
		Text: "Two of three deliveries were stopped.", Date: time.Now().UTC().Format(time.DateOnly), Publisher: "Skerry Cloud"})
	ts.Check(err)
	desk := publication.NewDesk(cases)
	p, err := desk.Propose(ctx, casefile.Actor{ID: "paula", Roles: []casefile.Role{casefile.Publisher}}, publication.Draft{Kind: publication.OfDemand, Subject: args[2], Language: "en",
		Title: "What was asked about listed optics", Summary: "An assembly asked for an end of supply. We say what was done about it."})
	ts.Check(err)
	ts.Check(desk.Release(ctx, casefile.Actor{ID: "carl", Roles: []casefile.Role{casefile.Counsel}}, p.ID, "Read; every statement is attributed."))
}
