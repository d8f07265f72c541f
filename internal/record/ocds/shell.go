package ocds

import (
	"bytes"
	"io"
	"regexp"
)

// shellText matches what programs put before a JSON text so that a browser can load it as a script, or cannot:
// "callback(", "var releases =", ")]}',".
var shellText = regexp.MustCompile(
	`^[\s\x{feff}]*(?:/\*[^*]*\*/\s*)?(?:\)\]\}'?,?\s*|(?:while\s*\(1\)|for\s*\(;;\));\s*)?` +
		`(?:export\s+default\s+|(?:(?:var|let|const|export)\s+)*[A-Za-z_$][\w$.]*\s*[=(]\s*)?`)

// mostShell bounds how much is looked at for a shell, in bytes.
const mostShell = 1 << 10

// shell returns how many bytes of a text stand before the JSON that it wraps, 0 where nothing wraps it.
func shell(head []byte) int {
	n := len(shellText.Find(head[:min(len(head), mostShell)]))
	if n == len(head) || head[n] != '{' && head[n] != '[' || len(trimmed(head[:n])) == 0 {
		return 0
	}
	return n
}

// unwrapped returns the text behind a shell of n bytes, without what closes it.
func unwrapped(r io.Reader, n int) (io.Reader, error) {
	if n == 0 {
		return r, nil
	}
	if _, err := io.CopyN(io.Discard, r, int64(n)); err != nil {
		return nil, err
	}
	return &endless{r: r}, nil
}

// closing is what may stand behind a wrapped text, and mostClosing how much of it.
const (
	closing     = "); \t\r\n"
	mostClosing = 64
)

// An endless reader holds back the last bytes of a text until it is known what they are.
type endless struct {
	r    io.Reader
	held []byte
	err  error
}

// Read implements [io.Reader].
func (e *endless) Read(p []byte) (int, error) {
	buf := make([]byte, max(len(p), mostClosing))
	for e.err == nil && len(e.held) <= mostClosing {
		var n int
		n, e.err = e.r.Read(buf)
		e.held = append(e.held, buf[:n]...)
		if e.err != nil {
			e.held = bytes.TrimRight(e.held, closing)
		}
	}
	ready := len(e.held)
	if e.err == nil {
		ready -= mostClosing
	}
	if ready <= 0 {
		return 0, e.err
	}
	n := copy(p, e.held[:ready])
	e.held = e.held[:copy(e.held, e.held[n:])]
	return n, nil
}
