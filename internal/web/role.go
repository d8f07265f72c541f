package web

import (
	"slices"
	"strings"
	"time"

	"plimsoll/internal/casefile"
	"plimsoll/internal/notice"
)

// Roles says what each role is for, in the order in which pages show them.
var Roles = []struct {
	Role casefile.Role
	For  string
}{
	{casefile.Intake, "receives notices and opens cases"},
	{casefile.Investigator, "works on cases: claims, letters, proposals"},
	{casefile.Reviewer, "tests claims and proposals, comments, dissents"},
	{casefile.Approver, "approves or refuses what others propose"},
	{casefile.Executor, "carries approved orders out and proves it"},
	{casefile.Verifier, "checks independently that an order was carried out"},
	{casefile.Counsel, "legal advice, letters, privileged notes"},
	{casefile.Publisher, "prepares what is made public"},
	{casefile.Auditor, "reads everything, changes nothing"},
	{casefile.Admin, "people, roles and health; no findings and no cases"},
}

// A permission is what an endpoint needs. It opens the door of a page; whether one case
// may be read or moved is decided by casefile.
type permission string

const (
	public permission = "public" // anybody
	// anybody, and not counted: limits belong to wrong keys
	signingIn    permission = "sign in"
	signedIn     permission = "signed in"                             // one's own account
	ownSignins   permission = "change your own sign-ins with a token" // only in a session
	readFindings permission = "read findings"                         // runs, findings, parties, policy, search
	readCases    permission = "read cases"
	importRun    permission = "import runs"
	workCase     permission = "work on cases" // everything that changes a case; casefile checks the role for each move
	readNotices  permission = "read notices"
	workNotices  permission = "work on notices"
	readHealth   permission = "read health"
	readPeople   permission = "read people"
	managePeople permission = "manage people"
	setDays      permission = "set working days"
)

// team are the roles that work on cases.
var team = []casefile.Role{casefile.Intake, casefile.Investigator, casefile.Reviewer, casefile.Approver,
	casefile.Executor, casefile.Verifier, casefile.Counsel, casefile.Publisher}

func and(r ...casefile.Role) []casefile.Role { return append(slices.Clone(team), r...) }

// holders says which roles carry a permission. What is not here nobody may do.
var holders = map[permission][]casefile.Role{
	readFindings: and(casefile.Auditor),
	readCases:    and(casefile.Auditor),
	importRun:    {casefile.Intake, casefile.Investigator, casefile.Reviewer},
	workCase:     team,
	readNotices:  notice.Readers,
	workNotices:  notice.Workers,
	readHealth:   and(casefile.Auditor, casefile.Admin),
	readPeople:   and(casefile.Auditor, casefile.Admin),
	managePeople: {casefile.Admin},
	setDays:      {casefile.Reviewer, casefile.Admin},
}

// scopes are what an API token may be limited to (store.Scopes). A token never carries more
// than its owner's roles do, and casefile lets no program decide.
var scopes = map[string][]permission{
	"read":   {readFindings, readCases, readHealth, readPeople},
	"import": {importRun},
	"write":  {workCase},
	"people": {managePeople},
}

// An actor is who asks: a person with roles, through a session or an API token.
type actor struct {
	casefile.Actor
	Email     string
	Confirmed time.Time // with a second factor; zero when it was not
	Since     time.Time // when the session began
	How       string    // link | oidc
	Session   string    // id of the session, empty for a token
	Token     string    // id of the token, empty for a session
	Scopes    []string  // of the token
}

// may says whether the actor holds a permission.
func (a *actor) may(p permission) bool {
	if p == public || p == signingIn {
		return true
	}
	if a == nil {
		return false
	}
	if p == signedIn {
		return true
	}
	if p == ownSignins {
		return a.Session != ""
	}
	if a.Token != "" && !slices.ContainsFunc(a.Scopes, func(s string) bool { return slices.Contains(scopes[s], p) }) {
		return false
	}
	return slices.ContainsFunc(holders[p], func(r casefile.Role) bool { return slices.Contains(a.Roles, r) })
}

// May is may for templates.
func (a *actor) May(p string) bool { return a.may(permission(p)) }

// Is says in templates whether the actor has one of the roles.
func (a *actor) Is(roles ...string) bool {
	return a != nil && slices.ContainsFunc(roles, func(r string) bool {
		return slices.Contains(a.Roles,
			casefile.Role(r))
	})
}

// Titles lists the actor's roles for a reader.
func (a *actor) Titles() string {
	if len(a.Roles) == 0 {
		return "no role yet"
	}
	s := make([]string, len(a.Roles))
	for i, r := range a.Roles {
		s[i] = string(r)
	}
	return strings.Join(s, ", ")
}
