package focus

// Bills are delivered month by month, and a month is delivered again when it changes.
//
// A delivery is what was written together: the files of one folder BILLING_PERIOD=YYYY-MM
// or of one execution folder in it (AWS), the files of a folder with manifest.json (Azure),
// or a plain file together with its parts (bill-00001.csv, bill_part2.csv, bill 1of3.csv).
// What a delivery brings is keyed by provider, BillingAccountId and billing month.
//
// Deliveries are ordered by time: the execution's time in the path or in the manifest
// beside it (executionId), submittedTime in Azure's manifest. Those without a time come
// first, in the order of their names without extension, numbers by their value.
//
// Of two deliveries with the same key the later replaces the earlier: always when both
// belong to one export (one folder above BILLING_PERIOD= or above the run), otherwise when
// they bring a charge of the same group (sub-account, region, service, meter …) for the
// same time. Corrections (ChargeClass Correction) add to what they correct, in whatever order
// files come, and to each other unless they are the same. Files that share a month and no such charge, as one file a
// day or one for each sub-account, are parts of the month and all count.

import (
	"cmp"
	"encoding/json"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"plimsoll/internal/record"
)

type delivery struct {
	key     string // what its files have in common
	name    string // for order and reports
	export  string // the export it is a delivery of, "" for plain files
	time    time.Time
	sources []int // positions in the list given to Load
}

var (
	periodFolder    = regexp.MustCompile(`(?i)^(.*?)(?:data/)?BILLING_PERIOD=(\d{4}-\d{2})((?:/.*)?)$`)
	executionFolder = regexp.MustCompile(`^(\d{8}T\d{6}Z)-`)
	partName        = regexp.MustCompile(
		`(?i)(?:[-_ .]?part[-_ .]?\d+(?:[-_]\d+)?|[-_]\d{5,}|[-_ ]\d+[-_ ]?of[-_ ]?\d+)$`)
)

// deliveryOf says which delivery a source belongs to.
func deliveryOf(src record.Source) delivery {
	full := fullName(src)
	dir := path.Dir(full)
	if m := periodFolder.FindStringSubmatch(dir); m != nil {
		d := delivery{key: "period " + dir, name: src.Name, export: "export " + m[1]}
		for _, part := range strings.Split(m[3], "/") {
			if e := executionFolder.FindStringSubmatch(part); e != nil {
				d.time, _ = time.Parse("20060102T150405Z", e[1])
			}
		}
		if d.time.IsZero() {
			d.time = awsManifestTime(src, m[1], m[2])
		}
		return d
	}
	if run, ok := azureManifest(src); ok {
		// The runs of one period stand beside each other: …/export/20260601-20260630/<run>/.
		return delivery{key: "run " + dir, name: src.Name, export: "runs " + path.Dir(dir), time: run}
	}
	stem := path.Join(path.Dir(src.Name), stemOf(path.Base(src.Name)))
	return delivery{key: "file " + dir + "/" + partName.ReplaceAllString(stemOf(path.Base(full)), ""), name: stem}
}

func fullName(src record.Source) string {
	p := src.Path
	if abs, err := filepath.Abs(p); err == nil {
		p = abs
	}
	p = filepath.ToSlash(p)
	if src.Member != "" {
		p += "!/" + src.Member
	}
	return p
}

// stemOf cuts the extensions that bills have.
func stemOf(name string) string {
	for {
		ext := strings.ToLower(path.Ext(name))
		switch ext {
		case ".csv", ".gz", ".zst", ".zstd", ".bz2", ".parquet", ".snappy", ".json", ".jsonl", ".ndjson", ".txt",
			".tsv", ".zip":
			name = name[:len(name)-len(ext)]
		default:
			return name
		}
	}
}

const maxManifest = 8 << 20

// readBeside reads a small file beside the source, on disk or in the same ZIP file.
func readBeside(src record.Source, name string) []byte {
	r, err := src.Beside(name).Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err != nil {
		return nil
	}
	return b
}

// azureManifest reads when the run beside the source was submitted (Cost Management export
// manifest, runInfo.submittedTime).
func azureManifest(src record.Source) (submitted time.Time, ok bool) {
	b := readBeside(src, "manifest.json")
	if b == nil {
		return time.Time{}, false
	}
	var m struct {
		Blobs   []struct{ BlobName string }
		RunInfo struct{ SubmittedTime, RunID string }
	}
	if json.Unmarshal(b, &m) != nil || len(m.Blobs) == 0 && m.RunInfo.RunID == "" {
		return time.Time{}, false
	}
	t, _ := time.Parse(time.RFC3339Nano, m.RunInfo.SubmittedTime)
	return t, true
}

// awsManifestTime reads the execution's time from metadata/BILLING_PERIOD=…/*Manifest.json,
// for exports that overwrite their files (AWS Data Exports, OVERWRITE_REPORT).
func awsManifestTime(src record.Source, root, period string) time.Time {
	if src.Member != "" {
		return time.Time{}
	}
	dir := filepath.Join(filepath.FromSlash(root), "metadata", "BILLING_PERIOD="+period)
	found, _ := os.ReadDir(dir) // no Glob: the path is a name and no pattern
	for _, f := range found {
		if !strings.HasSuffix(f.Name(), "Manifest.json") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil || len(b) > maxManifest {
			continue
		}
		var m struct{ ExecutionID string }
		if json.Unmarshal(b, &m) != nil {
			continue
		}
		if e := executionFolder.FindStringSubmatch(m.ExecutionID); e != nil {
			t, _ := time.Parse("20060102T150405Z", e[1])
			return t
		}
	}
	return time.Time{}
}

// before orders deliveries, the earlier first.
func before(a, b *delivery) int {
	if c := a.time.Compare(b.time); c != 0 {
		return c
	}
	return natural(a.name, b.name)
}

// natural compares names with the numbers in them by value: "v2" comes before "v10".
func natural(a, b string) int {
	for a != "" && b != "" {
		da, ra := digits(a)
		db, rb := digits(b)
		if da != "" && db != "" {
			x, y := strings.TrimLeft(da, "0"), strings.TrimLeft(db, "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = ra, rb
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) (number, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}
