package ocds

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// generate writes a package of n processes with two releases each, indented as publishers do.
func generate(n int) string {
	var b strings.Builder
	b.WriteString(`{"uri":"https://contracts.example/all","version":"1.1","publisher":{"name":"Contracts Office"},"publishedDate":"2031-06-01T00:00:00Z","releases":[`)
	for i := range n {
		for r := range 2 {
			if i+r > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, `
  {
    "ocid": "ocds-zz0001-%[1]d", "id": "%[1]d-%[2]d", "date": "2031-0%[3]d-01T09:00:00Z", "tag": ["contract"], "initiationType": "tender", "language": "en",
    "parties": [
      {"id": "VL-REG-%[4]d", "name": "Ministry of Works, office %[4]d", "roles": ["buyer"], "identifier": {"scheme": "VL-REG", "id": "%[4]d"},
       "address": {"streetAddress": "%[4]d Quay Street", "locality": "Harn", "countryName": "Veldania"}, "contactPoint": {"name": "Desk", "email": "desk@works.example"}},
      {"id": "VL-TRADE-%[1]d", "name": "Orrin Data %[1]d AG", "roles": ["supplier", "tenderer"], "identifier": {"scheme": "VL-TRADE", "id": "%[1]d"}}
    ],
    "buyer": {"id": "VL-REG-%[4]d", "name": "Ministry of Works, office %[4]d"},
    "tender": {"id": "T", "title": "Lot %[1]d: storage \u2014 and \"more\"", "procurementMethod": "open", "procurementMethodDetails": "Open procedure",
      "tenderPeriod": {"startDate": "2030-11-01T00:00:00Z", "endDate": "2030-12-01T00:00:00Z"}, "numberOfTenderers": 3,
      "documents": [{"id": "1", "documentType": "tenderNotice", "url": "https://contracts.example/doc/%[1]d", "datePublished": "2030-11-01T00:00:00Z", "format": "text/html", "language": "en"}]},
    "awards": [{"id": "1", "status": "active", "date": "2031-01-01T00:00:00Z", "value": {"amount": %[1]d.5, "currency": "EUR"}, "suppliers": [{"id": "VL-TRADE-%[1]d", "name": "Orrin Data %[1]d AG"}]}],
    "contracts": [{"id": "1", "awardID": "1", "status": "active", "dateSigned": "2031-01-15T00:00:00Z", "value": {"amount": %[1]d.%[3]d, "currency": "EUR"},
      "period": {"startDate": "2031-02-01T00:00:00Z", "endDate": "2033-01-31T00:00:00Z"},
      "items": [{"id": "1", "description": "Object storage %[1]d", "quantity": %[4]d, "unit": {"name": "PB"}, "classification": {"scheme": "CPV", "id": "72317000", "description": "Data storage services"}}]}]
  }`, i, r, r+1, i%97)
		}
	}
	b.WriteString("\n]}\n")
	return b.String()
}

// discard is a sink that forgets.
type discard struct{ records, rejects int }

func (d *discard) Record(record.Record) error { d.records++; return nil }
func (d *discard) Reject(record.Reject) error { d.rejects++; return nil }

// go test -bench Decode -count 10 ./internal/record/ocds
//
// The reader does all its work: parse, spool, merge, emit. The references only parse:
// reference=tokens asks encoding/json for every token, reference=stream decodes a release
// at a time into any, which is what a reader has to do before it can look at one. The v2
// ones do the same with the module that encoding/json/v2 is developed in.
func BenchmarkDecode(b *testing.B) {
	for _, data := range []struct{ name, path string }{{"generated", ""},
		{"canada", "data/ocds/canada-buyandsell-2014/contracts_releases_compact.json.zip"}} {
		b.Run("data="+data.name, func(b *testing.B) {
			dir := b.TempDir()
			path := filepath.Join(dir, "a.json")
			var size int64
			if data.path == "" {
				text := generate(10_000)
				size = int64(len(text))
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
			} else {
				size = unpack(b, recordtest.Shared(b, data.path), path)
			}
			src := record.Source{Path: path, Name: "a.json"}
			run := func(name string, f func(b *testing.B) int) {
				b.Run(name, func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(size)
					n := 0
					for b.Loop() {
						n = f(b)
					}
					b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "releases/s")
				})
			}
			run("reader", func(b *testing.B) int {
				stats, err := Decode(context.Background(), src, &discard{})
				if err != nil {
					b.Fatal(err)
				}
				return stats.Rows
			})
			run("reference=stream", func(b *testing.B) int { return referenceStream(b, path, false) })
			run("reference=stream-typed", func(b *testing.B) int { return referenceStream(b, path, true) })
			run("reference=v2-stream", func(b *testing.B) int { return referenceV2(b, path, true) })
			run("reference=v2-tokens", func(b *testing.B) int { return referenceV2(b, path, false) })
			run("reference=tokens", func(b *testing.B) int { return referenceTokens(b, path) })
		})
	}
}

func unpack(b *testing.B, from, to string) int64 {
	src := recordtest.Sources(b, from)[0]
	r, err := src.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	n, err := io.Copy(w, r)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// plainRelease is what the reader emits, at its barest.
type plainRelease struct {
	Ocid, ID, Date string
	Parties        []struct {
		ID         string
		Name       string
		Identifier struct{ Scheme, ID string }
	}
	Awards    []json.RawMessage
	Contracts []json.RawMessage
}

func referenceStream(b *testing.B, path string, typed bool) (n int) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	for depth := 0; ; {
		tok, err := d.Token()
		if err == io.EOF {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		case "releases":
			if _, err := d.Token(); err != nil {
				b.Fatal(err)
			}
			for d.More() {
				if typed {
					var v plainRelease
					err = d.Decode(&v)
				} else {
					var v any
					err = d.Decode(&v)
				}
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
	}
}

func referenceV2(b *testing.B, path string, decode bool) (n int) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	d := jsontext.NewDecoder(f, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		tok, err := d.ReadToken()
		if err == io.EOF {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
		if tok.Kind() != '"' {
			continue
		}
		switch name := tok.String(); {
		case !decode && name == "ocid":
			n++
		case decode && name == "releases":
			if _, err := d.ReadToken(); err != nil {
				b.Fatal(err)
			}
			for d.PeekKind() == '{' {
				var v any
				if err := jsonv2.UnmarshalDecode(d, &v); err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
	}
}

func referenceTokens(b *testing.B, path string) (n int) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
		if tok == "ocid" {
			n++
		}
	}
}
