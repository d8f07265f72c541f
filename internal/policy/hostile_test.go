package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHostile: what no author means to write fails at once, with file, line and reason.
func TestHostile(t *testing.T) {
	head := "pack: x\nversion: \"1\"\ndate: 2032-01-01\nlicence: CC0-1.0\n"
	for _, tt := range []struct{ name, text, want string }{
		{"laughing lists", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "bad.yaml:1: anchors and aliases"},
		{"another alphabet", head + "title: \xdcberwachung\n", "bad.yaml:5: the file is not in UTF-8"},
		{"a byte that ends nothing", head + "# \xff\n", "bad.yaml:5: the file is not in UTF-8"},
		{"nul", head + "title: \"a\\0b\"\n", "bad.yaml:5: text holds a control character"},
		{"a turned text", head + "title: \"a\\u202Eb\"\n", "bad.yaml:5: text holds a control character"},
		{"a day that is none", strings.Replace(head, "2032-01-01", "2032-13-45", 1),
			`bad.yaml:3: date "2032-13-45" is no day`},
		{"brackets without end", head + "rules: " + strings.Repeat("[", 20_000), "bad.yaml:5: "},
		{"deep", head + "rules: " + strings.Repeat("{a: ", 500) + "1" + strings.Repeat("}", 500),
			"bad.yaml:5: values are nested deeper than 24"},
		{"a long text", head + "title: " + strings.Repeat("x", 500_000) + "\n",
			"bad.yaml:5: text is longer than 4000 bytes"},
		{"ten thousand rules", head + "rules:\n" + strings.Repeat("  - {flag: RF-1}\n", 10_000),
			"bad.yaml:6: list has more than 2000 items"},
		{"two documents", head + "---\n" + head, "bad.yaml:5: a pack file holds one YAML document"},
		{"a class of another language", head + "title: !!python/object:os.system x\n",
			"bad.yaml:5: tag !!python/object:os.system"},
		{"merged keys", head + "<<: {title: y}\n", "bad.yaml:5: tag !!merge"},
		{"a number for rules", head + "rules: 7\n", "bad.yaml:5: expected keys with values"},
		{"a list for a flag", head + "rules:\n  - {flag: [1]}\n", "bad.yaml:6: expected text"},
		{"an endless number", head + "parameters: {a: {value: .inf, doc: d}}\n",
			"bad.yaml:5: parameter a must be a number"},
		{"a key twice", head + head, `bad.yaml:5: key "pack" is given twice`},
		{"nothing but a comment", "# nothing\n", "bad.yaml:1: file is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			p, err := Parse("bad.yaml", []byte(tt.text))
			if err == nil || p != nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.HasPrefix(err.Error(),
				"load policy: "+tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestHostilePaths: what is no file of a pack is refused by its name, and never waited for.
func TestHostilePaths(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("round.yaml"), overlay("round", "trip.yaml", ""))
	write(t, at("trip.yaml"), overlay("trip", "round.yaml", ""))
	write(t, at("big.yaml"), strings.Repeat("#", maxFile+1))
	if err := os.Mkdir(at("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.DevNull, at("device.yaml")); err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct{ path, want string }{
		{"round.yaml", "round.yaml:5: pack round extends itself"},
		{"big.yaml", "big.yaml:1: file is larger"},
		{"empty", "empty:1: folder holds no .yaml file"},
		{"device.yaml", "device.yaml:1: it is no file"},
		{"nowhere.yaml", "nowhere.yaml:1: "},
	} {
		t.Run(tt.path, func(t *testing.T) {
			if _, err := Load(at(tt.path)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
