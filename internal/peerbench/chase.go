package main

import (
	"math/bits"
	"time"
)

// The yardstick of a lookup: two random reads of memory, the address of the second depending on what the first read,
// in an array as large as the store that is compared with it.

const (
	smallPagesName = "two reads, 4 KiB pages"
	hugePagesName  = "two reads, huge pages"
)

// footprint is the bytes that an entry and its share of an index take in a store that wastes nothing.
const footprint = pairSize + 16

type chase struct {
	words   []uint64
	release func()
}

// at maps a word to an index below len(words) without a division.
func (c *chase) at(x uint64) uint64 {
	hi, _ := bits.Mul64(x, uint64(len(c.words)))
	return hi
}

// linked has each pair of reads begin where the pair before ended: the full latency of two reads.
func (c *chase) linked(ops int, seed uint64) time.Duration {
	x := mix(seed)
	start := time.Now()
	for i := range ops {
		first := c.words[c.at(x)]
		x = c.words[c.at(first)] ^ uint64(i)*0x9e3779b97f4a7c15
	}
	took := time.Since(start)
	sink += x
	return took
}

// overlapping lets the processor begin the next pair while it waits for this one, as far as it looks ahead: what a loop
// of lookups could reach if lookups took no instructions of their own.
func (c *chase) overlapping(ops int, seed uint64) time.Duration {
	x, sum := mix(seed), uint64(0)
	start := time.Now()
	for range ops {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		sum += c.words[c.at(c.words[c.at(x)])]
	}
	took := time.Since(start)
	sink += sum
	return took
}

func (w *worker) fillMemory(r request) (values, error) {
	words, release, err := mapWords(r.N*footprint/8, w.name == hugePagesName)
	if err != nil {
		return nil, err
	}
	for i := range words {
		words[i] = mix(uint64(i) ^ r.Seed)
	}
	w.chase = &chase{words, release}
	return values{"kept": 1, "huge": float64(hugeBytes()) / float64(len(words)*8)}, nil
}

func (w *worker) chasePointers(r request) (values, error) {
	return values{
		"linked":      float64(w.chase.linked(r.Ops, r.Seed).Nanoseconds()) / float64(r.Ops),
		"overlapping": float64(w.chase.overlapping(r.Ops, r.Seed).Nanoseconds()) / float64(r.Ops),
	}, nil
}
