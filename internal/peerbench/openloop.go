package main

import (
	"time"

	"github.com/larderkv/larder/internal/histogram"
)

// openLoop asks a server for values at a given rate, whether it keeps up or not, over many connections. What a request
// took is counted from when it was due, so a server that stalls is charged for all that would have come meanwhile.
//
// One thread sends and receives, without waiting on any connection by itself, and sleeps to the nanosecond between what
// is due. That keeps what the generator adds to a latency small, and alike for all servers.
type openLoop struct {
	clients int
	keys    int
	rate    float64 // requests a second; 0 has every connection send the next when it has got the last
	took    time.Duration
	seed    uint64
}

// loopResult is what a server did under an openLoop.
type loopResult struct {
	latency histogram.Histogram
	late    histogram.Histogram // how late requests were sent, which is the generator's doing
	rate    float64             // requests answered a second
}
