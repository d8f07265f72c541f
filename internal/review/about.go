package review

// An About is what the records of a run are about: it chooses the words of the report and what its
// first page shows.
type About string

// What records may be about.
const (
	AboutSales     About = "sales"
	AboutUsage     About = "usage"
	AboutTender    About = "tender"
	AboutPortfolio About = "portfolio"
)

// Abouts lists them in the order of the documents.
var Abouts = []About{AboutSales, AboutUsage, AboutTender, AboutPortfolio}

// about is what the user chose, or what the records are made of.
func (r *run) about() About {
	if r.o.About != "" {
		return r.o.About
	}
	switch t := r.sum.Counts.ByTable; {
	case t["holdings"] > 0 && t["engagements"] == 0:
		return AboutPortfolio
	case len(r.sum.Tenders) > 0 && len(r.sum.Tenders) == t["engagements"]:
		return AboutTender
	}
	return ""
}
