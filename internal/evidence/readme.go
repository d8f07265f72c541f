package evidence

import (
	"fmt"
	"strings"
	"time"
)

// readme tells a stranger what a bag is and how to check it.
func readme(c *Case, done *Bagged, now time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `Evidence of case %s
exported on %s: %d originals, %d custody events, %d deleted items

WHAT IS HERE
  data/originals/     the originals, byte for byte as they were collected, each named by its SHA-256
  data/items.jsonl    one line for each item: its names, kind, source, grade, labels, and its file
  data/custody.jsonl  the custody log: who did what with which item, when and why
  proofs/             receipts of a public log for these events, when there are any
  bag-info.txt        when and by whom this was exported, and the hash of the custody log's last line

HOW TO CHECK IT, OFFLINE
1. The files are those of the manifest. On any system with sha256sum (or: shasum -a 256), in this folder:

     sha256sum -c manifest-sha256.txt
     sha256sum -c tagmanifest-sha256.txt

2. The custody log is unbroken. "prev" of each line is the SHA-256 of the line before, without its
   line feed. For the second line, for example:

     head -n 1 data/custody.jsonl | tr -d '\n' | sha256sum

3. All of this at once, and the receipts with it:

     plimsoll verify --key VKEY .

   VKEY is the public key of the log. Get it from the publisher, not from this folder: a file "vkey" in
   here shows that the files belong together, not whose they are.

WHAT THIS PROVES, AND WHAT NOT
  The manifest shows that nothing was changed since the export. The custody log shows what the keeper
  recorded, in which order; a keeper could have written another log in its place, unless receipts of a
  log that others watch go with it. Neither shows that what an original says is true, nor who made it:
  see source, method and grade of each item. Grades are two judgements: the source from A (reliable) to
  F (cannot be judged), the information from 1 (confirmed) to 6 (cannot be judged).
  Times are UTC, from the clock of the keeper's machine.
`, c.Name, now.Format(time.RFC3339), done.Items, done.Events, done.Deleted)
	return []byte(b.String())
}
