// Unique-visitors counts how many different people saw each page of a site: by day, and over any number of days. A day
// of a page takes 12 KiB at most, however many came, and the count is off by less than 1 % most of the time.
//
//	go run ./examples/unique-visitors
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

func main() {
	if err := run(os.Stdout, 200_000); err != nil {
		log.Fatal(err)
	}
}

// visitors counts the visitors of pages. Each page has one HyperLogLog a day, which is kept for as long as anybody may
// ask.
type visitors struct {
	cache *larder.Cache
	keep  time.Duration
}

func key(page string, day time.Time) string {
	return "visitors:" + page + ":" + day.Format("2006-01-02")
}

// saw records that somebody saw a page.
func (v *visitors) saw(page, visitor string, at time.Time) error {
	k := key(page, at)
	return v.cache.Update([]string{k}, func(tx *larder.Tx) error {
		changed, err := tx.HyperLogLogs().Add(k, visitor)
		if err != nil || !changed {
			return err
		}
		_, err = tx.Keys().ExpireAt(k, at.Truncate(24*time.Hour).Add(v.keep), datatypes.ExpireNX)
		return err
	})
}

// keys returns the keys of a page on the given number of days, the last of which is given too.
func keys(page string, last time.Time, days int) (keys []string) {
	for i := range days {
		keys = append(keys, key(page, last.AddDate(0, 0, -i)))
	}
	return keys
}

// count returns how many different people saw a page on a number of days. Who came on two of them counts once.
func (v *visitors) count(page string, last time.Time, days int) (int64, error) {
	return v.cache.HyperLogLogs().Count(keys(page, last, days)...)
}

// archive stores a count of several days under a name, after which the days may go.
func (v *visitors) archive(name, page string, last time.Time, days int) error {
	return v.cache.HyperLogLogs().Merge(name, keys(page, last, days)...)
}

func run(out io.Writer, daily int) error {
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		return err
	}
	defer cache.Close()
	v := &visitors{cache: cache, keep: 90 * 24 * time.Hour}
	today := time.Now().UTC()

	// On each of the last seven days, half of the visitors are those of the day before.
	const days = 7
	total := daily * (days + 1) / 2
	for day := range days {
		at := today.AddDate(0, 0, day-days+1)
		for i := range daily {
			visitor := fmt.Sprintf("visitor-%d", day*daily/2+i)
			if err := v.saw("/", visitor, at); err != nil {
				return err
			}
		}
	}

	one, err := v.count("/", today, 1)
	if err != nil {
		return err
	}
	week, err := v.count("/", today, days)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "today      %s visitors, really %d\n", about(one, daily), daily)
	fmt.Fprintf(out, "this week  %s visitors, really %d\n", about(week, total), total)

	if err := v.archive("visitors:/:week", "/", today, days); err != nil {
		return err
	}
	archived, err := cache.HyperLogLogs().Count("visitors:/:week")
	if err != nil {
		return err
	}
	size, _, err := cache.Keys().MemoryUsage("visitors:/:week")
	fmt.Fprintf(out, "archived   %d visitors in %d bytes\n", archived, size)
	return err
}

// about returns an estimate and by how much it is off.
func about(estimate int64, truth int) string {
	off := 100 * (float64(estimate) - float64(truth)) / float64(truth)
	return fmt.Sprintf("%d (%+.2f %%)", estimate, off)
}
