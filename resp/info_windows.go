package resp

import (
	"fmt"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// processTime returns the processor time that the process has used.
func processTime() (user, system time.Duration) {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0, 0
	}
	var created, ended, inKernel, inUser syscall.Filetime
	if syscall.GetProcessTimes(process, &created, &ended, &inKernel, &inUser) != nil {
		return 0, 0
	}
	return filetimeSpan(inUser), filetimeSpan(inKernel)
}

// filetimeSpan converts a span of time, which is counted in units of 100 nanoseconds.
func filetimeSpan(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}

// systemName returns the names of the system, its release and the machine.
func systemName() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d %s", v.MajorVersion, v.MinorVersion, v.BuildNumber, runtime.GOARCH)
}
