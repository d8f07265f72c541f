package compare

// Every number that decides how alike two names are. What it was measured on stands above it: how many more answers at
// [Threshold] are wrong, of those of six sets, when the number is a fifth less or a fifth more (or one less or more),
// each by itself. The sets, with the answers that are wrong as they are:
//
//	names   411 labelled pairs of persons and firms (21)
//	orgs    219 labelled pairs of bodies and firms (19)
//	bodies  testdata/bodies.tsv (13)
//	mis     4,000 misspellings of listed names (142)
//	scr     1,638 pairs of names of one listed entry in two scripts, translations among them (973)
//	acr     1,428 pairs of TestQualityAcross of match (93)
//	sup     18,535 pairs of a supplier's and a listed name, nearly all of them two parties (177 match)
//
// The last lines of each say how F1 changes, in thousandths, on names (955), orgs (955), bodies (941) and acr (861,
// of 1,648 pairs with the names of across_new.tsv), when it was measured, and for which change. TestWeightsMove
// measures a
// few of them again.
//
// The counts were measured on 30 November 2026, before the words of its evening. A number that moves no answer orders
// what is shown below the threshold, or stands for a
// kind of names of which the sets have few: a row of rules_test.go holds each.

// least is the similarity below which two words are held to be different words.
// −20 %: scr +2; +20 %: names +1, mis +6, scr −13, sup −5.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+1.
const least = 0.6

// leastFar is the same for words that only sound alike.
// −20 %: mis −3, scr −1, sup +1; +20 %: orgs +1, bodies +1, scr +96.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: +0/−4/+0/−28.
const leastFar = 0.78

// MaxWord is how much of one word is compared; the longest word on the lists has 46 letters.
const MaxWord = 48

// bentWord is how alike a word of another language in Kana is to one of its sound: ブリヂストン, Bridgestone.
// −20 %: bodies +1; +20 %: no answer, 2 scores.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/−5/+0; +20 %: +0/+0/+0/+0.
const bentWord = 0.9

// What a word is worth that Japanese or Korean took over from another language, or that others write as it is heard:
// シャープ is Sharp, 포스코 is Posco.
const (
	// −20 %: acr +1; +10 %: acr +0.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/−1; +20 %: +0/+0/+0/+0.
	loanWord = 0.9 // three consonants or more agree
	// −20 %: acr +1; +12 %: acr +0.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/−1; +20 %: +0/+0/+0/+0.
	shortLoan = 0.88 // two, and the first vowel
)

// longVowels is what each long vowel adds that is written in both scripts: the w of نور is the oo of Noor.
// −20 %: no answer, 407 scores; +20 %: sup +2.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/−1.
const longVowels = 0.04

// What words are worth of which one is in a script that leaves out vowels.
const (
	// −20 %: scr +3; +20 %: scr −1, sup +2.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+1.
	oneSoundApart = 0.62 // one consonant of four or more differs
	// −20 %: no answer, 39 scores; +20 %: scr −1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	eachSound = 0.03 // for each consonant, up to five
	// −20 %: orgs +1, scr +17; +20 %: sup +6.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/−4/+0/−9; +20 %: +0/+0/+0/+0.
	leastHeard = 0.80 // all consonants agree
	// −20 %: no answer, 456 scores; +20 %: sup +2.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/−1; +20 %: +0/+0/+0/+0.
	eachHeard = 0.04 // for each of them
	// −20 %: orgs +1, scr +29; +20 %: no answer, 549 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/−4/+0/−12; +20 %: +0/+0/+0/+0.
	mostHeard = 0.96
)

// What words are worth that are the same in another way than by their letters.
const (
	// −20 %: no answer, 81 scores; +20 %: mis −1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	initialLike = 0.8
	// −20 %: bodies +1, scr +2, sup −3; +20 %: scr −3, sup +280.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/−5/+3; +20 %: +0/+0/+0/−3.
	joined = 0.97 // written in one word or in two
	// −20 %: no answer, 23 scores; +20 %: scr −2.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	joinedLoose = 0.9 // the same in a script that leaves out vowels
	// −20 %: no answer, 9 scores; +20 %: no answer, 10 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	shortForm = 0.82 // Bob and Robert
	// −20 %: names +2, scr +5; +20 %: scr +1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −5/+0/+0/+0; +20 %: +0/+0/+0/+0.
	otherSpelling = 0.93 // Johann and John
	// −20 %: orgs +18, bodies +24, mis +2, scr +2, sup −18; +20 %: orgs +4, bodies +1, scr −2, sup +132.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/−74/−137/−240; +20 %: +0/−13/−4/−78.
	oneMeaning = 0.97 // bank and banque
)

// What legal forms cost that differ.
const (
	// −20 %: bodies +1, mis +2, sup −16; +20 %: names +4, orgs +1, bodies −1, sup +192.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/−5/−23; +20 %: −9/−3/+5/−7.
	otherForm = 0.97 // two of businesses
	// −20 %: no answer, 3 scores; +20 %: names +1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: −2/+0/+0/+0.
	clubForm = 0.65 // one of a business, one of an association
	// −20 %: no answer, 31 scores; +20 %: sup +6.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	strangeForm = 0.92
)

