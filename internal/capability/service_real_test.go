package capability

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// names reads a table of charges whose capability a reader has told: "a|b" where either is right, "-" where
// nothing of interest is.
func names(t *testing.T, path string, comma rune) []map[string]string {
	t.Helper()
	f, err := os.Open(recordtest.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = comma, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

// told compares what was found with what a reader says.
func told(capability, want string) bool {
	if want == "-" {
		return capability == ""
	}
	return slices.Contains(strings.Split(want, "|"), capability)
}

// TestAzureMeters: three quarters of the AI meters of Azure's public price list, as FOCUS 1.0 and 1.2 show them,
// under the old name of their service and the new one.
func TestAzureMeters(t *testing.T) {
	rows := names(t, "data/focus/meters/azure-ai-meters.csv", ',')
	for _, service := range []string{"Azure AI Services", "Foundry Tools", "Cognitive Services"} {
		t.Run(service, func(t *testing.T) {
			good := 0
			for _, r := range rows {
				c := Charge{
					Category: "AI and Machine Learning", Service: service, Meter: r["MeterName"],
					Words: r["MeterSubCategory"] + " :: ", Unit: r["ConsumedUnit"], Provider: "Microsoft",
				}
				a := Service(c)
				if told(a.Capability, r["capability"]) {
					good++
				} else {
					t.Logf("%s / %s [%s] is %q %v, want %s: %s", r["MeterSubCategory"], r["MeterName"], r["ConsumedUnit"], a.Capability, a.May, r["capability"], a.Evidence)
				}
			}
			if share := float64(good) / float64(len(rows)); share < 0.99 {
				t.Errorf("%d of %d meters (%.1f %%) reach their capability", good, len(rows), share*100)
			}
		})
	}
}

// TestProviderNames: names of services, meters and SKUs of several providers, in the columns of each.
func TestProviderNames(t *testing.T) {
	rows := names(t, "cases/bills/real-service-names/names.tsv", '\t')
	good := 0
	for _, r := range rows {
		c := Charge{Category: r["ServiceCategory"], Subcategory: r["ServiceSubcategory"], Service: r["ServiceName"], Meter: r["SkuMeter"], Unit: r["ConsumedUnit"], Provider: r["provider"]}
		if c.Meter == "" {
			c.Meter = r["x_SkuMeterName"] + r["x_UsageType"]
		}
		product, meter := strings.TrimSpace(r["x_SkuMeterSubcategory"]+" "+r["x_ServiceCode"]), strings.TrimSpace(r["x_Operation"]+" "+r["ChargeDescription"])
		c.Words = product + " :: " + meter
		a := Service(c)
		switch {
		case !told(a.Capability, r["capability"]):
			t.Logf("%+v is %q %v, want %s: %s", c, a.Capability, a.May, r["capability"], a.Evidence)
		case r["measure"] != "" && a.Measure != r["measure"]:
			t.Logf("%+v counts in %q, want %s: %s", c, a.Measure, r["measure"], a.Evidence)
		case r["capability"] == "-" && len(a.May) > 0:
			t.Logf("%+v may be %v, and is of no interest: %s", c, a.May, a.Evidence)
		default:
			good++
		}
	}
	if share := float64(good) / float64(len(rows)); share < 0.97 {
		t.Errorf("%s names reach their capability and measure", fmt.Sprintf("%d of %d", good, len(rows)))
	}
}

// TestChargesOfProviders: testdata/charges.tsv.
func TestChargesOfProviders(t *testing.T) {
	b, err := os.ReadFile("testdata/charges.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		f := strings.Split(line+strings.Repeat("\t", 9), "\t")
		if strings.HasPrefix(line, "#") || line == "" || f[0] == "provider" {
			continue
		}
		t.Run(fmt.Sprintf("line %d", i+1), func(t *testing.T) {
			c := Charge{Provider: f[0], Category: f[1], Service: f[2], Meter: f[3], Words: f[4], Unit: f[5]}
			a := Service(c)
			capability := a.Capability
			if len(a.May) > 0 {
				capability = "?"
			} else if capability == "" {
				capability = "-"
			}
			if !slices.Contains(strings.Split(f[6], "|"), capability) {
				t.Errorf("%+v is %q %v, want %s: %s", c, a.Capability, a.May, f[6], a.Evidence)
			}
			if f[7] != "" && a.Measure != f[7] {
				t.Errorf("%+v is counted in %q, want %s: %s", c, a.Measure, f[7], a.Evidence)
			}
			if f[8] != "" && !slices.Contains(a.May, f[8]) {
				t.Errorf("%+v may be %v, want %s among them: %s", c, a.May, f[8], a.Evidence)
			}
			if a.UnitUnknown != (a.Wants != "") || a.UnitUnknown && a.Measure != "" {
				t.Errorf("%+v: %+v", c, a)
			}
		})
	}
}
