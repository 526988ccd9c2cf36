package resp

import (
	"github.com/larderkv/larder/internal/acl"
	"github.com/larderkv/larder/internal/glob"
)

func commandCommands() []*command {
	const flags, cat = flagLoading | flagStale, catConnection
	unordered := []string{"nondeterministic_output_order"}
	return []*command{
		{name: "command", handler: cmdCommand, arity: -1, flags: flags, category: cat, tips: unordered,
			subcommands: []*command{
				{name: "command|count", handler: cmdCommandCount, arity: 2, flags: flags, category: cat},
				{name: "command|docs", handler: cmdCommandDocs, arity: -2, flags: flags, category: cat, tips: unordered},
				{name: "command|getkeys", handler: cmdCommandGetKeys, arity: -4, flags: flags, category: cat},
				{name: "command|getkeysandflags", handler: cmdCommandGetKeysAndFlags, arity: -4, flags: flags, category: cat},
				{name: "command|help", handler: cmdCommandHelp, arity: 2, flags: flags, category: cat},
				{name: "command|info", handler: cmdCommandInfo, arity: -2, flags: flags, category: cat, tips: unordered},
				{name: "command|list", handler: cmdCommandList, arity: -2, flags: flags, category: cat, tips: unordered},
			}},
	}
}

// cmdCommand is COMMAND: the table, as COMMAND INFO shows it.
func cmdCommand(c *client, args [][]byte) {
	c.writeArray(len(commandList))
	for _, cmd := range commandList {
		writeCommandInfo(c, cmd)
	}
}

// cmdCommandCount is COMMAND COUNT.
func cmdCommandCount(c *client, args [][]byte) { c.writeInt(int64(len(commandList))) }

// cmdCommandInfo is COMMAND INFO [command …].
func cmdCommandInfo(c *client, args [][]byte) {
	names := args[2:]
	if len(names) == 0 {
		cmdCommand(c, args)
		return
	}
	c.writeArray(len(names))
	for _, name := range names {
		if cmd := namedCommand(name); cmd != nil {
			writeCommandInfo(c, cmd)
		} else {
			c.writeNull()
		}
	}
}

// cmdCommandDocs is COMMAND DOCS [command …]. Names without a command are passed over.
func cmdCommandDocs(c *client, args [][]byte) {
	cmds := commandList
	if names := args[2:]; len(names) > 0 {
		cmds = make([]*command, 0, len(names))
		for _, name := range names {
			if cmd := namedCommand(name); cmd != nil {
				cmds = append(cmds, cmd)
			}
		}
	}
	writeCommandDocs(c, cmds)
}

// cmdCommandList is COMMAND LIST [FILTERBY MODULE|ACLCAT|PATTERN value].
func cmdCommandList(c *client, args [][]byte) {
	keep := func(*command) bool { return true }
	if len(args) > 2 {
		if len(args) != 5 || !equalFold(args[2], "filterby") {
			c.writeError(errSyntax)
			return
		}
		if keep = commandFilter(args[3], string(args[4])); keep == nil {
			c.writeError(errSyntax)
			return
		}
	}
	names := appendCommandNames(nil, commandList, keep)
	c.writeArray(len(names))
	for _, name := range names {
		c.writeBulkString(name)
	}
}

// commandFilter returns the predicate of COMMAND LIST FILTERBY, nil for a filter of an unknown kind.
func commandFilter(kind []byte, value string) func(*command) bool {
	switch {
	case equalFold(kind, "module"): // there are no modules
		return func(*command) bool { return false }
	case equalFold(kind, "aclcat"):
		category := acl.CategoryNamed(value)
		return func(cmd *command) bool { return cmd.category&category != 0 }
	case equalFold(kind, "pattern"):
		return func(cmd *command) bool { return glob.Match(value, cmd.name, true) }
	}
	return nil
}

func appendCommandNames(names []string, cmds []*command, keep func(*command) bool) []string {
	for _, cmd := range cmds {
		if keep(cmd) {
			names = append(names, cmd.name)
		}
		names = appendCommandNames(names, cmd.subcommands, keep)
	}
	return names
}

// cmdCommandGetKeys is COMMAND GETKEYS command [argument …].
func cmdCommandGetKeys(c *client, args [][]byte) {
	call := args[2:]
	refs, problem := callKeys(call)
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.writeArray(len(refs))
	for _, ref := range refs {
		c.writeBulk(call[ref.index])
	}
}

