package finding

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A review says in review.json which SHA-256 its findings.jsonl has (findings_sha256) and, in its last member, which
// one review.json itself has (sha256), counted with that member as zeros. So it is seen when somebody changes either
// before the review is stored.

// What may be wrong with the files of a review.
var (
	// ErrChanged says that files of a review are not as the review wrote them.
	ErrChanged = errors.New("its files were changed after the review wrote them; store the folder as it was, or " +
		"review again")
	// ErrUnsealed says that a review names no sums, as those of earlier versions do not.
	ErrUnsealed = errors.New("its files name no sums: whether they were changed after the review is not known")
)

// ZeroSum stands in the last member of review.json while the sum is counted.
var ZeroSum = strings.Repeat("0", 2*sha256.Size)

var lastSum = regexp.MustCompile(`"sha256": "([0-9a-f]{64})"\s*\}\s*$`)

// Seal writes the sum of review.json into its last member, which holds ZeroSum.
func Seal(review []byte) ([]byte, error) {
	at := lastSum.FindSubmatchIndex(review)
	if at == nil || string(review[at[2]:at[3]]) != ZeroSum {
		return nil, errors.New("seal review: its last member is not the place of its sum")
	}
	sum := sha256.Sum256(review)
	return append(append(append([]byte{}, review[:at[2]]...), hex.EncodeToString(sum[:])...), review[at[3]:]...), nil
}

// CheckSeal compares review.json with its own sum, and the SHA-256 of findings.jsonl with the one that it names.
func CheckSeal(review []byte, findings string) error {
	var says struct {
		Findings string `json:"findings_sha256"`
	}
	if err := json.Unmarshal(review, &says); err != nil {
		return fmt.Errorf("read review.json: %w", err)
	}
	at := lastSum.FindSubmatchIndex(review)
	if at == nil {
		if says.Findings != "" {
			return ErrChanged
		}
		return ErrUnsealed
	}
	sum := sha256.Sum256(bytes.Join([][]byte{review[:at[2]], review[at[3]:]}, []byte(ZeroSum)))
	if hex.EncodeToString(sum[:]) != string(review[at[2]:at[3]]) || says.Findings != findings {
		return ErrChanged
	}
	return nil
}
