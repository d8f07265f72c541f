// Package arch holds the order of the packages: each may import only what stands before it.
// Its test is the rule; nothing imports it.
package arch

// Road lists the packages under internal/ in the order of the road that a record takes.
// A subfolder belongs to the package whose name it starts with.
var Road = []string{
	"disk", "telemetry", "keyring", "message", "party", "evidence", "engine", "record", "list", "name", "compare",
	"match", "resolve", "ownership", "capability", "book", "obligation", "signal", "policy", "finding",
	"review", "world", "ledger", "casefile", "access", "notice", "docket", "publication", "store", "backup",
	"gatehouse", "report", "web", "app",
}
