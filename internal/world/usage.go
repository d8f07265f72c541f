package world

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A service is what a charge is for, in the words of FOCUS 1.2.
type service struct {
	category, sub, name, meter, unit, sku string
	price                                 float64 // per unit
	perHour                               bool    // a quantity that goes on by the hour; else it is counted

	factor  float64 // units of the bill in one unit of the series; 0 is 1
	byHours bool    // the unit of the bill also counts the hours of the month: GB-Hours
	daily   bool    // charged day by day
	level   bool    // each charge states what lies there, as plain GB by the day do
}

// in returns the service billed in another unit, of which one unit of the series holds factor;
// byHours is for units that also count the hours of the month.
func (s service) in(unit string, factor float64, byHours bool) service {
	s.unit, s.factor, s.byHours = unit, factor, byHours
	s.price /= factor
	if byHours {
		s.price /= 730 // hours of a month, on average
	}
	return s
}

// byDay returns the service charged day by day.
func (s service) byDay() service { s.daily = true; return s }

var (
	storage = service{category: "Storage", sub: "Object Storage", name: "Object Storage", meter: "Standard Data Stored",
		unit: "GB-Months", sku: "sto-std", price: 0.019, perHour: true}
	speech = service{category: "AI and Machine Learning", sub: "Natural Language Processing", name: "Speech Service",
		meter: "Speech to Text Audio Hours",
		unit:  "Hours", sku: "spc-stt", price: 0.62}
	translation = service{category: "AI and Machine Learning", sub: "Natural Language Processing",
		name: "Translation Service", meter: "Text Translation Characters",
		unit: "Characters", sku: "trn-txt", price: 0.00001}
	llm = service{category: "AI and Machine Learning", sub: "Generative AI", name: "Language Model Service",
		meter: "Model Input Tokens",
		unit:  "Tokens", sku: "gen-tok", price: 0.000003}
	vision = service{category: "AI and Machine Learning", sub: "Machine Learning", name: "Computer Vision Service",
		meter: "Images Analyzed",
		unit:  "Images", sku: "vis-img", price: 0.001}
	egress = service{category: "Networking", sub: "Network Connectivity", name: "Data Transfer",
		meter: "Data Transfer Out",
		unit:  "GB", sku: "net-out", price: 0.05}
	compute = service{category: "Compute", sub: "Virtual Machines", name: "Virtual Machines",
		meter: "General Purpose vCPU Hours",
		unit:  "Hours", sku: "cmp-gp", price: 0.045, perHour: true}
	face = service{category: "AI and Machine Learning", sub: "Machine Learning", name: "Face Recognition Service",
		meter: "Faces Compared",
		unit:  "Images", sku: "fac-img", price: 0.001}
	gpu = service{category: "Compute", sub: "Virtual Machines", name: "Virtual Machines", meter: "GPU Hours",
		unit: "Hours", sku: "cmp-gpu", price: 1.9, perHour: true}
	byteHours   = storage.in("Byte-Hours", 1e9, true)
	gbHours     = storage.in("GB-Hours", 1, true).byDay()
	minutes     = speech.in("Minutes", 60, false)
	mCharacters = translation.in("M Characters", 1e-6, false).byDay()
	dailyGB     = service{category: "Storage", sub: "Object Storage", name: "Object Storage",
		meter: "Standard Data Stored",
		unit:  "GB", sku: "sto-day", price: 0.019 / 30, perHour: true, daily: true, level: true}
	database = service{category: "Databases", sub: "Relational Databases", name: "Managed Database",
		meter: "Database vCPU Hours",
		unit:  "Hours", sku: "dbs-rel", price: 0.11, perHour: true}
)

// A slip is one charge of its own: a row that was wrong, or the correction that takes it back.
type slip struct {
	account, region string
	service         service
	quantity        float64 // in units of the bill
	of, billed      int     // month of the charge, and of the bill in which it stands
	class           string  // ChargeClass: "" or Correction
}

// A series is what one sub-account uses of one service in one region, month by month.
type series struct {
	account, sub, region, issuer string
	service                      service
	q                            [Months]float64
}

