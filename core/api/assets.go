package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/view"
)

// assetInfo is what is told of an asset. The digest of its bytes is not: it
// would tell who has the same file that it was seen here.
type assetInfo struct {
	ID         content.AssetID           `json:"id"`
	Name       string                    `json:"name"`
	MediaType  string                    `json:"media_type"`
	Size       int64                     `json:"size"`
	Width      int                       `json:"width,omitempty"`
	Height     int                       `json:"height,omitempty"`
	Alt        map[content.Locale]string `json:"alt,omitempty"`
	Decorative bool                      `json:"decorative"`
	Credit     string                    `json:"credit,omitempty"`
	Folder     string                    `json:"folder,omitempty"`
	Tags       []string                  `json:"tags,omitempty"`
	Visibility string                    `json:"visibility,omitempty"`
	CreatedAt  time.Time                 `json:"created_at"`
	CreatedBy  *content.Actor            `json:"created_by,omitempty"` // for those who are signed in
	Revision   int                       `json:"revision"`
	URL        string                    `json:"url"`
	Text       *content.AssetText        `json:"text,omitempty"`
	Focus      *content.Focus            `json:"focus,omitempty"`
	// Renditions are addresses by preset; Srcset is made of those that differ
	// in width alone, ready for an img element.
	Renditions map[string]string `json:"renditions,omitempty"`
	Srcset     string            `json:"srcset,omitempty"`
}

// AssetURL is the address of an asset's bytes.
func AssetURL(a *content.Asset) string { return Prefix + "/assets/" + string(a.ID) + "/file" }

func assetInfoOf(a content.Asset, p *access.Policy) assetInfo {
	out := assetInfo{a.ID, a.Name, a.MediaType, a.Size, a.Width, a.Height, a.Alt, a.Decorative, a.Credit,
		a.Folder, a.Tags, a.Visibility, a.CreatedAt, nil, a.Revision, AssetURL(&a), a.Text, a.Focus, nil, ""}
	out.Renditions, out.Srcset = renditionsOf(&a)
	if p.SignedIn() {
		out.CreatedBy = &a.CreatedBy
	}
	return out
}

// assetBody is what people say of a file. What is not named stays.
type assetBody struct {
	Name       *string                    `json:"name,omitempty"`
	Alt        *map[content.Locale]string `json:"alt,omitempty"`
	Decorative *bool                      `json:"decorative,omitempty"`
	Credit     *string                    `json:"credit,omitempty"`
	Folder     *string                    `json:"folder,omitempty"`
	Tags       *[]string                  `json:"tags,omitempty"`
	Visibility *string                    `json:"visibility,omitempty"`
	Focus      *content.Focus             `json:"focus,omitempty"`
}

func (b assetBody) over(a content.Asset) content.Asset {
	set(&a.Name, b.Name)
	set(&a.Alt, b.Alt)
	set(&a.Decorative, b.Decorative)
	set(&a.Credit, b.Credit)
	set(&a.Folder, b.Folder)
	set(&a.Tags, b.Tags)
	set(&a.Visibility, b.Visibility)
	if b.Focus != nil {
		a.Focus = b.Focus
	}
	return a
}

func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

// readsAsset asks for the right to read assets, and holds the asset's
// visibility against it: one that is not for the caller does not exist.
func readsAsset(p *access.Policy, a *content.Asset) error {
	scope, err := p.Allow(access.Need{Verb: access.Read, Collection: access.Assets})
	if err != nil {
		return err
	}
	if schema.Visibility(a.Visibility).Level() > scope.Level() {
		return noun.Absent(content.NounAsset, string(a.ID))
	}
	return nil
}

// asset reads an asset that the caller may see.
func (k *call) asset(id string) (a content.Asset, info assetInfo, seq uint64, err error) {
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		if _, err := p.Allow(access.Need{Verb: access.Read, Collection: access.Assets}); err != nil {
			return err
		}
		n, err := findNoun(tx, content.NounAsset, id)
		if err != nil {
			return err
		}
		if a, err = noun.Decode[content.Asset](n); err != nil {
			return err
		}
		seq, info = uint64(tx.Seq()), assetInfoOf(a, p)
		return readsAsset(p, &a)
	})
	return a, info, seq, err
}

func listAssets(k *call) error {
	after, limit, err := k.nounPage("folder", "tag")
	if err != nil {
		return err
	}
	p, err := k.params("folder", "tag")
	if err != nil {
		return err
	}
	wanted := assetFilter(p.Also)
	out := []assetInfo{}
	next := ""
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		if _, err := p.Allow(access.Need{Verb: access.Read, Collection: access.Assets}); err != nil {
			return err
		}
		for scanned := 0; ; {
			nouns, err := tx.Nouns(content.NounAsset, after, maxNouns)
			if err != nil {
				return err
			}
			for _, n := range nouns {
				if len(out) == limit || scanned == maxScanned {
					next = after
					return nil
				}
				a, err := noun.Decode[content.Asset](n)
				if err != nil {
					return err
				}
				if wanted(&a) && readsAsset(p, &a) == nil {
					out = append(out, assetInfoOf(a, p))
				}
				after = n.ID
				scanned++
			}
			if len(nouns) < maxNouns {
				return nil
			}
		}
	})
	if err != nil {
		return err
	}
	return k.page(out, next)
}

