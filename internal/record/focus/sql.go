package focus

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The expressions below read one column as text. They are written so that the usual
// spelling costs one cast and everything else is looked at only where that fails.

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// sqlNull says whether a text is one of the spellings of null that exporters write: empty,
// NULL, \N (PostgreSQL and MySQL dumps), NaN and None (pandas), N/A. See nullWords. It is
// no IN list, since DuckDB would make a join of that and look at every row.
func sqlNull(x string) string {
	words := slices.Sorted(maps.Keys(nullWords))
	return fmt.Sprintf("(%s IS NULL OR contains(%s, '\x1f' || lower(trim(%s)) || '\x1f'))", x,
		quote("\x1f"+strings.Join(words, "\x1f")+"\x1f"), x)
}

// sqlText is a text without blanks around it, ” when it is a spelling of null.
func sqlText(x string) string {
	longest := 0
	for word := range nullWords {
		longest = max(longest, len(word))
	}
	return fmt.Sprintf("CASE WHEN strlen(trim(%s)) > %d THEN trim(%s) WHEN %s THEN '' ELSE trim(%s) END", x, longest, x,
		sqlNull(x), x)
}

// sqlTime reads ISO 8601 with or without seconds, fractions and zone; without a zone the
// time is taken as UTC and counted. Years outside 1990 to 2200 are no billing time, and
// keep out words such as "infinity". The session's time zone has to be UTC.
func sqlTime(x string) string {
	// A cast to TIMESTAMP is fast and drops offsets other than Z without a word.
	zulu := fmt.Sprintf("CASE WHEN right(%s, 1) = 'Z' THEN try_cast(%s AS TIMESTAMP) END", x, x)
	// Seconds are optional in ISO 8601 and in some exports; DuckDB wants them.
	other := fmt.Sprintf(
		`try_cast(regexp_replace(trim(%s), '^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?$', '\1:00\2') AS TIMESTAMPTZ) AT TIME ZONE 'UTC'`, x)
	return fmt.Sprintf("coalesce(%s, %s)", zulu, other)
}

// sqlHours is how long a period is, in the steps that [Schema] names; null without an end after its start and
// beyond maxPeriodDays.
func sqlHours(start, end string) string {
	hours := fmt.Sprintf("epoch(%s - %s) / 3600", end, start)
	return fmt.Sprintf("CASE WHEN %s > %s AND %s < %s + INTERVAL %d DAY THEN CASE WHEN %s < 1 THEN greatest(0.25, "+
		"round(%s * 4) / 4)"+
		" WHEN %s < 48 THEN round(%s) ELSE round(%s / 24) * 24 END END", end, start, end, start, maxPeriodDays, hours,
		hours, hours, hours, hours)
}

// maxPeriodDays is the longest charge period that counts as one: three years, the longest commitment that
// providers sell.
const maxPeriodDays = 3*366 + 1

const sqlYears = "BETWEEN TIMESTAMP '1990-01-01' AND TIMESTAMP '2199-12-31'"

// sqlZoneless says whether a time has no zone; null for one that ends in Z. The expression is looked at only for the
// rest.
func sqlZoneless(x string) string {
	return fmt.Sprintf(`CASE WHEN right(%s, 1) <> 'Z' THEN regexp_matches(%s, '^\s*\d{4}-\d\d-\d\d[T ][0-9:.]*\s*$') END`, x, x)
}

// sqlNumber reads integer, decimal and E notation to 12 places. FOCUS allows no marks for
// thousands; a number that has one is not guessed at. DuckDB reads into 64 bits several
// times as fast as into 128, so that is tried first: below a million with 12 places, then
// integers (the sign of an exponent would make it round).
func sqlNumber(x string) string {
	return fmt.Sprintf("coalesce(CAST(try_cast(%s AS DECIMAL(18,12)) AS DECIMAL(38,12)),"+
		" CASE WHEN NOT contains(%s, '.') AND NOT contains(%s, '-') THEN CAST(try_cast(%s AS BIGINT) AS "+
		"DECIMAL(38,12)) END, try_cast(%s AS DECIMAL(38,12)))", x, x, x, x, x)
}

