package match

import (
	"plimsoll/internal/name"
)

// Two words are compared only when they are near: equal, sharing a meaning, sharing a
// skeleton, or within reach edits of each other. The index looks up just these four, so
// that the candidates it finds and the words that the score accepts are the same set.

// least is the similarity below which two words are held to be different words.
const least = 0.6

// leastFar is the same for words that only sound alike.
const leastFar = 0.78

// reach is how many letters may differ between words of which the shorter has n letters.
func reach(n int) int {
	switch {
	case n <= 2:
		return 0
	case n <= 4:
		return 1
	}
	return 2
}

// maxWord is how much of one word is compared; the longest word on the lists has 46 letters.
const maxWord = 48

// wordSim returns how alike two words are: 1 when equal, 0 when they are different words.
// Words of one letter are left to the caller.
func wordSim(a, b *name.Token) float32 {
	if a.Text == b.Text {
		return 1
	}
	if s := symSim(a, b); s != 0 {
		return max(s, 0)
	}
	if a.Exact || b.Exact || a.Class == name.Number || b.Class == name.Number {
		return 0
	}
	la, lb := len(a.Text), len(b.Text)
	if la < 2 || lb < 2 || la > maxWord || lb > maxWord {
		return 0
	}
	loose := a.Loose || b.Loose
	near := a.Sound == b.Sound && a.Sound != "" || loose && otherSound(a, b)
	if !near && loose && len(a.Sound) >= 4 && len(b.Sound) >= 4 && within(a.Sound, b.Sound, 1) {
		// One consonant apart, as ض is d to some and z to others.
		return 0.62 + 0.03*float32(min(len(a.Sound), len(b.Sound), 5))
	}
	if near && loose && name.VowelsClash(a, b) {
		if len(a.Sound) < 3 || a.Loose == b.Loose {
			return 0
		}
		return least
	}
	if loose && !near && a.Loose != b.Loose { // all that such a script writes are its consonants
		if len(a.Sound) >= 3 && len(b.Sound) >= 3 && within(a.Sound, b.Sound, 1) && la < 2*lb+2 && lb < 2*la+2 {
			return least
		}
		return 0
	}
	far := la-lb > 2 || lb-la > 2 || reach(min(la, lb)) == 0 || !within(a.Text, b.Text, reach(min(la, lb)))
	if far && !near {
		return 0
	}
	if (a.Han != 0) != (b.Han != 0) && otherPinyin(a, b) {
		return 0
	}
	long, lowest := max(la, lb), float32(least)
	if far {
		lowest = leastFar
	}
	cost := spellCost(a.Text, b.Text, loose, a.Bent || b.Bent, int(float32(long)*(1-lowest)*full)+1)
	s := 1 - cost/float32(long)
	if near && loose && la < 2*lb+2 && lb < 2*la+2 {
		// The vowels are not there to differ; the more consonants agree the better.
		s = max(s, min(0.96, 0.80+0.04*float32(len(a.Sound))+longVowels*float32(name.LongVowels(a, b))))
	}
	if near && a.Bent != b.Bent && len(a.Sound) > 2 && kana(a, b) {
		s = max(s, bentWord)
	}
	if s < lowest {
		return 0
	}
	return min(s, 0.99)
}

// bentWord is how alike a word of another language in Kana is to one of its sound: ブリヂストン, Bridgestone.
const bentWord = 0.9

// kana reports whether one of two words is written in Kana and the other is no Japanese in Latin letters, which would
// be spelt as it is read.
func kana(a, b *name.Token) bool {
	if !a.Bent {
		a, b = b, a
	}
	return a.Kana && !name.Romaji(b.Text)
}

// otherPinyin reports whether a Han character and a word in Latin letters are two syllables of Mandarin.
func otherPinyin(a, b *name.Token) bool {
	if a.Han == 0 {
		a, b = b, a
	}
	return !b.Bent && !b.Loose && name.OtherSyllables([]name.Token{*a}, b.Text)
}

// longVowels is what each long vowel adds that is written in both scripts: the w of نور is the oo of Noor.
const longVowels = 0.04

// otherSound compares the further skeletons of each word with the skeleton of the other.
func otherSound(a, b *name.Token) bool {
	found := false
	name.OtherSounds(a.Text, a.Loose, func(x []byte) { found = found || string(x) == b.Sound })
	if !found {
		name.OtherSounds(b.Text, b.Loose, func(x []byte) { found = found || string(x) == a.Sound })
	}
	return found
}