// mostSpelt is the most that two words score which are not spelt the same.
// −20 %: names +7, orgs +4, bodies +7, mis +43, scr +152, sup −30; +20 %: no answer, 0 scores.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: −18/−15/−35/−55; +20 %: +0/+0/+0/+0.
const mostSpelt = 0.99

// −1: mis −1, sup +6; +1: names +1, mis +1, sup −2.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −1: +0/+0/+0/+0; +1: −2/+0/+0/+0.
const digraphCost = 3

// JoinSound is how many consonants words must have to be known as joined by their sound;
// shorter ones must be spelt the same.
// −1: no answer, 8 scores; +1: scr +2.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −1: +0/+0/+0/+0; +1: +0/+0/+0/+0.
const JoinSound = 3

// contradicted is what is left of the score of two names of which each has what the other contradicts: two words, two
// numbers, father and son, junior and senior.
// −20 %: no answer, 15437 scores; +20 %: names +141, orgs +46, bodies +30, mis −26, scr −181, sup +1437.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: −235/−133/−114/−124.
const contradicted = 0.62

// What lowers the score of two personal names.
const (
	// −20 %: mis −1; +20 %: mis +2.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	noFirmWord = 0.08 // no word is sure
	// −20 %: scr −1; +20 %: scr +3.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	personExtra = 0.36 // times the share of the words that stand on one side only
	// −20 %: no answer, 54 scores; +20 %: no answer, 55 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	lonely = 0.7 // one word of several is a coincidence
	// −20 %: mis +1; +20 %: scr −11.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	shakyWord = 0.88 // one of two words is hardly near
	// −20 %: scr −9; +20 %: names −1, mis +7.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +2/+0/+0/+0.
	shakyLike = 0.7 // words that are less alike are hardly near
	// −20 %: no answer, 19 scores; +20 %: no answer, 19 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	onlyInitials = 0.4 // initials alone name nobody
	// −20 %: names +7, scr +53; +20 %: names +1, scr −17.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −18/+0/+0/+0; +20 %: −2/+0/+0/+0.
	mostOver = 0.55 // share of words on one side only from which on it is too much
	// −20 %: no answer, 50 scores; +20 %: names +1, scr −16.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: −2/+0/+0/+0.
	tooMuchOver = 0.8
	// −20 %: no answer, 142 scores; +20 %: mis −1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	initialOver = 0.98 // an initial stands on one side only
)

// otherHan is the most that two names score which are written with different Han characters,
// though they may sound alike: a keyboard makes such slips.
// −20 %: no answer, 2 scores; +20 %: no answer, 1 scores.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
const otherHan = 0.89

// cutName is the most that two names score which were read in part and differ.
// −20 %: no answer, 0 scores; +20 %: no answer, 0 scores.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
const cutName = 0.99

// What a word that stands on one side only does to the score of two organisations, and
// when words that stand against each other are too much.
const (
	// −20 %: names +2, orgs −1, bodies −2, scr −6, sup +38; +20 %: names +1, orgs −1, bodies +4, scr +2, sup −27.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −7/+0/+10/−6; +20 %: −2/+3/−15/−9.
	orgExtra = 1.33
	// −20 %: names +1, bodies −1, sup +9; +20 %: sup −4.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −2/+0/+5/+1; +20 %: +0/+0/+0/+0.
	orgConflict = 1.6
	// −20 %: mis −4, sup +3; +20 %: mis −1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	noFirmOrg = 0.18 // no word is sure
	// −20 %: no answer, 35 scores; +20 %: sup +35.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	AsLetters = 0.66 // letters that could stand for the name: seen when the threshold is lowered
	// −20 %: names +1, orgs +10, bodies +5, sup −7; +20 %: no answer, 23 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −2/−42/−30/+0; +20 %: +0/+0/+0/+0.
	BodyLetters = 0.72 // letters alone that are those of a public body: a match, and never a sure one
	// −20 %: no answer, 0 scores; +20 %: no answer, 24 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/−3.
	longVowelsHeard = 0.88 // two consonants and a long vowel agree in two scripts
	// −20 %: bodies −1, mis −4, sup +7; +20 %: names +2, mis +13, sup −4.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+5/+0; +20 %: −5/+0/+0/+0.
	oneWord = 1.0 // a name of one word must be spelt well: there is nothing else to go by
	// −20 %: no answer, 15 scores; +20 %: no answer, 23 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	leastExtra = 0.3 // what is left at least, however much stands on one side only
	// −20 %: scr −2, sup +23; +20 %: sup −3.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+3.
	sureJoin = 0.93 // words joined otherwise that are less alike are not sure
	// −20 %: sup +4; +20 %: no answer, 32 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	onlyJoined = 0.15 // nothing but such words
	// −20 %: no answer, 0 scores; +20 %: no answer, 0 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/−4.
	bentNear = 0.85 // words of two scripts, one of them by syllables, that are near
	// −20 %: mis −7, sup +20; +20 %: names +2, mis +4, sup −7.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/−3/+0/+1; +20 %: −5/+0/+0/−1.
	oneWordWeight = 1.42 // linked words that weigh more are two
	// −20 %: sup +2; +20 %: mis +1.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	otherFirst = 0.15 // the one word begins with another letter
	// −1: mis −2, sup +31; +1: names +2, bodies +1, mis +3, sup −3.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −1: +0/+0/+0/−2; +1: −5/+0/−5/+0.
	shortWord = 4 // letters of a word in which one slip makes another word
	// −20 %: sup +14; +20 %: no answer, 109 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	shortSlip = 0.17 // what such a word loses
	// −20 %: no answer, 119 scores; +20 %: no answer, 6 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	soundAlone = 0.6 // words of one script that only sound the same
	// −20 %: no answer, 4622 scores; +20 %: no answer, 5000 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	lowSight = 0.5 // what a name of one word scores at most that is spelt in another way
)

