package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Quantity writes a number the way a person reads it: thin spaces between thousands,
// "11.4" not "11.403217", "2.1 million" past a million.
func Quantity(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case a >= 1e15:
		return strconv.FormatFloat(v, 'e', 2, 64)
	case a >= 1e12:
		return trim(v/1e12, 2) + " trillion"
	case a >= 1e9:
		return trim(v/1e9, 2) + " billion"
	case a >= 1e6:
		return trim(v/1e6, 2) + " million"
	case a >= 100:
		return Count(int64(math.Round(v)))
	case a >= 10:
		return trim(v, 1)
	case a == 0:
		return "0"
	case a < 0.01:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return trim(v, 2)
}

func trim(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Count writes a whole number with thin spaces between thousands.
func Count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 && len(s) > 4 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	if neg {
		return "−" + b.String()
	}
	return b.String()
}

// Percent writes a share between 0 and 1.
func Percent(v float64) string {
	p := v * 100
	if p > 0 && p < 1 {
		return "< 1 %"
	}
	if p > 99 && p < 100 {
		return trim(math.Floor(p*10)/10, 1) + " %"
	}
	return trim(p, 1) + " %"
}

// Plural writes "1 party" or "3 parties".
func Plural[T int | int64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

func day(s string) string {
	if t, err := time.Parse("2006-01-02", s); err == nil {
		return t.Format("2 January 2006")
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.Format("2 January 2006")
	}
	return s
}

func monthName(s string) string {
	if t, err := time.Parse("2006-01", s); err == nil {
		return t.Format("Jan 2006")
	}
	return s
}

// Severity words how a severity is shown: it is of the possible harm, not of a proven one.
func Severity(s string) string {
	switch s {
	case "critical", "high", "medium", "low":
		return strings.ToUpper(s[:1]) + s[1:] + " if true"
	}
	return s
}

// Measure words a measure of usage.
func Measure(s string) string {
	switch s {
	case "storage_tb_month":
		return "storage"
	case "speech_hours":
		return "speech-to-text"
	case "translation_chars":
		return "translation"
	case "vision_images":
		return "images analysed"
	case "text_records":
		return "records and searches"
	case "llm_tokens":
		return "language models"
	case "gpu_hours":
		return "GPU"
	case "egress_tb":
		return "data moved out"
	}
	return strings.ReplaceAll(s, "_", " ")
}

// Confidence writes ".86".
func Confidence(v float64) string {
	return strings.TrimPrefix(fmt.Sprintf("%.2f", v), "0")
}