// sqlComma turns a number with a decimal comma, and points or blanks between thousands, into one with a point.
func sqlComma(x string) string {
	return fmt.Sprintf("CASE WHEN regexp_matches(%s, '^\\s*[+-]?[0-9. "+
		"\u00a0\u202f]*(,[0-9]*)?([eE][+-]?[0-9]+)?\\s*$')"+
		" THEN replace(regexp_replace(%s, '[. \u00a0\u202f]', '', 'g'), ',', '.') ELSE %s END", x, x, x)
}

// tooLarge is from where on sums could not be held. It is no float: comparing decimals with
// floats costs more than reading them.
const tooLarge = "CAST(100000000000000 AS DECIMAL(38,12))"

// sqlSum is the type of sums: Google and Amazon write costs of more than 12 decimals.
const sqlSum = "DECIMAL(38,18)"

// scaledSum is from where on a sum of quantities is counted in units of 1e12, so that sums of sums stay below the 1e20
// of sqlSum.
const scaledSum = "CAST(100000000000000000 AS DECIMAL(38,12))"

// A quantity from scaledFrom on is counted in units of 1e12, since sums of DECIMAL(38,12) end at 1e26: an exabyte
// kept for a month is 2.6e24 byte-seconds. Fractions of one unit are rounded there. A quantity of 1e30 or more
// is out of range.
const (
	scaledFrom = "CAST(1000000000000000 AS DECIMAL(38,12))"
	sqlScale   = "1000000000000"
	sqlScaler  = "CAST(0.000000000001 AS DECIMAL(12,12))"
)

// sqlBig reads a number that is too large for sqlNumber, or for sums of it.
func sqlBig(x, number string) string {
	return fmt.Sprintf("CASE WHEN (%s IS NULL AND %s IS NOT NULL) OR abs(%s) >= %s THEN try_cast(%s AS "+
		"DECIMAL(38,0)) END", number, x, number, scaledFrom, x)
}

// sqlRest is what sqlNumber rounds away: the places after the twelfth, to the eighteenth. Numbers in E notation are
// looked at whatever their length.
func sqlRest(x, number string) string {
	return fmt.Sprintf("CASE WHEN abs(%s) < CAST(10000000000 AS DECIMAL(38,12)) AND (length(%s) > 14 AND length(%s) "+
		"- instr(%s, '.') > 12 AND instr(%s, '.') > 0"+
		" OR contains(%s, 'e-') OR contains(%s, 'E-')) THEN try_cast(try_cast(%s AS DECIMAL(38,18)) - CAST(%s AS "+
		"DECIMAL(38,18)) AS DECIMAL(38,18)) END",
		number, x, x, x, x, x, x, x, number)
}

// sqlAddUp adds a column of numbers up exactly, with what sqlNumber rounded away of each; null without any number that
// was read.
func sqlAddUp(number, text string) string {
	return fmt.Sprintf("CAST(sum(CASE WHEN reason IS NULL THEN %s END) AS %s) + coalesce(sum(%s), 0)", number, sqlSum,
		sqlRest(text, number))
}

// A scan is how the rows of one source come: an SQL table function, an expression for the
// row, and for each column that is read its expression as text. Typed columns (Parquet)
// are turned into text only for times and numbers that are text already.
type scan struct {
	file   string // the table function alone
	from   string
	row    string
	text   [columns]string // "" when the source lacks the column
	typed  [columns]string // instead of the text, an expression of the right type
	big    string          // the quantity as DECIMAL(38,0), when it is typed and large
	extra  []string        // other columns, to be counted
	source string          // of a scan of several sources, the expression for the source
	hours  float64         // how long the period of a charge is, where no column says
}

