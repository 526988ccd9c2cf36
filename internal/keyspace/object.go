package keyspace

import "time"

var typeNames = [...]string{"none", "string", "list", "set", "zset", "hash"}

// String returns Redis' name of the type.
func (t Type) String() string { return typeNames[t] }

// ParseType returns the type that Redis calls name.
func ParseType(name string) (Type, bool) {
	for i, n := range typeNames[1:] {
		if n == name {
			return Type(i + 1), true
		}
	}
	return 0, false
}

// maxEmbedded is the length up to which Redis 7.0 keeps a string in the same
// allocation as its object and calls it embstr.
const maxEmbedded = 44

// EncodingName returns Redis' name of the value's representation.
func (s *Slot) EncodingName() string {
	if s.Type() != String {
		return kindNames[s.Type()][s.Encoding()]
	}
	switch {
	case s.at.encoding() == Int:
		return "int"
	case s.at.encoding() == Embedded && len(s.value()) <= maxEmbedded:
		return "embstr"
	}
	return "raw"
}

// IdleTime returns for how long the key was not used.
func (s *Slot) IdleTime() time.Duration { return s.shard.idle(s.at.access()) }

// Freq returns the key's frequency of use on Redis' scale of 0 to 255.
func (s *Slot) Freq() int { return s.shard.freq(s.at.access()) }

// MemoryUsage returns the bytes of memory the key takes, its share of the table
// included.
func (s *Slot) MemoryUsage() int { return s.shard.memoryUsage(s.entry, &s.at) }
