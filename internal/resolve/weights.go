package resolve

// Every number that decides a join, in bits (binary logarithms of likelihood ratios, Fellegi
// and Sunter 1969): what is measured of a pair is added up, and the sum is compared with the
// two cuts below. Measured on seeds 1 to 5 of a fictional benchmark of 210 organisations in
// 910 places of records, and on no other.
const (
	priorBits   = -9.0 // two of some hundreds of parties are one: a name that one in 512 bears is no evidence
	countryBits = 3.0  // both are known and the same
	placeBits   = 1.5  // both are written alike in a spelling that is not known
	addressBits = 6.0  // one address
	formBits    = 3.0  // legal forms of one row of the table of forms
	formsBits   = -4.0 // legal forms of two rows that are of one class, one of them known to many laws: OOO beside LLC
	classBits   = -7.0 // legal forms of two classes, or of two laws: GmbH beside FZE
	abroadBits  = -5.0 // a legal form that is not known to the law of the other's country
	// Names that are near and not spelt alike, and numbers in company registers of two countries: two companies of one
	// group or of one fashion in names. A branch that is registered abroad bears the name of its company.
	registersBits = -14.0
	othersBits    = -4.0 // another legal form, where the records know namesakes: one of those is more likely
	slipsBits     = -7.0 // names in Latin letters alike but for more than one letter of one word
	ownBits       = 2.0  // word for word the same in the company's own tables, which know fewer parties
	stateBits     = -3.0 // one of the names names a state, and not known that both are there

	sameBits     = 5.0  // from here on two groups are one party
	possibleBits = -1.5 // from here on a person should look
	rivalsBits   = 3.5  // the same, where several parties fit that are not one

	leastLike   = 0.80  // names that score less are not compared
	exactLike   = 0.969 // names that score less are near, not the same
	nearLeast   = 0.45  // share of a name's evidence that is left at leastLike
	generalName = 5.0   // the name of a firm that says less is made of general words: Global Trading LLC
	mostName    = 18.0  // words often stand together: Golden Gate is one rare thing, not two
	nearMost    = 0.95  // and just below exactLike

	nearRival = 4.0 // two parties fit about equally well when their weights are nearer than this
)

// Bounds of work and of lines. What they leave out is counted in [Result.Left].
const (
	sharedNames  = 8  // names past which a number identifies an agent or an address rather than a party
	sharedUnlike = 3  // the same, counting names that are not near each other
	mostLike     = 24 // near names looked at for one name
	mostPossible = 24 // lines "possible" for one party
	// groups of one name past which those of which the same is known stand as one, each tied to the next ones
	fewGroups   = 16
	nextGroups  = 6   // how many of the next
	mostGroups  = 48  // groups of one name that are compared with others
	seriesNames = 100 // names that differ in their digits alone, from which on they are not looked for among others
)
