package web

import "slices"

// An Endpoint is one address of the pages or the API, for tests.
type Endpoint struct{ Method, Path, ID, May string }

// Endpoints lists every address that the server answers.
func (s *Server) Endpoints() []Endpoint {
	var out []Endpoint
	for _, r := range s.routes() {
		out = append(out, Endpoint{r.method, r.path, r.method + " " + r.path, string(r.may)})
	}
	paths := s.huma.OpenAPI().Paths
	var names []string
	for p := range paths {
		names = append(names, p)
	}
	slices.Sort(names)
	for _, p := range names {
		x := paths[p]
		for m, op := range map[string]interface{ may() string }{"GET": opOf{x.Get}, "POST": opOf{x.Post},
			"PUT": opOf{x.Put}, "DELETE": opOf{x.Delete}, "PATCH": opOf{x.Patch}} {
			if o := op.(opOf); o.Operation != nil {
				out = append(out, Endpoint{m, p, o.OperationID, op.may()})
			}
		}
	}
	return out
}
