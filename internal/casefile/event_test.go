package casefile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// TestEventKinds: each kind of event that is stored stands once in the list of leaves, and no kind is forgotten.
func TestEventKinds(t *testing.T) {
	shown := []EventKind{EventFindingNew, EventFindingChanged, EventFindingGone, EventListed}
	var listed []EventKind
	for _, kinds := range leaves {
		for _, k := range kinds {
			if slices.Contains(listed, k) {
				t.Errorf("%q stands twice in the list", k)
			}
			listed = append(listed, k)
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if typ, ok := v.Type.(*ast.Ident); !ok || typ.Name != "EventKind" {
			return true
		}
		word, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if k := EventKind(word); slices.Contains(listed, k) == slices.Contains(shown, k) {
			t.Errorf("%q is to stand in one of the lists: what is stored, or what is only shown", k)
		}
		return true
	})
	if n != len(listed)+len(shown) {
		t.Errorf("%d kinds are declared, %d are in lists", n, len(listed)+len(shown))
	}
}

// TestFiled: an event gets the leaf of its kind whatever its sentence and subject are; a kind that nobody knows is
// refused.
func TestFiled(t *testing.T) {
	for _, tt := range []struct {
		event Event
		want  Leaf
	}{
		{Event{Kind: EventClaim, Text: "Somebody said something", Subject: "C-0001-D3"}, LeafClaim},
		{Event{Kind: EventDecided, Text: "claim added", Subject: "C-0001"}, LeafDecision},
		{Event{Kind: EventComment, Text: "decision made", Subject: "C-0001-D3"}, LeafCase},
		{Event{Kind: EventPersonAdded, Text: "pack own-D1 in use", Subject: "own-D1"}, LeafCase},
		{Event{Kind: EventPackInUse, Subject: "own-D1"}, LeafPack},
		{Event{Kind: EventComment, Leaf: LeafClaim}, LeafClaim},
	} {
		t.Run(string(tt.event.Kind), func(t *testing.T) {
			if got, err := tt.event.Filed(); err != nil || got.Leaf != tt.want {
				t.Errorf("filed under %q, %v; want %q", got.Leaf, err, tt.want)
			}
		})
	}
	if _, err := (Event{Kind: "claims added"}).Filed(); err == nil {
		t.Error("an event of a kind that is in no list was filed")
	}
}

// TestDuties: the words and tasks of clocks, also of those with a number and of stages.
func TestDuties(t *testing.T) {
	for _, tt := range []struct {
		kind  ClockKind
		words string
		task  string
		may   Move
	}{
		{ClockCheck.numbered(30), "the check after 30 days", "check", MoveVerify},
		{ClockCondition.numbered(2), "condition 2", "condition", MoveVerify},
		{ClockRemedyStep.numbered(1), "step 1 of a remedy", "remedy", MoveStep},
		{ClockRuling, "the ruling on an appeal", "appeal", MoveRule},
		{ClockLetter, "the party's answer", taskClock, MoveReply},
		{ClockInterim, "the end of the interim measure", "", ""},
		{ClockKind(StageTest), "the stage test", taskClock, MoveAssign},
		{ClockKind(StageTriage), "the stage triage", "", ""},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			if d := tt.kind.duty(); d.words != tt.words || d.task != tt.task || d.may != tt.may {
				t.Errorf("%+v, want %q, %q, %q", d, tt.words, tt.task, tt.may)
			}
		})
	}
}
