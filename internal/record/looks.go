package record

import (
	"bytes"
	"unicode/utf8"
)

// beginnings are how files begin that are no table, with what they are (the formats' own first bytes).
var beginnings = []struct{ bytes, what string }{
	{"%PDF-", "a PDF document: save the tables in it as CSV or XLSX"}, {"\x89PNG", "a picture"},
	{"\xff\xd8\xff", "a picture"}, {"GIF8", "a picture"},
	{"{\\rtf", "a text document (RTF)"}, {"From ", "mail"}, {"SQLite format 3\x00",
		"a database (SQLite): export its tables as CSV"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it and give the folder"},
	{"Rar!", "a RAR archive: unpack it and give the folder"},
	{"\xfd7zXZ\x00", "packed with xz: unpack it"}, {"BZh", "packed with bzip2: unpack it"},
	{"\x28\xb5\x2f\xfd", "packed with zstd: unpack it"},
	{"<!doctype html", "an HTML page: save the table in it as CSV, or get the file behind the page"},
	{"<html", "an HTML page: save the table in it as CSV, or get the file behind the page"},
	{"<", "XML of a form that is not known"}, {"{", "JSON of a form that is not known"},
	{"[", "JSON of a form that is not known"},
}

// Looks says what a text that begins with head is when it can be no table, "" when it may be one.
func Looks(head []byte) string {
	text := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 64)], " \t\r\n"))
	for _, b := range beginnings {
		if bytes.HasPrefix(head, []byte(b.bytes)) || bytes.HasPrefix(text, []byte(b.bytes)) {
			return b.what
		}
	}
	part := head[:min(len(head), 4096)]
	if bytes.IndexByte(part, 0) >= 0 && !utf8.Valid(part) {
		return "no text"
	}
	return ""
}
