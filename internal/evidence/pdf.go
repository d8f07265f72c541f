package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// A reader reads PDF files with PDFium, compiled to WebAssembly and interpreted: whatever a
// hostile file makes of it stays within its 256 MiB of memory, without files or network, and
// ends with the context. Its zero value is ready.
type reader struct {
	mu   sync.Mutex // guards all; held while a document is read
	pool pdfium.Pool
	stop context.CancelFunc
}

// pdfPages bounds one document; what lies beyond is noted.
const pdfPages = 5000

// memoryPages of WebAssembly are 64 KiB each.
const memoryPages = 4096

func (p *reader) open() error {
	if p.pool != nil {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	pool, err := webassembly.Init(webassembly.Config{
		Context: ctx, MaxIdle: 1, MaxTotal: 1, Stdout: io.Discard, Stderr: io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(memoryPages).WithCloseOnContextDone(
			true).
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling),
	})
	if err != nil {
		stop()
		return fmt.Errorf("start the PDF reader: %w", err)
	}
	p.pool, p.stop = pool, stop
	return nil
}

func (p *reader) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut()
}

func (p *reader) shut() {
	if p.pool == nil {
		return
	}
	p.stop()
	p.pool.Close()
	p.pool = nil
}

// read calls page for the text of each page. After trouble the reader is started anew: what
// a file did to it does not reach the next.
func (p *reader) read(ctx context.Context, f io.ReadSeeker, size int64, page func(n, of int, text string) error) (
	err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.open(); err != nil {
		return err
	}
	over := context.AfterFunc(ctx, p.stop)
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the PDF reader gave up: %v", r)
		}
		if !over() && ctx.Err() != nil {
			err = ctx.Err()
		}
		if err != nil {
			p.shut()
		}
	}()
	in, err := p.pool.GetInstance(30 * time.Second)
	if err != nil {
		return fmt.Errorf("start the PDF reader: %w", err)
	}
	defer in.Close()
	d, err := in.OpenDocument(&requests.OpenDocument{FileReader: f, FileReaderSize: size})
	if err != nil {
		return errors.New("the PDF cannot be read: it is broken, or needs a password")
	}
	defer in.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: d.Document})
	n, err := in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.Document})
	if err != nil {
		return fmt.Errorf("count pages of the PDF: %w", err)
	}
	for i := range min(n.PageCount, pdfPages) {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := in.GetPageText(&requests.GetPageText{Page: requests.Page{ByIndex: &requests.PageByIndex{
			Document: d.Document, Index: i}}})
		text := ""
		if err == nil {
			text = t.Text
		} else if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := page(i+1, n.PageCount, text); err != nil {
			return err
		}
	}
	return nil
}

// readPDF takes the text of a PDF in.
func (w *walk) readPDF(f io.ReadSeeker, size int64) error {
	empty, pages := 0, 0
	err := w.pdf.read(w.ctx, f, size, func(n, of int, text string) error {
		if pages = of; text == "" {
			empty++
		}
		w.say(text + "\n")
		return nil
	})
	switch {
	case err != nil && w.ctx.Err() != nil:
		return w.ctx.Err()
	case err != nil:
		w.note("%v", err)
	case pages > pdfPages:
		w.note("a PDF has %d pages; the text of the first %d is searched", pages, pdfPages)
	case empty > 0:
		w.note("%d of %d pages of a PDF hold no text: they may be pictures", empty, pages)
	}
	return nil
}

// A PDFReader takes the text out of PDF files that nobody has looked at yet, in the sandbox
// that the store reads its own with. Its zero value is ready; one file is read at a time.
type PDFReader struct{ r reader }

// Text returns the text of a PDF, page after page, and how many of its pages hold none. A
// text of more than most bytes is an error.
func (p *PDFReader) Text(ctx context.Context, f io.ReadSeeker, size int64, most int) (text string, pages, empty int,
	err error) {
	var b strings.Builder
	err = p.r.read(ctx, f, size, func(n, of int, s string) error {
		if pages = of; pages > pdfPages {
			return fmt.Errorf("the PDF has %d pages", pages)
		}
		if strings.TrimSpace(s) == "" {
			empty++
		}
		fmt.Fprintf(&b, "[page %d]\n%s\n\n", n, s)
		if b.Len() > most {
			return fmt.Errorf("the PDF holds more than %d bytes of text", most)
		}
		return nil
	})
	return b.String(), pages, empty, err
}

// Close frees what reading needed.
func (p *PDFReader) Close() { p.r.close() }
