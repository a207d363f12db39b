//go:build !race

package launch

// watched is how many times the memory of a process may be.
const watched = 1