// partSQL builds the statement that adds up the charges of one source in one pass, into a new table. Rows that
// cannot be used become groups of one, with the reason.
func partSQL(s scan, table string) string {
	value := func(c column, fromText func(string) string) string {
		switch {
		case s.typed[c] != "":
			return s.typed[c]
		case s.text[c] != "":
			return fromText(s.text[c])
		}
		return "NULL"
	}
	raw := func(c column) string {
		if s.text[c] == "" {
			return "CAST(NULL AS VARCHAR)"
		}
		return s.text[c]
	}
	present := func(c column) bool { return s.text[c] != "" || s.typed[c] != "" }
	start, billing := colChargeStart, colBillingStart
	if !present(start) {
		start = billing
	}
	if !present(billing) {
		billing = start
	}
	end := "CAST(NULL AS TIMESTAMP)" // a period is measured from ChargePeriodStart only
	if present(colChargeStart) && present(colChargeEnd) {
		end = fmt.Sprintf("CAST(%s AS TIMESTAMP)", value(colChargeEnd, sqlTime))
	}
	var inner, keys []string
	for _, c := range wordColumns {
		inner = append(inner, fmt.Sprintf("%s AS w%d", raw(c), c))
		keys = append(keys, fmt.Sprintf("w%d", c))
	}
	if s.source != "" {
		inner = append(inner, s.source+" AS source")
		keys = append(keys, "source")
	}
	for i := range s.extra {
		inner = append(inner, fmt.Sprintf("%s AS e%d", s.extra[i], i))
	}
	torn := "0"
	if x := s.text[colApplied]; x != "" {
		inner = append(inner, x+" AS applied")
		torn = "count_if(" + sqlTornContracts("applied") + ")"
	}
	inner = append(inner,
		s.row+" AS r",
		fmt.Sprintf("CAST(%s AS TIMESTAMP) AS at_time", value(start, sqlTime)),
		fmt.Sprintf("CAST(%s AS TIMESTAMP) AS billed_at", value(billing, sqlTime)),
		end+" AS end_at",
		fmt.Sprintf("%s AS at_text", raw(start)),
		fmt.Sprintf("%s AS billed_at_text", raw(billing)),
	)
	numbers := []struct {
		c    column
		name string
	}{{colQuantity, "q"}, {colBilled, "b"}, {colEffective, "e"}}
	bad := []string{fmt.Sprintf("WHEN abs(huge) >= CAST(1000000000000000000 AS DECIMAL(38,0)) * %s THEN %s", sqlScale,
		quote(reads[colQuantity].name+" is out of range"))}
	for _, n := range numbers {
		inner = append(inner,
			fmt.Sprintf("CAST(%s AS DECIMAL(38,12)) AS %s", value(n.c, sqlNumber), n.name),
			fmt.Sprintf("%s AS %s_text", raw(n.c), n.name))
		given := n.name + " IS NULL"
		if n.c == colQuantity {
			given += " AND huge IS NULL"
		} else {
			bad = append(bad, fmt.Sprintf("WHEN abs(%s) >= %s THEN %s", n.name, tooLarge,
				quote(reads[n.c].name+" is out of range")))
		}
		bad = append(bad, fmt.Sprintf("WHEN %s AND NOT %s THEN %s || left(trim(%s_text), 40) || '\" is not a number'",
			given, sqlNull(n.name+"_text"), quote(reads[n.c].name+" \""), n.name))
	}
	huge := sqlBig("q_text", "q")
	if s.big != "" {
		huge = fmt.Sprintf("CASE WHEN q IS NULL OR abs(q) >= %s THEN q_big END", scaledFrom)
		inner = append(inner, s.big+" AS q_big")
	}
	row := "r" // rejects are told one by one, but for a source without any time
	if !present(start) {
		row = "CAST(NULL AS BIGINT)"
	}
	reason := "CASE WHEN at_time IS NULL AND " + sqlNull("at_text") + fmt.Sprintf(" THEN %s",
		quote("no "+reads[start].name)) +
		" WHEN at_time IS NULL OR at_time NOT " + sqlYears + " THEN " + quote(reads[start].name+" \"") +
		" || left(trim(at_text), 40) || '\" is not an ISO time' " +
		strings.Join(bad, " ") + " END"
	var counts strings.Builder
	for i := range s.extra {
		fmt.Fprintf(&counts, ", count(e%d) AS x%d", i, i)
	}
	month := "CASE WHEN at_time " + sqlYears + " THEN date_trunc('month', at_time) END"
	period := sqlHours("at_time", "end_at")
	if s.hours > 0 && !present(colChargeEnd) {
		period = fmt.Sprintf("CAST(%v AS DOUBLE)", s.hours)
	}
	return `CREATE OR REPLACE ` + table + ` AS SELECT * REPLACE (` + cleanWords() + `) FROM (
SELECT min(r) AS first_row, max(r) AS last_row, count(*) AS charges, ` + strings.Join(keys, ", ") + `,
  ` + month + ` AS month,
  coalesce(CASE WHEN billed_at ` + sqlYears + ` THEN date_trunc('month', billed_at) END, ` + month +
		`) AS billing_month,
  min(at_time) AS from_at, max(at_time) AS to_at, reason, CASE WHEN reason IS NOT NULL THEN ` + row + ` END AS bad,
  CASE WHEN large OR abs(sum(q)) >= ` + scaledSum + ` THEN ` + sqlScale + ` ELSE 1 END AS scale, ` + period +
		` AS period_hours,
  CASE WHEN large THEN CAST(sum(CASE WHEN reason IS NULL THEN CAST(huge * ` + sqlScaler +
		` AS DECIMAL(38,12)) END) AS ` + sqlSum + `)
    WHEN abs(sum(q)) >= ` + scaledSum + ` THEN CAST(CAST(sum(q) AS DECIMAL(38,0)) * ` + sqlScaler + ` AS ` + sqlSum +
		`) ELSE ` + sqlAddUp("q", "q_text") + ` END AS quantity,
  ` + sqlAddUp("b", "b_text") + ` AS billed, ` + sqlAddUp("e", "e_text") + ` AS effective,
  count(q) AS quantities, count(*) - count(b) AS unbilled, count_if(` + sqlZoneless("at_text") + `) AS zoneless, ` +
		torn + ` AS torn` + counts.String() + `
FROM (SELECT *, huge IS NOT NULL AS large, ` + reason + ` AS reason FROM (SELECT *, ` + huge + ` AS huge FROM (
  SELECT ` + strings.Join(inner, ",\n    ") + `
  FROM ` + s.from + `)))
GROUP BY ` + strings.Join(keys, ", ") + `, month, billing_month, reason, bad, large, period_hours)`
}

