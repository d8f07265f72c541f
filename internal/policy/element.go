package policy

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plimsoll/internal/signal"
)

// The elements of the signals of type list(map) are typed, so that a rule that names a field
// which does not exist, or compares a text with a number, does not load.
//
// A key that an element lacks is missing, like a signal is: an unknown, with its column.

// A field is one key of an element.
type field struct {
	name   string
	typ    signal.Type
	column string // what it is read from; "" means the columns of the signal
	id     int64
}

// A shape is the type of the elements of one signal.
type shape struct {
	name   string // as expressions and errors show it
	signal string
	fields []field
	typ    *types.Type
	byName map[string]int
}

// shapes holds a shape for each signal of the catalogue that [signal.Shapes] declares, and
// fieldOf what stands behind the id of each field; ids follow those of the signals.
var shapes, fieldOf = func() (map[string]*shape, map[int64]*shape) {
	out, byID := map[string]*shape{}, map[int64]*shape{}
	id := int64(len(signal.Catalogue)) + 1
	for _, d := range signal.Catalogue {
		declared, ok := signal.Shapes[d.Name]
		if !ok {
			continue
		}
		s := &shape{
			name: declared.Name, signal: d.Name, byName: map[string]int{},
			typ: types.NewObjectType("plimsoll." + declared.Name),
		}
		for i, f := range declared.Fields {
			s.fields = append(s.fields, field{name: f.Name, typ: f.Type, column: f.Column, id: id})
			s.byName[f.Name], byID[id] = i, s
			id++
		}
		out[d.Name] = s
	}
	return out, byID
}()

// celType is the type of a signal in expressions.
func celType(name string, t signal.Type) *types.Type {
	switch t {
	case signal.Bool:
		return types.BoolType
	case signal.Int:
		return types.IntType
	case signal.Double:
		return types.DoubleType
	case signal.String:
		return types.StringType
	case signal.Strings:
		return types.NewListType(types.StringType)
	case signal.Doubles:
		return types.NewListType(types.DoubleType)
	case signal.Maps:
		if s := shapes[name]; s != nil {
			return types.NewListType(s.typ)
		}
	}
	return nil
}

// provider makes the shapes known to the type checker.
type provider struct{ types.Provider }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	for _, s := range shapes {
		if s.typ.TypeName() == name {
			return types.NewTypeTypeWithParam(s.typ), true
		}
	}
	return p.Provider.FindStructType(name)
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	for _, s := range shapes {
		if s.typ.TypeName() == name {
			var names []string
			for _, f := range s.fields {
				names = append(names, f.name)
			}
			return names, true
		}
	}
	return p.Provider.FindStructFieldNames(name)
}

func (p provider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	for _, s := range shapes {
		if s.typ.TypeName() != name {
			continue
		}
		i, ok := s.byName[fieldName]
		if !ok {
			return nil, false
		}
		return &types.FieldType{
			Type:    celType("", s.fields[i].typ),
			IsSet:   func(any) bool { return true },
			GetFrom: func(target any) (any, error) { return get(target, i) },
		}, true
	}
	return p.Provider.FindStructFieldType(name, fieldName)
}

// NewValue refuses to build an element: only the records make them.
func (p provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	return types.NewErr("a %s cannot be made in an expression", name)
}

// An element is one entry of a list(map) signal as a CEL value.
type element struct {
	shape *shape
	keys  map[string]any
}

func get(target any, i int) (any, error) {
	e, ok := target.(*element)
	if !ok {
		return nil, fmt.Errorf("read field %d of a %T", i, target)
	}
	f := &e.shape.fields[i]
	// A grade's credibility may come as the text of its digit.
	if s, ok := e.keys[f.name].(string); ok && f.typ == signal.Int {
		if n, err := strconv.Atoi(s); err == nil {
			return types.Int(n), nil
		}
	}
	if v, ok := convert(e.keys[f.name], f.typ, nil); ok {
		return v, nil
	}
	return unknown(f.id, e.shape.signal+"."+f.name), nil
}

func (e *element) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("convert a %s to %v", e.shape.name, t)
}
func (e *element) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("convert a %s to %s", e.shape.name, t.TypeName())
}
func (e *element) Equal(other ref.Val) ref.Val { return types.Bool(ref.Val(e) == other) }
func (e *element) Type() ref.Type              { return e.shape.typ }
func (e *element) Value() any                  { return e }

// unknown is the value of what is missing.
func unknown(id int64, name string) *types.Unknown {
	return types.NewUnknown(id, types.NewAttributeTrail(name))
}

// convert turns a Go value into the CEL value of a signal's type. It reports false for what
// is absent, of another type, or no number: all of them are missing.
func convert(v any, t signal.Type, s *shape) (ref.Val, bool) {
	switch t {
	case signal.Bool:
		b, ok := v.(bool)
		return types.Bool(b), ok
	case signal.Int:
		f, ok := float(v)
		return types.Int(f), ok && f == math.Trunc(f)
	case signal.Double:
		f, ok := float(v)
		return types.Double(f), ok
	case signal.String:
		s, ok := v.(string)
		return types.String(s), ok
	case signal.Strings:
		list, ok := words(v)
		return wordList(list), ok
	case signal.Doubles:
		list, ok := numbers(v)
		return numberList(list), ok
	case signal.Maps:
		if s == nil {
			return nil, false
		}
		return elements(v, s)
	}
	return nil, false
}

func float(v any) (float64, bool) {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case signal.AtLeast:
		f = float64(v) // the known part
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case int32:
		f = float64(v)
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// words accepts one word where a list is expected: "" is the empty list.
func words(v any) ([]string, bool) {
	switch v := v.(type) {
	case []string:
		return v, true
	case string:
		if v == "" {
			return nil, true
		}
		return []string{v}, true
	case []any:
		out := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			out[i] = s
		}
		return out, true
	}
	return nil, false
}

func numbers(v any) ([]float64, bool) {
	switch v := v.(type) {
	case []float64:
		for _, f := range v {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, false
			}
		}
		return v, true
	case []any:
		out := make([]float64, len(v))
		for i, e := range v {
			f, ok := float(e)
			if !ok {
				return nil, false
			}
			out[i] = f
		}
		return out, true
	}
	return nil, false
}

// entries returns the elements of a list(map) value as they came.
func entries(v any) ([]map[string]any, bool) {
	switch v := v.(type) {
	case []map[string]any:
		return v, true
	case []any:
		out := make([]map[string]any, len(v))
		for i, e := range v {
			m, ok := e.(map[string]any)
			if !ok {
				return nil, false
			}
			out[i] = m
		}
		return out, true
	}
	return nil, false
}

func elements(v any, s *shape) (ref.Val, bool) {
	maps, ok := entries(v)
	if !ok {
		return nil, false
	}
	out := make([]ref.Val, len(maps))
	for i, m := range maps {
		out[i] = &element{shape: s, keys: m}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, out), true
}

// whole reports whether an element has every field of its shape, and each of them in full.
func (s *shape) whole(keys map[string]any) bool {
	for i := range s.fields {
		v, ok := keys[s.fields[i].name]
		if _, least := v.(signal.AtLeast); !ok || least {
			return false
		}
	}
	return true
}
