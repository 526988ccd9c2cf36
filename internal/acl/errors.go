package acl

// Error is what may be wrong with a rule, in the words of Redis.
type Error string

func (e Error) Error() string { return string(e) }

const (
	ErrSyntax         = Error("Syntax error")
	ErrUnknown        = Error("Unknown command or category name in ACL")
	ErrFirstArg       = Error("Allowing first-arg of a subcommand is not supported")
	ErrAfterAllKeys   = Error("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	ErrAfterAllChans  = Error("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	ErrNoSuchPassword = Error("The password you are trying to remove from the user does not exist")
	ErrPasswordHash   = Error("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	ErrUserName       = Error("Usernames can't contain spaces or null characters")
)

// RuleError is the error of Set for a rule that cannot be applied.
type RuleError struct {
	Rule string
	Err  error
}

func (e *RuleError) Error() string {
	return "Error in ACL SETUSER modifier '" + e.Rule + "': " + e.Err.Error()
}

func (e *RuleError) Unwrap() error { return e.Err }

// UnmatchedError is the error of Set for a selector that is not closed.
type UnmatchedError struct{ Rule string }

func (e *UnmatchedError) Error() string {
	return "Unmatched parenthesis in acl selector starting at '" + e.Rule + "'."
}
