//go:build !linux

package resp

// residentMemory returns zero: the system does not tell it to a program without cgo.
func residentMemory() int64 { return 0 }

// systemMemory returns zero where it is not known.
func systemMemory() int64 { return 0 }
