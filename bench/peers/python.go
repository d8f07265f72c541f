package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"
)

// peers are the programs in Python, each with the score from which on two records are called one: logic-v2's own 0.70,
// and with Splink, which gives probabilities, more likely than not.
var peers = []struct {
	tool      string
	threshold float64
}{{"logic-v2", 0.70}, {"splink", 0.5}}

// ask hands a set to a program in Python and reads its scores, and how long it took without being started.
func ask(python, tool, set string, in, scores any) (time.Duration, error) {
	b, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	var said bytes.Buffer
	cmd := exec.Command(python, "peers.py", tool, set)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(b), &said
	out, err := cmd.Output()
	if err != nil {
		text := bytes.TrimSpace(said.Bytes())
		return 0, fmt.Errorf("%w: %s", err, text[bytes.LastIndexByte(text, '\n')+1:])
	}
	got := struct {
		Scores  any
		Seconds float64
	}{Scores: scores}
	if err := json.Unmarshal(out, &got); err != nil {
		return 0, fmt.Errorf("read the scores of %s: %w", tool, err)
	}
	return time.Duration(got.Seconds * float64(time.Second)), nil
}
