package resolve

// Every number that decides a join, in bits (binary logarithms of likelihood ratios, Fellegi and Sunter 1969): what is
// measured of a pair is added up, and the sum is compared with the two cuts below.
//
// The last line above each number is written by TestQualityWeights: how many percent points precision (P) and recall
// (R) move when the number is a tenth less or a tenth more (whole numbers below 20: one), each by itself; "with
// possible" counts pairs that are joined or possible. Measured over seeds 1 to 3 of a fictional benchmark of 210
// organisations in 910 places of records each, of which 99.4 % of the joined pairs are right and 83.6 % of the true
// pairs joined (30 November 2026). With possible ones it was 95.1 % and 92.5 %; since fewBits and fewFit it is 94.9 %
// and 94.0 %. A number that moves nothing there stands for kinds of pairs that the benchmark lacks or that lie far from
// the cuts: rules_test.go has a row for each rule.
const (
	// two of some hundreds of parties are one: a name that one in 512 bears is no evidence
	// −10 %: P +0.04, R +0.70, P with possible −0.28, R with possible +0.62, tests that fail 1; +10 %: P
	//  +0.08, R −2.94, P with possible +0.44, R with possible −0.38, tests that fail 2.
	priorBits = -9.0
	// both are known and the same
	// −10 %: R −0.13, P with possible −0.01, R with possible −0.10; +10 %: P −0.04, R +0.07, P with possible
	//  +0.07.
	countryBits = 3.0
	// both are written alike in a spelling that is not known
	// −10 %: nothing; +10 %: nothing.
	placeBits = 1.5
	// one address
	// −10 %: R −0.03; +10 %: nothing.
	addressBits = 6.0
	// one states a number of a register, the other the same number and not of which register. Chosen, between one
	// address and one number of one register: the benchmark has no such pair
	// −10 %: nothing; +10 %: nothing.
	bareNumberBits = 8.0
	// legal forms of one row of the table of forms
	// −10 %: R −0.13, P with possible +0.15, R with possible −0.18; +10 %: R +0.28, R with possible +0.03.
	formBits = 3.0
	// legal forms of two rows that are of one class, one of them known to many laws: OOO beside LLC
	// −10 %: P with possible −0.08; +10 %: nothing.
	formsBits = -4.0
	// legal forms of two classes, or of two laws: GmbH beside FZE
	// −10 %: nothing; +10 %: R with possible −0.05.
	classBits = -7.0
	// a legal form that is not known to the law of the other's country
	// −10 %: nothing; +10 %: nothing.
	abroadBits = -5.0
	// Names that are near and not spelt alike, and numbers in company registers of two countries: two companies of one
	// group or of one fashion in names. A branch that is registered abroad bears the name of its company.
	// −10 %: tests that fail 1; +10 %: nothing.
	registersBits = -14.0
	// another legal form, where the records know namesakes: one of those is more likely
	// −10 %: nothing; +10 %: nothing.
	othersBits = -4.0
	// names in Latin letters alike but for more than one letter of one word
	// −10 %: nothing; +10 %: nothing.
	slipsBits = -7.0
	// word for word the same in the company's own tables, which know fewer parties
	// −10 %: P +0.10, R −0.13; +10 %: nothing.
	ownBits = 2.0
	// keys of the company's own tables, of two systems: a customer's and a supplier's, say
	// −10 %: nothing; +10 %: nothing.
	keysBits = -3.0
	// one of the names names a state, and not known that both are there
	// −10 %: nothing; +10 %: nothing.
	stateBits = -3.0

	// from here on two groups are one party
	// −10 %: R +0.28; +10 %: P +0.10, R −0.40, R with possible −0.02.
	sameBits = 5.0
	// from here on a person should look
	// −10 %: R with possible −0.62, tests that fail 3; +10 %: R with possible −0.55, tests that fail 4.
	possibleBits = -1.5
	// the same, where several parties fit that are not one
	// −10 %: nothing; +10 %: P with possible +0.16, R with possible −0.08.
	rivalsBits = 3.5

	// the least for a name alone beside the few parties that bear it
	// −10 %: P with possible −0.3, R with possible −0.1; +10 %: nothing.
	fewBits = -5.0
	// how many parties are few
	// −1: P with possible +0.1, R with possible −0.2; +1: P with possible −1.4, R with possible +1.1, tests that
	//  fail 1.
	fewFit = 3

	// names that score less are not compared
	// −10 %: P −0.15, R +0.57, P with possible −0.11, R with possible +0.40; +10 %: P +0.02, R −0.58, P with
	//  possible +0.15, R with possible −0.57.
	leastLike = 0.80
	// names that score less are near, not the same
	// −10 %: P −0.13, R +0.83, P with possible −0.26, R with possible +0.03, tests that fail 2; +10 %: P
	//  +0.03, R −1.12, P with possible +0.14, R with possible −0.07.
	exactLike = 0.969
	// share of a name's evidence that is left at leastLike
	// −10 %: P with possible +0.03, R with possible −0.02; +10 %: R +0.28, P with possible −0.06, R with
	//  possible +0.03.
	nearLeast = 0.45
	// the name of a firm that says less is made of general words: Global Trading LLC
	// −10 %: nothing; +10 %: nothing.
	generalName = 5.0
	// words often stand together: Golden Gate is one rare thing, not two
	// −10 %: R −0.07, P with possible +0.42, R with possible −0.05; +10 %: P with possible −0.14, R with
	//  possible +0.03, tests that fail 1.
	mostName = 18.0
	// and just below exactLike
	// −10 %: R −0.55; +10 %: R +0.43, P with possible −0.08.
	nearMost = 0.95

	// two parties fit about equally well when their weights are nearer than this
	// −10 %: P −0.04, R +0.07, P with possible +0.07; +10 %: nothing.
	nearRival = 4.0

	// letters and digits that a number has at least that counts without its register: shorter ones are counted up in
	// every table
	// −1: nothing; +1: nothing.
	leastBareNumber = 6
)

// Bounds of work and of lines. What they leave out is counted in [Result.Left].
const (
	// names past which a number identifies an agent or an address rather than a party
	// −1: nothing; +1: nothing.
	sharedNames = 8
	// the same, counting names that are not near each other
	// −1: nothing; +1: tests that fail 1.
	sharedUnlike = 3
	// near names looked at for one name
	// −10 %: nothing; +10 %: nothing.
	mostLike = 24
	// lines "possible" for one party
	// −10 %: nothing; +10 %: nothing.
	mostPossible = 24
	// groups of one name past which those of which the same is known stand as one, each tied to the next ones
	// −1: nothing; +1: nothing.
	fewGroups = 16
	// how many of the next
	// −1: nothing; +1: nothing.
	nextGroups = 6
	// groups of one name that are compared with others
	// −10 %: nothing; +10 %: nothing.
	mostGroups = 48
	// names that differ in their digits alone, from which on they are not looked for among others
	// −10 %: nothing; +10 %: nothing.
	seriesNames = 100
)
