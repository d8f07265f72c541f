package capability

import "testing"

// TestNoSecurityBody: clubs, publishers, credit unions and civil bodies whose names hold a word of a security body.
func TestNoSecurityBody(t *testing.T) {
	for _, name := range []string{
		"Secretaría de Seguridad Social", "Ministerio de Seguridad Social", "Agencia de Seguridad Alimentaria",
		"Dirección de Seguridad Vial",
		"Secretaria de Segurança Alimentar", "Instituto da Segurança Social", "Служба безопасности дорожного движения",
		"Kantonspolizei Musikverein", "Polizeiverlag", "Army Cadet Sailing Club", "Air Force Credit Union",
		"Prisoners' Families Helpline",
		"National Intelligence Test Publishing", "Délégation à la sécurité routière", "هيئة سلامة الغذاء",
		"Sosyal Güvenlik Kurumu", "社会保障部",
	} {
		t.Run(name, func(t *testing.T) {
			if b := EndUser(name, ""); Security(b.Class) {
				t.Errorf("EndUser(%q) is %s: %s", name, b.Class, b.Evidence)
			}
		})
	}
}

// TestWatchingIsNoGoods: a word of watching, hearing or locating leaves open what a thing is, whatever goods stand
// beside it; what is watched in longer phrases is no person.
func TestWatchingIsNoGoods(t *testing.T) {
	for _, tt := range []struct {
		clear bool
		items []string
	}{
		{false, []string{"remote monitoring trojan", "inmate call monitoring", "radio monitoring station",
			"odposlouchávání telefonů",
			"alat sadap telepon seluler", "telefonų pasiklausymas", "telefon takip sistemi", "Telefonortung",
			"mobiltelefon-spårning",
			"localisation de téléphones portables", "rastreo de teléfonos móviles", "kommunikációs monitoring",
			"cable tapping",
			"équipement pour la surveillance de téléphones"}},
		{true, []string{"air quality monitoring", "patient monitoring system", "computer monitors", "fleet tracking",
			"water taps",
			"dental implants", "vigilancia y seguridad privada", "suivi de chantier",
			"chairs for the monitoring room"}},
	} {
		for _, item := range tt.items {
			t.Run(item, func(t *testing.T) {
				a := Item(item, "", "")
				if clear := a.Understood && len(a.Capabilities) == 0; clear != tt.clear {
					t.Errorf("Item(%q): understood as nothing of interest is %v, want %v: %+v", item, clear, tt.clear,
						a)
				}
			})
		}
	}
}
