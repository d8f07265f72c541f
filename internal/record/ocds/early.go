package ocds

// The shape before 1.0, as Canada's Buyandsell published it in 2014: releaseTag and
// releaseID instead of tag and id, contractValue, awardDate, organisations with
// id {name, uid} and vCard addresses, and formation where tender is now.

// fromEarly gives a release the shape of 1.0 as far as it goes.
func fromEarly(v *value) value {
	out := value{k: kObject}
	copyTo(&out, "ocid", v.get("ocid"))
	copyTo(&out, "id", v.get("releaseID"))
	copyTo(&out, "date", first(v.get("releaseDate"), v.get("date")))
	if x := organisation(v.get("buyer")); x.k == kObject {
		out.set("buyer", x)
	}
	formation := v.get("formation")
	tender := value{k: kObject}
	for i := range v.get("tender").list() {
		tender = v.get("tender").list()[i].v
	}
	copyTo(&tender, "procurementMethodDetails", first(formation.get("method"), tender.get("method")))
	copyTo(&tender, "procurementMethod", earlyMethod(first(formation.get("method"), tender.get("method")).text()))
	copyTo(&tender, "procurementMethodRationale", first(formation.get("methodJustification"), tender.get("methodRationale")))
	if x := earlyItems(first(formation.get("itemsToBeProcured"), formation.get("items"))); x.k == kArray {
		tender.set("items", x)
	}
	if x := organisation(formation.get("procuringEntity")); x.k == kObject {
		tender.set("procuringEntity", x)
	}
	if len(tender.m) > 0 {
		out.set("tender", tender)
	}
	contracts := v.get("contracts").list()
	var signed *value // an award's date is the contract's, unless the contract was amended by then
	awards := value{k: kArray}
	for i := range v.get("awards").list() {
		a := &v.get("awards").list()[i].v
		if a.k != kObject {
			continue
		}
		awards.m = append(awards.m, member{v: earlyAward(a)})
		if signed == nil {
			signed = first(a.get("awardDate"), a.get("date"))
		}
	}
	list := value{k: kArray}
	for i := range contracts {
		if c := &contracts[i].v; c.k == kObject {
			list.m = append(list.m, member{v: earlyContract(c, signed)})
		}
	}
	out.set("awards", awards)
	out.set("contracts", list)
	return out
}

func earlyAward(a *value) value {
	out := value{k: kObject}
	copyTo(&out, "id", first(a.get("awardID"), a.at("notice", "id"), a.get("id")))
	copyTo(&out, "date", first(a.get("awardDate"), a.get("date")))
	copyTo(&out, "value", first(a.get("awardValue"), a.get("value")))
	suppliers := value{k: kArray}
	for i := range a.get("suppliers").list() {
		if x := organisation(&a.get("suppliers").list()[i].v); x.k == kObject {
			suppliers.m = append(suppliers.m, member{v: x})
		}
	}
	out.set("suppliers", suppliers)
	if x := earlyItems(first(a.get("itemsAwarded"), a.get("items"))); x.k == kArray {
		out.set("items", x)
	}
	return out
}

func earlyContract(c *value, signed *value) value {
	out := value{k: kObject}
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

func earlyItems(v *value) value {
	if v == nil || v.k != kArray {
		return value{}
	}
	out := value{k: kArray}
	for i := range v.m {
		x := &v.m[i].v
		item, class := value{k: kObject}, value{k: kObject}
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
func organisation(v *value) value {
	if v == nil || v.k != kObject {
		return value{}
	}
	id := v.get("id")
	out := value{k: kObject}
	copyTo(&out, "name", first(v.get("name"), id.get("name")))
	uid := id.get("uid")
	if uid.text() != "" && uid.text() != id.get("name").text() {
		ident := value{k: kObject}
		copyTo(&ident, "scheme", id.get("scheme"))
		copyTo(&ident, "id", uid)
		out.set("identifier", ident)
	}
	if a := v.get("address"); a != nil && a.k == kObject {
		addr := value{k: kObject}
		copyTo(&addr, "streetAddress", first(a.get("street-address"), a.get("streetAddress")))
		copyTo(&addr, "locality", a.get("locality"))
		copyTo(&addr, "region", a.get("region"))
		copyTo(&addr, "postalCode", first(a.get("postal-code"), a.get("postalCode")))
		copyTo(&addr, "countryName", first(a.get("country-name"), a.get("countryName")))
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
