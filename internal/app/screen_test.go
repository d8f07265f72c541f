package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// screenRun runs the command and returns what it prints.
func screenRun(t testing.TB, in string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, msg bytes.Buffer
	if code := Main(context.Background(), append([]string{"screen", "--as-of", "2031-06-01"}, args...),
		strings.NewReader(in), &out, &msg); code != 0 {
		t.Fatalf("screen %v: exit %d: %s", args, code, msg.String())
	}
	return out.String(), msg.String()
}

var (
	firstWords = strings.Fields("Lantern Quillmark Norvex Brightwater Tolmar Ostrava Kestrel Vantablue Meridian " +
		"Aurelis Hollin Drosten")
	secondWords = strings.Fields("Optics Trading Shipping Bank Technologies Steel Systems Holding")
)

// A listLine is an entry of an invented list.
type listLine struct{ id, name, aliases, country, status, effect string }

func inventLine(r *rand.Rand, id int) listLine {
	name := func() string {
		return firstWords[r.IntN(len(firstWords))] + " " + firstWords[r.IntN(len(firstWords))] + " " +
			secondWords[r.IntN(len(secondWords))]
	}
	return listLine{fmt.Sprintf("CA-REG:%d", 4000+id), name(), name(), "Calder", "listed", "named as supplier"}
}

func writeList(t testing.TB, path string, lines []listLine) {
	t.Helper()
	var b strings.Builder
	b.WriteString("name,aliases,country,identifiers,publisher,report,url,published,status,effect\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "%s,%s,%s,%s,Commission for Rights (example),Report on surveillance,,2031-01-15,%s,%s\n",
			l.name, l.aliases, l.country, l.id, l.status, l.effect)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// asking returns a CSV of names: listed ones, misspelt ones, others, and rows without any.
func asking(r *rand.Rand, lines []listLine, n int) string {
	var b strings.Builder
	b.WriteString("name,kind,country,id\n")
	for i := range n {
		l := lines[r.IntN(len(lines))]
		switch i % 5 {
		case 0:
			fmt.Fprintf(&b, "%s,company,,\n", l.name)
		case 1:
			fmt.Fprintf(&b, "%sx Ltd,,Vessia,\n", l.aliases)
		case 2:
			fmt.Fprintf(&b, "Somebody Else %d,,,%s\n", i, l.id)
		case 3:
			b.WriteString("Ordinary Bakery " + fmt.Sprint(i) + ",,,\n")
		default:
			b.WriteString(",,,\n")
		}
	}
	return b.String()
}

func TestScreenSinceEqualsAFullRun(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 5))
		dir := t.TempDir()
		list, kept := filepath.Join(dir, "list.csv"), filepath.Join(dir, "kept")
		var lines []listLine
		for i := range 200 {
			lines = append(lines, inventLine(r, i))
		}
		names := asking(r, lines, 150)
		for round := range 5 {
			if round > 0 { // the list changes
				lines = slices.DeleteFunc(lines, func(listLine) bool { return r.IntN(60) == 0 })
				for range 3 {
					l := &lines[r.IntN(len(lines))]
					switch r.IntN(4) {
					case 0:
						l.effect = "removed from tenders"
					case 1:
						l.status = "removed"
					case 2:
						l.aliases = "Norvex Kestrel Bank"
					default:
						l.country = "Vessia"
					}
				}
				lines = append(lines, inventLine(r, 1000*round+int(seed)))
				r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			}
			if round == 3 { // and the names
				names = asking(r, lines, 100) + names[strings.IndexByte(names, '\n')+1:]
			}
			writeList(t, list, lines)
			want, _ := screenRun(t, names, "--list", list, "--in", "-")
			got, said := screenRun(t, names, "--list", list, "--in", "-", "--since", kept)
			if got != want {
				t.Fatalf("seed %d, round %d: the lines are not those of a full run", seed, round)
			}
			var searched, all int
			fmt.Sscanf(said[strings.Index(said, "Screened"):], "Screened %d of %d", &searched, &all)
			if round > 0 && round != 3 && searched > all/2 {
				t.Errorf("seed %d, round %d: %d of %d names were searched", seed, round, searched, all)
			}
			if again, said := screenRun(t, names, "--list", list, "--in", "-", "--since", kept); again != want ||
				!strings.Contains(said, "Screened 0 of") {
				t.Errorf("nothing changed, and yet: %s", said)
			}
		}
	}
}

func TestScreenSinceWithOtherSettingsScreensAll(t *testing.T) {
	dir := t.TempDir()
	list, kept := filepath.Join(dir, "list.csv"), filepath.Join(dir, "kept")
	r := rand.New(rand.NewPCG(1, 1))
	var lines []listLine
	for i := range 50 {
		lines = append(lines, inventLine(r, i))
	}
	writeList(t, list, lines)
	names := asking(r, lines, 40)
	screenRun(t, names, "--list", list, "--in", "-", "--since", kept)
	want, _ := screenRun(t, names, "--list", list, "--in", "-", "--limit", "1")
	if got, _ := screenRun(t, names, "--list", list, "--in", "-", "--limit", "1", "--since", kept); got != want {
		t.Error("the lines of the other limit were taken")
	}
	var out bytes.Buffer
	if code := Main(context.Background(), []string{"screen", "--list", list, "--since", kept, "--threshold", "0.5",
		"x"}, nil, &out, &out); code != 2 {
		t.Errorf("a threshold of 0.5: exit %d, %s", code, out.String())
	}
}

