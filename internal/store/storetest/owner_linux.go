package storetest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// owner says as whom PostgreSQL runs: it refuses to run as root. The folder is given to that
// account. The server ends when the test program is killed.
func owner(t testing.TB, dir string) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return a
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			t.Skip("PostgreSQL does not run as root, and there is neither an account postgres nor nobody")
		}
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}
	return a
}
