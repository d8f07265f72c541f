package signal

import (
	"context"
	"database/sql"
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

// peakSQL is the largest month of each party in each measure.
const segmentSQL = `
SELECT party, measure, service_id, month, scale, CAST(sum(quantity) AS DOUBLE) FROM (
  SELECT f.party, c.measure, f.service_id, f.month, f.scale, f.quantity
  FROM usage_fact f JOIN service_class c ON c.service_id = f.service_id
  WHERE c.measure IN ('storage_tb_month', 'speech_hours', 'translation_chars') AND f.quantity IS NOT NULL
    AND f.used = 'yes' AND f.unread IS NULL AND NOT f.twice AND f.month >= DATE '1990-01-01') u
GROUP BY party, measure, service_id, month, scale ORDER BY party, measure, month, service_id, scale`

// segment draws, for each class of party and measure, the 99th percentile of the largest
// months, where enough parties of the class use it.
func (run *Run) segment(ctx context.Context) error {
	run.segments = map[[2]string]float64{}
	if run.usage.rows == 0 {
		return nil
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
		if now.measure == "" || run.stray(now.party) != nil {
			return
		}
		k := [2]string{run.class(now.party), now.measure}
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
		if len(parties) < leastSegment {
			continue
		}
		values := make([]float64, 0, len(parties))
		for _, v := range parties {
			values = append(values, v)
		}
		slices.Sort(values)
		run.segments[k] = values[min(len(values)-1, len(values)*99/100)]
	}
	return nil
}

// segmentFacts are the limits of the class of a party; 0 where too few of the class use a measure.
func (run *Run) segmentFacts(f *Facts, class string) {
	for _, x := range segmentMeasures {
		f.Values[x.signal] = run.segments[[2]string{class, x.measure}]
		delete(f.Gaps, x.signal)
		delete(f.Missing, x.signal)
	}
}