// month returns the index of a month written "2031-10".
func month(s string) int {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		panic("world: " + err.Error())
	}
	return (t.Year()-firstMonth.Year())*12 + int(t.Month()) - 1
}

// use adds a series; f gives the quantity of each month, and small noise is laid over it.
func (w *world) use(account, sub, region string, s service, f func(m int) float64) {
	x := series{account: account, sub: sub, region: region, service: s}
	for m := range x.q {
		x.q[m] = f(m) * (1 + SteadyNoise*(2*w.rng.Float64()-1))
	}
	w.series = append(w.series, x)
}

// steady is the same quantity every month from one month to another, both included.
func steady(q float64, from, to string) func(int) float64 {
	a, b := month(from), month(to)
	return func(m int) float64 {
		if m < a || m > b {
			return 0
		}
		return q
	}
}

const first, last = "2031-01", "2032-06"

// steps gives a quantity that holds from each month on: "2031-01" 5, "2031-10" 40 …
func steps(at map[string]float64) func(int) float64 {
	return func(m int) float64 {
		best, q := -1, 0.0
		for s, v := range at {
			if k := month(s); k <= m && k > best {
				best, q = k, v
			}
		}
		return q
	}
}

// tb turns TB stored on average into GB-months.
func tb(f func(int) float64) func(int) float64 {
	return func(m int) float64 { return f(m) * 1000 }
}

var focusColumns = "BilledCost,BillingAccountId,BillingAccountName,BillingAccountType,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,EffectiveCost,InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,RegionName,ResourceId,ServiceCategory,ServiceName,ServiceSubcategory,SkuId,SkuMeter,SkuPriceId,SubAccountId,SubAccountName,SubAccountType,Tags"

// A bill is one month's file.
type bill struct {
	f                    *os.File
	z                    *gzip.Writer
	b                    *bufio.Writer
	from, to             time.Time
	provider             string
	line                 []byte
	parts                [3][]time.Time // the month cut into charges, into one more, and for planted series
	days                 []time.Time    // the month cut into days
	periodFrom, periodTo string
}

func newBill(path, provider string, m, charges int) (*bill, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	x := &bill{f: f, provider: provider, from: firstMonth.AddDate(0, m, 0), to: firstMonth.AddDate(0, m+1, 0)}
	if x.z, err = gzip.NewWriterLevel(f, gzip.BestSpeed); err != nil {
		f.Close()
		return nil, err
	}
	x.b = bufio.NewWriterSize(x.z, 256<<10)
	x.periodFrom, x.periodTo = x.from.Format(time.RFC3339), x.to.Format(time.RFC3339)
	hours := int(x.to.Sub(x.from).Hours())
	for k, n := range []int{charges, charges + 1, min(charges, plantedCharges)} {
		for i := range n + 1 {
			x.parts[k] = append(x.parts[k], x.from.Add(time.Duration(hours*i/n)*time.Hour))
		}
	}
	for d := x.from; !d.After(x.to); d = d.AddDate(0, 0, 1) {
		x.days = append(x.days, d)
	}
	_, err = x.b.WriteString(focusColumns + "\n")
	return x, err
}

func (x *bill) close() error {
	return errors.Join(x.b.Flush(), x.z.Close(), x.f.Close())
}

// plantedCharges is into how many charges a month of planted use is cut at most.
const plantedCharges = 3

