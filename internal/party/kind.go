package party

import "strings"

// kindWords are words for kinds of parties: our own, the schemata of FollowTheMoney, and usual ones.
var kindWords = map[string]Kind{
	"organization": Organization, "organisation": Organization, "company": Organization, "entity": Organization,
	"legal_entity": Organization, "public_body": PublicBody, "publicbody": PublicBody, "government": PublicBody,
	"person": Person, "individual": Person, "vessel": Vessel, "ship": Vessel, "aircraft": Aircraft,
	"airplane": Aircraft,
	"Person":   Person, "Company": Organization, "Organization": Organization,
	"PublicBody": PublicBody, "Vessel": Vessel,
	"LegalEntity": Unknown, // as FollowTheMoney writes them, for the sake of speed
}

// KindOf reads a word for a kind of party, in any letter case; Unknown for others. LegalEntity of FollowTheMoney is one
// of them: a person may be meant.
func KindOf(word string) Kind {
	if k, ok := kindWords[word]; ok {
		return k
	}
	return kindWords[strings.ToLower(strings.TrimSpace(word))]
}