// stageSchema holds the groups of all sources, their words clean. Groups that become one by that are added up once it
// is decided what counts.
const stageSchema = `
CREATE OR REPLACE TABLE ` + besideDB +
	`.usage_stage(source INTEGER, first_row BIGINT, last_row BIGINT, charges BIGINT, month DATE, billing_month DATE,
  from_at TIMESTAMP, to_at TIMESTAMP, unread VARCHAR, scale DOUBLE, period_hours DOUBLE,
  quantity ` + sqlSum + `, billed ` + sqlSum + `, effective ` + sqlSum + `, account VARCHAR, sub_account VARCHAR,
  region VARCHAR, category VARCHAR, service VARCHAR, subcategory VARCHAR, meter VARCHAR, unit VARCHAR, charge VARCHAR, correction BOOLEAN,
  used VARCHAR, currency VARCHAR, provider VARCHAR, issuer VARCHAR, publisher VARCHAR, host VARCHAR, words VARCHAR, who VARCHAR)`

// cleanWords is the list of the words of a group as [sqlText] has them, for a REPLACE.
func cleanWords() string {
	var clean []string
	for _, c := range wordColumns {
		clean = append(clean, fmt.Sprintf("%s AS w%d", sqlText(fmt.Sprintf("w%d", c)), c))
	}
	return strings.Join(clean, ", ")
}

// partStageSQL moves the groups of one source to the stage: those that were read, and without amounts those that were
// not, with the reason but without the value that it quotes.
func partStageSQL(source string, h *header, part string) string {
	read := func(x string) string { return "CASE WHEN reason IS NULL THEN " + x + " END AS " + x }
	return stageSQL(source, h,
		`(SELECT * REPLACE (CASE WHEN month IS NOT NULL THEN from_at END AS from_at, CASE WHEN month IS NOT NULL THEN to_at END AS to_at, `+
			strings.Join([]string{read("quantity"), read("billed"), read("effective")}, ", ")+
			`), regexp_replace(reason, ' ".*"', '') AS unread FROM `+part+`)`)
}

