package bods

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the database that joins the tables

	"plimsoll/internal/ownership"
	"plimsoll/internal/record"
)

// The CSV and Parquet editions of BODS data: one table of statements for entities, persons and relationships (0.4) or
// ownership-or-control statements (0.2, 0.3), and tables of what they hold several of, whose rows name their
// statement in a column _link_…_statement. The tables of one folder belong together. They are joined by a
// database on disk and read as statements in JSON then.

var parquetMagic = []byte("PAR1")

const (
	maxFooter  = 4 << 20  // bytes at the end of a Parquet file in which its columns are named
	flatMemory = "384MB"  // of the joining database; the rest goes to disk
	mostLine   = 9 << 20  // bytes of a line that the database reads: a row at its bound with every quote doubled
	linkPrefix = "_link_" // of the column that names a row's statement
	linkSuffix = "_statement"
)

// A flatKind is what a table of the set holds.
type flatKind string

const (
	flatMain        flatKind = "statements"
	flatIdentifiers flatKind = "identifiers"
	flatAddresses   flatKind = "addresses"
	flatNames       flatKind = "names"
	flatInterests   flatKind = "interests"
	flatOther       flatKind = "other" // annotations, nationalities and more that nothing needs
)

// RecogniseFlat reports whether a file is a table of the CSV or Parquet edition.
func RecogniseFlat(src record.Source, head []byte) bool {
	return kindOfTable(flatColumns(src, head)) != ""
}

// SetOf names the set that a table of the CSV or Parquet edition belongs to, its folder or archive, and is "" for any
// other file. Rows name their statements by numbers of their set alone: the same bytes in another set are other rows.
func SetOf(src record.Source) string {
	head, err := src.Head()
	if err != nil || !RecogniseFlat(src, head) {
		return ""
	}
	return setOf(src)
}

func setOf(src record.Source) string {
	if src.Member != "" {
		return src.Path + "!" + path.Dir(src.Member)
	}
	return path.Dir(src.Path)
}

// flatColumns are the columns of a table, in lower case. Of a Parquet file only those count that are looked for.
func flatColumns(src record.Source, head []byte) []string {
	if bytes.HasPrefix(head, parquetMagic) {
		tail := bytes.ToLower(footer(src, head))
		var out []string
		for name := range flatWords {
			if bytes.Contains(tail, []byte(name)) {
				out = append(out, name)
			}
		}
		return out
	}
	if len(head) == 0 || head[0] == '{' || head[0] == '[' {
		return nil
	}
	return ownership.Columns(head)
}

func footer(src record.Source, head []byte) []byte {
	if src.Member != "" {
		return head
	}
	f, err := os.Open(src.Path)
	if err != nil {
		return nil
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	from := max(0, size-maxFooter)
	b := make([]byte, size-from)
	if _, err := f.ReadAt(b, from); err != nil {
		return nil
	}
	return b
}

// flatWords are the columns by which tables are told apart.
var flatWords = map[string]bool{
	"_link_entity_statement": true, "_link_person_statement": true, "_link_relationship_statement": true,
	"_link_ooc_statement": true,
	"statementid":         true, "recordid": true, "entitytype": true, "recorddetails_entitytype_type": true,
	"persontype": true, "recorddetails_persontype": true,
	"recorddetails_interestedparty": true, "interestedparty_describedbyentitystatement": true,
	"interestedparty_describedbypersonstatement": true,
	"schemename": true, "scheme": true, "fullname": true, "postcode": true, "country_code": true, "share_exact": true,
	"share_minimum":                true,
	"beneficialownershiporcontrol": true, "directorindirect": true, "interestlevel": true,
}

func kindOfTable(columns []string) flatKind {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(columns, n) })
	}
	if linkOf(columns) == "" {
		if has("statementid") && has("entitytype", "recorddetails_entitytype_type", "persontype",
			"recorddetails_persontype",
			"recorddetails_interestedparty", "interestedparty_describedbyentitystatement",
			"interestedparty_describedbypersonstatement") {
			return flatMain
		}
		return ""
	}
	switch {
	case has("fullname"):
		return flatNames
	case has("share_exact", "share_minimum", "beneficialownershiporcontrol", "directorindirect", "interestlevel"):
		return flatInterests
	case has("scheme", "schemename"):
		return flatIdentifiers
	case has("postcode", "country_code"):
		return flatAddresses
	}
	return flatOther
}

