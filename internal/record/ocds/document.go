package ocds

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plimsoll/internal/record"
)

// pages is the page that [Document] writes.
const pages = "docs/format/contracts.md"

const documentHead = `# Published contracts

Contracts are recognised by what stands in the files, whatever their names; files of one process may be spread over
several. Own tables are described in [tables](tables.md). This page is made from the program's own lists, and a test
compares them.

| format | form of the file |
|---|---|
| OCDS 1.0, 1.1 and older | JSON: packages, records, arrays, JSON Lines, JSON texts one behind another, answers of an API |
| flattened OCDS | one CSV, a folder or archive of CSV tables, a workbook |
| TED, eForms | UBL XML, one notice or an archive of them |
| TED, TED_EXPORT R2.0.9 | XML, one notice or an archive of them |
| tables of publishers | CSV or workbook: TED CSV, UK Contracts Finder, USAspending, FPDS, FOCUS contract commitments |

Any of them may be packed: gzip, Zstandard, bzip2, ZIP, tar, also inside one another. Each file of an archive is read by
what it is, as the files of a folder are. Text is UTF-8, UTF-16, UTF-32 or Windows-1252.

## What holds for all
- **A process** is what one ocid, procedure or award key names. Releases of it are merged by the rules of OCDS 1.1, also
  across files; one given twice changes nothing.
- **An engagement** is one contract, or one award that no contract refers to; a process with neither is one of the kind
  tender. What was cancelled or unsuccessful is none, but its suppliers stay parties.
- **Everybody who is named** is a party in the role that the source gives, also where no list below has the role:
  then it is ` + "`other_role`" + `. Natural persons of notices are left out and counted.
- **A fault costs its own release or row.** It is a line of ` + "`rejects.jsonl`" +
	` with place and reason. A file that ends in
  the middle, is damaged or unpacks beyond its bounds is named as failed, what stands before is used, and the run ends
  with 1.
- **What is not understood is not known**: an amount, date, currency or word that cannot be read is left out, counted in
  the notes of the file, and never taken for nothing.
- Dates that stand for none (0001-01-01, 1900-01-01, 1970-01-01, 9999-12-31 and the like) are no dates.
- **The value of an engagement** is that of the contract; that of its award stands for it only where the contract states
  none and is the award's only one. The two differ where a price was changed between them: a sum over awards is another
  number (in the Armenian sample by 14 %), and a sum over both counts most money twice.
- How many bid is numberOfTenderers, or the number of tenderers where two or more are named. How long a tender was open
  is the whole days of tenderPeriod. What changed in value or last day comes from amendments and from comparing
  releases; one release without a list of amendments says nothing of changes.
- An award whose status is pending is proposed and not in force: it is a tender, with its suppliers. Of tenders lots and
  states of bids are read (a withdrawn bid stands as withdrawn), and the ends of enquiryPeriod, tenderPeriod,
  awardPeriod and standstillPeriod. Bidders without a name, and more bidders than are named, are said to be not
  computable.
- Of a contract for some lots only the items of these lots count; where nothing says which lots, those of all.

`

const documentFlat = `## Flattened OCDS
Each column is a path into the release, as flatten-tool and the Data Registry write it:
` + "`awards/0/suppliers/0/name`, `awards[0].suppliers[0].name`, `buyer.name`, `tender_title`" +
	`. The path may stand behind
` + "`releases/0/`, `records/0/` or `compiledRelease/`" +
	`. Rows of one ocid and release id are put together: elements of lists
by their place, else by their id. Without a place, a cell of several organisations is cut at semicolons.

Tables of the Data Registry say with ` + "`_link` and `_link_main`" +
	` where their rows belong. The main table gives the
ocid. A table whose columns are no paths into a release is named in the notes and not read.

`

