// Package api is the JSON API: each route decodes a request, calls one action
// or one query, and encodes the outcome. The routes are one table, from which
// they are registered, described (OpenAPI 3.1) and tested against every role.
// Rights are decided below: here nothing is allowed or refused, except by the
// form of a request.
package api
