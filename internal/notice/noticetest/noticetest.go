// Package noticetest opens boxes of notices for tests, on a real store with a real ledger.
//
// Invariants: what was started ends with the test.
package noticetest

import (
	"bytes"
	"context"
	"mime/multipart"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/notice"
)

// A Place is an open box with what stands around it.
type Place struct {
	*notice.Box
	Dir       string // of the box
	Published string // the published ledger
	Ledger    *ledger.Log
	VKey      string
	Shares    []notice.Share
	Sequencer *ledger.Sequencer
}

// Open opens a box in a folder, on a store that has the tables. A sequencer publishes its
// ledger until the test ends.
func Open(t testing.TB, db ledger.Store, dir string, change ...func(*notice.Config)) *Place {
	t.Helper()
	p := Prepare(t, db, dir, change...)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Sequencer.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Errorf("sequencer: %v", err)
		}
	})
	return p
}

// Prepare is Open without anybody who publishes: receipts stay pending.
func Prepare(t testing.TB, db ledger.Store, dir string, change ...func(*notice.Config)) *Place {
	t.Helper()
	key, shares, err := notice.NewKey("ada", "ben", "cora")
	if err != nil {
		t.Fatal(err)
	}
	k, err := ledger.OpenKey(filepath.Join(dir, "ledger.key"), "plimsoll.example/log", true)
	if err != nil {
		t.Fatal(err)
	}
	p := &Place{Dir: filepath.Join(dir, "notices"), Published: filepath.Join(dir, "log"), VKey: k.VKey(),
		Shares: shares}
	if p.Sequencer, err = ledger.NewSequencer(ledger.Config{Store: db, Dir: p.Published, Key: k,
		Every: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Sequencer.Close)
	p.Ledger = ledger.NewLog(db, p.Published, k.Verifier())
	cfg := notice.Config{DB: db, Ledger: p.Ledger, VKey: k.VKey(), Dir: p.Dir, Key: key, To: "Harbour Cloud",
		Wake: p.Sequencer.Wake}
	for _, f := range change {
		f(&cfg)
	}
	if p.Box, err = notice.Open(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Box.Close)
	return p
}

// Form encodes a form as a browser does: the token, then names and values by turns; a value
// of []byte is a file.
func Form(token string, fields ...any) (boundary string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("token", token)
	for i := 0; i+1 < len(fields); i += 2 {
		name := fields[i].(string)
		switch v := fields[i+1].(type) {
		case string:
			_ = w.WriteField(name, v)
		case []byte:
			f, _ := w.CreateFormFile(name, "a name that is not kept.bin")
			_, _ = f.Write(v)
		}
	}
	_ = w.Close()
	return w.Boundary(), b.Bytes()
}

// Send sends a form to the box.
func Send(ctx context.Context, b *notice.Box, address, token string, fields ...any) (notice.Outcome, error) {
	boundary, body := Form(token, fields...)
	return b.Receive(ctx, notice.Post{Address: address, Size: int64(len(body)), Boundary: boundary,
		Body: bytes.NewReader(body)})
}