// appliedSQL notes which contracts the charges of each account draw on. ContractApplied is an object that holds a list
// of them (FOCUS 1.3, "Contract Applied"); nothing but ContractId is read.
func appliedSQL(source string, h *header, s scan) string {
	text := func(c column) string {
		if s.text[c] == "" {
			return "''"
		}
		return sqlText(s.text[c])
	}
	account, sub := text(colAccount), text(colSubAccount)
	if !h.given(colAccount) {
		account, sub = sub, "''"
	}
	return fmt.Sprintf(`INSERT INTO usage_contract
SELECT from_source, min(r), account, sub_account, contract FROM (
  SELECT %s AS from_source, %s AS r, %s AS account, %s AS sub_account, unnest(regexp_extract_all(%s, '"ContractI[dD]"\s*:\s*"([^"\\]+)"', 1)) AS contract
  FROM %s WHERE contains(lower(%s), 'contractid'))
WHERE account <> '' GROUP BY from_source, account, sub_account, contract ORDER BY from_source, account, sub_account, contract`,
		source, s.row, account, sub, s.text[colApplied], s.from, s.text[colApplied])
}

// sqlTornContracts says whether a ContractApplied cannot be read: it is no JSON, or holds elements of which none names
// a contract.
func sqlTornContracts(x string) string {
	return fmt.Sprintf(`NOT %s AND (NOT json_valid(%s) OR NOT contains(lower(%s), 'contractid') AND regexp_matches(%s, '\[[^\]]'))`, sqlNull(x), x, x, x)
}

// lostSQL is the row of the stage for records of which no column can be trusted.
func lostSQL(source int, l lostRows, why string) string {
	return fmt.Sprintf(`SELECT %d, %d, %d, %d, NULL, NULL, NULL, NULL, %s, 1, NULL, NULL, NULL, NULL, '', '', '', '', '', '', '', '', '',
  false, 'unknown', '', '', '', '', '', '', ''`, source, l.first, l.last, l.count, quote(why))
}

// notUsed are the values of ChargeCategory (FOCUS 1.0 to 1.4, "Charge Category") that are no use of anything.
const notUsed = "('purchase', 'tax', 'credit', 'adjustment')"

// stageSQL adds groups with clean words to the stage. What used says is in [Schema] (FOCUS: ChargeCategory,
// CommitmentDiscountStatus, CapacityReservationStatus).
func stageSQL(source string, h *header, groups string) string {
	w := func(c column) string { return fmt.Sprintf("w%d", c) }
	used := "CASE WHEN lower(" + w(colCommitment) + ") = 'unused' OR lower(" + w(colCapacity) + ") = 'unused' THEN 'no'"
	if h.given(colCharge) {
		used += " WHEN lower(" + w(colCharge) + ") = 'usage' THEN 'yes' WHEN lower(" + w(colCharge) + ") IN " +
			notUsed + " THEN 'no'"
	}
	used += " ELSE 'unknown' END"
	account, sub := w(colAccount), w(colSubAccount)
	if !h.given(colAccount) {
		account, sub = sub, "''"
	}
	var same []string
	for _, c := range []column{colRegion, colCategory, colService, colSubcategory, colMeter, colUnit, colCharge} {
		same = append(same, w(c))
	}
	return fmt.Sprintf(`INSERT INTO `+besideDB+
		`.usage_stage SELECT %s, first_row, last_row, charges, month, billing_month, from_at, to_at, unread, scale, period_hours,
  quantity, billed, effective, %s, %s, %s, lower(%s) = 'correction', %s, upper(%s), %s, %s, %s, %s, %s, %s FROM %s`,
		source, account, sub, strings.Join(same, ", "), w(colClass), used, w(colCurrency), w(colProvider), w(colIssuer),
		w(colPublisher), w(colHost), w(colWords), sqlWho(w(colProvider)), groups)
}

// sqlWho brings the names of one provider together, so that a month delivered in an older
// version of FOCUS is the same month.
func sqlWho(x string) string {
	f := "regexp_replace(lower(" + x + "), '[^a-z0-9]', '', 'g')"
	return "CASE WHEN " + f + " IN ('aws', 'amazon', 'amazonwebservices', 'amazonwebservicesinc', " +
		"'amazonwebservicesemeasarl') THEN 'aws'" +
		" WHEN " + f + " IN ('microsoft', 'microsoftcorporation', 'azure', 'microsoftazure') THEN 'microsoft'" +
		" WHEN " + f + " IN ('google', 'gcp', 'googlecloud', 'googlecloudplatform', 'googlellc') THEN 'google'" +
		" WHEN " + f + " IN ('oracle', 'oci', 'oraclecloud', 'oraclecloudinfrastructure', 'oraclecorporation') THEN " +
		"'oracle'" +
		" ELSE lower(" + x + ") END"
}
