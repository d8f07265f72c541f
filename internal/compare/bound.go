package compare

import "math"

// PersonBound returns the most that two personal names can score whose linked words give v, the best of them alike by
// best. against: words on both sides are not linked; single: one word of several is; over: the share of the words that
// stand on one side only. It takes off what person does, so that whoever looks for candidates passes none by.
func PersonBound(v, best float32, against, single bool, over float32) float32 {
	if best <= firmWord {
		v -= noFirmWord
	}
	switch {
	case against:
		return v * contradicted
	case single:
		return v * lonely
	}
	return v * (1 - personExtra*over)
}

// OrgBound is the same for organisations: count words of a weight of at most most are linked; miss and left weigh
// the words that are not, of the query and of the listed name.
func OrgBound(v, best float32, count int, miss, left, most, over float32) float32 {
	if count > 1 && best <= firmWord {
		v -= noFirmOrg
	}
	if miss > 0 && left > 0 {
		return v * max(contradicted, 1-orgConflict*float32(math.Sqrt(float64(miss*left)))/min(1, most))
	}
	return v * (1 - orgExtra*over)
}
