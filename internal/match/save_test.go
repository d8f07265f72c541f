package match

import (
	"bytes"
	"strings"
	"testing"

	"plimsoll/internal/name"
)

// Each part of a saved index that does not fit the others is an error that names it.
func TestTablesFit(t *testing.T) {
	for _, tt := range []struct {
		what   string
		damage func(ix *Index, words []savedWord)
	}{
		{"", func(*Index, []savedWord) {}},
		{"words", func(_ *Index, w []savedWord) { w[len(w)-1].text++ }},
		{"names", func(ix *Index, _ []savedWord) { ix.names[0].entry = 1 << 20 }},
		{"words of names", func(ix *Index, w []savedWord) { ix.refs[0] = uint32(len(w)) << 2 }},
		{"postings", func(ix *Index, _ []savedWord) { ix.postMid[0] = ix.postStart[1] + 1 }},
		{"keys of words", func(ix *Index, w []savedWord) { ix.keys.items[0].value = uint32(len(w)) }},
		{"keys of names", func(ix *Index, _ []savedWord) { ix.whole.items[0].value = uint32(len(ix.names)) }},
		{"keys of joined words", func(ix *Index, _ []savedWord) {
			ix.joins.items[0].post.name = uint32(len(ix.names))
		}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			ix := Build(invented(5, 60))
			words, texts, syms := savedWords(ix)
			tt.damage(ix, words)
			err := ix.check(words, texts, syms)
			switch {
			case tt.what == "" && err != nil:
				t.Errorf("check: %v", err)
			case tt.what != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+tt.what)):
				t.Errorf("check: %v, want an error that ends in %q", err, tt.what)
			}
		})
	}
}

// savedWords returns the words of an index as they are saved.
func savedWords(ix *Index) (words []savedWord, texts []byte, syms []name.Sym) {
	var b bytes.Buffer
	for i := range ix.words {
		b.WriteString(ix.words[i].Text)
		syms = append(syms, ix.words[i].Syms...)
		words = append(words, savedWord{text: uint32(b.Len()), syms: uint32(len(syms))})
	}
	return words, b.Bytes(), syms
}
