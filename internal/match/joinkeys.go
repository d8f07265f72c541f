package match

import (
	"plimsoll/internal/compare"
	"plimsoll/internal/name"
)

// joinKeys calls f with the keys of the words of a listed name that may be written as one.
func joinKeys(n *name.Name, f func(h uint64, from, to int)) {
	t := n.Tokens
	var text, snd [128]byte
	for i := range t {
		size, loose := 0, t[i].Loose
		for k := i; k < len(t) && k < i+3; k++ {
			if t[k].Class == name.Number || t[k].Class == name.Form {
				break
			}
			size += len(t[k].Text)
			if size > compare.MaxWord {
				break
			}
			loose = loose || t[k].Loose
			if k == i || size < 4 {
				continue
			}
			b := text[:0]
			for _, w := range t[i : k+1] {
				b = append(b, w.Text...)
			}
			f(hashBytes(keyJoin, b), i, k+1)
			eachSound(b, snd[:0], func(sound []byte) {
				if len(sound) >= compare.JoinSound {
					f(joinKey(hashBytes(keyJoinSound, sound), len(b), loose), i, k+1)
				}
			})
		}
	}
}

// The low bits of the key of joined words by sound say how many letters they have, and
// whether one is from a script without vowels.
const (
	joinSize  = 1<<6 - 1
	joinLoose = 1 << 6
	joinCheck = joinSize | joinLoose
)

func joinKey(sound uint64, size int, loose bool) uint64 {
	sound = sound&^joinCheck | uint64(size)
	if loose {
		sound |= joinLoose
	}
	return sound
}

// joinMay says whether joined words under key x may be a word of n letters (see compare.JoinSizes).
func joinMay(x uint32, n int, loose bool) bool {
	return compare.JoinSizes(int(x&joinSize), n, loose || x&joinLoose != 0)
}
