// Package difftest finds differences between two servers that speak RESP, by sending both the same random commands. What
// it finds it reports as a short script that can be pasted into redis-cli.
//
// One of the two is the reference, usually a Redis of some version. The other is what is under test: larder's server
// by its address or by [resp.Server.Dial], a proxy, a fork, a new version.
//
//	func TestProxy(t *testing.T) {
//		difftest.Compare(t, difftest.At("127.0.0.1:6379"), difftest.At("127.0.0.1:7777"), difftest.Options{})
//	}
//
// Both servers are emptied before every script. A server that holds keys at the start is refused, unless the options say
// that they may go.
//
// # How servers are compared
//
// A script is a list of commands. It is sent to each server as one pipeline, and the decoded replies are compared one by
// one, every command by its own [Mode]: most replies must be equal to the byte, an order may be free, a time to live may
// differ a little, what is chosen at random need only be of one kind. What the replies do not show is found by an
// [Audit] at the script's end, which reads every key back. [Options.Loose] loosens what two servers are known to answer
// differently.
//
// # What is sent
//
// A [Group] generates the commands of one data type. Keys are few, so that commands meet. Arguments are mostly sensible
// and sometimes wild: numbers at and beyond the limits and oddly spelled, options in every order and case, twice or
// contradicting each other, too few arguments or too many. What depends on the clock is avoided, not tolerated: a script
// never holds a time to live that may lapse while it runs, nor two that a millisecond decides between. The commands are
// those of Redis 7.0, and a caller's own [Group] adds others.
//
// # What is reported
//
// A script that shows a difference is made smaller: commands are left out, then arguments, as long as a difference
// remains, until none of them can be spared; then words are replaced by plainer ones. Every step runs the smaller script
// on emptied servers. This needs no record of the choices that led to the script, and so works for scripts written by
// hand too, and it ends with commands of which each matters.
//
// Scripts are numbered by their seeds. The same seed yields the same script, points in time aside, whatever other scripts
// have run before.
package difftest
