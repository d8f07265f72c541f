package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"plimsoll/internal/record/table"
)

func templateCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "template DIR",
		Short: "Write empty register tables with one example row each, and a workbook that explains every column",
		Long: "Write empty register tables (CSV) with one example row each, and register.xlsx, which holds the same " +
			"tables and a sheet that\n" +
			"explains every column and its words. No file that is there is overwritten.",
		Example: "  plimsoll template records\n  plimsoll review --out review records",
		Args:    exactly(1),
		RunE:    func(_ *cobra.Command, args []string) error { return writeTemplates(s, args[0]) },
	}
}

func writeTemplates(s streams, dir string) error {
	book, err := table.TemplateBook()
	if err != nil {
		return err
	}
	files := []struct {
		name string
		data []byte
	}{{"register.xlsx", book}}
	for _, t := range table.Tables() {
		files = append(files, struct {
			name string
			data []byte
		}{t + ".csv", table.Template(t)})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write templates: %w", err)
	}
	for _, f := range files {
		if path := filepath.Join(dir, f.name); exists(path) {
			return fmt.Errorf("write templates: %s is there already; give another folder", path)
		}
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			if errors.Is(err, os.ErrExist) {
				return fmt.Errorf("write templates: %s is there already; give another folder", path)
			}
			return fmt.Errorf("write templates: %w", err)
		}
		_, err = out.Write(f.data)
		if err := errors.Join(err, out.Close()); err != nil {
			return fmt.Errorf("write templates: %s: %w", path, err)
		}
	}
	fmt.Fprintf(s.err, "wrote %d tables and register.xlsx to %s; fill in either form and take out the example rows\n",
		len(files)-1, dir)
	return nil
}
