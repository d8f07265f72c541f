package notice

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/ledger"
	"plimsoll/internal/ledger/format"
	"plimsoll/internal/message"
)

// ReceiptHeader is the first line of a receipt.
const ReceiptHeader = "plimsoll.notice-receipt/v1"

// proofLine stands before the part that programs read.
const proofLine = "----- proof -----"

// MaxReceipt bounds what ParseReceipt reads: a notice is words and sums of files.
const MaxReceipt = 1 << 20

// A Receipt proves what was received and when. On paper it is one text file: words for a
// person, made from the proof and nothing else, and below them the proof, a C2SP tlog-proof.
// A receipt whose words are not those of its proof cannot be read.
type Receipt struct {
	VKey  string // of the log, for finding it; who checks takes it from elsewhere
	Proof format.Receipt
	// Language is that of the words for a person; "" is English. The proof is the same in each.
	Language string
	// plain is set for a receipt in another language whose notice stands under English words, as receipts were first
	// written.
	plain bool
}

// Notice is the text that the proof shows; ErrErased when it shows none.
func (r Receipt) Notice() (Text, error) {
	for _, o := range r.Proof.Openings {
		if o.Name == ledger.FieldContent {
			return ParseText(o.Value)
		}
	}
	return Text{}, ErrErased
}

// Encode writes the file.
func (r Receipt) Encode() ([]byte, error) {
	leaf, err := format.ParseLeaf(r.Proof.Leaf)
	if err != nil {
		return nil, fmt.Errorf("write receipt: %w", err)
	}
	if leaf.Kind != ledger.Notice {
		return nil, fmt.Errorf("write receipt: leaf %d is a %s, not a notice", r.Proof.Index, leaf.Kind)
	}
	origin, _, _ := strings.Cut(string(r.Proof.Checkpoint), "\n")
	if name, _, _ := strings.Cut(r.VKey, "+"); name != origin || strings.ContainsAny(r.VKey, " \n") {
		return nil, fmt.Errorf("write receipt: the key %q is not of the log %q", r.VKey, origin)
	}
	if _, err := format.Verifier(r.VKey); err != nil {
		return nil, fmt.Errorf("write receipt: %w", err)
	}
	var t Text
	if t, err = r.Notice(); err == nil {
		if err := t.fits(leaf.Time); err != nil {
			return nil, fmt.Errorf("write receipt: %w", err)
		}
	}
	var b bytes.Buffer
	if r.Language != "" {
		r.printIn(&b, message.For(r.Language), origin, leaf, t.Received)
		return r.finish(&b)
	}
	what := fmt.Sprintf(`This file proves, to anybody and without asking anybody, that the notice below was recorded,
word for word, in the log %s as its leaf %d, with the time
%s (coordinated universal time, by the clock of the receiver).`, origin, r.Proof.Index, leaf.Time.Format(shownForm))
	if !t.Received.IsZero() {
		what = fmt.Sprintf(`This file proves, to anybody and without asking anybody, that the notice below was recorded,
word for word, in the log %s as its leaf %d. The receiver recorded that it came at
%s (coordinated universal time, by the clock of the receiver).
The public log shows a coarser time for it, %s, by choice of the receiver, so that it does
not tell when the notice was sent.`, origin, r.Proof.Index, t.Received.Format(shownForm),
			leaf.Time.Format(time.DateOnly))
	}
	fmt.Fprintf(&b, `%s

RECEIPT

%s

Keep this file and the files that you sent, unchanged, in a safe place. To check it, on any
computer, without a network:

    plimsoll verify THIS-FILE --key KEY

The log's public key, which you should also get from somewhere else than this file:

    %s

It does not prove that what the notice says is true, nor who sent it.

`, ReceiptHeader, what, r.VKey)
	return r.finish(&b)
}

// shownForm is how a receipt shows a time.
const shownForm = "2006-01-02 15:04:05.000000"

// languageLine begins the line that names the language of a receipt.
const languageLine = "language "

// printIn writes the words of a receipt in another language than English.
func (r Receipt) printIn(b *bytes.Buffer, m *message.Catalogue, origin string, leaf format.Leaf, received time.Time) {
	what := m.Text("receipt.what", origin, r.Proof.Index, leaf.Time.Format(shownForm))
	if !received.IsZero() {
		what = m.Text("receipt.coarse", origin, r.Proof.Index, received.Format(shownForm),
			leaf.Time.Format(time.DateOnly))
	}
	fmt.Fprintf(b, "%s\n%s%s\n\n%s\n\n%s\n\n%s\n\n    plimsoll verify THIS-FILE --key KEY\n\n%s\n\n    "+
		"%s\n\n%s\n%s\n\n", ReceiptHeader, languageLine, r.Language, m.Text("receipt.title"),
		what, m.Text("receipt.keep"), m.Text("receipt.key"), r.VKey, m.Text("receipt.not"), m.Text("receipt.below"))
}

