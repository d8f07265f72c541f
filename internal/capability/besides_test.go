package capability

import (
	"slices"
	"testing"
)

// TestDoubtBesideAClass: of several things of an item one has a class, and of another its words leave open what it is.
func TestDoubtBesideAClass(t *testing.T) {
	for _, tt := range []struct {
		item       string
		class      string
		understood bool
	}{
		{"Object storage and monitoring", BulkStorage, false},
		{"Cloud storage; packet inspection", BulkStorage, false},
		{"Cloud storage 400 TB, artificial intelligence", BulkStorage, false},
		{"Objektspeicher und Gesichtssysteme", BulkStorage, false},
		{"Stockage objet, intelligence artificielle", BulkStorage, false},
		{"对象存储、人工智能", BulkStorage, false},
		{"Object storage and translation", Translation, true},
		{"Object storage and speech-to-text, Quellstadt", Speech, true},
		{"Video surveillance monitoring", Vision, true}, // one thing, and its words say what it is
		{"Video surveillance and furniture", Vision, true},
	} {
		t.Run(tt.item, func(t *testing.T) {
			if a := Item(tt.item, "", ""); !slices.Contains(a.Capabilities, tt.class) || a.Understood != tt.understood {
				t.Errorf("Item(%q) = %v, understood %v", tt.item, a.Capabilities, a.Understood)
			}
		})
	}
}

// TestWordsThatLeaveOpen: words of machines that analyse say nothing for certain, also beside goods.
func TestWordsThatLeaveOpen(t *testing.T) {
	for _, tt := range []struct {
		item       string
		understood bool
	}{
		{"Desks, AI platform and paper", false}, {"Chairs, speech and lamps", false}, {"Metadata, printers", false},
		{"Möbel, künstliche Intelligenz", false}, {"Printers, OCR", false},
		{"Face masks", true}, {"Speech therapy", true}, {"Voice over IP telephones", true},
		{"Chairs for the AI platform team", true},
		{"Interception of rainwater", true}, {"Sworn translators", true}, {"Traductions assermentées", true},
		{"Network address translation", true},
	} {
		t.Run(tt.item, func(t *testing.T) {
			if a := Item(tt.item, "", ""); len(a.Capabilities) > 0 || a.Understood != tt.understood {
				t.Errorf("Item(%q) = %v, understood %v", tt.item, a.Capabilities, a.Understood)
			}
		})
	}
}

// TestServicesOfSeveralKinds: a service that bills several classes under one name may be any of them without a meter.
func TestServicesOfSeveralKinds(t *testing.T) {
	for _, tt := range []struct {
		name        string
		c           Charge
		class       string
		may         []string
		unitUnknown bool
	}{
		{"language service without a meter", Charge{Service: "OCI Language", Unit: "Transactions"}, TextAnalytics,
			[]string{Translation}, false},
		{"language service with its meter", Charge{Service: "OCI Language", Meter: "Sentiment Analysis",
			Unit: "Transactions"}, TextAnalytics, nil, false},
		{"language service, Chinese", Charge{Service: "自然语言处理", Unit: "requests"}, TextAnalytics, []string{Translation},
			false},
		{"vision service without a meter", Charge{Service: "Nordlys Vision", Unit: "Images"}, Vision, []string{Face},
			false},
		{"vision that is trained on one's own things", Charge{Service: "Custom Vision", Unit: "Transactions"}, Vision,
			nil, false},
		{"records in units of nothing", Charge{Service: "Amazon Comprehend", Unit: "Units"}, TextAnalytics, nil, true},
		{"machines that search", Charge{Service: "Amazon OpenSearch Service", Unit: "Hrs"}, TextAnalytics, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := Service(tt.c); a.Capability != tt.class || !slices.Equal(a.May, tt.may) ||
				a.UnitUnknown != tt.unitUnknown {
				t.Errorf("Service(%+v) = %q, may be %v, unit unknown %v: %s", tt.c, a.Capability, a.May, a.UnitUnknown,
					a.Evidence)
			}
		})
	}
}

// TestBodiesOfFurtherLanguages: bodies in Thai, Swahili and Vietnamese, and names that others hold a word of.
func TestBodiesOfFurtherLanguages(t *testing.T) {
	for name, class := range map[string]string{
		"สำนักข่าวกรองแห่งชาติ": Intelligence, "กองทัพเรือ": Military, "เรือนจำกลาง": Prison, "โรงพยาบาลกลาง": Health,
		"สำนักงานสถิติแห่งชาติ":     Civil,
		"Idara ya Usalama wa Taifa": Intelligence, "Jeshi la Ulinzi": Military, "Hospitali ya Mkoa": Health,
		"Ofisi ya Taifa ya Takwimu": Civil,
		"Tổng cục Thống kê":         Civil, "Trại giam số 3": Prison, "Sở Giao thông Quellstadt": Civil,
		"Serviciul Român de Informații": Intelligence, "Signals Directorate": Intelligence,
		"Office national de l'asile": Civil,
		"Armée du Salut":             Unknown, "Ejército de Salvación": Unknown, "Heilsarmee": Unknown,
		"Армия спасения":                 Unknown,
		"Guardia Costera Restaurante SL": Commercial, "Coast Guard Restaurant Ltd": Commercial,
		"Guardia Civil SL": Police,
	} {
		t.Run(name, func(t *testing.T) {
			if b := EndUser(name, ""); b.Class != class {
				t.Errorf("EndUser(%q) = %s, want %s: %s", name, b.Class, class, b.Evidence)
			}
		})
	}
}
