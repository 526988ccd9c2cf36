package resp

import (
	"math/rand/v2"
	"strings"
)

func lolwutCommands() []*command {
	return []*command{
		{name: "lolwut", handler: cmdLolwut, arity: -1, flags: flagReadonly | flagFast},
	}
}

// cmdLolwut is LOLWUT [VERSION version] [columns [shelves]]. Version 1, which is the default, is a larder; of others
// there is only the line that names the server.
func cmdLolwut(c *client, args [][]byte) {
	args = args[1:]
	version := int64(1)
	if len(args) > 1 && equalFold(args[0], "version") {
		var ok bool
		if version, ok = parseInt(args[1]); !ok {
			c.writeError(errNotInteger)
			return
		}
		args = args[2:]
	}
	size := [2]int64{8, 3}
	for i, arg := range args[:min(len(args), len(size))] {
		n, ok := parseInt(arg)
		if !ok {
			c.writeError(errNotInteger)
			return
		}
		size[i] = min(max(n, 1), 40)
	}
	art := ""
	if version == 1 {
		art = drawLarder(rand.IntN, int(size[0]), int(size[1])) + "\nWhat is kept, and what has been evicted. "
	}
	c.writeVerbatim("txt", art+"Redis ver. "+redisVersion+", larder ver. "+build().version+"\n")
}

// goods are what stands on the shelves, each as high and as wide as the others. The last place is empty.
var goods = [...][3]string{
	{`  ___  `, ` |___| `, ` |(_)| `},
	{`   _   `, `  | |  `, `  |_|  `},
	{` _____ `, `(     )`, ` \___/ `},
	{`  ___  `, ` /_o_/|`, ` |___|/`},
	{`   ,   `, `  /"\  `, `  \_/  `},
	{`       `, `       `, `       `},
}

// drawLarder fills shelves with what chance takes from the goods.
func drawLarder(chance func(n int) int, columns, shelves int) string {
	var b strings.Builder
	plank := "+" + strings.Repeat("=", columns*len(goods[0][0])) + "+\n"
	b.WriteString(plank)
	row := make([]int, columns)
	for range shelves {
		for i := range row {
			row[i] = chance(len(goods))
		}
		for line := range len(goods[0]) {
			b.WriteByte('|')
			for _, good := range row {
				b.WriteString(goods[good][line])
			}
			b.WriteString("|\n")
		}
		b.WriteString(plank)
	}
	return b.String()
}
