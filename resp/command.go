package resp

import (
	"encoding/binary"
	"strings"

	"github.com/larderkv/larder/internal/acl"
)

// The command table.
//
// Every command is declared once, in the file that holds its handler, by a command literal that carries what the
// dispatcher and COMMAND INFO need. What only COMMAND DOCS shows stands in command_docs.go and is built when it is
// first asked for. Facts that follow from others are derived when the table is built: implied flags and ACL
// categories, and the first key, last key and step of the reply format that preceded key specifications.
//
// Looking a command up costs a few nanoseconds and no allocation: names are hashed from their length and their two
// outer words, both folded to lower case, into an open-addressed table that is at most a quarter full.

// handler answers one command. args[0] is the command's name as the client wrote it; for a subcommand args[1] is the
// subcommand's. The arguments point into the connection's input buffer and are valid until the handler returns.
type handler func(c *client, args [][]byte)

// command is one entry of the command table, or one subcommand of an entry.
type command struct {
	name     string // lower case; a subcommand's is "container|subcommand"
	id       int    // of its counters
	handler  handler
	arity    int // number of arguments with the name; negative: at least that many
	flags    commandFlags
	category aclCategory // what the flags do not imply
	keys     []keySpec
	tips     []string

	// flagsFor gives the exact access of this call to its first key where keys[0] says that it varies.
	flagsFor func(args [][]byte) keyFlags

	// moreKeys appends the keys of a call that no specification can find.
	moreKeys func(refs []keyRef, args [][]byte) []keyRef

	// namesNotAll reports whether a call deals with more keys than those that its arguments name.
	namesNotAll func(args [][]byte) bool

	whileSubscribed bool // may be called in RESP2 by a client with subscriptions
	inMulti         bool // is executed at once, not queued, between MULTI and EXEC
	mayReplicate    bool // though no write, is sent to the replicas, where there are any
	wholeCache      bool // deals with more of the cache than the keys that it names

	subcommands []*command

	secret func(args [][]byte, index int) bool // whether an argument must not be shown to others; nil: none

	firstKey, lastKey, keyStep int // derived from keys
	element                    int // of elementArgs

	entry    *acl.Command // what access rules know it by
	channels *channelSpec // nil if it names none
}

// commandFlags are the properties of a command that COMMAND INFO lists.
type commandFlags uint32

const (
	flagWrite commandFlags = 1 << iota
	flagReadonly
	flagDenyOOM
	flagAdmin
	flagPubSub
	flagNoScript
	flagBlocking
	flagLoading
	flagStale
	flagSkipMonitor
	flagSkipSlowlog
	flagAsking
	flagFast
	flagNoAuth
	flagMayReplicate
	flagNoMandatoryKeys
	flagNoAsyncLoading
	flagNoMulti
	flagMovableKeys // derived: the triple of first key, last key and step cannot describe the keys
	flagAllowBusy
)

var commandFlagNames = []string{
	"write", "readonly", "denyoom", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "skip_monitor",
	"skip_slowlog", "asking", "fast", "no_auth", "may_replicate", "no_mandatory_keys", "no_async_loading", "no_multi",
	"movablekeys", "allow_busy",
}

// aclCategory is a set of the categories by which access rules name commands.
type aclCategory = acl.Categories

const (
	catKeyspace    = acl.Keyspace
	catRead        = acl.ReadCommands
	catWrite       = acl.WriteCommands
	catSet         = acl.Set
	catSortedSet   = acl.SortedSet
	catList        = acl.List
	catHash        = acl.Hash
	catString      = acl.String
	catBitmap      = acl.Bitmap
	catHyperLogLog = acl.HyperLogLog
	catGeo         = acl.Geo
	catStream      = acl.Stream
	catPubSub      = acl.PubSub
	catAdmin       = acl.Admin
	catFast        = acl.Fast
	catSlow        = acl.Slow
	catBlocking    = acl.Blocking
	catDangerous   = acl.Dangerous
	catConnection  = acl.Connection
	catTransaction = acl.Transaction
	catScripting   = acl.Scripting
)

// subscribes reports whether a command makes or ends subscriptions: its replies are messages, which CLIENT REPLY does not
// hold back.
func (cmd *command) subscribes() bool {
	const both = flagPubSub | flagNoScript
	return cmd.flags&both == both
}

