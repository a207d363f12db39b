// Package profile keeps the profiles of associations right: whoever has the
// mailbox of an association confirms or corrects its profile by a link, without
// an account, and is asked to do so every half year. It writes through actions
// as the program, only the fields that it offers, and what is sensitive waits
// for the review of a coordinator.
package profile
