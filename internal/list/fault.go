package list

import (
	"errors"
	"fmt"
	"strings"
)

// maxProblems is how many problems of one file an error carries; the rest are counted. All bad rows of a list
// should be named at once, and a file of another kind gives one a line.
const maxProblems = 200

// hopeless is how many problems show that a file is of another kind, so that reading on adds nothing.
const hopeless = 1000

// A Problem is one reason why a list file cannot be used.
type Problem struct {
	File   string
	At     string // "line 17", "INDIVIDUAL 3"; "" when it concerns the whole file
	Reason string
}

func (p Problem) String() string {
	if p.At == "" {
		return p.File + ": " + p.Reason
	}
	return p.File + ": " + p.At + ": " + p.Reason
}

// A LoadError says why lists were not loaded: since a list is read whole or not at all,
// one bad row is enough. It carries the first problems of each file.
type LoadError struct {
	Problems []Problem
	More     int // problems found and not carried
}

func (e *LoadError) Error() string {
	var lines []string
	at := map[Problem]int{} // file and reason → line
	for _, p := range e.Problems {
		k := Problem{File: p.File, Reason: p.Reason}
		i, again := at[k]
		if !again || p.At == "" {
			at[k] = len(lines)
			lines = append(lines, p.String())
			continue
		}
		// One reason that holds for many rows is one line which names them all.
		head := strings.TrimSuffix(lines[i], ": "+p.Reason)
		lines[i] = head + ", " + p.At + ": " + p.Reason
	}
	s := "load lists: " + strings.Join(lines, "\n  ")
	if len(lines) > 1 {
		s = "load lists:\n  " + strings.Join(lines, "\n  ")
	}
	if e.More > 0 {
		s += fmt.Sprintf("\n  and %d more", e.More)
	}
	return s
}

// Faults collects the problems of a load. The zero value is ready; it is not safe for
// concurrent use.
type Faults struct {
	list []Problem
	per  map[string]int
	more int
}

// Addf records one problem.
func (f *Faults) Addf(file, at, format string, args ...any) {
	if f.per == nil {
		f.per = map[string]int{}
	}
	if f.per[file]++; f.per[file] > maxProblems {
		f.more++
		return
	}
	f.list = append(f.list, Problem{File: file, At: at, Reason: fmt.Sprintf(format, args...)})
}

// Merge takes over what err holds: the problems of a [LoadError], or err itself as a
// problem of file.
func (f *Faults) Merge(file string, err error) {
	if err == nil {
		return
	}
	var le *LoadError
	if !errors.As(err, &le) {
		f.Addf(file, "", "%v", err)
		return
	}
	for _, p := range le.Problems {
		f.Addf(p.File, p.At, "%s", p.Reason)
	}
	f.more += le.More
}

// Full reports whether reading on in file adds nothing to the report: a file of another
// kind would give a problem a line.
func (f *Faults) Full(file string) bool { return f.per[file] > hopeless }

// Err returns the problems as an error, or nil.
func (f *Faults) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &LoadError{Problems: f.list, More: f.more}
}