// keyFlags say what a command does to the keys that a specification finds. One of the first four is always set: the
// key's value is read, read and written, overwritten, or removed. The others say what happens to the user's data.
type keyFlags uint16

const (
	keyRO keyFlags = 1 << iota
	keyRW
	keyOW
	keyRM
	keyAccess
	keyUpdate
	keyInsert
	keyDelete
	keyNotKey
	keyIncomplete
	keyVariable
)

var keyFlagNames = []string{
	"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
}

// keySpec says where a group of keys stands among a command's arguments.
//
// The search begins at argument index, or, when keyword is set, behind that keyword, looked for from argument
// startFrom (negative: backwards from the end). From there the keys are a range: every step-th argument up to last,
// which is relative to the beginning or, when negative, to the end of the arguments, where limit n > 1 keeps only the
// first n-th part of what remains. With keyNum set they are counted by the argument numIndex beyond the beginning and
// stand firstIndex beyond it. Of keys that no specification can describe it is only said that there may be some.
type keySpec struct {
	flags keyFlags
	notes string

	index     int
	keyword   string
	startFrom int

	last, step, limit int

	keyNum               bool
	numIndex, firstIndex int

	unknown bool
}

// oneKey is the specification of a single key at the given argument.
func oneKey(index int, flags keyFlags) []keySpec {
	return []keySpec{{flags: flags, index: index, step: 1}}
}

// manyKeys is the specification of keys from the given argument to the last one, every step-th.
func manyKeys(index, step int, flags keyFlags) []keySpec {
	return []keySpec{{flags: flags, index: index, last: -1, step: step}}
}

// locate returns the bounds, inclusive, and the step of the keys that the specification finds among args. It returns
// ok == false when the arguments do not fit the specification.
func (s *keySpec) locate(args [][]byte) (first, last, step int, ok bool) {
	begin, ok := s.begin(args)
	if !ok {
		return 0, 0, 0, false
	}
	first, last, step = begin, 0, s.step
	switch {
	case s.keyNum:
		at := begin + s.numIndex
		if at >= len(args) {
			return 0, 0, 0, false
		}
		count, valid := parseInt(args[at])
		if !valid || count < 0 || count > int64(len(args)) {
			return 0, 0, 0, false
		}
		first = begin + s.firstIndex
		last = first + (int(count)-1)*step
	case s.last >= 0:
		last = begin + s.last
	case s.limit <= 1:
		last = len(args) + s.last
	default:
		last = begin + (len(args)-begin)/s.limit + s.last
	}
	return first, last, step, first <= last && last < len(args)
}

// begin returns the argument at which the specification's keys, or their count, begin.
func (s *keySpec) begin(args [][]byte) (int, bool) {
	if s.keyword == "" {
		return s.index, s.index < len(args)
	}
	at, end, stride := s.startFrom, len(args), 1
	if s.startFrom < 0 {
		at, end, stride = len(args)+s.startFrom, 0, -1
	}
	for ; at != end && at > 0 && at < len(args); at += stride {
		if strings.EqualFold(text(args[at]), s.keyword) {
			return at + 1, at+1 < len(args)
		}
	}
	return 0, false
}

// keyRef is the index of a key among a command's arguments and what the command does to it.
type keyRef struct {
	index int
	flags keyFlags
}

// appendKeys appends the keys of one call of cmd to refs. It returns ok == false when the arguments hold no key where
// a specification expects one.
func (cmd *command) appendKeys(refs []keyRef, args [][]byte) ([]keyRef, bool) {
	for i := range cmd.keys {
		spec := &cmd.keys[i]
		if spec.flags&keyNotKey != 0 || spec.unknown {
			continue
		}
		if spec.keyword != "" && spec.last == 0 && i > 0 {
			refs = spec.appendOptions(refs, args)
			continue
		}
		first, last, step, ok := spec.locate(args)
		if !ok {
			return refs, false
		}
		flags := spec.flags
		if flags&keyVariable != 0 && cmd.flagsFor != nil {
			flags = cmd.flagsFor(args)
		}
		for at := first; at <= last; at += step {
			refs = append(refs, keyRef{at, flags})
		}
	}
	if cmd.moreKeys != nil {
		refs = cmd.moreKeys(refs, args)
	}
	return refs, true
}

