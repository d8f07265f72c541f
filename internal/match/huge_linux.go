package match

import (
	"syscall"
	"unsafe"
)

// The tables of a large index are read at random places. With the usual pages of 4 KiB
// most of these reads have to look up the page as well; large pages save that.

const (
	hugePage = 2 << 20
	collapse = 25 // MADV_COLLAPSE of Linux 6.1: now, not when there is time
)

// inLargePages asks for large pages under a slice, from its first use or at once; it is
// advice, and nothing depends on it.
func inLargePages[T any](s []T, now bool) {
	var z T
	at := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	from, to := (at+hugePage-1)&^(hugePage-1), (at+uintptr(len(s))*unsafe.Sizeof(z))&^(hugePage-1)
	if from >= to || len(s) == 0 {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), from-at)), to-from)
	if syscall.Madvise(b, syscall.MADV_HUGEPAGE) == nil && now {
		_ = syscall.Madvise(b, collapse)
	}
}
