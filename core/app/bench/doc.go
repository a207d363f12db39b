// Package bench measures the whole program: what a reader, a writer and an
// operator see, each next to a baseline in the same run, with the ratio. It
// holds only benchmarks; `make bench` runs them and prints their tables.
package bench
