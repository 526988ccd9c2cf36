package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
	"sync/atomic"
)

// User is somebody who has rights. Its methods may be called from several goroutines.
type User struct {
	name string
	open atomic.Bool // rights are unrestricted
	now  atomic.Pointer[rights]
}

// rights are what a user has at a time. They do not change.
type rights struct {
	enabled, noPass        bool
	sanitize, skipSanitize bool     // kept for the sake of ACL files; payloads are always checked
	passwords              []string // SHA-256 in hexadecimal
	selectors              []*selector
}

// Nobody is who has not authenticated. It has no rights, and Set does not reach it.
var Nobody = newUser("", &rights{})

func newUser(name string, r *rights) *User {
	u := &User{name: name}
	u.set(r)
	return u
}

func (u *User) set(r *rights) {
	u.now.Store(r)
	u.open.Store(slices.ContainsFunc(r.selectors, (*selector).unrestricted))
}

// Name returns the user's name.
func (u *User) Name() string { return u.name }

// Unrestricted reports whether the user may do everything, so that Check can be left out.
func (u *User) Unrestricted() bool { return u.open.Load() }

// AdmitsAll reports whether the user can be had without a password.
func (u *User) AdmitsAll() bool {
	r := u.now.Load()
	return r.enabled && r.noPass
}

// NeedsNoPassword reports whether any password will do, be the user enabled or not.
func (u *User) NeedsNoPassword() bool { return u.now.Load().noPass }

// Call is a call of a command as the check sees it.
type Call struct {
	Command  *Command
	Args     [][]byte
	Keys     []Key
	Channels []int // indexes of the arguments that name channels
	Patterns bool  // they are patterns
}

// Key is the index of an argument that is a key, and what the call does to it.
type Key struct {
	Index  int
	Access Access
}

// Reason is why something was not permitted.
type Reason uint8

// The reasons are in the order in which the one that matters is chosen from the verdicts of several selectors.
const (
	Permitted Reason = iota
	DeniedCommand
	DeniedKey
	DeniedAuth
	DeniedChannel
)

// String returns the word that ACL LOG has for the reason.
func (r Reason) String() string {
	return [...]string{"", "command", "key", "auth", "channel"}[r]
}

// Denial is the verdict on a call: why it is not permitted, and which argument is the reason if it is a key or channel.
// The zero Denial permits the call.
type Denial struct {
	Reason Reason
	Index  int
}

// Check returns whether the user may make the call. O(selectors × (keys + channels) × patterns), without allocation.
func (u *User) Check(call *Call) Denial {
	r := u.now.Load()
	if len(r.selectors) == 0 && call.Command.Open {
		return Denial{}
	}
	verdict := Denial{Reason: DeniedCommand}
	for _, s := range r.selectors {
		d := s.check(call)
		if d.Reason == Permitted {
			return d
		}
		if d.Reason > verdict.Reason || d.Reason == verdict.Reason && d.Index > verdict.Index {
			verdict = d
		}
	}
	return verdict
}

// ReadsAll returns whether the user may make the call by rights that include reading every key there is. O(Check).
func (u *User) ReadsAll(call *Call) bool {
	return slices.ContainsFunc(u.now.Load().selectors, func(s *selector) bool {
		return s.readsAll() && s.check(call).Reason == Permitted
	})
}

// MayListen reports whether the user's rights cover a subscription.
func (u *User) MayListen(channel []byte, isPattern bool) bool {
	return slices.ContainsFunc(u.now.Load().selectors, func(s *selector) bool {
		return s.allChannels || s.allowsChannel(channel, isPattern)
	})
}

// clone returns a copy of the rights that apply may change.
func (r *rights) clone() *rights {
	c := *r
	c.passwords = slices.Clone(r.passwords)
	c.selectors = make([]*selector, len(r.selectors))
	for i, s := range r.selectors {
		c.selectors[i] = s.clone()
	}
	return &c
}

// fresh returns the rights of a user of whom nothing has been said.
func (us *Users) fresh() *rights {
	return &rights{selectors: []*selector{newSelector(us.catalog, us.allChannels.Load())}}
}

