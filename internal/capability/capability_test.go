package capability

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"plimsoll/internal/party"
)

func TestItemText(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		// English
		{"Object storage, 12,000 TB, cold tier", "bulk_storage"},
		{"Speech-to-text transcription service", "speech"},
		{"Court Transcription Services", "speech"},
		{"Machine translation API, characters", "translation"},
		{"Supply of CCTV and video analytics", "vision"},
		{"Facial recognition platform", "face"},
		{"Social media monitoring and link analysis software", "text_analytics"},
		{"Large language model access (tokens)", "llm"},
		{"Electronic tagging bracelets with GPS tracking", "location"},
		{"Lawful interception management system", "interception"},
		{"IMSI catcher, portable", "interception"},
		{"Spyware with zero-day exploits", "intrusion"},
		{"Mobile forensic extraction kit", "forensics"},
		{"NVIDIA H100 GPU cluster", "gpu"},
		{"Engineering support hours for the data platform", "engineering"},
		{"Riot control training for officers", "training"},
		{"Assault rifles and ammunition", "arms"},
		{"Hydraulic excavator 20 t", "heavy_machinery"},
		{"Number plate recognition cameras", "location,vision"},
		{"Bulk storage and speech recognition for call recordings", "bulk_storage,speech"},
		// other languages
		{"Système de vidéosurveillance et reconnaissance faciale", "face,vision"},
		{"Interception des communications téléphoniques", "interception"},
		{"Munitions et armes à feu", "arms"},
		{"Reconocimiento facial y videovigilancia", "face,vision"},
		{"Servicio de transcripción de audiencias", "speech"},
		{"Armazenamento de dados em nuvem", "bulk_storage"},
		{"Serviços de tradução", "translation"},
		{"Gesichtserkennungssoftware und Videoüberwachung", "face,vision"},
		{"Videoueberwachungsanlage", "vision"},
		{"Telekommunikationsüberwachung", "interception"},
		{"Spracherkennung für Notrufe", "speech"},
		{"Система відеоспостереження", "vision"},
		{"Розпізнавання мовлення", "speech"},
		{"Послуги письмового перекладу", "translation"},
		{"Боєприпаси та стрілецька зброя", "arms"},
		{"Система распознавания лиц", "face"},
		{"Екскаватор гусеничний", "heavy_machinery"},
		{"Sistem de supraveghere video", "vision"},
		{"Servicii de traducere", "translation"},
		{"գրավոր թարգմանության ծառայություններ", "translation"},
		{"էքսկավատորային սարքեր", "heavy_machinery"},
		{"տեսահսկման համակարգ", "vision"},
		// nothing of interest
		{"Payroll software", ""}, {"E-mail hosting, 500 mailboxes", ""}, {"Cyber defence and patching service", ""},
		{"Steel storage shed", ""}, {"Police uniforms", ""}, {"Storage cabinets for file storage boxes", ""},
		{"Cold storage of vaccines", ""},
		{"Reverse transcriptase kit", ""}, {"Academic transcripts, printing", ""}, {"Text to speech for the website",
			""},
		{"Intrusion detection system", ""}, {"Anti-spyware licences", ""}, {"Business intelligence dashboard", ""},
		{"Disease surveillance programme", ""},
		{"Forensic audit of accounts", ""}, {"Nail guns and spray guns", ""}, {"Toc pentru pistol", ""},
		{"Pistol de lipit cu silicon", ""},
		{"Cubierta para maquinaria pesada - Neumático Radial", ""}, {"Heavy Equipment Operator Training", ""},
		{"Biometric attendance clock", ""}, {"Explosive ordnance disposal robot", ""}, {"Fleet tracking subscription",
			""},
		{"Civil engineering support", ""}, {"Waffeleisen", ""}, {"Toner cartridges", ""}, {"Monitor arms", ""},
		{"Webcam cameras", ""},
		{"Interceptor sewer", ""}, {"Weapon Storage Cabinets", ""}, {"Business process re-engineering consultants", ""},
		{"Armoured Vehicle Services for the region", ""}, {"Off-site co-location services", ""},
		{"National autism surveillance system", ""}, {"", ""}, {"\u200b\u00ad", ""},
	} {
		if got := strings.Join(Item(tt.text, "", "").Capabilities, ","); got != tt.want {
			t.Errorf("Item(%q) = %q, want %q: %v", tt.text, got, tt.want, Item(tt.text, "", "").Evidence)
		}
	}
}

