package ocds

import "bytes"

// The members that this reader looks at, at whatever depth they stand. Everything else
// (documents, contact points, bids, milestones, planning …) is parsed, so that a broken
// file is noticed, and goes no further.
const (
	keyLiteral = 0   // a member outside the table follows with its name
	keyEnd     = 255 // closes an object
)

var keyNames = [...]string{
	0: "",
	// release
	1: "ocid", 2: "id", 3: "date", 4: "tag", 5: "version", 6: "parties", 7: "buyer", 8: "tender", 9: "awards",
	10: "contracts",
	11: "withheldInformation", 12: "initiationType",
	// organisation
	15: "name", 16: "roles", 17: "identifier", 18: "additionalIdentifiers", 19: "scheme", 20: "legalName",
	21: "address",
	22: "streetAddress", 23: "locality", 24: "region", 25: "postalCode", 26: "countryName", 27: "country",
	28: "details",
	29: "classifications", 30: "uid",
	// tender, award, contract
	35: "title", 36: "description", 37: "status", 38: "procuringEntity", 39: "procurementMethod",
	40: "procurementMethodDetails",
	41: "procurementMethodRationale", 42: "items", 43: "value", 44: "contractPeriod", 45: "suppliers", 46: "awardID",
	47: "period",
	48: "dateSigned", 49: "implementation", 50: "transactions", 51: "amendments", 52: "amendment",
	// item, value, period
	60: "classification", 61: "additionalClassifications", 62: "quantity", 63: "unit", 64: "deliveryAddress",
	65: "deliveryAddresses",
	66: "amount", 67: "currency", 68: "startDate", 69: "endDate", 70: "durationInDays",
	// amendment
	75: "rationale", 76: "changes", 77: "property", 78: "former_value", 79: "amendedValue", 80: "releaseID",
	81: "amendsReleaseID",
	// transaction
	85: "payer", 86: "payee", 87: "providerOrganization", 88: "receiverOrganization",
	// versioned release
	90: "releaseDate", 91: "releaseTag",
	// lots, bids, money behind the buyer, extensions of 1.1
	130: "lots", 131: "relatedLot", 132: "relatedLots", 133: "tenderers", 134: "bids", 135: "subcontracting",
	136: "subcontracts",
	137: "subcontractor", 138: "subcontractors", 139: "planning", 140: "budget", 141: "budgetBreakdown",
	142: "sourceParty", 143: "funders",
	144: "mainProcurementCategory", 145: "candidates", 146: "invitedSuppliers", 147: "shortlistedFirms",
	148: "preferredBidders",
	149: "bidders", 150: "supplier", 151: "buyers", 152: "leadBuyer", 153: "tenderer",
	// further members that name organisations, and what stands around them
	154: "role", 155: "organization", 156: "organisation", 157: "party", 158: "identifiers", 159: "lei",
	160: "countryCode", 161: "addresses",
	162: "amountNet", 163: "amountGross", 164: "jointBuyers", 165: "contractingAuthority",
	166: "contractingAuthorities",
	167: "procuringEntities", 168: "procuringAgency", 169: "centralPurchasingBody", 170: "requestingUnits",
	171: "requestingUnit",
	172: "responsibleUnits", 173: "contractingUnits", 174: "bidder", 175: "candidate", 176: "participants",
	177: "invitedCandidates",
	178: "qualifiedBidders", 179: "qualifiedSuppliers", 180: "notifiedSuppliers", 181: "eligibleTenderers",
	182: "awardedSuppliers",
	183: "contractors", 184: "contractor", 185: "vendors", 186: "vendor", 187: "winners", 188: "winner",
	189: "subContractors",
	190: "subContractor", 191: "funder", 192: "sourceEntity", 193: "financingParty", 194: "guarantor", 195: "lender",
	196: "lenders",
	197: "donor", 198: "donors", 199: "endUser", 200: "endUsers", 201: "beneficiary", 202: "beneficiaries",
	203: "reviewBody",
	204: "signatories", 207: "finance", 208: "guarantees", 209: "preQualification",
	210: "sources", 211: "code", 214: "loans", 215: "consignee", 232: "tenderPeriod", 233: "numberOfTenderers",
	// who stands behind a joint bid
	234: "consortium", 235: "consortia", 236: "consortiumMembers", 237: "jointVenture", 238: "jointVenturePartners",
	239: "jointVentureMembers", 240: "leadPartner", 241: "groupLead", 242: "groupMembers", 243: "members",
	244: "partners", 245: "leadMember", 246: "leadTenderer", 247: "jointTenderers",
	// until when who bids may be heard
	248: "enquiryPeriod", 249: "awardPeriod", 250: "standstillPeriod", 251: "complaintPeriod", 252: "lotValues",
	216: "lotGroups", 217: "lotID", 218: "lotId", 219: "lot", 220: "project", 221: "cpv",
	// owners of organisations: extensions shareholders and beneficialOwners
	222: "shareholders", 223: "shareholder", 224: "shareholding", 225: "votingRights", 226: "beneficialOwners",
	227: "type",
	228: "percentage", 229: "entityType", 230: "share", 231: "kind",
	// before 1.0
	100: "formation", 101: "method", 102: "methodJustification", 103: "awardDate", 104: "awardValue",
	105: "itemsAwarded", 106: "notice",
	107: "awardNotice", 108: "isAmendment", 109: "contractValue", 110: "classificationScheme", 111: "classificationID",
	112: "classificationDescription", 113: "unitOfMeasure", 114: "itemsToBeProcured", 115: "street-address",
	116: "postal-code",
	117: "country-name", 118: "methodRationale", 119: "contractID",
}

