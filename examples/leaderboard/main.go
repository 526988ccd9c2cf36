// Leaderboard keeps the scores of players in a sorted set and answers what a game asks: who leads, where a player stands,
// who is near, and who leads over several weeks.
//
//	go run ./examples/leaderboard
package main

import (
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func main() {
	if err := run(os.Stdout, 100_000); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, players int) error {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		return err
	}
	defer cache.Close()
	first, second := board{cache.SortedSets(), "board:{weekly}:1"}, board{cache.SortedSets(), "board:{weekly}:2"}
	src := rand.New(rand.NewPCG(1, 2))
	for id := range players {
		player := fmt.Sprintf("player:%d", id)
		if _, err := first.won(player, src.IntN(10_000)); err != nil {
			return err
		}
		if _, err := second.won(player, src.IntN(10_000)); err != nil {
			return err
		}
	}
	if _, err := first.won("ada", 9_000); err != nil {
		return err
	}
	points, err := first.won("ada", 1_500)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ada has %d points\n", points)
	if err := first.show(out, "ada"); err != nil {
		return err
	}
	return season(out, cache.SortedSets(), first, second)
}

// board is a leaderboard. The players of a board are members of a sorted set, and their points the scores.
type board struct {
	sets datatypes.SortedSets
	key  string
}

// won adds points to a player's and returns how many that makes.
func (b board) won(player string, points int) (int, error) {
	sum, err := b.sets.IncrBy(b.key, player, float64(points))
	return int(sum), err
}

// show prints the first three players, and a player's place and neighbours. Ranks count from the lowest score, so
// the leader has reversed rank 0.
func (b board) show(out io.Writer, player string) error {
	leaders := datatypes.ByRank(0, 2)
	leaders.Reverse = true
	place := 0
	for name, points := range b.sets.Range(b.key, leaders) {
		place++
		fmt.Fprintf(out, "%2d. %s, %.0f\n", place, name, points)
	}
	rank, _, found, err := b.sets.RevRank(b.key, player)
	if err != nil || !found {
		return err
	}
	all, err := b.sets.Len(b.key)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is number %d of %d\n", player, rank+1, all)
	near := datatypes.ByRank(max(rank-1, 0), rank+1)
	near.Reverse = true
	around, err := b.sets.AppendRange(nil, b.key, near)
	fmt.Fprintf(out, "%d players are around that place\n", len(around))
	return err
}

// season adds weeks up and keeps the hundred best. The weeks' keys have a {tag} in common, so that they are in one shard.
func season(out io.Writer, sets datatypes.SortedSets, weeks ...board) error {
	const key = "board:{weekly}:season"
	var keys []string
	for _, week := range weeks {
		keys = append(keys, week.key)
	}
	all, err := sets.UnionStore(key, datatypes.CombineOptions{}, keys...)
	if err != nil {
		return err
	}
	gone, err := sets.RemoveRange(key, datatypes.ByRank(0, -101))
	fmt.Fprintf(out, "of %d players of the season %d are kept\n", all, all-gone)
	return err
}