// symSim compares meanings: above 0 when one is shared, below 0 when they exclude each
// other, 0 when they say nothing.
func symSim(a, b *name.Token) float32 {
	if len(a.Syms) == 0 || len(b.Syms) == 0 {
		return 0
	}
	best := float32(0)
	for _, x := range a.Syms {
		for _, y := range b.Syms {
			if x == y {
				switch x.Kind() {
				case name.SymShort:
					best = max(best, 0.82)
				case name.SymSame:
					best = max(best, 0.93)
				default:
					best = max(best, 0.97)
				}
			}
		}
	}
	if best > 0 {
		return best
	}
	ka, kb := a.Syms[0].Kind(), b.Syms[0].Kind()
	if ka == name.SymSame && kb == ka && a.Loose != b.Loose {
		return -1 // each is a known name, and another one: where no vowels are written, the sound is not enough
	}
	if ka == kb && (ka == name.SymPlace || ka == name.SymGeneric || ka == name.SymBody) {
		return -1
	}
	return 0
}

// within reports whether a and b are at most k edits apart, where an edit adds, drops or
// changes a letter or swaps two neighbours (optimal string alignment). k is at most 2.
func within(a, b string, k int) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(b)-len(a) > k:
		return false
	case len(b) <= k:
		return true
	case k == 0 || len(a) == 0:
		return false
	case k == 1:
		return len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	}
	// The first letters differ, and the last.
	return within(a[1:], b[1:], k-1) || within(a, b[1:], k-1) || len(a) == len(b) && within(a[1:], b, k-1) ||
		len(a) > 1 && a[0] == b[1] && a[1] == b[0] && within(a[2:], b[2:], k-1)
}

// Slips counts the letters in which two words differ, two for more than one. Neighbours that changed places are one.
func Slips(a, b string) int {
	switch {
	case a == b:
		return 0
	case within(a, b, 1):
		return 1
	}
	return 2
}

// Costs in tenths of an edit: what writers of names mix up costs less.
const full = 10

var subCost = func() (t [36][36]uint8) {
	for i := range t {
		for j := range t {
			if i != j {
				t[i][j] = full
				if i >= 26 || j >= 26 {
					t[i][j] = 15
				}
			}
		}
	}
	set := func(pairs string, c uint8) {
		for i := 0; i+1 < len(pairs); i += 3 {
			x, y := code(pairs[i]), code(pairs[i+1])
			t[x][y], t[y][x] = c, c
		}
	}
	vowels := "aeiou"
	for _, x := range vowels {
		for _, y := range vowels {
			if x != y {
				t[code(byte(x))][code(byte(y))] = 6
			}
		}
	}
	set("iy ou ie ea ck kq cq sz vw jy", 3)
	set("vf ey uw td gk gq bp gj jh xh xk kh gh sc zc zj xs mn hk", 6)
	set("0o 1i 1l", 5)
	return t
}()

func code(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return int(c - 'a')
	case c >= '0' && c <= '9':
		return int(c-'0') + 26
	}
	return 25
}

// gap is what it costs that letter c, after p, stands on one side only.
func gap(c, p byte, loose bool) int {
	switch c {
	case 'a', 'e', 'i', 'o', 'u':
		if loose {
			return 1
		}
		if c == p {
			return 3
		}
		return 7
	case 'h', 'y', 'w':
		if loose {
			return 2
		}
		return 5
	}
	if c == p {
		return 3
	}
	if c <= '9' {
		return 15
	}
	return full
}