// listCodes are the members that hold lists of objects with an id.
var listCodes = func() (is [256]bool) {
	for _, name := range [...]string{"parties", "awards", "contracts", "items", "suppliers", "tenderers", "lots",
		"lotGroups", "amendments", "transactions",
		"subcontracts", "subcontractors", "funders", "buyers", "bidders", "candidates", "budgetBreakdown",
		"invitedSuppliers", "participants",
		"procuringEntities", "qualifiedBidders", "finance", "guarantees", "additionalIdentifiers", "identifiers",
		"additionalClassifications",
		"shareholders", "beneficialOwners"} {
		is[keyCode([]byte(name))] = true
	}
	return is
}()

// The places of bids and of the list in it, which publishers also write as an object of bids by their id.
var bidsCode, detailsCode = keyCode([]byte("bids")), keyCode([]byte("details"))

// textCodes are the members that hold a text, which some programs write as an object of languages
// or a list of lines.
var textCodes = func() (is [256]bool) {
	for _, name := range [...]string{"name", "legalName", "title", "description", "rationale", "procurementMethod",
		"procurementMethodDetails",
		"procurementMethodRationale"} {
		is[keyCode([]byte(name))] = true
	}
	return is
}()

// translated reports whether a member is one of the texts that the standard lets publishers
// give in several languages ("name_en", release schema 1.1.5, patternProperties).
func translated(key []byte) bool {
	base, _, ok := bytes.Cut(key, []byte{'_'})
	switch string(base) {
	case "name", "legalName", "title", "description", "rationale":
		return ok && len(key) < 40
	}
	return false
}

// keySlots is an open-addressed hash of keyNames; a map costs more than the rest of a token.
var keySlots = func() (slots [1024]uint8) {
	for c, name := range keyNames {
		if name == "" {
			continue
		}
		h := keyHash([]byte(name))
		for slots[h] != 0 {
			h = (h + 1) & 1023
		}
		slots[h] = uint8(c)
	}
	return slots
}()

func keyHash(b []byte) uint32 {
	n := len(b)
	if n == 0 {
		return 0
	}
	return (uint32(b[0])*131 + uint32(b[n-1])*31 + uint32(b[n/2])*521 + uint32(n)*1031) & 1023
}

// keyCode returns the place of a name in keyNames, 0 when it has none.
func keyCode(b []byte) uint8 {
	for h := keyHash(b); ; h = (h + 1) & 1023 {
		c := keySlots[h]
		if c == 0 || keyNames[c] == string(b) {
			return c
		}
	}
}

// written are the names by their letters and digits in lower case.
var written = func() map[string][]byte {
	m := map[string][]byte{}
	names := append([]string{"releases", "records", "compiledRelease", "versionedRelease", "relatedProcesses"},
		keyNames[1:]...)
	for _, name := range names {
		if key := columnKey(name); key != "" && m[key] == nil {
			m[key] = []byte(name)
		}
	}
	return m
}()

// canonical returns the name that a key stands for: programs also write "Buyer", "OCID" and
// "date_signed". A key that is no such name is returned as it is.
func canonical(key []byte) []byte {
	if len(key) == 0 || len(key) > 40 || key[0] >= 'a' && key[0] <= 'z' && bytes.IndexByte(key, '_') < 0 ||
		keyCode(key) != 0 {
		return key
	}
	if name := written[columnKey(string(key))]; name != nil {
		return name
	}
	return key
}

// The part that a member plays in deciding what an object is.
type part uint8

const (
	partNone    part = iota
	partRelease      // only releases have it
	partHold         // releases: its array holds releases, or links to them
	partRecords
	partCompiled
	partVersioned
	partMeta // of a package; nothing to look for in it
)

func partOf(key []byte) part {
	switch string(key) {
	case "tag", "tender", "awards", "contracts", "buyer", "parties", "planning", "bids", "initiationType", "formation",
		"releaseTag",
		"relatedProcesses", "withheldInformation":
		return partRelease
	case "releases":
		return partHold
	case "records":
		return partRecords
	case "compiledRelease":
		return partCompiled
	case "versionedRelease":
		return partVersioned
	case "publisher", "links", "extensions", "packages", "license", "publicationPolicy", "uri", "publishedDate",
		"packageInfo", "validationErrors":
		return partMeta
	}
	return partNone
}
