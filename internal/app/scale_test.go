package app

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// fences are the blocks of a document, by their language.
var fences = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// parses reports what is wrong with the words of a command line, nil when it would run.
func parses(words []string) error {
	c, rest, err := root(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}).Find(words)
	if err != nil {
		return err
	}
	if c.Parent() == nil {
		return fmt.Errorf("no command in %q", words)
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if c.Args != nil {
		return c.Args(c, c.Flags().Args())
	}
	return nil
}

// TestScaleDocument: the examples of docs/scale.md are YAML that parses, and commands that exist, with flags that
// exist.
func TestScaleDocument(t *testing.T) {
	b, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	check := func(words []string) {
		commands++
		if err := parses(words); err != nil {
			t.Errorf("plimsoll %s: %v", strings.Join(words, " "), err)
		}
	}
	kinds := map[string]int{}
	for _, m := range fences.FindAllStringSubmatch(string(b), -1) {
		kinds[m[1]]++
		switch m[1] {
		case "yaml":
			d := yaml.NewDecoder(strings.NewReader(m[2]))
			for {
				var doc map[string]any
				if err := d.Decode(&doc); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("YAML: %v\n%s", err, m[2])
				}
				if doc["apiVersion"] == nil || doc["kind"] == nil || doc["metadata"] == nil {
					t.Errorf("no object of Kubernetes: %v", doc)
				}
				containers(doc, func(words []string) {
					if len(words) == 0 || words[0] != "plimsoll" {
						t.Errorf("a container runs %q", words)
						return
					}
					check(words[1:])
				})
			}
		case "sh", "cron":
			for line := range strings.Lines(strings.ReplaceAll(m[2], "\\\n", " ")) {
				for part := range strings.SplitSeq(line, "&&") {
					if _, after, ok := strings.Cut(part, "plimsoll "); ok && !strings.HasPrefix(strings.TrimSpace(line),
						"#") {
						after, _, _ = strings.Cut(after, " > ")
						after, _, _ = strings.Cut(after, " 2>")
						check(words(after))
					}
				}
			}
		}
	}
	if kinds["yaml"] == 0 || kinds["cron"] == 0 || commands < 5 {
		t.Errorf("blocks %v, %d commands", kinds, commands)
	}
}

// containers calls do with the command and arguments of each container in an object.
func containers(x any, do func([]string)) {
	switch x := x.(type) {
	case map[string]any:
		if list, ok := x["containers"].([]any); ok {
			for _, c := range list {
				var words []string
				for _, key := range []string{"command", "args"} {
					part, _ := c.(map[string]any)[key].([]any)
					for _, w := range part {
						words = append(words, fmt.Sprint(w))
					}
				}
				do(words)
			}
		}
		for _, v := range x {
			containers(v, do)
		}
	case []any:
		for _, v := range x {
			containers(v, do)
		}
	}
}

// words splits a line of a shell without variables, at blanks that stand in no quotes.
func words(line string) (out []string) {
	word, in := "", rune(0)
	has := false
	for _, r := range strings.TrimSpace(line) + " " {
		switch {
		case in != 0 && r == in:
			in = 0
		case in == 0 && (r == '\'' || r == '"'):
			in, has = r, true
		case in == 0 && (r == ' ' || r == '\t'):
			if word != "" || has {
				out = append(out, word)
			}
			word, has = "", false
		default:
			word += string(r)
		}
	}
	return out
}
