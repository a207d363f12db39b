package asked

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/plugins/host/state"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/view"
)

// Get reads one entry with the rights of whoever the plugin acts for.
func (a *Server) Get(ctx context.Context, r *pluginpb.GetRequest) (*pluginpb.Entries, error) {
	who, params, err := a.reading(ctx, r.Query)
	if err != nil {
		return nil, err
	}
	got, err := a.o.Query.Get(ctx, who.By, r.Collection, r.Id, params)
	if err != nil {
		return nil, err
	}
	return &pluginpb.Entries{EntriesJson: [][]byte{got.Item.AppendJSON(nil)}}, nil
}

// Query lists entries with the rights of whoever the plugin acts for.
func (a *Server) Query(ctx context.Context, r *pluginpb.QueryRequest) (*pluginpb.Entries, error) {
	who, params, err := a.reading(ctx, r.Query)
	if err != nil {
		return nil, err
	}
	found, err := a.o.Query.Find(ctx, who.By, r.Collection, params)
	if err != nil {
		return nil, err
	}
	out := &pluginpb.Entries{Next: found.Next}
	if found.Total != nil {
		out.Total = int64(*found.Total)
	}
	size := 0
	for _, item := range found.Items {
		raw := item.AppendJSON(nil)
		if size += len(raw); size > wire.MaxMessage-maxPageText {
			return nil, problem.New(problem.TooLarge, "plugin_page_too_large", problem.Args{"limit": wire.MaxMessage})
		}
		out.EntriesJson = append(out.EntriesJson, raw)
	}
	return out, nil
}

func (a *Server) reading(ctx context.Context, raw string) (Ticket, query.Params, error) {
	who, err := a.acting(ctx)
	if err != nil {
		return who, query.Params{}, err
	}
	params, err := query.ParseParams(raw)
	if err == nil && params.Locale == "" {
		params.AnyLocale = params.AnyLocale || len(params.Fallback) == 0
	}
	return who, params, err
}

// Commit makes one change, or several together, with the rights of whoever the
// plugin acts for.
func (a *Server) Commit(ctx context.Context, r *pluginpb.CommitRequest) (*pluginpb.CommitResponse, error) {
	who, err := a.changing(ctx)
	if err != nil {
		return nil, err
	}
	acts, err := actsOf(r)
	if err != nil {
		return nil, err
	}
	o := action.Options{Key: r.IdempotencyKey, Reason: r.Reason, Depth: who.Depth}
	if o.Key != "" {
		if o.Request, err = fingerprint(r); err != nil {
			return nil, err
		}
	}
	if len(r.Changes) == 0 {
		receipt, err := a.o.Runner.DoWith(ctx, who.By, acts[0], o)
		if err != nil {
			return nil, err
		}
		return committed(receipt), nil
	}
	receipts, err := a.o.Runner.DoAll(ctx, who.By, acts, o)
	if err != nil {
		return nil, err
	}
	out := committed(receipts[0])
	for _, r := range receipts {
		one := committed(r)
		out.Changes = append(out.Changes, &pluginpb.ChangedEntry{Id: one.Id, Revision: one.Revision})
	}
	return out, nil
}

func committed(r action.Receipt) *pluginpb.CommitResponse {
	out := &pluginpb.CommitResponse{Seq: uint64(r.Seq), Id: r.Subject, Replayed: r.Replayed}
	if r.Entry != nil {
		out.Revision = int64(r.Entry.Revision)
	}
	return out
}

// fingerprint tells two requests under one key apart; see the HTTP API.
func fingerprint(r proto.Message) (string, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("compare requests: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:4]), nil
}

// actsOf gives what a plugin asks for: one act, or several.
func actsOf(r *pluginpb.CommitRequest) ([]action.Act, error) {
	if len(r.Changes) == 0 {
		if r.Action == "expect" {
			return nil, status.Error(codes.InvalidArgument, "expect is one of several changes")
		}
		one := &pluginpb.EntryChange{Action: r.Action, Collection: r.Collection, Id: r.Id, Revision: r.Revision,
			LocalesJson: r.LocalesJson, Publish: r.Publish}
		if one.Action == "create" {
			one.Id = "" // it never meant anything here
		}
		act, err := actOf(one)
		return []action.Act{act}, err
	}
	if r.Action != "" || r.Collection != "" || r.Id != "" || r.Revision != 0 || len(r.LocalesJson) > 0 || r.Publish {
		return nil, status.Error(codes.InvalidArgument, "a commit has one change or several, not both")
	}
	acts := make([]action.Act, len(r.Changes))
	for i, c := range r.Changes {
		act, err := actOf(c)
		if err != nil {
			return nil, fmt.Errorf("change %d: %w", i, err)
		}
		acts[i] = act
	}
	return acts, nil
}

func actOf(r *pluginpb.EntryChange) (action.Act, error) {
	id, match := content.EntryID(r.Id), (*int)(nil)
	if r.Revision > 0 {
		n := int(r.Revision)
		match = &n
	}
	var locales []content.Locale
	for _, l := range slices.Sorted(maps.Keys(r.LocalesJson)) {
		locales = append(locales, content.Locale(l))
	}
	switch r.Action {
	case "create", "save":
		inputs, err := inputsOf(r)
		if err != nil {
			return nil, err
		}
		if r.Action == "create" {
			return action.CreateEntry{Collection: r.Collection, ID: id, Inputs: inputs, Publish: r.Publish}, nil
		}
		return action.SaveDraft{ID: id, IfMatch: match, Inputs: inputs, Publish: r.Publish}, nil
	case "publish":
		return action.PublishEntry{ID: id, Locales: locales, IfMatch: match}, nil
	case "unpublish":
		return action.UnpublishEntry{ID: id, Locales: locales, IfMatch: match}, nil
	case "trash":
		return action.TrashEntry{ID: id, IfMatch: match}, nil
	case "erase":
		return action.EraseEntry{ID: id, IfMatch: match}, nil
	case "expect":
		return action.ExpectEntry{ID: id, IfMatch: match}, nil
	}
	return nil, status.Errorf(codes.InvalidArgument, "action %.40q is none of create, save, publish, unpublish, trash, erase, expect", r.Action)
}

func inputsOf(r *pluginpb.EntryChange) (action.Inputs, error) {
	inputs := action.Inputs{}
	for l, raw := range r.LocalesJson {
		var values map[string]any
		if err := json.Unmarshal(raw, &values); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "the values of %.40q are no JSON object: %v", l, err)
		}
		inputs[content.Locale(l)] = values
	}
	return inputs, nil
}

