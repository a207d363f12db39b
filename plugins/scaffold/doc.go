// Package scaffold makes the folder of a new plugin: a module outside of this
// repository that builds, is tested and runs as it is. What it writes are the
// templates; the tests build and run what comes of them.
package scaffold
