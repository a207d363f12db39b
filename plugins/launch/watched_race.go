//go:build race

package launch

// watched is how many times the memory of a process may be. A program under the
// race detector keeps shadows of what it writes, and ends when it gets none.
const watched = 4