func TestItemCode(t *testing.T) {
	for _, tt := range []struct{ scheme, code, want, controlled string }{
		{"CPV", "35120000", "vision", ""},
		{"CPV", "35125300-2", "vision", ""},
		{"cpv", "35121700-5", "", ""},
		{"CPV", "35341100-5", "", ""},
		{"CPV", "35811200-4", "", ""},
		{"CPV", "35321300-8", "arms", ""},
		{"ДК021", "35330000-6", "arms", ""},
		{"CPV", "79530000-8", "translation", ""},
		{"CPV", "72317000-0", "bulk_storage", ""},
		{"CPV", "80600000", "training", ""},
		{"CPV", "43260000-3", "heavy_machinery", ""},
		{"CPV", "30192200-3", "", ""},
		{"CPV", "147078107", "", ""},
		{"CPV", "", "", ""},
		{"UNSPSC", "46101504", "arms", ""},
		{"UNSPSC", "46171610-9996", "vision", ""},
		{"catalogoNivel5DNCP", "25172503-001", "", ""},
		{"Catálogo de productos, bienes y servicios de la Dirección Nacional de Contrataciones Públicas del Paraguay",
			"22101511-001", "heavy_machinery", ""},
		{"UNSPSC", "43211503", "", ""}, // notebooks; 43211 is bulldozers in CPV
		{"", "43211503", "", ""},
		{"", "43211503-1", "heavy_machinery", ""}, // with a check digit it can only be CPV
		{"", "72317000", "bulk_storage", ""},
		{"", "CPV:72317000-0", "bulk_storage", ""},
		{"", "HS 8471.70", "bulk_storage", ""},
		{"HS", "9302.00", "arms", ""},
		{"HS", "93.07", "", ""},
		{"HS", "8429.52", "heavy_machinery", ""},
		{"GSIN", "N1305", "arms", ""},
		{"GSIN", "R109D", "", ""},
		{"GSIN", "N1385", "", ""},
		{"NIGP", "680-08", "", ""},
		{"Gibberish", "35120000", "", ""},
		{"ECCN", "4A005", "intrusion", "4A005"},
		{"", "4a005", "intrusion", "4A005"},
		{"", "5.A.1.j", "interception", "5A001.j"},
		{"", "5A001J", "interception", "5A001.j"},
		{"EU", "5A001.f.1", "", ""},
		{"Wassenaar", "5.A.1.f.1", "interception", "5A001.f"},
		{"", "5A001.f", "interception", "5A001.f"},
		{"", "5A001.b", "", ""},
		{"", "5A001", "", ""},
		{"", "5D001.e", "interception,text_analytics", "5D001.e"},
		{"", "5A004.b", "forensics", "5A004.b"},
		{"", "4D004", "intrusion", "4D004"},
		{"", "4E001.c", "intrusion", "4E001.c"},
		{"ECCN", "5A980", "interception", "5A980"},
		{"ECCN", "3A981", "face,forensics", "3A981"},
		{"ECCN", "4A980", "face,forensics", "4A980"},
		{"ECCN", "0A606", "arms", "0A606"},
		{"ECCN", "5A992.c", "", ""},
		{"ECCN", "EAR99", "", ""},
		{"", "ML5.c", "arms", "ML5.c"},
		{"", "ML5c", "arms", "ML5.c"},
		{"", "ML22", "arms", "ML22"},
		{"", "ML23", "", ""},
		{"", "ML14", "arms,training", "ML14"},
		{"", "PL5001", "arms", "PL5001"},
		{"UK SEL", "PL5017", "arms", "PL5017"},
		{"", "PL5006", "", ""},
		{"USML", "XI(b)", "arms,interception", "USML XI"},
		{"ECCN", "4A005, 5A001.j", "interception,intrusion", "4A005,5A001.j"},
		{"", "500 ml", "", ""}, {"", "A4", "", ""}, {"", "SKU-1234", "", ""}, {"", "5A", "", ""}, {"", "1A2", "", ""},
	} {
		a := Item("", tt.scheme, tt.code)
		if got := strings.Join(a.Capabilities, ","); got != tt.want {
			t.Errorf("Item(%q, %q) = %q, want %q", tt.scheme, tt.code, got, tt.want)
		}
		if got := strings.Join(a.Controlled, ","); got != tt.controlled {
			t.Errorf("Item(%q, %q) controlled = %q, want %q", tt.scheme, tt.code, got, tt.controlled)
		}
		if (len(a.Capabilities)+len(a.Controlled) > 0) != (len(a.Evidence) > 0) {
			t.Errorf("Item(%q, %q) evidence %v", tt.scheme, tt.code, a.Evidence)
		}
	}
}

func TestEvidenceNamesRowMatchAndSource(t *testing.T) {
	a := Item("Video surveillance of the depot", "CPV", "35120000-1")
	if len(a.Evidence) != 2 {
		t.Fatalf("evidence %v", a.Evidence)
	}
	for _, e := range a.Evidence {
		line := ""
		if b, err := data.ReadFile("data/" + e.Table); err == nil {
			line = strings.Split(string(b), "\n")[e.Row-1]
		}
		if line == "" || e.Source == "" || !strings.Contains(line, e.Source) || e.Matched == "" || e.Gives != "vision" {
			t.Errorf("evidence %+v, row %q", e, line)
		}
	}
	if s := a.Evidence[0].String(); !strings.Contains(s, "35120000 Surveillance and security systems and devices") {
		t.Errorf("evidence %s", s)
	}
}

