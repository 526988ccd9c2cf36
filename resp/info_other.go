//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package resp

import (
	"runtime"
	"time"
)

// processTime returns zero: how it is asked for is not known here.
func processTime() (user, system time.Duration) { return 0, 0 }

// systemName returns the names of the system and the machine.
func systemName() string { return runtime.GOOS + " " + runtime.GOARCH }
