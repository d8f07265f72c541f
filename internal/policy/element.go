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

// The elements of the signals of type list(map) are typed here, so that a rule that names a
// field which does not exist, or compares a text with a number, does not load.
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

// shapes holds the fields that the catalogue's one-line documents list.
var shapes = numbered(
	shape{name: "claim", signal: "party.claims", fields: []field{
		{name: "reliability", typ: signal.String, column: "claims.grade"},
		{name: "credibility", typ: signal.Int, column: "claims.grade"},
		{name: "age_years", typ: signal.Double, column: "claims.published"},
		{name: "origin", typ: signal.String, column: "claims.origin"},
		{name: "status", typ: signal.String, column: "claims.status"},
		{name: "live", typ: signal.Bool, column: "claims.status"},
		{name: "capability", typ: signal.String, column: "claims.capability"},
		{name: "parent", typ: signal.Bool, column: "claims.about"},
	}},
	shape{name: "surge", signal: "usage.surges", fields: []field{
		{name: "capability", typ: signal.String},
		{name: "factor", typ: signal.Double},
		{name: "days", typ: signal.Double},
		{name: "event", typ: signal.String},
		{name: "kind", typ: signal.String},
		{name: "date", typ: signal.String},
	}},
	shape{name: "relocation", signal: "usage.relocations", fields: []field{
		{name: "kind", typ: signal.String},
		{name: "region", typ: signal.String},
		{name: "factor", typ: signal.Double},
		{name: "fall", typ: signal.Double},
		{name: "days", typ: signal.Double},
		{name: "trigger", typ: signal.String},
		{name: "trigger_date", typ: signal.String},
		{name: "date", typ: signal.String},
	}},
	shape{name: "reappearance", signal: "usage.reappears", fields: []field{
		{name: "days", typ: signal.Double},
		{name: "cosine", typ: signal.Double},
		{name: "volume", typ: signal.Double},
		{name: "via", typ: signal.String},
		{name: "shared", typ: signal.Strings},
		{name: "account", typ: signal.String},
		{name: "region", typ: signal.String},
		{name: "date", typ: signal.String},
	}},
)

// numbered gives every field an id after those of the signals.
func numbered(list ...shape) map[string]*shape {
	out := map[string]*shape{}
	id := int64(len(signal.Catalogue)) + 1
	for _, s := range list {
		s.typ = types.NewObjectType("plimsoll." + s.name)
		s.byName = map[string]int{}
		for i := range s.fields {
			s.fields[i].id = id
			id++
			s.byName[s.fields[i].name] = i
		}
		out[s.signal] = &s
	}
	return out
}

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

func elements(v any, s *shape) (ref.Val, bool) {
	var maps []map[string]any
	switch v := v.(type) {
	case []map[string]any:
		maps = v
	case []any:
		for _, e := range v {
			m, ok := e.(map[string]any)
			if !ok {
				return nil, false
			}
			maps = append(maps, m)
		}
	default:
		return nil, false
	}
	out := make([]ref.Val, len(maps))
	for i, m := range maps {
		out[i] = &element{shape: s, keys: m}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, out), true
}
