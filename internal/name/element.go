package name

import (
	"strings"
	"sync"
)

// leastStem is how many letters stand before the element of a coined word at least.
const leastStem = 2

type element struct {
	form string
	id   int
}

// elements are the forms of data/element.tsv by their last letter.
var elements = sync.OnceValue(func() map[byte][]element {
	m := map[byte][]element{}
	id := 0
	table("element", func(f []string) {
		id++
		for form := range strings.SplitSeq(f[0], "|") {
			last := form[len(form)-1]
			m[last] = append(m[last], element{form, id})
		}
	})
	return m
})

// Element returns how many letters of a coined word stand before its last part, which many firms share, and which part
// that is; 0 when the word is none. Novatech and Novatek have one part.
func Element(w string) (stem, part int) {
	if w == "" {
		return 0, 0
	}
	size := 0
	for _, e := range elements()[w[len(w)-1]] {
		if n := len(w) - len(e.form); n >= leastStem && len(e.form) > size && strings.HasSuffix(w, e.form) {
			stem, part, size = n, e.id, len(e.form)
		}
	}
	return stem, part
}
