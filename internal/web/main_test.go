package web_test

import (
	"os"
	"testing"
)

var exampleHome string

func exampleDir() (string, error) {
	var err error
	exampleHome, err = os.MkdirTemp("", "plimsoll-web-")
	return exampleHome, err
}

func TestMain(m *testing.M) {
	code := m.Run()
	if exampleHome != "" {
		os.RemoveAll(exampleHome)
	}
	os.Exit(code)
}