func TestService(t *testing.T) {
	const month = 744 // hours
	for _, tt := range []struct {
		category, service, subcategory, meter, unit string
		capability, measure                         string
		quantity, amount                            float64
	}{
		{"Storage", "Amazon Simple Storage Service", "Object Storage", "Storage usage", "GB-Mo", "bulk_storage",
			"storage_tb_month", 5000, 5},
		{"Storage", "AmazonS3", "Object Storage", "TimedStorage-ByteHrs", "GB-Months", "bulk_storage",
			"storage_tb_month", 1000, 1},
		{"Storage", "Amazon Elastic Compute Cloud", "", "", "GB-Months", "bulk_storage", "storage_tb_month", 1000, 1},
		{"Storage", "Storage Accounts", "", "", "GB/Month", "bulk_storage", "storage_tb_month", 1000, 1},
		{"Storage", "Storage Accounts", "", "", "Units", "bulk_storage", "", 0, 0},
		{"Storage", "Storage", "Object Storage", "Storage meter", "GB/Month", "bulk_storage", "storage_tb_month", 1000,
			1},
		{"Storage", "Object Storage", "", "", "GB-Hours", "bulk_storage", "storage_tb_month", 744000, 1},
		{"Storage", "Cloud Storage", "Object Storage", "Storage", "GiB-Hours", "bulk_storage", "storage_tb_month",
			744000, 1.073741824},
		{"Storage", "Azure Blob Storage", "", "Hot LRS Data Stored", "100 GB/Month", "bulk_storage", "storage_tb_month",
			10, 1},
		{"Storage", "CloudNine Object Storage", "Object Storage", "Standard Storage GB-Month", "GB", "bulk_storage",
			"storage_tb_month", 1000, 1},
		{"Storage", "Object Storage", "", "", "TB Hours", "bulk_storage", "storage_tb_month", 744, 1},
		{"Storage", "Amazon Simple Storage Service", "", "", "Requests", "bulk_storage", "", 0, 0},
		{"Storage", "Amazon Simple Storage Service", "", "", "GB", "bulk_storage", "", 0, 0},
		{"Storage", "Amazon Simple Storage Service", "Object Storage", "DataTransfer-Out-Bytes", "GB", "", "egress_tb",
			1000, 1},
		{"Networking", "AmazonVPC", "Network Connectivity", "Data Transfer", "GB", "", "egress_tb", 2000, 2},
		{"Networking", "Bandwidth", "", "Standard Data Transfer In", "GB", "", "", 0, 0},
		{"Compute", "Amazon Elastic Compute Cloud", "", "", "GB", "", "", 0, 0},
		{"Databases", "Amazon DynamoDB", "", "", "GB-Months", "", "", 0, 0},
		{"Management and Governance", "AmazonCloudWatch", "", "", "GB-Months", "", "", 0, 0},
		{"AI and Machine Learning", "Amazon Transcribe", "AI Platforms", "TranscribeAudio", "seconds", "speech",
			"speech_hours", 7200, 2},
		{"AI and Machine Learning", "Azure AI Services", "AI Platforms", "S1 Speech To Text Audio Hours", "1 Hour",
			"speech", "speech_hours", 3, 3},
		{"AI and Machine Learning", "Cloud Speech-to-Text", "", "", "Minutes", "speech", "speech_hours", 120, 2},
		{"AI and Machine Learning", "Speech to Text", "", "", "Hours", "speech", "speech_hours", 5, 5},
		{"AI and Machine Learning", "Amazon Polly", "", "SynthesizeSpeech", "Characters", "", "", 0, 0},
		{"AI and Machine Learning", "Amazon Translate", "", "TranslateText", "Characters", "translation",
			"translation_chars", 7, 7},
		{"AI and Machine Learning", "Translator", "", "S1 Characters", "1M", "translation", "translation_chars", 2,
			2e6},
		{"AI and Machine Learning", "Machine Translation", "", "", "1M characters", "translation", "translation_chars",
			2, 2e6},
		{"AI and Machine Learning", "Text translation", "", "", "1K Characters", "translation", "translation_chars", 2,
			2000},
		{"AI and Machine Learning", "Amazon Rekognition", "", "Rekognition:ImagesProcessed", "Images", "vision",
			"vision_images", 9, 9},
		{"AI and Machine Learning", "Amazon Rekognition", "", "FaceSearch", "Images", "face", "vision_images", 9, 9},
		{"AI and Machine Learning", "Azure AI Video Indexer", "AI Platforms", "", "Hours", "vision", "vision_images", 1,
			3600},
		{"AI and Machine Learning", "Cloud Vision API", "", "", "1000 Requests", "vision", "vision_images", 3, 3000},
		{"AI and Machine Learning", "Face API", "", "", "Transactions", "face", "vision_images", 3, 3},
		{"AI and Machine Learning", "Amazon Comprehend", "", "", "Units", "text_analytics", "", 0, 0},
		{"Analytics", "Azure AI Search", "Search", "", "Hours", "text_analytics", "", 0, 0},
		{"AI and Machine Learning", "Azure OpenAI", "", "gpt-4 Inp Tokens", "1K", "llm", "llm_tokens", 2, 2000},
		{"AI and Machine Learning", "OpenAI API", "Generative AI", "", "1000 Tokens", "llm", "llm_tokens", 2, 2000},
		{"AI and Machine Learning", "Hazard Service", "", "", "Tokens", "llm", "llm_tokens", 2, 2},
		{"AI and Machine Learning", "Amazon Bedrock", "", "", "1,000 tokens", "llm", "llm_tokens", 2, 2000},
		{"Compute", "Amazon Elastic Compute Cloud", "Virtual Machines", "BoxUsage:p4d.24xlarge", "Hrs", "gpu",
			"gpu_hours", 2, 16},
		{"Compute", "Compute Engine", "Virtual Machines", "Nvidia Tesla T4 GPU running in north", "Hours", "gpu",
			"gpu_hours", 2, 2},
		{"Compute", "Virtual Machines", "Virtual Machines", "ND96asr v4", "1 Hour", "gpu", "gpu_hours", 1, 8},
		{"Compute", "Amazon Elastic Compute Cloud", "Virtual Machines", "BoxUsage:m5.large", "Hrs", "", "", 0, 0},
		{"Web", "Azure Maps", "Other (Web)", "", "1K", "location", "", 0, 0},
		{"Other", "Professional Services", "", "", "Hours", "engineering", "", 0, 0},
		{"Compute", "AWS Lambda", "Serverless Compute", "Duration usage", "Lambda-GB-Second", "", "", 0, 0},
		{"Security", "Microsoft Defender for Cloud", "Security Posture Management", "", "Hours", "", "", 0, 0},
		{"Business Applications", "Payroll", "", "", "Users", "", "", 0, 0},
		{"", "", "", "", "", "", "", 0, 0},
	} {
		s := Service(Charge{Category: tt.category, Service: tt.service, Subcategory: tt.subcategory, Meter: tt.meter,
			Unit: tt.unit})
		if s.Capability != tt.capability || s.Measure != tt.measure {
			t.Errorf("Service(%q, %q, %q, %q, %q) = %q %q, want %q %q: %s", tt.category, tt.service, tt.subcategory,
				tt.meter, tt.unit, s.Capability, s.Measure, tt.capability, tt.measure, s.Evidence)
			continue
		}
		got := tt.quantity * s.Factor
		if s.PerMonthHours {
			got /= month
		}
		if tt.measure != "" && (got < tt.amount*0.999999 || got > tt.amount*1.000001) {
			t.Errorf("Service(%q, %q, %q): %v %s are %v %s, want %v", tt.service, tt.meter, tt.unit, tt.quantity,
				tt.unit, got, s.Measure, tt.amount)
		}
		if s.Capability != "" && !strings.Contains(s.Evidence, "service.tsv row") {
			t.Errorf("evidence %q", s.Evidence)
		}
	}
}

