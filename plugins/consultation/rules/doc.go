// Package rules holds what the consultation module decides: phases, mandates,
// seats, minutes, positions, delays, likeness, order. Pure functions of values;
// it reads and writes nothing.
package rules