// finish adds the notice and the proof.
func (r Receipt) finish(b *bytes.Buffer) ([]byte, error) {
	t, err := r.Notice()
	switch {
	case err != nil && !errors.Is(err, ErrErased):
		return nil, fmt.Errorf("write receipt: %w", err)
	case r.Language != "" && !r.plain:
		t.printIn(b, message.For(r.Language), err != nil)
	case err != nil:
		b.WriteString("THE NOTICE\n\nIts content is not shown here, or was erased. The proof holds a commitment to " +
			"it: who has the\ncontent and its salt can still show that it is this.\n")
	default:
		t.print(b)
	}
	fmt.Fprintf(b, "\n%s\n%s", proofLine, r.Proof.Encode())
	return b.Bytes(), nil
}

// printIn writes a notice for a reader of another language than English, or that its content was erased.
func (t Text) printIn(b *bytes.Buffer, m *message.Catalogue, erased bool) {
	if erased {
		fmt.Fprintf(b, "%s\n\n%s\n", strings.TrimSpace(m.Text("receipt.notice", "")), m.Text("receipt.erased"))
		return
	}
	fmt.Fprintf(b, "%s\n\n%s\n", m.Text("receipt.notice", t.ID), m.Text("receipt.to", t.To))
	for _, p := range t.Said.parts() {
		if *p.text == "" {
			continue
		}
		fmt.Fprintf(b, "\n%s\n", m.Text(titleKeys[p.name]))
		for line := range strings.SplitSeq(*p.text, "\n") {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
	for _, f := range t.Files {
		fmt.Fprintf(b, "\n%s\n    %s\n", m.Text("receipt.file", f.N, f.Bytes), f.SHA256)
	}
}

// titleKeys are the messages of these titles.
var titleKeys = map[string]string{"about": "receipt.about", "what": "receipt.says", "when": "receipt.when",
	"how": "receipt.how"}

// titles of the parts of a statement for a reader.
var titles = map[string]string{"about": "About", "what": "What happens", "when": "When", "how": "How the sender knows"}

// print writes a notice for a reader. Every line of the sender's begins with four spaces.
func (t Text) print(b *bytes.Buffer) {
	fmt.Fprintf(b, "THE NOTICE %s\n\nTo: %s\n", t.ID, t.To)
	for _, p := range t.Said.parts() {
		if *p.text == "" {
			continue
		}
		fmt.Fprintf(b, "\n%s:\n", titles[p.name])
		for line := range strings.SplitSeq(*p.text, "\n") {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
	for _, f := range t.Files {
		fmt.Fprintf(b, "\nFile %d: %d bytes, SHA-256\n    %s\n", f.N, f.Bytes, f.SHA256)
	}
}

// ParseReceipt reads the one encoding of a receipt.
func ParseReceipt(b []byte) (Receipt, error) {
	var r Receipt
	if len(b) > MaxReceipt {
		return r, fmt.Errorf("the receipt is longer than %d bytes", MaxReceipt)
	}
	if !bytes.HasPrefix(b, []byte(ReceiptHeader+"\n")) {
		return r, fmt.Errorf("line 1 is not %q", ReceiptHeader)
	}
	i := bytes.LastIndex(b, []byte("\n"+proofLine+"\n"))
	if i < 0 {
		return r, errors.New("the receipt has no proof")
	}
	var err error
	if r.Proof, err = format.ParseReceipt(b[i+len(proofLine)+2:]); err != nil {
		return r, err
	}
	before := "from somewhere else than this file:"
	if rest, ok := strings.CutPrefix(string(b[:i]), ReceiptHeader+"\n"+languageLine); ok {
		r.Language, _, _ = strings.Cut(rest, "\n")
		if r.Language == message.English || !message.Known(r.Language) {
			return r, fmt.Errorf("the language %.20q is none of those that receipts are written in", r.Language)
		}
		before = message.For(r.Language).Text("receipt.key")
	}
	_, after, _ := strings.Cut(string(b[:i]), before+"\n\n    ")
	r.VKey, _, _ = strings.Cut(after, "\n")
	again, err := r.Encode()
	if err == nil && r.Language != "" && !bytes.Equal(again, b) {
		r.plain = true
		again, err = r.Encode()
	}
	if err != nil {
		return r, err
	}
	if !bytes.Equal(again, b) {
		return r, errors.New("the words of the receipt are not those of its proof: it was changed")
	}
	return r, nil
}
