// Package envoy lets Envoy ask at the door, by its external authorization protocol (gRPC,
// service auth v3).
//
// Invariants: a request that names nobody is denied; what the end user can set (a header that
// the gateway does not overwrite) is used only when the operator names that header; every
// denial carries the same answer that AuthZEN callers get.
package envoy

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"strings"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"plimsoll/internal/access"
)

// Config says how requests become questions. A route states the rest in its context
// extensions: "subject", "resource" and "action", the first two as type/id.
type Config struct {
	Door          *access.Door
	SubjectHeader string // header, set by the gateway itself, that holds the subject as type/id; "" uses none
}

type server struct {
	auth.UnimplementedAuthorizationServer
	Config
}

// maxMessage bounds one check; Envoy may send the request's headers and part of its body.
const maxMessage = 1 << 20

// NewServer makes a gRPC server. Without conf it speaks plain text.
func NewServer(conf *tls.Config, c Config) *grpc.Server {
	opts := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxMessage)}
	if conf != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(conf)))
	}
	s := grpc.NewServer(opts...)
	auth.RegisterAuthorizationServer(s, &server{Config: c})
	return s
}

// Serve answers on ln until ctx ends.
func Serve(ctx context.Context, ln net.Listener, conf *tls.Config, c Config) error {
	s := NewServer(conf, c)
	done := make(chan struct{})
	defer func() { <-done }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(done)
		<-ctx.Done()
		s.Stop()
	}()
	if err := s.Serve(ln); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve Envoy: %w", err)
	}
	return nil
}

// Check answers one request.
func (s *server) Check(ctx context.Context, req *auth.CheckRequest) (*auth.CheckResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	q, err := s.question(req)
	if err != nil {
		return denied(typev3.StatusCode_Forbidden, access.Reply{}, err.Error()), nil
	}
	http := req.GetAttributes().GetRequest().GetHttp()
	reply, err := s.Door.Ask(ctx, q, caller, http.GetHeaders()["x-request-id"])
	if err != nil {
		return denied(typev3.StatusCode_Forbidden, access.Reply{}, err.Error()), nil
	}
	if !reply.Permitted() {
		return denied(typev3.StatusCode_Forbidden, reply, ""), nil
	}
	return &auth.CheckResponse{
		Status: &rpcstatus.Status{Code: int32(codes.OK)},
		HttpResponse: &auth.CheckResponse_OkResponse{OkResponse: &auth.OkHttpResponse{
			Headers: []*core.HeaderValueOption{header("x-plimsoll-evaluation-id", reply.ID), header("x-plimsoll-effect",
				reply.Effect.String())},
		}},
	}, nil
}

func (s *server) caller(ctx context.Context) (string, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	token := ""
	if v := md.Get("authorization"); len(v) > 0 {
		token = v[0]
	}
	caller, ok := s.Door.Caller(token)
	if !ok {
		return "", status.Error(codes.Unauthenticated, "a bearer token is required")
	}
	if p, ok := peer.FromContext(ctx); ok && caller == "" {
		if t, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(t.State.PeerCertificates) > 0 {
			caller = t.State.PeerCertificates[0].Subject.CommonName
		}
	}
	return caller, nil
}

// question reads who wants what: first what the route states, then what the connection or
// the gateway says.
func (s *server) question(req *auth.CheckRequest) (access.Question, error) {
	var q access.Question
	a := req.GetAttributes()
	http := a.GetRequest().GetHttp()
	ext := a.GetContextExtensions()
	var err error
	path, _, _ := strings.Cut(http.GetPath(), "?")
	switch principal := a.GetSource().GetPrincipal(); {
	case ext["subject"] != "":
		q.Subject, err = access.ParseRef(ext["subject"])
	case s.SubjectHeader != "" && http.GetHeaders()[strings.ToLower(s.SubjectHeader)] != "":
		q.Subject, err = access.ParseRef(http.GetHeaders()[strings.ToLower(s.SubjectHeader)])
	case principal != "":
		q.Subject = access.Ref{Type: "principal", ID: principal}
	default:
		err = fmt.Errorf("the request names no subject")
	}
	if err != nil {
		return q, err
	}
	if q.Resource = (access.Ref{Type: "route", ID: path}); ext["resource"] != "" {
		if q.Resource, err = access.ParseRef(ext["resource"]); err != nil {
			return q, err
		}
	}
	if q.Action = ext["action"]; q.Action == "" {
		q.Action = http.GetMethod()
	}
	q.Context, err = json.Marshal(map[string]string{"method": http.GetMethod(), "host": http.GetHost(), "path": path,
		"source": a.GetSource().GetAddress().GetSocketAddress().GetAddress()})
	return q, err
}

func denied(code typev3.StatusCode, reply access.Reply, message string) *auth.CheckResponse {
	body := reply.Body
	headers := []*core.HeaderValueOption{header("content-type", "application/json")}
	if body == nil {
		body, _ = json.Marshal(map[string]any{"decision": false, "context": map[string]any{"error": map[string]any{
			"status": 400, "message": message}}})
	} else {
		headers = append(headers, header("x-plimsoll-evaluation-id", reply.ID), header("x-plimsoll-effect",
			reply.Effect.String()))
	}
	return &auth.CheckResponse{
		Status: &rpcstatus.Status{Code: int32(codes.PermissionDenied)},
		HttpResponse: &auth.CheckResponse_DeniedResponse{DeniedResponse: &auth.DeniedHttpResponse{
			Status: &typev3.HttpStatus{Code: code}, Headers: headers, Body: string(body),
		}},
	}
}

// header overwrites one of the same name that a client sent: that is Envoy's default action
// only when append is off.
func header(name, value string) *core.HeaderValueOption {
	return &core.HeaderValueOption{Header: &core.HeaderValue{Key: name, Value: value},
		AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD}
}
