package asked

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// documentKey is what the key of a search document looks like.
var documentKey = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$`)

// Put adds text to the search.
func (s searchServer) Put(ctx context.Context, r *pluginpb.SearchDocument) (*pluginpb.SearchDone, error) {
	d := content.SearchDocument{Plugin: s.a.o.Plugin, Key: r.Key, Entry: content.EntryID(r.Entry), Collection: content.CollectionID(r.Collection),
		Field: content.FieldID(r.Field), Path: r.Path}
	d.Texts = map[content.Locale]content.SearchText{}
	for l, t := range r.Texts {
		d.Texts[content.Locale(l)] = content.SearchText{Title: t.GetTitle(), Text: t.GetText()}
	}
	if !documentKey.MatchString(r.Key) {
		return nil, status.Errorf(codes.InvalidArgument, "the key %.40q does not look like %s", r.Key, documentKey)
	}
	if d.Entry == "" && !slices.ContainsFunc(s.a.o.Manifest.Pages, func(p manifest.Page) bool { _, ok := p.Match(d.Path); return ok }) {
		return nil, status.Errorf(codes.InvalidArgument, "the path %.100q is of no page of the manifest", d.Path)
	}
	return s.a.spread(ctx, action.PutSearchDocument{Document: d})
}

// Remove takes text out of the search.
func (s searchServer) Remove(ctx context.Context, r *pluginpb.SearchDocumentRef) (*pluginpb.SearchDone, error) {
	return s.a.spread(ctx, action.RemoveSearchDocument{Plugin: s.a.o.Plugin, Entry: content.EntryID(r.Entry), Key: r.Key})
}

func (a *Server) spread(ctx context.Context, act action.Action) (*pluginpb.SearchDone, error) {
	if a.o.Manifest.Search == nil {
		return nil, problem.New(problem.Forbidden, "search_not_asked", problem.Args{"plugin": a.o.Plugin})
	}
	who, err := a.changing(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.o.Runner.DoWith(ctx, who.By, act, action.Options{Depth: who.Depth}); err != nil {
		return nil, err
	}
	return &pluginpb.SearchDone{}, nil
}

// changing is who a change is made for, unless plugins answer one another.
func (a *Server) changing(ctx context.Context) (Ticket, error) {
	who, err := a.acting(ctx)
	if err == nil && who.Depth > maxDepth {
		err = problem.New(problem.Conflict, "plugin_loop", problem.Args{"limit": maxDepth})
	}
	return who, err
}

// announcer is the Announcements service.
type announcer struct {
	pluginpb.UnimplementedAnnouncementsServer
	a *Server
}

// Announce makes an event of the plugin's own known.
func (s announcer) Announce(ctx context.Context, r *pluginpb.Announcement) (*pluginpb.Announced, error) {
	if !slices.ContainsFunc(s.a.o.Manifest.Announces, func(e manifest.Announces) bool { return e.ID == r.Name }) {
		return nil, problem.New(problem.Forbidden, "announcement_not_asked", problem.Args{"plugin": s.a.o.Plugin})
	}
	if len(r.BodyJson) > 0 && !json.Valid(r.BodyJson) {
		return nil, status.Error(codes.InvalidArgument, "what is announced is no JSON")
	}
	who, err := s.a.changing(ctx)
	if err != nil {
		return nil, err
	}
	o := action.Options{Key: r.Key, Depth: who.Depth}
	if o.Key != "" {
		if o.Request, err = fingerprint(r); err != nil {
			return nil, err
		}
	}
	receipt, err := s.a.o.Runner.DoWith(ctx, who.By, action.Announce{Plugin: s.a.o.Plugin, Event: r.Name, Body: r.BodyJson}, o)
	if err != nil {
		return nil, err
	}
	return &pluginpb.Announced{Replayed: receipt.Replayed}, nil
}
