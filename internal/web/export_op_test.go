package web

import "github.com/danielgtaylor/huma/v2"

type opOf struct{ *huma.Operation }

func (o opOf) may() string {
	if o.Operation == nil {
		return ""
	}
	p, _ := o.Metadata["may"].(permission)
	return string(p)
}
