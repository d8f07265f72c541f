package web

// routes is the table of all pages: what is not here does not exist, and nothing here is
// without a permission. Forms post to addresses that no page shows.
func (s *Server) routes() []route {
	return []route{
		{"GET", "/signin", signingIn, s.signin},
		{"GET", "/signin/provider", signingIn, s.oidcBegin},
		{"GET", "/signin/callback", signingIn, s.oidcEnd},
		{"GET", "/start", signingIn, s.start},
		{"POST", "/start", signingIn, s.startUse},
		{"POST", "/signout", ownSignins, s.signout},

		{"GET", "/{$}", signedIn, s.inbox},
		{"GET", "/account", signedIn, s.account},
		{"POST", "/account/token", ownSignins, s.newToken},
		{"POST", "/account/revoke", ownSignins, s.accountRevoke},

		{"GET", "/runs", readFindings, s.runList},
		{"POST", "/runs", importRun, s.runStore},
		{"GET", "/runs/{run}", readFindings, s.run},
		{"GET", "/runs/{run}/changes", readFindings, s.changes},
		{"GET", "/runs/{run}/demands", readFindings, s.demands},
		{"GET", "/runs/{run}/findings", readFindings, s.findings},
		{"GET", "/runs/{run}/findings/{finding}", readFindings, s.finding},
		{"GET", "/parties/{party}", readFindings, s.party},
		{"GET", "/search", readFindings, s.search},
		{"GET", "/policy", readFindings, s.policy},

		{"GET", "/cases", readCases, s.cases},
		{"POST", "/cases", workCase, s.caseOpen},
		{"GET", "/cases/new", workCase, s.caseNew},
		{"GET", "/cases/{case}", readCases, s.caseView},
		{"POST", "/cases/{case}/{move}", workCase, s.caseMove},
		{"GET", "/cases/{case}/evidence", readCases, s.evidence},
		{"POST", "/cases/{case}/evidence", workCase, s.evidenceAdd},
		{"POST", "/cases/{case}/evidence/search", readCases, s.evidenceSearch},
		{"POST", "/cases/{case}/evidence/{move}", workCase, s.evidenceMove},
		{"GET", "/cases/{case}/evidence/{item}", readCases, s.item},
		{"POST", "/cases/{case}/evidence/{item}/view", readCases, s.itemView},
		{"POST", "/cases/{case}/evidence/{item}/copy", readCases, s.itemCopy},
		{"POST", "/cases/{case}/evidence/{item}/{move}", workCase, s.itemMove},
		{"GET", "/cases/{case}/decide", workCase, s.decide},
		{"POST", "/cases/{case}/decide", workCase, s.decideSend},
		{"POST", "/findings/link", workCase, s.findingLink},
		{"POST", "/claims/{claim}/{move}", workCase, s.claimMove},
		{"GET", "/letters/{letter}", readCases, s.letter},
		{"POST", "/letters/{letter}/{move}", workCase, s.letterMove},
		{"GET", "/decisions/{decision}", readCases, s.decision},
		{"GET", "/decisions/{decision}/record", readCases, s.decisionRecord},
		{"POST", "/decisions/{decision}/{move}", workCase, s.decisionMove},

		{"GET", "/notices", readNotices, s.notices},
		{"GET", "/notices/{notice}", readNotices, s.noticed},
		{"GET", "/notices/{notice}/files/{file}", readNotices, s.noticeCopy},
		{"POST", "/notices/{notice}/{move}", workNotices, s.noticeMove},

		{"GET", "/people", readPeople, s.people},
		{"POST", "/people", managePeople, s.invite},
		{"GET", "/people/{person}", managePeople, s.person},
		{"POST", "/people/{person}", managePeople, s.personSave},
		{"POST", "/people/{person}/link", managePeople, s.personLink},
		{"POST", "/people/{person}/revoke", managePeople, s.personRevoke},
		{"GET", "/health", readHealth, s.health},
		{"GET", "/holidays", readHealth, s.calendar},
		{"POST", "/holidays", setDays, s.calendarSave},
	}
}
