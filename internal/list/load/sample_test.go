package load_test

import "strings"

// A sample is a small list in one format; testdata/readers.txt has the entries that it must give. One table serves
// every reader: see TestReaders for the roads that each sample is sent along.
type sample struct {
	name, file, text string
	// what is replaced to spoil one entry among good ones; "" where the format has no rows
	good, bad string
	at        string            // where the spoilt entry stands
	beside    map[string]string // further files of a set
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
	// Version 1.0: parts of a row begin with the key again, empty where the part is.
	sampleEUOld = "Date_file;Entity_logical_id;Subject_type;Leba_numtitle;Leba_publication_date;Leba_url;Programme;Entity_remark;Naal_logical_id;Entity_logical_id;" +
		"Naal_leba_publication_date;Naal_lastname;Naal_firstname;Naal_middlename;Naal_wholename;Naal_function;Naal_programme;Addr_number;Addr_street;Addr_zipcode;" +
		"Addr_city;Addr_country;Addr_other;Birt_date;Birt_country;Iden_number;Iden_country;Citi_country;EU_ref_num\n" +
		"05/08/2031;11;E;2031/7 (OJ L7);2031-02-01;https://example.org/oj;VAL;Works on the " +
		"quay.;901;11;2031-02-01;;;;Ostrin Café;;VAL;;;;;;;;;;;;EU.1.11\n" +
		"05/08/2031;11;E;2031/7 (OJ L7);2031-02-01;https://example.org/oj;VAL;;902;11;2031-03-01;;;;OW " +
		"Systems;;VAL;;;;;;;;;;;;EU.1.11\n" +
		"05/08/2031;11;E;2031/7 (OJ L7);2031-02-01;https://example.org/oj;VAL;;;;;;;;;;;4;Quay Street;7;Port " +
		"Rell;GBR;;;;;;;EU.1.11\n" +
		"05/08/2031;11;E;2031/7 (OJ L7);2031-02-01;https://example.org/oj;VAL;;;;;;;;;;;;;;;;;;;01999000 " +
		"(regnumber-Registration Number);GBR;;EU.1.11\n" +
		"05/08/2031;22;P;2031/7 (OJ L7);2031-03-01;;VAL;;903;22;;Oranth;Ilke;;;Director;VAL;;Home Lane;;;;;;;X77 " +
		"(passport-National passport);XAA;;EU.2.22\n" +
		"05/08/2031;22;P;2031/7 (OJ L7);2031-03-01;;VAL;;;;;;;;;;;;;;;;;02/03/1961;;;;FRA;EU.2.22\n"
	sampleEUFull = "\"fileGenerationDate\";\"Entity_LogicalId\";\"Entity_EU_ReferenceNumber\";\"Entity_UnitedNationId\";\"Entity_DesignationDate\";\"Entity_DesignationDetails\";" +
		"\"Entity_Remark\";\"Entity_SubjectType_ClassificationCode\";\"Entity_Regulation_PublicationDate\";\"Entity_Regulation_EntryIntoForceDate\";\"Entity_Regulation_NumberTitle\";" +
		"\"Entity_Regulation_Programme\";\"NameAlias_LastName\";\"NameAlias_FirstName\";\"NameAlias_MiddleName\";\"NameAlias_WholeName\";\"NameAlias_NameLanguage\";\"NameAlias_Function\";" +
		"\"Address_City\";\"Address_CountryIso2Code\";\"BirthDate_YearRangeFrom\";\"BirthDate_YearRangeTo\";\"Identification_Number\";\"Identification_KnownFalse\";" +
		"\"Identification_TypeCode\";\"Identification_CountryIso2Code\";\"Citizenship_CountryIso2Code\"\n" +
		"05/08/2031;11;EU.1.11;;;;\"Works; \"\"the quay\"\"\";E;2031-02-01;2031-02-02;2031/7;VAL;;;;Ostrin " +
		"Café;EN;;Port Rell;GB;;;01999000;false;regnumber;GB;\n" +
		"05/08/2031;11;EU.1.11;;;;;E;2031-02-01;2031-02-02;2031/7;VAL;;;;OW Systems;;;;;;;441;true;regnumber;GB;\n" +
		"05/08/2031;22;EU.2.22;;2031-03-01;;;P;;2031-03-04;2031/9;VAL;Oranth;Ilke;;;;Director;;00;1960;1962;;;;;FR\n"
	sampleUKCSV = "Report Date: 08-Oct-2031\nLast Updated,Unique ID,OFSI Group ID,Name 6,Name type,Alias " +
		"strength,Regime Name,Designation Type,Sanctions Imposed," +
		"Address Country,Date Designated,Business registration number (s)\n" +
		"04/08/2031,QOR1,901,Ostrin Café,Primary Name,,Ostrin,Entity,Asset freeze|Trust services,United " +
		"Kingdom,01/02/2031,Company No. 01999000\n" +
		"04/08/2031,QOR1,901,OW Systems,Alias,Low quality,Ostrin,Entity,Asset freeze|Trust services,,01/02/2031,\n" +
		"04/08/2031,QOR2,902,Pale Heron,Primary Name,,Ostrin,Ship,Ship,,01/02/2031,\n"
	sampleConList = "Last Updated,05/06/2031\nName 6,Name 1,Title,Name Non-Latin Script,DOB,Nationality,Address " +
		"1,Post/Zip Code,Country,Other Information,Group Type," +
		"Alias Type,Alias Quality,Regime,Listed On,UK Sanctions List Date Designated,Last Updated,Group ID\n" +
		"Ostrin Café,,,,,,Quay 4,,United Kingdom,,Entity,Primary name,,Ostrin,01/02/2031,,05/06/2031,901\n" +
		"OW Systems,,,,,,,,,,Entity,AKA,Low,Ostrin,01/02/2031,,05/06/2031,901\n" +
		"Oranth,Ilke,,,02/03/1961,France,,,,,Individual,Primary name,,Ostrin,01/03/2031,,05/06/2031,902\n"
	sampleConXML = `<?xml version="1.0" encoding="UTF-8"?><ArrayOfFinancialSanctionsTarget xmlns="x"><FinancialSanctionsTarget><LastUpdated>2031-06-05T00:00:00</LastUpdated>` +
		`<Name6>Ostrin Café</Name6><GroupTypeDescription>Entity</GroupTypeDescription><AliasType>Primary name</AliasType><RegimeName>Ostrin</RegimeName>` +
		`<DateListed>2031-02-01T00:00:00</DateListed><GroupID>901</GroupID></FinancialSanctionsTarget></ArrayOfFinancialSanctionsTarget>`
	sampleDPL = "\"Name\"\t\"Street_Address\"\t\"City\"\t\"State\"\t\"Country\"\t\"Postal_Code\"\t\"Effective_Date\"\t\"Expiration_Date\"\t\"Standard_Order\"\t\"Last_Update\"\t\"Action\"\t\"FR_Citation\"\n" +
		"\" Ostrin Café Ltd\"\t\"Quay 4\"\t\"Port " +
		"Rell\"\t\"\"\t\"GB\"\t\"7\"\t\"02/01/2031\"\t\"02/01/2033\"\t\"Y\"\t\"2031-02-08\"\t\"FR NOTICE " +
		"ADDED\"\t\"1 F.R. 2\"\n" +
		"\"Pale Heron\"\t\"\"\t\"Port " +
		"Rell\"\t\"\"\t\"GB\"\t\"\"\t\"03/01/2031\"\t\"\"\t\"N\"\t\"2031-03-02\"\t\"\"\t\"1 F.R. 3\"\n"
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
	sampleDFAT = "Reference,\"Name of Individual, Entity or Vessel\",Type,Name Type,Alias " +
		"Strength,Citizenship,Committees,Control Date,Targeted Financial Sanction\n" +
		"7001,Ostrin Café,Entity,Primary Name,,,Autonomous (Ostrin),01/02/2031,TRUE\n" +
		"7001a,OW,Entity,Alias,Weak,,Autonomous (Ostrin),01/02/2031,TRUE\n" +
		"7002,Pale Heron,Entity,Primary Name,,,Autonomous (Ostrin),01/02/2031,TRUE\n"
	sampleBank = "Firm Name,Additional Firm Info,Address,Country,\"Ineligibility Period:\nFrom " +
		"Date\",\"Ineligibility Period:\nTo Date\",Grounds\n" +
		"Ostrin Café Ltd,,Quay 4,Ostrin,01-Feb-2031,31-Jan-2033,Fraud\nPale Heron " +
		"Ltd,,,Ostrin,01-Feb-2031,Ongoing,Cross Debarment\n"
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
	sampleSDN = "900,\"Ostrin Café\",-0- ,\"TESTA] [TESTB\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Registration Number " +
		"441200 (United Kingdom); a.k.a. 'OWS'; Website ostrin.example; " +
		"Secondary sanctions risk: section 1.\"\n901,\"PALE HERON\",\"vessel\",\"TESTA\",-0- ,\"PH7\",\"Tanker\",-0- " +
		",-0- ,\"Malta\",\"Heron Lines\",\"Vessel Registration Identification IMO 9187629.\"\n" +
		"902,\"ORANTH, Ilke\",\"individual\",\"TESTA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB circa 1961; " +
		"nationality France; Passport X77 (France).\"\n"
	sampleAdd = "900,1,\"Quay 4\",\"Port Rell\",\"United Kingdom\",-0- \n902,2,\"Home Lane 1\",\"Port " +
		"Rell\",\"France\",-0- \n"
	sampleAlt = "900,1,\"aka\",\"OW Systems\",-0- \n900,2,\"fka\",\"Old Ostrin\",-0- \n901,3,\"nka\",\"BLUE " +
		"HERON\",-0- \n"
	sampleComments = "900,\"; Linked To: HERON LINES.\"\n"
	sampleEnhanced = `<?xml version="1.0" encoding="UTF-8"?><sanctionsData xmlns="x"><publicationInfo><dataAsOf>2031-10-08T00:00:00</dataAsOf></publicationInfo><entities>` +
		`<entity id="900"><generalInfo><entityType>Entity</entityType></generalInfo><sanctionsLists><sanctionsList datePublished="2031-02-01">SDN List</sanctionsList></sanctionsLists>` +
		`<sanctionsPrograms><sanctionsProgram>TESTA</sanctionsProgram></sanctionsPrograms><names><name><isPrimary>true</isPrimary><translations><translation><script>Latin</script>` +
		`<formattedFullName>Ostrin Café</formattedFullName></translation></translations></name><name><isPrimary>false</isPrimary><aliasType>A.K.A.</aliasType><isLowQuality>true</isLowQuality>` +
		`<translations><translation><script>Latin</script><formattedFullName>OW Systems</formattedFullName></translation></translations></name></names><addresses><address>` +
		`<country>United Kingdom</country><translations><translation><addressParts><addressPart><value>Port Rell</value></addressPart></addressParts></translation></translations></address></addresses>` +
		`<features><feature><type>Organization Established Date</type><value>02 Mar 1999</value></feature></features><identityDocuments><identityDocument><type>Company Number</type>` +
		`<documentNumber>01999000</documentNumber><issuingCountry>United Kingdom</issuingCountry></identityDocument></identityDocuments></entity>` +
		`<entity id="902"><generalInfo><entityType>Individual</entityType></generalInfo><names><name><isPrimary>true</isPrimary><translations><translation><script>Latin</script>` +
		`<formattedFullName>ORANTH, Ilke</formattedFullName></translation></translations></name></names><features><feature><type>Birthdate</type><value>circa 1961</value></feature></features>` +
		`<identityDocuments><identityDocument><type>Passport</type><documentNumber>X77</documentNumber></identityDocument></identityDocuments></entity></entities></sanctionsData>`
	sampleCSL = "_id,source,entity_number,type,programs,name,title,addresses,federal_register_notice,start_date,end_date,standard_order,license_requirement,license_policy,call_sign," +
		"vessel_type,gross_tonnage,gross_registered_tonnage,vessel_flag,vessel_owner,remarks,source_list_url,alt_names,citizenships,dates_of_birth,nationalities,places_of_birth," +
		"source_information_url,ids\n" +
		"a1,Entity List (EL) - Bureau of Industry and Security,,,,Ostrin Café Ltd,,\"Quay 4, Port Rell, GB\",1 FR " +
		"2,2031-02-01,,,All items,Presumption of denial,,,,,,,,u,OW Systems; OWS,,,,," +
		"https://example.org/el,\n" +
		"901,Specially Designated Nationals (SDN) - Treasury Department,901,Entity,TESTA; TESTB,Pale " +
		"Heron,,,,2031-03-01,2033-03-01,,,,,,,,,,,u,,,,,,https://example.org/sdn," +
		"\"National ID No., 0105558096348, TH; Website, heron.example\"\n"
	sampleFtM = `{"id":"Q1","caption":"Ostrin Café","schema":"Company","properties":{"name":["Ostrin Café"],"alias":["OW Systems"],"weakAlias":["OWS"],"jurisdiction":["gb"],` +
		`"registrationNumber":["01999000"],"topics":["sanction"],"addressEntity":["a1"]},"datasets":["quay"],"last_seen":"2031-10-08T00:00:00"}` + "\n" +
		`{"id":"a1","schema":"Address","properties":{"full":["Quay 4, Port Rell"]},"datasets":["quay"]}` + "\n" +
		`{"id":"s1","schema":"Sanction","properties":{"entity":["Q1"],"authority":["Treasury"],"listingDate":["2031-02-01"],"programId":["VAL"]},"datasets":["quay"]}` + "\n" +
		`{"id":"o1","schema":"Ownership","properties":{"owner":["Q2"],"asset":["Q3"]},"datasets":["quay"]}` + "\n" +
		`{"id":"Q2","caption":"Ilke Oranth","schema":"Person","properties":{"name":["Ilke Oranth"],"birthDate":["1961"],"passportNumber":["X77"],"topics":["sanction"]},"datasets":["quay"]}` + "\n"
	sampleAdvanced = `<?xml version="1.0" encoding="UTF-8"?><s:Sanctions xmlns:s="http://www.un.org/sanctions/1.0"><s:DateOfIssue><s:Year>2031</s:Year><s:Month>5</s:Month>` +
		`<s:Day>1</s:Day></s:DateOfIssue><s:DistinctParties><s:DistinctParty FixedRef="900"><s:Profile ID="900" PartySubTypeID="3"><s:Identity ID="1" Primary="true">` +
		`<s:Alias AliasTypeID="1403" Primary="true" LowQuality="false"><s:DocumentedName><s:DocumentedNamePart><s:NamePartValue>Ostrin Café</s:NamePartValue>` +
		`</s:DocumentedNamePart></s:DocumentedName></s:Alias></s:Identity></s:Profile></s:DistinctParty></s:DistinctParties></s:Sanctions>`
	sampleUN = `<?xml version="1.0" encoding="UTF-8"?><CONSOLIDATED_LIST dateGenerated="2031-10-08T00:00:00.000Z"><INDIVIDUALS></INDIVIDUALS><ENTITIES><ENTITY>` +
		`<DATAID>1</DATAID><FIRST_NAME>Ostrin Café</FIRST_NAME><UN_LIST_TYPE>Ostrin</UN_LIST_TYPE><REFERENCE_NUMBER>OSe.001</REFERENCE_NUMBER>` +
		`<LISTED_ON>2031-02-01</LISTED_ON><ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>OW Systems</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES></CONSOLIDATED_LIST>`
	sampleNamed = "name;aliases;country;identifiers;publisher;report;published;status;effect;kind\n" +
		"Ostrin Café;OW Systems;GB;GB-COH:01999000;Harbour Watch;Quay Report;2031-02-01;listed;named in a " +
		"report;organization\n" +
		"Pale Heron;;;;Harbour Watch;Quay Report;2031-02-01;removed;named in a report;vessel\n"
	sampleTargets = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,program_ids,dataset,first_seen\n" +
		"Q1,Company,Ostrin Café,OW Systems;OW,,gb,,01999000,Listed,VAL,Quay " +
		"List,2031-02-01T00:00:00\nQ2,Company,Pale Heron,,,xv,,,Listed,,Quay List,2031-02-01T00:00:00\n"
	sampleNested = `{"id":"Q1","caption":"Ostrin Café","schema":"Company","target":true,"properties":{"name":["Ostrin Café"],"alias":["OW Systems"],"topics":["sanction"],` +
		`"sanctions":[{"id":"s1","schema":"Sanction","properties":{"authority":["Treasury"],"startDate":["2031-02-01"]}}]},"datasets":["quay"]}` + "\n" +
		`{"id":"Q2","caption":"Pale Heron","schema":"Company","target":true,"properties":{"name":["Pale Heron"],"topics":["sanction"]},"datasets":["quay"]}` + "\n"
)