const documentTED = `## TED notices
Elements are named without their name spaces. Equal organisations of a notice are one.

| what | eForms (UBL) | TED_EXPORT R2.0.9 |
|---|---|---|
| process | ContractFolderID; ID, VersionID; ContractNotice, PriorInformationNotice or ContractAwardNotice | NO_DOC_OJS or DOC_ID; NOTICE_NUMBER_OJ |
| day | IssueDate | REF_OJS, DATE_PUB |
| organisations | Organizations, Organization, Company, TouchPoint | ADDRESS_CONTRACTING_BODY, ADDRESS_CONTRACTOR, ADDRESS_WINNER |
| name and number | PartyName, Name; PartyLegalEntity, CompanyID, schemeName | OFFICIALNAME, NATIONALID |
| address | PostalAddress, StreetName, CityName, PostalZone, Country, IdentificationCode | ADDRESS, TOWN, POSTAL_CODE, COUNTRY |
| buyers | ContractingParty, Party, PartyIdentification; ServiceProviderParty | CONTRACTING_BODY |
| review bodies | TenderingTerms, AppealTerms | COMPLEMENTARY_INFO, ADDRESS_REVIEW_BODY, ADDRESS_MEDIATION_BODY |
| money behind | FinancingParty, PayerParty | |
| title, words | ProcurementProject, Description | OBJECT_CONTRACT, REFERENCE_NUMBER, TITLE, SHORT_DESCR |
| codes | MainCommodityClassification, AdditionalCommodityClassification, ItemClassificationCode | CPV_MAIN, CPV_ADDITIONAL, CPV_CODE |
| lots | ProcurementProjectLot | OBJECT_DESCR, LOT_NO |
| place | RealizedLocation, Address | NUTS |
| period | PlannedPeriod, StartDate, EndDate | DATE_START, DATE_END |
| bids and questions until | TenderSubmissionDeadlinePeriod, ParticipationRequestReceptionPeriod; AdditionalInformationRequestPeriod | DATE_RECEIPT_TENDERS |
| how many bid, of one lot | ReceivedSubmissionsStatistics, StatisticsCode, StatisticsNumeric | |
| procedure | TenderingProcess, ProcedureCode | PROCEDURE and its elements PT_ |
| why | ProcessJustification, ProcessReasonCode, ProcessReason | D_JUSTIFICATION and other elements D_ |
| awards | NoticeResult, LotResult, TenderResultCode, SettledContract, AwardDate | AWARD_CONTRACT, AWARDED_CONTRACT; RESULTS, AWARDED_PRIZE |
| suppliers | LotTender, TenderLot, RankCode, TenderingParty, Tenderer, GroupLeadIndicator | CONTRACTORS, CONTRACTOR, WINNERS, WINNER |
| subcontractors | SubContractor, Subcontractor | |
| value | LegalMonetaryTotal, PayableAmount, currencyID; RequestedTenderTotal, EstimatedOverallContractAmount | VALUES, VAL_TOTAL, VAL_ESTIMATED_TOTAL, VAL_RANGE_TOTAL, HIGH, CURRENCY |
| signed | SettledContract, IssueDate | DATE_CONCLUSION_CONTRACT |
| changes | ContractModification, ModifiedContractIdentifier, Change, ChangeDescription, ChangeReason, ReasonCode, ReasonDescription; Changes, ChangedNoticeIdentifier | MODIFICATIONS_CONTRACT, INFO_MODIFICATIONS, ADDITIONAL_NEED, UNFORESEEN_CIRCUMSTANCE, VAL_TOTAL_BEFORE, VAL_TOTAL_AFTER, DESCRIPTION_PROCUREMENT |
| withheld | FieldsPrivacy | |
| persons | NaturalPersonIndicator, UltimateBeneficialOwner: left out, counted | |

A notice in several languages is read in its original one (FORM_SECTION, CATEGORY). Forms of older schemas than R2.0.9
are refused by name.

`

