package capability

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is not understood says what it may be, as far as its unit allows; what is understood may be nothing else.
func TestMay(t *testing.T) {
	all := []string{BulkStorage, Egress, Face, GPU, LLM, Location, Speech, TextAnalytics, Translation, Vision}
	ai := []string{Face, LLM, Speech, TextAnalytics, Translation, Vision}
	for _, tt := range []struct {
		name string
		c    Charge
		want []string
	}{
		{"nothing is said", Charge{}, all},
		{"only a unit of hours", Charge{Unit: "Hours"}, []string{Face, GPU, LLM, Speech, TextAnalytics, Vision}},
		{"umbrella, units", Charge{Category: "AI and Machine Learning", Service: "Azure AI Services", Unit: "Units"},
			ai},
		{"umbrella, hours are no characters", Charge{Category: "AI and Machine Learning", Service: "Foundry Tools",
			Unit: "Hours"}, []string{Face, LLM, Speech, TextAnalytics, Vision}},
		{"umbrella, a meter that is not known", Charge{Category: "AI and Machine Learning",
			Service: "Cognitive Services", Meter: "S7 Zeta", Unit: "1K"}, ai},
		{"umbrella of Google", Charge{Service: "Vertex AI", Unit: "count"}, []string{Face, GPU, LLM, Speech,
			TextAnalytics, Translation, Vision}},
		{"unknown machine", Charge{Category: "Compute", Service: "Skyfold Machines", Meter: "XQ-7", Unit: "Hours"},
			[]string{GPU}},
		{"unknown machine by the processor", Charge{Category: "Compute", Service: "Skyfold Machines", Meter: "XQ-7",
			Unit: "vCPU-Hours"}, nil},
		{"data of a network", Charge{Category: "Networking", Service: "Skyfold Net", Meter: "Peering", Unit: "GB"},
			[]string{Egress}},
		{"hours of a network", Charge{Category: "Networking", Service: "Skyfold Net", Meter: "Peering", Unit: "Hours"},
			nil},
		{"unknown service of an unknown category", Charge{Category: "Sonstiges", Service: "Zephyr", Unit: "Zeichen"},
			[]string{LLM, TextAnalytics, Translation}},
		{"words of the provider are looked at", Charge{Service: "Zephyr", Words: "Translator Text :: S1 Characters",
			Unit: "Units"}, nil},
		{"unknown meter of a database", Charge{Category: "Databases", Service: "Zephyr DB", Meter: "Q9", Unit: "Units"},
			nil},
		{"payroll", Charge{Category: "Business Applications", Service: "Payroll", Unit: "Users"}, nil},
		{"names, told by the whole", Charge{Service: "Cloud DNS", Unit: "count"}, nil},
		{"a name that only holds one", Charge{Service: "Support Zephyr Teams", Unit: "images"},
			[]string{Face, LLM, Vision}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Service(tt.c)
			if diff := cmp.Diff(tt.want, a.May); diff != "" {
				t.Errorf("Service(%+v).May (-want +got):\n%s%s", tt.c, diff, a.Evidence)
			}
			if len(a.May) > 0 && (a.Capability != "" || a.Measure != "" || a.UnitUnknown) {
				t.Errorf("Service(%+v) = %+v: neither known nor unknown", tt.c, a)
			}
		})
	}
}

// A service that is billed for faces under the same name as for pictures is known to look at pictures, and may do more.
func TestBesides(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Charge
		want ServiceAssignment
	}{
		{"pictures or faces", Charge{Service: "Amazon Rekognition", Unit: "Images"}, ServiceAssignment{
			Capability: Vision, Measure: VisionImages, May: []string{Face}}},
		{"pictures, faces or speech", Charge{Service: "Cloud Video Intelligence API", Unit: "minutes"},
			ServiceAssignment{Capability: Vision, Measure: VisionImages, May: []string{Face, Speech}}},
		{"the meter is named", Charge{Service: "Amazon Rekognition", Meter: "EUC1-ModerateImages", Unit: "Images"},
			ServiceAssignment{Capability: Vision, Measure: VisionImages}},
		{"the unit tells", Charge{Category: "AI and Machine Learning", Service: "AI_SERVICES",
			Unit: "Transcription Hours"}, ServiceAssignment{Capability: Speech, Measure: SpeechHours}},
		{"the category in another language", Charge{Category: "データベース", Service: "Zephyr", Unit: "時間"},
			ServiceAssignment{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Service(tt.c)
			if got := (ServiceAssignment{Capability: a.Capability, Measure: a.Measure, May: a.May}); !cmp.Equal(got, tt.want) {
				t.Errorf("Service(%+v) = %+v, want %+v", tt.c, got, tt.want)
			}
		})
	}
}

