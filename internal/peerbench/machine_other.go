//go:build !linux

package main

import (
	"errors"
	"time"
)

// What a system does not tell reads as zero here, and the tables that need it say so.

func residentBytes() int64    { return 0 }
func cpuTime() time.Duration  { return 0 }
func cpuModel() string        { return "unknown CPU" }
func memoryTotal() int64      { return 0 }
func memoryAvailable() int64  { return 0 }
func hugeBytes() int64        { return 0 }
func hugePageSetting() string { return "unknown" }
func loadAverage() string     { return "unknown" }
func kernelRelease() string   { return "" }

func processCPUTime(int) (time.Duration, error) {
	return 0, errors.New("another process's CPU time is read on linux only")
}

func processResidentBytes(int) int64 { return 0 }
