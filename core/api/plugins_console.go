package api

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	places "github.com/recueil-cms/recueil/plugins/host/console"
)

type (
	// interactBody is somebody's opening a place of a plugin, or pressing
	// something there.
	interactBody struct {
		Action string            `json:"action,omitempty"` // empty: it is opened
		Values map[string]any    `json:"values,omitempty"`
		Params map[string]string `json:"params,omitempty"` // of the screen's address
		Entry  *interactEntry    `json:"entry,omitempty"`
		// Pressed is when it was, by the clock of the device; absent: now.
		Pressed time.Time `json:"pressed,omitzero"`
	}
	// interactEntry is the entry beside which a panel stands.
	interactEntry struct {
		Collection string         `json:"collection"` // id
		ID         string         `json:"id"`
		Revision   int            `json:"revision"`
		Draft      map[string]any `json:"draft,omitempty"` // what the editor holds, by the names of fields
	}
	// interactInfo is what is shown then. What is absent stays as it was.
	interactInfo struct {
		Tree     json.RawMessage `json:"tree,omitempty"`
		Faults   []interactFault `json:"faults,omitempty"`
		Toast    *interactToast  `json:"toast,omitempty"`
		Navigate string          `json:"navigate,omitempty"`
		Patch    *interactPatch  `json:"patch,omitempty"`
	}
	interactFault struct {
		Pointer string `json:"pointer"`
		Message string `json:"message"`
	}
	interactToast struct {
		Text string `json:"text"`
		Tone string `json:"tone"`
	}
	// interactPatch are values for the open editor, unsaved.
	interactPatch struct {
		Values   json.RawMessage `json:"values"`
		Revision int             `json:"revision"`
	}
)

func (a *API) pluginConsoleRoutes() []route {
	return []route{
		{method: "GET", path: "/console", op: "plugins.places", handle: listPlaces, status: 200, answer: places.Places{}},
		{method: "POST", path: "/plugins/:plugin/console/:place", op: "plugins.interact", handle: interact, body: interactBody{}, status: 200, answer: interactInfo{}},
		{method: "GET", path: "/plugins/:plugin/frames/:build/*", op: "plugins.frame", handle: frameFile, open: true, status: 200, answer: answersFile},
	}
}

func listPlaces(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	all, err := k.api.o.Plugins.Console().All(k.ctx, k.by)
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: all})
}

func interact(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	var b interactBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	i := places.Interaction{Place: k.param("place"), Action: b.Action, Params: b.Params, Locale: server.Locale(k.Ctx),
		Pressed: b.Pressed, Key: strings.Clone(k.Get("Idempotency-Key"))}
	var err error
	if i.Values, err = json.Marshal(orEmpty(b.Values)); err != nil {
		return err
	}
	if e := b.Entry; e != nil {
		i.Collection, i.Entry, i.Revision = content.CollectionID(e.Collection), content.EntryID(e.ID), e.Revision
		if i.Draft, err = json.Marshal(orEmpty(e.Draft)); err != nil {
			return err
		}
	}
	shown, err := k.api.o.Plugins.Console().Interact(k.ctx, k.by, k.param("plugin"), i)
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: k.interactInfo(shown)})
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func (k *call) interactInfo(s *places.Shown) interactInfo {
	out := interactInfo{Tree: s.Tree, Navigate: s.Navigate}
	if s.Toast != "" {
		out.Toast = &interactToast{s.Toast, s.Tone}
		if s.Tone == "" {
			out.Toast.Tone = "info"
		}
	}
	for _, f := range s.Faults {
		text := ""
		if said, ok := f.Args["text"].(interface{ In(string) string }); ok {
			text = said.In(string(server.Locale(k.Ctx)))
		}
		out.Faults = append(out.Faults, interactFault{f.Pointer, text})
	}
	if s.Patch != nil {
		out.Patch = &interactPatch{s.Patch, s.Revision}
	}
	return out
}

// frameFile gives a file of a frame. It is the same for everybody, and in no
// way secret: a frame has no cookies to ask with.
func frameFile(k *call) error {
	name, err := url.PathUnescape(strings.Clone(k.Params("*")))
	if err != nil {
		return problem.New(problem.NotFound, "console_place_missing", problem.Args{"place": k.param("plugin")})
	}
	body, mediaType, err := k.api.o.Plugins.FrameFile(k.ctx, k.param("plugin"), k.param("build"), name)
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderContentSecurityPolicy, places.FramePolicy)
	k.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	// The frame is of no origin: its own files are another's to it.
	k.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	k.Set("Cross-Origin-Resource-Policy", "cross-origin")
	k.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	k.Set(fiber.HeaderContentType, mediaType)
	k.Response().Header.Del(fiber.HeaderXFrameOptions)
	return k.Send(body)
}
