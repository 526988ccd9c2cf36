package resp

import "slices"

// keyList is a message at the end of a mailbox whose last element is a list of keys, to which more may be added as long
// as it is there: a client is told with one message of keys that change at a time, such as by MSET.
type keyList struct {
	of  listing
	at  int // where the list begins
	end int // zero: there is none
	n   int // keys
}

// listing is what keys must have in common to be in one message: whose prefix they have, which, and the batch of commands
// in which they changed.
type listing struct {
	client int64
	prefix string
	batch  uint64
}

// pushKey is push for a message that consists of head and a list of keys with one key. It may join the message before.
func (c *client) pushKey(head []byte, of listing, key string) {
	c.deliver(len(head)+len(key), func(m *mailbox) { m.addKey(head, c.shownRESP > 2, of, key) })
}

func (m *mailbox) addKey(head []byte, push bool, of listing, key string) {
	if l := &m.list; l.end == 0 || l.end != len(m.out) || l.of != of {
		m.add(head, push)
		m.list = keyList{of: of, at: len(m.out)}
		m.out = appendHeader(m.out, '*', 0)
	}
	l := &m.list
	var was, is [24]byte
	m.out = slices.Replace(m.out, l.at, l.at+len(appendHeader(was[:0], '*', int64(l.n))), appendHeader(is[:0], '*', int64(l.n+1))...)
	m.out = appendBulk(m.out, key)
	l.n++
	l.end = len(m.out)
}