func TestParseUnit(t *testing.T) {
	for _, tt := range []struct {
		kind   string
		dim    dim
		factor float64
		hourly bool
		units  []string
	}{
		{"data", dimBytes, 1e-3, false, []string{"GB", "Gigabyte", "Go", "ГБ"}},
		{"data", dimBytes, 1, false, []string{"TB", "To", "terabytes"}},
		{"data", dimBytes, 1.073741824e-3, false, []string{"GiB", "gibibyte", "GiBy"}},
		{"data", dimBytes, 1e-12, false, []string{"Bytes", "By"}},
		{"data for a month", dimByteTime, 1e-3, false, []string{"GB-Mo", "GB-Months", "1 GB/Month", "GB / mes",
			"GByte-Months", "GBytes/Month", "GBM", "GB-Monat", "Go-mois", "Go/mois",
			"GB-mês", "GB-mese", "GB/月", "GB·月", "ГБ-месяц", "GB-월", "GB per month", "GB.Month", "GBMonths",
			"Gigabyte Storage Capacity Per Month"}},
		{"data for a month", dimByteTime, 1, false, []string{"TB-Mo", "TBM", "To/mois", "TB-Monate"}},
		{"data for a month", dimByteTime, 100, false, []string{"100 TB/Month", "100TB-Mo"}},
		{"data for a month", dimByteTime, 0.1, false, []string{"100 GB/Month", "100 GB-Mo"}},
		{"data for a month", dimByteTime, 1e-6, false, []string{"MB-Mo", "Mo-mois", "Mo/mois"}},
		{"data for a month", dimByteTime, 1.073741824e-3, false, []string{"GiBy.mo", "GiB-Month", "gibibyte month"}},
		{"data for a month", dimByteTime, 1125.899906842624, false, []string{"pebibyte month", "PiB-Mo"}},
		{"data for a month", dimByteTime, 1.048576e-6, false, []string{"mebibyte month"}},
		{"data for an hour", dimByteTime, 1e-3, true, []string{"GB-Hours", "GB Hours", "GB/Hour", "GBHours", "GB-Hrs",
			"GB-Stunden", "GB-heures", "GB小时", "GB·時間", "GB-часы",
			"GBH", "GBh", "GByteHr", "gigabytehours", "ГБч", "GBHRS"}},
		{"data for an hour, powers of two", dimByteTime, 1099511627776e-12, true, []string{"TiBHours", "TiBh",
			"TiB-Hours", "TIBHRS"}},
		{"data for a day", dimByteTime, 24e-3, true, []string{"GBday", "GBd", "GB-Days", "GBTage"}},
		{"data for a month, written together", dimByteTime, 1, false, []string{"TBmo", "TBMonth", "TBMONTHS"}},
		{"sizes that are not known", dimNone, 0, false, []string{"Xi B Hours", "Zetta Bytes", "GBs", "QiB-Hrs"}},
		{"data for an hour", dimByteTime, 1.073741824e-3, true, []string{"1 GiB Hour", "GiBy.h", "GiB-Hours"}},
		{"data for an hour", dimByteTime, 1e-12, true, []string{"ByteHrs", "byte-hours"}},
		{"data for a second", dimByteTime, 1e-12 / 3600, true, []string{"By.s", "byte-seconds"}},
		{"data for a day", dimByteTime, 24, true, []string{"TB/Day", "TB-Tage"}},
		{"time", dimTime, 1, false, []string{"Hrs", "Hours", "1 hora", "60 Minutes", "Instance Hours", "Std.",
			"Stunden", "Heures", "ore", "小时", "時間", "часы", "часов", "시간",
			"Transcription Hours", "16-kHz audio hours", "16 kHz Hours"}},
		{"time", dimTime, 1. / 60, false, []string{"Minuten", "minuti", "分", "分钟", "분", "Processed Video Minutes",
			"4K Video Minutes"}},
		{"time", dimTime, 15. / 3600, false, []string{"15 seconds", "15 секунд", "15秒"}},
		{"units for a time", dimUnitTime, 1, false, []string{"Units/Month", "1/Month"}},
		{"units for a time", dimUnitTime, 12, false, []string{"Units/Year"}},
		{"units for a time", dimUnitTime, 24, true, []string{"Units/Day", "1/Day"}},
		{"characters", dimChars, 1, false, []string{"Characters", "Characters (UTF-8)", "字符", "文字", "Zeichen",
			"символов", "글자"}},
		{"characters", dimChars, 1e6, false, []string{"1M characters", "1,000,000 characters", "MChar",
			"MillionCharacters", "million characters", "百万字符", "1 млн символов", "Mio. Zeichen"}},
		{"characters", dimChars, 1e4, false, []string{"万字符"}},
		{"tokens", dimTokens, 1e3, false, []string{"1000 Tokens", "KTokens", "千トークン"}},
		{"tokens", dimTokens, 1e6, false, []string{"MTok", "1M tokens"}},
		{"images", dimImages, 1e4, false, []string{"10000 Faces", "10K images", "万张"}},
		{"things of no known length", dimDocs, 1, false, []string{"Documents", "Pages", "Text Records", "Dokumente",
			"页"}},
		{"how fast", dimRequests, 1, false, []string{"GiB/Second-Months", "IOPS-Months", "IOs"}},
		{"requests", dimRequests, 1, false, []string{"Requests", "API Requests", "次", "запросов"}},
		{"requests", dimRequests, 1e3, false, []string{"1000 Transactions", "千次"}},
		{"a number", dimCount, 1e6, false, []string{"1M"}},
		{"a number", dimCount, 1e3, false, []string{"1K", "1 K"}},
		{"capacity", dimMachine, 1, false, []string{"OCPU Hours", "vCPU-Hours", "LCU-Hours", "Lambda-GB-Second"}},
		{"units", dimCount, 1, false, []string{"Units", "units", "count", "16-kHz audio units"}},
		{"thousands of characters", dimChars, 1e3, false, []string{"1.000 Zeichen", "1 000 caractères", "1'000 Zeichen",
			"1_000 chars",
			"1e3 characters", "10^3 characters", "miles de caracteres", "migliaia di caratteri",
			"milhares de caracteres", "тис. символов"}},
		{"many characters", dimChars, 1e5, false, []string{"十万字符", "lakh characters", "hundred thousand characters",
			"100.000 Zeichen"}},
		{"data kept, in other scripts", dimByteTime, 1e-3, true, []string{"ギガバイト時間", "기가바이트-시간", "吉字节小时",
			"гигабайт-часы"}},
		{"terabytes kept, in other scripts", dimByteTime, 1, false, []string{"テラバイト月", "太字节月", "терабайт в месяц",
			"테라바이트-월"}},
		{"a prefix written apart", dimByteTime, 1e-3, false, []string{"giga-octets mois", "Giga byte month"}},
		{"data kept for a week", dimByteTime, 0.168, true, []string{"GB-Week", "GB-Wochen", "GB-周"}},
		{"a size that is not understood", dimNone, 0, false, []string{"ゼタバイト時間", "某字节月", "Z Byte-Months",
			"XByte Hours"}},
		{"not understood", dimNone, 0, false, []string{"", "Keys", "Mo", "1 Month", "0 GB", "Speicherpakete",
			"10 Speicherpakete", "Seats", "%"}},
	} {
		for _, unit := range tt.units {
			t.Run(tt.kind+"/"+unit, func(t *testing.T) {
				q := parseUnit(unit, false)
				if q.dim != tt.dim || tt.dim != dimNone && (q.factor < tt.factor*0.999999 ||
					q.factor > tt.factor*1.000001 || q.hourly != tt.hourly) {
					t.Errorf("parseUnit(%q) = %+v, want %q %v %v", unit, q, tt.dim, tt.factor, tt.hourly)
				}
			})
		}
	}
}

