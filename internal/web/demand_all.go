package web

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"plimsoll/internal/docket"
	"plimsoll/internal/obligation"
	"plimsoll/internal/record/table"
)

// demandsExport sends what we did about every demand: a folder for each with its page and its receipts, and a table of
// all. It is written as it is sent, one demand in memory at a time; a ZIP without its end was cut off.
func (s *Server) demandsExport(v *visit) error {
	_, list, err := s.demandsToday(v.ctx(), obligation.Status(v.r.URL.Query().Get("status")))
	if err != nil {
		return err
	}
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Time{}) // it lasts as long as there are demands
	v.w.Header().Set("Content-Type", "application/zip")
	v.w.Header().Set("Content-Disposition", `attachment; filename="what-we-did-about-all.zip"`)
	if err := s.demandFolders(v.ctx(), zip.NewWriter(v.w), list); err != nil {
		s.cfg.Log.Error("export of demands ended early", "error", err)
		panic(http.ErrAbortHandler) // the reader sees that it is not whole
	}
	return nil
}

// notInName are the characters of an id that no name of a folder holds.
var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// demandFolders writes the folders of demands.
func (s *Server) demandFolders(ctx context.Context, z *zip.Writer, list []docket.Demand) error {
	taken := map[string]bool{}
	names := make([]string, len(list))
	for i, d := range list {
		base := notInName.ReplaceAllString(d.Line.Demand, "_")
		base = base[:min(len(base), 80)]
		name := base
		for n := 2; taken[name] || name == "" || name == "." || name == ".."; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		taken[name], names[i] = true, name
	}
	out, err := z.CreateHeader(&zip.FileHeader{Name: "demands.csv", Method: zip.Deflate, Modified: s.cfg.Now().UTC()})
	if err != nil {
		return err
	}
	rows := csv.NewWriter(out)
	for i, d := range list {
		if i == 0 {
			if err := rows.Write([]string{"folder", "demand_id", "status", "due", "addressee", "text", "instrument",
				"answers"}); err != nil {
				return err
			}
		}
		row := []string{names[i], d.Line.Demand, string(d.Status), d.Due, d.Addressee, d.Text, d.Instrument,
			fmt.Sprint(len(d.Given))}
		for k := range row {
			row[k] = table.Inert(row[k])
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	if rows.Flush(); rows.Error() != nil {
		return rows.Error()
	}
	for i, d := range list {
		if err := s.demandFolder(ctx, z, names[i]+"/", d); err != nil {
			return fmt.Errorf("export demand %s: %w", d.Line.Demand, err)
		}
	}
	return z.Close()
}
