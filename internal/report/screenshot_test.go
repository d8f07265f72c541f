package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestScreenshots takes the pictures of the README where PLIMSOLL_IMAGES names a folder (make screenshots): what a
// director reads first, a finding as an analyst opens it, and the same page on a phone. A person looks at them.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("PLIMSOLL_IMAGES")
	if dir == "" {
		t.Skip("PLIMSOLL_IMAGES names no folder; make screenshots does")
	}
	ctx := browser(t)
	at := serveReport(t, smallWorld(t))
	const (
		top   = `scrollTo(0, 0)`
		opens = `(() => { const r = document.querySelector("#findings ~ .scroll tbody tr"); r.nextElementSibling.querySelector("details").open = true; document.querySelector("#findings").scrollIntoView() })()`
		card  = `document.querySelector(".card figure").closest(".card").scrollIntoView()`
	)
	for _, tt := range []struct {
		name          string
		width, height int64
		show          string
	}{{"director", 1280, 900, top}, {"analyst", 1280, 900, opens}, {"phone", 390, 844, card}} {
		t.Run(tt.name, func(t *testing.T) {
			tab, cancel := chromedp.NewContext(ctx)
			defer cancel()
			var shot []byte
			err := chromedp.Run(tab, emulation.SetDeviceMetricsOverride(tt.width, tt.height, 1, tt.width < 600),
				chromedp.Navigate(at),
				chromedp.Evaluate(tt.show, nil), chromedp.CaptureScreenshot(&shot))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "report-"+tt.name+".png"), shot, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}