// linkOf is the column that names a row's statement, "" for none.
func linkOf(columns []string) string {
	for _, c := range columns {
		if strings.HasPrefix(c, linkPrefix) && strings.HasSuffix(c, linkSuffix) {
			return c
		}
	}
	return ""
}

// flatPaths are the columns of statements that are read, by their names in lower case, with their places in the JSON
// edition: of 0.4 (statement, record and recordDetails schemas) and of 0.2 and 0.3.
var flatPaths = map[bool]map[string]string{
	true: {
		"statementid": "statementId", "statementdate": "statementDate", "declarationsubject": "declarationSubject",
		"recordid":   "recordId",
		"recordtype": "recordType", "recordstatus": "recordStatus",
		"publicationdetails_publicationdate":        "publicationDetails.publicationDate",
		"publicationdetails_publisher_name":         "publicationDetails.publisher.name",
		"publicationdetails_publisher_url":          "publicationDetails.publisher.url",
		"recorddetails_iscomponent":                 "recordDetails.isComponent",
		"recorddetails_entitytype_type":             "recordDetails.entityType.type",
		"recorddetails_persontype":                  "recordDetails.personType",
		"recorddetails_name":                        "recordDetails.name",
		"recorddetails_jurisdiction_name":           "recordDetails.jurisdiction.name",
		"recorddetails_jurisdiction_code":           "recordDetails.jurisdiction.code",
		"recorddetails_subject":                     "recordDetails.subject",
		"recorddetails_interestedparty":             "recordDetails.interestedParty",
		"recorddetails_subject_reason":              "recordDetails.subject.reason",
		"recorddetails_subject_description":         "recordDetails.subject.description",
		"recorddetails_interestedparty_reason":      "recordDetails.interestedParty.reason",
		"recorddetails_interestedparty_description": "recordDetails.interestedParty.description",
	},
	false: {
		"statementid": "statementID", "statementtype": "statementType", "statementdate": "statementDate",
		"iscomponent": "isComponent",
		"entitytype":  "entityType", "persontype": "personType", "name": "name",
		"incorporatedinjurisdiction_name":            "incorporatedInJurisdiction.name",
		"incorporatedinjurisdiction_code":            "incorporatedInJurisdiction.code",
		"replacesstatements":                         "replacesStatements",
		"publicationdetails_publicationdate":         "publicationDetails.publicationDate",
		"publicationdetails_publisher_name":          "publicationDetails.publisher.name",
		"subject_describedbyentitystatement":         "subject.describedByEntityStatement",
		"subject_describedbypersonstatement":         "subject.describedByPersonStatement",
		"interestedparty_describedbyentitystatement": "interestedParty.describedByEntityStatement",
		"interestedparty_describedbypersonstatement": "interestedParty.describedByPersonStatement",
		"interestedparty_unspecified_reason":         "interestedParty.unspecified.reason",
		"interestedparty_unspecified_description":    "interestedParty.unspecified.description",
	},
}

// childPaths are the columns of the other tables.
var childPaths = map[string]string{
	"id": "id", "scheme": "scheme", "schemename": "schemeName", "type": "type", "fullname": "fullName",
	"address": "address", "postcode": "postCode",
	"country": "country.code", "country_name": "country.name", "country_code": "country.code",
	"interestlevel": "interestLevel", "directorindirect": "directOrIndirect",
	"beneficialownershiporcontrol": "beneficialOwnershipOrControl", "details": "details", "startdate": "startDate",
	"enddate":     "endDate",
	"share_exact": "share.exact", "share_minimum": "share.minimum", "share_maximum": "share.maximum",
	"share_exclusiveminimum": "share.exclusiveMinimum", "share_exclusivemaximum": "share.exclusiveMaximum",
}

// A flatTable is a table of a set while it is joined.
type flatTable struct {
	src     record.Source
	kind    flatKind
	name    string // in the database
	link    string // column that names a row's statement, "" in a table of statements
	of      string // what kind of statements a table of them holds
	own     string // column of a table of statements that links name
	count   counts // rows that the join itself could not use
	failed  bool
	parquet bool
}

