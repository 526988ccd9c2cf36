package resp

import (
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// What handlers reach the data by: the stores of the database that the client has selected.

// cache returns what concerns all databases.
func (c *client) cache() *larder.Cache { return c.srv.Cache }

func (c *client) bitmaps() datatypes.Bitmaps { return c.stores.Bitmaps() }

func (c *client) geo() datatypes.Geo { return c.stores.Geo() }

func (c *client) hashes() datatypes.Hashes { return c.stores.Hashes() }

func (c *client) hyperLogLogs() datatypes.HyperLogLogs { return c.stores.HyperLogLogs() }

func (c *client) lists() datatypes.Lists { return c.stores.Lists() }

func (c *client) sortedSets() datatypes.SortedSets { return c.stores.SortedSets() }

func (c *client) strings() datatypes.Strings { return c.stores.Strings() }

func (c *client) sets() datatypes.Sets { return c.stores.Sets() }

// pubsub returns what passes messages, of whatever database.
func (c *client) pubsub() *datatypes.PubSub { return c.srv.Cache.PubSub() }

func (c *client) keys() datatypes.Keys { return c.stores.Keys() }

// databases returns the number of databases.
func (c *client) databases() int { return c.srv.Cache.Databases() }

// selectDB makes the client work on database n. It returns false if there is none. What a client was given of a
// database it keeps, so that going back and forth allocates nothing.
//
// While EXEC runs a transaction the stores are the transaction's.
func (c *client) selectDB(n int) bool {
	if c.exec != nil {
		stores, err := c.exec.DB(n)
		if err != nil {
			return false
		}
		c.db, c.stores = n, stores
		return true
	}
	stores, ok := c.bound[n]
	if !ok {
		fresh, err := c.srv.Cache.DB(n)
		if err != nil {
			return false
		}
		stores = c.bind(fresh)
		c.bound[n] = stores
	}
	c.db, c.stores = n, stores
	return true
}

// bind returns the stores of a database as the client's settings have it.
func (c *client) bind(stores larder.DB) larder.DB {
	stores = stores.WithCounters(&c.owner.counters().lookups)
	if c.noTouch {
		stores = stores.NoTouch()
	}
	if c.tracking != nil && c.tracking.noLoop {
		stores = stores.WithOrigin(c.id)
	}
	if !c.offLoop {
		stores = stores.ShortOnly()
	}
	return stores
}

// rebind is for when those settings have changed.
func (c *client) rebind() {
	clear(c.bound)
	c.selectDB(c.db)
}

// now returns the time that times to live are counted by.
func (c *client) now() time.Time { return c.srv.Cache.Now() }