// maxScanned bounds the assets that one request looks at for a page; a page
// may be short, and still have a next one.
const maxScanned = 20_000

func assetFilter(also map[string]string) func(*content.Asset) bool {
	folder, byFolder := also["folder"]
	tag, byTag := also["tag"]
	return func(a *content.Asset) bool {
		if byFolder && a.Folder != folder {
			return false
		}
		if !byTag {
			return true
		}
		for _, t := range a.Tags {
			if t == tag {
				return true
			}
		}
		return false
	}
}

func getAsset(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	a, info, seq, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	server.Keep(k.Ctx, seq, []server.Source{{Noun: content.NounAsset}, {Noun: content.NounRole}})
	return k.answer(a.Revision, envelope{Data: info})
}

// assetText is one page of what was read in a file.
type assetText struct {
	Page  int    `json:"page"`
	Pages int    `json:"pages"`
	Text  string `json:"text"`
}

// getAssetText gives what was read in a file, page by page.
func getAssetText(k *call) error {
	also, err := k.only("number")
	if err != nil {
		return err
	}
	page := 1
	if raw := also["number"]; raw != "" {
		if page, err = strconv.Atoi(raw); err != nil || page < 1 {
			return problem.Parameter("number", "parameter_not_number", nil)
		}
	}
	a, _, _, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	pages, err := k.api.o.Media.Pages(k.ctx, a.Blob)
	if err != nil && !errors.Is(err, storage.ErrNotExist) { // without a text there are no pages
		return err
	}
	if page > len(pages) {
		return problem.New(problem.NotFound, "asset_page_missing", problem.Args{"page": page, "pages": len(pages)})
	}
	server.Private(k.Ctx)
	return k.answer(-1, envelope{Data: assetText{Page: page, Pages: len(pages), Text: pages[page-1]}})
}

// addAsset takes a file in: as the body itself, named by ?name=, or as the
// part "file" of a form, followed by nothing.
func addAsset(k *call) error {
	also, err := k.only("name", "folder")
	if err != nil {
		return err
	}
	u := media.Upload{Name: also["name"], Limit: media.MaxUpload, Facts: content.Asset{Folder: also["folder"]}}
	// Some more than the file itself, for what a form puts around it.
	body, err := server.Stream(k.Ctx, media.MaxUpload+1<<20)
	if err != nil {
		return err
	}
	u.Reader = body
	contentType, params, err := mime.ParseMediaType(k.Get(fiber.HeaderContentType))
	if err == nil && contentType == fiber.MIMEMultipartForm {
		if u.Reader, err = filePart(body, params["boundary"], &u); err != nil {
			return err
		}
	}
	if u.Name == "" {
		return problem.Parameter("name", "upload_name_needed", nil)
	}
	r, err := k.api.o.Media.Add(k.ctx, k.by, u)
	if err != nil {
		return err
	}
	a, info, _, err := k.asset(r.Subject)
	if problem.KindOf(err) == problem.Forbidden {
		// May put files in, but not look at them.
		return k.created(Prefix+"/assets/"+r.Subject, 0, envelope{Data: map[string]any{"id": r.Subject}})
	}
	if err != nil {
		return err
	}
	return k.created(Prefix+"/assets/"+r.Subject, a.Revision, envelope{Data: info})
}

// filePart finds the file in a form. It has to be the first part: what stands
// before it would have to be kept in memory, what follows is not read.
func filePart(body io.Reader, boundary string, u *media.Upload) (io.Reader, error) {
	if boundary == "" {
		return nil, problem.New(problem.BadRequest, "upload_form", nil)
	}
	part, err := multipart.NewReader(body, boundary).NextRawPart()
	if err != nil {
		if errors.As(err, new(*problem.Error)) {
			return nil, err
		}
		return nil, problem.Wrap(err, problem.BadRequest, "upload_form", nil)
	}
	if part.FormName() != "file" {
		return nil, problem.New(problem.BadRequest, "upload_form", nil)
	}
	if u.Name == "" {
		u.Name = part.FileName()
	}
	return part, nil
}

