//go:build !linux

package storetest

import (
	"syscall"
	"testing"
)

func owner(testing.TB, string) *syscall.SysProcAttr { return nil }
