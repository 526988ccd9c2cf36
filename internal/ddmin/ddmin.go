// Package ddmin makes what fails a test smaller, by delta debugging: it leaves out parts of a list as long as what
// remains still fails.
package ddmin

import "slices"

// LeaveOut leaves out ever shorter runs of a list's elements, from its end, as long as try accepts what remains, until
// try accepts the loss of no single one. It tries O(n log n) lists where little can be spared, O(n²) at worst.
//
// try reports whether the list it is given still fails, and returns what to go on with: the list or less of it, cut off
// at the end.
func LeaveOut[T any](list []T, try func([]T) ([]T, bool)) {
	for size := (len(list) + 1) / 2; size > 0; {
		progress := false
		for from := len(list) - size; from > -size; from = min(from, len(list)) - size {
			if rest, ok := try(slices.Delete(slices.Clone(list), max(from, 0), from+size)); ok {
				list, progress = rest, true
			}
		}
		if size > 1 || !progress {
			size /= 2
		}
	}
}