// flattened turns the tables among the sources into JSON Lines files of dir, one for each table of statements, and
// returns sources that read these in place of the tables.
func (d *decoder) flattened(ctx context.Context, srcs []record.Source, dir string) (out []record.Source, err error) {
	sets := map[string][]*flatTable{}
	var order []string
	for _, src := range srcs {
		head, err := src.Head()
		columns := flatColumns(src, head)
		if err != nil || kindOfTable(columns) == "" {
			out = append(out, src)
			continue
		}
		t := &flatTable{src: src, kind: kindOfTable(columns), link: linkOf(columns), parquet: bytes.HasPrefix(head,
			parquetMagic)}
		key := setOf(src)
		if sets[key] == nil {
			order = append(order, key)
		}
		sets[key] = append(sets[key], t)
		d.flat[src.Index] = t
	}
	for _, key := range order {
		made, err := d.join(ctx, sets[key], dir)
		if err != nil {
			return nil, err
		}
		out = append(out, made...)
	}
	return out, nil
}

// join loads the tables of one set and writes the statements of each table of them.
func (d *decoder) join(ctx context.Context, set []*flatTable, dir string) (out []record.Source, err error) {
	work, err := os.MkdirTemp(dir, "set-*")
	if err != nil {
		return nil, fmt.Errorf("join tables: %w", err)
	}
	db, err := sql.Open("duckdb", filepath.Join(work, "join.db"))
	if err != nil {
		return nil, fmt.Errorf("join tables: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	const settings = "SET memory_limit = '" + flatMemory + "'; SET threads = 2; SET preserve_insertion_order = true"
	if _, err := db.ExecContext(ctx, settings); err != nil {
		return nil, fmt.Errorf("join tables: %w", err)
	}
	for i, t := range set {
		t.name = fmt.Sprintf("t%d", i)
		err := t.load(ctx, db, work, d.sink)
		if err != nil && ctx.Err() == nil && record.Damaged(err) {
			t.failed = true
			t.count.stats.Failed = record.CutNote(t.src.Name, 0, err)
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", t.src.Name, err)
		}
	}
	whole := slices.DeleteFunc(slices.Clone(set), func(t *flatTable) bool { return t.failed })
	for _, t := range set {
		made := t.src // of a table that is joined to others, or damaged, nothing is read by itself
		switch {
		case t.failed:
		case t.kind != flatMain:
			err = t.strays(ctx, db, whole, d.sink)
		default:
			made = record.Source{Index: t.src.Index, Name: t.src.Name,
				Path: filepath.Join(dir, fmt.Sprintf("statements-%d.jsonl", t.src.Index))}
			err = t.write(ctx, db, whole, made.Path)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", t.src.Name, err)
		}
		out = append(out, made)
	}
	return out, nil
}

// reject counts a row that the join cannot use.
func (t *flatTable) reject(sink ownership.Sink, at, reason string) error {
	t.count.stats.Rows++
	t.count.stats.Rejects++
	return sink.Reject(record.Reject{File: t.src.Name, At: at, Kind: "bods", Reason: reason})
}

// load reads a table into the database, with the line or row that each of its rows stands at.
func (t *flatTable) load(ctx context.Context, db *sql.DB, work string, sink ownership.Sink) error {
	file := filepath.Join(work, t.name) // a plain name, since the database takes a path for a pattern
	from := "SELECT row_number() OVER () AS _row, * FROM read_parquet(" + quoted(file) + ")"
	var err error
	switch {
	case !t.parquet:
		from, err = t.plain(ctx, file, sink)
	case t.src.Member == "":
		var abs string
		if abs, err = filepath.Abs(t.src.Path); err == nil {
			err = os.Symlink(abs, file)
		}
	default:
		err = t.copy(file)
	}
	if err != nil {
		return err
	}
	if _, err = db.ExecContext(ctx, "CREATE TABLE "+t.name+" AS "+from); err != nil {
		return fmt.Errorf("%w: %w", record.ErrDamaged, err)
	}
	if t.kind != flatMain {
		return nil
	}
	columns, err := t.columns(ctx, db)
	if err != nil {
		return err
	}
	t.of, t.own = ofStatement(columns), "_link" // statementid where a table has none
	if !slices.Contains(columns, t.own) {
		t.own = "statementid"
	}
	return nil
}

// plain writes the rows of a CSV text that are whole into a file, and returns the statement that reads it.
func (t *flatTable) plain(ctx context.Context, file string, sink ownership.Sink) (from string, err error) {
	head, err := t.src.Head()
	if err != nil {
		return "", err
	}
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	defer out.Close()
	names := []string{"_row"}
	types := "'_row': 'BIGINT'"
	for i, n := range ownership.Columns(head) {
		if n == "" || slices.Contains(names, n) {
			n = fmt.Sprintf("column %d", i+1)
		}
		names = append(names, n)
		types += ", " + quoted(n) + ": 'VARCHAR'"
	}
	w := csv.NewWriter(out)
	err = ownership.EachRow(ctx, t.src, func(r ownership.TableRow) error {
		return w.Write(append([]string{strconv.Itoa(r.Line)}, r.Cells...))
	}, func(at, reason string) error { return t.reject(sink, at, reason) })
	w.Flush()
	if err := cmp.Or(err, w.Error(), out.Close()); err != nil {
		return "", err
	}
	return fmt.Sprintf(`SELECT * FROM read_csv(%s, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
  max_line_size = %d, columns = {%s})`, quoted(file), mostLine, types), nil
}

func (t *flatTable) copy(file string) error {
	in, err := t.src.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return cmp.Or(err, out.Close())
}

// strays counts the rows of a table that name no statement of the set.
func (t *flatTable) strays(ctx context.Context, db *sql.DB, set []*flatTable, sink ownership.Sink) error {
	var keys []string
	for _, m := range set {
		if m.kind == flatMain && linkPrefix+m.of+linkSuffix == t.link {
			keys = append(keys, fmt.Sprintf("SELECT CAST(%s AS VARCHAR) AS k FROM %s", m.own, m.name))
		}
	}
	if t.kind == flatOther {
		return nil
	}
	if keys == nil {
		t.count.stats.Notes = append(t.count.stats.Notes,
			"no table of the statements that its rows belong to lies beside it")
		keys = []string{"SELECT NULL AS k"}
	}
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT _row, coalesce(CAST(%s AS VARCHAR), '') FROM %s c ANTI "+
		"JOIN (%s) m ON m.k = CAST(c.%s AS VARCHAR) ORDER BY 1",
		t.link, t.name, strings.Join(keys, " UNION ALL "), t.link))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var link string
		if err := rows.Scan(&at, &link); err != nil {
			return err
		}
		if err := t.reject(sink, fmt.Sprintf("row %d", at),
			fmt.Sprintf("no statement %q stands in the tables beside this one", link)); err != nil {
			return err
		}
	}
	return rows.Err()
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// write gives out the statements of a table, each with the rows of the others that name it.
func (t *flatTable) write(ctx context.Context, db *sql.DB, set []*flatTable, path string) error {
	q := "SELECT CAST(to_json(m) AS VARCHAR)"
	var joins string
	var children []flatKind
	for _, c := range set {
		if c.kind == flatMain || c.kind == flatOther || c.link != linkPrefix+t.of+linkSuffix {
			continue
		}
		n := fmt.Sprintf("c%d", len(children))
		q += ", CAST(" + n + ".j AS VARCHAR)"
		joins += fmt.Sprintf(" LEFT JOIN (SELECT CAST(%s AS VARCHAR) AS k, to_json(list(x ORDER BY x._row)) AS j "+
			"FROM %s x GROUP BY 1) %s"+
			" ON %s.k = CAST(m.%s AS VARCHAR)", c.link, c.name, n, n, t.own)
		children = append(children, c.kind)
	}
	rows, err := db.QueryContext(ctx, q+" FROM "+t.name+" m"+joins+" ORDER BY m._row")
	if err != nil {
		return err
	}
	defer rows.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	enc := json.NewEncoder(f)
	cells := make([]sql.NullString, 1+len(children))
	into := make([]any, len(cells))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		s, err := t.statement(t.of, cells, children)
		if err != nil {
			return err
		}
		if err := enc.Encode(s); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t *flatTable) columns(ctx context.Context, db *sql.DB) (out []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT lower(column_name) FROM duckdb_columns() WHERE table_name = "+
		quoted(t.name))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// ofStatement is what the columns _link_…_statement call the statements of a table with these columns.