// appendOptions appends the keys behind every occurrence of a keyword that names an option of one key, which may be
// missing. It may also be there twice: which of the keys the command uses then does not matter to who guards them all.
func (s *keySpec) appendOptions(refs []keyRef, args [][]byte) []keyRef {
	for at := s.startFrom; at+1 < len(args); at++ {
		if strings.EqualFold(text(args[at]), s.keyword) {
			refs = append(refs, keyRef{at + 1, s.flags})
		}
	}
	return refs
}

// takes reports whether the command may be called with n arguments, its name included.
func (cmd *command) takes(n int) bool {
	if cmd.arity >= 0 {
		return n == cmd.arity
	}
	return n >= -cmd.arity
}

// subcommand returns the subcommand of that name in any case, nil if there is none.
func (cmd *command) subcommand(name []byte) *command {
	for _, sub := range cmd.subcommands {
		if equalFold(name, sub.name[len(cmd.name)+1:]) {
			return sub
		}
	}
	return nil
}

// findCommand returns the command or subcommand that answers args. When there is none, or it takes another number of
// arguments, it returns nil and the text of the error reply without its ERR prefix.
func findCommand(args [][]byte) (*command, string) {
	cmd := lookupCommand(args[0])
	if cmd == nil {
		return nil, unknownCommand(args)
	}
	if cmd.subcommands != nil && len(args) > 1 {
		container := cmd
		if cmd = container.subcommand(args[1]); cmd == nil {
			return nil, "unknown subcommand '" + clip(args[1], 128) + "'. Try " + strings.ToUpper(container.name) + " HELP."
		}
	}
	if !cmd.takes(len(args)) {
		return nil, "wrong number of arguments for '" + cmd.name + "' command"
	}
	return cmd, ""
}

// unknownCommand words the error for a name that is not in the table. It quotes about 128 bytes of the arguments.
func unknownCommand(args [][]byte) string {
	var quoted strings.Builder
	for _, arg := range args[1:] {
		if quoted.Len() >= 128 {
			break
		}
		quoted.WriteByte('\'')
		quoted.WriteString(clip(arg, 128-quoted.Len()+1))
		quoted.WriteString("' ")
	}
	return "unknown command '" + clip(args[0], 128) + "', with args beginning with: " + quoted.String()
}

// clip returns at most n bytes of b and nothing from a NUL byte on, as error texts show arguments.
func clip(b []byte, n int) string {
	if len(b) > n {
		b = b[:n]
	}
	for i, ch := range b {
		if ch == 0 {
			b = b[:i]
			break
		}
	}
	return string(b)
}

// equalFold reports whether b is lower in any case of its ASCII letters. lower has no capitals.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, ch := range b {
		want := lower[i]
		if ch != want && (ch|0x20 != want || want < 'a' || want > 'z') {
			return false
		}
	}
	return true
}

// commandSlots is the size of the lookup table, a power of two at least four times the number of commands.
const (
	commandSlotBits = 10
	commandSlots    = 1 << commandSlotBits
)

// maxCommandName bounds the names that can be in the table.
const maxCommandName = 32

var (
	commandList  []*command // in the order of declaration
	commandTable [commandSlots]*command
	commandIDs   int // how many commands and subcommands there are
)

func init() {
	for _, group := range [][]*command{
		stringCommands(),
		hashCommands(),
		hashExpiryCommands(),
		bitmapCommands(),
		hyperLogLogCommands(),
		geoCommands(),
		listCommands(),
		setCommands(),
		memberExpiryCommands(),
		sortedSetCommands(),
		keyCommands(),
		sortCommands(),
		connectionCommands(),
		transactionCommands(),
		pubsubCommands(),
		serverCommands(),
		commandCommands(),
		configCommands(),
		infoCommands(),
		slowlogCommands(),
		memoryCommands(),
		hotKeyCommands(),
		latencyCommands(),
		aclCommands(),
		clusterCommands(),
		replicationCommands(),
		shutdownCommands(),
		debugCommands(),
		lolwutCommands(),
		monitorCommands(),
	} {
		for _, cmd := range group {
			cmd.complete()
			insertCommand(cmd)
		}
	}
	aclCatalog = newCatalog()
}

