// Package acl decides who may do what: users, the rules that give them rights, and the check of a call against them.
//
// The rules are those of Redis 7.0, to the word: an ACL file moves between the two servers unchanged, and what one lists
// the other accepts. The package knows commands by a Catalog that its user declares, and calls by what that user found
// out about them; it knows nothing of connections.
//
// # Rights
//
// A user has selectors, the first of which is its root. A selector allows a set of commands, a list of key patterns, each
// for reading, for writing or for both, and a list of channel patterns. A call is permitted if one selector alone permits
// it whole: the rights of two do not add up.
//
// The commands that a selector allows are a set of bits, one a command of the catalog, subcommands included, and one more
// that stands for commands to come. Rules are applied to that set and then forgotten, as Redis does: ACL LIST shows the
// shortest rules that it finds for the set, not those that were given. Which these are depends on the sizes of all
// categories, so the catalog should name commands of Redis that are not served too. That also lets rules that mention
// them be loaded.
//
// A command may be allowed for certain first arguments only (+select|0). Such a rule widens what is allowed, and is gone
// when the command is named in a later rule.
//
// In two corners the package is stricter than Redis. A selector whose rules hold quotes or parentheses, or quotes that
// are not balanced, is refused, where Redis keeps what it cannot read back from its own file. And what fails changes
// nothing: ACL DELUSER with the default user among others removes none of them.
//
// # Change under way
//
// A user's rights are an immutable value behind an atomic pointer. ACL SETUSER applies its rules to a copy and replaces
// the value, all rules or none; checks take no lock and see one value or the other. A user who is deleted is left
// without rights, for whoever still has it at hand.
//
// The check must cost nothing where nothing is restricted. A user knows whether a single selector allows everything, and
// Unrestricted tells so by one load.
//
// # Passwords
//
// Passwords are kept as SHA-256, as ACL files have them, and compared in constant time. That is a fast hash: what
// protects a password is its length, which is why ACL GENPASS makes them.
package acl
