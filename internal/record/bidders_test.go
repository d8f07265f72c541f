package record

import (
	"strings"
	"testing"
)

// TestReadBidders: names of one firm stay whole, lists and groups are told apart, and what may be either way is said.
func TestReadBidders(t *testing.T) {
	const a, b, c = "Orrin Optics", "Velm Works AG", "Karst Quarry GmbH"
	for _, tt := range []struct {
		text string
		want []string
		as   string // group, unsure
	}{
		// one firm
		{a, []string{a}, ""},
		{"Smith, Jones & Co", []string{"Smith, Jones & Co"}, ""},
		{"Skarn, Arps, Slate, Meaghan & Flom LLP", []string{"Skarn, Arps, Slate, Meaghan & Flom LLP"}, ""},
		{"Norden Lys A/S", []string{"Norden Lys A/S"}, ""},
		{"AC/DC Power AG", []string{"AC/DC Power AG"}, ""},
		{"Input/Output Systems Ltd", []string{"Input/Output Systems Ltd"}, ""},
		{"Müller und Söhne GmbH", []string{"Müller und Söhne GmbH"}, ""},
		{"Haus GmbH & Co. KG", []string{"Haus GmbH & Co. KG"}, ""},
		{"Haus Verwaltungs GmbH und Co. Betriebs KG", []string{"Haus Verwaltungs GmbH und Co. Betriebs KG"}, ""},
		{"Robert Bosk Engineering, S.L.", []string{"Robert Bosk Engineering, S.L."}, ""},
		{"Obras del Norte, S.A. de C.V.", []string{"Obras del Norte, S.A. de C.V."}, ""},
		{"Varrow, Inc.", []string{"Varrow, Inc."}, ""},
		{"Straßen- und Tiefbau Vell GmbH", []string{"Straßen- und Tiefbau Vell GmbH"}, ""},
		{"Vell Water and Sewage", []string{"Vell Water and Sewage"}, ""},
		{"Orrin Optics GmbH, 12 Mill Street, 1010 Vell", []string{"Orrin Optics GmbH, 12 Mill Street, 1010 Vell"}, ""},
		{"Velm Works AG, Harn", []string{"Velm Works AG, Harn"}, ""},
		{"Orrin Optics (Lamps and Lenses, Glass) Ltd", []string{"Orrin Optics (Lamps and Lenses, Glass) Ltd"}, ""},
		{"ООО «Свет, Стекло и Ко»", []string{"ООО «Свет, Стекло и Ко»"}, ""},
		{"ATI Systems Ltd", []string{"ATI Systems Ltd"}, ""},
		{"RTI Surgical", []string{"RTI Surgical"}, ""},
		{"Consortium Legal Services Ltd", []string{"Consortium Legal Services Ltd"}, ""},
		{"J.V. Foods BV", []string{"J.V. Foods BV"}, ""},
		{"Fratelli Rossi e Figli S.p.A.", []string{"Fratelli Rossi e Figli S.p.A."}, ""},
		{"Łódź i Synowie sp. z o.o.", []string{"Łódź i Synowie sp. z o.o."}, ""},
		// lists
		{a + "; " + b, []string{a, b}, ""},
		{a + ";", []string{a}, ""},
		{a + "\n" + b + "\r\n" + c, []string{a, b, c}, ""},
		{"Orrin Optics\nGmbH", []string{"Orrin Optics GmbH"}, ""},
		{a + " | " + b, []string{a, b}, ""},
		{"1) " + a + " 2) " + b, []string{a, b}, ""},
		{"1. " + a + ", 2. " + b + ", 3. " + c, []string{a, b, c}, ""},
		{b + ", " + c, []string{b, c}, ""},
		{"Obras Vell, S.L., Luz del Norte, S.A.", []string{"Obras Vell, S.L.", "Luz del Norte, S.A."}, ""},
		{a + ", " + b + ", Karst Defence Industries", []string{a, b, "Karst Defence Industries"}, ""},
		{a + " / " + b, []string{a, b}, ""},
		{b + "/" + c, []string{b, c}, ""},
		{b + " und " + c, []string{b, c}, ""},
		{"Lumière SARL et Verre SAS", []string{"Lumière SARL", "Verre SAS"}, ""},
		{"Haus GmbH & Co. KG und " + b, []string{"Haus GmbH & Co. KG", b}, ""},
		{b + "; ARGE Vell (" + a + " / " + c + ")", []string{b, "ARGE Vell (" + a + " / " + c + ")"}, ""},
		{"甲光学有限公司、乙工程有限公司", []string{"甲光学有限公司", "乙工程有限公司"}, ""},
		// either way
		{"Harn Port, " + b, []string{"Harn Port, " + b}, "unsure"},
		{"Siemer, Alstrom, Bombard", []string{"Siemer, Alstrom, Bombard"}, "unsure"},
		// groups
		{"ARGE Vell (" + a + " / " + b + ")", []string{a, b}, "group"},
		{"Arge Straßenlicht: " + b + ", " + c, []string{b, c}, "group"},
		{"Bietergemeinschaft " + b + " und " + c, []string{b, c}, "group"},
		{"Bietergemeinschaft bestehend aus " + a + " und " + b, []string{a, b}, "group"},
		{"ARGE Wasser und Abwasser Vell", nil, "group"},
		{"ARGE Tunnel - Los 2", nil, "group"},
		{"ARGE Müller und Söhne GmbH / " + b, []string{"Müller und Söhne GmbH", b}, "group"},
		{"UTE Obras Vell - Luz Norte", []string{"Obras Vell", "Luz Norte"}, "group"},
		{"U.T.E. Obras Vell, S.L. - Luz del Norte, S.A.", []string{"Obras Vell, S.L.", "Luz del Norte, S.A."}, "group"},
		{"Unión Temporal de Empresas formada por Obras Vell, S.L. y Luz Norte, S.A.",
			[]string{"Obras Vell, S.L.", "Luz Norte, S.A."}, "group"},
		{"Consortium " + a + " & " + b, []string{a, b}, "group"},
		{"Consortium Siemer & Alstrom", []string{"Siemer", "Alstrom"}, "group"},
		{"JV of " + a + ", " + b + " and " + c, []string{a, b, c}, "group"},
		{"Joint venture between " + a + " and " + b, []string{a, b}, "group"},
		{a + " / " + b + " JV", []string{a, b}, "group"},
		{a + " & " + b + " (joint venture)", []string{a, b}, "group"},
		{a + " - " + b + " Joint Venture", []string{a, b}, "group"},
		{"Groupement momentané d'entreprises Lumière SARL / Verre SAS", []string{"Lumière SARL", "Verre SAS"}, "group"},
		{"Groupement Lumière SARL (mandataire) / Verre SAS (cotraitant)", []string{"Lumière SARL", "Verre SAS"},
			"group"},
		{"RTI: Luce S.p.A. (mandataria), Vetro S.r.l. (mandante)", []string{"Luce S.p.A.", "Vetro S.r.l."}, "group"},
		{"A.T.I. Luce S.p.A. - Vetro S.r.l.", []string{"Luce S.p.A.", "Vetro S.r.l."}, "group"},
		{"Raggruppamento temporaneo di imprese tra Luce S.p.A. e Vetro S.r.l.", []string{"Luce S.p.A.",
			"Vetro S.r.l."}, "group"},
		{"Konsorcjum firm: Światło sp. z o.o. (lider), Szkło S.A. (partner)", []string{"Światło sp. z o.o.",
			"Szkło S.A."}, "group"},
		{"Consórcio Luz Vell, Lda. / Obras Norte, S.A.", []string{"Luz Vell, Lda.", "Obras Norte, S.A."}, "group"},
		{"Консорциум ООО «Свет» и ООО «Стекло»", []string{"ООО «Свет»", "ООО «Стекло»"}, "group"},
		{"Консорціум: ТОВ «Світло», ТОВ «Скло»", []string{"ТОВ «Світло»", "ТОВ «Скло»"}, "group"},
		{"Combinatie Licht BV - Glas BV", []string{"Licht BV", "Glas BV"}, "group"},
		{"Işık A.Ş. - Cam Ltd. Şti. İş Ortaklığı", []string{"Işık A.Ş.", "Cam Ltd. Şti."}, "group"},
		{"Sdružení Světlo s.r.o. + Sklo a.s.", []string{"Světlo s.r.o.", "Sklo a.s."}, "group"},
		{"Asocierea Lumina SRL - Sticla SA", []string{"Lumina SRL", "Sticla SA"}, "group"},
		{"Κοινοπραξία Φως ΑΕ - Γυαλί ΕΠΕ", []string{"Φως ΑΕ", "Γυαλί ΕΠΕ"}, "group"},
		{"甲光学有限公司和乙工程有限公司联合体", []string{"甲光学有限公司", "乙工程有限公司"}, "group"},
		{"联合体：甲光学有限公司（牵头人）、乙工程有限公司（成员）", []string{"甲光学有限公司", "乙工程有限公司"}, "group"},
		{"甲建設・乙電気共同企業体", []string{"甲建設", "乙電気"}, "group"},
		{"ائتلاف: شركة النور، شركة الزجاج", []string{"شركة النور", "شركة الزجاج"}, "group"},
		{"Konsortium " + b + " og Lys A/S", []string{b, "Lys A/S"}, "group"},
		{"Consortium " + b + " (60 %) / " + c + " (40 %)", []string{b, c}, "group"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got := ReadBidders(tt.text)
			as := ""
			switch {
			case got.Group != "":
				as = "group"
			case got.Unsure:
				as = "unsure"
			}
			if strings.Join(got.Names, "|") != strings.Join(tt.want, "|") || as != tt.as {
				t.Errorf("%q as %q, want %q as %q", got.Names, as, tt.want, tt.as)
			}
		})
	}
}