// Providers whose documentation says that their GB are 2^30 bytes, and one that says nothing.
func TestBinaryUnits(t *testing.T) {
	for _, tt := range []struct {
		provider, unit string
		want           float64
	}{
		{"AWS", "GB-Mo", 1.073741824e-3}, {"Amazon Web Services, Inc.", "TB-Mo", 1.099511627776},
		{"Microsoft", "1 GB/Month", 1.073741824e-3},
		{"Google Cloud", "byte-seconds", 1e-12 / 3600}, {"Google", "GiBy.mo", 1.073741824e-3}, {"Skerry Cloud", "GB-Mo",
			1e-3}, {"", "GB-Mo", 1e-3},
	} {
		t.Run(tt.provider+" "+tt.unit, func(t *testing.T) {
			if got := parseUnit(tt.unit, binaryUnits(tt.provider)).factor; got < tt.want*0.999999 ||
				got > tt.want*1.000001 {
				t.Errorf("one %s of %s is %v TB, want %v", tt.unit, tt.provider, got, tt.want)
			}
		})
	}
}

func TestEndUserClass(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"Ministry of the Interior", Police}, {"Ministry of Internal Affairs of Arvania", Police},
		{"National Gendarmerie", Police}, {"City Police Department", Police},
		{"Ministry of Defence", Military}, {"Department of Defense", Military}, {"3rd Infantry Brigade", Military},
		{"Arvanian Army", Military},
		{"Military Intelligence Directorate, Ministry of Defence", Intelligence}, {"State Security Service",
			Intelligence}, {"Unit for Signals Analysis", Intelligence}, {"Directorate of Intelligence", Intelligence},
		{"State Border Guard Service of the Ministry of Internal Affairs", Border}, {"Coast Guard", Border},
		{"Prison Service", Prison}, {"Department of Corrections", Prison},
		{"Central Military Hospital", Health}, {"Hospital of the Ministry of Interior", Health},
		{"Prison hospital No. 2", Health}, {"St Brannoc Clinic Ltd", Health},
		{"Emergency Call Centre 112 of the Police", Emergency}, {"State Fire and Rescue Service", Emergency},
		{"Ministry of Emergency Situations", Emergency}, {"Civil Defence Directorate", Emergency},
		{"Military Court", Civil}, {"High Court", Civil}, {"Ministry of Education", Civil}, {"City of Brannoc", Civil},
		{"University of Arvania", Civil}, {"Financial Intelligence Unit", Civil},
		{"Salvation Army", Unknown}, {"Army & Navy Stores", Unknown}, {"Police Supplies GmbH", Commercial},
		{"Border Books Ltd.", Commercial}, {"Institute for Artificial Intelligence", Unknown},
		{"Interior Design Studio", Commercial}, {"Police Road Bakery", Commercial}, {"ACME Holding S.A.", Commercial},
		{"", Unknown}, {"???", Unknown}, {"Sentinel Security Services", Unknown},
		// other languages
		{"Ministère de l'Intérieur", Police}, {"Gendarmerie nationale", Police}, {"Ministère de la Défense", Military},
		{"Centre hospitalier universitaire", Health}, {"Direction générale du renseignement", Intelligence},
		{"Administration pénitentiaire", Prison}, {"Commune de Brannoc", Civil},
		{"Policía Nacional", Police}, {"Ministerio del Interior", Police}, {"Ministerio de Defensa Nacional", Military},
		{"Agencia Nacional de Inteligencia", Intelligence}, {"Bomberos Voluntarios", Emergency},
		{"CAUCA - ALCALDÍA MUNICIPIO DE MERCADERES", Civil},
		{"Polícia Judiciária", Police}, {"Ministério da Administração Interna", Police},
		{"CENTRO HOSPITALAR DE TORRES VEDRAS", Health}, {"Câmara Municipal de Gondomar", Civil},
		{"Serviço de Estrangeiros e Fronteiras", Border},
		{"Bundesministerium der Verteidigung", Military}, {"Landespolizei", Police}, {"Bundesamt für Verfassungsschutz",
			Intelligence}, {"Justizvollzugsanstalt Brannoc", Prison}, {"Klinikum Nord", Health},
		{"Bundeswehrkrankenhaus", Health},
		{"INSPECTORATUL GENERAL AL POLIŢIEI", Police}, {"Poliția de Frontieră", Border},
		{"I.M.S.P. SPITALUL RAIONAL REZINA", Health}, {"Penitenciarul nr. 4", Prison}, {"PRIMĂRIA COMUNEI COCIERI",
			Civil}, {"Serviciul de Informații și Securitate", Intelligence}, {"CONSILIUL RAIONAL CAHUL", Civil},
		{"Національна поліція", Police}, {"Міністерство оборони", Military}, {"Військова частина А1234", Military},
		{"Державна прикордонна служба", Border}, {"Служба безпеки", Intelligence}, {"Обласна лікарня", Health},
		{"ДСНС", Emergency}, {"ВІДДІЛ ОСВІТИ,КУЛЬТУРИ СЕЛИЩНОЇ РАДИ", Civil}, {"Виправна колонія № 5", Prison},
		{"Коледж з посиленою військовою та фізичною підготовкою", Civil},
		{"DEPARTAMENTUL DOTĂRI AL MINISTERULUI APĂRĂRII", Military},
		{"Министерство внутренних дел", Police}, {"Министерство обороны", Military}, {"Федеральная служба безопасности",
			Intelligence}, {"Городская больница № 3", Health}, {"МЧС", Emergency},
		{"ՀՀ ոստիկանություն", Police}, {"ՀՀ պաշտպանության նախարարություն", Military}, {"RA Kotayk Marzpetaran", Civil},
		{"İçişleri Bakanlığı", Police}, {"وزارة الداخلية", Police}, {"وزارة الدفاع", Military},
		{"משרד הביטחון", Military}, {"Policja", Police}, {"Straż Graniczna", Border}, {"公安局", Police},
		{"国防部", Military}, {"警察庁", Police}, {"경찰청", Police}, {"Ministero dell'Interno", Police}, {"Politie", Police},
	} {
		body := EndUser(tt.name, "")
		got, why := body.Class, body.Evidence
		if got != tt.want {
			t.Errorf("EndUser(%q) = %s, want %s: %s", tt.name, got, tt.want, why)
		}
		if (got == Unknown) != (why == "") {
			t.Errorf("EndUser(%q): evidence %q", tt.name, why)
		}
	}
}

