package compare

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
		{"ph", "f"}, {"kh", "hkxq"}, {"gh", "gq"}, {"ou", "uow"}, {"oo", "uo"}, {"ee", "iey"}, {"ck", "kc"},
		{"sh", "sxcz"}, {"ch", "ckjt"}, {"ts", "zsc"}, {"tz", "zsc"},
		{"dj", "jz"}, {"zh", "jzg"}, {"ks", "x"}, {"cz", "c"}, {"sz", "s"}, {"ei", "iea"}, {"ey", "iey"}, {"ay", "aei"},
		{"ai", "aei"}, {"ie", "iey"}, {"ia", "ay"}, {"iy", "iy"}, {"yy", "iy"}, {"ij", "iy"},
		{"ij", "y"}, {"eu", "oue"}, {"eo", "oeu"}, {"ae", "ae"}, {"oe", "oe"}, {"ue", "u"}, {"au", "ao"}, {"aw", "ao"},
		{"ow", "ou"}, {"dz", "z"}, {"dh", "dzt"}, {"th", "tds"}, {"qu", "kc"}, {"gu", "g"}, {"hs", "xs"}, {"tc", "c"},
		{"sc", "s"}, {"gi", "j"}, {"yo", "eo"}, {"ye", "e"}, {"yi", "i"}, {"ya", "a"}, {"yu", "u"}, {"wu", "u"},
		{"wo", "o"}, {"ng", "n"},
	} {
		for i := range p.one {
			t[int(p.two[0]-'a')*26+int(p.two[1]-'a')] |= 1 << (p.one[i] - 'a')
		}
	}
	return t
}()

// spellCost aligns two spellings and adds up what the differences cost, in edits. It may
// stop when the cost is sure to be more than limit tenths.
func spellCost(a, b string, loose, bent bool, limit int) float32 {
	for len(a) > 1 && len(b) > 1 && a[0] == b[0] && a[1] == b[1] {
		a, b = a[1:], b[1:] // one letter stays, for what follows it
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1] // equal letters are always aligned
	}
	var d [3][MaxWord + 1]uint16
	var gaps [MaxWord + 1]uint16 // of each letter of b
	var codes [MaxWord + 1]uint8
	var twos [MaxWord + 1]uint32 // which letters are written for it and the one before
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

func lowest(d *[MaxWord + 1]uint16, n int) int {
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
