package signal

import (
	"cmp"
	"slices"

	"plimsoll/internal/capability"
)

// windowMonths is the length of a window: three consecutive months stand for 90 days, since bills have no finer grain.
const windowMonths = 3

type windowField struct{ class, field string }

// windowFields gives the field of a window that the use of a class is counted in: the sum over the window.
var windowFields = []windowField{
	{capability.Speech, "speech_hours"}, {capability.Translation, "translation_chars"},
	{capability.Vision, "vision_images"},
	{capability.Face, "face_images"}, {capability.TextAnalytics, "text_records"}, {capability.LLM, "llm_tokens"},
	{capability.GPU, "gpu_hours"},
}

// windows lists every window of three months in which something was stored and something
// else used, or may have been: the largest month of storage, what was stored on the average
// day, and the sum of each class. A number of which more is not known is [AtLeast]. The
// window with the largest month comes first, of equal ones that with most stored in all its
// days, then the earliest.
func (u *use) windows() []map[string]any {
	type window struct {
		stored float64 // in the largest month, TB
		kept   float64 // TB·hours
		fields map[string]any
	}
	var list []window
	partial := func(v float64, k *unknownUse, from month) any {
		if k == nil {
			return v
		}
		for m := from; m < from+windowMonths; m++ {
			if k.most[m] > 0 {
				return AtLeast(v)
			}
		}
		if k.openIn(from, from+windowMonths-1) {
			return AtLeast(v)
		}
		return v
	}
	from := u.months
	if len(from) == 0 && len(u.unknown) > 0 {
		from = []month{noMonth}
	}
	for _, first := range from {
		w := window{fields: map[string]any{"from": first.day()}}
		unknown := u.unknown[capability.BulkStorage]
		var hours float64
		for m := first; m < first+windowMonths; m++ {
			w.stored = max(w.stored, u.measure[storageTB][m])
			w.kept += u.measure[storageTB][m] * m.hours()
			// Months without a row are beside the records, but what has no date may lie in them.
			if _, there := slices.BinarySearch(u.months, m); there || unknown.openIn(noMonth, noMonth) {
				hours += m.hours()
			}
		}
		w.fields["storage_tb"] = partial(w.stored, unknown, first)
		w.fields["storage_mean_tb"] = partial(w.kept/max(1, hours), unknown, first)
		some := false
		for _, f := range windowFields {
			var sum float64
			for m := first; m < first+windowMonths; m++ {
				sum += u.class[f.class][m]
			}
			v := partial(sum, u.unknown[f.class], first)
			w.fields[f.field] = v
			some = some || v != 0.0
		}
		if some && w.fields["storage_tb"] != 0.0 {
			list = append(list, w)
		}
	}
	slices.SortStableFunc(list, func(a, b window) int {
		return cmp.Or(cmp.Compare(b.stored, a.stored), cmp.Compare(b.kept, a.kept))
	})
	out := make([]map[string]any, len(list))
	for i, w := range list {
		out[i] = w.fields
	}
	return out
}

// classes returns the classes used within the three consecutive months that hold most of
// them; of equal windows that with most storage, then the earliest.
func (u *use) classes() []string {
	best, stored := []string{}, 0.0
	for _, from := range u.months {
		var in []string
		var tb float64
		for c, months := range u.used {
			for m := from; m < from+windowMonths; m++ {
				if months[m] {
					in = append(in, c)
					break
				}
			}
		}
		for m := from; m < from+windowMonths; m++ {
			tb = max(tb, u.measure[storageTB][m])
		}
		if len(in) > len(best) || len(in) == len(best) && tb > stored {
			slices.Sort(in)
			best, stored = in, tb
		}
	}
	return best
}
