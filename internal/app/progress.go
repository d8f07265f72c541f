package app

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// When a command that says nothing says a word on standard error, and how often again.
const (
	firstWord = 2 * time.Second
	nextWord  = 20 * time.Second
)

// A word says on standard error that a command is still at work, so that nobody takes it for stuck.
type word struct {
	mu    sync.Mutex // guards what follows; held while a line is written
	w     io.Writer
	name  string
	stage string
	began time.Time
	timer *time.Timer
	done  bool
}

func newWord(w io.Writer, name string) *word {
	o := &word{w: w, name: name, began: time.Now()}
	o.timer = time.AfterFunc(firstWord, o.say)
	return o
}

func (o *word) say() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return
	}
	stage := o.stage
	if stage == "" {
		stage = "working"
	}
	fmt.Fprintf(o.w, "%s: %s (%d s)\n", o.name, stage, int(time.Since(o.began).Seconds()))
	o.timer.Reset(nextWord)
}

func (o *word) at(stage string) {
	o.mu.Lock()
	o.stage = stage
	o.mu.Unlock()
}

func (o *word) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = true
	o.timer.Stop()
}

// lasting are the commands that run until they are stopped, or that say a word themselves.
var lasting = map[string]bool{"serve": true, "pdp": true, "witness": true, "review": true, "demo": true}

// A shared writer lets the word of another goroutine stand between the lines of a command.
type shared struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// speak makes every command that is no server say a word when it takes long; the function returned ends it.
func speak(root *cobra.Command, w io.Writer) (end func()) {
	var o *word
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		if !lasting[cmd.Name()] {
			o = newWord(w, cmd.CommandPath())
		}
	}
	return func() {
		if o != nil {
			o.close()
		}
	}
}

// progress shows stages on a terminal; elsewhere it says a word now and then, and logs hold no bars.
type progress struct {
	mu   sync.Mutex // guards bars; held only for map access
	p    *mpb.Progress
	bars map[string]*mpb.Bar
	word *word
}

func newProgress(w io.Writer) *progress {
	inner := w
	if s, ok := w.(*shared); ok {
		inner = s.w
	}
	f, ok := inner.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{word: newWord(w, "plimsoll review")}
	}
	return &progress{p: mpb.New(mpb.WithOutput(f), mpb.WithWidth(48)), bars: map[string]*mpb.Bar{}}
}

// step sets how far a stage is; total 0 means unknown.
func (p *progress) step(stage string, done, total int64) {
	if p.p == nil {
		if total > 0 {
			stage = fmt.Sprintf("%s, %d of %d", stage, done, total)
		}
		p.word.at(stage)
		return
	}
	p.mu.Lock()
	bar := p.bars[stage]
	if bar == nil {
		bar = p.p.AddBar(total, mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-14s", stage))),
			mpb.AppendDecorators(decor.CountersNoUnit("%d / %d"), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
		p.bars[stage] = bar
	}
	p.mu.Unlock()
	if total > 0 {
		bar.SetTotal(total, false)
	}
	bar.SetCurrent(done)
	if total > 0 && done >= total {
		bar.SetTotal(total, true)
	}
}

// close ends every bar, also those of stages that an error cut short.
func (p *progress) close() {
	if p.p == nil {
		p.word.close()
		return
	}
	for _, b := range p.bars {
		if !b.Completed() {
			b.Abort(false)
		}
	}
	p.p.Wait()
}