// shakyCore is how near the one word must be that tells an organisation: what stands beside it says little.
// −20 %: sup +6; +20 %: names +3, mis +7, sup −12.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/−4/+1; +20 %: −7/+0/+0/+0.
const shakyCore = 0.7

// onlyGeneral is the most that two names score which share nothing but general words in two
// languages: "First Pharma" and "Yi Yao" name nobody in common. A state with a general word
// (中国银行, Bank of China) is a name.
// −20 %: no answer, 11483 scores; +20 %: sup +21.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: +0/+0/−4/+1.
const onlyGeneral = 0.65

// Names of nothing but general words that are a translation of each other, word by word: United Aircraft Corporation.
const (
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/−8.
	severalGeneral = 0.8 // what their words weigh at least, two words or more
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/−6; +20 %: +0/+0/+0/+0.
	fillerLeft = 0.13 // what may stand on one side only: company, corporation
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/−11; +20 %: +0/+0/+0/+0.
	inOtherWords = 0.75 // the most that they score: a match, and never a sure one
)

// What numbers that differ cost two names that are alike else. The number of a unit, a camp
// or a fund is its name. Ships of one name, and the partnerships and trusts of one house,
// are two as well, but near enough that a person should look.
const (
	// −20 %: names +8; +20 %: no answer, 8 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −20/+0/+0/+0; +20 %: +0/+0/+0/+0.
	otherSeries = 0.78
	// −20 %: no answer, 56 scores; +20 %: no answer, 56 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	onlyNumber = 0.5 // the number is all that tells them apart
	// −20 %: no answer, 56 scores; +20 %: names +2, sup +10.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: −4/+0/+0/+0.
	noNumber = 0.65
	// −20 %: sup −2; +20 %: sup +8.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	noFirst = 0.93 // the first of a series is often written without its number
	// −20 %: names +1; +20 %: no answer, 2 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −2/+0/+0/+0; +20 %: +0/+0/+0/+0.
	shipNumber = 0.8
)

// MaxRun is how long a name may be to be compared letter by letter.
const MaxRun = 96

// What the ways of being the same as a whole are worth.
const (
	// −20 %: no answer, 147 scores; +20 %: no answer, 147 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	sameRun = 0.97 // the same letters, other spaces
	// −20 %: no answer, 21 scores; +20 %: no answer, 21 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	sameBag = 0.93 // the same words, in another order
	// −20 %: orgs +1, mis +20, scr +11, sup −4; +20 %: no answer, 58 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/−4/+0/+0; +20 %: +0/+0/+0/+0.
	sameSound = 0.90 // times how alike the spellings are
	// −20 %: mis −5, scr −1, sup +2; +20 %: names +1, mis +8, sup −2.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/−3/+0/+1; +20 %: −2/+0/+0/+0.
	slip = 1.1 // per letter that differs, over the length
	// −20 %: mis +1; +20 %: no answer, 22 scores.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: +0/+0/+0/+0; +20 %: +0/+0/+0/+0.
	mostWhole = 0.89 // letters differ
	// −20 %: names +1, mis −9, sup +7; +20 %: orgs +1, mis +20, scr +11, sup −4.
	// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
	// −20 %: −2/+0/+0/+0; +20 %: +0/−4/+0/+0.
	leastWhole = 0.85 // how alike the spellings of names must be that sound the same
)

// maxSyllables is how many syllables are compared one by one.
// −1: no answer, 0 scores; +1: no answer, 0 scores.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −1: +0/+0/+0/+0; +1: +0/+0/+0/+0.
const maxSyllables = 8

// VariantFactor is what a score loses when only one of several names held in one text, or
// another reading of it, was compared.
// −20 %: names +1, scr +4, sup −4; +20 %: orgs +1, bodies +5, scr −33, sup +1113.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: −2/+0/+0/−4; +20 %: −4/−3/−21/−76.
const VariantFactor = 0.97

// Threshold is the score from which on two names are taken to match.
const Threshold = 0.70

// firmWord is how alike two words must be to be sure of them.
// −20 %: mis −10, sup +14; +20 %: names +13, orgs +0, bodies +13, mis +19, scr +14, sup −30.
// F1 in thousandths, names/orgs/bodies/acr, 2026-11-30,
// −20 %: +0/+0/+0/+0; +20 %: −32/−1/−67/−51.
const firmWord = 0.9