// damage returns copies of a file that were cut short, changed in a byte, or made longer.
func damage(r *rand.Rand, b []byte) [][]byte {
	out := [][]byte{nil, []byte("{}\n"), b[:1], append(slices.Clone(b), "more\n"...)}
	for range 12 {
		out = append(out, b[:r.IntN(len(b))])
		c := slices.Clone(b)
		c[r.IntN(len(c))] ^= 1 << r.IntN(8)
		out = append(out, c)
	}
	return out
}

func TestScreenDamagedFilesAreMadeAnew(t *testing.T) {
	dir := t.TempDir()
	list, kept, index := filepath.Join(dir, "list.csv"), filepath.Join(dir, "kept"), filepath.Join(dir, "index")
	r := rand.New(rand.NewPCG(2, 3))
	var lines []listLine
	for i := range 60 {
		lines = append(lines, inventLine(r, i))
	}
	writeList(t, list, lines)
	names := asking(r, lines, 30)
	args := []string{"--list", list, "--in", "-", "--index", index, "--since", kept}
	want, _ := screenRun(t, names, args...)
	for _, path := range []string{kept, index} {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, bad := range damage(r, good) {
			if path == kept && bytes.HasPrefix(bad, good) {
				continue // what follows the last line is not read
			}
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			if path == index {
				os.Remove(kept) // so that the index is needed
			}
			if got, _ := screenRun(t, names, args...); got != want {
				t.Fatalf("%s, damage %d: other lines", filepath.Base(path), i)
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, good) && !bytes.HasPrefix(now, good) {
				t.Fatalf("%s, damage %d: the file was not made anew", filepath.Base(path), i)
			}
		}
	}
	// The index of other lists is not used.
	lines = lines[:20]
	writeList(t, list, lines)
	want, _ = screenRun(t, names, "--list", list, "--in", "-")
	if got, _ := screenRun(t, names, args...); got != want {
		t.Error("the lines of the other lists")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

type failing struct{ after int }

func (f *failing) Write(b []byte) (int, error) {
	if f.after -= len(b); f.after < 0 {
		return 0, errors.New("the disk is full")
	}
	return len(b), nil
}

func TestScreenStoppedHalfWayKeepsNothing(t *testing.T) {
	dir := t.TempDir()
	list, kept := filepath.Join(dir, "list.csv"), filepath.Join(dir, "kept")
	r := rand.New(rand.NewPCG(2, 9))
	var lines []listLine
	for i := range 60 {
		lines = append(lines, inventLine(r, i))
	}
	writeList(t, list, lines)
	names := asking(r, lines, 3000)
	if code := Main(context.Background(), []string{"screen", "--list", list, "--in", "-", "--since", kept},
		strings.NewReader(names), &failing{100_000}, io.Discard); code != 1 {
		t.Errorf("exit %d", code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if code := Main(ctx, []string{"screen", "--list", list, "--in", "-", "--since", kept}, strings.NewReader(names),
		io.Discard, io.Discard); code == 0 {
		t.Error("a cancelled run is called done")
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("left behind: %v", all)
	}
	var msg bytes.Buffer
	for _, flag := range []string{"--index", "--since"} {
		if code := Main(context.Background(), []string{"screen", "--list", list, flag, filepath.Join(dir, "no",
			"where"), "x"}, nil, io.Discard, &msg); code != 1 || !strings.Contains(msg.String(), "no such file") {
			t.Errorf("%s in a folder that is not there: exit %d, %s", flag, code, msg.String())
		}
	}
}

// TestScreenKilled starts itself, kills the child while it screens, and looks at what is left.
func TestScreenKilled(t *testing.T) {
	if os.Getenv("PLIMSOLL_TEST_SCREEN") != "" {
		os.Exit(Main(context.Background(), strings.Fields(os.Getenv("PLIMSOLL_TEST_SCREEN")), os.Stdin, os.Stdout,
			os.Stderr))
	}
	dir := t.TempDir()
	list, kept, index := filepath.Join(dir, "list.csv"), filepath.Join(dir, "kept"), filepath.Join(dir, "index")
	r := rand.New(rand.NewPCG(2, 9))
	var lines []listLine
	for i := range 60 {
		lines = append(lines, inventLine(r, i))
	}
	writeList(t, list, lines)
	names := asking(r, lines, 200)
	args := []string{"--list", list, "--in", "-", "--since", kept, "--index", index}
	want, _ := screenRun(t, names, args...)
	before, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestScreenKilled$")
	cmd.Env = append(os.Environ(), "PLIMSOLL_TEST_SCREEN=screen --as-of 2031-06-01 "+strings.Join(args, " "))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, names) // and no end: it waits for more
	for range 500 {
		if left, _ := filepath.Glob(filepath.Join(dir, ".screening-*")); len(left) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	after, err := os.ReadFile(kept)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the kept screening changed: %v", err)
	}
	if got, said := screenRun(t, names, args...); got != want || !strings.Contains(said, "Screened 0 of") {
		t.Errorf("after the kill: %s", said)
	}
}

func FuzzReadEarlier(f *testing.F) {
	f.Add([]byte("{\"plimsoll\":\"screening\",\"version\":1,\"settings\":\"x\",\"entries\":1}\n0000000000000001 " +
		"0000000000000002\n0000000000000003 {\"name\":\"a\",\"hits\":[]}\nend 1 00000000\n"))
	f.Add([]byte("end 0 00000000\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "kept")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		e, _, err := readEarlier(path, "x")
		if e != nil {
			e.file.Close()
		}
		if err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
	})
}
