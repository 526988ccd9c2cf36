package resp

import "testing"

func TestClusterCommands(t *testing.T) {
	t.Parallel()
	const none = "-ERR This instance has cluster support disabled"
	runTables(t, map[string][]row{
		"CLUSTER": {
			{"cluster info", none},
			{"cluster help", none},
			{"cluster keyslot k", none},
			{"cluster reset hard soft x", none},
			{"cluster", "-ERR wrong number of arguments for 'cluster' command"},
			{"cluster info x", "-ERR wrong number of arguments for 'cluster|info' command"},
			{"cluster nosuch", "-ERR unknown subcommand 'nosuch'. Try CLUSTER HELP."},
		},
		"READONLY READWRITE ASKING": {
			{"readonly", none},
			{"readwrite", none},
			{"asking", none},
			{"asking x", "-ERR wrong number of arguments for 'asking' command"},
		},
	})
}
