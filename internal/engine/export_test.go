package engine

import (
	"context"
	"encoding/pem"
	"testing"
	"time"
)

// Hurry lets an engine rest no longer than a moment.
func Hurry(e *Engine) { e.rest = func(context.Context, time.Duration) error { return nil } }

// Impatient lets one request be sent again for a second only.
func Impatient(t *testing.T) {
	old := oneRequest
	oneRequest = time.Second
	t.Cleanup(func() { oneRequest = old })
}

// PEM is a certificate as a file has it.
func PEM(raw []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}) }
