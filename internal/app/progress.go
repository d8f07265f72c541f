package app

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress shows stages on a terminal and stays silent elsewhere: logs hold no bars.
type progress struct {
	mu   sync.Mutex // guards bars; held only for map access
	p    *mpb.Progress
	bars map[string]*mpb.Bar
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{p: mpb.New(mpb.WithOutput(f), mpb.WithWidth(48)), bars: map[string]*mpb.Bar{}}
}

// step sets how far a stage is; total 0 means unknown.
func (p *progress) step(stage string, done, total int64) {
	if p.p == nil {
		return
	}
	p.mu.Lock()
	bar := p.bars[stage]
	if bar == nil {
		bar = p.p.AddBar(total, mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-14s", stage))), mpb.AppendDecorators(decor.CountersNoUnit("%d / %d"), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
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
		return
	}
	for _, b := range p.bars {
		if !b.Completed() {
			b.Abort(false)
		}
	}
	p.p.Wait()
}
