package name
import ("testing";"fmt")
func TestDbg(t *testing.T) {
 for _, s := range []string{"国家安全部","Ministry of State Security","جهاز المخابرات العامة","Mukhabarat al-Amma","Завод Маяк","Mayak Plant","4. Jandarma Komando Tugayı","4th Gendarmerie Commando Brigade","Министерство обороны РФ","Минобороны России","中国人民解放军61398部队","61398部队","شركة تولمن ذ.م.م","Tolmen LLC","N.T.Sh. Tolmeni","Ul-En","UL.P.C.","First Pharma Inc","Yi Yao"} {
  n := Parse(s, Org)
  fmt.Printf("%s body=%v legal=%d:", s, n.Body, n.Legal)
  for _, k := range n.Tokens { fmt.Printf(" [%s c%d w%.2f syms%v loose%v bent%v ex%v]", k.Text, k.Class, k.Weight, k.Syms, k.Loose, k.Bent, k.Exact) }
  fmt.Println()
 }
}
