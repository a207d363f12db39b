package sdk

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What the host refuses without words for people is told apart as well.
func TestStale(t *testing.T) {
	stale := fmt.Errorf("keep it: %w", told(status.Error(codes.Aborted, "the value has another version")))
	if !IsStale(stale) || IsNotFound(stale) || IsStale(nil) {
		t.Errorf("%v: stale %v", stale, IsStale(stale))
	}
}
