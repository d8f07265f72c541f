package notice

import (
	"bytes"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"sync"
	"time"
)

// A Post is a form that somebody sent.
type Post struct {
	Address  string // of the connection: hashed at once for fairness, never kept
	Size     int64  // as the header says; below 0 when it does not
	Boundary string
	Body     io.Reader
	Deadline func(time.Time) error // sets the deadline of Body; may be nil
}

// An Outcome is what came of a post. Said is what could be read of the statement, also when
// there is an error, so that a page can show it again.
type Outcome struct {
	ID       ID
	Code     string
	Contact  Contact
	Files    []File
	Received time.Time
	Repeated bool   // this form was sent before: this is what came of it then
	Changed  bool   // and it said something else
	Receipt  []byte // nil while the leaf is not published

	Said    Statement
	Reach   string
	Earlier string // the code of an earlier notice as it was typed
	Token   string // of the form, when it can be sent again
}

// A draft is a notice on its way in.
type draft struct {
	id      ID
	token   token
	said    Statement
	contact Contact
	reach   string // how to reach the sender; sealed, never kept as it is
	earlier string
	code    string
	files   []File
	bytes   int64
	fault   error
	whole   func() bool // the form was read to its very end
	kept    bool        // it is committed, or may be: its files are not ours to remove
}

func (d *draft) fail(err error) {
	if d.fault == nil {
		d.fault = err
	}
}

// maxParts is how many parts a form may have: more than its fields and files.
const maxParts = 40

// Receive takes a form in. What it returns without an error is durable.
func (b *Box) Receive(ctx context.Context, p Post) (Outcome, error) {
	client := b.clients.name(p.Address, b.cfg.Now())
	large := p.Size < 0 || p.Size > small
	body := p.Body
	if !large {
		all, err := b.readSmall(p)
		if err != nil {
			return Outcome{}, err
		}
		body = bytes.NewReader(all)
	} else {
		if p.Size > b.cfg.Limits.AllBytes+small {
			return Outcome{}, fault("file", "files.all", megabytes(b.cfg.Limits.AllBytes))
		}
		b.deadline(p, time.Minute)
		body = io.LimitReader(body, b.cfg.Limits.AllBytes+small)
	}
	end := &ending{r: body, most: len(p.Boundary) + 8}
	form := multipart.NewReader(end, p.Boundary)
	d := &draft{id: newID(), whole: func() bool { return end.is(p.Boundary) }}
	text, err := b.readToken(form, d)
	if err != nil {
		if !large {
			d.skim(form)
		}
		return d.shown(b.Form()), err
	}
	done, err := b.flights.take(ctx, b.secrets.name(d.token), b.cfg.Limits.Wait)
	if err != nil {
		d.skim(form)
		return d.shown(text), err
	}
	defer done()
	if first, err := b.first(ctx, d.token); err != nil || first != "" {
		if err == nil {
			d.skim(form)
		}
		return b.repeated(ctx, d, first, err)
	}
	leave, err := b.gate.enter(ctx, client, large, d.token.made)
	if err == nil {
		defer leave()
	}
	if err != nil && large {
		drain(body)
		return Outcome{}, err
	} else if err != nil {
		d.skim(form)
		return d.shown(text), err
	}
	defer func() {
		if d.bytes > 0 {
			b.release(d.bytes)
		}
		if !d.kept {
			os.RemoveAll(b.incoming(d.id))
			if b.keys != nil {
				_ = b.keys.Erase(string(d.id)) // or the next start does
			}
		}
	}()
	if large {
		b.deadline(p, time.Minute+time.Duration(b.cfg.Limits.AllBytes/8192)*time.Second)
	}
	if err := b.readForm(ctx, form, d); err != nil {
		return d.shown(text), err
	}
	if err := b.pace.take(ctx, time.Now()); err != nil {
		return d.shown(text), err
	}
	o, leaf, err := b.keep(ctx, client, d)
	if err != nil {
		return d.shown(text), err
	}
	leave() // others need the seat more than who waits for the receipt
	if leaf != "" {
		o.Receipt = b.await(ctx, leaf)
	}
	return o, nil
}