// A stated class counts unless it is laxer than what the name says.
func TestStatedClass(t *testing.T) {
	for _, tt := range []struct{ name, stated, want string }{
		{"Ministry of Defence", "health", Military}, {"Ministry of Defence", " Armed Forces ", Military},
		{"Acme Ltd", "law enforcement", Police},
		{"Ministry of Defence", "unknown", Military}, {"Ministry of Defence", "nonsense", Military},
		{"Acme Ltd", "intelligence", Intelligence}, {"Acme Ltd", "", Commercial},
	} {
		if b := EndUser(tt.name, tt.stated); b.Class != tt.want {
			t.Errorf("EndUser(%q, %q) = %s, want %s: %s", tt.name, tt.stated, b.Class, tt.want, b.Evidence)
		}
	}
}

// Renaming states changes nothing: a name in front, behind or inside has no weight.
func TestNeutral(t *testing.T) {
	states := []string{"Arvania", "Bestria", "Republic of Caldor", "Kingdom of Norrland", "Дорвания"}
	for _, body := range []string{"Ministry of Defence of %", "% Police", "Intelligence Service of %",
		"% Prison Service", "Ministry of Health of %", "City of %", "Coast Guard, %", "% Holding GmbH",
		"Government of %"} {
		var class string
		var public, generic bool
		for i, s := range states {
			name := strings.ReplaceAll(body, "%", s)
			c := EndUser(name, "").Class
			p, g := Government(name, party.Unknown), Generic(name)
			if i == 0 {
				class, public, generic = c, p, g
			}
			if c != class || p != public || g != generic {
				t.Errorf("%q is %s %v %v; under another name %s %v %v", name, c, p, g, class, public, generic)
			}
		}
	}
}

