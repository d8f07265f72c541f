package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/casefile"
	"plimsoll/internal/disk"
	"plimsoll/internal/store"
	"plimsoll/internal/web"
)

// adminLinkLife is how long a link of "plimsoll admin link" may wait to be used.
const adminLinkLife = 15 * time.Minute

// firstLink prints the link of the first admin, when the database holds nobody yet.
func firstLink(ctx context.Context, s streams, site *web.Server) error {
	link, err := site.FirstLink(ctx)
	switch {
	case errors.Is(err, store.ErrPeople):
		fmt.Fprintln(s.err, `Who cannot sign in is given a link by an admin; for an admin, "plimsoll admin link" makes one on this machine`)
	case err != nil:
		return err
	default:
		fmt.Fprintf(s.err, "Open this link in your browser; it works once, within 15 minutes:\n%s\n", link)
	}
	return nil
}

// originFile keeps the address under which people reach the server, for commands on its folder.
const originFile = "origin"

func (o serveOptions) noteOrigin(origin string) error {
	if o.folder() == "" {
		return nil
	}
	return disk.Replace(filepath.Join(o.folder(), originFile), func(w io.Writer) error {
		_, err := io.WriteString(w, origin+"\n")
		return err
	})
}

func adminCommand(s streams) *cobra.Command {
	var w where
	var person, origin, who, linkState, nameState, mendState string
	var reset bool
	const stateUse = "state folder of the server, where the key of its ledger lies (default: --data)"
	link := w.flags(&cobra.Command{
		Use:   "link --data DIR | --database URL",
		Short: "Make a one-time sign-in link for an admin, on the machine of the server",
		Long: `Makes a link that signs an admin in, once, within 15 minutes, or with --person somebody who lost
the sign-in. Whoever can run this can read the database; that it was done stands in the ledger and
on the health page.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return adminLink(cmd.Context(), s, w, person, origin, linkState, reset)
		},
	})
	link.Flags().StringVar(&person, "person", "", "id of the person (default: the first admin)")
	link.Flags().StringVar(&origin, "origin", "", "address under which people reach the server (default: the one it "+
		"last had)")
	link.Flags().BoolVar(&reset, "reset-keys", false, "remove the person's security keys too, which ends every sign-in")
	var at where
	name := at.flags(&cobra.Command{
		Use:   "name --data DIR | --database URL --person ID",
		Short: "Make a person an admin, on the machine of the server",
		Long: `Makes somebody an admin where the admins who are left cannot: what takes two admins is done by none
alone once there were two. That it was done stands in the ledger and on the health page.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return adminName(cmd.Context(), s, at, who, nameState) },
	})
	name.Flags().StringVar(&who, "person", "", "id of the person")
	var on where
	mend := on.flags(&cobra.Command{
		Use:   "mend --data DIR | --database URL",
		Short: "Put back what the record says of people, on the machine of the server",
		Long: `Puts rows about people, roles and sign-ins back as the ledger holds them, where somebody changed the
database past the program: such rows count as not there, and nothing about people is changed before this.
What was put back is printed, and stands in the ledger and on the health page.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return adminMend(cmd.Context(), s, on, mendState) },
	})
	for c, state := range map[*cobra.Command]*string{link: &linkState, name: &nameState, mend: &mendState} {
		c.Flags().StringVar(state, "state", "", stateUse)
	}
	return group("admin", "What only who holds the machine of a server can do", link, name, mend)
}

// adminMend puts back what the record says of people.
func adminMend(ctx context.Context, s streams, w where, state string) error {
	db, err := w.existing(ctx, state)
	if err != nil {
		return err
	}
	defer db.Close()
	pins, _ := db.Pin.(ledgerPins)
	what, err := pins.mend(ctx, db)
	if err != nil {
		return fmt.Errorf("admin mend: %w", err)
	}
	for _, line := range what {
		fmt.Fprintln(s.out, line)
	}
	fmt.Fprintf(s.err, "%d rows were put back as the record holds them\n", len(what))
	return nil
}

func adminName(ctx context.Context, s streams, w where, person, state string) error {
	if person == "" {
		return usagef("admin name needs --person")
	}
	db, err := w.existing(ctx, state)
	if err != nil {
		return err
	}
	defer db.Close()
	p, err := db.NameAdmin(ctx, person)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s is an admin now\n", p.Name)
	return nil
}

// existing opens the database of a server, and makes none where there is none.
func (w where) existing(ctx context.Context, state string) (*store.Store, error) {
	address, err := w.address()
	if err != nil {
		return nil, err
	}
	if w.data != "" { // opening would make an empty one
		if _, err := os.Stat(filepath.Join(w.data, "plimsoll.db")); err != nil {
			return nil, fmt.Errorf("there is no database in %s: %w", w.data, err)
		}
	}
	db, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	db.Follow = followCases
	if _, err := holdAt(ctx, db, w.stateFolder(state)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func adminLink(ctx context.Context, s streams, w where, person, origin, state string, reset bool) error {
	db, err := w.existing(ctx, state)
	if err != nil {
		return err
	}
	defer db.Close()
	if w.data != "" {
		if b, err := os.ReadFile(filepath.Join(w.data, originFile)); err == nil && origin == "" {
			origin = strings.TrimSpace(string(b))
		}
	}
	if origin == "" {
		return usagef("admin link needs --origin, the address under which people reach the server")
	}
	key, p, err := db.AdminLink(ctx, person, adminLinkLife)
	if err != nil {
		return err
	}
	if reset {
		if _, err := db.ResetKeys(ctx, casefile.Actor{}, p.ID); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.err, "This link signs %s in, once, within 15 minutes:\n", p.Name)
	fmt.Fprintf(s.out, "%s/start?key=%s\n", strings.TrimSuffix(origin, "/"), url.QueryEscape(key))
	return nil
}

// knownHost refuses requests whose Host header names another server: a page of a stranger whose
// name was made to point at this machine (DNS rebinding). A host that is an address cannot be
// that, and is let through, as is the loopback name.
func knownHost(origin string, next http.Handler) http.Handler {
	own := ""
	if u, err := url.Parse(origin); err == nil {
		own = strings.ToLower(u.Hostname())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
		if host != own && host != "localhost" && net.ParseIP(host) == nil {
			http.Error(w, "this server does not go by that name; see --origin", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
