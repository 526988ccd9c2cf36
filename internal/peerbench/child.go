package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Every store is measured in a process of its own, so that neither its garbage nor its goroutines nor its resident set
// touch another's. The process is this program, started again with workerFlag; it answers requests, one JSON object
// each, over its standard streams, and ends when its standard input does. Processes that are not being asked are idle,
// which lets the parent keep several filled stores alive and alternate between them.

const workerFlag = "-worker"

// request asks a worker for one measurement.
type request struct {
	Op     string
	Config storeConfig
	N      int     `json:",omitempty"` // entries
	Ops    int     `json:",omitempty"` // operations to time
	Seed   uint64  `json:",omitempty"`
	Zipf   float64 `json:",omitempty"` // skew of the keys asked for; 0 is uniform
	G      int     `json:",omitempty"` // goroutines
	TTL    bool    `json:",omitempty"`
	Sizes  sizes   // of values, where they differ
	Secs   float64 `json:",omitempty"`
}

// values is a worker's answer: named figures, times in nanoseconds.
type values map[string]float64

type reply struct {
	Error  string `json:",omitempty"`
	Values values `json:",omitempty"`
}

// child is a running worker.
type child struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	enc  *json.Encoder
	dec  *json.Decoder
}

func startChild(name string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, workerFlag, name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{name: name, cmd: cmd, in: in, enc: json.NewEncoder(in), dec: json.NewDecoder(out)}, nil
}

// call has one request answered. A worker that dies, for want of memory say, is an error like any other.
func (c *child) call(r request) (values, error) {
	if err := c.enc.Encode(r); err != nil {
		return nil, fmt.Errorf("%s: %s: the worker is gone: %w", c.name, r.Op, err)
	}
	var answer reply
	if err := c.dec.Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s: %s: the worker died: %w", c.name, r.Op, err)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("%s: %s: %s", c.name, r.Op, answer.Error)
	}
	return answer.Values, nil
}

// stop ends the worker and waits until its memory is free again.
func (c *child) stop() {
	c.in.Close()
	_ = c.cmd.Wait() // how an idle worker ended tells nothing that call has not told
}

// once runs a single request in a worker of its own.
func once(name string, r request) (values, error) {
	c, err := startChild(name)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	return c.call(r)
}
