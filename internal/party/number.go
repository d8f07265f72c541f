package party

import "slices"

// Strong reports whether id is a number that decides who is meant: its scheme gives one
// number to one party, and its check digits, where the scheme has them, are right. It
// returns the number in the form in which it is compared.
func Strong(id Identifier) (Identifier, bool) {
	n := id.Normal()
	if n.Empty() || len(n.ID) < 4 || len(n.ID) > 40 {
		return n, false
	}
	switch n.Scheme {
	case "LEI":
		return n, LEI(n.ID)
	case "IMO":
		return n, IMO(n.ID)
	case "INN":
		return n, INN(n.ID)
	case "OGRN":
		return n, OGRN(n.ID)
	case "UEI":
		return n, UEI(n.ID)
	case "BIC":
		if len(n.ID) == 11 && n.ID[8:] == "XXX" {
			n.ID = n.ID[:8]
		}
		return n, BIC(n.ID)
	case "ISIN":
		return n, ISIN(n.ID)
	case "VAT":
		return n, VAT(n.ID)
	case "":
		return n, false
	default:
		return n, len(n.ID) >= 5
	}
}

// LEI checks ISO 17442: 18 letters or digits and two check digits, ISO 7064 mod 97-10.
func LEI(s string) bool { return len(s) == 20 && mod97(s) == 1 }

func mod97(s string) int {
	m := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			m = (m*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			m = (m*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return m
}

// IMO checks the number of a ship: six digits weighted 7 to 2, the last digit of the sum
// is the seventh. Numbers of companies carry another check (weights 8 6 4 2 9 7, mod 11).
func IMO(s string) bool {
	if len(s) != 7 || !digits(s) {
		return false
	}
	ship := 0
	for i := range 6 {
		ship += int(s[i]-'0') * (7 - i)
	}
	last := int(s[6] - '0')
	if ship%10 == last {
		return true
	}
	company := 0
	for i, w := range []int{8, 6, 4, 2, 9, 7} {
		company += int(s[i]-'0') * w
	}
	return (11-company%11)%10 == last
}

// INN checks the Russian tax number: 10 digits for a company, 12 for a person.
func INN(s string) bool {
	if !digits(s) {
		return false
	}
	check := func(n int, w ...int) bool {
		sum := 0
		for i, x := range w {
			sum += int(s[i]-'0') * x
		}
		return sum%11%10 == int(s[n]-'0')
	}
	switch len(s) {
	case 10:
		return check(9, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	case 12:
		return check(10, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) && check(11, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	}
	return false
}

// OGRN checks the Russian register number: 13 digits for a company (mod 11), 15 for an
// entrepreneur (mod 13).
func OGRN(s string) bool {
	if !digits(s) || len(s) != 13 && len(s) != 15 {
		return false
	}
	n, m := len(s)-1, uint64(len(s)-2)
	v := uint64(0)
	for i := range n {
		v = v*10 + uint64(s[i]-'0')
	}
	return v%m%10 == uint64(s[n]-'0')
}

// UEI checks the form of the US unique entity identifier: 12 letters or digits without O
// and I, not beginning with 0. Its check character is not published.
func UEI(s string) bool {
	if len(s) != 12 || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c == 'O' || c == 'I' || !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// BIC checks the form of ISO 9362: four letters or digits, a country, two characters, and
// for a branch three more.
func BIC(s string) bool {
	if len(s) != 8 && len(s) != 11 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'A' && c <= 'Z'
		if !letter && (i == 4 || i == 5 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// ISIN checks ISO 6166: letters are two digits, then the Luhn sum.
func ISIN(s string) bool {
	if len(s) != 12 || s[0] < 'A' || s[1] < 'A' {
		return false
	}
	var d []byte
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			d = append(d, c-'0')
		case c >= 'A' && c <= 'Z' && i < 11:
			d = append(d, (c-'A'+10)/10, (c-'A'+10)%10)
		default:
			return false
		}
	}
	sum := 0
	for i := range d {
		x := int(d[len(d)-1-i])
		if i%2 == 1 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		sum += x
	}
	return sum%10 == 0
}

// A vatRule checks the part of a number for value added tax that follows the two letters of the country.
type vatRule struct {
	sizes  []int // how many letters and digits there may be
	digits bool  // all are digits
	holds  func(n string) bool
}

// vatRules are the rules of the countries whose check digits are public and simple, as the states publish them; other
// countries have none here.
var vatRules = map[string]vatRule{
	"BE": {[]int{10}, true, func(n string) bool { return 97-number(n[:8])%97 == number(n[8:]) }},
	"DE": {[]int{9}, true, iso7064},
	"FR": {[]int{11}, false, func(n string) bool { return digits(n[2:]) }},
	"GB": {[]int{9, 12}, false, func(n string) bool { return len(n) == 12 || digits(n) && gbVAT(n) }},
	"IT": {[]int{11}, true, luhn},
	"NL": {[]int{12}, false, func(n string) bool { return n[9] == 'B' }},
	"PL": {[]int{10}, true, func(n string) bool { return weighted(n, 11, 6, 5, 7, 2, 3, 4, 5, 6, 7) }},
	"PT": {[]int{9}, true, portuguese},
}

// VAT checks numbers for value added tax: two letters of a country and what follows.
func VAT(s string) bool {
	if len(s) < 8 || len(s) > 15 || s[0] < 'A' || s[1] < 'A' {
		return false
	}
	rule, ok := vatRules[s[:2]]
	n := s[2:]
	return !ok || slices.Contains(rule.sizes, len(n)) && (!rule.digits || digits(n)) && rule.holds(n)
}

func portuguese(n string) bool {
	sum := 0
	for i := range 8 {
		sum += int(n[i]-'0') * (9 - i)
	}
	c := 11 - sum%11
	return c > 9 && n[8] == '0' || c == int(n[8]-'0')
}

func weighted(n string, mod int, w ...int) bool {
	sum := 0
	for i, x := range w {
		sum += int(n[i]-'0') * x
	}
	return sum%mod == int(n[len(w)]-'0')
}

// iso7064 is the hybrid mod 11,10 check of German numbers.
func iso7064(n string) bool {
	p := 10
	for i := range len(n) - 1 {
		s := (int(n[i]-'0') + p) % 10
		if s == 0 {
			s = 10
		}
		p = 2 * s % 11
	}
	return (11-p)%10 == int(n[len(n)-1]-'0')
}

func gbVAT(n string) bool {
	sum := 0
	for i := range 7 {
		sum += int(n[i]-'0') * (8 - i)
	}
	sum += number(n[7:])
	return sum%97 == 0 || (sum+55)%97 == 0
}

func luhn(n string) bool {
	sum := 0
	for i := range len(n) {
		x := int(n[len(n)-1-i] - '0')
		if i%2 == 1 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		sum += x
	}
	return sum%10 == 0
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func number(s string) int {
	v := 0
	for i := range len(s) {
		v = v*10 + int(s[i]-'0')
	}
	return v
}
