package store

import (
	"database/sql/driver"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"plimsoll/internal/disk"
)

// Result codes of SQLite (https://sqlite.org/rescode.html), primary ones.
const (
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26
)

// postgresFull is disk_full (PostgreSQL, Appendix A).
const postgresFull = "53100"

// Full reports whether an error says that there is no room left, on the disk or in the database.
func Full(err error) bool {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	return disk.Full(err) || errors.As(err, &lite) && lite.Code()&0xff == sqliteFull || errors.As(err, &pg) &&
		pg.Code == postgresFull
}

// Broken reports whether an error says that disk or database cannot be used now: reading or writing fails, it is read
// only or damaged, or it does not answer.
func Broken(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return slices.Contains([]int{sqliteReadOnly, sqliteIOErr, sqliteCorrupt, sqliteCantOpen, sqliteNotADB},
			lite.Code()&0xff)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) { // connection exception, no resources, operator intervention, system error, data corrupted
		return pg.Code == "25006" || pg.Code == "XX001" || pg.Code == "XX002" ||
			slices.ContainsFunc([]string{"08", "53", "57P", "58"}, func(class string) bool {
				return strings.HasPrefix(pg.Code, class)
			})
	}
	var connect *pgconn.ConnectError
	var netErr *net.OpError
	return disk.Broken(err) || errors.As(err, &connect) || errors.As(err, &netErr) || errors.Is(err, driver.ErrBadConn)
}
