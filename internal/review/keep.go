package review

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
)

// keptBook is the file of a review that [Find] searches.
const keptBook = "book.duckdb"

// findPartyRow is a party as [Find] looks for it: how it is called, and all its other spellings and numbers.
type findPartyRow struct {
	Party  int32
	ID     string `col:"id"`
	Name   string
	Others string
}

type findFlagRow struct {
	ID   string `col:"id"`
	Flag string
}

type findFileRow struct {
	Source int32
	File   string
}

// keptSQL makes the tables of the kept book. Texts are in lower case and without accents.
const keptSQL = `
CREATE TABLE kept.party AS SELECT party, id, name, strip_accents(lower(others)) AS others FROM find_party;
CREATE TABLE kept.role AS
  SELECT DISTINCT e.n, m.party FROM (
    SELECT seq AS n, unnest([seller, buyer, end_user, reseller, payer, consignee]) AS mention FROM engagement
    UNION ALL SELECT engagement, mention FROM engagement_other
    UNION ALL SELECT seq, unnest([party, end_user, reseller]) FROM account
    UNION ALL SELECT seq, about FROM claim UNION ALL SELECT seq, party FROM approval UNION ALL SELECT seq, party FROM support
    UNION ALL SELECT seq, about FROM event UNION ALL SELECT seq, issuer FROM holding) e
  JOIN party_map m ON m.mention = e.mention WHERE e.mention IS NOT NULL ORDER BY m.party;
CREATE TABLE kept.record AS
WITH named AS (SELECT m.mention, p.name FROM party_map m JOIN find_party p ON p.party = m.party),
items AS (SELECT i.engagement, string_agg(DISTINCT coalesce(i.text, ''), '; ') AS what,
    string_agg(DISTINCT concat_ws(' ', i.scheme, i.code, k.capabilities, k.controlled), ' ') AS codes FROM item i
  LEFT JOIN item_class k ON k.text = coalesce(i.text, '') AND k.scheme = coalesce(i.scheme, '') AND k.code = coalesce(i.code, '') GROUP BY i.engagement),
others AS (SELECT o.engagement, string_agg(DISTINCT x.name, ' ') AS who FROM engagement_other o JOIN named x ON x.mention = o.mention GROUP BY o.engagement),
flags AS (SELECT id, string_agg(DISTINCT flag, ' ' ORDER BY flag) AS flags FROM find_flag GROUP BY id),
rows AS (
  SELECT e.seq AS n, 'engagements' AS tab, e.kind, e.id, s.name AS seller, b.name AS buyer, coalesce(u.name, e.end_user_text) AS end_user,
    i.what, e.signed AS day, CAST(e.value AS VARCHAR) AS value, e.currency, f.flags, e.source, e.place,
    concat_ws(' ', r.name, p.name, c.name, o.who, e.destination, e.method, i.codes) AS more
  FROM (SELECT *, row_number() OVER (PARTITION BY id, content ORDER BY seq) AS copy FROM engagement) e
  LEFT JOIN named s ON s.mention = e.seller LEFT JOIN named b ON b.mention = e.buyer LEFT JOIN named u ON u.mention = e.end_user
  LEFT JOIN named r ON r.mention = e.reseller LEFT JOIN named p ON p.mention = e.payer LEFT JOIN named c ON c.mention = e.consignee
  LEFT JOIN items i ON i.engagement = e.seq LEFT JOIN others o ON o.engagement = e.seq LEFT JOIN flags f ON f.id = e.id WHERE e.copy = 1
  UNION ALL SELECT a.seq, 'accounts', '', concat_ws('/', a.account, nullif(a.sub, '')), NULL, p.name, coalesce(u.name, a.end_user_text), a.class, a.since, NULL, NULL,
    f.flags, a.source, a.place, r.name
  FROM account a LEFT JOIN named p ON p.mention = a.party LEFT JOIN named u ON u.mention = a.end_user LEFT JOIN named r ON r.mention = a.reseller
  LEFT JOIN flags f ON f.id = a.account
  UNION ALL SELECT c.seq, 'claims', c.status, c.id, NULL, x.name, NULL, c.text, c.published, NULL, NULL, NULL, c.source, c.place,
    concat_ws(' ', c.said_by, c.url, c.capability, c.grade, c.reply)
  FROM claim c LEFT JOIN named x ON x.mention = c.about
  UNION ALL SELECT a.seq, 'approvals', a.kind, a.engagement, NULL, x.name, NULL, a.outcome, a.decided, NULL, NULL, NULL, a.source, a.place, a.role
  FROM approval a LEFT JOIN named x ON x.mention = a.party
  UNION ALL SELECT e.seq, 'events', e.kind, e.id, NULL, x.name, NULL, e.region, e.day, NULL, NULL, NULL, e.source, e.place, concat_ws(' ', e.said_by, e.url)
  FROM event e LEFT JOIN named x ON x.mention = e.about
  UNION ALL SELECT h.seq, 'holdings', 'holding', h.isin, NULL, x.name, NULL, h.portfolio, h.day, CAST(h.value AS VARCHAR), h.currency, NULL, h.source, h.place, ''
  FROM holding h LEFT JOIN named x ON x.mention = h.issuer)
SELECT r.n, r.tab, coalesce(r.kind, '') AS kind, coalesce(r.id, '') AS id, coalesce(r.seller, '') AS seller, coalesce(r.buyer, '') AS buyer,
  coalesce(r.end_user, '') AS end_user, coalesce(r.what, '') AS what, r.day, coalesce(r.value, '') AS value, TRY_CAST(r.value AS DOUBLE) AS amount,
  coalesce(r.currency, '') AS currency, coalesce(r.flags, '') AS flags, coalesce(f.file, '') AS file, coalesce(r.place, '') AS place,
  strip_accents(lower(concat_ws(' ', r.tab, r.kind, r.id, r.seller, r.buyer, r.end_user, r.what, CAST(r.day AS VARCHAR), r.value, r.currency, r.flags, r.more))) AS text
FROM rows r LEFT JOIN find_file f ON f.source = r.source ORDER BY (r.flags IS NULL), r.day DESC NULLS LAST, r.n;
`

