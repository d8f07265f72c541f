package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"plimsoll/internal/casefile"
	"plimsoll/internal/store"
	"plimsoll/internal/store/storetest"
)

// A child of TestOpenTogether gets the address of the database here.
const openAddress = "PLIMSOLL_OPEN_ADDRESS"

// openChild waits for the end of its input, opens the database and writes one case.
func openChild(address string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx := context.Background()
	s, err := store.Open(ctx, address)
	if err == nil {
		_, err = casefile.NewDesk(s).Open(ctx, casefile.Actor{ID: "child", Roles: casefile.Roles}, casefile.Opening{
			Title: "first", Trigger: casefile.Trigger{Text: "x"}})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s.Close()
	os.Exit(0)
}

// TestOpenTogether has several processes open one new database at the same moment: each
// finds it whole, and each can write.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	t.Run("sqlite", func(t *testing.T) {
		for range 6 {
			openTogether(t, "sqlite:"+filepath.Join(t.TempDir(), "new.db"))
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.Postgres(t)
		for range 3 {
			openTogether(t, server.Schema(t))
		}
	})
}

func openTogether(t *testing.T, address string) {
	t.Helper()
	const programs = 6
	start, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	children := make([]*exec.Cmd, programs)
	said := make([]bytes.Buffer, programs)
	for i := range children {
		c := exec.Command(os.Args[0], "-test.run=^$")
		c.Env = append(os.Environ(), openAddress+"="+address)
		c.Stdin, c.Stdout, c.Stderr = start, &said[i], &said[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children[i] = c
	}
	start.Close()
	release.Close() // now all of them
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Errorf("program %d: %v: %s", i, err, said[i].Bytes())
		}
	}
	if n := number(t, open(t, address), `SELECT count(*) FROM case_file`); n != programs {
		t.Errorf("%d cases, want %d", n, programs)
	}
}