// values gives the plugin's state.
func (a *Server) values() (*state.Values, error) {
	if a.o.State == nil {
		return nil, problem.New(problem.Forbidden, "plugin_no_state", problem.Args{"plugin": a.o.Plugin})
	}
	return a.o.State, nil
}

// stateServer is the State service of a Server, whose names clash with those
// of Content.
type stateServer struct {
	pluginpb.UnimplementedStateServer
	a *Server
}

func (s stateServer) Get(ctx context.Context, r *pluginpb.StateKey) (*pluginpb.StateValue, error) {
	v, err := s.a.values()
	if err != nil {
		return nil, err
	}
	return v.Get(ctx, r.Key)
}

func (s stateServer) Put(ctx context.Context, r *pluginpb.StatePut) (*pluginpb.StateValue, error) {
	v, err := s.a.values()
	if err != nil {
		return nil, err
	}
	return v.Put(ctx, r)
}

func (s stateServer) Delete(ctx context.Context, r *pluginpb.StateKey) (*pluginpb.StateValue, error) {
	v, err := s.a.values()
	if err != nil {
		return nil, err
	}
	return &pluginpb.StateValue{Version: state.Absent}, v.Remove(ctx, r.Key)
}

func (s stateServer) List(ctx context.Context, r *pluginpb.StateList) (*pluginpb.StateKeys, error) {
	v, err := s.a.values()
	if err != nil {
		return nil, err
	}
	return v.List(ctx, r)
}

// Who tells who is behind a call. Names only when the manifest asked for them.
func (a *Server) Who(ctx context.Context, _ *pluginpb.WhoRequest) (*pluginpb.WhoResponse, error) {
	who, ok := ctx.Value(callerKey{}).(Ticket)
	if !ok || who.By.For == "" {
		return &pluginpb.WhoResponse{Kind: wire.Origin(who.By).Kind}, nil
	}
	out := &pluginpb.WhoResponse{Kind: string(content.ActorUser), User: string(who.By.For)}
	err := a.o.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounUser, out.User)
		if err != nil {
			return err
		}
		u, err := noun.DecodeUser(n)
		if err != nil {
			return err
		}
		for _, r := range u.Roles {
			out.Roles = append(out.Roles, string(r))
		}
		out.Association, out.Locale = string(u.Association), string(u.Locale)
		if a.o.Manifest.People != nil {
			out.Name, out.Email = u.Name, u.Email
		}
		return nil
	})
	return out, err
}

// May tells what whoever the plugin acts for may do, within the plugin's own
// rights.
func (a *Server) May(ctx context.Context, r *pluginpb.MayRequest) (*pluginpb.MayResponse, error) {
	who, err := a.acting(ctx)
	if err != nil {
		return nil, err
	}
	policy, err := a.o.Query.Policy(ctx, who.By)
	if err != nil {
		return nil, err
	}
	out := &pluginpb.MayResponse{}
	for _, n := range r.Needs {
		out.Allowed = append(out.Allowed, policy.May(access.Verb(n.Verb), n.Collection))
	}
	return out, nil
}

// searchServer is the Search service.
type searchServer struct {
	pluginpb.UnimplementedSearchServer
	a *Server
}

// Find searches with the rights of whoever the plugin acts for.
func (s searchServer) Find(ctx context.Context, r *pluginpb.FindRequest) (*pluginpb.FindResponse, error) {
	who, err := s.a.acting(ctx)
	if err != nil {
		return nil, err
	}
	if s.a.o.Search == nil {
		return nil, problem.New(problem.Unavailable, "plugin_no_search", nil)
	}
	raw, err := s.a.o.Search(ctx, who.By, r.Query)
	if err != nil {
		return nil, err
	}
	if len(raw) > wire.MaxMessage-maxPageText {
		return nil, problem.New(problem.TooLarge, "plugin_page_too_large", problem.Args{"limit": wire.MaxMessage})
	}
	return &pluginpb.FindResponse{AnswerJson: raw}, nil
}