// A charge that is understood and whose unit is not has an unknown amount of a named measure.
func TestUnitUnknown(t *testing.T) {
	for _, tt := range []struct {
		name  string
		c     Charge
		wants string
		level bool
	}{
		{"packs of storage", Charge{Category: "Storage", Service: "Object Storage", Meter: "Data stored",
			Unit: "Speicherpakete"}, StorageTBMonth, false},
		{"no unit", Charge{Category: "Storage", Service: "Object Storage", Meter: "Data stored"}, StorageTBMonth,
			false},
		{"data moved or stored", Charge{Category: "Storage", Service: "Object Storage", Unit: "GB"}, StorageTBMonth,
			false},
		{"work on what is stored", Charge{Category: "Storage", Service: "Object Storage", Meter: "Class A operations",
			Unit: "Requests"}, "", false},
		{"what lay there", Charge{Category: "Storage", Service: "Object Storage", Meter: "Data stored", Unit: "GB"}, "",
			true},
		{"a share of the month", Charge{Category: "Storage", Service: "Object Storage", Meter: "Data stored, GB-Month",
			Unit: "GB"}, "", false},
		{"GB-months", Charge{Category: "Storage", Service: "Object Storage", Meter: "Data stored", Unit: "GB-Month"},
			"", false},
		{"a plan of speech", Charge{Service: "Azure AI Services", Meter: "Commitment Tier Speech to Text Azure 50K " +
			"Unit", Unit: "Units/Month"}, SpeechHours, false},
		{"documents translated", Charge{Service: "Translator", Meter: "Documents", Unit: "Documents"}, TranslationChars,
			false},
		{"text read, in a unit that is not known", Charge{Service: "Comprehend", Meter: "Zeta", Unit: "Zeta"},
			TextRecords, false},
		{"text read, in documents", Charge{Service: "Comprehend", Meter: "Entities", Unit: "Documents"}, "", false},
		{"search by the hour, which counts nothing", Charge{Service: "Amazon OpenSearch Service", Meter: "Instance",
			Unit: "Hours"}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Service(tt.c)
			if a.Wants != tt.wants || a.UnitUnknown != (tt.wants != "") || a.Level != tt.level {
				t.Errorf("Service(%+v) = %+v, want %q, level %v", tt.c, a, tt.wants, tt.level)
			}
		})
	}
}

// Words that stand in names of sizes, tiers and disks are no accelerators.
func TestNoAccelerator(t *testing.T) {
	for _, c := range []Charge{
		{Category: "Web", Service: "Azure App Service", Meter: "P3 v3 App", Unit: "Hours"},
		{Category: "Compute", Service: "Virtual Machines", Meter: "P3 LRS Disk", Unit: "Units/Month"},
		{Category: "Databases", Service: "SQL Database", Meter: "P4 DTU", Unit: "Units/Day"},
		{Category: "Compute", Service: "Virtual Machines", Meter: "G5", Unit: "Hours"},
		{Category: "Compute", Service: "Virtual Machines", Meter: "M128ms v2", Unit: "Hours"},
		{Category: "Databases", Service: "Amazon ElastiCache", Meter: "NodeUsage:cache.t4g.medium", Unit: "Hrs"},
		{Category: "Databases", Service: "Amazon Relational Database Service", Meter: "InstanceUsage:db.g5.large",
			Unit: "Hrs"},
		{Category: "Compute", Service: "Amazon Elastic Compute Cloud", Meter: "BoxUsage:x2iedn.32xlarge", Unit: "Hrs"},
		{Category: "Compute", Service: "Elastic Compute Service", Meter: "ecs.g7.2xlarge", Unit: "Hours"},
		{Service: "Compute Engine", Words: " :: A2 Instance Core running in Frankfurt", Unit: "seconds",
			Provider: "Google Cloud"},
		{Category: "AI and Machine Learning", Service: "Azure AI Services", Meter: "P3 Unit",
			Words: "Azure Vision - Face :: ", Unit: "Units/Day"},
	} {
		t.Run(c.Service+" "+c.Meter+c.Words, func(t *testing.T) {
			if a := Service(c); a.Capability == GPU || len(a.May) > 0 {
				t.Errorf("Service(%+v) = %+v", c, a)
			}
		})
	}
}

// FuzzService gives arbitrary words to Service: it never panics, and a charge is understood, or says what it may be.
func FuzzService(f *testing.F) {
	f.Add("Storage", "Object Storage", "Data stored", "a | b :: c", "GB-Mo", "AWS")
	f.Add("", "语音识别", "录音文件识别", "::", "百万字符", "")
	f.Add("Compute", "EC2", "BoxUsage:p5.48xlarge", "", "4K 16 kHz Mo", "Microsoft")
	f.Fuzz(func(t *testing.T, category, service, meter, words, unit, provider string) {
		a := Service(Charge{Category: category, Service: service, Meter: meter, Words: words, Unit: unit,
			Provider: provider})
		if a.UnitUnknown != (a.Wants != "") || a.UnitUnknown && a.Measure != "" {
			t.Errorf("%+v is both known and unknown", a)
		}
		if a.Measure != "" && !(a.Factor > 0) {
			t.Errorf("%+v has no factor", a)
		}
		if !slices.IsSorted(a.May) || a.Evidence == "" {
			t.Errorf("%+v: not sorted, or no row of the table gave it", a)
		}
	})
}
