package main

/*
#include <fcntl.h>

static int closed[3];

// It runs before main, and so before the Go runtime opens /dev/null in the place of a stream that is closed.
__attribute__((constructor)) static void lookAtStreams(void) {
	for (int fd = 0; fd < 3; fd++) {
		closed[fd] = fcntl(fd, F_GETFD) == -1;
	}
}

static int wasClosed(int fd) { return closed[fd]; }
*/
import "C"

import (
	"fmt"
	"io"
	"os"
)

// A stream is a standard stream of the program that was closed when the program began: nothing can be read from it, and
// what is written is lost, which is an error.
type stream struct{ name string }

// Read implements [io.Reader].
func (s stream) Read([]byte) (int, error) { return 0, fmt.Errorf("read %s: it is closed", s.name) }

// Write implements [io.Writer].
func (s stream) Write([]byte) (int, error) { return 0, fmt.Errorf("write %s: it is closed", s.name) }

// standard returns the streams of standard input and output.
func standard() (in io.Reader, out io.Writer) {
	in, out = os.Stdin, os.Stdout
	if C.wasClosed(0) != 0 {
		in = stream{"standard input"}
	}
	if C.wasClosed(1) != 0 {
		out = stream{"standard output"}
	}
	return in, out
}