// parts are the groups of members on the page, by the codes that begin and end them.
var parts = []struct {
	title string
	codes []int
}{
	{"release", span(1, 12)}, {"organisation", append(span(15, 30), span(154, 161)...)},
	{"tender, award, contract", append(span(35, 52), 144, 220, 232, 233, 248, 249, 250, 251)}, {"item, value, period",
		append(span(60, 70), 162, 163, 211, 221)},
	{"owner of an organisation", span(222, 231)}, {"change", span(75, 81)}, {"payment", span(85, 88)},
	{"versioned release", span(90, 91)},
	{"lots, bids, budget", append([]int{130, 131, 132, 134, 135, 136, 139, 140, 141, 243, 244}, append(span(207, 210),
		214, 216,
		217, 218, 219, 252)...)},
	{"before 1.0", span(100, 119)},
}

func span(from, to int) (out []int) {
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out
}

// Document is the page of the formats of contracts that are read, in Markdown.
func Document() string {
	var b strings.Builder
	b.WriteString(documentHead)
	b.WriteString("## OCDS in JSON\nThese members are read, at whatever depth the standard has them. `Buyer`, " +
		"`date_signed` and other spellings of the\n" +
		"letters count too, and a text may be an object of languages. Documents, contact points and milestones are " +
		"parsed and\nleft out. A text may be wrapped in a script (`callback(…)`, `var x = …`).\n\nOwners in " +
		"`parties` become ownership: organisations only. Natural persons " +
		"are left out and counted. Of a shareholder\nof whom neither number, kind nor legal form says that it is an " +
		"organisation, no name is kept: it is known that\nsomebody owns the share.\n\n")
	b.WriteString("| part | members |\n|---|---|\n")
	for _, p := range parts {
		var names []string
		for _, c := range p.codes {
			if c < len(keyNames) && keyNames[c] != "" {
				names = append(names, "`"+keyNames[c]+"`")
			}
		}
		row(&b, p.title, names)
	}
	b.WriteString("\nMembers that name organisations, wherever they stand:\n\n| role | members |\n|---|---|\n")
	roles(&b, members)
	b.WriteString("\nWords of `roles` in `parties`, letters only:\n\n| role | words |\n|---|---|\n")
	roles(&b, roleWords)
	b.WriteString("\n")
	b.WriteString(documentFlat)
	b.WriteString(documentTED)
	b.WriteString("## Tables of publishers\nA table is one of these when it has the columns in **bold**; names are " +
		"compared by letters and digits. A field takes the\n" +
		"first of its columns that holds anything.\n")
	for _, t := range tabulars {
		fmt.Fprintf(&b, "\n### %s\n\n| field | columns |\n|---|---|\n", t.name)
		needed := map[string]bool{}
		for _, any := range t.needs {
			for _, c := range any {
				needed[columnKey(c)] = true
			}
		}
		for _, field := range slices.Sorted(maps.Keys(t.fields)) {
			var names []string
			for _, f := range t.fields[field] {
				if f.is != "" {
					names = append(names, "always "+f.is)
				}
				for _, c := range f.columns {
					mark := ""
					if needed[columnKey(c)] {
						mark = "**"
					}
					names = append(names, mark+"`"+strings.ReplaceAll(c, "|", `\|`)+"`"+mark)
				}
			}
			row(&b, field, names)
		}
	}
	return b.String()
}

// widest is how long a line of a table may be, in bytes; longer ones go on in a row of their own.
const widest = 150

func row(b *strings.Builder, title string, names []string) {
	line, n := "", 0
	flush := func() {
		fmt.Fprintf(b, "| %s | %s |\n", title, line)
		title, line, n = "", "", 0
	}
	for _, s := range names {
		if n > 0 && len(title)+len(line)+len(s) > widest-10 {
			flush()
		}
		if n > 0 {
			line += ", "
		}
		line += s
		n++
	}
	flush()
}

func roles(b *strings.Builder, of map[string]record.Role) {
	by := map[record.Role][]string{}
	for _, word := range slices.Sorted(maps.Keys(of)) {
		by[of[word]] = append(by[of[word]], "`"+word+"`")
	}
	for _, role := range slices.Sorted(maps.Keys(by)) {
		row(b, string(role), by[role])
	}
}
