// Package problem holds the few kinds of error that tell a caller what to do.
// Every error that crosses from the domain to a caller is an *Error; anything
// else is a fault of ours and is shown as Internal. The words for people are
// not here: Code names a text in the catalogues of core/texts, and Args fills
// it. core/server writes an Error as RFC 9457 problem+json.
package problem

import (
	"errors"
	"fmt"
	"maps"
)

// Kind tells the caller what to do.
type Kind uint8

// The kinds, with the HTTP status that each has at the edge.
const (
	Internal             Kind = iota // 500: our fault; try again later, tell us
	BadRequest                       // 400: the request cannot be understood
	Unauthenticated                  // 401: sign in
	Forbidden                        // 403: ask someone for the right
	NotFound                         // 404: there is none, or none that you may know of
	Conflict                         // 409: clashes with something that exists
	Stale                            // 412: changed since you read it; read again and merge
	TooLarge                         // 413: send less
	Unsupported                      // 415: send another format
	Invalid                          // 422: understood, but values break rules
	PreconditionRequired             // 428: say which revision you mean
	Limited                          // 429: wait
	Unavailable                      // 503: nothing happened; try again later
	Unclear                          // 503: it may or may not have happened; read before trying again
	Gone                             // 410: there was one, and it will not come back
)

var statuses = [...]int{500, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503, 503, 410}

// Status is the HTTP status of the kind.
func (k Kind) Status() int {
	if int(k) < len(statuses) {
		return statuses[k]
	}
	return 500
}

// Args fills the places of a text: {name} in the text takes Args["name"].
// Meta-information for programs goes to Error.Meta.
type Args map[string]any

// Error is a problem as told to a caller.
type Error struct {
	Kind   Kind
	Code   string         // stable, for programs; "field_required"
	Args   Args           // fills the text of Code
	Fields []Field        // what is wrong where, for BadRequest and Invalid
	Meta   map[string]any // further members of the problem document, such as current_revision
	Err    error          // the cause; logged, never shown
}

// Field is one thing wrong with the input.
type Field struct {
	Pointer string // JSON Pointer (RFC 6901) into the body, or the parameter's name
	Code    string // stable; names a text
	Args    Args
}

// New makes an Error without fields.
func New(k Kind, code string, args Args) *Error {
	return &Error{Kind: k, Code: code, Args: args}
}

// Wrap makes an Error with a cause that is logged and never shown.
func Wrap(err error, k Kind, code string, args Args) *Error {
	return &Error{Kind: k, Code: code, Args: args, Err: err}
}

// OfFields makes an Error of several things wrong with the input, or nil when
// there are none.
func OfFields(k Kind, code string, fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: k, Code: code, Fields: fields}
}

// Parameter makes a BadRequest about one parameter of the request.
func Parameter(name, code string, args Args) *Error {
	if args == nil {
		args = Args{}
	}
	args["parameter"] = name
	return &Error{Kind: BadRequest, Code: code, Args: args,
		Fields: []Field{{Pointer: name, Code: code, Args: args}}}
}

// With adds a member to the problem document.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Meta = maps.Clone(e.Meta)
	if c.Meta == nil {
		c.Meta = map[string]any{}
	}
	c.Meta[name] = value
	return &c
}

// Error is for logs, not for people.
func (e *Error) Error() string {
	msg := e.Code
	if len(e.Args) > 0 {
		msg += fmt.Sprintf(" %v", map[string]any(e.Args))
	}
	for _, f := range e.Fields {
		msg += fmt.Sprintf("; %s: %s %v", f.Pointer, f.Code, map[string]any(f.Args))
	}
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of an error: that of the *Error it wraps, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf gives the code of an error, or "internal".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}
