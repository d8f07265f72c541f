package signal

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"
)

// leastSegment is how many parties of one class have to use a measure before the largest of
// them say what is usual in it.
const leastSegment = 30

// segmentMeasures are the measures that limits are drawn for, with the signal that holds the limit.
var segmentMeasures = []struct{ measure, signal string }{
	{storageTB, "segment.storage_tb"}, {speech, "segment.speech_hours"}, {chars, "segment.translation_chars"},
}

// A segment is what the parties of one class use of one measure.
type segment struct {
	peaks  []float64 // the largest month of each party, sorted
	unsure int       // further parties that use it and may be of the class: nothing says what they are
}

// limits returns the 99th percentile of the largest months, as the least and the most that it may
// be, whatever class the unsure ones are of. Both are 0 where the segment is too small.
func (s segment) limits() (least, most float64) {
	n := len(s.peaks)
	if n == 0 || n+s.unsure < leastSegment {
		return 0, 0
	}
	least, most = s.peaks[n-1-min(n-1, segmentRank(n+s.unsure))], s.peaks[n-1-segmentRank(n)]
	if s.unsure > 0 {
		most = math.Inf(1) // each of them may use more than all that are known
	}
	if n < leastSegment {
		least = 0 // there may be no limit at all
	}
	return least, most
}

// segmentRank is how many of the largest months of so many parties lie above the 99th percentile.
func segmentRank(of int) int { return of - 1 - min(of-1, of*99/100) }

// segmentSQL is what each party uses of each measure, by month.
const segmentSQL = `
SELECT party, measure, service_id, month, scale, CAST(sum(quantity) AS DOUBLE) FROM (
  SELECT f.party, c.measure, f.service_id, f.month, f.scale, f.quantity
  FROM usage_fact f JOIN service_class c ON c.service_id = f.service_id
  WHERE c.measure IN ('storage_tb_month', 'speech_hours', 'translation_chars') AND f.quantity IS NOT NULL
    AND f.used = 'yes' AND f.unread IS NULL AND NOT f.twice AND f.month >= DATE '1990-01-01') u
GROUP BY party, measure, service_id, month, scale ORDER BY party, measure, month, service_id, scale`

// noClass stands for the class of parties of which nothing says what they are.
const noClass = "unknown"

// segment collects, for each class of party and measure, the largest months of its parties.
func (run *Run) segment(ctx context.Context) error {
	if run.based() {
		return nil
	}
	run.segments = map[[2]string]segment{}
	if run.usage.rows == 0 {
		return nil
	}
	if run.away() {
		return run.segmentAway(ctx)
	}
	type key struct {
		party   int32
		measure string
		month   month
	}
	var now key
	var sum float64
	peak := map[[2]string]map[int32]float64{} // class and measure → party → largest month
	flush := func() {
		if now.measure == "" {
			return
		}
		k := [2]string{noClass, now.measure}
		if run.stray(now.party) == nil {
			k[0] = run.class(now.party)
		}
		if peak[k] == nil {
			peak[k] = map[int32]float64{}
		}
		peak[k][now.party] = max(peak[k][now.party], sum)
	}
	err := run.book.Each(ctx, "draw limits of segments", segmentSQL, func(r *sql.Rows) error {
		var k key
		var service int32
		var t time.Time
		var scale, q float64
		if err := r.Scan(&k.party, &k.measure, &service, &t, &scale, &q); err != nil {
			return err
		}
		k.month = monthOf(t)
		if k != now {
			flush()
			now, sum = k, 0
		}
		sum += run.services[service].amount(q*scale, k.month)
		return nil
	})
	if err != nil {
		return err
	}
	flush()
	for k, parties := range peak {
		if k[0] == noClass {
			continue
		}
		s := segment{unsure: len(peak[[2]string{noClass, k[1]}])}
		for _, v := range parties {
			s.peaks = append(s.peaks, v)
		}
		slices.Sort(s.peaks)
		run.segments[k] = s
	}
	return nil
}

// segmentFacts are the limits of the class of a party; 0 where too few of the class use a measure.
// Where users of unknown kind may be of the class, the limit is known in part.
func (run *Run) segmentFacts(f *Facts, class string) {
	for _, x := range segmentMeasures {
		s := run.segments[[2]string{class, x.measure}]
		least, most := s.limits()
		f.Values[x.signal] = least
		delete(f.Gaps, x.signal)
		delete(f.Missing, x.signal)
		if most > least {
			f.Gaps[x.signal] = []Gap{{Reason: Unstated, Column: "accounts.end_user_class", Rows: int64(s.unsure)}}
			if !math.IsInf(most, 1) {
				f.Most[x.signal] = most
			}
		}
	}
}

// usersSQL is, for each account in use on the day of the review, who uses it and how many people
// do so. What a later row of an account leaves empty stays as it was.
const usersSQL = `
SELECT coalesce(user_party, holder_party) AS party, account, sub,
  CAST(arg_max(users, coalesce(since, DATE '0001-01-01')) FILTER (users IS NOT NULL) AS DOUBLE)
FROM account_row WHERE coalesce(user_party, holder_party) IS NOT NULL AND (until IS NULL OR until >= $1)
GROUP BY coalesce(user_party, holder_party), account, sub ORDER BY 1, 2, 3`

// countUsers adds up, for each party, the people who use its accounts. Of a party with an account
// that does not state them, nothing is known: limits per user then do not apply.
func (run *Run) countUsers(ctx context.Context) error {
	run.users = map[int32]float64{}
	if !run.Has("accounts.users") {
		return nil
	}
	silent := map[int32]bool{}
	whole := map[int32]string{} // the account for all of which a row states its users
	return run.book.Each(ctx, "count users of accounts", usersSQL, func(r *sql.Rows) error {
		var p int32
		var account, sub string
		var n sql.NullFloat64
		if err := r.Scan(&p, &account, &sub, &n); err != nil {
			return err
		}
		switch known, ok := whole[p]; {
		case sub != "" && ok && account == known: // counted with the whole account
		case !n.Valid || n.Float64 <= 0:
			silent[p] = true
			delete(run.users, p)
		case !silent[p]:
			run.users[p] += n.Float64
			if sub == "" {
				whole[p] = account
			}
		}
		return nil
	}, run.in.AsOf)
}
