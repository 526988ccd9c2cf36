package acl

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// DefaultName is the name of the user that every connection begins as. It always exists.
const DefaultName = "default"

// Users are the users of a server, and the log of what they were denied. The methods may be called from several
// goroutines.
type Users struct {
	Log Log

	catalog     *Catalog
	standard    *User       // the default user, the same for ever
	allChannels atomic.Bool // new users have all channels (acl-pubsub-default)

	mu     sync.Mutex
	byName map[string]*User
}

// NewUsers returns users whose rules are about the commands of the catalog. There is the default user, who may do
// everything and needs no password.
func NewUsers(catalog *Catalog) *Users {
	us := &Users{catalog: catalog}
	us.standard = newUser(DefaultName, us.unlimited())
	us.byName = map[string]*User{DefaultName: us.standard}
	us.Log.SetMax(defaultLogMax)
	return us
}

// unlimited returns the rights of a default user of whom nothing has been said.
func (us *Users) unlimited() *rights {
	r := &rights{enabled: true, noPass: true, selectors: []*selector{newSelector(us.catalog, true)}}
	r.selectors[0].allKeys = true
	r.selectors[0].setAllCommands(true)
	return r
}

// Default returns the default user.
func (us *Users) Default() *User { return us.standard }

// Lookup returns the user of that name, nil if there is none.
func (us *Users) Lookup(name string) *User {
	us.mu.Lock()
	defer us.mu.Unlock()
	return us.byName[name]
}

// Names returns the names of all users in order.
func (us *Users) Names() []string {
	us.mu.Lock()
	defer us.mu.Unlock()
	return slices.Sorted(maps.Keys(us.byName))
}

// List returns a line for every user, as ACL files have them, in the order of names.
func (us *Users) List() []string {
	us.mu.Lock()
	defer us.mu.Unlock()
	lines := make([]string, 0, len(us.byName))
	for _, name := range slices.Sorted(maps.Keys(us.byName)) {
		lines = append(lines, us.describe(us.byName[name]))
	}
	return lines
}

// Set changes a user by rules, all of them or, when it returns an error, none. A user who does not exist is created,
// disabled and without rights before the rules apply. It is ACL SETUSER. The error is ErrUserName, a *RuleError or an
// *UnmatchedError.
func (us *Users) Set(name string, rules []string) error {
	if hasSpaces(name) {
		return ErrUserName
	}
	rules, err := joinSelectors(rules)
	if err != nil {
		return err
	}
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.byName[name]
	r := us.fresh()
	if u != nil {
		r = u.now.Load().clone()
	}
	for _, rule := range rules {
		if err := us.apply(r, rule); err != nil {
			return &RuleError{rule, err}
		}
	}
	if u == nil {
		us.byName[name] = newUser(name, r)
		return nil
	}
	u.set(r)
	return nil
}

// joinSelectors makes one rule of the words that a selector was split into. As in Redis 7.0 a selector that is opened
// before the one at hand was closed takes its place.
func joinSelectors(words []string) ([]string, error) {
	rules := make([]string, 0, len(words))
	open := -1
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "(") && !strings.HasSuffix(word, ")"):
			if open >= 0 {
				rules = rules[:len(rules)-1]
			}
			rules = append(rules, word)
			open = i
		case open >= 0:
			rules[len(rules)-1] += " " + word
		default:
			rules = append(rules, word)
		}
		if strings.HasSuffix(word, ")") {
			open = -1
		}
	}
	if open >= 0 {
		return nil, &UnmatchedError{words[open]}
	}
	return rules, nil
}

// Delete removes users and returns those that there were. The default user stays.
func (us *Users) Delete(names ...string) (deleted []*User) {
	us.mu.Lock()
	defer us.mu.Unlock()
	for _, name := range names {
		u := us.byName[name]
		if u == nil || u == us.standard {
			continue
		}
		delete(us.byName, name)
		u.set(&rights{})
		deleted = append(deleted, u)
	}
	return deleted
}

// SetDefaultPassword makes the password the only one of the default user, who needs none if it is empty (requirepass).
func (us *Users) SetDefaultPassword(password string) {
	us.mu.Lock()
	defer us.mu.Unlock()
	r := us.standard.now.Load().clone()
	r.passwords, r.noPass = nil, password == ""
	if password != "" {
		r.passwords = []string{hashPassword([]byte(password))}
	}
	us.standard.set(r)
}

// AllChannels reports whether new users and selectors may use all channels until a rule says otherwise.
func (us *Users) AllChannels() bool { return us.allChannels.Load() }

// SetAllChannels sets what AllChannels reports.
func (us *Users) SetAllChannels(all bool) { us.allChannels.Store(all) }

// Authenticate returns the user if the name and password are right and the user is enabled, nil otherwise.
func (us *Users) Authenticate(name string, password []byte) *User {
	hash := hashPassword(password)
	u := us.Lookup(name)
	if u == nil || !u.now.Load().admits(hash) {
		return nil
	}
	return u
}
