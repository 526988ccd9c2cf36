package keyspace

import (
	"encoding/binary"
	"strconv"
)

// IntWidth returns how many bytes hold n: 1, 2, 4 or 8.
func IntWidth(n int64) int {
	switch {
	case n == int64(int8(n)):
		return 1
	case n == int64(int16(n)):
		return 2
	case n == int64(int32(n)):
		return 4
	}
	return 8
}

// PutInt stores n in the IntWidth(n) bytes of a value.
func PutInt(value []byte, n int64) {
	switch len(value) {
	case 1:
		value[0] = byte(n)
	case 2:
		binary.LittleEndian.PutUint16(value, uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(value, uint32(n))
	default:
		binary.LittleEndian.PutUint64(value, uint64(n))
	}
}

// IntValue returns what PutInt stored.
func IntValue(value []byte) int64 {
	switch len(value) {
	case 1:
		return int64(int8(value[0]))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(value)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(value)))
	case 8:
		return int64(binary.LittleEndian.Uint64(value))
	}
	return 0
}

// Text returns the value of a string, borrowed like that of Value; an integer as
// its decimal text, which lasts only until the next Text of a key in the shard.
func (s *Slot) Text() []byte {
	if s.Exists() && s.at.encoding() == Int {
		s.shard.digits = strconv.AppendInt(s.shard.digits[:0], IntValue(s.value()), 10)
		return s.shard.digits
	}
	return s.Value()
}

// RawString makes the slot hold a string of n bytes that begins with what it
// held, as bytes even if that was an integer, and returns it for changes. New
// bytes are undefined. The expiry stays. It fails without effect.
func (s *Slot) RawString(n int) ([]byte, error) { return s.RawStringUntil(n, s.ExpireAt()) }

// RawStringUntil is RawString that also sets when the key expires, zero for
// never.
func (s *Slot) RawStringUntil(n int, expireAt int64) ([]byte, error) {
	if !s.Exists() {
		return s.Put(String, Raw, n, expireAt)
	}
	if s.at.encoding() == Int {
		text := s.Text()
		b, err := s.Put(String, Raw, n, expireAt)
		if err == nil {
			copy(b, text)
		}
		return b, err
	}
	if n > MaxSize {
		return nil, ErrTooLarge
	}
	to := newLayout(String, Raw, expireAt != 0, len(s.key), n)
	if err := s.reshape(&to, expireAt); err != nil {
		return nil, err
	}
	return s.value(), nil
}
