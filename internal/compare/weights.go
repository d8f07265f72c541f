package compare

// least is the similarity below which two words are held to be different words.
const least = 0.6

// leastFar is the same for words that only sound alike.
const leastFar = 0.78

// MaxWord is how much of one word is compared; the longest word on the lists has 46 letters.
const MaxWord = 48

// bentWord is how alike a word of another language in Kana is to one of its sound: ブリヂストン, Bridgestone.
const bentWord = 0.9

// longVowels is what each long vowel adds that is written in both scripts: the w of نور is the oo of Noor.
const longVowels = 0.04

// What words are worth of which one is in a script that leaves out vowels.
const (
	oneSoundApart = 0.62 // one consonant of four or more differs
	eachSound     = 0.03 // for each consonant, up to five
	leastHeard    = 0.80 // all consonants agree
	eachHeard     = 0.04 // for each of them
	mostHeard     = 0.96
)

// What words are worth that are the same in another way than by their letters.
const (
	initialLike   = 0.8
	joined        = 0.97 // written in one word or in two
	joinedLoose   = 0.9  // the same in a script that leaves out vowels
	shortForm     = 0.82 // Bob and Robert
	otherSpelling = 0.93 // Johann and John
	oneMeaning    = 0.97 // bank and banque
)

// What legal forms cost that differ.
const (
	otherForm   = 0.97 // two of businesses
	clubForm    = 0.65 // one of a business, one of an association
	strangeForm = 0.92
)

// mostSpelt is the most that two words score which are not spelt the same.
const mostSpelt = 0.99

const digraphCost = 3

// JoinSound is how many consonants words must have to be known as joined by their sound;
// shorter ones must be spelt the same.
const JoinSound = 3

// contradicted is what is left of the score of two names of which each has what the other contradicts: two words, two
// numbers, father and son, junior and senior.
const contradicted = 0.62

// What lowers the score of two personal names.
const (
	noFirmWord   = 0.08 // no word is sure
	personExtra  = 0.36 // times the share of the words that stand on one side only
	lonely       = 0.7  // one word of several is a coincidence
	shakyWord    = 0.88 // one of two words is hardly near
	shakyLike    = 0.7  // words that are less alike are hardly near
	onlyInitials = 0.4  // initials alone name nobody
	mostOver     = 0.55 // share of words on one side only from which on it is too much
	tooMuchOver  = 0.8
	initialOver  = 0.98 // an initial stands on one side only
)

// otherHan is the most that two names score which are written with different Han characters,
// though they may sound alike: a keyboard makes such slips.
const otherHan = 0.89

// cutName is the most that two names score which were read in part and differ.
const cutName = 0.99

// What a word that stands on one side only does to the score of two organisations, and
// when words that stand against each other are too much.
const (
	orgExtra        = 1.33
	orgConflict     = 1.6
	noFirmOrg       = 0.18 // no word is sure
	AsLetters       = 0.66 // letters that could stand for the name: seen when the threshold is lowered
	BodyLetters     = 0.72 // letters alone that are those of a public body: a match, and never a sure one
	longVowelsHeard = 0.88 // two consonants and a long vowel agree in two scripts
	oneWord         = 1.0  // a name of one word must be spelt well: there is nothing else to go by
	leastExtra      = 0.3  // what is left at least, however much stands on one side only
	sureJoin        = 0.93 // words joined otherwise that are less alike are not sure
	onlyJoined      = 0.15 // nothing but such words
	bentNear        = 0.85 // words of two scripts, one of them by syllables, that are near
	oneWordWeight   = 1.42 // linked words that weigh more are two
	otherFirst      = 0.15 // the one word begins with another letter
	shortWord       = 4    // letters of a word in which one slip makes another word
	shortSlip       = 0.17 // what such a word loses
	soundAlone      = 0.6  // words of one script that only sound the same
	lowSight        = 0.5  // what a name of one word scores at most that is spelt in another way
)

// shakyCore is how near the one word must be that tells an organisation: what stands beside it says little.
const shakyCore = 0.7

// onlyGeneral is the most that two names score which share nothing but general words in two
// languages: "First Pharma" and "Yi Yao" name nobody in common. A state with a general word
// (中国银行, Bank of China) is a name.
const onlyGeneral = 0.65

// What numbers that differ cost two names that are alike else. The number of a unit, a camp
// or a fund is its name. Ships of one name, and the partnerships and trusts of one house,
// are two as well, but near enough that a person should look.
const (
	otherSeries = 0.78
	onlyNumber  = 0.5 // the number is all that tells them apart
	noNumber    = 0.65
	noFirst     = 0.93 // the first of a series is often written without its number
	shipNumber  = 0.8
)

// MaxRun is how long a name may be to be compared letter by letter.
const MaxRun = 96

// What the ways of being the same as a whole are worth.
const (
	sameRun    = 0.97 // the same letters, other spaces
	sameBag    = 0.93 // the same words, in another order
	sameSound  = 0.90 // times how alike the spellings are
	slip       = 1.1  // per letter that differs, over the length
	mostWhole  = 0.89 // letters differ
	leastWhole = 0.85 // how alike the spellings of names must be that sound the same
)

// maxSyllables is how many syllables are compared one by one.
const maxSyllables = 8

// VariantFactor is what a score loses when only one of several names held in one text, or
// another reading of it, was compared.
const VariantFactor = 0.97

// Threshold is the score from which on two names are taken to match.
const Threshold = 0.70

// firmWord is how alike two words must be to be sure of them.
const firmWord = 0.9
