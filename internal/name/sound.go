package name

// AppendSound appends the consonant skeleton of a folded word: vowels are left out (a
// leading one becomes a), voiced and unvoiced sounds are one letter, double letters are
// single. Words that are spelt differently but heard alike share it:
//
//	mohammed, muhamad → mmt    qaddafi, gathafi → ktf    tsetung, zedong → stnk
//
// A script without vowels writes no letter double that is not spoken twice, so that
// nothing is made single there (loose).
func AppendSound(b []byte, w []byte, loose bool) []byte {
	from := len(b)
	for i := 0; i < len(w); i++ {
		c := w[i]
		var next, third byte
		if i+1 < len(w) {
			next = w[i+1]
		}
		if i+2 < len(w) {
			third = w[i+2]
		}
		var s byte
		switch c {
		case 'a', 'e', 'i', 'o', 'u':
			if i == 0 {
				s = 'a'
			}
		case 'y':
			if i == 0 {
				s = 'a'
			}
		case 'w', 'v', 'f':
			s = 'f'
			if c == 'w' && i > 0 {
				s = 0
			}
		case 'h':
			if i == 0 {
				s = 'h'
			}
		case 'b':
			s = 'p'
		case 'p':
			s = 'p'
			if next == 'h' {
				s = 'f'
				i++
			}
		case 'd':
			s = 't'
			if next == 'z' && third != 'h' {
				i++ // ds and dz are kept as the stop
			}
			if next == 'j' || next == 'z' && third == 'h' {
				s = 0 // dj is j
			}
		case 't':
			s = 't'
			switch {
			case next == 'c' && third == 'h', next == 's' && third == 'c':
				s = 0 // tch, tsch are ch
			case next == 's', next == 'z':
				s = 's'
				i++
			}
		case 'c':
			s = 'k'
			switch {
			case next == 'h':
				s = 'j'
				i++
			case next == 'e', next == 'i', next == 'y':
				s = 's'
			}
		case 's':
			s = 's'
			if next == 'c' && third == 'h' {
				i += 2
			} else if next == 'h' {
				i++
			}
		case 'z':
			s = 's'
			if next == 'h' {
				s = 'j'
				i++
			}
		case 'k', 'g', 'q':
			s = 'k'
			if next == 'h' {
				i++
			}
		case 'x':
			if i == 0 {
				s = 's'
			} else {
				b = append(b, 'k')
				s = 's'
			}
		case 'l':
			s = 'r' // one sound in the scripts of Japan and Korea, and to the transcribers of Chinese
		default:
			s = c // j m n r and digits
		}
		if s != 0 && (loose || len(b) == from || b[len(b)-1] != s || apart(w, i)) {
			b = append(b, s)
		}
	}
	return b
}

// AppendOther appends the other skeleton of a word from a script without vowels, in which
// a w stands for the consonant (Hebrew dwd is David) and the emphatic d for z (Arabic fydz
// is Faiz). It appends nothing when there is none.
func AppendOther(b []byte, w []byte) []byte {
	var c [64]byte
	if len(w) > len(c) {
		return b
	}
	n, has := 0, false
	for i, x := range w {
		switch {
		case x == 'w' && i > 0:
			x, has = 'v', true
		case x == 'd' && i+1 < len(w) && (w[i+1] == 'z' || w[i+1] == 'h'):
			has = true
			continue // dz and dh are z to Persian and Turkish ears
		case x == 'h' && i > 0 && w[i-1] == 'd':
			x = 'z'
		}
		c[n] = x
		n++
	}
	if !has {
		return b
	}
	return AppendSound(b, c[:n], true)
}

// apart reports whether a vowel, or an h, stands before the consonant at i: then a letter
// like the one before is heard again.
func apart(w []byte, i int) bool {
	for i--; i >= 0 && (w[i] == 'h' || w[i] == 'w' || w[i] == 'y'); i-- {
		if w[i] == 'h' && i > 0 && isVowel(w[i-1]) {
			return true
		}
	}
	return i >= 0 && isVowel(w[i])
}

// Sound returns the consonant skeleton of a folded word.
func Sound(w string) string {
	var a [32]byte
	return string(AppendSound(a[:0], []byte(w), false))
}
