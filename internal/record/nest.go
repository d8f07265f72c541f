package record

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// zipMagic begins a ZIP file (APPNOTE.TXT, 4.3.7).
const zipMagic = "PK\x03\x04"

// isZIP reports whether a file begins as a ZIP file does.
func isZIP(at io.ReaderAt) bool {
	var magic [len(zipMagic)]byte
	_, err := at.ReadAt(magic[:], 0)
	return err == nil && string(magic[:]) == zipMagic
}

// isOfficeZIP reports whether a ZIP file is a workbook or document and no archive.
func isOfficeZIP(z *zip.Reader) bool {
	return slices.ContainsFunc(z.File, func(m *zip.File) bool { return m.Name == "[Content_Types].xml" })
}

// filesOf returns the files of an archive by name, and its hidden ones.
func filesOf(all []*member) (members []*member, unseen hidden) {
	for _, m := range all {
		if slices.ContainsFunc(strings.Split(m.name, "/"), isHidden) || strings.HasPrefix(m.name, "__MACOSX/") {
			unseen.add(m.name, false)
		} else {
			members = append(members, m)
		}
	}
	sort.SliceStable(members, func(i, j int) bool { return members[i].name < members[j].name })
	return members, unseen
}

// Limits on archives inside archives.
const (
	maxNested = 256 << 20 // bytes of all that lie in one archive, which are kept in memory
	maxDepth  = 3         // archives around a file
)

// A nest is the archives inside one archive.
type nest struct {
	path   string
	bounds Bounds
	left   int64 // bytes
}

// archive describes the members of one archive, which is of itself the source s. Prefix stands before their names in
// the file on disk; damage is why the archive is not whole, nil when it is.
func (n *nest) archive(all []*member, at *archiveFile, s Source, prefix string, depth int, damage error) []Source {
	a := newArchive(at, all, prefix)
	a.bounds = n.bounds
	members, unseen := filesOf(all)
	out := append(n.list(members, a, prefix, s.Name, depth), unseen.source(n.path, s.Name)...)
	if damage != nil {
		s.Damage, s.SHA256 = fmt.Sprintf("read %s: the archive is cut short or damaged (%v); get it again", s.Name,
			damage), ""
		if errors.Is(damage, ErrBound) {
			s.Damage = fmt.Sprintf("read %s: %v", s.Name, advised(damage))
		}
		s.corrupt, s.shut = true, true
		out = append(out, s)
	}
	return out
}

// list describes the members of an archive.
func (n *nest) list(members []*member, a *archive, prefix, name string, depth int) (out []Source) {
	for _, m := range members {
		src := Source{Path: n.path, Member: prefix + m.name, Name: name + "!" + m.name, zip: a, bounds: n.bounds,
			bytes: min(m.size, mostBuffer), Skipped: m.unusable}
		if m.unusable != "" {
			out = append(out, src)
			continue
		}
		sum, head, err := hashMember(m, n.bounds)
		if err != nil {
			src.Damage = fmt.Sprintf("read %s: %v", src.Name, advised(err))
			src.corrupt = !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrBound)
		} else {
			src.SHA256 = sum
		}
		if err == nil {
			if inner := n.inner(m, head, src, depth); inner != nil {
				out = append(out, inner...)
				continue
			}
		}
		out = append(out, src)
	}
	return out
}

// inner lists the members of an archive inside an archive; nil where it is none, or an office document.
func (n *nest) inner(m *member, head []byte, src Source, depth int) []Source {
	plainZIP := bytes.HasPrefix(head, []byte(zipMagic))
	if !plainZIP && !isTar(head) && !isPacked(head) {
		return nil
	}
	r, err := m.open()
	if err != nil {
		return nil
	}
	defer r.Close()
	text := io.Reader(r)
	if !plainZIP {
		tarred, _, done := n.bounds.tarText(r)
		defer done()
		if tarred == nil {
			return nil
		}
		text = tarred
	}
	mem, err := io.ReadAll(io.LimitReader(text, n.left+1))
	if int64(len(mem)) > n.left {
		if isOffice(m.name) {
			return nil
		}
		return skipped(src, fmt.Sprintf("archives inside this archive are larger than %d MiB together; unpack it and "+
			"give the folder", maxNested>>20))
	}
	var all []*member
	var damage error
	if isZIP(bytes.NewReader(mem)) {
		z, zerr := zip.NewReader(bytes.NewReader(mem), int64(len(mem)))
		if err != nil || zerr != nil || isOfficeZIP(z) {
			return nil
		}
		if isODS(z) {
			n.left -= int64(len(mem))
			return sheets(src, &archiveFile{unpacked: bytes.NewReader(mem)}, z, src.Member+"!")
		}
		all = zipMembers(z)
	} else if all, damage = tarMembers(bytes.NewReader(mem), int64(len(mem))); err != nil {
		damage = err
	}
	if depth >= maxDepth {
		return skipped(src, fmt.Sprintf("an archive inside %d others; unpack it and give the folder", depth))
	}
	n.left -= int64(len(mem))
	at := &archiveFile{unpacked: bytes.NewReader(mem)}
	return n.archive(all, at, src, src.Member+"!", depth+1, damage)
}

func skipped(s Source, why string) []Source {
	s.Skipped = why
	return []Source{s}
}

// isOffice reports whether a name is that of a workbook or document, which is a ZIP file by its bytes.
func isOffice(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".xlsm", ".ods", ".docx", ".odt", ".pptx":
		return true
	}
	return false
}

// hashMember reads a member of an archive to its end. head is its first bytes, as many as tell an archive.
func hashMember(m *member, bounds Bounds) (sum string, head []byte, err error) {
	r, err := m.open()
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	h := sha256.New()
	text := bounds.bound(r, m.packed)
	head = make([]byte, tarBlock)
	n, err := io.ReadFull(text, head)
	if err != nil && !errors.Is(err, io.EOF) && (!errors.Is(err, io.ErrUnexpectedEOF) || int64(n) < m.size) {
		return "", nil, err
	}
	h.Write(head[:n])
	if _, err := io.Copy(h, text); err != nil {
		return "", nil, err
	}
	return hex.EncodeToString(h.Sum(nil)), head[:n], nil
}
