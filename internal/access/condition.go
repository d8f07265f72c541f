package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// A condition is one compiled CEL text. It may be evaluated by many at once.
type condition struct {
	text    string
	program cel.Program
	ast     *cel.Ast
}

// Limits of one condition: its text, and the steps of one evaluation.
const (
	maxCondition = 4096
	maxSteps     = 10_000
)

// A compiler compiles conditions once per text and numbers actions. It is shared by the
// indexes that follow each other, so that shards can be shared too.
type compiler struct {
	env *cel.Env

	mu    sync.Mutex // guards what follows; held while an index is built, never while one is asked
	texts map[string]*condition
	bits  map[string]uint8
	names [64]string
}

// otherAction is the bit of all actions past the 63rd; they are told apart by name.
const otherAction = 63

// language is the same for all conditions and costs milliseconds to build.
var language = sync.OnceValues(func() (*cel.Env, error) {
	entity := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		cel.Variable("subject", entity), cel.Variable("action", entity), cel.Variable("resource", entity),
		cel.Variable("context", entity),
		cel.Variable("now", cel.TimestampType),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(40), cel.ParserExpressionSizeLimit(maxCondition),
	)
})

func newCompiler() (*compiler, error) {
	env, err := language()
	if err != nil {
		return nil, fmt.Errorf("build condition language: %w", err)
	}
	return &compiler{env: env, texts: map[string]*condition{}, bits: map[string]uint8{}}, nil
}

// condition compiles text.
func (c *compiler) condition(text string) (*condition, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.texts[text]; k != nil {
		return k, nil
	}
	ast, issues := c.env.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, fmt.Errorf("compile condition %q: %w", text, err)
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("compile condition %q: it gives %s, not true or false", text, t)
	}
	program, err := c.env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxSteps))
	if err != nil {
		return nil, fmt.Errorf("compile condition %q: %w", text, err)
	}
	if len(c.texts) >= 1<<14 { // of a publisher that makes a new text for each decision
		clear(c.texts)
	}
	k := &condition{text, program, ast}
	c.texts[text] = k
	return k, nil
}

// bit numbers an action.
func (c *compiler) bit(action string) uint8 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b, ok := c.bits[action]; ok {
		return b
	}
	b := uint8(len(c.bits))
	if b >= otherAction {
		return otherAction
	}
	c.bits[action] = b
	c.names[b] = action
	return b
}

// actions copies the numbers for an index, which is read without a lock.
func (c *compiler) actions() map[string]uint8 {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]uint8, len(c.bits))
	for k, v := range c.bits {
		out[k] = v
	}
	return out
}

// activations are the views of one question that conditions are tested against: what the
// request states before what the snapshot states, and the other way round where they differ.
type activations struct {
	views []map[string]any
	err   error // the question's properties or context cannot be read
}

// holds reports whether the condition is met in any view. What cannot be computed is met:
// the restriction was decided, and doubt is deny.
func (a *activations) holds(k *condition) bool {
	if a.err != nil {
		return true
	}
	for _, v := range a.views {
		out, _, err := k.program.Eval(v)
		if err != nil {
			return true
		}
		if b, ok := out.(types.Bool); !ok || bool(b) {
			return true
		}
	}
	return false
}

// objects keeps what one request's properties and context say, so that a batch or a search
// that asks with the same ones a thousand times reads them once. Bytes are known by their
// place, so it must not outlive the request.
type objects []object

type object struct {
	raw []byte
	m   map[string]any
	err error
}

// read gives the object that raw holds; o may be nil. What it gives is not changed by anybody.
func (o *objects) read(raw []byte) (map[string]any, error) {
	if len(raw) == 0 {
		return map[string]any{}, nil
	}
	if o != nil {
		for i := range *o {
			if k := &(*o)[i]; len(k.raw) == len(raw) && &k.raw[0] == &raw[0] {
				return k.m, k.err
			}
		}
	}
	m := map[string]any{}
	err := json.Unmarshal(raw, &m)
	if m == nil {
		m = map[string]any{}
	}
	const most = 16 // more are not of the whole batch
	if o != nil && len(*o) < most {
		*o = append(*o, object{raw, m, err})
	}
	return m, err
}

func newActivations(q *Question, shared *objects, storedSubject, storedResource string, now time.Time) *activations {
	a := &activations{}
	object := func(from *objects, raw []byte) map[string]any {
		m, err := from.read(raw)
		if err != nil && a.err == nil {
			a.err = fmt.Errorf("read properties: %w", err)
		}
		return m
	}
	var differ bool
	merge := func(asked, stored map[string]any) (first, second map[string]any) {
		if len(stored) == 0 {
			return asked, asked
		}
		first, second = map[string]any{}, map[string]any{}
		for k, v := range stored {
			first[k], second[k] = v, v
		}
		for k, v := range asked {
			if had, ok := stored[k]; ok {
				differ = differ || !reflect.DeepEqual(had, v)
			} else {
				second[k] = v
			}
			first[k] = v
		}
		return first, second
	}
	s1, s2 := merge(object(shared, q.SubjectProperties), object(nil, []byte(storedSubject)))
	r1, r2 := merge(object(shared, q.ResourceProperties), object(nil, []byte(storedResource)))
	act, ctx := object(shared, q.ActionProperties), object(shared, q.Context)
	view := func(s, r map[string]any) map[string]any {
		return map[string]any{
			"subject":  map[string]any{"type": q.Subject.Type, "id": q.Subject.ID, "properties": s},
			"resource": map[string]any{"type": q.Resource.Type, "id": q.Resource.ID, "properties": r},
			"action":   map[string]any{"name": q.Action, "properties": act},
			"context":  ctx,
			"now":      now,
		}
	}
	a.views = append(a.views, view(s1, r1))
	if differ {
		a.views = append(a.views, view(s2, r2))
	}
	return a
}

// checkProperties reports whether s is a JSON object that a condition can read.
func checkProperties(s string) error {
	if s == "" {
		return nil
	}
	if err := checkText(s); err != nil {
		return err
	}
	var p parser
	p.reset([]byte(s))
	if err := p.document(nil); err != nil {
		return fmt.Errorf("read properties: %w", err)
	}
	if s[0] != '{' {
		return errors.New("read properties: they are not an object")
	}
	return nil
}
