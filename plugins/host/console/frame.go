package console

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/wire"
)

// FramePolicy keeps a frame from acting as the site: an origin of its own, no
// cookies, no storage, and nothing fetched but the plugin's own files. What it
// wants of the site it asks by the port that the console hands to it.
const FramePolicy = "sandbox allow-scripts allow-forms allow-downloads; default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// maxFrameFile bounds a file of a frame, in bytes.
const maxFrameFile = 8 << 20

// FrameURL is the address of a file of a frame. It changes with the plugin's
// files, so that they may be kept for ever.
func FrameURL(x wire.Plugin, file string) string {
	return "/api/v1/plugins/" + x.Name + "/frames/" + digest(x) + "/" + file
}

func digest(x wire.Plugin) string {
	sum := sha256.Sum256([]byte(x.Bundle + " " + x.Manifest.Version))
	return hex.EncodeToString(sum[:8])
}

// File gives a file of a frame of a plugin: one in the folder of a file that
// the manifest names, or below it. files are those of the plugin.
func File(x wire.Plugin, version, name string, files fs.FS) (body []byte, mediaType string, err error) {
	missing := problem.New(problem.NotFound, "console_place_missing", problem.Args{"place": wire.Clip(x.Name+"/"+name, 100)})
	if version != digest(x) || !fs.ValidPath(name) || files == nil || !served(x, name) {
		return nil, "", missing
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, "", missing
	}
	defer func() { _ = f.Close() }() // it was only read
	if body, err = io.ReadAll(io.LimitReader(f, maxFrameFile+1)); err != nil || len(body) > maxFrameFile {
		return nil, "", missing
	}
	mediaType = mime.TypeByExtension(path.Ext(name))
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	return body, mediaType, nil
}

func served(x wire.Plugin, name string) bool {
	for _, p := range x.Manifest.Console.Places() {
		if p.Frame != nil && strings.HasPrefix(name, path.Dir(p.Frame.File)+"/") {
			return true
		}
	}
	return false
}
