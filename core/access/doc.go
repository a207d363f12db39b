// Package access decides who may do what. A role is data: a list of grants,
// each a collection, some verbs, and optionally a condition on entries and a
// list of fields. Whoever holds several grants may do what any one of them
// allows, and never what only a mixture of two would. Everything starts from
// no: what no grant allows is refused.
//
// Refusals do not tell of what the caller may not know. Who may read nothing
// of a collection gets the same 404 for it and its entries as for one that
// does not exist; who may read it but not do the rest gets 403, or 401 when
// not signed in, with the verb named.
//
// Two rights amount to all of them, because they can hand out any role: to
// manage "@roles" and to manage "@users".
package access
