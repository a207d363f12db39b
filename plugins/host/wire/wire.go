// Package wire holds what the parts of the host share about calls: limits, who
// is behind one, and how errors travel.
package wire

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// MaxMessage bounds messages both ways, in bytes.
const MaxMessage = 4 << 20

// MaxFaults bounds what is told of faults that a plugin finds.
const MaxFaults = 20

// Self is a plugin as an actor for itself.
func Self(name string) content.Actor { return content.Actor{Kind: content.ActorPlugin, ID: name} }

// Folder is where the bucket keeps what belongs to one installation.
func Folder(id string) string { return "plugins/" + id + "/" }

// Origin says who is behind something.
func Origin(by content.Actor) *pluginpb.Origin {
	o := &pluginpb.Origin{Kind: string(by.Kind), User: string(by.For)}
	if by.Kind == "" {
		o.Kind = string(content.ActorVisitor)
	}
	if by.Kind == content.ActorUser {
		o.User = by.ID
	}
	return o
}

// Secret draws 128 bits as 32 hexadecimal digits.
func Secret(random io.Reader) (string, error) {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return hex.EncodeToString(raw), nil
}

// Clip cuts a text.
func Clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// Told is what an error of a call says.
func Told(err error) string {
	s, ok := status.FromError(err)
	if !ok {
		return err.Error()
	}
	return s.Code().String() + ": " + strings.ToValidUTF8(Clip(s.Message(), 500), "")
}

// Said is a text of a plugin, in the languages that it has.
type Said schema.Texts

// In gives the text in a locale; core/texts calls it.
func (t Said) In(locale string) string { return schema.Texts(t).In(content.Locale(locale)) }

// Words reads a text of a plugin.
func Words(message map[string]string) Said {
	out := Said{}
	for l, text := range message {
		if content.ValidLocale(l) {
			out[content.Locale(l)] = Clip(text, 500)
		}
	}
	return out
}

// Faults reads what a plugin finds wrong with what a person gave.
func Faults(plugin string, faults []*pluginpb.Fault) []problem.Field {
	var out []problem.Field
	for _, f := range faults[:min(len(faults), MaxFaults)] {
		out = append(out, problem.Field{Pointer: Clip(f.Pointer, 200), Code: "plugin_refusal",
			Args: problem.Args{"plugin": plugin, "text": Words(f.Message)}})
	}
	return out
}

var codesOf = map[problem.Kind]codes.Code{
	problem.BadRequest: codes.InvalidArgument, problem.Unauthenticated: codes.Unauthenticated, problem.Forbidden: codes.PermissionDenied,
	problem.NotFound: codes.NotFound, problem.Conflict: codes.AlreadyExists, problem.Stale: codes.Aborted,
	problem.TooLarge: codes.OutOfRange, problem.Unsupported: codes.InvalidArgument, problem.Invalid: codes.InvalidArgument,
	problem.PreconditionRequired: codes.FailedPrecondition, problem.Limited: codes.ResourceExhausted,
	problem.Unavailable: codes.Unavailable, problem.Unclear: codes.Unknown, problem.Gone: codes.NotFound,
}

// Status writes an error for a plugin. What is no problem is ours and is not
// told: ours reports that.
func Status(catalogue *texts.Catalogue, err error) (_ error, ours bool) {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		if _, told := status.FromError(err); told {
			return err, false
		}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return status.FromContextError(err).Err(), false
		}
		return status.Error(codes.Internal, "internal"), true
	}
	code, known := codesOf[p.Kind]
	if !known {
		code = codes.Internal
	}
	say := func(code string, args map[string]any) map[string]string {
		out := map[string]string{}
		for _, l := range texts.Locales {
			out[l] = catalogue.Text(l, code, args)
		}
		return out
	}
	detail := &pluginpb.Problem{Code: p.Code, Text: say(p.Code, p.Args)}
	for _, f := range p.Fields {
		detail.Faults = append(detail.Faults, &pluginpb.Fault{Pointer: f.Pointer, Message: say(f.Code, f.Args)})
	}
	plain := status.New(code, p.Code+": "+strings.ToValidUTF8(Clip(detail.Text["en"], 1000), ""))
	full, failed := plain.WithDetails(detail)
	if failed != nil {
		return plain.Err(), !known
	}
	return full.Err(), !known
}

// NodeID reads or makes the name of this data folder among the nodes.
func NodeID(file string, random io.Reader) (string, error) {
	if raw, err := os.ReadFile(file); err == nil && len(raw) == 32 {
		return string(raw), nil
	}
	id, err := Secret(random)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(file, []byte(id), 0o600); err != nil {
		return "", fmt.Errorf("name this node: %w", err)
	}
	return id, nil
}
