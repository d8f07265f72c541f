package capability

import "strings"

// A Cell is another cell of the row, which a word for a party points at.
type Cell string

// The cells that words point at.
const (
	NoCell       Cell = ""
	CellBuyer    Cell = "buyer" // of an account: its holder
	CellEndUser  Cell = "end_user"
	CellSeller   Cell = "seller"
	CellReseller Cell = "reseller"
	CellAbove    Cell = "above" // whoever stands before it; the word does not say who
)

// The most words and bytes of a text that points at another cell.
const (
	longestPointer     = 8
	longestPointerText = 100
)

var pointers = func() map[string]Cell {
	m := map[string]Cell{}
	for _, r := range readTable("same.tsv") {
		for _, p := range expand(r.fields["text"]) {
			text := foldString(p)
			if at, ok := m[text]; !ok || at == CellAbove {
				m[text] = Cell(r.fields["means"])
			}
		}
	}
	return m
}()

// SameAs returns the cell that a party as written points at ("same as buyer", "idem", "siehe oben", "= buyer"), and
// [NoCell] for a text that names somebody or nobody.
func SameAs(text string) Cell {
	if len(text) > longestPointerText {
		return NoCell
	}
	own := strings.Trim(strings.TrimSpace(text), `()[]"'.,;:-–— `)
	if rest, ok := strings.CutPrefix(own, "="); ok {
		own = "same as " + rest
	}
	var bytes [2 * longestPointerText]byte
	var spans [2 * longestPointer]span
	f := fold(bytes[:0], spans[:0], own)
	if n := len(f.words); n == 0 || n > longestPointer {
		return NoCell
	}
	return pointers[string(f.bytes(0, len(f.words)))]
}
