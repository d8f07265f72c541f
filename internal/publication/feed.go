package publication

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"path/filepath"
	"strings"
	"time"
)

type rssItem struct {
	Title string `xml:"title"`
	Link  string `xml:"link"`
	GUID  struct {
		Permanent bool   `xml:"isPermaLink,attr"`
		ID        string `xml:",chardata"`
	} `xml:"guid"`
	Date string `xml:"pubDate"`
	Text string `xml:"description"`
}

type jsonItem struct {
	ID      string   `json:"id"`
	URL     string   `json:"url"`
	Title   string   `json:"title"`
	Text    string   `json:"content_text"`
	Date    string   `json:"date_published"`
	Lang    string   `json:"language,omitempty"`
	Tags    []string `json:"tags"`
	Summary string   `json:"summary,omitempty"`
}

// feeds writes what came last as RSS 2.0 and JSON Feed 1.1. A correction and a withdrawal are entries of their own.
func (s *site) feeds() error {
	v := s.view("index", s.Languages[0], "")
	base := strings.TrimSuffix(s.URL, "/")
	if base != "" {
		base += "/"
	}
	var items []rssItem
	list := []jsonItem{}
	for i := range s.all[:min(latest, len(s.all))] {
		p := &s.all[i]
		e := v.entryOf(p)
		at, id := p.Decided, string(p.ID)
		tags := []string{string(p.Kind)}
		text := plain(e.Summary)
		if e.Correction != "" {
			text = v.P(e.Label) + ": " + plain(e.Correction)
			tags = append(tags, map[bool]string{true: "withdrawal", false: "correction"}[p.State == Withdrawn])
		}
		if p.State == Withdrawn {
			at, id = p.Gone, id+"-withdrawn"
		}
		title := plain(e.Title)
		if e.Correction != "" {
			title = v.P(e.Label) + ": " + title
		}
		link := base + "pages/" + filepath.Base(s.name(string(p.ID), s.Languages[0]))
		item := rssItem{Title: title, Link: link, Date: at.UTC().Format(time.RFC1123Z), Text: text}
		item.GUID.ID = id
		items = append(items, item)
		list = append(list, jsonItem{ID: id, URL: link, Title: title, Text: text, Date: at.UTC().Format(time.RFC3339),
			Lang: e.Lang, Tags: tags})
	}
	rss := struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel struct {
			Title string    `xml:"title"`
			Link  string    `xml:"link"`
			Text  string    `xml:"description"`
			Lang  string    `xml:"language"`
			Built string    `xml:"lastBuildDate"`
			Items []rssItem `xml:"item"`
		} `xml:"channel"`
	}{Version: "2.0"}
	c := &rss.Channel
	c.Title, c.Link, c.Text, c.Lang = v.P("site.title", s.Company), base+"index.html", v.P("site.lede"), s.Languages[0]
	c.Built, c.Items = s.Now.UTC().Format(time.RFC1123Z), items
	x, err := xml.MarshalIndent(rss, "", " ")
	if err != nil {
		return err
	}
	if err := s.put("feed.xml", append([]byte(xml.Header), append(x, '\n')...)); err != nil {
		return err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err = enc.Encode(struct {
		Version string     `json:"version"`
		Title   string     `json:"title"`
		Home    string     `json:"home_page_url,omitempty"`
		Feed    string     `json:"feed_url,omitempty"`
		Lang    string     `json:"language"`
		Items   []jsonItem `json:"items"`
	}{"https://jsonfeed.org/version/1.1", c.Title, base, map[bool]string{true: base + "feed.json"}[base != ""],
		s.Languages[0], list})
	if err != nil {
		return err
	}
	return s.put("feed.json", b.Bytes())
}

// plain writes a text without marks.
func plain(s string) string { return Marked.ReplaceAllString(s, "█") }
