package lake

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Dialect is the SQL of one engine.
type Dialect string

// The engines whose SQL is written.
const (
	DuckDB     Dialect = "duckdb"
	Trino      Dialect = "trino"
	Spark      Dialect = "spark"
	ClickHouse Dialect = "clickhouse"
	Snowflake  Dialect = "snowflake"
	BigQuery   Dialect = "bigquery"
)

// Dialects are all engines whose SQL is written.
var Dialects = []Dialect{DuckDB, Trino, Spark, ClickHouse, Snowflake, BigQuery}

// A syntax is how an engine writes what the engines do not write alike. Functions take and return expressions.
type syntax struct {
	quote   string // around names
	escapes bool   // a backslash escapes in texts
	text    func(x string) string
	number  func(x string, whole, scale int) string // null where x is no number of so many digits
	decimal func(digits string, scale int) string
	time    func(x string) string // UTC without a zone, of a timestamp with or without one
	isoTime func(x string) string // the same of a text as ISO 8601, UTC where it has no zone
	seconds func(from, to string) string
	stamp   func(t string) string       // 2031-01-02T03:04:05Z
	hash    func(x string) string       // MD5, as 32 hexadecimal digits
	joined  func(parts []string) string // texts with character 31 between them
	sum     func(x string) string       // as it leaves the statement
	once    string                      // keeps a query that is used twice from being written down
	// condition that fails where the session has another zone than UTC, when that matters
	whereUTC string
}

func call(format string) func(string) string {
	return func(x string) string { return strings.ReplaceAll(format, "{x}", x) }
}

func between(format string) func(a, b string) string {
	return func(a, b string) string { return strings.NewReplacer("{a}", a, "{b}", b).Replace(format) }
}

func scaled(format string) func(string, int) string {
	return func(x string, scale int) string {
		return strings.NewReplacer("{x}", x, "{s}", fmt.Sprint(scale)).Replace(format)
	}
}

// sized writes a decimal of whole digits before the point and scale behind it, which the engine holds to.
func sized(format string) func(string, int, int) string {
	return func(x string, whole, scale int) string {
		return strings.NewReplacer("{x}", x, "{d}", fmt.Sprint(whole+scale), "{s}", fmt.Sprint(scale)).Replace(format)
	}
}

// bounded is sized where the engine's decimals have one size: the widest is not compared.
func bounded(format, power string) func(string, int, int) string {
	return func(x string, whole, scale int) string {
		n := strings.NewReplacer("{x}", x, "{s}", fmt.Sprint(scale)).Replace(format)
		if whole+scale >= digits {
			return n
		}
		return fmt.Sprintf("CASE WHEN abs(%s) < %s THEN %s END", n,
			strings.ReplaceAll(power, "{p}", "1"+strings.Repeat("0", whole)), n)
	}
}

func concatWS(separator string) func([]string) string {
	return func(parts []string) string { return "concat_ws(" + separator + ", " + strings.Join(parts, ", ") + ")" }
}

// zoned brings an ISO text to one with a time of day and a zone, in engines with regexp_like.
const zoned = `CASE WHEN length(trim({x})) = 10 THEN concat(trim({x}), 'T00:00Z') ` +
	`WHEN regexp_like({x}, ':[0-9.:]+ ?([zZ]|[+-][0-9][0-9](:?[0-9][0-9])?) *$') THEN trim({x}) ELSE concat(trim({x}), 'Z') END`

// zonedDuckDB is zoned for DuckDB, which wants seconds too.
const zonedDuckDB = `CASE WHEN length(trim({x})) = 10 THEN trim({x}) || 'T00:00:00Z' ELSE ` +
	`regexp_replace(regexp_replace(trim({x}), '^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?$', '\1:00\2'), ` +
	`'^(\d{4}-\d\d-\d\d[T ][0-9:.]+)$', '\1Z') END`

