package focus

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// aws writes a bill of Amazon in the form of CUR 1 or, with sep "_", of CUR 2.
func aws(sep string, lines ...string) string {
	name := func(s string) string {
		if sep == "/" {
			return s
		}
		part, rest, _ := strings.Cut(s, "/")
		return snake(part) + "_" + strings.TrimPrefix(snake(rest), "_")
	}
	var head []string
	for _, n := range []string{"bill/PayerAccountId", "bill/BillingPeriodStartDate", "lineItem/UsageAccountId",
		"lineItem/LineItemType", "lineItem/UsageStartDate", "lineItem/UsageEndDate",
		"lineItem/ProductCode", "lineItem/UsageType", "lineItem/Operation", "lineItem/UsageAmount",
		"lineItem/UnblendedCost", "lineItem/CurrencyCode", "lineItem/ResourceId", "pricing/unit", "product/region",
		"resourceTags/user:team"} {
		head = append(head, name(n))
	}
	return strings.Join(head, ",") + "\n" + strings.Join(lines, "\n") + "\n"
}

var awsLines = []string{
	"100,2030-01-01T00:00:00Z,200,Usage,2030-01-05T00:00:00Z,2030-01-05T01:00:00Z,transcribe,EUC1-TranscribeAudio,TranscribeAudio,3600,1.5,USD,res,second,eu-central-1,t",
	"100,2030-01-01T00:00:00Z,200,SavingsPlanCoveredUsage,2030-01-05T00:00:00Z,2030-01-05T01:00:00Z,AmazonEC2,EUC1-BoxUsage:m5.large,RunInstances,1,0.1,USD,res,Hrs,eu-central-1,t",
	"100,2030-01-01T00:00:00Z,200,SavingsPlanNegation,2030-01-05T00:00:00Z,2030-01-05T01:00:00Z,AmazonEC2,EUC1-BoxUsage:m5.large,RunInstances,1,-0.1,USD,res,Hrs,eu-central-1,t",
	"100,2030-01-01T00:00:00Z,200,Tax,2030-01-01T00:00:00Z,2030-02-01T00:00:00Z,AmazonEC2,,,0,2,USD,,,,",
	"100,2030-01-01T00:00:00Z,200,Zephyr,2030-01-01T00:00:00Z,2030-02-01T00:00:00Z,AmazonEC2,,,1,2,USD,,,,",
}

const nativeQuery = `SELECT account, sub_account, month, region, category, service, meter, words, unit, used, quantity, billed, currency, provider, period_hours FROM usage
ORDER BY first_row`