func ofStatement(columns []string) string {
	has := func(name string) bool { return slices.Contains(columns, name) }
	switch {
	case has("entitytype"), has("recorddetails_entitytype_type"):
		return "entity"
	case has("persontype"), has("recorddetails_persontype"):
		return "person"
	case has("recorddetails_interestedparty"), has("recorddetails_subject"):
		return "relationship"
	}
	return "ooc"
}

type object = map[string]any

// rowKey is the member of a written statement that says where its row stands. It comes first, as members are sorted.
const rowKey = "_row"

// place names the row that a written statement was made of.
func (t *flatTable) place(raw []byte) string {
	_, rest, _ := bytes.Cut(raw, []byte(`"`+rowKey+`":`))
	n := bytes.IndexAny(rest, ",}")
	return "row " + string(rest[:max(n, 0)])
}

// statement builds one statement of a row and its children.
func (t *flatTable) statement(kind string, cells []sql.NullString, children []flatKind) (object, error) {
	var row object
	if err := decodeRow(cells[0].String, &row); err != nil {
		return nil, err
	}
	lower := lowered(row)
	modern := lower["recordid"] != nil || lower["recordtype"] != nil
	s := nest(lower, flatPaths[modern])
	s[rowKey] = row[rowKey]
	inside := s
	if modern {
		if inside, _ = s["recordDetails"].(object); inside == nil {
			inside = object{}
			s["recordDetails"] = inside
		}
		if s["recordType"] == nil {
			s["recordType"] = kind
		}
	} else if s["statementType"] == nil {
		s["statementType"] = map[string]string{"entity": "entityStatement", "person": "personStatement"}[kind]
		if kind == "ooc" {
			s["statementType"] = "ownershipOrControlStatement"
		}
	}
	for i, c := range children {
		if !cells[i+1].Valid {
			continue
		}
		var list []object
		if err := decodeRow(cells[i+1].String, &list); err != nil {
			return nil, err
		}
		var made []object
		for _, x := range list {
			made = append(made, nest(lowered(x), childPaths))
		}
		inside[string(c)] = made
	}
	return s, nil
}

