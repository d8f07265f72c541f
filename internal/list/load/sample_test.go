package load_test

// A sample is a small list in one format; testdata/readers.txt has the entries that it must give. One table serves every reader: see
// TestReaders for the roads that each sample is sent along.
type sample struct {
	name, file, text string
	good, bad        string // what is replaced to spoil one entry among good ones; "" where the format has no rows
	at               string // where the spoilt entry stands
}

const (
	sampleEUXML = `<?xml version="1.0" encoding="UTF-8"?><export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2031-08-05T16:47:04.449+02:00">` +
		`<sanctionEntity designationDate="2031-02-01" euReferenceNumber="EU.1.11" logicalId="11"><regulation publicationDate="2031-03-01" programme="VAL"/>` +
		`<subjectType code="enterprise"/><nameAlias wholeName="Ostrin Café" strong="true"/><nameAlias wholeName="OW Systems" strong="false"/>` +
		`<address countryIso2Code="GB" city="Port Rell"/><identification identificationTypeCode="regnumber" number="01999000" countryIso2Code="GB"/></sanctionEntity>` +
		`<sanctionEntity euReferenceNumber="EU.2.22" logicalId="22"><regulation publicationDate="2031-03-01" programme="VAL"/>` +
		`<subjectType code="person"/><nameAlias wholeName="Ilke Oranth"/><birthdate birthdate="1961-03-02"/></sanctionEntity></export>`
	sampleEUCSV = "fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_DesignationDate;Entity_SubjectType;Entity_Regulation_Programme;NameAlias_WholeName;" +
		"NameAlias_Strong;Address_CountryIso2Code;Identification_Number;Identification_TypeCode;Identification_CountryIso2Code\n" +
		"05/08/2031;11;EU.1.11;01/02/2031;E;VAL;Ostrin Café;true;GB;01999000;regnumber;GB\n" +
		"05/08/2031;22;EU.2.22;01/02/2031;E;VAL;Pale Heron;true;;;;\n"
	sampleUKCSV = "Report Date: 08-Oct-2031\nLast Updated,Unique ID,OFSI Group ID,Name 6,Name type,Alias strength,Regime Name,Designation Type,Sanctions Imposed," +
		"Address Country,Date Designated,Business registration number (s)\n" +
		"04/08/2031,QOR1,901,Ostrin Café,Primary Name,,Ostrin,Entity,Asset freeze|Trust services,United Kingdom,01/02/2031,Company No. 01999000\n" +
		"04/08/2031,QOR1,901,OW Systems,Alias,Low quality,Ostrin,Entity,Asset freeze|Trust services,,01/02/2031,\n" +
		"04/08/2031,QOR2,902,Pale Heron,Primary Name,,Ostrin,Ship,Ship,,01/02/2031,\n"
	sampleUKXML = `<?xml version="1.0" encoding="UTF-8"?><Designations><DateGenerated>08/10/2031</DateGenerated><Designation><UniqueID>QOR1</UniqueID>` +
		`<DateDesignated>01/02/2031</DateDesignated><Names><Name><Name6>Ostrin Café</Name6><NameType>Primary Name</NameType></Name></Names>` +
		`<RegimeName>Ostrin</RegimeName><IndividualEntityShip>Entity</IndividualEntityShip></Designation></Designations>`
	sampleSECO = `<?xml version="1.0" encoding="UTF-8"?><swiss-sanctions-list date="2031-09-28"><sanctions-program><program-key lang="eng">Ostrin</program-key>` +
		`<sanctions-set ssid="7"/></sanctions-program><target ssid="100"><sanctions-set-id>7</sanctions-set-id><entity><identity main="true">` +
		`<name name-type="primary-name" quality="good"><name-part order="1" name-part-type="whole-name"><value>Ostrin Café</value></name-part></name></identity>` +
		`<other-information>Registration number: 441200</other-information></entity><modification modification-type="listed" effective-date="2031-02-01"/></target>` +
		`<target ssid="101"><entity><identity main="true"><name name-type="primary-name"><name-part><value>Pale Heron</value></name-part></name></identity></entity>` +
		`<modification modification-type="listed" effective-date="2031-02-01"/><modification modification-type="de-listed" effective-date="2031-06-02"/></target></swiss-sanctions-list>`
	sampleSEMA = `<?xml version="1.0" encoding="UTF-8"?><data-set><record><Country>Ostrin / Ostrine</Country><EntityOrShip>Ostrin Café</EntityOrShip>` +
		`<Aliases>OW Systems, OW, Ltd.</Aliases><Schedule>1</Schedule><Item>7</Item><DateOfListing>2031-02-01</DateOfListing></record>` +
		`<record><Country>Ostrin</Country><EntityOrShip>MV Pale Heron</EntityOrShip><ShipIMONumber>9187629</ShipIMONumber><Schedule>2</Schedule><Item>1</Item>` +
		`<DateOfListing>2031-02-01</DateOfListing></record></data-set>`
	sampleDFAT = "Reference,\"Name of Individual, Entity or Vessel\",Type,Name Type,Alias Strength,Citizenship,Committees,Control Date,Targeted Financial Sanction\n" +
		"7001,Ostrin Café,Entity,Primary Name,,,Autonomous (Ostrin),01/02/2031,TRUE\n" +
		"7001a,OW,Entity,Alias,Weak,,Autonomous (Ostrin),01/02/2031,TRUE\n" +
		"7002,Pale Heron,Entity,Primary Name,,,Autonomous (Ostrin),01/02/2031,TRUE\n"
	sampleBank = "Firm Name,Additional Firm Info,Address,Country,\"Ineligibility Period:\nFrom Date\",\"Ineligibility Period:\nTo Date\",Grounds\n" +
		"Ostrin Café Ltd,,Quay 4,Ostrin,01-Feb-2031,31-Jan-2033,Fraud\nPale Heron Ltd,,,Ostrin,01-Feb-2031,Ongoing,Cross Debarment\n"
	sampleBankJSON = `{"response":{"ZPROCSUPP":[{"SUPP_NAME":"Ostrin Café Ltd","COUNTRY_NAME":"Ostrin","DEBAR_FROM_DATE":"01-FEB-2031","DEBAR_TO_DATE":"31-DEC-2999",` +
		`"DEBAR_REASON":"Fraud"},{"SUPP_NAME":"Pale Heron Ltd","COUNTRY_NAME":"Ostrin","DEBAR_FROM_DATE":"02-FEB-2031","DEBAR_TO_DATE":"","DEBAR_REASON":"Fraud"}]}}`
	sampleCSLJSON = `{"id":"a1","source":"Entity List (EL) - Bureau of Industry and Security","type":"Entity","programs":[],"name":"Ostrin Café","addresses":[],` +
		`"start_date":"2031-02-01","license_requirement":"x","alt_names":["OW Systems"],"source_information_url":"","ids":[{"type":"National ID No.",` +
		`"number":"0105558096348","country":"TH"}]}` + "\n" +
		`{"id":"a2","source":"Entity List (EL) - Bureau of Industry and Security","type":"Entity","name":"Pale Heron","start_date":"2031-03-01"}` + "\n"
	sampleSDNXML = `<?xml version="1.0" encoding="UTF-8"?><sdnList xmlns="x"><publshInformation><Publish_Date>10/08/2031</Publish_Date><Record_Count>2</Record_Count>` +
		`</publshInformation><sdnEntry><uid>900</uid><lastName>Ostrin Café</lastName><sdnType>Entity</sdnType><programList><program>TESTA</program></programList>` +
		`<idList><id><idType>Certificate of Incorporation Number</idType><idNumber>77221</idNumber><idCountry>Malta</idCountry></id></idList></sdnEntry>` +
		`<sdnEntry><uid>901</uid><lastName>Pale Heron</lastName><sdnType>Entity</sdnType></sdnEntry></sdnList>`
	sampleAdvanced = `<?xml version="1.0" encoding="UTF-8"?><s:Sanctions xmlns:s="http://www.un.org/sanctions/1.0"><s:DateOfIssue><s:Year>2031</s:Year><s:Month>5</s:Month>` +
		`<s:Day>1</s:Day></s:DateOfIssue><s:DistinctParties><s:DistinctParty FixedRef="900"><s:Profile ID="900" PartySubTypeID="3"><s:Identity ID="1" Primary="true">` +
		`<s:Alias AliasTypeID="1403" Primary="true" LowQuality="false"><s:DocumentedName><s:DocumentedNamePart><s:NamePartValue>Ostrin Café</s:NamePartValue>` +
		`</s:DocumentedNamePart></s:DocumentedName></s:Alias></s:Identity></s:Profile></s:DistinctParty></s:DistinctParties></s:Sanctions>`
	sampleUN = `<?xml version="1.0" encoding="UTF-8"?><CONSOLIDATED_LIST dateGenerated="2031-10-08T00:00:00.000Z"><INDIVIDUALS></INDIVIDUALS><ENTITIES><ENTITY>` +
		`<DATAID>1</DATAID><FIRST_NAME>Ostrin Café</FIRST_NAME><UN_LIST_TYPE>Ostrin</UN_LIST_TYPE><REFERENCE_NUMBER>OSe.001</REFERENCE_NUMBER>` +
		`<LISTED_ON>2031-02-01</LISTED_ON><ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>OW Systems</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES></CONSOLIDATED_LIST>`
	sampleNamed = "name;aliases;country;identifiers;publisher;report;published;status;effect;kind\n" +
		"Ostrin Café;OW Systems;GB;GB-COH:01999000;Harbour Watch;Quay Report;2031-02-01;listed;named in a report;organization\n" +
		"Pale Heron;;;;Harbour Watch;Quay Report;2031-02-01;removed;named in a report;vessel\n"
	sampleTargets = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,program_ids,dataset,first_seen\n" +
		"Q1,Company,Ostrin Café,OW Systems;OW,,gb,,01999000,Listed,VAL,Quay List,2031-02-01T00:00:00\nQ2,Company,Pale Heron,,,xv,,,Listed,,Quay List,2031-02-01T00:00:00\n"
	sampleNested = `{"id":"Q1","caption":"Ostrin Café","schema":"Company","target":true,"properties":{"name":["Ostrin Café"],"alias":["OW Systems"],"topics":["sanction"],` +
		`"sanctions":[{"id":"s1","schema":"Sanction","properties":{"authority":["Treasury"],"startDate":["2031-02-01"]}}]},"datasets":["quay"]}` + "\n" +
		`{"id":"Q2","caption":"Pale Heron","schema":"Company","target":true,"properties":{"name":["Pale Heron"],"topics":["sanction"]},"datasets":["quay"]}` + "\n"
)

