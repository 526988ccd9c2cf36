package resp

import "strings"

// unserved are the commands of Redis 7.0 that the command table lacks, by their ACL categories. Calling one is an error
// as calling any unknown command, but access rules may name them, so that ACL files of Redis can be loaded and mean the
// same once they are served. A command that is in the table as well counts as served.
var unserved = []struct {
	category aclCategory
	names    string
}{
	{catSlow, "function module module|help script xgroup xinfo"},
	{catAdmin | catSlow | catDangerous, "bgrewriteaof bgsave failover module|list module|load module|loadex " +
		"module|unload psync replconf save sync"},
	{catKeyspace | catRead | catSlow, "dump"},
	{catSlow | catScripting, "eval eval_ro evalsha evalsha_ro fcall fcall_ro function|dump function|help function|kill " +
		"function|list function|stats script|debug script|exists script|flush script|help script|kill script|load"},
	{catWrite | catSlow | catScripting, "function|delete function|flush function|load function|restore"},
	{catAdmin | catFast | catDangerous, "lastsave"},
	{catKeyspace | catWrite | catSlow | catDangerous, "migrate restore restore-asking"},
	{catWrite | catStream | catFast, "xack xadd xautoclaim xclaim xdel xsetid"},
	{catWrite | catStream | catSlow, "xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy xgroup|setid " +
		"xtrim"},
	{catStream | catSlow, "xgroup|help xinfo|help"},
	{catRead | catStream | catSlow, "xinfo|consumers xinfo|groups xinfo|stream xpending xrange xrevrange"},
	{catRead | catStream | catFast, "xlen"},
	{catRead | catStream | catSlow | catBlocking, "xread"},
	{catWrite | catStream | catSlow | catBlocking, "xreadgroup"},
}

// eachUnserved calls fn for the commands of Redis 7.0 that are not served. Subcommands follow their containers.
func eachUnserved(fn func(name string, category aclCategory)) {
	for _, sub := range []bool{false, true} {
		for _, group := range unserved {
			for name := range strings.FieldsSeq(group.names) {
				if strings.Contains(name, "|") == sub && namedCommand([]byte(name)) == nil {
					fn(name, group.category)
				}
			}
		}
	}
}