// cmdCommandGetKeysAndFlags is COMMAND GETKEYSANDFLAGS command [argument …].
func cmdCommandGetKeysAndFlags(c *client, args [][]byte) {
	call := args[2:]
	refs, problem := callKeys(call)
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.writeArray(len(refs))
	for _, ref := range refs {
		c.writeArray(2)
		c.writeBulk(call[ref.index])
		writeNames(c, "", keyFlagNames, uint(ref.flags))
	}
}

// callKeys returns the keys of a call, or the text of the error reply.
func callKeys(call [][]byte) (refs []keyRef, problem string) {
	cmd := lookupCommand(call[0])
	if cmd != nil && cmd.subcommands != nil && len(call) > 1 {
		cmd = cmd.subcommand(call[1])
	}
	switch {
	case cmd == nil:
		return nil, "ERR Invalid command specified"
	case len(cmd.keys) == 0:
		return nil, "ERR The command has no key arguments"
	case !cmd.takes(len(call)):
		return nil, "ERR Invalid number of arguments specified for command"
	}
	refs, ok := cmd.appendKeys(nil, call)
	if (!ok || len(refs) == 0) && cmd.flags&flagNoMandatoryKeys == 0 {
		return nil, "ERR Invalid arguments specified for command"
	}
	return refs, ""
}

// cmdCommandHelp is COMMAND HELP.
func cmdCommandHelp(c *client, args [][]byte) {
	writeHelp(c, "COMMAND",
		"(no subcommand)", "Describe every command.",
		"COUNT", "Count the commands.",
		"DOCS [<command> ...]", "Show the documentation of the commands, by default of all.",
		"GETKEYS <full-command>", "Show which arguments of a call are keys.",
		"GETKEYSANDFLAGS <full-command>", "Show which arguments of a call are keys and how they are accessed.",
		"INFO [<command> ...]", "Describe the commands, by default all.",
		"LIST [FILTERBY (MODULE <module>|ACLCAT <category>|PATTERN <pattern>)]", "List the names of the commands.",
	)
}

