package acl

import "strings"

// Categories is a set of the categories by which rules name commands.
type Categories uint32

const (
	Keyspace Categories = 1 << iota
	ReadCommands
	WriteCommands
	Set
	SortedSet
	List
	Hash
	String
	Bitmap
	HyperLogLog
	Geo
	Stream
	PubSub
	Admin
	Fast
	Slow
	Blocking
	Dangerous
	Connection
	Transaction
	Scripting
)

// CategoryNames are the names of the categories in the order of their bits.
var CategoryNames = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
	"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// CategoryNamed returns the category of that name in any case, zero if there is none.
func CategoryNamed(name string) Categories {
	for i, n := range CategoryNames {
		if strings.EqualFold(n, name) {
			return 1 << i
		}
	}
	return 0
}

// Command is a command or subcommand that rules can name.
type Command struct {
	Name        string // in lower case; a subcommand's is "container|subcommand"
	Categories  Categories
	Open        bool // everybody may call it, as what authenticates
	Newer       bool // Redis 7.0 lacks it: it does not weigh in the choice of words for a set of commands
	Subcommands []*Command

	id    int
	isSub bool
}

// Catalog is all commands that rules can name.
type Catalog struct {
	commands []*Command // but for subcommands
	byName   map[string]*Command
}

// NewCatalog returns a catalog of the commands and their subcommands. The commands belong to it from then on.
func NewCatalog(commands []*Command) *Catalog {
	cat := &Catalog{commands: commands, byName: make(map[string]*Command)}
	for cmd := range cat.all {
		cmd.id = len(cat.byName)
		cat.byName[cmd.Name] = cmd
		for _, sub := range cmd.Subcommands {
			sub.isSub = true
		}
	}
	return cat
}

// all yields every command, each followed by its subcommands.
func (cat *Catalog) all(yield func(*Command) bool) {
	for _, cmd := range cat.commands {
		if !yield(cmd) {
			return
		}
		for _, sub := range cmd.Subcommands {
			if !yield(sub) {
				return
			}
		}
	}
}

// named returns the command of that name in any case, nil if there is none.
func (cat *Catalog) named(name string) *Command { return cat.byName[strings.ToLower(name)] }

// commandSet is a set of the catalog's commands, and of one more that stands for commands to come.
type commandSet []uint64

func (cat *Catalog) newSet() commandSet { return make(commandSet, len(cat.byName)/64+1) }

// toCome is the element that stands for commands to come.
func (cat *Catalog) toCome() int { return len(cat.byName) }

func (set commandSet) has(id int) bool { return set[id/64]>>(id%64)&1 != 0 }

func (set commandSet) put(id int, in bool) {
	if in {
		set[id/64] |= 1 << (id % 64)
		return
	}
	set[id/64] &^= 1 << (id % 64)
}

func (set commandSet) fill(in bool) {
	var word uint64
	if in {
		word = ^word
	}
	for i := range set {
		set[i] = word
	}
}
