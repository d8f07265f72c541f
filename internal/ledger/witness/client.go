package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plimsoll/internal/ledger/format"
)

// A Client asks one witness for cosignatures. It may be used from many goroutines; one request is on its way at
// a time.
type Client struct {
	URL  string        // prefix of the witness, without /add-checkpoint
	Key  note.Verifier // of the witness
	HTTP *http.Client  // nil: one that goes nowhere else than to URL

	mu   sync.Mutex
	held int64 // the size that the witness holds, as far as is known
}

// direct follows no answer to another address: a witness does not say whom this machine asks.
var direct = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// ParseClient reads a witness as "VKEY URL".
func ParseClient(text string) (*Client, error) {
	part := strings.Fields(text)
	if len(part) != 2 || !strings.HasPrefix(part[1], "http://") && !strings.HasPrefix(part[1], "https://") {
		return nil, fmt.Errorf(`witness %q: a witness is given as "VKEY URL"`, text)
	}
	v, err := format.Verifier(part[0])
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return &Client{URL: strings.TrimRight(part[1], "/"), Key: v}, nil
}

// Name is the name of the witness's key.
func (c *Client) Name() string { return c.Key.Name() }

// Cosign returns the witness's signature line under a checkpoint of the log. prove makes the proof that the tree of
// the checkpoint continues that of an earlier size.
func (c *Client) Cosign(ctx context.Context, signed []byte, at format.Checkpoint, prove func(old int64) ([]tlog.Hash,
	error)) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil { // it passed while another request was on its way
		return "", fmt.Errorf("witness %s: %w", c.Name(), err)
	}
	for tries := 0; ; tries++ {
		line, held, err := c.ask(ctx, signed, at, prove)
		switch {
		case err == nil:
			c.held = at.Size
			return line, nil
		case held < 0 || held == c.held || tries == 2:
			return "", fmt.Errorf("witness %s: %w", c.Name(), err)
		case held > at.Size:
			return "", fmt.Errorf("witness %s: it has seen %d leaves of this log, which has %d: the log was set back",
				c.Name(), held, at.Size)
		}
		c.held = held
	}
}

// ask makes one request. held is the size that the witness answers that it holds, else -1.
func (c *Client) ask(ctx context.Context, signed []byte, at format.Checkpoint, prove func(int64) ([]tlog.Hash, error)) (
	line string, held int64, err error) {
	var proof []tlog.Hash
	if c.held > 0 && c.held < at.Size {
		if proof, err = prove(c.held); err != nil {
			return "", -1, err
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", min(c.held, at.Size))
	for _, h := range proof {
		fmt.Fprintln(&b, base64.StdEncoding.EncodeToString(h[:]))
	}
	b.WriteByte('\n')
	b.Write(signed)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+AddPath, &b)
	if err != nil {
		return "", -1, err
	}
	client := c.HTTP
	if client == nil {
		client = direct
	}
	res, err := client.Do(req)
	if err != nil {
		return "", -1, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxRequest))
	if err != nil {
		return "", -1, err
	}
	switch res.StatusCode {
	case http.StatusOK:
		line, err := c.find(body, at)
		return line, -1, err
	case http.StatusConflict:
		held, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
		if err != nil || held < 0 {
			return "", -1, errors.New("it answers 409 without a size")
		}
		return "", held, fmt.Errorf("it holds %d leaves", held)
	}
	return "", -1, fmt.Errorf("it answers %.100s: %.200q", res.Status, body)
}

// find returns the line of an answer that is the witness's signature of the checkpoint.
func (c *Client) find(body []byte, at format.Checkpoint) (string, error) {
	n, err := note.Open(append([]byte(at.Text()+"\n"), body...), note.VerifierList(c.Key))
	if err != nil || len(n.Sigs) == 0 {
		return "", errors.New("its answer is not its signature of this checkpoint")
	}
	return "— " + n.Sigs[0].Name + " " + n.Sigs[0].Base64 + "\n", nil
}
