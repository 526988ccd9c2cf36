package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// residentBytes is the resident set of this process.
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// cpuTime is the user and system time this process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// processCPUTime is the user and system time that another process has used.
func processCPUTime(pid int) (time.Duration, error) {
	// The clock of a process, as clock_getcpuclockid names it, counts in nanoseconds what /proc counts in ticks.
	const scheduled = 2
	var t unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|scheduled), &t)
	return time.Duration(t.Nano()), err
}

// processResidentBytes is the resident set of another process.
func processResidentBytes(pid int) int64 {
	return procKiB("/proc/"+strconv.Itoa(pid)+"/status", "VmRSS")
}

func cpuModel() string       { return procField("/proc/cpuinfo", "model name") }
func memoryTotal() int64     { return procKiB("/proc/meminfo", "MemTotal") }
func memoryAvailable() int64 { return procKiB("/proc/meminfo", "MemAvailable") }

// hugeBytes is how much of this process lies in huge pages.
func hugeBytes() int64 { return procKiB("/proc/self/smaps_rollup", "AnonHugePages") }

func hugePageSetting() string {
	b, _ := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return strings.TrimSpace(string(b))
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.TrimSpace(string(b))
}

func kernelRelease() string {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(b))
}

// procField is the value of the first line "name : value" of a file under /proc.
func procField(path, name string) string {
	b, _ := os.ReadFile(path)
	for line := range strings.Lines(string(b)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func procKiB(path, name string) int64 {
	kib, _ := strconv.ParseInt(strings.TrimSuffix(procField(path, name), " kB"), 10, 64)
	return kib << 10
}
