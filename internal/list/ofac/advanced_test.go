package ofac

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/list/listtest"
)

const advancedXML = `<?xml version="1.0" encoding="utf-8"?><Sanctions xmlns="http://www.un.org/sanctions/1.0"><DateOfIssue><Year>2031</Year><Month>5</Month><Day>1</Day></DateOfIssue>
<ReferenceValueSets><AliasTypeValues><AliasType ID="1400">A.K.A.</AliasType><AliasType ID="1403">Name</AliasType></AliasTypeValues><CountryValues><Country ID="11082" ISO2="FR">France</Country></CountryValues>
<FeatureTypeValues><FeatureType ID="25">Location</FeatureType><FeatureType ID="8">Birthdate</FeatureType><FeatureType ID="10">Nationality Country</FeatureType></FeatureTypeValues>
<IDRegDocTypeValues><IDRegDocType ID="1571">Registration ID</IDRegDocType></IDRegDocTypeValues><ListValues><List ID="1550">SDN List</List></ListValues>
<PartySubTypeValues><PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType><PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues><PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="2">Entity</PartyType></PartyTypeValues>
<SanctionsTypeValues><SanctionsType ID="1">Program</SanctionsType><SanctionsType ID="2">Block</SanctionsType></SanctionsTypeValues><ScriptValues><Script ID="215">Latin</Script><Script ID="220">Cyrillic</Script></ScriptValues></ReferenceValueSets>
<Locations><Location ID="1"><LocationCountry CountryID="11082"/><LocationPart LocPartTypeID="1454"><LocationPartValue><Value>Paris</Value></LocationPartValue></LocationPart></Location></Locations>
<IDRegDocuments><IDRegDocument ID="1" IDRegDocTypeID="1571" IdentityID="1" IssuedBy-CountryID="11082"><IDRegistrationNo>123456789</IDRegistrationNo></IDRegDocument></IDRegDocuments>
<DistinctParties><DistinctParty FixedRef="900"><Comment/><Profile ID="9000" PartySubTypeID="3"><Identity ID="1" FixedRef="900" Primary="true"><Alias FixedRef="900" AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName ID="1"><DocumentedNamePart><NamePartValue NamePartGroupID="1" ScriptID="215">Keltrace Analytics</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
<Alias FixedRef="900" AliasTypeID="1400" Primary="false" LowQuality="true"><DocumentedName ID="2"><DocumentedNamePart><NamePartValue NamePartGroupID="1" ScriptID="215">Keltrace</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
<Feature ID="1" FeatureTypeID="25"><FeatureVersion ID="1"><VersionLocation LocationID="1"/></FeatureVersion></Feature></Profile></DistinctParty>
<DistinctParty FixedRef="901"><Profile ID="9001" PartySubTypeID="4"><Identity ID="2" Primary="true"><Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName><DocumentedNamePart><NamePartValue NamePartGroupID="2" ScriptID="215">EXAMPLE</NamePartValue></DocumentedNamePart><DocumentedNamePart><NamePartValue NamePartGroupID="3" ScriptID="215">Person</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
<NamePartGroups><MasterNamePartGroup><NamePartGroup ID="2" NamePartTypeID="1520"/></MasterNamePartGroup><MasterNamePartGroup><NamePartGroup ID="3" NamePartTypeID="1521"/></MasterNamePartGroup></NamePartGroups></Identity>
<Feature ID="2" FeatureTypeID="8"><FeatureVersion><DatePeriod><Start><From><Year>1970</Year><Month>3</Month><Day>2</Day></From></Start></DatePeriod></FeatureVersion></Feature></Profile></DistinctParty></DistinctParties>
<SanctionsEntries><SanctionsEntry ID="1" ProfileID="9000" ListID="1550"><EntryEvent><Date><Year>2030</Year><Month>2</Month><Day>1</Day></Date></EntryEvent><SanctionsMeasure SanctionsTypeID="1"><Comment>EXAMPLE-EO1</Comment></SanctionsMeasure><SanctionsMeasure SanctionsTypeID="2"><Comment/></SanctionsMeasure></SanctionsEntry></SanctionsEntries></Sanctions>`

func TestDecodeAdvanced(t *testing.T) {
	src := listtest.Source(t, "sdn_advanced.xml", advancedXML)
	if !RecogniseAdvanced([]byte(advancedXML)) {
		t.Error("not recognised")
	}
	l, err := DecodeAdvanced(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	listtest.Sound(t, l)
	var got []string
	for i := range l.Entries {
		got = append(got, listtest.Brief(&l.Entries[i]))
	}
	want := []string{
		"900 | organization | Keltrace Analytics(primary) + ~Keltrace(aka) | REG-FR:123456789 | France | Paris, " +
			"France | from 2030-02-01 | EXAMPLE-EO1 | programme EXAMPLE-EO1; Block",
		"901 | person | EXAMPLE, Person(primary) | 1970-03-02",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if l.ID != "ofac-sdn" || l.Published.Format("2006-01-02") != "2031-05-01" {
		t.Errorf("list %s of %s", l.ID, l.Published)
	}
	_, err = DecodeAdvanced(context.Background(), listtest.Source(t, "cut.xml", advancedXML[:len(advancedXML)-300]))
	listtest.Problem(t, err, "line", "cut short")
	_, err = DecodeAdvanced(context.Background(), listtest.Source(t, "type.xml", strings.Replace(advancedXML,
		`Profile ID="9001" PartySubTypeID="4"`, `Profile ID="9001" PartySubTypeID="77"`, 1)))
	listtest.Problem(t, err, "party 2", "unknown type")
}

func FuzzDecodeAdvanced(f *testing.F) {
	f.Add(advancedXML)
	f.Fuzz(func(t *testing.T, text string) {
		RecogniseAdvanced([]byte(text))
		if l, err := DecodeAdvanced(context.Background(), listtest.Source(t, "sdn_advanced.xml", text)); err == nil {
			listtest.Sound(t, l)
		}
	})
}
