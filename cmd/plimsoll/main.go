// Command plimsoll reviews what a company sells and to whom, keeps the evidence, carries
// decisions and proves the record.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"plimsoll/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks to stop, a second one ends the program
	in, out := standard()
	code := app.Main(ctx, os.Args[1:], in, out, os.Stderr)
	stop()
	os.Exit(code)
}