// shown is a form that was not taken in, as its sender typed it. With the same token it
// keeps its place: who was sent away once goes before those who came later.
func (d *draft) shown(token string) Outcome {
	return Outcome{Said: d.said, Contact: d.contact, Reach: d.reach, Earlier: d.earlier, Token: token}
}

// An ending remembers how what it reads ends: multipart takes a form that was cut off between
// two fields for a whole one.
type ending struct {
	r    io.Reader
	most int
	last []byte
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.last = append(e.last, p[:n]...)
	if over := len(e.last) - e.most; over > 0 {
		e.last = append(e.last[:0], e.last[over:]...)
	}
	return n, err
}

// is reads what may follow and says whether it ended with the closing boundary.
func (e *ending) is(boundary string) bool {
	drain(io.LimitReader(e, small))
	return bytes.HasSuffix(bytes.TrimRight(e.last, "\r\n"), []byte("--"+boundary+"--"))
}

// drain reads on, so that a browser that is still sending gets to see the answer.
func drain(r io.Reader) { _, _ = io.Copy(io.Discard, r) }

func (b *Box) deadline(p Post, d time.Duration) {
	if p.Deadline != nil {
		_ = p.Deadline(time.Now().Add(d)) // a connection without deadlines has the server's
	}
}

// readSmall reads a small post whole before it waits for anything.
func (b *Box) readSmall(p Post) ([]byte, error) {
	b.deadline(p, time.Minute)
	end := b.readers.begin(func() {
		if p.Deadline != nil {
			_ = p.Deadline(time.Unix(1, 0))
		}
	})
	defer end()
	all, err := io.ReadAll(io.LimitReader(p.Body, small+1))
	if err != nil {
		return nil, broken(err)
	}
	return all, nil
}

// broken words that a post ended early.
func broken(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrBusy
	}
	return fault("", "whole")
}

// readToken reads the first field of a form: what comes without it costs us nothing more.
func (b *Box) readToken(form *multipart.Reader, d *draft) (string, error) {
	part, err := form.NextPart()
	if err != nil || part.FormName() != "token" {
		return "", ErrToken
	}
	text, err := io.ReadAll(io.LimitReader(part, 200))
	if err != nil {
		return "", ErrToken
	}
	if d.token, err = b.secrets.parseToken(string(text), b.cfg.Now()); err != nil {
		return "", err
	}
	d.code = b.secrets.code(d.token)
	return string(text), nil
}

// readForm reads the other fields. After something that the sender can put right it reads
// on, so that all the words can be shown again.
func (b *Box) readForm(ctx context.Context, form *multipart.Reader, d *draft) error {
	for n := 0; ; n++ {
		if n > maxParts {
			return fault("", "fields")
		}
		part, err := form.NextPart()
		if err == io.EOF && d.whole() {
			break
		}
		if err != nil {
			return broken(err)
		}
		name := part.FormName()
		if name == "file" {
			if err := b.readFile(ctx, part, d); err != nil {
				return err
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, small+1))
		if err != nil {
			return broken(err)
		}
		if len(text) > small {
			d.fail(fault(name, "field"))
			text = nil
		}
		d.take(name, string(text))
	}
	if err := d.said.check(); err != nil {
		d.fail(err)
	}
	d.checkContact()
	return d.fault
}

func (d *draft) take(name, text string) {
	switch name {
	case "contact":
		d.contact = Contact(text)
	case "reach":
		d.reach = text
	case "code":
		d.earlier = text
	}
	for _, p := range d.said.parts() {
		if p.name == name {
			*p.text = text
		}
	}
}

// skim reads the words of a form that was sent before and leaves its files alone.
func (d *draft) skim(form *multipart.Reader) {
	for range maxParts {
		part, err := form.NextPart()
		if err != nil {
			return
		}
		if part.FormName() == "file" {
			drain(part)
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, small))
		if err != nil {
			return
		}
		d.take(part.FormName(), string(text))
	}
}

// maxReach is how long a contact may be. It is sealed at one length, so that the sealed file
// does not tell how long it is.
const maxReach = 1000

