package list

import "strings"

// Gender returns "male" or "female" for the usual spellings of both, "" for all else.
func Gender(s string) string {
	switch strings.ToLower(strings.Trim(s, " .")) {
	case "male", "m", "man", "homme", "masculin", "hombre", "masculino", "mann", "männlich", "maschio", "erkek", "муж",
		"мужской", "чоловіча", "ذكر", "זכר", "男", "남":
		return "male"
	case "female", "f", "woman", "femme", "féminin", "mujer", "femenino", "feminino", "frau", "weiblich", "femmina",
		"kadın", "жен", "женский", "жіноча", "أنثى", "נקבה", "女", "여":
		return "female"
	}
	return ""
}
