package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// recovered turns a panic of the plugin's code into an error of that one call;
// its stack is in the logs.
func recovered(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "panic in %s: %v\n%s", info.FullMethod, v, debug.Stack())
			err = status.Errorf(codes.Internal, "panic: %v", v)
		}
	}()
	answer, err = handle(ctx, req)
	if _, told := status.FromError(err); err != nil && !told {
		err = status.Error(codes.Unknown, err.Error())
	}
	return answer, err
}

func recoveredStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "panic in %s: %v\n%s", info.FullMethod, v, debug.Stack())
			err = status.Errorf(codes.Internal, "panic: %v", v)
		}
	}()
	err = handle(srv, stream)
	if _, told := status.FromError(err); err != nil && !told {
		err = status.Error(codes.Unknown, err.Error())
	}
	return err
}

func (s *server) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.DescribeResponse, error) {
	return &pluginpb.DescribeResponse{Name: s.name, Version: s.version, ManifestSha256: s.digest[:]}, nil
}

func (s *server) Configure(ctx context.Context, r *pluginpb.ConfigureRequest) (*pluginpb.ConfigureResponse, error) {
	setup := Setup{Settings: r.SettingsJson, Secrets: r.Secrets, Locales: r.Locales, SiteURL: r.SiteUrl}
	if r.ValidateOnly {
		if s.p.Check == nil {
			return &pluginpb.ConfigureResponse{}, nil
		}
		return faults(s.p.Check(ctx, setup))
	}
	if before := s.host.Load(); before == nil || before.token != r.HostToken {
		h, err := dialHost(r.HostSocket, r.HostToken)
		if err != nil {
			return nil, err
		}
		if s.host.Store(h); before != nil { // a debugger keeps the program, and the site has come anew
			s.routes.close()
			before.close()
		}
	}
	setup.Host = s.host.Load()
	if s.p.Routes != nil && r.HttpSocket != "" {
		if err := s.routes.listen(r.HttpSocket, r.HttpSecret, s.p.Routes, setup.Host); err != nil {
			return nil, err
		}
	}
	if s.p.Configure == nil {
		return &pluginpb.ConfigureResponse{}, nil
	}
	return faults(s.p.Configure(ctx, setup))
}

// faults tells what is wrong with settings.
func faults(err error) (*pluginpb.ConfigureResponse, error) {
	var refused *RefusalError
	if !errors.As(err, &refused) {
		return &pluginpb.ConfigureResponse{}, err
	}
	out := &pluginpb.ConfigureResponse{}
	for _, f := range refused.Faults {
		out.Faults = append(out.Faults, &pluginpb.Fault{Pointer: f.Pointer, Message: f.Text})
	}
	return out, nil
}

func (s *server) Health(ctx context.Context, _ *pluginpb.HealthRequest) (*pluginpb.HealthResponse, error) {
	if s.p.Health != nil {
		if err := s.p.Health(ctx); err != nil {
			return &pluginpb.HealthResponse{Message: err.Error()}, nil
		}
	}
	return &pluginpb.HealthResponse{Ok: true}, nil
}

func (s *server) Drain(ctx context.Context, _ *pluginpb.DrainRequest) (*pluginpb.DrainResponse, error) {
	s.routes.drain(ctx)
	if s.p.Drain != nil {
		s.p.Drain(ctx)
	}
	return &pluginpb.DrainResponse{}, nil
}

func (s *server) BeforeCommit(ctx context.Context, r *pluginpb.BeforeCommitRequest) (*pluginpb.BeforeCommitResponse, error) {
	c := &Commit{Action: r.Action, Origin: origin(r.Origin)}
	for _, ch := range r.Changes {
		before, err := entry(ch.Before)
		if err != nil {
			return nil, err
		}
		after, err := entry(ch.After)
		if err != nil {
			return nil, err
		}
		c.Changes = append(c.Changes, Change{Before: before, After: after})
	}
	if err := s.p.BeforeCommit(ctx, c); err != nil {
		return nil, err
	}
	out := &pluginpb.BeforeCommitResponse{}
	for _, x := range c.refusals {
		out.Refusals = append(out.Refusals, &pluginpb.Refusal{Id: x.id, Field: x.field, Message: x.text})
	}
	for _, x := range c.patches {
		raw, err := json.Marshal(x.values)
		if err != nil {
			return nil, fmt.Errorf("write a patch: %w", err)
		}
		out.Patches = append(out.Patches, &pluginpb.Patch{Id: x.id, Locale: x.locale, ValuesJson: raw})
	}
	return out, nil
}

func (s *server) Deliver(ctx context.Context, r *pluginpb.DeliverRequest) (*pluginpb.DeliverResponse, error) {
	events := make([]Event, len(r.Events))
	for i, e := range r.Events {
		events[i] = Event{Seq: e.Seq, Action: e.Action, At: time.UnixMilli(e.AtUnixMs).UTC(), Origin: origin(e.Origin),
			Collection: e.Collection, ID: e.Id, Revision: int(e.Revision), Published: e.Published, What: e.What, Plugin: e.Plugin, Name: e.Name, Body: e.BodyJson}
	}
	return &pluginpb.DeliverResponse{}, s.p.Events(ctx, s.host.Load().because(r.Cause), events)
}

func origin(o *pluginpb.Origin) Origin { return Origin{Kind: o.GetKind(), User: o.GetUser()} }

func entry(e *pluginpb.Entry) (*Entry, error) {
	if e == nil {
		return nil, nil
	}
	out := &Entry{Collection: e.Collection, ID: e.Id, Locale: e.Locale, Revision: int(e.Revision),
		Published: e.Published, Trashed: e.Trashed, Values: map[string]any{}}
	if len(e.ValuesJson) > 0 {
		if err := json.Unmarshal(e.ValuesJson, &out.Values); err != nil {
			return nil, fmt.Errorf("read the values of %s: %w", e.Id, err)
		}
	}
	return out, nil
}