// complete derives what follows from the declared facts.
func (cmd *command) complete() {
	if commandIDs == maxCommandIDs {
		panic("resp: maxCommandIDs is too small")
	}
	cmd.id = commandIDs
	commandIDs++
	cmd.deriveKeyRange()
	cmd.category |= impliedCategories(cmd.flags, cmd.category)
	for _, sub := range cmd.subcommands {
		sub.complete()
	}
}

// deriveKeyRange fills the triple of first key, last key and step. It covers consecutive runs of keys given by index;
// where a specification is not of that kind, the command's keys are movable.
func (cmd *command) deriveKeyRange() {
	for i := range cmd.keys {
		spec := &cmd.keys[i]
		plain := spec.keyword == "" && !spec.keyNum && !spec.unknown
		consecutive := cmd.firstKey == 0 || (spec.step == 1 && cmd.keyStep == 1 && spec.index == cmd.lastKey+1)
		if spec.flags&keyIncomplete != 0 || !plain || !consecutive {
			cmd.flags |= flagMovableKeys
		}
		if !plain || !consecutive {
			continue
		}
		if cmd.firstKey == 0 {
			cmd.firstKey, cmd.keyStep = spec.index, spec.step
		}
		cmd.lastKey = spec.last
		if spec.last >= 0 {
			cmd.lastKey += spec.index
		}
	}
}

// impliedCategories returns the ACL categories that a command of the given flags belongs to without saying so.
func impliedCategories(flags commandFlags, explicit aclCategory) aclCategory {
	var implied aclCategory
	if flags&flagWrite != 0 {
		implied |= catWrite
	}
	if flags&flagReadonly != 0 && explicit&catScripting == 0 {
		implied |= catRead
	}
	if flags&flagAdmin != 0 {
		implied |= catAdmin | catDangerous
	}
	if flags&flagPubSub != 0 {
		implied |= catPubSub
	}
	if flags&flagBlocking != 0 {
		implied |= catBlocking
	}
	if flags&flagFast != 0 {
		return implied | catFast
	}
	return implied | catSlow
}

func insertCommand(cmd *command) {
	if len(cmd.name) > maxCommandName || 4*len(commandList) >= commandSlots {
		panic("resp: command table too small for " + cmd.name)
	}
	cmd.element = elementArgs[cmd.name]
	slot := commandHash([]byte(cmd.name))
	for commandTable[slot] != nil {
		if commandTable[slot].name == cmd.name {
			panic("resp: command declared twice: " + cmd.name)
		}
		slot = (slot + 1) % commandSlots
	}
	commandTable[slot] = cmd
	commandList = append(commandList, cmd)
}

// lookupCommand returns the command of that name in any case, nil if there is none. It does not allocate.
func lookupCommand(name []byte) *command {
	if len(name) > maxCommandName {
		return nil
	}
	for slot := commandHash(name); ; slot = (slot + 1) % commandSlots {
		cmd := commandTable[slot]
		if cmd == nil || equalFold(name, cmd.name) {
			return cmd
		}
	}
}

// commandHash hashes a name by its length and by its first and last eight bytes. Setting bit 5 of every byte folds
// the letters' case; that it also folds a few other bytes together costs nothing but a comparison.
func commandHash(name []byte) uint {
	const fold = 0x2020202020202020
	var head, tail uint64
	switch n := len(name); {
	case n >= 8:
		head = binary.LittleEndian.Uint64(name)
		tail = binary.LittleEndian.Uint64(name[n-8:])
	case n >= 4:
		head = uint64(binary.LittleEndian.Uint32(name))
		tail = uint64(binary.LittleEndian.Uint32(name[n-4:]))
	case n > 0:
		head = uint64(name[0]) | uint64(name[n/2])<<8 | uint64(name[n-1])<<16
	}
	h := (head|fold)*0x9e3779b97f4a7c15 ^ (tail|fold)*0xc2b2ae3d27d4eb4f ^ uint64(len(name))*0x165667b19e3779f9
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return uint(h >> (64 - commandSlotBits))
}
