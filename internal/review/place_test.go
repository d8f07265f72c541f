package review

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/finding"
)

// TestListedPlaces: machinery that goes to a place, or is for a use, on a register that the user gives. The same name
// in another state is no such place, a clinic is exempt by name, and where nothing says where the goods go the answer
// is open.
func TestListedPlaces(t *testing.T) {
	const (
		raised, open, not, exempt = finding.Raised, finding.NotComputable, "", "exempt"
		register                  = "place,aliases,kind,part_of,list,publisher,url,since,until\n" +
			"Harrow Ridge,Гарроу Ридж;Harrow Heights,settlement,Velden,Building sites of the bay,Harbour " +
			"Watch,https://example.org/p,2030-01-01,\n" +
			"Old Quarry,,place,Velden,Building sites of the bay,Harbour Watch,,2030-01-01,2030-06-30\n"
		uses = register + "bypass road 60,,end_use,,Building sites of the bay,Harbour Watch,,,\n"
	)
	for _, tt := range []struct {
		name, register, item, code, buyer, class, destination, delivery, use, want string
	}{
		{"excavators for the place", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial",
			"Velden", "Gate 2, Harrow Ridge", "", raised},
		{"in another script", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"Гарроу Ридж", "", raised},
		{"by another name", register, "Bulldozer blade", "8431.42", "Dunmore Builders Ltd", "commercial", "Velden",
			"harrow  HEIGHTS, plot 4", "", raised},
		{"by the stated end use", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial",
			"Velden", "Port of Velden", "homes at Harrow Ridge", raised},
		{"by the words of the item", register, "Excavator for the works at Harrow Ridge", "8429.52",
			"Dunmore Builders Ltd", "commercial", "Velden", "", "", raised},
		{"a town hall there", register, "Crawler excavator", "8429.52", "Municipality of Harrow Ridge", "civil",
			"Velden", "Harrow Ridge", "", raised},
		{"a clinic there", register, "Crawler excavator", "8429.52", "Bay Clinic", "health", "Velden", "Harrow Ridge",
			"", exempt},
		{"the same name in another state", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd",
			"commercial", "Norway", "Harrow Ridge", "", open},
		{"the same name in a state that no table holds", register, "Crawler excavator", "8429.52",
			"Dunmore Builders Ltd", "commercial", "Ostmark", "Harrow Ridge", "", open},
		{"another place in a state that no table holds", register, "Crawler excavator", "8429.52",
			"Dunmore Builders Ltd", "commercial", "Ostmark", "Low Ostmark", "roads", not},
		{"a name that no state stands beside", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd",
			"commercial", "", "Harrow Ridge", "", open},
		{"a municipality elsewhere in the state", register, "Crawler excavator", "8429.52",
			"Municipality of Low Velden", "civil", "Velden", "Low Velden", "roads", not},
		{"part of a name", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"Harrow", "roads", not},
		{"no longer on the list", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial",
			"Velden", "Old Quarry", "roads", not},
		{"nothing says where", register, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"", "", open},
		{"the state in a longer form, and nothing says where",
			strings.ReplaceAll(register, ",Velden,", ",Republic of Velden,"), "Crawler excavator", "8429.52",
			"Dunmore Builders Ltd", "commercial", "Velden", "", "", open},
		{"office chairs", register, "Office chairs", "9401.30", "Dunmore Builders Ltd", "commercial", "Velden",
			"Harrow Ridge", "", not},
		{"a use on the list", uses, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"Low Velden", "Bypass Road 60, section 2", raised},
		{"another use", uses, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"Low Velden", "a school", not},
		{"no use is stated", uses, "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"Low Velden", "", open},
		{"a row of the register that could not be read", register +
			",,place,Velden,Building sites of the bay,Harbour Watch,,,\n", "Crawler excavator", "8429.52",
			"Dunmore Builders Ltd", "commercial", "Velden", "Low Velden", "roads", open},
		{"no register", "", "Crawler excavator", "8429.52", "Dunmore Builders Ltd", "commercial", "Velden",
			"Harrow Ridge", "", open},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{
				"engagements.csv": "engagement_id,kind,seller,seller_id,buyer,buyer_id,buyer_country,end_user,end_user_class,item,item_scheme,item_code,quantity,unit,value,currency,signed,destination,delivery_place,end_use\n" +
					"K1,sale,Skyfold Ltd,ZZ-REG:1," + tt.buyer + ",ZZ-REG:2,Velden," + tt.buyer + "," + tt.class + "," +
					tt.item + ",HS," + tt.code +
					",2,pieces,1000,EUR,2031-02-01," + tt.destination + `,"` + tt.delivery + `","` + tt.use + "\"\n" +
					"K2,sale,Skyfold Ltd,ZZ-REG:1,Blue Paper Ltd,ZZ-REG:9,Velden,Blue Paper " +
					"Ltd,commercial,Paper,HS,4802.56,2,pieces,10,EUR,2031-02-01,Velden,Low Velden,office\n"}
			if tt.register != "" {
				files["places.csv"] = tt.register
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Run(t.Context(), Options{Paths: []string{dir}, AsOf: time.Date(2032, 6, 1, 0, 0, 0, 0,
				time.UTC), Out: filepath.Join(dir, "out")})
			if err != nil {
				t.Fatal(err)
			}
			got := not
			for _, f := range res.First {
				if f.Flag == "RF-48" {
					got = f.State
					t.Log(f.Sentence)
				}
			}
			for _, x := range res.Summary.Exempt {
				if x.Flag == "RF-48" {
					got = exempt
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