// writeHelp answers HELP of a container command. The lines alternate between a subcommand's syntax and what it does.
func writeHelp(c *client, container string, lines ...string) {
	c.writeArray(1 + len(lines) + 2)
	c.writeSimple(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for i, line := range append(lines, "HELP", "Print this help.") {
		if i%2 == 1 {
			line = "    " + line
		}
		c.writeSimple(line)
	}
}

// namedCommand returns the command of that name, or under "container|subcommand" the subcommand; nil if there is none.
func namedCommand(name []byte) *command {
	for i, ch := range name {
		if ch != '|' {
			continue
		}
		if container := lookupCommand(name[:i]); container != nil {
			return container.subcommand(name[i+1:])
		}
		return nil
	}
	return lookupCommand(name)
}

// writeCommandInfo writes one element of COMMAND INFO's reply.
func writeCommandInfo(c *client, cmd *command) {
	c.writeArray(10)
	c.writeBulkString(cmd.name)
	c.writeInt(int64(cmd.arity))
	writeNames(c, "", commandFlagNames, uint(cmd.flags))
	c.writeInt(int64(cmd.firstKey))
	c.writeInt(int64(cmd.lastKey))
	c.writeInt(int64(cmd.keyStep))
	writeNames(c, "@", acl.CategoryNames, uint(cmd.category))
	c.writeSet(len(cmd.tips))
	for _, tip := range cmd.tips {
		c.writeBulkString(tip)
	}
	c.writeSet(len(cmd.keys))
	for i := range cmd.keys {
		writeKeySpec(c, &cmd.keys[i])
	}
	if len(cmd.subcommands) == 0 {
		c.writeSet(0)
		return
	}
	c.writeArray(len(cmd.subcommands))
	for _, sub := range cmd.subcommands {
		writeCommandInfo(c, sub)
	}
}

// writeNames writes the set of the names whose bits are set, each behind prefix.
func writeNames(c *client, prefix string, names []string, bits uint) {
	n := 0
	for i := range names {
		n += int(bits >> i & 1)
	}
	c.writeSet(n)
	for i, name := range names {
		if bits>>i&1 != 0 {
			c.writeSimple(prefix + name)
		}
	}
}

func writeKeySpec(c *client, s *keySpec) {
	if s.notes != "" {
		c.writeMap(4)
		c.writeBulkString("notes")
		c.writeBulkString(s.notes)
	} else {
		c.writeMap(3)
	}
	c.writeBulkString("flags")
	writeNames(c, "", keyFlagNames, uint(s.flags))

	c.writeBulkString("begin_search")
	if s.unknown {
		writeSearch(c, "unknown", 0)
	} else if s.keyword != "" {
		writeSearch(c, "keyword", 2)
		c.writeBulkString("keyword")
		c.writeBulkString(s.keyword)
		writeField(c, "startfrom", s.startFrom)
	} else {
		writeSearch(c, "index", 1)
		writeField(c, "index", s.index)
	}

	c.writeBulkString("find_keys")
	writeFoundKeys(c, s)
}

func writeFoundKeys(c *client, s *keySpec) {
	if s.unknown {
		writeSearch(c, "unknown", 0)
		return
	}
	if s.keyNum {
		writeSearch(c, "keynum", 3)
		writeField(c, "keynumidx", s.numIndex)
		writeField(c, "firstkey", s.firstIndex)
		writeField(c, "keystep", s.step)
		return
	}
	writeSearch(c, "range", 3)
	writeField(c, "lastkey", s.last)
	writeField(c, "keystep", s.step)
	writeField(c, "limit", s.limit)
}

// writeSearch writes the beginning of one step of a key specification: its type, and the head of its n fields.
func writeSearch(c *client, kind string, n int) {
	c.writeMap(2)
	c.writeBulkString("type")
	c.writeBulkString(kind)
	c.writeBulkString("spec")
	c.writeMap(n)
}

func writeField(c *client, name string, value int) {
	c.writeBulkString(name)
	c.writeInt(int64(value))
}

// writeCommandDocs writes a map from the commands' names to their documentation.
func writeCommandDocs(c *client, cmds []*command) {
	c.writeMap(len(cmds))
	for _, cmd := range cmds {
		c.writeBulkString(cmd.name)
		writeCommandDoc(c, cmd)
	}
}

func writeCommandDoc(c *client, cmd *command) {
	doc := docOf(cmd.name)
	if doc == nil {
		doc = &commandDoc{}
	}
	texts := presentTexts(
		"summary", doc.summary, "since", doc.since, "group", doc.group, "complexity", doc.complexity)
	deprecation := presentTexts("deprecated_since", doc.deprecatedSince, "replaced_by", doc.replacedBy)
	flagged := doc.internal || doc.deprecatedSince != ""
	c.writeMap((len(texts)+len(deprecation))/2 +
		count(flagged, len(doc.history) > 0, len(doc.args) > 0, len(cmd.subcommands) > 0))

	writeTexts(c, texts)
	if flagged {
		c.writeBulkString("doc_flags")
		writeDocFlags(c, doc)
	}
	writeTexts(c, deprecation)
	if len(doc.history) > 0 {
		c.writeBulkString("history")
		c.writeSet(len(doc.history))
		for _, change := range doc.history {
			c.writeArray(2)
			c.writeBulkString(change.version)
			c.writeBulkString(change.what)
		}
	}
	if len(doc.args) > 0 {
		c.writeBulkString("arguments")
		writeArguments(c, doc.args)
	}
	if len(cmd.subcommands) > 0 {
		c.writeBulkString("subcommands")
		writeCommandDocs(c, cmd.subcommands)
	}
}

func writeDocFlags(c *client, doc *commandDoc) {
	c.writeSet(count(doc.deprecatedSince != "", doc.internal))
	if doc.deprecatedSince != "" {
		c.writeSimple("deprecated")
	}
	if doc.internal {
		c.writeSimple("syscmd")
	}
}

func writeArguments(c *client, args []argument) {
	c.writeArray(len(args))
	for i := range args {
		writeArgument(c, &args[i])
	}
}

func writeArgument(c *client, a *argument) {
	texts := presentTexts("token", a.token, "since", a.since, "deprecated_since", a.deprecatedSince)
	c.writeMap(2 + len(texts)/2 + count(a.keySpec >= 0, a.flags != 0, len(a.args) > 0))
	writeTexts(c, []string{"name", a.name, "type", a.kind})
	if a.keySpec >= 0 {
		writeField(c, "key_spec_index", a.keySpec)
	}
	writeTexts(c, texts)
	if a.flags != 0 {
		c.writeBulkString("flags")
		writeNames(c, "", argumentFlagNames, uint(a.flags))
	}
	if len(a.args) > 0 {
		c.writeBulkString("arguments")
		writeArguments(c, a.args)
	}
}

// presentTexts returns those of the name and text pairs whose text is not empty.
func presentTexts(pairs ...string) []string {
	present := pairs[:0]
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			present = append(present, pairs[i], pairs[i+1])
		}
	}
	return present
}

func writeTexts(c *client, pairs []string) {
	for _, text := range pairs {
		c.writeBulkString(text)
	}
}

// count returns how many of the conditions hold.
func count(conditions ...bool) int {
	n := 0
	for _, holds := range conditions {
		if holds {
			n++
		}
	}
	return n
}