var syntaxes = map[Dialect]*syntax{
	DuckDB: {
		quote:   `"`,
		text:    call("CAST({x} AS VARCHAR)"),
		number:  sized("try_cast({x} AS DECIMAL({d},{s}))"),
		decimal: scaled("CAST({x} AS DECIMAL(38,{s}))"),
		// Through seconds since 1970, so that the session's zone has no say.
		time:    call("make_timestamp(epoch_us({x}))"),
		isoTime: call("make_timestamp(epoch_us(try_cast(" + zonedDuckDB + " AS TIMESTAMPTZ)))"),
		seconds: between("((epoch_us({b}) - epoch_us({a})) // 1000000)"),
		stamp:   call("strftime({x}, '%Y-%m-%dT%H:%M:%SZ')"),
		hash:    call("md5({x})"),
		joined:  concatWS("chr(31)"),
		once:    "NOT MATERIALIZED ",
	},
	Trino: {
		quote:   `"`,
		text:    call("CAST({x} AS VARCHAR)"),
		number:  sized("try_cast({x} AS DECIMAL({d},{s}))"),
		decimal: scaled("CAST({x} AS DECIMAL(38,{s}))"),
		time:    call("CAST(from_unixtime(to_unixtime({x}), 'UTC') AS TIMESTAMP(3))"),
		isoTime: call("CAST(at_timezone(try(from_iso8601_timestamp(replace(" + zoned +
			", ' ', 'T'))), 'UTC') AS TIMESTAMP(3))"),
		seconds: between("date_diff('second', {a}, {b})"),
		stamp:   call("date_format({x}, '%Y-%m-%dT%H:%i:%sZ')"),
		hash:    call("lower(to_hex(md5(to_utf8({x}))))"),
		joined:  concatWS("chr(31)"),
	},
	Spark: {
		quote: "`", escapes: true,
		text:    call("CAST({x} AS STRING)"),
		number:  sized("try_cast({x} AS DECIMAL({d},{s}))"),
		decimal: scaled("CAST({x} AS DECIMAL(38,{s}))"),
		time:    call("CAST({x} AS TIMESTAMP)"),
		isoTime: call("try_cast({x} AS TIMESTAMP)"),
		seconds: between("(unix_timestamp({b}) - unix_timestamp({a}))"),
		stamp:   call(`date_format({x}, "yyyy-MM-dd'T'HH:mm:ss'Z'")`),
		hash:    call("md5({x})"),
		joined:  concatWS("char(31)"),
		whereUTC: "CASE WHEN current_timezone() IN ('UTC', 'Etc/UTC', 'Z', 'GMT', '+00:00') THEN TRUE " +
			"ELSE raise_error('set spark.sql.session.timeZone to UTC: months of bills are months in UTC') IS NULL END",
	},
	ClickHouse: {
		quote: "`", escapes: true,
		text:    call("toString({x})"),
		number:  bounded("toDecimal128OrNull(toString({x}), {s})", "toDecimal128('{p}', 0)"),
		decimal: scaled("toDecimal128({x}, {s})"),
		time:    call("toTimeZone({x}, 'UTC')"),
		isoTime: call("parseDateTime64BestEffortOrNull(toString({x}), 3, 'UTC')"),
		seconds: between("dateDiff('second', {a}, {b})"),
		stamp:   call("formatDateTime({x}, '%Y-%m-%dT%H:%i:%SZ', 'UTC')"),
		hash:    call("lower(hex(MD5({x})))"),
		joined:  concatWS("char(31)"),
	},
	Snowflake: {
		quote: `"`, escapes: true,
		text:    call("TO_VARCHAR({x})"),
		number:  sized("TRY_TO_DECIMAL(TO_VARCHAR({x}), {d}, {s})"),
		decimal: scaled("CAST({x} AS NUMBER(38,{s}))"),
		time:    call("TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MICROSECOND, {x}), 6)"),
		isoTime: call("TO_TIMESTAMP_NTZ(DATE_PART(EPOCH_MICROSECOND, TRY_TO_TIMESTAMP_TZ(" + snowZoned + ")), 6)"),
		seconds: between("DATEDIFF(second, {a}, {b})"),
		stamp:   call(`TO_CHAR({x}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`),
		hash:    call("MD5({x})"),
		joined:  concatWS("CHR(31)"),
	},
	BigQuery: {
		quote: "`", escapes: true,
		text:    call("CAST({x} AS STRING)"),
		number:  bounded("ROUND(SAFE_CAST({x} AS BIGNUMERIC), {s})", "CAST('{p}' AS BIGNUMERIC)"),
		decimal: scaled("CAST({x} AS BIGNUMERIC)"),
		time:    call("SAFE_CAST({x} AS TIMESTAMP)"),
		isoTime: call("SAFE_CAST({x} AS TIMESTAMP)"),
		seconds: between("TIMESTAMP_DIFF({b}, {a}, SECOND)"),
		stamp:   call("FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', {x}, 'UTC')"),
		hash:    call("TO_HEX(MD5({x}))"),
		joined: func(parts []string) string {
			return "ARRAY_TO_STRING([" + strings.Join(parts, ", ") + "], CHR(31))"
		},
		sum: call("CAST({x} AS STRING)"), // BIGNUMERIC has more digits than readers of Parquet take
	},
}