// charge writes the charges of one series in this month: the quantity is split over one of the
// cuts of the month, or over its days, and adds up to it.
func (x *bill) charge(s *series, quantity float64, cut int) error {
	issuer := or(s.issuer, x.provider)
	parts := x.parts[cut]
	if s.service.daily {
		parts = x.days
	}
	n := len(parts) - 1
	if v := s.service; v.factor > 0 {
		quantity *= v.factor
		if v.byHours {
			quantity *= x.to.Sub(x.from).Hours()
		}
	}
	if s.service.level {
		quantity *= float64(n)
	}
	left := quantity
	for i := range n {
		part := quantity * parts[i+1].Sub(parts[i]).Hours() / x.to.Sub(x.from).Hours()
		if !s.service.perHour && s.service.unit != mCharacters.unit {
			part = math.Round(part)
		}
		if i == n-1 {
			part = left
		}
		if part = min(part, left); part <= 0 {
			continue
		}
		left -= part
		if err := x.row(s, issuer, part, "", parts[i], parts[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (x *bill) row(s *series, issuer string, quantity float64, class string, from, to time.Time) error {
	l := x.line[:0]
	text := func(v string) {
		l = append(l, v...)
		l = append(l, ',')
	}
	number := func(v float64, prec int) {
		l = strconv.AppendFloat(l, v, 'f', prec, 64)
		l = append(l, ',')
	}
	v := &s.service
	cost := quantity * v.price
	number(cost, 12)
	text(s.account)
	text("Account " + s.account)
	text("Billing Account")
	text("EUR")
	text(x.periodTo)
	text(x.periodFrom)
	text("Usage")
	text(class)
	text(v.meter)
	text("Usage-Based")
	text(to.Format(time.RFC3339))
	text(from.Format(time.RFC3339))
	number(quantity, 6)
	text(v.unit)
	number(cost, 12)
	number(v.price, 8)
	number(cost, 12)
	text(issuer)
	number(cost, 12)
	number(v.price, 8)
	text("Standard")
	number(quantity, 6)
	text(v.unit)
	text(x.provider)
	text(x.provider)
	text(s.region)
	text(s.region)
	l = append(l, "res-"...)
	text(v.sku)
	text(v.category)
	text(v.name)
	text(v.sub)
	text(v.sku)
	text(v.meter)
	text(v.sku)
	text(s.sub)
	text(s.sub)
	if s.sub != "" {
		l = append(l, "Project"...)
	}
	l = append(l, ",{}\n"...)
	x.line = l
	_, err := x.b.Write(l)
	return err
}

var regions = []string{"north-1", "east-2", "south-3", "west-1"}

func (w *world) writeUsage(ctx context.Context) error {
	// Each company has three series a month; so many charges make the size, the first
	// companies having one more.
	users, charges, more := w.size.companies, 1, 0
	if want := w.size.charges / (3 * Months); want < users {
		users = max(want, 1)
	} else if users > 0 {
		charges = min(want/users, 600)
		more = want - charges*users
	}
	for m := range Months {
		name := fmt.Sprintf("usage-%s.csv.gz", firstMonth.AddDate(0, m, 0).Format("2006-01"))
		x, err := newBill(filepath.Join(w.dir, "usage", name), w.provider.name, m, charges)
		if err != nil {
			return err
		}
		if err := errors.Join(w.billMonth(ctx, x, m, users, more), x.close()); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) billMonth(ctx context.Context, x *bill, m, users, more int) error {
	for i := range w.series {
		if s := &w.series[i]; s.q[m] > 0 {
			if err := x.charge(s, s.q[m], 2); err != nil {
				return err
			}
		}
	}
	for _, p := range w.slips {
		if p.billed != m {
			continue
		}
		s := series{account: p.account, region: p.region, service: p.service}
		from := firstMonth.AddDate(0, p.of, 0)
		if err := x.row(&s, x.provider, p.quantity, p.class, from, from.AddDate(0, 1, 0)); err != nil {
			return err
		}
	}
	for i := range users {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r := rand.New(rand.NewPCG(uint64(i), uint64(w.names.offset)))
		base := [3]float64{1000 * (0.5 + 11*r.Float64()), 400 + 6000*r.Float64(), 200 + 1500*r.Float64()}
		s := series{account: ordinaryAccount(i), region: regions[r.IntN(len(regions))]}
		trend := 1 + 0.01*r.Float64()*float64(m)
		r = rand.New(rand.NewPCG(uint64(i), uint64(w.names.offset+1+m)))
		for k, v := range []service{storage, compute, database} {
			s.service = v
			extra := 0
			if i < more {
				extra = 1
			}
			if err := x.charge(&s, base[k]*trend*(1+SteadyNoise*(2*r.Float64()-1)), extra); err != nil {
				return err
			}
		}
	}
	return nil
}

func ordinaryAccount(i int) string { return fmt.Sprintf("00-%06d", i) }
