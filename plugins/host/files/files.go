// Package files lets plugins read and add assets, with the rights of whoever
// they act for and their own.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/view"
)

// part is the most that goes in one message, in bytes.
const part = 1 << 20

// Desk hands out and takes in the files of a site to one plugin.
type Desk struct {
	Plugin   string
	Manifest *manifest.Manifest
	View     *view.DB
	Query    *query.Engine
	Library  *media.Library // nil: there are no files
}

// Service lets the plugin read and upload.
func (d *Desk) Service(to grpc.ServiceRegistrar, acting asked.Acting) {
	pluginpb.RegisterFilesServer(to, &server{d: d, acting: acting})
}

type server struct {
	pluginpb.UnimplementedFilesServer
	d      *Desk
	acting asked.Acting
}

func (s *server) who(ctx context.Context) (content.Actor, error) {
	who, err := s.acting(ctx)
	if err != nil {
		return who.By, err
	}
	if s.d.Manifest.Files == nil || s.d.Library == nil {
		return who.By, problem.New(problem.Forbidden, "files_not_asked", problem.Args{"plugin": s.d.Plugin})
	}
	return who.By, nil
}

// asset finds an asset that may be read.
func (s *server) asset(ctx context.Context, id string) (a content.Asset, err error) {
	by, err := s.who(ctx)
	if err != nil {
		return a, err
	}
	policy, err := s.d.Query.Policy(ctx, by)
	if err != nil {
		return a, err
	}
	scope, err := policy.Allow(access.Need{Verb: access.Read, Collection: access.Assets})
	if err != nil {
		return a, err
	}
	gone := problem.New(problem.NotFound, "file_missing", problem.Args{"id": id[:min(len(id), 60)]})
	err = s.d.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounAsset, id)
		if err == nil {
			a, err = noun.Decode[content.Asset](n)
		}
		return err
	})
	if errors.Is(err, view.ErrNotFound) || err == nil && schema.Visibility(a.Visibility).Level() > scope.Level() {
		err = gone
	}
	return a, err
}

func told(a content.Asset) *pluginpb.File {
	return &pluginpb.File{Id: string(a.ID), Name: a.Name, MediaType: a.MediaType, Size: a.Size}
}

func (s *server) Stat(ctx context.Context, r *pluginpb.FileRef) (*pluginpb.File, error) {
	a, err := s.asset(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return told(a), nil
}

func (s *server) Read(ctx context.Context, r *pluginpb.ReadFile) (*pluginpb.FileBytes, error) {
	a, err := s.asset(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	limit := r.Limit
	if limit <= 0 || limit > part {
		limit = part
	}
	out := &pluginpb.FileBytes{Size: a.Size}
	if r.Offset < 0 || r.Offset >= a.Size {
		return out, nil
	}
	body, err := s.d.Library.Open(ctx, &a, storage.Range{Offset: r.Offset, Length: min(limit, a.Size-r.Offset)})
	if err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	defer body.Close()
	if out.Data, err = io.ReadAll(io.LimitReader(body, limit)); err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	return out, nil
}

func (s *server) Upload(stream grpc.ClientStreamingServer[pluginpb.UploadPart, pluginpb.File]) error {
	ctx := stream.Context()
	by, err := s.who(ctx)
	if err != nil {
		return err
	}
	if !s.d.Manifest.Files.Upload {
		return problem.New(problem.Forbidden, "files_not_asked", problem.Args{"plugin": s.d.Plugin})
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	if first.Name == "" {
		return problem.Parameter("name", "upload_name_needed", nil)
	}
	receipt, err := s.d.Library.Add(ctx, by, media.Upload{Name: first.Name, Reader: &parts{stream: stream, rest: first.Data},
		Limit: media.MaxUpload, Facts: content.Asset{Folder: first.Folder}})
	if err != nil {
		return err
	}
	a, err := s.asset(ctx, receipt.Subject)
	if err != nil {
		return err
	}
	return stream.SendAndClose(told(a))
}

// parts reads what comes in parts.
type parts struct {
	stream grpc.ClientStreamingServer[pluginpb.UploadPart, pluginpb.File]
	rest   []byte
}

func (p *parts) Read(into []byte) (int, error) {
	for len(p.rest) == 0 {
		next, err := p.stream.Recv()
		if err != nil {
			return 0, err // io.EOF at the end
		}
		p.rest = next.Data
	}
	n := copy(into, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
