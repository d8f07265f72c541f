//go:build !linux

package match

func inLargePages[T any]([]T, bool) {}
