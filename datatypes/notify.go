package datatypes

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/larderkv/larder/internal/keyspace"
)

// Notifications say which events are published, and to which channels. Their text is that of Redis'
// notify-keyspace-events.
type Notifications uint32

// The lower half of Notifications are classes of events. Those of streams and modules have none here.
const (
	notifyStream Notifications = 1 << (iota + 16)
	notifyModule
	notifyKeyspace
	notifyKeyevent
)

// notifyClasses are the letters, in the order in which Redis writes them.
var notifyClasses = []struct {
	letter byte
	flag   Notifications
}{
	{'g', Notifications(keyspace.ClassGeneric)},
	{'$', Notifications(keyspace.ClassString)},
	{'l', Notifications(keyspace.ClassList)},
	{'s', Notifications(keyspace.ClassSet)},
	{'h', Notifications(keyspace.ClassHash)},
	{'z', Notifications(keyspace.ClassSortedSet)},
	{'x', Notifications(keyspace.ClassExpired)},
	{'e', Notifications(keyspace.ClassEvicted)},
	{'t', notifyStream},
	{'d', notifyModule},
	{'n', Notifications(keyspace.ClassNew)},
	{'K', notifyKeyspace},
	{'E', notifyKeyevent},
	{'m', Notifications(keyspace.ClassMiss)},
}

const notifyAll = Notifications(keyspace.ClassesOfChanges&^keyspace.ClassFlush) | notifyStream | notifyModule

// ErrNotifications is what ParseNotifications returns for a text with another letter.
var ErrNotifications = errors.New("larder: no class of events has this letter: use 'Ag$lshzxeKEtmdn'")

// ParseNotifications reads letters as notify-keyspace-events has them. K publishes the names of events to a channel for
// each key, E the keys to a channel for each name; the others are classes of events: g generic, $ strings, l lists, s
// sets, h hashes, z sorted sets, x expired, e evicted, n new keys, m misses, t and d none, and A all of
// these but n and m.
func ParseNotifications(text string) (n Notifications, err error) {
	for i := range len(text) {
		flag := Notifications(0)
		if text[i] == 'A' {
			flag = notifyAll
		}
		for _, c := range notifyClasses {
			if c.letter == text[i] {
				flag = c.flag
			}
		}
		if flag == 0 {
			return 0, ErrNotifications
		}
		n |= flag
	}
	return n, nil
}

// String returns the letters as Redis writes them: with A, n is not shown.
func (n Notifications) String() string {
	var b strings.Builder
	const shared = notifyAll | Notifications(keyspace.ClassNew)
	all := n&notifyAll == notifyAll
	if all {
		b.WriteByte('A')
	}
	for _, c := range notifyClasses {
		if n&c.flag != 0 && !(all && c.flag&shared != 0) {
			b.WriteByte(c.letter)
		}
	}
	return b.String()
}

// classes returns the classes of events that are to be published.
func (n Notifications) classes() keyspace.EventClass {
	if n&(notifyKeyspace|notifyKeyevent) == 0 {
		return 0
	}
	return keyspace.EventClass(n) // the other flags lie above
}

// Notifier publishes events of a keyspace.
type Notifier struct {
	ks     *keyspace.Keyspace
	pubsub *PubSub

	mu     sync.Mutex
	what   Notifications
	cancel func()
}

// NewNotifier returns a notifier that publishes nothing yet.
func NewNotifier(ks *keyspace.Keyspace, pubsub *PubSub) *Notifier {
	return &Notifier{ks: ks, pubsub: pubsub, cancel: func() {}}
}

// Notifications returns what is published.
func (n *Notifier) Notifications() Notifications {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.what
}

// Set changes what is published.
func (n *Notifier) Set(what Notifications) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cancel()
	n.what, n.cancel = what, func() {}
	if classes := what.classes(); classes != 0 {
		n.cancel = n.ks.ListenTo(classes, func(e keyspace.Event) { n.publish(what, e) })
	}
}

func (n *Notifier) publish(what Notifications, e keyspace.Event) {
	db := strconv.Itoa(e.DB)
	if what&notifyKeyspace != 0 {
		n.pubsub.Publish("__keyspace@"+db+"__:"+e.Key, []byte(e.Name))
	}
	if what&notifyKeyevent != 0 {
		n.pubsub.Publish("__keyevent@"+db+"__:"+e.Name, []byte(e.Key))
	}
}
