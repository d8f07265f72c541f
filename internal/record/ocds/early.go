package ocds

// The shape before 1.0, as Canada's Buyandsell published it in 2014: releaseTag and
// releaseID instead of tag and id, contractValue, awardDate, organisations with
// id {name, uid} and vCard addresses, and formation where tender is now.

// fromEarly gives a release the shape of 1.0 as far as it goes.
func (a *arena) fromEarly(v *value) value {
	out := a.object(8)
	copyTo(&out, "ocid", v.get("ocid"))
	copyTo(&out, "id", v.get("releaseID"))
	copyTo(&out, "date", first(v.get("releaseDate"), v.get("date")))
	if x := a.organisation(v.get("buyer")); x.k == kObject {
		out.set("buyer", x)
	}
	formation := v.get("formation")
	tender := a.object(6)
	for i := range v.get("tender").list() {
		tender = v.get("tender").list()[i].v
	}
	copyTo(&tender, "procurementMethodDetails", first(formation.get("method"), tender.get("method")))
	copyTo(&tender, "procurementMethod", earlyMethod(first(formation.get("method"), tender.get("method")).text()))
	copyTo(&tender, "procurementMethodRationale", first(formation.get("methodJustification"),
		tender.get("methodRationale")))
	if x := a.earlyItems(first(formation.get("itemsToBeProcured"), formation.get("items"))); x.k == kArray {
		tender.set("items", x)
	}
	if x := a.organisation(formation.get("procuringEntity")); x.k == kObject {
		tender.set("procuringEntity", x)
	}
	if len(tender.m) > 0 {
		out.set("tender", tender)
	}
	contracts := v.get("contracts").list()
	var signed *value // an award's date is the contract's, unless the contract was amended by then
	given := v.get("awards").list()
	awards := a.list(len(given))
	for i := range given {
		x := &given[i].v
		if x.k != kObject {
			continue
		}
		awards.m = append(awards.m, member{v: a.earlyAward(x)})
		if signed == nil {
			signed = first(x.get("awardDate"), x.get("date"))
		}
	}
	list := a.list(len(contracts))
	for i := range contracts {
		if c := &contracts[i].v; c.k == kObject {
			list.m = append(list.m, member{v: a.earlyContract(c, signed)})
		}
	}
	out.set("awards", awards)
	out.set("contracts", list)
	return out
}

func (a *arena) earlyAward(v *value) value {
	out := a.object(6)
	copyTo(&out, "id", first(v.get("awardID"), v.at("notice", "id"), v.get("id")))
	copyTo(&out, "date", first(v.get("awardDate"), v.get("date")))
	copyTo(&out, "value", first(v.get("awardValue"), v.get("value")))
	suppliers := a.list(len(v.get("suppliers").list()))
	for i := range v.get("suppliers").list() {
		if x := a.organisation(&v.get("suppliers").list()[i].v); x.k == kObject {
			suppliers.m = append(suppliers.m, member{v: x})
		}
	}
	out.set("suppliers", suppliers)
	if x := a.earlyItems(first(v.get("itemsAwarded"), v.get("items"))); x.k == kArray {
		out.set("items", x)
	}
	return out
}

func (a *arena) earlyContract(c *value, signed *value) value {
	out := a.object(6)
	id := first(c.get("contractID"), c.at("id", "uid"), c.at("id", "name"), c.get("id"))
	copyTo(&out, "id", id)
	copyTo(&out, "awardID", first(c.at("awardNotice", "id"), c.get("awardID")))
	copyTo(&out, "value", first(c.get("contractValue"), c.get("value")))
	copyTo(&out, "period", first(c.get("contractPeriod"), c.get("period")))
	copyTo(&out, "dateSigned", c.get("dateSigned"))
	switch n := c.get("isAmendment").text(); {
	case n == "" || n == "0":
		if out.get("dateSigned") == nil {
			copyTo(&out, "dateSigned", signed)
		}
	default:
		change := value{k: kObject}
		change.set("id", value{k: kString, s: n})
		copyTo(&change, "date", signed)
		out.set("amendments", value{k: kArray, m: []member{{v: change}}})
	}
	return out
}

func (a *arena) earlyItems(v *value) value {
	if v == nil || v.k != kArray {
		return value{}
	}
	out := a.list(len(v.m))
	for i := range v.m {
		x := &v.m[i].v
		item, class := a.object(4), a.object(3)
		copyTo(&item, "description", x.get("description"))
		copyTo(&item, "quantity", x.get("quantity"))
		copyTo(&class, "scheme", x.get("classificationScheme"))
		copyTo(&class, "id", x.get("classificationID"))
		copyTo(&class, "description", x.get("classificationDescription"))
		if len(class.m) > 0 {
			item.set("classification", class)
		}
		if u := x.get("unitOfMeasure"); u.present() {
			item.set("unit", value{k: kObject, m: []member{{"name", *u}}})
		}
		out.m = append(out.m, member{v: item})
	}
	return out
}

// organisation gives { id {name, uid, scheme}, address } the shape of 1.0.
func (a *arena) organisation(v *value) value {
	if v == nil || v.k != kObject {
		return value{}
	}
	id := v.get("id")
	out := a.object(3)
	copyTo(&out, "name", first(v.get("name"), id.get("name")))
	uid := id.get("uid")
	if uid.text() != "" && uid.text() != id.get("name").text() {
		ident := a.object(2)
		copyTo(&ident, "scheme", id.get("scheme"))
		copyTo(&ident, "id", uid)
		out.set("identifier", ident)
	}
	if x := v.get("address"); x != nil && x.k == kObject {
		addr := a.object(5)
		copyTo(&addr, "streetAddress", first(x.get("street-address"), x.get("streetAddress")))
		copyTo(&addr, "locality", x.get("locality"))
		copyTo(&addr, "region", x.get("region"))
		copyTo(&addr, "postalCode", first(x.get("postal-code"), x.get("postalCode")))
		copyTo(&addr, "countryName", first(x.get("country-name"), x.get("countryName")))
		out.set("address", addr)
	}
	return out
}

func earlyMethod(s string) *value {
	m := method(s)
	if m == "" {
		return nil
	}
	return &value{k: kString, s: m}
}

func first(vs ...*value) *value {
	for _, v := range vs {
		if v.present() && (v.k == kObject || v.k == kArray || v.text() != "") {
			return v
		}
	}
	return nil
}

func copyTo(dst *value, key string, v *value) {
	if v.present() {
		dst.set(key, *v)
	}
}