func TestGovernment(t *testing.T) {
	for _, tt := range []struct {
		name string
		kind party.Kind
		want bool
	}{
		{"Ministry of Health", "", true}, {"Acme", party.PublicBody, true}, {"Ministry of Sound Ltd", "", false},
		{"Acme GmbH", party.Organization, false}, {"Police Supplies GmbH", "", false},
		{"City of Brannoc", party.Organization, true}, {"State Border Service", "", true}, {"Unit for Signals Analysis",
			"", true}, {"Ministry of Health", party.Person, false}, {"Ministry", party.Vessel, false},
		{"Dudley Metropolitan Borough Council", "", true}, {"MET OFFICE", "", true}, {"Câmara Municipal de Penamacor",
			"", true}, {"Parafusoviana – A. Equip. Ind., ldª", "", false}, {"Coelho & Quintas, Lda", "", false},
		{"PRIMĂRIA COMUNEI COCIERI", "", true},
		{"S.C. IMOPROIECT S.R.L.", "", false}, {"ООО \"Торговий Дім Еней\"", "", false},
		{"ALTA INDUSTRIAL Y MARINO SA DE CV", "", false}, {"Directia Educatie Tineret si Sport", "", true},
		{"The office of the President", "", true}, {"Ministry of energy and natural resources", "", true},
		{"Special Investigation Service", "", true}, {"State protection service", "", true}, {"RA Kotayk Marzpetaran",
			"", true}, {"Avangard-Tatev SPY", "", false}, {"Public Procurement Review Service", "", true},
		{"GUSTAVO ALBERTO", "", false}, {"", "", false},
		{"Bundesministerium des Innern", "", true}, {"وزارة الصحة", "", true}, {"Міністерство фінансів", "", true},
		{"Comune di Brannoc", "", true},
	} {
		if got := Government(tt.name, tt.kind); got != tt.want {
			t.Errorf("Government(%q, %q) = %v, want %v", tt.name, tt.kind, got, tt.want)
		}
	}
}