func saveAsset(k *call) error {
	var b assetBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	a, _, _, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	next := b.over(a)
	next.Blob = "" // the file stays
	match := server.IfMatch(k.Ctx)
	if match == nil {
		match = &a.Revision
	}
	if _, err := k.do(action.SaveAsset{Asset: next, IfMatch: match}, "", raw); err != nil {
		return err
	}
	a, info, _, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	return k.written(fiber.StatusOK, a.Revision, envelope{Data: info})
}

func removeAsset(k *call) error {
	force, err := k.forced()
	if err != nil {
		return err
	}
	id := content.AssetID(k.param("asset"))
	old, _, _, found := k.asset(string(id)) // whoever may not see it may still remove it
	if _, err := k.do(action.RemoveAsset{ID: id, IfMatch: server.IfMatch(k.Ctx), Force: force}, "", nil); err != nil {
		return err
	}
	if found == nil {
		k.api.o.Media.Removed(k.ctx, &old)
	}
	return k.absent()
}

func listAssetBacklinks(k *call) error {
	p, err := k.reading()
	if err != nil {
		return err
	}
	a, _, _, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	only := query.Params{Locale: p.Locale, Version: p.Version}
	return k.backlinks(content.Ref{Kind: content.RefAsset, ID: string(a.ID)}, only)
}

// getFile gives the bytes of an asset, or a range of them, with headers that
// make them harmless here.
func getFile(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	a, _, _, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	if err := k.released(a.ID); err != nil {
		return err
	}
	for name, v := range media.Headers(&a) {
		k.Set(name, v)
	}
	etag := fmt.Sprintf("%q", string(a.ID)+"-"+strconv.Itoa(a.Revision))
	k.Set(fiber.HeaderETag, etag)
	k.Set(fiber.HeaderAcceptRanges, "bytes")
	k.Set(fiber.HeaderCacheControl, fileCaching(k.by, &a))
	k.Set(fiber.HeaderVary, "Authorization, Cookie")
	if match := k.Get(fiber.HeaderIfNoneMatch); match != "" && server.Matches(match, etag) {
		return k.SendStatus(fiber.StatusNotModified)
	}
	part, status := wholeFile(a.Size), fiber.StatusOK
	if header := k.Get(fiber.HeaderRange); header != "" && rangeApplies(k.Get(fiber.HeaderIfRange), etag) {
		var known bool
		if part, known = parseRange(header, a.Size); known && part.length == 0 {
			k.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", a.Size))
			return server.RangeNotSatisfiable()
		} else if known {
			status = fiber.StatusPartialContent
			k.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", part.offset, part.offset+part.length-1, a.Size))
		}
	}
	k.Status(status)
	return k.sendFile(&a, part)
}

func (k *call) sendFile(a *content.Asset, part fileRange) error {
	if k.Method() == fiber.MethodHead {
		k.Context().Response.SkipBody = true
		k.Context().Response.Header.SetContentLength(int(part.length))
		return nil
	}
	// The bytes are read after this handler, when its context has ended.
	ctx, cancel := k.api.o.Server.StreamContext()
	body, err := k.api.o.Media.Open(ctx, a, storage.Range{Offset: part.offset, Length: part.length})
	if err != nil {
		cancel()
		return problem.Wrap(err, problem.Unavailable, "file_unavailable", nil)
	}
	k.api.o.Server.File(k.Ctx, &openFile{body, cancel}, part.length)
	return nil
}

// openFile ends its context when it is closed.
type openFile struct {
	io.ReadCloser
	end func()
}

func (f *openFile) Close() error {
	defer f.end()
	return f.ReadCloser.Close()
}

func fileCaching(by content.Actor, a *content.Asset) string {
	if by.Kind == content.ActorVisitor && a.Visibility == "" {
		return "public, max-age=0, must-revalidate"
	}
	return "private, no-store"
}

type fileRange struct{ offset, length int64 }

func wholeFile(size int64) fileRange { return fileRange{0, size} }

func rangeApplies(ifRange, etag string) bool {
	return ifRange == "" || ifRange == etag
}

// parseRange reads a Range header of one range (RFC 9110 §14). Several ranges,
// other units and what is malformed are ignored: the whole file is a right
// answer to them. A known range of length 0 lies outside of the file.
func parseRange(header string, size int64) (fileRange, bool) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash || strings.Contains(spec, ",") {
		return wholeFile(size), false
	}
	from, errFrom := strconv.ParseUint(first, 10, 62)
	to, errTo := strconv.ParseUint(last, 10, 62)
	switch {
	case first == "" && errTo == nil: // the last bytes
		n := min(int64(to), size)
		return fileRange{size - n, n}, true
	case errFrom != nil || last != "" && errTo != nil || last != "" && to < from:
		return wholeFile(size), false
	case int64(from) >= size:
		return fileRange{0, 0}, true
	case last == "" || int64(to) >= size:
		return fileRange{int64(from), size - int64(from)}, true
	}
	return fileRange{int64(from), int64(to-from) + 1}, true
}
