package notice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plimsoll/internal/evidence"
	"plimsoll/internal/message"
)

// What a working copy may cost.
const (
	maxPixels  = 24_000_000
	maxText    = 4 << 20
	maxPDFTime = 20 * time.Second
)

// A workshop makes working copies: what the desk reads. Nothing of the original reaches one
// but what a person sees in it: the pixels of a picture, the words of a text or PDF. One
// copy is made at a time, so that hostile files cost the memory of one.
type workshop struct {
	turn chan struct{} // held while a copy is made
	pdf  evidence.PDFReader
}

func newWorkshop() *workshop { return &workshop{turn: make(chan struct{}, 1)} }

// mediaOf says what kind of file it is, by its content alone.
func mediaOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return evidence.PDF
	case len(b) == 0:
		return "application/x-empty"
	}
	m, _, _ := strings.Cut(http.DetectContentType(b), ";")
	if (strings.HasPrefix(m, "text/") || m == "application/octet-stream") && isText(b) {
		return evidence.Text
	}
	if strings.HasPrefix(m, "text/") { // it begins as text and goes on as something else
		return "application/octet-stream"
	}
	return m
}

// isText says whether b is text throughout.
func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return unicode.IsControl(r) &&
			!strings.ContainsRune("\n\r\t\f", r)
	})
}

// copyOf makes the working copy of a file. kind is how its name ends, "" when there is none;
// note says what was taken out, or why there is none.
func (w *workshop) copyOf(ctx context.Context, b []byte, media string) (working []byte, kind, note string, err error) {
	switch media {
	case "image/jpeg", "image/png", evidence.PDF, evidence.Text:
	default:
		return nil, "", noteOf("sealed"), nil
	}
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return nil, "", "", ctx.Err()
	}
	switch media {
	case evidence.PDF:
		working, note, err = w.pdfText(ctx, b)
		kind = "txt"
	case evidence.Text:
		if len(b) > maxText {
			err = fmt.Errorf("the text is longer than %d bytes", maxText)
		}
		working, kind, note = bytes.TrimPrefix(b, []byte("\ufeff")), "txt", noteOf("words")
	default:
		working, kind, note, err = redraw(b, media)
	}
	if ctx.Err() != nil {
		return nil, "", "", ctx.Err()
	}
	if err != nil {
		return nil, "", fmt.Sprintf("%s: %v.", strings.TrimSuffix(noteOf("original"), "."), err), nil
	}
	return working, kind, note, nil
}

func (w *workshop) pdfText(ctx context.Context, b []byte) ([]byte, string, error) {
	short, stop := context.WithTimeout(ctx, maxPDFTime)
	defer stop()
	text, pages, empty, err := w.pdf.Text(short, bytes.NewReader(b), int64(len(b)), maxText)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, "", errors.New("reading the PDF took too long")
	case err != nil:
		return nil, "", err
	case pages == empty:
		return nil, "", errors.New("no page of the PDF holds text")
	}
	said := noteOf("pdf")
	if empty > 0 {
		said += fmt.Sprintf(" %d of %d pages hold no text: they may be pictures.", empty, pages)
	}
	return []byte(text), said, nil
}

// noteOf says what a working copy is, in English: the page of its sender has it in other languages.
func noteOf(key string) string { return message.For(message.English).Text("file." + key) }

// redraw decodes a picture and draws it anew. Whatever else stood in the file is gone: place
// and camera, comments, thumbnails, profiles, what was appended.
func redraw(b []byte, media string) (out []byte, kind, note string, err error) {
	decode, config := jpeg.Decode, jpeg.DecodeConfig
	if kind = "jpg"; media == "image/png" {
		decode, config, kind = png.Decode, png.DecodeConfig, "png"
	}
	c, err := config(bytes.NewReader(b))
	if err != nil {
		return nil, "", "", errors.New("the picture is broken")
	}
	if c.Width*c.Height > maxPixels {
		return nil, "", "", fmt.Errorf("the picture has %d by %d pixels, more than %d million", c.Width, c.Height,
			maxPixels/1_000_000)
	}
	var m image.Image
	if m, err = decode(bytes.NewReader(b)); err != nil {
		return nil, "", "", errors.New("the picture is broken")
	}
	var buf bytes.Buffer
	if kind == "png" {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, m)
	} else {
		err = jpeg.Encode(&buf, m, &jpeg.Options{Quality: 90})
	}
	return buf.Bytes(), kind, noteOf("drawn"), err
}

func (w *workshop) close() { w.pdf.Close() }
