package api

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
)

// Resumable uploads as tus 1.0.0 has them, on top of media.Uploads. The
// protocol is small and ours to answer: a handler for net/http would bring its
// own idea of errors, limits and bodies.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,expiration,termination,checksum"
	tusType       = "application/offset+octet-stream"
)

func (a *API) uploadRoutes() []route {
	const one = "/uploads/:upload"
	return []route{
		{method: "OPTIONS", path: "/uploads", op: "uploads.options", handle: uploadOptions, open: true, status: 204, answer: answersNothing},
		{method: "POST", path: "/uploads", op: "uploads.create", handle: createUpload, headers: tusHeader | lengthHeader,
			status: 201, answer: uploadInfo{}, verb: access.Create, on: access.Assets},
		{method: "GET", path: one, op: "uploads.get", handle: getUpload, status: 200, answer: uploadInfo{}, verb: access.Create, on: access.Assets},
		{method: "PATCH", path: one, op: "uploads.append", handle: appendUpload, upload: true, headers: tusHeader | offsetHeader,
			status: 204, answer: answersNothing, verb: access.Create, on: access.Assets},
		{method: "DELETE", path: one, op: "uploads.cancel", handle: cancelUpload, headers: tusHeader, status: 204, answer: answersNothing,
			verb: access.Create, on: access.Assets},
	}
}

// uploadInfo is what is told of an upload.
type uploadInfo struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Length  int64           `json:"length"`
	Offset  int64           `json:"offset"`
	Expires time.Time       `json:"expires"`
	State   string          `json:"state"`           // "receiving", "finishing", "done" or "failed"
	Asset   content.AssetID `json:"asset,omitempty"` // once done
	Failed  string          `json:"failed,omitempty"`
}

func uploadInfoOf(r *media.Resumable) uploadInfo {
	info := uploadInfo{ID: r.ID, Name: r.Name, Length: r.Length, Offset: r.Offset, Expires: r.Expires, State: "receiving"}
	switch {
	case r.Done:
		info.State, info.Asset = "done", r.Asset
	case r.Failed != "":
		info.State, info.Failed = "failed", r.Failed
	case r.Offset == r.Length:
		info.State = "finishing"
	}
	return info
}

func uploadOptions(k *call) error {
	k.tus()
	k.Set("Tus-Version", tusVersion)
	k.Set("Tus-Extension", tusExtensions)
	k.Set("Tus-Max-Size", strconv.FormatInt(media.MaxResumable, 10))
	k.Set("Tus-Checksum-Algorithm", "sha1,sha256")
	return k.absent()
}

func (k *call) tus() {
	k.Set("Tus-Resumable", tusVersion)
	k.Set(fiber.HeaderCacheControl, "no-store")
}

// speaksTus asks for the version of the protocol that is spoken here.
func (k *call) speaksTus() error {
	k.tus()
	if k.Get("Tus-Resumable") != tusVersion {
		k.Set("Tus-Version", tusVersion)
		return problem.New(problem.Stale, "tus_version", problem.Args{"version": tusVersion})
	}
	return nil
}

func createUpload(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.speaksTus(); err != nil {
		return err
	}
	length, err := k.number("Upload-Length")
	if err != nil {
		return err
	}
	meta, err := uploadMetadata(k.Get("Upload-Metadata"))
	if err != nil {
		return err
	}
	r, err := k.api.o.Uploads.Create(k.ctx, k.by, media.Resumable{
		Length: length, Name: meta["filename"], Folder: meta["folder"], Asset: content.AssetID(meta["asset"])})
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderLocation, Prefix+"/uploads/"+r.ID)
	k.Set("Upload-Expires", r.Expires.UTC().Format(time.RFC1123))
	if k.Get(fiber.HeaderContentType) == tusType {
		if err := k.append(r, 0); err != nil {
			return err
		}
		k.Set("Upload-Offset", strconv.FormatInt(r.Offset, 10))
	}
	return k.written(fiber.StatusCreated, 0, envelope{Data: uploadInfoOf(r)})
}

// number reads a header that has to be a number.
func (k *call) number(name string) (int64, error) {
	n, err := strconv.ParseUint(k.Get(name), 10, 62)
	if err != nil {
		return 0, problem.Parameter(name, "parameter_not_number", nil)
	}
	return int64(n), nil
}

// maxMetadata bounds Upload-Metadata, in bytes.
const maxMetadata = 4 << 10

// uploadMetadata reads "filename <base64>,folder <base64>". Unknown names are
// left alone: every client sends some of its own.
func uploadMetadata(header string) (map[string]string, error) {
	bad := problem.Parameter("Upload-Metadata", "upload_metadata", nil)
	if len(header) > maxMetadata {
		return nil, bad
	}
	meta := map[string]string{}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil || !utf8.Valid(text) {
			return nil, bad
		}
		meta[name] = string(text)
	}
	return meta, nil
}

// getUpload answers HEAD with the headers of tus, and GET with the same in
// words: what became of an upload can be asked for until its time is over.
func getUpload(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	k.tus()
	r, err := k.api.o.Uploads.Find(k.ctx, k.by, k.param("upload"))
	if err != nil {
		return err
	}
	k.Set("Upload-Offset", strconv.FormatInt(r.Offset, 10))
	k.Set("Upload-Length", strconv.FormatInt(r.Length, 10))
	k.Set("Upload-Expires", r.Expires.UTC().Format(time.RFC1123))
	return k.written(fiber.StatusOK, 0, envelope{Data: uploadInfoOf(r)})
}

func appendUpload(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.speaksTus(); err != nil {
		return err
	}
	if k.Get(fiber.HeaderContentType) != tusType {
		return problem.New(problem.Unsupported, "upload_type", problem.Args{"type": tusType})
	}
	offset, err := k.number("Upload-Offset")
	if err != nil {
		return err
	}
	r, err := k.api.o.Uploads.Find(k.ctx, k.by, k.param("upload"))
	if err != nil {
		return err
	}
	if err := k.append(r, offset); err != nil {
		return err
	}
	k.Set("Upload-Offset", strconv.FormatInt(r.Offset, 10))
	k.Set("Upload-Expires", r.Expires.UTC().Format(time.RFC1123))
	return k.absent()
}

// append stores the body of the request, and makes the asset when that was the
// last of it. It may take as long as the bytes do to come.
func (k *call) append(r *media.Resumable, offset int64) error {
	ctx, cancel := k.api.o.Server.StreamContext()
	defer cancel()
	limit := max(r.Length-offset, 1)
	body, err := server.Stream(k.Ctx, limit)
	if err != nil {
		return err
	}
	if sum := k.Get("Upload-Checksum"); sum != "" {
		checked, err := k.api.o.Uploads.Checked(body, sum)
		if errors.Is(err, media.ErrChecksum) {
			return server.ChecksumMismatch()
		}
		if err != nil {
			return err
		}
		defer checked.Close()
		body = checked
	}
	if err := k.api.o.Uploads.Append(ctx, r, offset, body); err != nil {
		return err
	}
	if r.Offset < r.Length || r.Done {
		return nil
	}
	if err := k.api.o.Uploads.Finish(ctx, r); err != nil {
		return err
	}
	if r.Done {
		k.Set("Content-Location", Prefix+"/assets/"+string(r.Asset))
	}
	return nil
}

func cancelUpload(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.speaksTus(); err != nil {
		return err
	}
	r, err := k.api.o.Uploads.Find(k.ctx, k.by, k.param("upload"))
	if err != nil {
		return err
	}
	if err := k.api.o.Uploads.Cancel(k.ctx, r); err != nil {
		return err
	}
	return k.absent()
}