func TestProfiles(t *testing.T) {
	const awsWant = `100|200|2030-01-01|eu-central-1||transcribe|EUC1-TranscribeAudio|:: TranscribeAudio|second|yes|3600|1.5|USD|AWS|1
100|200|2030-01-01|eu-central-1||AmazonEC2|EUC1-BoxUsage:m5.large|:: RunInstances|Hrs|yes|1|0.1|USD|AWS|1
100|200|2030-01-01|eu-central-1||AmazonEC2|EUC1-BoxUsage:m5.large|:: RunInstances|Hrs|no|1|-0.1|USD|AWS|1
100|200|2030-01-01|||AmazonEC2||||no|0|2|USD|AWS|744
100|200|2030-01-01|||AmazonEC2||||unknown|1|2|USD|AWS|744
`
	const google = `{"billing_account_id":"01-AB","service":{"id":"x","description":"Cloud Storage"},"sku":{"id":"y","description":"Standard Storage Belgium"},"usage_start_time":"2030-01-05 00:00:00 UTC","usage_end_time":"2030-01-06 00:00:00 UTC","project":{"id":"p-1","labels":[{"key":"k","value":"v"}]},"location":{"region":"europe-west1"},"cost":1.5,"currency":"EUR","usage":{"amount":7.776e+20,"unit":"byte-seconds"},"invoice":{"month":"203001"},"cost_type":"regular"}
{"billing_account_id":"01-AB","service":{"description":"Invoice"},"sku":{"description":"Tax"},"usage_start_time":"2030-01-05 00:00:00 UTC","usage_end_time":"2030-01-06 00:00:00 UTC","project":null,"cost":0.5,"currency":"EUR","usage":{"amount":0,"unit":""},"invoice":{"month":"203001"},"cost_type":"tax"}
`
	const googleWant = `01-AB|p-1|2030-01-01|europe-west1||Cloud Storage|Standard Storage Belgium||byte-seconds|yes|777600000|1.5|EUR|Google Cloud|24
01-AB||2030-01-01|||Invoice|Tax|||no|0|0.5|EUR|Google Cloud|24
`
	const azureWant = `44|sub|2030-01-01|westeurope|AI + Machine Learning|Cognitive Services|S1 Characters|Translator Text ::|1M|yes|5000|9|EUR|Microsoft|24
44|sub|2030-01-01|westeurope|Compute|Virtual Machines|D2s v3|Dsv3 ::|1 Hour|no|24|1|EUR|Microsoft|24
`
	azure := func(head string, days ...string) string {
		return head + "\n" + fmt.Sprintf("44,sub,%s,westeurope,AI + Machine Learning,Cognitive Services,Translator "+
			"Text,S1 Characters,1M,5000,9,EUR,Usage\n", days[0]) +
			fmt.Sprintf("44,sub,%s,westeurope,Compute,Virtual Machines,Dsv3,D2s v3,1 Hour,24,1,EUR,UnusedReservation\n",
				days[1])
	}
	const azureHead = "BillingAccountId,SubscriptionId,Date,ResourceLocation,ServiceFamily,MeterCategory,MeterSubCategory,MeterName,UnitOfMeasure,Quantity,CostInBillingCurrency,BillingCurrencyCode,ChargeType"
	for _, tt := range []struct{ name, file, text, want string }{
		{"AWS, with strokes", "cur.csv", aws("/", awsLines...), awsWant},
		{"AWS, with underscores", "cur.csv", aws("_", awsLines...), awsWant},
		{"Azure, month first", "usage.csv", azure(azureHead, "01/05/2030", "01/31/2030"), azureWant},
		{"Azure, day first", "usage.csv", azure(azureHead, "05/01/2030", "31/01/2030"), azureWant},
		{"Azure, ISO", "usage.csv", azure(azureHead, "2030-01-05", "2030-01-31"), azureWant},
		{"Azure, dots", "usage.csv", azure(azureHead, "05.01.2030", "31.01.2030"), azureWant},
		{"Azure, names with blanks", "usage.csv", azure("Billing Account Id,Subscription GUID,Date,Resource "+
			"Location,Service Family,Meter Category,Meter Sub-Category,Meter Name,Unit of Measure,Consumed "+
			"Quantity,Cost,Currency,Charge Type", "01/05/2030", "01/31/2030"), azureWant},
		{"Azure, semicolons", "usage.csv", strings.ReplaceAll(azure(azureHead, "01/05/2030", "01/31/2030"), ",", ";"),
			azureWant},
		{"Azure, record by record", "usage.csv", "\n" + azure(azureHead, "05/01/2030", "31/01/2030"), azureWant},
		{"Azure, dates with a time", "usage.csv", azure(azureHead, "1/5/2030 0:00", "1/31/2030 12:00:00 AM"),
			azureWant},
		{"Azure, German", "usage.csv",
			strings.ReplaceAll(azure(
				"ID des Abrechnungskontos,Abonnement-ID,Datum,Ressourcenstandort,Dienstfamilie,Kategorie der "+
					"Verbrauchseinheit,Unterkategorie der Verbrauchseinheit,Name der "+
					"Verbrauchseinheit,Maßeinheit,Menge,Kosten in Abrechnungswährung,Abrechnungswährung,Art der Gebühr",
				"05.01.2030", "31.01.2030"), ",", ";"), azureWant},
		{"Azure, German compounds", "usage.csv",
			azure("Abrechnungskonto-ID,Abonnement-GUID,Datum,Ressourcenspeicherort,Dienstfamilie,Verbrauchseinheitenkategorie,Verbrauchseinheitenunterkategorie,Verbrauchseinheitenname,Masseinheit,Verbrauchte Menge,Kosten,Währung,Gebührenart", "05.01.2030", "31.01.2030"), azureWant},
		{"Azure, French", "usage.csv", azure("ID de compte de facturation,ID d'abonnement,Date,Emplacement de la "+
			"ressource,Famille de services,Catégorie du compteur,Sous-catégorie du compteur,Nom du compteur,Unité de "+
			"mesure,Quantité,Coût dans la devise de facturation,Devise de facturation,Type de frais", "05/01/2030",
			"31/01/2030"), azureWant},
		{"Azure, Spanish", "usage.csv", azure("Id. de cuenta de facturación,Id. de suscripción,Fecha,Ubicación del "+
			"recurso,Familia de servicio,Categoría del medidor,Subcategoría del medidor,Nombre del medidor,Unidad de "+
			"medida,Cantidad,Costo,Moneda de facturación,Tipo de cargo", "05/01/2030", "31/01/2030"), azureWant},
		{"Azure, Japanese", "usage.csv", azure("課金アカウント ID,サブスクリプション ID,日付,リソースの場所,サービス "+
			"ファミリ,メーターのカテゴリ,メーターのサブカテゴリ,メーター名,測定単位,数量,コスト,課金通貨,課金種別の種類", "2030-01-05", "2030-01-31"), azureWant},
		{"Azure, Italian", "usage.csv", azure("ID account di fatturazione,ID sottoscrizione,Data,Posizione "+
			"risorsa,Famiglia di servizi,Categoria contatore,Sottocategoria contatore,Nome contatore,Unità di "+
			"misura,Quantità,Costo nella valuta di fatturazione,Valuta di fatturazione,Tipo di addebito", "2030-01-05",
			"2030-01-31"), azureWant},
		{"Azure, Portuguese", "usage.csv", azure("ID da conta de cobrança,ID da assinatura,Data,Local do "+
			"recurso,Família de serviços,Categoria do medidor,Subcategoria do medidor,Nome do medidor,Unidade de "+
			"medida,Quantidade,Custo na moeda de cobrança,Moeda de cobrança,Tipo de encargo", "2030-01-05",
			"2030-01-31"), azureWant},
		{"Azure, Chinese", "usage.csv", azure("计费帐户 ID,订阅 ID,日期,资源位置,服务系列,计量类别,计量子类别,计量名称,度量单位,数量,以计费货币计算的成本,计费货币,费用类型",
			"2030-01-05", "2030-01-31"), azureWant},
		{"Azure, Korean", "usage.csv", azure("청구 계정 ID,구독 ID,날짜,리소스 위치,서비스 패밀리,미터 범주,미터 하위 범주,미터 이름,측정 단위,수량,청구 통화 "+
			"비용,청구 통화,요금 유형", "2030-01-05", "2030-01-31"), azureWant},
		{"Azure, other Japanese", "usage.csv", azure("請求先アカウント ID,サブスクリプション ID,日付,リソースの場所,サービス "+
			"ファミリ,測定カテゴリ,測定サブカテゴリ,測定名,測定単位,数量,請求通貨でのコスト,請求通貨,料金の種類", "2030-01-05", "2030-01-31"), azureWant},
		{"Azure, other Spanish", "usage.csv", azure("Id. de cuenta de facturación,Id. de la "+
			"suscripción,Fecha,Ubicación de recursos,Familia de servicios,Categoría de medidor,Subcategoría de "+
			"medidor,Nombre de medidor,Unidad de medida,Cantidad,Costo en moneda de facturación,Moneda de "+
			"facturación,Tipo de cargo", "2030-01-05", "2030-01-31"), azureWant},
		{"Azure, without the kind of charge", "usage.csv",
			"Subscription Name,SubscriptionGuid,Usage Date,Meter Category,Meter Name,Unit of Measure,Consumed " +
				"Quantity,Resource Location,Month,Extended Cost\ns,sub,01/31/2030,Cognitive Services,S1 " +
				"Characters,1M,5000,westeurope,1,9\n",
			"sub||2030-01-01|westeurope||Cognitive Services|S1 Characters||1M|yes|5000|9||Microsoft|24\n"},
		{"Azure, decimal commas", "usage.csv", strings.ReplaceAll(azureHead, ",", ";") +
			"\n44;sub;05.01.2030;westeurope;AI;Cognitive Services;Translator Text;S1 " +
			"Characters;1M;1.234,5;0,0012;EUR;Usage\n44;sub;05.01.2030;westeurope;AI;Cognitive Services;Translator " +
			"Text;S0 Characters;1M;2.000;3;EUR;Usage\n",
			"44|sub|2030-01-01|westeurope|AI|Cognitive Services|S1 Characters|Translator Text " +
				"::|1M|yes|1234.5|0.0012|EUR|Microsoft|24\n44|sub|2030-01-01|westeurope|AI|Cognitive Services|S0 " +
				"Characters|Translator Text ::|1M|yes|2000|3|EUR|Microsoft|24\n"},
		{"Microsoft partner, daily use", "recon.csv",
			"PartnerId,PartnerName,CustomerId,CustomerName,InvoiceNumber,ProductId,SkuId,SkuName,ProductName,PublisherName,SubscriptionId,ChargeStartDate,ChargeEndDate,UsageDate,MeterCategory,MeterSubCategory,MeterName,Unit,ResourceLocation,ChargeType,Quantity,BillingPreTaxTotal,BillingCurrency\n" +
				"p,Example Partner,c,Example " +
				"Buyer,G1,P1,S1,Speech,Speech,Microsoft,sub,2030-01-01,2030-01-31,2030-01-05,Cognitive " +
				"Services,Speech,S1 Speech To Text,1 Hour,westeurope,New,3,9,EUR\n",
			"c|sub|2030-01-01|westeurope||Cognitive Services|S1 Speech To Text|Speech :: Speech | Speech|1 " +
				"Hour|yes|3|9|EUR|Microsoft|24\n"},
		{"Microsoft partner, use", "recon.csv",
			"PartnerId,PartnerName,PartnerBillableAccountId,CustomerCompanyName,MpnId,Tier2MpnId,InvoiceNumber,ChargeStartDate,ChargeEndDate,SubscriptionId,SubscriptionName,OrderId,ServiceName,ServiceType,ResourceGuid,ResourceName,Region,Sku,ConsumedQuantity,Unit,PretaxCharges,Currency,ChargeType,CustomerId\n" +
				"p,Example Partner,1,Example Buyer,2,,D1,1/1/2030 0:00,1/31/2030 23:59,sub,x,o,COGNITIVE " +
				"SERVICES,Speech,g,Speech To Text,westeurope,K-1,3,Hours,9,EUR,ASSESS USAGE FEE FOR CURRENT CYCLE,c\n",
			"c|sub|2030-01-01|westeurope||COGNITIVE SERVICES|Speech To Text|Speech :: " +
				"K-1|Hours|yes|3|9|EUR|Microsoft|720\n"},
		{"Microsoft partner, licences", "recon.csv",
			"PartnerId,CustomerId,CustomerName,MpnId,OrderId,SubscriptionId,OfferId,DurableOfferId,OfferName,SubscriptionStartDate,SubscriptionEndDate,ChargeStartDate,ChargeEndDate,ChargeType,UnitPrice,Quantity,Amount,Subtotal,Tax,Currency\n" +
				"p,c,Example Buyer,2,o,sub,f,d,Office for all,1/1/2030,12/31/2030,1/1/2030,1/31/2030,Cycle " +
				"fee,2,10,20,20,4,EUR\n",
			"c|sub|2030-01-01|||Office for all||||no|10|20|EUR|Microsoft|720\n"},
		{"Microsoft partner, invoice", "recon.csv",
			"PartnerId,CustomerId,CustomerName,CustomerDomainName,InvoiceNumber,OrderId,OrderDate,ProductId,SkuId,SkuName,ProductName,ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,PublisherName,SubscriptionId,ChargeStartDate,ChargeEndDate,EffectiveUnitPrice,UnitType,BillableQuantity,MeterDescription\n" +
				"p,c,Example Buyer,d,G1,o,2030-01-31,P1,S1,Speech to " +
				"text,Speech,New,2,1,20,4,24,EUR,Microsoft,sub,2030-01-01T00:00:00Z,2030-01-31T00:00:00Z,2,1 " +
				"Hour,10,Speech - Speech to text\n" +
				"p,c,Example Buyer,d,G1,o,2030-01-31,P2,S2,Office,Office,Cycle " +
				"Fee,2,1,20,4,24,EUR,Microsoft,sub,2030-01-01T00:00:00Z,2030-01-31T00:00:00Z,2,,10,\n",
			"c|sub|2030-01-01|||Speech|Speech to text|:: Speech - Speech to text|1 " +
				"Hour|unknown|10|20|EUR|Microsoft|720\nc|sub|2030-01-01|||Office|Office|||no|10|20|EUR|Microsoft|720\n"},
		{"Google, JSON lines", "billing.jsonl", google, googleWant},
		{"Google, flat", "billing.csv",
			"billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,project.id,location.region,cost,currency,usage.amount,usage.unit,invoice.month,cost_type\n" +
				"01-AB,Cloud Storage,Standard Storage " +
				"Belgium,2030-01-05T00:00:00,2030-01-06T00:00:00,p-1,europe-west1,1.5,EUR,7.776e+20,byte-seconds,203001,regular\n" +
				"01-AB,Invoice,Tax,2030-01-05T00:00:00,2030-01-06T00:00:00,,,0.5,EUR,0,,203001,tax\n", googleWant},
		{"Oracle", "cost.csv",
			"lineItem/referenceNo,lineItem/tenantId,lineItem/intervalUsageStart,lineItem/intervalUsageEnd,product/service,product/compartmentId,product/region,product/Description,usage/billedQuantity,cost/myCost,cost/currencyCode,cost/billingUnitReadable,tags/own\n" +
				"1,ocid.t,2030-01-05T00:00Z,2030-01-05T01:00Z,AI_SERVICES,c-1,eu-frankfurt-1,OCI - " +
				"Speech,24,9,EUR,Transcription Hours,x\n",
			"ocid.t|c-1|2030-01-01|eu-frankfurt-1||AI_SERVICES|OCI - Speech||Transcription " +
				"Hours|yes|24|9|EUR|Oracle|1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, tt.file, tt.text)
			l := load(t, dir)
			if len(l.sources) != 1 || len(l.rejects) > 0 {
				t.Fatalf("%d bills, rejects %v", len(l.sources), l.rejects)
			}
			if diff := cmp.Diff(tt.want, l.text(t, nativeQuery)); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
}

// The same bills in Parquet, Google's with its objects.
func TestProfilesParquet(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "cur.csv", aws("_", awsLines...))
	write(t, dir, "google.json",
		`[{"billing_account_id":"01-AB","service":{"id":"x","description":"Cloud Storage"},"sku":{"id":"y","description":"Standard Storage Belgium"},"usage_start_time":"2030-01-05 00:00:00","usage_end_time":"2030-01-06 00:00:00","project":{"id":"p-1"},"location":{"region":"europe-west1"},"cost":1.5,"currency":"EUR","usage":{"amount":7.776e+20,"unit":"byte-seconds"},"invoice":{"month":"203001"},"cost_type":"regular"}]`)
	db := openDB(t)
	for from, want := range map[string]string{
		"read_csv('" + filepath.Join(dir, "cur.csv") + "')":           "200|transcribe|yes|1\n",
		"read_json_auto('" + filepath.Join(dir, "google.json") + "')": "p-1|Cloud Storage|yes|1\n",
	} {
		path := filepath.Join(t.TempDir(), "bill.parquet")
		if _, err := db.Exec("COPY (SELECT * FROM " + from + " LIMIT 1) TO " + quote(path) + " (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
		if v, ok := RecognisePath(path); !ok {
			t.Errorf("%s: not recognised (%q)", from, v)
		}
		var c recordtest.Collector
		to := openDB(t)
		if _, err := Load(t.Context(), to, []record.Source{{Path: path, Name: "bill.parquet"}}, &c); err != nil {
			t.Fatal(err)
		}
		l := &loaded{db: to}
		if got := l.text(t, "SELECT sub_account, service, used, charges FROM usage"); got != want {
			t.Errorf("%s: usage = %q, want %q; rejects %v", from, got, want, c.Rejects)
		}
	}
}

// What customers write in bills of their providers' own form is not stored.
func TestProfilesKeepContentOut(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "cur.csv", aws("/", strings.ReplaceAll(strings.Join(awsLines, "\n"), ",res,", ",merkwort,")))
	l := load(t, dir)
	b, err := json.Marshal(l.text(t, "SELECT * EXCLUDE (quantity, billed, effective) FROM usage"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "merkwort") {
		t.Error("a resource's name reached the table")
	}
	if st := l.stat(t, "cur.csv"); st.Extra["lineItem/ResourceId"] != 3 || st.Extra["resourceTags/user:team"] != 3 {
		t.Errorf("dropped values %v", st.Extra)
	}
}

func TestNearest(t *testing.T) {
	for _, tt := range []struct{ head, want string }{
		{"lineItem/UsageType,lineItem/UsageAmount,lineItem/UsageAccountId\n",
			"nearest is AWS Cost and Usage Report, which has lineItemLineItemType, lineItemUsageStartDate"},
		{"meterCategory,subscriptionId\n", "nearest is Azure cost and usage details, which has date or usageDateTime " +
			"or usageDate or usageStart"},
		{"account_id,party_name,since\n", ""},
		{"", ""},
	} {
		t.Run(tt.head, func(t *testing.T) {
			if got := Nearest([]byte(tt.head)); got != tt.want {
				t.Errorf("Nearest(%q) = %q, want %q", tt.head, got, tt.want)
			}
		})
	}
}

// snake writes lineItemUsageType as line_item_usage_type.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
