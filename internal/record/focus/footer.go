package focus

import (
	"encoding/binary"
	"errors"
)

// parquetColumns returns the columns that the footer of a Parquet file names, those inside an object as "object.field",
// from the end of the file on. The footer is a FileMetaData in the compact protocol of Thrift, of which field 2 is the
// schema: its elements in the order of a walk through the tree (Apache Parquet, parquet.thrift; Apache Thrift, compact
// protocol specification).
func parquetColumns(tail []byte) ([]string, error) {
	const end = 8 // the footer's length and the magic
	if len(tail) < end || string(tail[len(tail)-4:]) != string(parquetMagic) {
		return nil, errors.New("no Parquet file")
	}
	size := binary.LittleEndian.Uint32(tail[len(tail)-end:])
	if int64(size) > int64(len(tail)-end) {
		return nil, errors.New("the footer is larger than what was read")
	}
	t := &thrift{b: tail[len(tail)-end-int(size) : len(tail)-end]}
	var elements []schemaElement
	t.object(func(field int, kind byte) {
		if field != 2 || kind != thriftList {
			t.skip(kind, 0)
			return
		}
		for range t.list() {
			if t.err != nil {
				return
			}
			elements = append(elements, t.schemaElement())
		}
	})
	if t.err != nil {
		return nil, t.err
	}
	return columnNames(elements), nil
}

// A schemaElement is a node of the tree of columns.
type schemaElement struct {
	name     string
	children int
}

// columnNames names the columns of a walk through the tree: those of the first level, and their children.
func columnNames(elements []schemaElement) []string {
	var out []string
	var open []int // children that are still to come, by level
	parent := ""
	for i, e := range elements {
		if i == 0 { // the root
			open = []int{e.children}
			continue
		}
		for len(open) > 0 && open[len(open)-1] == 0 {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			break
		}
		open[len(open)-1]--
		switch len(open) {
		case 1:
			parent = e.name
			out = append(out, e.name)
		case 2:
			out = append(out, parent+"."+e.name)
		}
		if e.children > 0 {
			open = append(open, e.children)
		}
	}
	return out
}

// The types of the compact protocol that are told apart here.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// mostThriftDepth bounds how deep values that are passed over may nest.
const mostThriftDepth = 32

var errThrift = errors.New("the footer is damaged")

// A thrift reader reads the compact protocol. After an error it returns zeros.
type thrift struct {
	b   []byte
	err error
}

func (t *thrift) byte() byte {
	if len(t.b) == 0 {
		t.err = errThrift
		return 0
	}
	x := t.b[0]
	t.b = t.b[1:]
	return x
}

func (t *thrift) varint() uint64 {
	x, n := binary.Uvarint(t.b)
	if n <= 0 {
		t.b, t.err = nil, errThrift
		return 0
	}
	t.b = t.b[n:]
	return x
}

func (t *thrift) zigzag() int64 {
	x := t.varint()
	return int64(x>>1) ^ -int64(x&1)
}

func (t *thrift) bytes(n uint64) []byte {
	if n > uint64(len(t.b)) {
		t.b, t.err = nil, errThrift
		return nil
	}
	x := t.b[:n]
	t.b = t.b[n:]
	return x
}

// object calls each for every field of a struct; each has to read or skip it.
func (t *thrift) object(each func(field int, kind byte)) {
	field := 0
	for t.err == nil {
		head := t.byte()
		kind := head & 0x0f
		if kind == 0 {
			return
		}
		if delta := int(head >> 4); delta > 0 {
			field += delta
		} else {
			field = int(t.zigzag())
		}
		each(field, kind)
	}
}

// list returns how many elements a list of structs has.
func (t *thrift) list() int {
	size, kind := t.elements()
	if kind != thriftStruct {
		t.err = errThrift
		return 0
	}
	return size
}

func (t *thrift) elements() (size int, kind byte) {
	head := t.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = t.varint()
	}
	if n > uint64(len(t.b)) { // an element takes a byte at least
		t.b, t.err = nil, errThrift
		return 0, 0
	}
	return int(n), head & 0x0f
}

func (t *thrift) schemaElement() (e schemaElement) {
	t.object(func(field int, kind byte) {
		switch {
		case field == 4 && kind == thriftBinary:
			e.name = string(t.bytes(t.varint()))
		case field == 5 && kind > thriftByte && kind <= thriftI64:
			e.children = int(max(0, min(t.zigzag(), 1<<20)))
		default:
			t.skip(kind, 0)
		}
	})
	return e
}

// skip passes over a value.
func (t *thrift) skip(kind byte, depth int) {
	if depth > mostThriftDepth {
		t.err = errThrift
	}
	switch {
	case t.err != nil, kind == thriftTrue, kind == thriftFalse:
	case kind == thriftByte:
		t.byte()
	case kind <= thriftI64:
		t.varint()
	case kind == thriftDouble:
		t.bytes(8)
	case kind == thriftBinary:
		t.bytes(t.varint())
	case kind == thriftList, kind == thriftSet:
		t.skipElements(depth)
	case kind == thriftMap:
		t.skipMap(depth)
	case kind == thriftStruct:
		t.object(func(_ int, kind byte) { t.skip(kind, depth+1) })
	default:
		t.err = errThrift
	}
}

func (t *thrift) skipElements(depth int) {
	size, kind := t.elements()
	for range size {
		if t.err != nil {
			return
		}
		if kind == thriftTrue || kind == thriftFalse { // in a list a truth takes a byte
			t.byte()
			continue
		}
		t.skip(kind, depth+1)
	}
}

func (t *thrift) skipMap(depth int) {
	n := t.varint()
	if n == 0 {
		return
	}
	kinds := t.byte()
	for range min(n, uint64(len(t.b))) {
		if t.err != nil {
			return
		}
		t.skip(kinds>>4, depth+1)
		t.skip(kinds&0x0f, depth+1)
	}
}
