// Package compare says how alike two names are, and why.
//
// Invariants: a score lies in [0,1] and [Threshold] or more means match; the score of a pair depends on the pair
// alone. Every number that decides stands in weights.go with what it was measured on.
package compare
