package record

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// Charset returns r as UTF-8, for the CharsetReader of an XML decoder: the encoding is the one that the document
// states, by a name of the WHATWG Encoding Standard. Sources hand on UTF-16 as UTF-8 already.
func Charset(name string, r io.Reader) (io.Reader, error) {
	low := strings.ToLower(strings.TrimSpace(name))
	if strings.HasPrefix(low, "utf-16") || strings.HasPrefix(low, "utf16") || low == "ucs-2" || low == "unicode" {
		return r, nil
	}
	enc, err := htmlindex.Get(low)
	if err != nil {
		return nil, fmt.Errorf("the encoding %q is not known", name)
	}
	return enc.NewDecoder().Reader(r), nil
}