// snowZoned is zoned for Snowflake, whose REGEXP_LIKE compares whole texts.
const snowZoned = `IFF(LENGTH(TRIM({x})) = 10, TRIM({x}) || 'T00:00Z', ` +
	`IFF(REGEXP_LIKE({x}, '.*:[0-9.:]+ ?([zZ]|[+-][0-9][0-9](:?[0-9][0-9])?) *'), TRIM({x}), TRIM({x}) || 'Z'))`

// parse finds a dialect by its name.
func parse(name string) (*syntax, error) {
	s, ok := syntaxes[Dialect(strings.ToLower(name))]
	if !ok {
		var all []string
		for _, d := range Dialects {
			all = append(all, string(d))
		}
		return nil, fmt.Errorf("dialect %q is none of %s", name, strings.Join(all, ", "))
	}
	return s, nil
}

// literal is a text. Control characters cannot be meant and are left out.
func (s *syntax) literal(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	if s.escapes {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// ident is one name, quoted. No engine has names with control characters; a backslash or a backtick within
// backticks is read differently by engines and versions of one, so it is refused.
func (s *syntax) ident(name string) (string, error) {
	switch {
	case strings.TrimSpace(name) == "":
		return "", fmt.Errorf("a name is empty")
	case len(name) > maxName:
		return "", fmt.Errorf("name %.40q… is longer than %d bytes", name, maxName)
	case strings.ContainsFunc(name, unicode.IsControl) || !validText(name):
		return "", fmt.Errorf("name %q has a character that no name has", name)
	case s.quote == "`" && strings.ContainsAny(name, "`\\"):
		return "", fmt.Errorf("name %q has a backtick or backslash, which cannot be quoted safely here", name)
	}
	return s.quote + strings.ReplaceAll(name, s.quote, s.quote+s.quote) + s.quote, nil
}

// maxName bounds a name in bytes: paths of files, which DuckDB takes for tables, are the longest.
const maxName = 4096

func validText(s string) bool {
	return strings.ToValidUTF8(s, "") == s && !slices.Contains([]rune(s), '\ufeff')
}

// tableName quotes a name of one to four parts: catalog.schema.table. A part in double quotes or backticks may have
// points.
func (s *syntax) tableName(name string) (string, error) {
	parts, err := splitName(name)
	if err != nil {
		return "", err
	}
	if len(parts) > 4 {
		return "", fmt.Errorf("table name %q has %d parts; a part with points stands in double quotes: \"a.b\"", name,
			len(parts))
	}
	for i, p := range parts {
		if parts[i], err = s.ident(p); err != nil {
			return "", fmt.Errorf("table name %q: %w", name, err)
		}
	}
	return strings.Join(parts, "."), nil
}

func splitName(name string) ([]string, error) {
	var parts []string
	for rest := name; ; {
		if rest != "" && (rest[0] == '"' || rest[0] == '`') {
			q := rest[:1]
			part, after, ok := "", rest[1:], false
			for {
				var before string
				if before, after, ok = strings.Cut(after, q); !ok {
					return nil, fmt.Errorf("table name %q opens a quote and does not close it", name)
				}
				part += before
				if !strings.HasPrefix(after, q) {
					break
				}
				part, after = part+q, after[1:]
			}
			parts, rest = append(parts, part), after
			if rest == "" {
				return parts, nil
			}
			if rest[0] != '.' {
				return nil, fmt.Errorf("table name %q goes on behind a closed quote", name)
			}
			rest = rest[1:]
			continue
		}
		part, after, more := strings.Cut(rest, ".")
		parts = append(parts, part)
		if !more {
			return parts, nil
		}
		rest = after
	}
}
