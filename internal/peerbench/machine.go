package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// machineFacts describes what a report was measured on.
func machineFacts(command string) table {
	t := table{title: "Machine", header: []string{"fact", "value"}, prose: true}
	t.add("CPU", fmt.Sprintf("%s, %d logical, GOMAXPROCS %d", cpuModel(), runtime.NumCPU(), runtime.GOMAXPROCS(0)))
	t.add("memory", fmt.Sprintf("%s, %s free", formatBytes(float64(memoryTotal())), formatBytes(float64(memoryAvailable()))))
	t.add("system", fmt.Sprintf("%s/%s %s", runtime.GOOS, runtime.GOARCH, kernelRelease()))
	t.add("huge pages", hugePageSetting())
	t.add("load before", loadAverage())
	t.add("Go", runtime.Version())
	t.add("modules", strings.Join(moduleVersions(), ", "))
	t.add("command", command)
	t.add("time", time.Now().UTC().Format(time.RFC3339))
	return t
}

// moduleVersions lists the peers as they are linked in.
func moduleVersions() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return []string{"unknown: built without module information"}
	}
	linked := make(map[string]string)
	for _, d := range info.Deps {
		linked[d.Path] = d.Version
	}
	var out []string
	for _, p := range append(peers[:len(peers):len(peers)], lru) {
		if p.module != "" && p.name != larderName {
			out = append(out, p.name+" "+linked[p.module])
		}
	}
	return out
}

// returnMemory makes the Go runtime give back what it can, so that two readings of the resident set can be compared.
func returnMemory() {
	runtime.GC()
	debug.FreeOSMemory()
}