var samples = []sample{
	{name: "EU XML", file: "eu.xml", text: sampleEUXML, good: `designationDate="2031-02-01"`, bad: `designationDate="soon"`, at: "sanctionEntity 1"},
	{name: "EU CSV", file: "eu.csv", text: sampleEUCSV, good: "01/02/2031;E;VAL;Pale", bad: "32/13/2031;E;VAL;Pale", at: "line 3"},
	{name: "UK CSV", file: "uk.csv", text: sampleUKCSV, good: "902,Pale Heron,Primary Name,,Ostrin,Ship", bad: "902,Pale Heron,Primary Name,,Ostrin,Balloon", at: "line 5"},
	{name: "UK XML", file: "uk.xml", text: sampleUKXML, good: "01/02/2031", bad: "soon", at: "Designation 1"},
	{name: "SECO", file: "seco.xml", text: sampleSECO, good: `effective-date="2031-06-02"`, bad: `effective-date="soon"`, at: "target 2"},
	{name: "SEMA", file: "sema.xml", text: sampleSEMA, good: "<Item>1</Item><DateOfListing>2031-02-01", bad: "<Item>1</Item><DateOfListing>soon", at: "record 2"},
	{name: "DFAT", file: "dfat.csv", text: sampleDFAT, good: "7002,", bad: "seven,", at: "line 4"},
	{name: "World Bank CSV", file: "wb.csv", text: sampleBank, good: "Pale Heron Ltd,,,Ostrin,01-Feb-2031", bad: "Pale Heron Ltd,,,Ostrin,soon", at: "line 5"},
	{name: "World Bank JSON", file: "wb.json", text: sampleBankJSON, good: "02-FEB-2031", bad: "soon", at: "firm 1"},
	{name: "CSL JSON lines", file: "csl.json", text: sampleCSLJSON, good: "2031-03-01", bad: "soon", at: "results/1"},
	{name: "SDN XML", file: "sdn.xml", text: sampleSDNXML, good: "<uid>901</uid>", bad: "<uid>x</uid>", at: "sdnEntry 2"},
	{name: "SDN advanced XML", file: "sdn_advanced.xml", text: sampleAdvanced, good: "Ostrin Café", bad: " ", at: "party 1"},
	{name: "UN", file: "un.xml", text: sampleUN, good: "Ostrin Café", bad: " ", at: "ENTITY 1"},
	{name: "named", file: "named.csv", text: sampleNamed, good: ";removed;", bad: ";gone;", at: "line 3"},
	{name: "targets.simple.csv", file: "targets.simple.csv", text: sampleTargets},
	{name: "targets.nested.json", file: "targets.nested.json", text: sampleNested},
}
