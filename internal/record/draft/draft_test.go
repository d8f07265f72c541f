package draft

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/htmlindex"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// one drafts a map of one text and returns it with what it reads of the first row.
func one(t *testing.T, name string, data []byte, only string) (text string, n Note, first map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	src := record.Source{Path: path, Name: name, Size: int64(len(data))}
	text, notes, err := Files(t.Context(), []record.Source{src}, only)
	if err != nil {
		t.Fatal(err)
	}
	n = notes[0]
	first = map[string]string{}
	if text == "" {
		return text, n, first
	}
	all, err := table.ParseMaps("draft", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m, ok, err := table.Match(all, src)
	if err != nil || !ok {
		t.Fatalf("the draft is not for its own file: %v\n%s", err, text)
	}
	if _, err := table.EachMapped(t.Context(), src, m, func(r *table.MappedRow) error {
		if len(first) > 0 || r.Reason != "" {
			return nil
		}
		for i, c := range m.Columns() {
			first[c] = r.Cells[i]
		}
		for _, u := range r.Unread {
			first[u.Column] = "? " + u.Value
		}
		return nil
	}); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return text, n, first
}

func encoded(t *testing.T, name, text string) []byte {
	t.Helper()
	enc, err := htmlindex.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func utf16LE(text string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

const russian = "Номер договора;Заказчик;Страна;Предмет;Сумма;Валюта;Дата договора\n" +
	"Д-1;Портовое управление;Велден;Сервер;1 200,50;EUR;03.02.2031\nД-2;Пекарня;Орса;Касса;12,00;EUR;17.02.2031\n"

func TestDraft(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		data       []byte
		table      string
		want       map[string]string
	}{
		{"English orders with a comma", "orders.csv",
			[]byte("Order No,Customer Name,Customer Country,Product,Qty,Unit Price,Amount,Currency,Order Date,Ship " +
				"To\n" +
				"O-1,Harbour Office,Velden,Camera,3,10.00,\"1,234.50\",USD,2031-02-03,Coast Guard\n"), "engagements",
			map[string]string{"engagement_id": "O-1", "buyer": "Harbour Office", "buyer_country": "Velden",
				"item": "Camera", "quantity": "3", "value": "1234.50",
				"currency": "USD", "signed": "2031-02-03", "end_user": "Coast Guard"}},
		{"French contracts with blanks in numbers", "marches.csv",
			[]byte("N° contrat;Client;Pays;Désignation;Montant HT (k€);Date de signature\n" +
				"C1;Office du port;Velden;Caméras;1 234,5;03/02/2031\nC2;Mairie;Velden;Serveurs;12,0;28/02/2031\n"),
			"engagements",
			map[string]string{"engagement_id": "C1", "kind": "contract", "buyer": "Office du port", "item": "Caméras",
				"value": "1234500", "signed": "2031-02-03", "currency": "EUR"}},
		{"Portuguese invoices", "faturas.csv", []byte("Nº Fatura;Cliente;País;Descrição;Valor;Moeda;Data de " +
			"emissão\nF1;Porto de " +
			"Velden;Velden;Câmaras;1.000,00;EUR;3/2/2031\nF2;Padaria;Orsa;Caixa;10,00;EUR;17/2/2031\n"),
			"engagements", map[string]string{"engagement_id": "F1", "buyer": "Porto de Velden", "value": "1000.00",
				"signed": "2031-02-03"}},
		{"Italian orders", "ordini.csv", []byte("Numero ordine\tRagione sociale " +
			"cliente\tNazione\tDescrizione\tQtà\tImporto netto\tData " +
			"ordine\n1\tPorto\tVelden\tTelecamere\t2\t1.500,00\t03-02-2031\n2\tForno\tOrsa\tCassa\t1\t9,00\t17-02-2031\n"),
			"engagements", map[string]string{"buyer": "Porto", "buyer_country": "Velden", "quantity": "2",
				"value": "1500.00", "signed": "2031-02-03"}},
		{"Dutch invoices", "facturen.csv",
			[]byte("Factuurnummer;Klantnaam;Land;Omschrijving;Bedrag;Factuurdatum\n1;Haven;Velden;Camera;1.500,00;03-02-2031\n"), "engagements",
			map[string]string{"buyer": "Haven", "item": "Camera", "value": "1500.00", "signed": "2031-02-03"}},
		{"Polish orders in Windows-1250", "zamowienia.csv", encoded(t, "windows-1250",
			"Numer umowy;Zamawiający;Kraj;Przedmiot;Wartość;Waluta;Data podpisania\nU1;Urząd Portu;Velden;Kamery "+
				"łąkowe;1 500,00;PLN;03.02.2031\n"),
			"engagements", map[string]string{"engagement_id": "U1", "kind": "contract", "buyer": "Urząd Portu",
				"item": "Kamery łąkowe", "value": "1500.00"}},
		{"Turkish orders", "siparis.csv", []byte("Sipariş No;Müşteri Adı;Ülke;Ürün;Miktar;Tutar;Para Birimi;Sipariş " +
			"Tarihi\n1;Liman;Velden;Kamera;2;1.500,00;TRY;03.02.2031\n"), "engagements",
			map[string]string{"engagement_id": "1", "buyer": "Liman", "item": "Kamera", "value": "1500.00",
				"currency": "TRY"}},
		{"Russian contracts", "dogovory.csv", []byte(russian), "engagements",
			map[string]string{"engagement_id": "Д-1", "buyer": "Портовое управление", "value": "1200.50",
				"signed": "2031-02-03"}},
		{"Russian contracts in Windows-1251", "dogovory.csv", encoded(t, "windows-1251", russian), "engagements",
			map[string]string{"engagement_id": "Д-1", "buyer": "Портовое управление", "value": "1200.50",
				"signed": "2031-02-03"}},
		{"Russian contracts in UTF-16 without a mark", "dogovory.csv", utf16LE(russian), "engagements",
			map[string]string{"buyer": "Портовое управление"}},
		{"Chinese contracts", "a.csv",
			[]byte("合同编号,客户名称,国家,产品名称,数量,合同金额,币种,签订日期\nH1,港务局,维尔登,摄像头,2,\"1,500.00\",CNY,2031年2月3日\n"), "engagements",
			map[string]string{"engagement_id": "H1", "kind": "contract", "buyer": "港务局", "value": "1500.00",
				"signed": "2031-02-03"}},
		{"Chinese contracts in GB 18030", "a.csv",
			encoded(t, "gb18030", "合同编号,客户名称,国家,产品名称,数量,合同金额\nH1,港务局,维尔登,摄像头,2,1500.00\n"), "engagements",
			map[string]string{"buyer": "港务局"}},
		{"Japanese orders in Shift JIS", "a.csv", encoded(t, "shift_jis",
			"受注番号,得意先名,国名,品名,数量,金額,受注日\nJ1,港湾局,ヴェルデン,カメラ,2,1500,2031/02/03\n"), "engagements",
			map[string]string{"engagement_id": "J1", "buyer": "港湾局", "item": "カメラ", "signed": "2031-02-03"}},
		{"day numbers of a spreadsheet in a text", "a.csv",
			[]byte("Order ID,Customer,Order Date,Amount\nA,Harbour,47882,5\nB,Mill,47890,7\n"), "engagements",
			map[string]string{"signed": "2031-02-03"}},
		{"months in words", "a.csv", []byte("Auftragsnummer;Kunde;Auftragsdatum;Betrag\nA;Hafen;3. März " +
			"2031;5,50\nB;Mühle;17. Mai 2031;7,25\n"), "engagements", map[string]string{"signed": "2031-03-03",
			"value": "5.50"}},
		{"Hebrew orders", "a.csv", []byte("מספר הזמנה,תאריך הזמנה,שם לקוח,מדינה,תיאור,סכום לפני " +
			"מע\"מ,מטבע\n1,03/02/2031,Harbour,Velden,מצלמה,\"1,500.00\",ILS\n2,17/02/2031,Mill,Orsa,תנור,9.00,ILS\n"),
			"engagements", map[string]string{"engagement_id": "1", "buyer": "Harbour", "item": "מצלמה",
				"value": "1500.00", "signed": "2031-02-03"}},
		{"Czech contracts, blanks in days and taxes in headings", "a.csv", encoded(t, "windows-1250",
			"Číslo smlouvy;Datum uzavření;Odběratel;Předmět;Cena bez DPH;Měna\n1;3. 2. 2031;Přístav;Kamera;1 "+
				"500,00;CZK\n2;17. 2. 2031;Mlýn;Pec;9,00;CZK\n"),
			"engagements", map[string]string{"buyer": "Přístav", "item": "Kamera", "value": "1500.00",
				"signed": "2031-02-03"}},
		{"Dutch orders without tax", "a.csv", []byte("Ordernummer;Klant;Omschrijving;Bedrag excl. " +
			"btw\n1;Haven;Camera;1.500,00\n"), "engagements", map[string]string{"buyer": "Haven", "value": "1500.00"}},
		{"Hungarian contracts", "a.csv", []byte("Szerződésszám;Vevő neve;Megnevezés;Nettó összeg;Pénznem;Szerződés " +
			"dátuma\n1;Kikötő;Kamera;1 500,00;HUF;2031.02.03\n"), "engagements",
			map[string]string{"engagement_id": "1", "buyer": "Kikötő", "value": "1500.00", "signed": "2031-02-03"}},
		{"Greek contracts", "a.csv", []byte("Αριθμός σύμβασης;Πελάτης;Περιγραφή;Καθαρή αξία;Ημερομηνία " +
			"υπογραφής\n1;Λιμάνι;Κάμερα;1.500,00;03/02/2031\n"), "engagements",
			map[string]string{"buyer": "Λιμάνι", "value": "1500.00", "signed": "2031-02-03"}},
		{"days with a clock", "a.csv", []byte("Record ID,Associated Company,Amount,Close " +
			"Date\n1,Harbour,5,2031-02-03 10:22\n2,Mill,7,2031-02-17 09:00\n"), "engagements",
			map[string]string{"buyer": "Harbour", "signed": "2031-02-03T10:22:00Z"}},
		{"American days with a clock", "a.csv", []byte("Order ID,Customer,Amount,Order Date\n1,Harbour,5,2/3/2031 " +
			"10:22:05 PM\n2,Mill,7,2/17/2031 9:00:00 AM\n"), "engagements",
			map[string]string{"buyer": "Harbour", "signed": "2031-02-03T22:22:05Z"}},
		{"Spanish days in words", "a.csv", []byte("Nº contrato;Cliente;Importe;Fecha de firma\n1;Puerto;5,00;3 de " +
			"febrero de 2031\n2;Molino;7,00;17 de marzo de 2031\n"), "engagements", map[string]string{"buyer": "Puerto",
			"signed": "2031-02-03"}},
		{"Korean days with blanks", "a.csv", []byte("계약번호,거래처명,계약금액,계약일자\nG1,항만청,1500,2031. 2. 3.\n"), "engagements",
			map[string]string{"buyer": "항만청", "signed": "2031-02-03"}},
		{"what a heading says of scale, currency and year", "a.csv",
			[]byte("Kunde;Produkt;Umsatz 2031 in " +
				"TEUR;Vertragsdatum\nHafen;Kamera;1.234,5;03.02.2031\nMühle;Ofen;1,25;17.02.2031\n"), "engagements",
			map[string]string{"buyer": "Hafen", "value": "1234500", "currency": "EUR"}},
		{"customers of a CRM", "a.csv",
			[]byte("Kundennummer;Kundenname;Land;Kunde seit\n001;Hafen;Velden;01.01.2030\n"), "accounts",
			map[string]string{"account_id": "001", "party_name": "Hafen", "since": "2030-01-01"}},
		{"shipments", "a.csv", []byte("Shipment ID,Consignee,Destination country,HS code,Description,Value USD,Ship " +
			"date\nS1,Harbour,Velden,852589,Camera,12.50,2031-02-03\n"), "engagements",
			map[string]string{"kind": "delivery", "consignee": "Harbour", "destination": "Velden", "value": "12.50",
				"signed": "2031-02-03"}},
		{"licences", "a.csv", []byte("Licence No;Exporter;End user;Goods;Valid " +
			"until\nL1;Nyxal;Harbour;Cameras;31.12.2031\n"), "engagements",
			map[string]string{"kind": "licence", "seller": "Nyxal", "end_user": "Harbour", "end": "2031-12-31"}},
		{"a date under one word", "a.csv", []byte("Client,Product,Revenue,Contract " +
			"signed\nHarbour,Camera,5,\"February 3, 2031\"\n"), "engagements",
			map[string]string{"buyer": "Harbour", "value": "5", "signed": "2031-02-03"}},
		{"no headings", "a.csv", []byte("2031-02-03,Harbour Office Ltd,https://example.org/a\n2031-02-04,Mill " +
			"Ltd,https://example.org/b\n"), "engagements", nil},
		{"a watch list", "a.csv", []byte("Company;Country;Reason;Source\nTolmen;Velden;Sells cameras;Bay Herald\n"),
			"list",
			map[string]string{"name": "Tolmen", "country": "Velden", "reason": "Sells cameras",
				"publisher": "Bay Herald", "status": "listed"}},
		{"a watch list with links", "a.csv",
			[]byte("Name,Pays,Motif,Source,LEI\nTolmen,Velden,Caméras,https://example.org/a,529900T8BM49AURSDO55\n"),
			"list",
			map[string]string{"name": "Tolmen", "url": "https://example.org/a", "publisher": "own list (a.csv)",
				"identifiers": "LEI:529900T8BM49AURSDO55"}},
		{"a German exclusion list", "ausschlussliste.csv",
			[]byte("Unternehmen;Land;Ausschlussgrund;Status\nTolmen;Velden;Waffen;ausgeschlossen\nOstrin;Orsa;Kohle;aufgehoben\n"), "list",
			map[string]string{"name": "Tolmen", "status": "listed", "reason": "Waffen"}},
		{"an investor's decisions", "a.csv",
			[]byte("Selskap;Kriterium;Beslutning;Publiseringsdato\nTolmen;Overvåking;Utelukkelse;13.02.2031\nOstrin;Kull;Utelukkelse opphevet;14.02.2031\n"), "list",
			map[string]string{"name": "Tolmen", "status": "listed", "reason": "Overvåking", "published": "2031-02-13"}},
		{"German holdings", "a.csv",
			[]byte("Fonds;Emittent;LEI;ISIN;Land;Kurswert;Währung;Stichtag\nF1;Tolmen;529900T8BM49AURSDO55;US0378331005;Velden;1.500,00;EUR;31.03.2031\n"), "holdings",
			map[string]string{"portfolio": "F1", "issuer_name": "Tolmen", "isin": "US0378331005", "value": "1500.00",
				"as_of": "2031-03-31"}},
		{"Japanese holdings", "a.csv", []byte("ファンド,銘柄名,ISIN,評価額,通貨,基準日\nF1,Tolmen,US0378331005,1500,JPY,2031/03/31\n"),
			"holdings",
			map[string]string{"portfolio": "F1", "issuer_name": "Tolmen", "value": "1500", "as_of": "2031-03-31"}},
		{"holdings by weight", "a.csv", []byte("Security Name,ISIN,% of net assets\nTolmen,US0378331005,2.5\n"),
			"holdings",
			map[string]string{"issuer_name": "Tolmen", "isin": "US0378331005", "weight": "2.5"}},
		{"owners", "a.csv", []byte("Gesellschafter;Tochtergesellschaft;Anteil;Gültig ab\nTolmen Holding;Tolmen " +
			"GmbH;51 %;01.01.2030\n"), "ownership",
			map[string]string{"owner": "Tolmen Holding", "owned": "Tolmen GmbH", "share": "51 %",
				"since": "2030-01-01"}},
		{"a bill of one's own", "usage.csv", []byte("Mandant;Dienst;Monat;Verbrauch;Einheit;Kosten " +
			"(EUR)\nM-1;Spracherkennung;02.2031;12.500,5;Stunden;1.000,00\nM-2;Speicher;02.2031;12,5;TB;1.000,00\n"),
			"usage",
			map[string]string{"BillingAccountId": "M-1", "ServiceName": "Spracherkennung",
				"ConsumedQuantity": "12500.5", "ConsumedUnit": "Stunden", "BillingCurrency": "EUR",
				"ChargeCategory": "Usage"}},
		{"accounts", "a.csv", []byte("AWS Account ID,Company,Country,End User\n111122223333,Skyfold,Orsa,Harbour " +
			"Office\n"), "accounts",
			map[string]string{"account_id": "111122223333", "party_name": "Skyfold", "country": "Orsa",
				"end_user": "Harbour Office"}},
		{"hours", "a.csv", []byte("Client,Quarter,Hours,Activity\nHarbour,2031-Q2,12.5,data\n"), "support",
			map[string]string{"party_name": "Harbour", "hours": "12.5", "quarter": "2031-Q2"}},
		{"a header below a title", "a.csv", []byte("\"Sales report, 2031\",,,\n,,,\nInvoice " +
			"No,Client,Description,Amount\n1,Harbour,Camera,5\n"), "engagements", map[string]string{
			"engagement_id": "1", "buyer": "Harbour"}},
		{"two columns of one heading", "a.csv",
			[]byte("Order,Customer,Date,Date,Amount\n1,Harbour,2031-01-01,2031-02-01,5\n"), "engagements",
			map[string]string{"buyer": "Harbour", "signed": "2031-01-01"}},
		{"Arabic contracts", "a.csv", []byte("رقم العقد,العميل,البلد,الوصف,القيمة,العملة,تاريخ التوقيع\nع-1,مرفأ " +
			"هارن,فيلدن,كاميرات,1500.50,EUR,2031-02-03\n"), "engagements",
			map[string]string{"engagement_id": "ع-1", "kind": "contract", "buyer": "مرفأ هارن",
				"buyer_country": "فيلدن", "item": "كاميرات", "value": "1500.50", "signed": "2031-02-03"}},
		{"Arabic digits", "a.csv", []byte("رقم الفاتورة,اسم العميل,البيان,المبلغ,التاريخ\n١,مرفأ " +
			"هارن,كاميرات,١٬٥٠٠٫٥٠,٢٠٣١-٠٢-٠٣\n٢,مخبز,أفران,١٢٫٥٠,٢٠٣١-٠٢-١٧\n"), "engagements",
			map[string]string{"buyer": "مرفأ هارن", "item": "كاميرات", "value": "1500.50", "signed": "2031-02-03"}},
		{"Korean contracts", "a.csv", []byte("계약번호,거래처명,국가,품명,수량,계약금액,통화,계약일\nK1,하른항만,벨덴,카메라,2,1500,KRW,2031-02-03\n"),
			"engagements",
			map[string]string{"engagement_id": "K1", "kind": "contract", "buyer": "하른항만", "item": "카메라",
				"value": "1500"}},
		{"field names of SAP", "a.csv",
			[]byte("VBELN;KUNNR;NAME1;LAND1;MAKTX;NETWR;WAERK;ERDAT\n7;4711;Hafen;VE;Kamera;1.500,50;EUR;03.02.2031\n8;4712;Mühle;OR;Ofen;12,50-;EUR;17.02.2031\n"), "engagements",
			map[string]string{"engagement_id": "7", "buyer": "Hafen", "item": "Kamera", "value": "1500.50",
				"currency": "EUR", "signed": "2031-02-03"}},
		{"a ledger of debit and credit", "a.csv",
			[]byte("Fecha;Asiento;Cliente;Concepto;Debe;Haber\n03/02/2031;17;Puerto;Cámaras;1.500,50;\n17/02/2031;18;Molino;Hornos;;12,50\n"), "engagements",
			map[string]string{"engagement_id": "17", "buyer": "Puerto", "item": "Cámaras", "value": "1500.50",
				"signed": "2031-02-03"}},
		{"a column of currencies beside that of amounts, both with brackets", "a.csv",
			[]byte("Account Name,Account ID,Opportunity Name,Amount (converted) Currency,Amount (converted),Close " +
				"Date\nHarbour,001A,Cameras,EUR,\"1,500.50\",2/3/2031\nMill,001B,Ovens,EUR,12.50,2/17/2031\n"),
			"engagements", map[string]string{"buyer": "Harbour", "item": "Cameras", "value": "1500.50",
				"currency": "EUR", "signed": "2031-02-03"}},
		{"currencies in the cells of amounts", "a.csv",
			[]byte("Nr;Kunde;Leistung;Betrag;Datum\n1;Hafen;Kamera;EUR 1.500,50;03.02.2031\n2;Mühle;Ofen;USD " +
				"12,50;17.02.2031\n"), "engagements",
			map[string]string{"engagement_id": "1", "buyer": "Hafen", "value": "1500.50", "currency": "EUR"}},
		{"brackets and a sign of a currency", "a.csv",
			[]byte("Nr;Kunde;Leistung;Betrag;Datum\n1;Hafen;Kamera;(1.500,50) €;03.02.2031\n2;Mühle;Ofen;(€ " +
				"12,50);17.02.2031\n"), "engagements",
			map[string]string{"value": "-1500.50", "currency": "EUR"}},
		{"reais", "a.csv", []byte("Nº do contrato;Cliente;Descrição;Valor (R$);Data de " +
			"assinatura\nC1;Porto;Câmaras;1.500,50;03/02/2031\n"), "engagements",
			map[string]string{"engagement_id": "C1", "value": "1500.50", "currency": "BRL"}},
		{"two rows of headings", "a.csv",
			[]byte("Customer;;Contract;;;\nName;Country;Number;Date;Value;Currency\nHarbour;Velden;K1;03.02.2031;1.500,50;EUR\n"), "engagements",
			map[string]string{"engagement_id": "K1", "buyer": "Harbour", "buyer_country": "Velden", "value": "1500.50",
				"signed": "2031-02-03"}},
		{"numbers of rows that repeat name nothing", "a.csv",
			[]byte("No,Customer,Product,Amount\n1,Harbour,Camera,5\n1,Mill,Oven,6\n"), "engagements", map[string]string{
				"engagement_id": "a/2"}},
		{"one column of names", "a.csv", []byte("Company\nTolmen\nOstrin\n"), "list", map[string]string{
			"name": "Tolmen", "status": "listed", "publisher": "own list (a.csv)"}},
		{"a title that says what it is", "a.csv", []byte("Exclusion list;;;\nCompany;Category;Criterion;Date of " +
			"decision\nTolmen;Exclusion;Human rights;01.02.2031\n"), "list",
			map[string]string{"name": "Tolmen", "reason": "Human rights", "published": "2031-02-01"}},
		{"a mark of its own", "a.csv", []byte("Order^Customer^Amount\n1^Harbour, East^5\n"), "engagements",
			map[string]string{"buyer": "Harbour, East", "value": "5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, n, first := one(t, tt.file, tt.data, "")
			if tt.want == nil {
				return
			}
			if n.Table != tt.table {
				t.Fatalf("table %q, want %q (%s)\n%s", n.Table, tt.table, n.Reason, text)
			}
			for c, want := range tt.want {
				if first[c] != want {
					t.Errorf("%s = %q, want %q", c, first[c], want)
				}
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
}

// TestDoubtIsNotGuessed: what could be read two ways is left out until somebody decides.
func TestDoubtIsNotGuessed(t *testing.T) {
	for _, tt := range []struct{ name, text, column string }{
		{"day or month first", "Order No,Customer,Order Date\n1,Harbour,03/02/2031\n2,Mill,05/06/2031\n", "signed"},
		{"thousands or decimals", "Order No,Customer,Amount\n1,Harbour,\"1,234\"\n2,Mill,\"5,678\"\n", "value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, n, first := one(t, "a.csv", []byte(tt.text), "")
			if v, ok := first[tt.column]; ok {
				t.Errorf("%s is read as %q", tt.column, v)
			}
			if !strings.Contains(text, "# "+tt.column+": ") || len(n.Doubts) == 0 {
				t.Errorf("the draft does not leave %s to the user:\n%s", tt.column, text)
			}
		})
	}
	// Another column of the file settles it.
	_, _, first := one(t, "a.csv", []byte("Order No,Customer,Order Date,Start "+
		"Date\n1,Harbour,03/02/2031,13/02/2031\n2,Mill,05/06/2031,14/06/2031\n"), "")
	if first["signed"] != "2031-02-03" {
		t.Errorf("signed = %q", first["signed"])
	}
}

// TestRefusalNamesTheTable: a file of which no map is made says what it lacks.
// TestLaterDay checks that a day of delivery or invoice is taken for the signature only with a doubt, and never where
// the file has the day of the signature itself.
func TestLaterDay(t *testing.T) {
	for _, tt := range []struct{ name, header, cells, want string }{
		{"delivery alone", "Kunde;Artikel;Gesamtpreis;Lieferdatum", "Hafenamt;Kran;9,50;03.02.2031",
			"signed: Lieferdatum   # doubt: a day of delivery"},
		{"invoice alone", "Cliente;Concepto;Importe;Fecha factura", "Puerto;Grúa;9,50;03/12/2031",
			"signed: Fecha factura   # doubt: "},
		{"both", "Kunde;Artikel;Gesamtpreis;Lieferdatum;Vertragsdatum", "Hafenamt;Kran;9,50;03.02.2031;02.01.2031",
			"signed: Vertragsdatum\n"},
		{"a plain day", "Kunde;Artikel;Gesamtpreis;Datum", "Hafenamt;Kran;9,50;03.02.2031", "signed: Datum\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, _, _ := one(t, "a.csv", []byte(tt.header+"\n"+tt.cells+"\n"), "engagements")
			if !strings.Contains(text, tt.want) {
				t.Errorf("want %q in\n%s", tt.want, text)
			}
		})
	}
}

func TestRefusalNamesTheTable(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing known", "Wassertemperatur;Pegel\n12;3\n", "--table"},
		{"no table", "just some words\nand more\n", "no table of two columns"},
		{"JSON", "{\"a\": 1}\n", "tables (CSV, XLSX)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, n, _ := one(t, "a.csv", []byte(tt.text), "")
			if text != "" || !strings.Contains(n.Reason, tt.want) {
				t.Errorf("reason %q, want %q in it\n%s", n.Reason, tt.want, text)
			}
		})
	}
}

// TestEveryTableIsDrafted: a file with the columns of any table's own names is drafted as that table, also one
// that column.tsv does not know.
func TestEveryTableIsDrafted(t *testing.T) {
	for _, name := range table.Targets() {
		t.Run(name, func(t *testing.T) {
			columns := table.ColumnsOf(name)
			row := make([]string, len(columns))
			for i, c := range columns {
				switch {
				case table.IsDate(c):
					row[i] = "2031-02-03"
				case table.IsNumber(c):
					row[i] = "5"
				default:
					row[i] = "Word"
				}
			}
			_, n, first := one(t, "x.csv", []byte(strings.Join(columns, ";")+"\n"+strings.Join(row, ";")+"\n"), name)
			if n.Table != name || len(first) == 0 {
				t.Errorf("table %q: %s", n.Table, n.Reason)
			}
		})
	}
}

// TestColumnsAreKnown holds the tables of words to the columns and concepts that there are.
func TestColumnsAreKnown(t *testing.T) {
	concepts := map[string]bool{}
	languages := map[string]map[string]bool{}
	for _, list := range words().headings {
		for _, m := range list {
			concepts[m.concept] = true
			if languages[m.concept] == nil {
				languages[m.concept] = map[string]bool{}
			}
			languages[m.concept][m.language] = true
		}
	}
	for name, list := range words().targets {
		own := map[string]bool{}
		for _, c := range table.ColumnsOf(name) {
			own[c] = true
		}
		for _, x := range list {
			if !own[x.column] {
				t.Errorf("column.tsv: %s has no column %s", name, x.column)
			}
			for _, c := range x.concepts {
				if !concepts[c] {
					t.Errorf("column.tsv: %s.%s: header.tsv has no concept %s", name, x.column, c)
				}
			}
		}
	}
	for _, c := range []string{"customer", "item", "amount", "date", "country", "party", "reason", "source", "owner",
		"owned", "service"} {
		if len(languages[c]) < 10 {
			t.Errorf("concept %s has words in %d languages", c, len(languages[c]))
		}
	}
}

// FuzzDraft: any text gives a draft that parses, or a reason.
func FuzzDraft(f *testing.F) {
	f.Add([]byte("Order No,Customer,Amount\n1,Harbour,5\n"))
	f.Add([]byte(russian))
	f.Add([]byte("a:b: \"c\"\t#{x}\n'1\t2\n"))
	f.Add([]byte("\xff\xfea\x00;\x00"))
	path := filepath.Join(f.TempDir(), "f.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, only := range []string{"", table.Engagements, table.List, table.Usage} {
			text, notes, err := Files(t.Context(), []record.Source{{Path: path, Name: "f.csv"}}, only)
			if err != nil || len(notes) != 1 {
				t.Fatal(err)
			}
			if text == "" {
				if notes[0].Reason == "" {
					t.Fatal("neither a map nor a reason")
				}
				continue
			}
			if _, err := table.ParseMaps("draft", []byte(text)); err != nil && !missing(err) {
				t.Fatalf("%v\n%s", err, text)
			}
		}
	})
}

// missing reports whether an error is about columns that the file itself lacks.
func missing(err error) bool { return strings.Contains(err.Error(), " needs ") }
