package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

// call is one request on its way through a handler.
type call struct {
	*fiber.Ctx
	api *API
	ctx context.Context
	by  content.Actor
}

// param gives a part of the path, decoded. What cannot be a name is none.
func (k *call) param(name string) string {
	text, err := url.PathUnescape(utils.CopyString(k.Params(name)))
	if err != nil || len(text) > 300 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '/' || r == 0x7f }) {
		return ""
	}
	return strings.ToValidUTF8(text, "")
}

// queryString is what stands behind the question mark, as sent.
func (k *call) queryString() string { return string(k.Context().URI().QueryString()) }

// params reads the query string with the one parser; names are those that the
// route knows besides the parameters of reads.
func (k *call) params(names ...string) (query.Params, error) {
	return query.ParseParams(k.queryString(), names...)
}

// only reads a query string that may have nothing but the names.
func (k *call) only(names ...string) (map[string]string, error) {
	p, err := query.ParseParams(k.queryString(), names...)
	if err != nil {
		return nil, err
	}
	also := p.Also
	if p.Also = nil; !reflect.ValueOf(p).IsZero() {
		return nil, problem.Parameter("", "parameters_of_reads", nil)
	}
	return also, nil
}

// read looks at one moment of the view with the caller's rights.
func (k *call) read(f func(tx *view.Tx, p *access.Policy) error) error {
	err := k.api.o.View.Read(k.ctx, func(tx *view.Tx) error {
		p, err := k.api.policy(tx, k.by)
		if err != nil {
			return err
		}
		return f(tx, p)
	})
	if err == nil || errors.As(err, new(*problem.Error)) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return problem.Wrap(err, problem.Unavailable, "too_slow", nil)
	}
	return fmt.Errorf("read view: %w", err)
}

// do carries out an action, once per Idempotency-Key.
func (k *call) do(a action.Action, reason string, body []byte) (action.Receipt, error) {
	o := action.Options{Reason: reason}
	if key := strings.Clone(k.Get("Idempotency-Key")); key != "" {
		if len(key) > action.MaxKey {
			return action.Receipt{}, problem.New(problem.BadRequest, "idempotency_key_too_long", problem.Args{"limit": action.MaxKey})
		}
		o.Key, o.Request = key, k.fingerprint(body)
	}
	r, err := k.api.o.Runner.DoWith(k.ctx, k.by, a, o)
	if err == nil && r.Replayed {
		k.Set("Idempotency-Replayed", "true")
	}
	return r, err
}

// fingerprint tells two requests under one key apart. It stays in the log, so
// it is too short to find out by trying what personal data a body held.
func (k *call) fingerprint(body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", k.Method(), k.OriginalURL())
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// envelope is the outside of every JSON answer.
type envelope struct {
	Data  any            `json:"data"`
	Meta  map[string]any `json:"meta,omitempty"`
	Links map[string]any `json:"links,omitempty"`
}

// answer sends a JSON body, tagged by what it says. revision -1: no revision.
func (k *call) answer(revision int, e envelope) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return server.Send(k.Ctx, fiber.MIMEApplicationJSON, revision, body)
}

// written answers a change: the thing as it is now, tagged by its revision.
func (k *call) written(status, revision int, e envelope) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if revision > 0 {
		k.Set(fiber.HeaderETag, server.RevisionTag(revision))
	}
	k.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	k.Status(status).Context().Response.SetBodyRaw(body)
	return nil
}

// created is written with 201 and the address of the new thing.
func (k *call) created(address string, revision int, e envelope) error {
	k.Set(fiber.HeaderLocation, address)
	return k.written(fiber.StatusCreated, revision, e)
}

// absent answers a change that leaves nothing to show.
func (k *call) absent() error {
	k.Status(fiber.StatusNoContent)
	return nil
}
