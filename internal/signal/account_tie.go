package signal

import (
	"context"
	"database/sql"
	"errors"
)

// The account ids that are to be tied are found by joins of ids with their keys, so that no list of accounts stands in
// memory. known are the ids of the register.
const (
	// Bills whose ids are none of the register: of an account that it does not list, or of a sub-account beside those
	// that it lists of the account.
	strangeIDsSQL = `
WITH known AS (SELECT account, max(CASE WHEN sub <> '' THEN 1 ELSE 0 END) AS subs FROM account_row GROUP BY account),
listed AS (SELECT DISTINCT account, sub FROM account_row WHERE sub <> ''),
billed AS (SELECT DISTINCT coalesce(account, '') AS account, coalesce(sub_account, '') AS sub FROM usage)
SELECT b.account, b.sub, k.account IS NOT NULL AS known FROM billed b LEFT JOIN known k ON k.account = b.account
LEFT JOIN listed l ON l.account = b.account AND l.sub = b.sub
WHERE k.account IS NULL OR b.sub <> '' AND k.subs = 1 AND l.account IS NULL`

	registerIDsSQL = "SELECT DISTINCT account, sub FROM account_row"

	// An id of the bills and what of the register has the same key: the account, where there is one; for bills without
	// a billing account, the sub-account; and then the sub-account of that account.
	tiesSQL = `
WITH account_of AS (SELECT account_key AS k, min(account) AS account FROM account_key WHERE account_key <> ''
  GROUP BY account_key HAVING count(DISTINCT account) = 1),
sub_of AS (SELECT sub_key AS k, min(account) AS account, min(sub) AS sub FROM account_key WHERE sub_key <> ''
  GROUP BY sub_key HAVING count(*) = 1),
listed AS (SELECT DISTINCT account, sub FROM account_row WHERE sub <> ''),
of_account AS (SELECT account, sub_key AS k, min(sub) AS sub FROM account_key WHERE sub_key <> ''
  GROUP BY account, sub_key HAVING count(*) = 1),
first AS (
  SELECT b.account AS bill_account, b.sub AS bill_sub, b.sub_key AS bill_key,
    CASE WHEN b.known THEN b.account WHEN a.k IS NOT NULL THEN a.account WHEN s.k IS NOT NULL AND b.sub = '' THEN s.account
      WHEN b.account = '' AND b.sub <> '' AND t.k IS NOT NULL THEN t.account ELSE b.account END AS account,
    CASE WHEN b.known OR a.k IS NOT NULL THEN b.sub WHEN s.k IS NOT NULL AND b.sub = '' THEN s.sub
      WHEN b.account = '' AND b.sub <> '' AND t.k IS NOT NULL THEN t.sub ELSE b.sub END AS sub
  FROM bill_key b LEFT JOIN account_of a ON a.k = b.account_key LEFT JOIN sub_of s ON s.k = b.account_key
  LEFT JOIN sub_of t ON t.k = b.sub_key)
SELECT bill_account, bill_sub, account, sub FROM (
  SELECT f.bill_account, f.bill_sub, f.account,
    CASE WHEN f.sub <> '' AND l.account IS NULL AND o.k IS NOT NULL THEN o.sub ELSE f.sub END AS sub
  FROM first f LEFT JOIN listed l ON l.account = f.account AND l.sub = f.sub
  LEFT JOIN of_account o ON o.account = f.account AND o.k = f.bill_key) x
WHERE account <> bill_account OR sub <> bill_sub ORDER BY bill_account, bill_sub`
)

// tieAccounts ties the account ids of bills to those of the register that are spelt otherwise
// (a path around the id, letter case, lost zeros), and, where bills have no billing account,
// to the sub-account of that name. An id that more than one of the register fits is tied to none.
func (run *Run) tieAccounts(ctx context.Context) error {
	if run.based() {
		return nil
	}
	if run.away() {
		if err := run.send(ctx, "account_row", "account", "sub", "seq", "content", "since", "until", "holder_party",
			"user_party", "reseller_party"); err != nil {
			return err
		}
	}
	type row struct {
		Account, Sub string
		ToAccount    string
		ToSub        string
	}
	t, err := run.book.Create(ctx, "account_tie", row{})
	if err != nil {
		return err
	}
	strange, err := run.keyAccounts(ctx)
	if err != nil || !strange {
		return errors.Join(err, t.Close())
	}
	err = run.book.Each(ctx, "tie accounts", tiesSQL, func(r *sql.Rows) error {
		var x row
		if err := r.Scan(&x.Account, &x.Sub, &x.ToAccount, &x.ToSub); err != nil {
			return err
		}
		run.tied = append(run.tied, Tie{pairKey(x.Account, x.Sub), pairKey(x.ToAccount, x.ToSub)})
		return t.Append(x)
	})
	if err == nil {
		_, err = run.db.ExecContext(ctx, "DROP TABLE account_key; DROP TABLE bill_key")
	}
	return errors.Join(err, t.Close())
}

// keyAccounts writes the ids of bills that are none of the register, and those of the register, with their keys. It
// reports whether there are any of both; if not, no table was made.
func (run *Run) keyAccounts(ctx context.Context) (strange bool, err error) {
	key := run.in.AccountKey
	if key == nil {
		return false, nil
	}
	err = run.onBills(ctx, "find accounts that the register does not list",
		"SELECT (SELECT count(*) FROM account_row) > 0 AND EXISTS ("+strangeIDsSQL+")", 1, func(r *sql.Rows) error {
			return r.Scan(&strange)
		})
	if err != nil {
		return false, err
	}
	if !strange {
		return false, nil
	}
	type billKey struct {
		Account, Sub, AccountKey, SubKey string
		Known                            bool
	}
	bills, err := run.book.Create(ctx, "bill_key", billKey{})
	if err != nil {
		return false, err
	}
	err = run.onBills(ctx, "list accounts of the bills", strangeIDsSQL, 3, func(r *sql.Rows) error {
		var x billKey
		if err := r.Scan(&x.Account, &x.Sub, &x.Known); err != nil {
			return err
		}
		x.AccountKey, x.SubKey = key(x.Account), key(x.Sub)
		return bills.Append(x)
	})
	if err := errors.Join(err, bills.Close()); err != nil {
		return false, err
	}
	type accountKey struct{ Account, Sub, AccountKey, SubKey string }
	register, err := run.book.Create(ctx, "account_key", accountKey{})
	if err != nil {
		return false, err
	}
	err = run.book.Each(ctx, "list accounts of the register", registerIDsSQL, func(r *sql.Rows) error {
		x := accountKey{}
		if err := r.Scan(&x.Account, &x.Sub); err != nil {
			return err
		}
		x.AccountKey = key(x.Account)
		if x.Sub != "" {
			x.SubKey = key(x.Sub)
		}
		return register.Append(x)
	})
	return err == nil, errors.Join(err, register.Close())
}
