package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/htmlindex"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"plimsoll": main,
	})
}

// TestScript runs every command as a user would, with its exit codes. The command
// "exits N prog args…" tells 1 from 2 from 3, which "!" cannot.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			if dir, err := filepath.Abs("../../../shared"); err == nil {
				if _, err := os.Stat(dir); err == nil {
					e.Setenv("SHARED", dir)
				}
			}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "shared" {
				_, err := os.Stat("../../../shared")
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "workbook": workbook,
			"public": public, "second": second, "encode": encode, "sql": query, "counts": counts},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("run %s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%v exited with %d, want %d", args[1:], got, want)
	}
}

// encode writes a text in another encoding: "encode ENCODING FILE TEXT".
func encode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: encode ENCODING FILE TEXT")
	}
	enc, err := htmlindex.Get(args[0])
	ts.Check(err)
	text := ts.ReadFile(args[2])
	if strings.HasPrefix(args[0], "utf-16") {
		text = "\ufeff" + text
	}
	out, err := enc.NewEncoder().String(text)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out), 0o600))
}

// workbook writes an XLSX file from a text: "workbook FILE.xlsx TEXT". A line "sheet NAME" begins a sheet, "merge
// A2:A3" merges cells, "date1904" counts days from 1904; every other line is a row of cells between strokes. A cell
// that is a number or a day (2031-02-03) is stored as one, as spreadsheets do.
func workbook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: workbook FILE.xlsx TEXT")
	}
	f := excelize.NewFile()
	defer f.Close()
	sheet, row, system1904 := "Sheet1", 0, false
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		line = strings.TrimRight(line, "\r\n")
		if name, ok := strings.CutPrefix(line, "sheet "); ok {
			if row == 0 && sheet == "Sheet1" {
				ts.Check(f.SetSheetName(sheet, name))
			} else {
				_, err := f.NewSheet(name)
				ts.Check(err)
			}
			sheet, row = name, 0
			continue
		}
		if area, ok := strings.CutPrefix(line, "merge "); ok {
			from, to, _ := strings.Cut(area, ":")
			ts.Check(f.MergeCell(sheet, from, to))
			continue
		}
		if line == "date1904" {
			system1904 = true
			ts.Check(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &system1904}))
			continue
		}
		row++
		for i, cell := range strings.Split(line, "|") {
			at, err := excelize.CoordinatesToCellName(i+1, row)
			ts.Check(err)
			cell = strings.TrimSpace(cell)
			var value any = cell
			if n, err := strconv.ParseFloat(cell, 64); err == nil {
				value = n
			} else if day, err := time.Parse(time.DateOnly, cell); err == nil {
				value = day
				ts.Check(f.SetCellStyle(sheet, at, at, style))
			}
			if cell != "" {
				ts.Check(f.SetCellValue(sheet, at, value))
			}
		}
	}
	ts.Check(f.SaveAs(ts.MkAbs(args[0])))
}