func TestGeneric(t *testing.T) {
	for _, name := range []string{"", " - ", "n/a", "N.A.", "Ministry", "the Ministry", "Government of Arvania",
		"Government of the Republic of Bestria", "various", "Various users", "to be confirmed", "TBC", "Confidential",
		"not stated", "End user", "state customer",
		"Inconnu", "à confirmer", "Ministère", "Gouvernement de l'Arvanie", "varios", "Gobierno de Arvania",
		"por confirmar", "confidencial", "Governo da Bestria", "a confirmar", "unbekannt", "Ministerium",
		"verschiedene Behörden", "vertraulich", "Regierung von Arvania",
		"невідомо", "міністерство", "конфіденційно", "не указано", "различные", "секретно", "necunoscut",
		"confidențial", "Guvernul Arvaniei", "գաղտնի", "نامعلوم"[:0], "غير محدد", "政府", "未定", "고객",
		"N.N.", "0", "for stock", "Resale", "customers of the integrator", "end users in the region", "the dealer",
		"pour la revente", "zum Weiterverkauf", "wird nachgereicht", "para reventa", "на склад", "к уточнению",
		"для перепродажу", "لإعادة البيع", "למכירה חוזרת", "经销商", "在庫", "재판매"} {
		if !Generic(name) {
			t.Errorf("Generic(%q) = false", name)
		}
	}
	for _, name := range []string{"Ministry of Defence", "Ministry of Health of Arvania", "City Hospital", "Acme Ltd",
		"Unit 41", "Government Printing Office", "Government of Arvania, Ministry of Defence", "Various Artists Ltd",
		"National Police", "same as buyer",
		"Ministère de la Défense", "Secretariat for Water", "State of Arvania Police", "Ministerio de Salud", "Polizei",
		"Customer Care Agency of Brannoc", "The Government of Arvania Prison Service",
		"Stock Exchange of Arvania", "Dealer Services GmbH", "Customers of the Ministry of Defence", "Unit 0"} {
		if Generic(name) {
			t.Errorf("Generic(%q) = true", name)
		}
	}
}

// Every row of every table is well formed: known classes, a source, and for words a
// pattern that finds itself.
func TestTables(t *testing.T) {
	classes := map[string]bool{"-": true, "": true}
	for _, c := range Classes {
		classes[c] = true
	}
	for k := range tellings {
		classes[k] = true
	}
	for _, table := range []string{"item.tsv", "goods.tsv", "code.tsv", "service.tsv"} {
		for _, r := range readTable(table) {
			sure, besides, _ := strings.Cut(r.fields["capability"], " ?")
			list, umbrella := strings.CutPrefix(sure+strings.Repeat(",", min(1, len(besides)))+besides, "?")
			for _, c := range strings.Split(list, ",") {
				if !classes[c] && !(umbrella && c == Egress) {
					t.Errorf("%s line %d: capability %q", table, r.line, c)
				}
			}
			if r.fields["source"] == "" {
				t.Errorf("%s line %d: no source", table, r.line)
			}
		}
	}
	for _, r := range slices.Concat(readTable("enduser.tsv"), readTable("trade.tsv")) {
		if c := r.fields["class"]; c != "-" && !slices.Contains(EndUserClasses, c) || r.fields["source"] == "" {
			t.Errorf("enduser.tsv line %d: class %q, source %q", r.line, r.fields["class"], r.fields["source"])
		}
	}
	for name, rs := range map[string]*ruleset{"item": itemRules(), "enduser": endUserRules(), "public": publicRules()} {
		t.Logf("%s: %d rules, %d phrases, %d nodes", name, len(rs.rules), len(rs.phrases), len(rs.nodes))
		for _, ph := range rs.phrases {
			text := ""
			for _, w := range ph.words {
				text += strings.Replace(w.text, "#", "7", 1) + " "
			}
			f := fold(nil, nil, text)
			if !slices.ContainsFunc(rs.find(&f, nil), func(m match) bool {
				return m.rule == ph.rule &&
					m.part == ph.part
			}) {
				t.Errorf("%s: phrase %q does not find itself", name, text)
			}
		}
	}
}

func TestNothingOfInterestAllocatesNothing(t *testing.T) {
	text := "Blefarostat cu deschidere prin rotire, 18 mm, din oțel inoxidabil placat cu crom"
	if n := testing.AllocsPerRun(100, func() { Item(text, "CPV", "33140000-3") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A description of a contract's length takes at most 2 µs:
// go test -run - -bench Item ./internal/capability
func BenchmarkItem(b *testing.B) {
	for _, bb := range []struct{ name, text, scheme, code string }{
		{"nothing", "Blefarostat cu deschidere prin rotire, 18 mm, din oțel inoxidabil placat cu crom", "CPV",
			"33140000-3"},
		{"one", "Speech-to-text transcription of recorded calls, 120,000 hours a month", "", ""},
		{"cyrillic", "Послуги з технічного обслуговування системи відеоспостереження", "ДК021", "50340000-0"},
		{"code", "", "CPV", "35125300-2"},
	} {
		b.Run("text="+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Item(bb.text, bb.scheme, bb.code)
			}
		})
	}
}

func BenchmarkEndUser(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		EndUser("State Border Guard Service of the Ministry of Internal Affairs of Arvania", "")
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"S.R.L. Ünïcödé", "з'єднання", "公安局 部", "a..b.c", "\xff\xfe", "A\u0301\u0301",
		"٣ الشرطة"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := foldString(s)
		if twice := foldString(once); twice != once && !strings.Contains(s, ".") {
			t.Errorf("fold(%q) = %q, folded again %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("fold(%q) = %q is no UTF-8", s, once)
		}
		a := Item(s, s, s)
		if (len(a.Capabilities)+len(a.Controlled) > 0) != (len(a.Evidence) > 0) {
			t.Errorf("%q: %v", s, a)
		}
		Service(Charge{s, s, s, s, s, s, s})
		if b := EndUser(s, s); !slices.Contains(EndUserClasses, b.Class) || b.Class != Unknown && b.Evidence == "" {
			t.Errorf("%q: %+v", s, b)
		}
		Government(s, party.Unknown)
		Generic(s)
	})
}
