// Package telemetry counts and times what the program does, for those who run it: figures in the text form of
// Prometheus and spans of OpenTelemetry.
//
// Invariants: nothing is sent and no port is opened unless whoever starts the program configures it; labels and
// attributes are kinds, stages, routes and numbers, never a name of a party, a case, a file or a person.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/time/rate"

	"plimsoll/internal/disk"
)

// sayEvery is how often it is said again that spans cannot be sent.
const sayEvery = time.Minute

// flushWait is how long the end of a program waits for spans to be taken.
const flushWait = 5 * time.Second

// A Telemetry holds the figures of one run of the program.
type Telemetry struct {
	registry *prometheus.Registry
	stages   *prometheus.GaugeVec
	requests *prometheus.HistogramVec
	running  prometheus.Gauge
	tracer   trace.Tracer
	flush    func(context.Context) error
}

// New is the telemetry of a command of a version. Spans are sent where the environment names a collector, by the
// variables of the OpenTelemetry specification: OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (OTLP
// over HTTP), unless OTEL_SDK_DISABLED is true or OTEL_TRACES_EXPORTER is none. Everything else of the exporter
// (headers, certificates, sampling, time limits) is read from the environment in the same way. Spans that cannot be
// sent are lost and keep nothing else from going on; say is told so, at most once a minute.
func New(ctx context.Context, command, version string, say func(error)) (*Telemetry, error) {
	t := &Telemetry{registry: prometheus.NewRegistry(), tracer: noop.NewTracerProvider().Tracer("")}
	t.stages = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "plimsoll_stage_seconds",
		Help: "Seconds that a stage took when it last ran."}, []string{"stage"})
	t.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "plimsoll_http_request_duration_seconds",
		Help:    "Seconds until a request was answered, by route, method and status.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}},
		[]string{"route", "method", "status"})
	t.running = prometheus.NewGauge(prometheus.GaugeOpts{Name: "plimsoll_http_requests_running",
		Help: "Requests that are being answered."})
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "plimsoll_build_info",
		Help:        "Always 1; its labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "command": command}})
	build.Set(1)
	t.registry.MustRegister(t.stages, build)
	if err := t.export(ctx, command, version, say); err != nil {
		return nil, err
	}
	return t, nil
}

// export begins to send spans, where that is configured.
func (t *Telemetry) export(ctx context.Context, command, version string, say func(error)) error {
	named := os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") + os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if named == "" || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") ||
		os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil
	}
	protocol := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	if protocol != "" && protocol != "http/protobuf" {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; spans are sent by http/protobuf only", protocol)
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	what, err := resource.New(ctx, resource.WithFromEnv(), resource.WithAttributes(
		attribute.String("service.version", version), attribute.String("plimsoll.command", command)))
	if err != nil {
		return fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if os.Getenv("OTEL_SERVICE_NAME") == "" {
		name := resource.NewSchemaless(attribute.String("service.name", "plimsoll"))
		if what, err = resource.Merge(name, what); err != nil {
			return fmt.Errorf("name the service: %w", err)
		}
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(what))
	seldom := rate.Sometimes{First: 1, Interval: sayEvery}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		seldom.Do(func() { say(fmt.Errorf("send spans: %w", err)) })
	}))
	t.tracer, t.flush = provider.Tracer("plimsoll"), provider.Shutdown
	return nil
}

// Sends reports whether spans are sent.
func (t *Telemetry) Sends() bool { return t.flush != nil }

// Close sends what is not sent yet.
func (t *Telemetry) Close() {
	if t.flush == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWait)
	defer cancel()
	if err := t.flush(ctx); err != nil {
		otel.Handle(err)
	}
}

// Stage begins a stage of a run. The function that it returns ends it.
func (t *Telemetry) Stage(ctx context.Context, name string) (context.Context, func(error)) {
	began := time.Now()
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) {
		t.stages.WithLabelValues(name).Set(time.Since(began).Seconds())
		if err != nil {
			span.SetStatus(codes.Error, "failed") // the words of an error may name a file or a party
		}
		span.End()
	}
}

// Gauge adds a figure that is asked for when the figures are read.
func (t *Telemetry) Gauge(name, help string, value func() float64) {
	t.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Add adds to a figure with labels, see [Telemetry.Set].
func (t *Telemetry) Add(name, help string, value float64, labels ...string) error {
	g, err := t.figure(name, help, labels)
	if err == nil {
		g.Add(value)
	}
	return err
}

// Set sets a figure with labels, by the names of the labels and their values in turn.
func (t *Telemetry) Set(name, help string, value float64, labels ...string) error {
	g, err := t.figure(name, help, labels)
	if err == nil {
		g.Set(value)
	}
	return err
}

// figure is the figure of a name and labels, made where it is not there.
func (t *Telemetry) figure(name, help string, labels []string) (prometheus.Gauge, error) {
	if len(labels)%2 != 0 {
		return nil, fmt.Errorf("figure %s: a label without a value", name)
	}
	var names, values []string
	for i := 0; i < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, names)
	if err := t.registry.Register(g); err != nil {
		var there prometheus.AlreadyRegisteredError
		if !errors.As(err, &there) {
			return nil, fmt.Errorf("figure %s: %w", name, err)
		}
		g = there.ExistingCollector.(*prometheus.GaugeVec)
	}
	return g.WithLabelValues(values...), nil
}

// WriteFile writes the figures to a file in the form that a node exporter collects. The file is there whole or not at
// all.
func (t *Telemetry) WriteFile(path string) error {
	figures, err := t.registry.Gather()
	if err != nil {
		return fmt.Errorf("gather figures: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".plimsoll-*.prom")
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	defer os.Remove(f.Name())
	for _, x := range figures {
		if _, err := expfmt.MetricFamilyToText(f, x); err != nil {
			f.Close()
			return fmt.Errorf("write figures to %s: %w", path, err)
		}
	}
	if err := errors.Join(f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write figures to %s: %w", path, err)
	}
	if err := disk.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

// Figures answers with the figures, for a port of their own, and adds those of the process.
func (t *Telemetry) Figures() http.Handler {
	t.registry.MustRegister(t.requests, t.running, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	return mux
}

// Handler counts, times and traces the requests that h answers. The route is the pattern that h matched the request
// with, so that no path of a case stands in it.
func (t *Telemetry) Handler(h http.Handler) http.Handler {
	carrier := propagation.TraceContext{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx := carrier.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		r = r.WithContext(ctx)
		s := &status{ResponseWriter: w, code: http.StatusOK}
		t.running.Inc()
		defer func() {
			t.running.Dec()
			route, method := route(r.Pattern), method(r.Method)
			t.requests.WithLabelValues(route, method, strconv.Itoa(s.code)).Observe(time.Since(began).Seconds())
			span.SetName(method + " " + route)
			span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route),
				attribute.Int("http.response.status_code", s.code))
			if s.code >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}()
		h.ServeHTTP(s, r)
	})
}

// route is the pattern of a route without its method and host.
func route(pattern string) string {
	if i := strings.Index(pattern, "/"); i >= 0 {
		return pattern[i:]
	}
	return "none"
}

// method is a method of HTTP; anything else is "other", since callers may send what they like.
func method(s string) string {
	switch s {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return s
	}
	return "other"
}

// A status is a response whose status is kept.
type status struct {
	http.ResponseWriter
	code int
	set  bool
}

func (s *status) WriteHeader(code int) {
	if !s.set && code >= http.StatusOK {
		s.code, s.set = code, true
	}
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(b []byte) (int, error) {
	s.set = true
	return s.ResponseWriter.Write(b)
}

// Unwrap is the response itself, for [http.ResponseController].
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