var samples = []sample{
	{name: "EU XML", file: "eu.xml", text: sampleEUXML, good: `designationDate="2031-02-01"`,
		bad: `designationDate="soon"`, at: "sanctionEntity 1"},
	{name: "EU CSV", file: "eu.csv", text: sampleEUCSV, good: "01/02/2031;E;VAL;Pale", bad: "32/13/2031;E;VAL;Pale",
		at: "line 3"},
	{name: "EU CSV 1.0", file: "eu-old.csv", text: sampleEUOld, good: "2031-03-01;;VAL", bad: "soon;;VAL",
		at: "line 6"},
	{name: "EU CSV 1.1 in full", file: "eu-full.csv", text: sampleEUFull, good: ";P;", bad: ";planet;", at: "line 4"},
	{name: "UK CSV", file: "uk.csv", text: sampleUKCSV, good: "902,Pale Heron,Primary Name,,Ostrin,Ship",
		bad: "902,Pale Heron,Primary Name,,Ostrin,Balloon", at: "line 5"},
	{name: "UK XML", file: "uk.xml", text: sampleUKXML, good: "01/02/2031", bad: "soon", at: "Designation 1"},
	{name: "ConList CSV", file: "ConList.csv", text: sampleConList, good: "01/03/2031", bad: "soon", at: "line 5"},
	{name: "ConList XML", file: "ConList.xml", text: sampleConXML, good: "2031-02-01T00:00:00", bad: "soon",
		at: "FinancialSanctionsTarget 1"},
	{name: "BIS denied persons", file: "dpl.txt", text: sampleDPL, good: "03/01/2031", bad: "soon", at: "line 3"},
	{name: "SECO", file: "seco.xml", text: sampleSECO, good: `effective-date="2031-06-02"`,
		bad: `effective-date="soon"`, at: "target 2"},
	{name: "SEMA", file: "sema.xml", text: sampleSEMA, good: "<Item>1</Item><DateOfListing>2031-02-01",
		bad: "<Item>1</Item><DateOfListing>soon", at: "record 2"},
	{name: "DFAT", file: "dfat.csv", text: sampleDFAT, good: "7002,", bad: "seven,", at: "line 4"},
	{name: "World Bank CSV", file: "wb.csv", text: sampleBank, good: "Pale Heron Ltd,,,Ostrin,01-Feb-2031",
		bad: "Pale Heron Ltd,,,Ostrin,soon", at: "line 5"},
	{name: "World Bank JSON", file: "wb.json", text: sampleBankJSON, good: "02-FEB-2031", bad: "soon", at: "firm 1"},
	{name: "CSL JSON lines", file: "csl.json", text: sampleCSLJSON, good: "2031-03-01", bad: "soon", at: "results/1"},
	{name: "SDN XML", file: "sdn.xml", text: sampleSDNXML, good: "<uid>901</uid>", bad: "<uid>x</uid>",
		at: "sdnEntry 2"},
	{
		name: "SDN CSV", file: "sdn.csv", text: sampleSDN, good: "902,", bad: "x902,", at: "line 3",
		beside: map[string]string{"add.csv": sampleAdd, "alt.csv": sampleAlt, "sdn_comments.csv": sampleComments},
	},
	{name: "SDN enhanced XML", file: "sdn_enhanced.xml", text: sampleEnhanced, good: "Individual", bad: "Balloon",
		at: "entity 2"},
	{
		name: "OFAC non-SDN CSV", file: "cons_prim.csv", text: strings.ReplaceAll(sampleSDN, "TESTA", "NS-TEST"),
		good: "902,", bad: "x902,", at: "line 3",
		beside: map[string]string{"cons_add.csv": sampleAdd, "cons_alt.csv": sampleAlt,
			"cons_comments.csv": sampleComments},
	},
	{name: "CSL CSV", file: "csl.csv", text: sampleCSL, good: "2031-03-01", bad: "soon", at: "line 3"},
	{name: "SDN advanced XML", file: "sdn_advanced.xml", text: sampleAdvanced, good: "Ostrin Café", bad: " ",
		at: "party 1"},
	{name: "UN", file: "un.xml", text: sampleUN, good: "Ostrin Café", bad: " ", at: "ENTITY 1"},
	{name: "named", file: "named.csv", text: sampleNamed, good: ";removed;", bad: ";gone;", at: "line 3"},
	{name: "targets.simple.csv", file: "targets.simple.csv", text: sampleTargets},
	{name: "FollowTheMoney entities", file: "entities.ftm.json", text: sampleFtM, good: `"entity":["Q1"],`, bad: "",
		at: "line 3"},
	{name: "targets.nested.json", file: "targets.nested.json", text: sampleNested},
}
