package evidence

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// An Event is one line of the custody log of a case. Its fields are written in this order,
// without spaces, and a line that is written otherwise is refused.
type Event struct {
	Seq    int64    `json:"seq"`  // 1, 2, 3 …
	Prev   string   `json:"prev"` // SHA-256 of the line before, without its line feed; "" on the first
	Time   string   `json:"time"` // UTC, RFC 3339
	Case   string   `json:"case"`
	Action Action   `json:"action"`
	Actor  string   `json:"actor"`
	Reason string   `json:"reason"`
	Item   string   `json:"item,omitempty"` // SHA-256 of the original; "" for the whole case
	Bytes  int64    `json:"bytes,omitempty"`
	Name   string   `json:"name,omitempty"`   // what the file was called where it was found
	Media  string   `json:"media,omitempty"`  // what kind of file it is, by its content
	Source string   `json:"source,omitempty"` // where it comes from: an address, a person's role
	Method string   `json:"method,omitempty"` // with which tool, from which network
	Grade  Grade    `json:"grade,omitempty"`
	Labels []string `json:"labels,omitempty"`
	To     string   `json:"to,omitempty"`     // where a copy went
	Second string   `json:"second,omitempty"` // who else agreed, of what takes two people
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// MaxLine is how long a line of the log may be.
const MaxLine = 64 << 10

// encode returns the line of an event, without its line feed.
func (e Event) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(line) > MaxLine {
		return nil, fmt.Errorf("the event is longer than %d bytes", MaxLine)
	}
	return line, nil
}

// parseEvent reads a line. It refuses whatever encode would not have written.
func parseEvent(line []byte) (Event, error) {
	var e Event
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return e, fmt.Errorf("it is not a custody event: %w", err)
	}
	again, err := e.encode()
	switch {
	case err != nil:
		return e, err
	case !bytes.Equal(again, line):
		return e, errors.New("it is not written as plimsoll writes events")
	case !slices.Contains(actions, e.Action):
		return e, fmt.Errorf("the action %q is unknown", e.Action)
	case e.Item != "" && !isSum(e.Item):
		return e, errors.New("the item is not a SHA-256")
	case e.Item == "" && e.Action != Export && e.Action != Hold && e.Action != Release:
		return e, errors.New("the item is missing")
	case e.Bytes < 0:
		return e, errors.New("the size is negative")
	}
	if _, err := time.Parse(timeLayout, e.Time); err != nil {
		return e, errors.New("the time is not UTC in RFC 3339")
	}
	if err := (Warrant{Case: e.Case, Actor: e.Actor, Reason: e.Reason, Second: e.Second}).Valid(); err != nil {
		return e, err
	}
	if e.Grade != "" {
		if g, err := ParseGrade(string(e.Grade)); err != nil || g != e.Grade {
			return e, errors.New("the grade is not one")
		}
	}
	return e, nil
}

// When is the time of the event.
func (e Event) When() time.Time {
	t, _ := time.Parse(timeLayout, e.Time)
	return t
}

// An Item is one original of a case, as its events tell.
type Item struct {
	SHA256    string    `json:"sha256"`
	Bytes     int64     `json:"bytes"`
	Names     []string  `json:"names"` // what it was called, in the order of collection
	Media     string    `json:"media,omitempty"`
	Source    string    `json:"source,omitempty"`
	Method    string    `json:"method,omitempty"`
	Collected time.Time `json:"collected"`
	By        string    `json:"by"`
	Grade     Grade     `json:"grade,omitempty"`
	Labels    []string  `json:"labels,omitempty"`
	Held      bool      `json:"held,omitempty"`
	Sealed    bool      `json:"sealed,omitempty"`
	Deleted   *Event    `json:"deleted,omitempty"` // its tombstone
}

// Name is what the item was first called.
func (i *Item) Name() string { return i.Names[0] }