// digraph holds, for two letters that stand for one sound, which single letters are
// written for it: bit i for letter 'a'+i.
var digraph = func() (t [26 * 26]uint32) {
	for _, p := range []struct{ two, one string }{
		{"ph", "f"}, {"kh", "hkxq"}, {"gh", "gq"}, {"ou", "uow"}, {"oo", "uo"}, {"ee", "iey"}, {"ck", "kc"}, {"sh", "sxcz"}, {"ch", "ckjt"}, {"ts", "zsc"}, {"tz", "zsc"},
		{"dj", "jz"}, {"zh", "jzg"}, {"ks", "x"}, {"cz", "c"}, {"sz", "s"}, {"ei", "iea"}, {"ey", "iey"}, {"ay", "aei"}, {"ai", "aei"}, {"ie", "iey"}, {"ia", "ay"}, {"iy", "iy"}, {"yy", "iy"}, {"ij", "iy"},
		{"ij", "y"}, {"eu", "oue"}, {"eo", "oeu"}, {"ae", "ae"}, {"oe", "oe"}, {"ue", "u"}, {"au", "ao"}, {"aw", "ao"}, {"ow", "ou"}, {"dz", "z"}, {"dh", "dzt"}, {"th", "tds"}, {"qu", "kc"}, {"gu", "g"}, {"hs", "xs"}, {"tc", "c"}, {"sc", "s"}, {"gi", "j"}, {"yo", "eo"}, {"ye", "e"}, {"yi", "i"}, {"ya", "a"}, {"yu", "u"}, {"wu", "u"}, {"wo", "o"}, {"ng", "n"},
	} {
		for i := range p.one {
			t[int(p.two[0]-'a')*26+int(p.two[1]-'a')] |= 1 << (p.one[i] - 'a')
		}
	}
	return t
}()

const digraphCost = 3

// spellCost aligns two spellings and adds up what the differences cost, in edits. It may
// stop when the cost is sure to be more than limit tenths.
func spellCost(a, b string, loose, bent bool, limit int) float32 {
	for len(a) > 1 && len(b) > 1 && a[0] == b[0] && a[1] == b[1] {
		a, b = a[1:], b[1:] // one letter stays, for what follows it
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1] // equal letters are always aligned
	}
	var d [3][maxWord + 1]uint16
	var gaps [maxWord + 1]uint16 // of each letter of b
	var codes [maxWord + 1]uint8
	var twos [maxWord + 1]uint32 // which letters are written for it and the one before
	p0, p1, p2 := &d[0], &d[1], &d[2]
	for j := 1; j <= len(b); j++ {
		y := b[j-1]
		gaps[j], codes[j] = uint16(gap(y, prev(b, j-1), loose)), uint8(code(y))
		if j > 1 {
			twos[j] = digraphs(b[j-2], y)
		}
		p1[j] = p1[j-1] + gaps[j]
	}
	for i := 1; i <= len(a); i++ {
		x := a[i-1]
		cx := code(x)
		subs := &subCost[cx]
		gx := uint16(gap(x, prev(a, i-1), loose))
		p2[0] = p1[0] + gx
		var twoX, bitX uint32
		var before byte
		if x >= 'a' {
			bitX = 1 << (x - 'a')
		}
		if i > 1 {
			before = a[i-2]
			twoX = digraphs(before, x)
		}
		low := p2[0]
		for j := 1; j <= len(b); j++ {
			y := b[j-1]
			c := p1[j-1]
			if x != y {
				sub := uint16(subs[codes[j]])
				if bent && bentSub(x, y) {
					sub = 3
				}
				c = min(c+sub, p1[j]+gx, p2[j-1]+gaps[j])
				if twoX != 0 && y >= 'a' && twoX&(1<<(y-'a')) != 0 {
					c = min(c, p0[j-1]+digraphCost)
				}
				if twos[j]&bitX != 0 {
					c = min(c, p1[j-2]+digraphCost)
				}
				if before == y && j > 1 && x == b[j-2] {
					c = min(c, p0[j-2]+8)
				}
			}
			p2[j] = c
			low = min(low, c)
		}
		if int(low) > limit && i > 1 && lowest(p1, len(b)) > limit {
			return float32(low) / full // a step may look back two letters, not three
		}
		p0, p1, p2 = p1, p2, p0
	}
	return float32(p1[len(b)]) / full
}

// bentSub reports whether two letters are one sound in the scripts of Japan or Korea.
func bentSub(x, y byte) bool {
	if x > y {
		x, y = y, x
	}
	switch {
	case x == 'l' && y == 'r', x == 'g' && y == 'k', x == 'd' && y == 't', x == 'b' && y == 'p', x == 'c' && y == 'j':
		return true
	}
	return false
}

// digraphs returns which letters are written for two.
func digraphs(a, b byte) uint32 {
	if a < 'a' || b < 'a' {
		return 0
	}
	return digraph[int(a-'a')*26+int(b-'a')]
}

func lowest(d *[maxWord + 1]uint16, n int) int {
	v := d[0]
	for _, x := range d[1 : n+1] {
		v = min(v, x)
	}
	return int(v)
}

func prev(s string, i int) byte {
	if i == 0 {
		return 0
	}
	return s[i-1]
}
