package review

import (
	"strings"
	"unicode"

	"plimsoll/internal/list"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// country returns the ISO 3166-1 code of a country in lower case, "" for a spelling that is
// not known. It compares and does nothing else: no rule looks at it.
func country(s string) string { return strings.ToLower(list.Country(s)) }

// otherCountry returns the folded spelling of a country that is not known: that two records
// write it alike speaks for one party, that they do not is no contradiction.
func otherCountry(s string) string {
	if country(s) != "" || isNone(s) {
		return ""
	}
	return name.Fold(s)
}

// noneWords stand in the place of a value that is not there.
const noneWords = `n/a|na|n.a.|none|nil|null|no|not applicable|not available|not provided|not known|not disclosed|not stated|not given|
unknown|unkn|unspecified|undisclosed|undefined|missing|blank|empty|pending|tbc|tbd|tba|to be confirmed|to be determined|
various|misc|other|others|test|dummy|xxx|xxxx|x|?|??|-|--|---|.|..|0|00|000|
keine|keiner|kein|keine angabe|k.a.|ohne|unbekannt|entfällt|nicht vorhanden|nicht bekannt|
aucun|aucune|néant|sans|inconnu|inconnue|non disponible|non renseigné|non communiqué|s.o.|nd|n.d.|
ninguno|ninguna|sin|sin datos|sin dato|sin ruc|sin nif|sin número|sin numero|desconocido|no aplica|no disponible|s/n|s/d|
nenhum|nenhuma|sem|sem dados|desconhecido|não aplicável|não disponível|não informado|
nessuno|nessuna|senza|sconosciuto|non applicabile|geen|onbekend|niet bekend|nvt|n.v.t.|brak|nie dotyczy|nieznany|b.d.|
нет|нет данных|не указано|не указан|неизвестно|отсутствует|не применимо|н/д|немає|невідомо|не вказано|відсутній|
yok|bilinmiyor|belirtilmemiş|لا يوجد|غير معروف|غير متوفر|غير متاح|ندارد|نامشخص|אין|לא ידוע|לא רלוונטי|
无|無|不详|不詳|未知|暂无|不适用|なし|不明|該当なし|없음|미상|해당없음|कोई नहीं|अज्ञात|
žádný|neznámo|ingen|okänd|ukjent|ukendt|ei ole|tuntematon|δεν υπάρχει|άγνωστο|niciunul|necunoscut|nincs|ismeretlen|nema|nepoznato|няма|tidak ada|không|không có`

var noneSet = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.SplitSeq(noneWords, "|") {
		m[bareWord(w)] = true
	}
	return m
}()

// bareWord is s in lower case, letters and digits only.
func bareWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// isNone reports whether s says in words that there is no value.
func isNone(s string) bool { return noneSet[bareWord(s)] }

// usable reports whether an identifier can identify: what has no digit is a word for none or
// the heading of the column, and one digit again and again, or digits in order, are what
// people type to get past a form.
func usable(n party.Identifier) bool {
	if n.Empty() || len(n.ID) < 4 && n.Scheme == "" || len(n.ID) < 2 || isNone(n.ID) {
		return false
	}
	var digits []byte
	other := 0
	for _, r := range n.ID {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case unicode.IsDigit(r):
			return true
		default:
			other++
		}
	}
	switch {
	case len(digits) == 0:
		return n.Scheme == "BIC" || n.Scheme == "SWIFT"
	case strings.Contains(n.ID, "XXX"), strings.HasPrefix(n.ID, "TEST"), strings.HasPrefix(n.ID, "DUMMY"):
		return false
	case other > 0:
		return true
	}
	return !oneDigit(digits) && !inOrder(digits)
}

// oneDigit reports whether four digits or more are all the same.
func oneDigit(d []byte) bool {
	for i := range d {
		if d[i] != d[0] {
			return false
		}
	}
	return len(d) >= 4
}

// inOrder reports whether four digits or more count up or down: 12345678, 98765432.
func inOrder(d []byte) bool {
	up, down := true, true
	for i := 1; i < len(d); i++ {
		up = up && (d[i] == d[i-1]+1 || d[i-1] == '9' && d[i] == '0')
		down = down && (d[i] == d[i-1]-1 || d[i-1] == '0' && d[i] == '9')
	}
	return len(d) >= 4 && (up || down)
}