func decodeRow(text string, into any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return dec.Decode(into)
}

func lowered(row object) object {
	out := object{}
	for k, v := range row {
		if s, ok := v.(string); v == nil || ok && s == "" {
			continue
		}
		out[strings.ToLower(k)] = v
	}
	return out
}

// nest puts the values of columns where the JSON edition has them, in the order of the names, so that an object comes
// before its parts.
func nest(row object, paths map[string]string) object {
	out := object{}
	keys := make([]string, 0, len(row))
	for k := range row {
		if paths[k] != "" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		at := out
		parts := strings.Split(paths[k], ".")
		for _, p := range parts[:len(parts)-1] {
			next, ok := at[p].(object)
			if !ok {
				if at[p] != nil { // a reference beside a reason: the reference counts
					at = object{}
					break
				}
				next = object{}
				at[p] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = typed(parts[len(parts)-1], row[k])
	}
	return out
}

// typed turns text into what the JSON edition has under a name.
func typed(name string, v any) any {
	s, ok := v.(string)
	switch name {
	case "isComponent", "beneficialOwnershipOrControl":
		if b, err := strconv.ParseBool(strings.ToLower(s)); ok && err == nil {
			return b
		}
	case "exact", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		if b, err := strconv.ParseBool(strings.ToLower(s)); ok && err == nil && len(s) > 1 {
			return b
		}
		if _, err := strconv.ParseFloat(s, 64); ok && err == nil {
			return json.Number(strings.TrimSpace(s))
		}
	case "replacesStatements":
		if ok {
			var list []string
			if json.Unmarshal([]byte(s), &list) == nil {
				return list
			}
			return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
		}
	default:
		if n, number := v.(json.Number); number {
			return n.String()
		}
		if len(s) > len("2006-01-02") && strings.HasSuffix(name, "Date") {
			return s[:len("2006-01-02")]
		}
	}
	return v
}