func (d *draft) checkContact() {
	reach := bytes.TrimSpace([]byte(d.reach))
	if d.contact == "" {
		d.contact = Code
	}
	switch {
	case d.contact != None && d.contact != Code && d.contact != Sealed:
		d.fail(fault("contact", "contact"))
	case d.contact == Sealed && len(reach) == 0:
		d.fail(fault("reach", "reach.none"))
	case d.contact != Sealed && len(reach) > 0:
		d.fail(fault("reach", "reach.chosen"))
	case len(reach) > maxReach:
		d.fail(fault("reach", "reach.long", maxReach))
	}
	d.reach = string(reach)
}

// readFile takes one file in: sealed, and a working copy where one can be made. The plain
// bytes stay in memory.
func (b *Box) readFile(ctx context.Context, part io.Reader, d *draft) error {
	l := b.cfg.Limits
	content, err := io.ReadAll(io.LimitReader(part, l.FileBytes+1))
	if err != nil {
		return broken(err)
	}
	n := int64(len(content))
	switch {
	case n == 0: // a field in which no file was chosen
		return nil
	case len(d.files) == l.Files:
		d.fail(fault("file", "files.many", l.Files))
	case n > l.FileBytes:
		d.fail(fault("file", "files.one", megabytes(l.FileBytes)))
	case d.bytes+n > l.AllBytes:
		d.fail(fault("file", "files.all", megabytes(l.AllBytes)))
	case d.fault == nil && !b.reserve(n):
		d.fail(ErrRoom)
	}
	if d.fault != nil {
		drain(part)
		return nil
	}
	d.bytes += n
	sum := sha256.Sum256(content)
	f := File{N: len(d.files) + 1, SHA256: hex.EncodeToString(sum[:]), Bytes: n, Media: mediaOf(content)}
	working, kind, note, err := b.work.copyOf(ctx, content, f.Media)
	if err != nil {
		return err
	}
	f.Working, f.Note = kind, note
	what := fmt.Sprintf("file-%d", f.N)
	sealed, err := b.cfg.Key.seal(d.id, what, content)
	if err == nil {
		err = b.write("sealed", d.id, what, sealed)
	}
	if err == nil && kind != "" {
		err = b.writeWorking(d.id, what+"."+kind, working)
	}
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	d.files = append(d.files, f)
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n>>20) }

// flights let one post of a token in at a time: one form has one place at the gate, however
// often it is sent. A hand that presses twice waits for its first press.
type flights struct {
	mu sync.Mutex // guards all; held for map work only
	in map[string]*flight
}

type flight struct {
	turn  chan struct{} // holds one value while nobody is in
	known int           // who is in or waits
}

// pressed is how many posts of one token may be there at once.
const pressed = 4

func (f *flights) take(ctx context.Context, name string, wait time.Duration) (done func(), err error) {
	f.mu.Lock()
	x := f.in[name]
	if x == nil {
		x = &flight{turn: make(chan struct{}, 1)}
		x.turn <- struct{}{}
		if f.in == nil {
			f.in = map[string]*flight{}
		}
		f.in[name] = x
	}
	x.known++
	crowded := x.known > pressed
	f.mu.Unlock()
	leave := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if x.known--; x.known == 0 {
			delete(f.in, name)
		}
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	switch {
	case crowded:
		err = ErrBusy
	default:
		select {
		case <-x.turn:
			return func() { x.turn <- struct{}{}; leave() }, nil
		case <-t.C:
			err = ErrBusy
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	leave()
	return nil, err
}

// readers bounds how many small posts are on their way at once. When there are too many, the
// one that has been on its way longest makes room: slow on purpose is slower than a phone.
type readers struct {
	most int
	mu   sync.Mutex // guards open; held for list work and to set one deadline
	open list.List  // of func()
}

func (r *readers) begin(stop func()) (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open.Len() >= r.most {
		if e := r.open.Front(); e != nil {
			r.open.Remove(e)
			e.Value.(func())()
		}
	}
	e := r.open.PushBack(stop)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.open.Remove(e)
	}
}
