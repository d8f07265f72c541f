package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"plimsoll/internal/review"
	"plimsoll/internal/telemetry"
)

// sayOn says on standard error that spans could not be sent.
func sayOn(s streams) func(error) {
	return func(err error) { fmt.Fprintln(s.err, err) }
}

// reviewFigures writes what a review read and found to a file of figures.
func reviewFigures(t *telemetry.Telemetry, sum *review.Summary, path string) error {
	var errs []error
	set := func(name, help string, value int, labels ...string) {
		errs = append(errs, t.Set(name, help, float64(value), labels...))
	}
	for _, in := range sum.Inputs {
		errs = append(errs, t.Add("plimsoll_review_rows", "Rows read, by kind of file.", float64(in.Rows), "kind",
			in.Kind))
		errs = append(errs, t.Add("plimsoll_review_rejects", "Rows that were not used, by kind of file.",
			float64(in.Rejects), "kind", in.Kind))
	}
	for flag, n := range sum.Flags {
		const help = "Subjects by flag and answer."
		set("plimsoll_review_answers", help, n.Raised, "flag", flag, "answer", "raised")
		set("plimsoll_review_answers", help, n.NotRaised, "flag", flag, "answer", "not_raised")
		set("plimsoll_review_answers", help, n.NotComputable, "flag", flag, "answer", "not_computable")
		set("plimsoll_review_answers", help, n.Exempt, "flag", flag, "answer", "exempt")
	}
	if u := sum.Engine; u != nil {
		const help = "Rows sent to an engine in which bills stay, brought from it, and groups that stayed there."
		set("plimsoll_review_engine_rows", help, int(u.RowsSent), "way", "sent")
		set("plimsoll_review_engine_rows", help, int(u.RowsBrought), "way", "brought")
		set("plimsoll_review_engine_rows", help, int(u.Groups), "way", "stayed")
	}
	for severity, n := range sum.Counts.BySeverity {
		set("plimsoll_review_raised", "Flags raised, by severity.", n, "severity", severity)
	}
	return errors.Join(append(errs, t.WriteFile(path))...)
}

// watched is a handler whose requests are measured, where that is configured: by figures at an address of their own, or
// by spans as the environment has it. collect answers those who collect the figures; it is nil without an address.
func watched(ctx context.Context, s streams, command, listen string, plain bool, h http.Handler) (
	t *telemetry.Telemetry,
	handler http.Handler, collect func(context.Context) error, err error) {
	if t, err = telemetry.New(ctx, command, Version, sayOn(s)); err != nil {
		return nil, nil, nil, usagef("%v", err)
	}
	if listen != "" || t.Sends() {
		h = t.Handler(h)
	}
	if listen == "" {
		return t, h, nil, nil
	}
	if !plain && !loopback(listen) {
		return nil, nil, nil,
			usagef("--metrics %s is not loopback: figures are plain HTTP, so --plain is needed beyond it", listen)
	}
	in, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("listen for figures: %w", err)
	}
	fmt.Fprintf(s.err, "Figures are at http://%s/metrics\n", in.Addr())
	srv := &http.Server{Handler: t.Figures(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	return t, h, func(ctx context.Context) error { return answerUntil(ctx, srv, in, "", "") }, nil
}
