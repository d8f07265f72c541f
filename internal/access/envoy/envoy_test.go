package envoy

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"

	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"plimsoll/internal/access"
)

const rules = `
snapshot: gateway
actions: [use, GET, POST]
open:
  - {type: route, resource: true}
subjects:
  - {type: tenant, id: t-1}
  - {type: tenant, id: t-2}
  - {type: principal, id: "spiffe://house.example/desk"}
resources:
  - {type: service, id: speech, in: [capability/speech]}
restrictions:
  - {id: D-1#1, subject: {type: tenant, id: t-1}, resource: {type: capability, id: speech}, decision: D-1, reason: {user: Speech is suspended.}}
  - {id: D-2#1, subject: {type: tenant, id: t-2}, resource: {type: route, id: /v1/upload}, actions: [POST], when: 'context.host == "api.house.example"', decision: D-2}
`

func dial(t *testing.T, cfg access.DoorConfig) auth.AuthorizationClient {
	t.Helper()
	c, err := access.ParseYAML([]byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	x, err := access.NewIndex(c)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Source = x
	door, err := access.NewDoor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, nil, Config{Door: door, SubjectHeader: "X-Tenant"}) }()
	conn, err := grpc.NewClient(ln.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return auth.NewAuthorizationClient(conn)
}

func check(method, path, tenant, principal string, ext map[string]string) *auth.CheckRequest {
	headers := map[string]string{"x-request-id": "req-1"}
	if tenant != "" {
		headers["x-tenant"] = tenant
	}
	return &auth.CheckRequest{Attributes: &auth.AttributeContext{
		Source: &auth.AttributeContext_Peer{Principal: principal},
		Request: &auth.AttributeContext_Request{Http: &auth.AttributeContext_HttpRequest{Method: method,
			Path: path, Host: "api.house.example", Headers: headers}},
		ContextExtensions: ext,
	}}
}

func TestCheck(t *testing.T) {
	client := dial(t, access.DoorConfig{})
	speech := map[string]string{"resource": "service/speech", "action": "use"}
	for _, tt := range []struct {
		name string
		req  *auth.CheckRequest
		want codes.Code
		body string
	}{
		{"restricted service", check("POST", "/v1/speech", "tenant/t-1", "", speech), codes.PermissionDenied,
			"Speech is suspended."},
		{"free tenant", check("POST", "/v1/speech", "tenant/t-2", "", speech), codes.OK, ""},
		{"restricted route", check("POST", "/v1/upload?x=1", "tenant/t-2", "", nil), codes.PermissionDenied, "D-2#1"},
		{"another method", check("GET", "/v1/upload", "tenant/t-2", "", nil), codes.OK, ""},
		{"the route names the subject", check("POST", "/v1/speech", "tenant/t-2", "", map[string]string{
			"subject": "tenant/t-1", "resource": "service/speech", "action": "use"}), codes.PermissionDenied, "D-1"},
		{"certificate", check("GET", "/v1/list", "", "spiffe://house.example/desk", nil), codes.OK, ""},
		{"unknown tenant", check("GET", "/v1/list", "tenant/t-3", "", nil), codes.PermissionDenied, "unknown_subject"},
		{"nobody", check("GET", "/v1/list", "", "", nil), codes.PermissionDenied, "names no subject"},
		{"malformed subject", check("GET", "/v1/list", "t-1", "", nil), codes.PermissionDenied, "type/id"},
		{"empty request", &auth.CheckRequest{}, codes.PermissionDenied, "names no subject"},
	} {
		res, err := client.Check(t.Context(), tt.req)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := codes.Code(res.GetStatus().GetCode()); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if tt.want == codes.OK {
			if len(res.GetOkResponse().GetHeaders()) != 2 {
				t.Errorf("%s: headers %v", tt.name, res.GetOkResponse().GetHeaders())
			}
			continue
		}
		var body struct {
			Decision *bool `json:"decision"`
		}
		d := res.GetDeniedResponse()
		if err := json.Unmarshal([]byte(d.GetBody()), &body); err != nil || body.Decision == nil || *body.Decision ||
			!strings.Contains(d.GetBody(), tt.body) || d.GetStatus().GetCode() != 403 {
			t.Errorf("%s: %d %s, want 403 with %q", tt.name, d.GetStatus().GetCode(), d.GetBody(), tt.body)
		}
	}
}

func TestCheckNeedsToken(t *testing.T) {
	client := dial(t, access.DoorConfig{Tokens: map[string]string{"gateway": "a-secret-of-the-gateway"}})
	req := check("GET", "/v1/list", "tenant/t-1", "", nil)
	if _, err := client.Check(t.Context(), req); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer a-secret-of-the-gateway")
	if res, err := client.Check(ctx, req); err != nil || codes.Code(res.GetStatus().GetCode()) != codes.OK {
		t.Errorf("with the token: %v %v", res, err)
	}
}
