package main

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const traceSuffix = ".u32.gz"

// readTraces reads every trace of a directory. A trace is a gzip stream of little-endian 32-bit numbers, one an access,
// each number one key.
func readTraces(dir string) ([]trace, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+traceSuffix))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s holds no trace NAME%s", dir, traceSuffix)
	}
	var traces []trace
	for _, path := range paths {
		accesses, err := readTrace(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		traces = append(traces, newTrace(strings.TrimSuffix(filepath.Base(path), traceSuffix), accesses))
	}
	return traces, nil
}

func readTrace(path string) ([]uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	if len(raw)%4 != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of accesses", len(raw))
	}
	accesses := make([]uint32, len(raw)/4)
	for i := range accesses {
		accesses[i] = binary.LittleEndian.Uint32(raw[i*4:])
	}
	return accesses, nil
}