// apply changes rights by a rule.
func (us *Users) apply(r *rights, rule string) error {
	root := r.selectors[0]
	switch strings.ToLower(rule) {
	case "":
	case "on":
		r.enabled = true
	case "off":
		r.enabled = false
	case "nopass":
		r.noPass, r.passwords = true, nil
	case "resetpass":
		r.noPass, r.passwords = false, nil
	case "sanitize-payload":
		r.sanitize, r.skipSanitize = true, false
	case "skip-sanitize-payload":
		r.sanitize, r.skipSanitize = false, true
	case "clearselectors":
		r.selectors = r.selectors[:1]
	case "reset":
		*r = *us.fresh()
		r.sanitize = true
	default:
		return us.applyMarked(r, root, rule)
	}
	return nil
}

// applyMarked applies a rule whose first byte says what it is about.
func (us *Users) applyMarked(r *rights, root *selector, rule string) error {
	switch {
	case strings.IndexByte("><#!", rule[0]) >= 0:
		return r.applyPassword(rule)
	case rule[0] == '(' && rule[len(rule)-1] == ')':
		s, err := parseSelector(us.catalog, rule, us.allChannels.Load())
		if err != nil {
			return err
		}
		r.selectors = append(r.selectors, s)
		return nil
	}
	return root.apply(us.catalog, rule)
}

// applyPassword applies >password, <password, #hash or !hash.
func (r *rights) applyPassword(rule string) error {
	sign, hash := rule[0], rule[1:]
	if sign == '>' || sign == '<' {
		hash = hashPassword([]byte(hash))
	} else if !isHash(hash) {
		return ErrPasswordHash
	}
	at := slices.Index(r.passwords, hash)
	if sign == '<' || sign == '!' {
		if at < 0 {
			return ErrNoSuchPassword
		}
		r.passwords = slices.Delete(r.passwords, at, at+1)
		return nil
	}
	if at < 0 {
		r.passwords = append(r.passwords, hash)
	}
	r.noPass = false
	return nil
}

func hashPassword(password []byte) string {
	sum := sha256.Sum256(password)
	return hex.EncodeToString(sum[:])
}

func isHash(s string) bool {
	return len(s) == 2*sha256.Size && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f')
	})
}

// admits reports whether the user can be had with a password of that hash.
func (r *rights) admits(hash string) bool {
	if !r.enabled {
		return false
	}
	admitted := 0
	for _, own := range r.passwords {
		admitted |= subtle.ConstantTimeCompare([]byte(own), []byte(hash))
	}
	return r.noPass || admitted == 1
}

// Profile is a user's rights as ACL GETUSER shows them.
type Profile struct {
	Flags     []string
	Passwords []string // SHA-256 in hexadecimal
	Selectors []Rules  // the first is the root
}

// Rules are the rules that make up a selector.
type Rules struct{ Commands, Keys, Channels string }

// Profile returns the user's rights.
func (us *Users) Profile(u *User) Profile {
	r := u.now.Load()
	p := Profile{Flags: r.flags(), Passwords: slices.Clone(r.passwords)}
	for _, s := range r.selectors {
		p.Selectors = append(p.Selectors, Rules{s.commandRules(us.catalog), s.keyRules(), s.channelRules()})
	}
	return p
}

func (r *rights) flags() []string {
	flags := []string{"off"}
	if r.enabled {
		flags[0] = "on"
	}
	if r.noPass {
		flags = append(flags, "nopass")
	}
	if r.skipSanitize {
		flags = append(flags, "skip-sanitize-payload")
	}
	if r.sanitize {
		flags = append(flags, "sanitize-payload")
	}
	return flags
}

// describe returns the user's line of an ACL file.
func (us *Users) describe(u *User) string {
	r := u.now.Load()
	parts := append([]string{"user", u.name}, r.flags()...)
	for _, hash := range r.passwords {
		parts = append(parts, "#"+hash)
	}
	for i, s := range r.selectors {
		rules := s.rules(us.catalog)
		if i > 0 {
			rules = "(" + rules + ")"
		}
		parts = append(parts, rules)
	}
	return strings.Join(parts, " ")
}
