//go:build !linux && !darwin

package extract

// confine has no means here besides those of the process that started this one.
func confine(int) {}
