package record

import (
	"fmt"
	"strings"
)

// ownFolder begins the names of the folders in which the program puts its output together.
const ownFolder = ".plimsoll-"

// isHidden reports whether a file or folder is hidden by its name, or is the lock of an open document.
func isHidden(base string) bool {
	return strings.HasPrefix(base, ".") && base != "." && base != ".." || strings.HasPrefix(base, "~$")
}

// mostHidden is how many hidden files and folders are named; the others are counted.
const mostHidden = 5

// hidden is what of one path or archive is not read because it is hidden.
type hidden struct {
	files, folders int
	names          []string
}

func (h *hidden) add(name string, folder bool) {
	if folder {
		h.folders++
		name += "/"
	} else {
		h.files++
	}
	if len(h.names) < mostHidden {
		h.names = append(h.names, name)
	}
}

// source is the line on what is hidden, none where nothing is.
func (h *hidden) source(path, name string) []Source {
	n := h.files + h.folders
	if n == 0 {
		return nil
	}
	var what []string
	for _, c := range []struct {
		n    int
		noun string
	}{{h.files, "hidden file"}, {h.folders, "hidden folder"}} {
		switch {
		case c.n == 1:
			what = append(what, "1 "+c.noun)
		case c.n > 1:
			what = append(what, fmt.Sprintf("%d %ss", c.n, c.noun))
		}
	}
	list := strings.Join(h.names, ", ")
	if more := n - len(h.names); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return []Source{{Path: path, Name: name, Hidden: n, Skipped: strings.Join(what, " and ") + " in it: " + list +
		"; what of them is to be read has to be given by itself"}}
}