// A Case is what the custody log of a case says at its end.
type Case struct {
	Name   string
	Items  []*Item // in the order of collection
	Held   bool    // the whole case is under legal hold
	Events int64
	Head   string // SHA-256 of the last line
	bySum  map[string]*Item
	last   time.Time
}

// Item returns an item of the case by its SHA-256, or by its beginning when that is enough.
func (c *Case) Item(sum string) (*Item, error) {
	if i := c.bySum[sum]; i != nil {
		return i, nil
	}
	var found *Item
	for _, i := range c.Items {
		if len(sum) >= 6 && len(sum) < 64 && i.SHA256[:len(sum)] == sum {
			if found != nil {
				return nil, fmt.Errorf("item %s: more than one begins so", sum)
			}
			found = i
		}
	}
	if found == nil {
		return nil, fmt.Errorf("item %s: %w", clean(sum, 80), ErrUnknown)
	}
	return found, nil
}

// apply takes the next event in. It refuses one that cannot follow.
func (c *Case) apply(e Event, line []byte) error {
	switch {
	case e.Seq != c.Events+1:
		return fmt.Errorf("event %d follows event %d: one is missing or doubled", e.Seq, c.Events)
	case e.Prev != c.Head:
		return fmt.Errorf("event %d does not continue the line before: that line was changed, or another was here",
			e.Seq)
	case c.Name != "" && e.Case != c.Name:
		return fmt.Errorf("event %d belongs to case %q, not to %q", e.Seq, e.Case, c.Name)
	case e.When().Before(c.last):
		return fmt.Errorf("event %d is older than the one before", e.Seq)
	}
	i := c.bySum[e.Item]
	if i == nil && e.Item != "" && e.Action != Collect {
		return fmt.Errorf("event %d is about an item that was never collected", e.Seq)
	}
	if c.bySum == nil {
		c.bySum = map[string]*Item{}
	}
	switch e.Action {
	case Collect:
		if i == nil {
			i = &Item{SHA256: e.Item}
			c.bySum[e.Item] = i
			c.Items = append(c.Items, i)
		}
		if len(i.Names) == 0 || i.Deleted != nil {
			i.Bytes, i.Media, i.Source, i.Method, i.Collected, i.By = e.Bytes, e.Media, e.Source, e.Method, e.When(),
				e.Actor
			i.Grade, i.Labels, i.Deleted, i.Sealed = e.Grade, e.Labels, nil, false
		}
		if !slices.Contains(i.Names, e.Name) {
			i.Names = append(i.Names, e.Name)
		}
	case Seal:
		i.Sealed = true
	case Rate:
		i.Grade = e.Grade
	case Label:
		i.Labels = e.Labels
	case Delete:
		i.Deleted = &e
	case Hold, Release:
		if i != nil {
			i.Held = e.Action == Hold
		} else {
			c.Held = e.Action == Hold
		}
	}
	c.Name, c.Events, c.last = e.Case, e.Seq, e.When()
	c.Head = sumOf(line)
	return nil
}

// readLog replays a custody log; each is called for every event with its line. A last line
// without a line feed was being written when the machine stopped, and was never promised to
// anybody: whole is how many bytes of the log count.
func readLog(r io.Reader, each func(Event, []byte) error) (c *Case, whole int64, err error) {
	c = &Case{bySum: map[string]*Item{}}
	in := bufio.NewReaderSize(r, MaxLine+2)
	for {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			return c, whole, nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			return c, whole, fmt.Errorf("line %d is longer than %d bytes", c.Events+1, MaxLine)
		}
		if err != nil {
			return c, whole, err
		}
		size := int64(len(line))
		line = line[:len(line)-1]
		e, err := parseEvent(line)
		if err != nil {
			return c, whole, fmt.Errorf("line %d: %w", c.Events+1, err)
		}
		if err := c.apply(e, line); err != nil {
			return c, whole, err
		}
		whole += size
		if each != nil {
			if err := each(e, line); err != nil {
				return c, whole, err
			}
		}
	}
}

func sumOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