// keep writes the book that find searches, where the user wants one.
func (r *run) keep(ctx context.Context) error {
	if !r.o.KeepBook {
		return nil
	}
	if err := r.keepNames(ctx); err != nil {
		return err
	}
	db := r.book.DB()
	path := strings.ReplaceAll(filepath.Join(r.dir, keptBook), "'", "''")
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("keep book: %w", err)
	}
	defer conn.Close()
	for _, q := range []string{"ATTACH '" + path + "' AS kept", keptSQL, "CHECKPOINT kept", "DETACH kept"} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("keep book: %w", err)
		}
	}
	return nil
}

// keepNames makes the tables of parties, files and flags that keptSQL joins.
func (r *run) keepNames(ctx context.Context) error {
	parties, err := r.book.Create(ctx, "find_party", findPartyRow{})
	if err != nil {
		return err
	}
	for i := range r.res.Parties {
		p := &r.res.Parties[i]
		row := findPartyRow{Party: int32(i), ID: string(p.ID), Name: r.nameOf(sql.NullInt32{Int32: int32(i),
			Valid: true})}
		if _, individual := r.person[int32(i)]; !individual {
			others := append([]string{}, p.Names...)
			for _, id := range p.Identifiers {
				others = append(others, id.String())
			}
			row.Others = strings.Join(append(others, p.Country, row.ID), " ; ")
		}
		if err := parties.Append(row); err != nil {
			return err
		}
	}
	if err := parties.Close(); err != nil {
		return err
	}
	files, err := r.book.Create(ctx, "find_file", findFileRow{})
	if err != nil {
		return err
	}
	for source, f := range r.files {
		if err := files.Append(findFileRow{int32(source), f.Name}); err != nil {
			return err
		}
	}
	if err := files.Close(); err != nil {
		return err
	}
	flags, err := r.book.Create(ctx, "find_flag", findFlagRow{})
	if err != nil {
		return err
	}
	for k := range r.raisedOn {
		if err := flags.Append(findFlagRow{ID: k[0], Flag: k[1]}); err != nil {
			return err
		}
	}
	return flags.Close()
}
