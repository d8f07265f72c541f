package capability

import "testing"

// TestServicesByOtherNames: services whose names say little, told by their meters, and names in further languages.
func TestServicesByOtherNames(t *testing.T) {
	for _, tt := range []struct {
		c    Charge
		want string
	}{
		{Charge{Service: "Dialogflow API", Meter: "Dialogflow ES Audio Input", Unit: "second",
			Provider: "Google Cloud"}, "speech"},
		{Charge{Service: "Dialogflow", Meter: "CX phone call minutes", Unit: "minute", Provider: "Google Cloud"},
			"speech"},
		{Charge{Service: "Contact Center AI", Meter: "CCAI Insights voice conversation", Unit: "minute",
			Provider: "Google Cloud"}, "speech"},
		{Charge{Service: "Amazon Connect", Meter: "EUC1-contact-lens-conversational-analytics-voice", Unit: "Min",
			Provider: "AWS"}, "speech"},
		{Charge{Service: "Amazon Connect", Meter: "USE1-end-customer-mins", Unit: "minute", Provider: "AWS"}, ""},
		{Charge{Service: "Model Serving", Meter: "SERVERLESS_REAL_TIME_INFERENCE_FOUNDATION_MODEL", Unit: "DBU",
			Provider: "Databricks"}, "llm"},
		{Charge{Service: "Agent Bricks", Meter: "AGENT_BRICKS", Unit: "DBU", Provider: "Databricks"}, "llm"},
		{Charge{Category: "IA", Service: "API Visage", Meter: "Transactions", Unit: "1K", Provider: "Microsoft"},
			"face"},
		{Charge{Category: "IA", Service: "API Rostro", Meter: "Transacciones", Unit: "1K", Provider: "Microsoft"},
			"face"},
		{Charge{Service: "Standard SSD Managed Disks", Meter: "P3 ZRS Disk", Unit: "1/Month", Provider: "Microsoft"},
			"bulk_storage"},
		{Charge{Service: "SQL Database", Meter: "P3 DTUs", Unit: "1/Day", Provider: "Microsoft"}, ""},
		{Charge{Service: "Power BI", Meter: "P3 Capacity", Unit: "1/Hour", Provider: "Microsoft"}, ""},
	} {
		t.Run(tt.c.Service+" "+tt.c.Meter, func(t *testing.T) {
			if a := Service(tt.c); a.Capability != tt.want {
				t.Errorf("%q %v, want %q: %s", a.Capability, a.May, tt.want, a.Evidence)
			}
		})
	}
}
