package keyspace

// View is what typed stores work through: a database of a keyspace, inside or
// outside of a transaction. It is a small value; copy it.
type View struct {
	ks    *Keyspace
	tx    *Tx
	db    int
	stats *Counters

	// NoTouch makes reads leave the access bits alone, as CLIENT NO-TOUCH does.
	NoTouch bool
}

// View returns a view of database db.
func (ks *Keyspace) View(db int) (View, error) {
	if db < 0 || db >= ks.databases {
		return View{}, ErrInvalidDB
	}
	return View{ks: ks, db: db}, nil
}

// WithCounters returns the view with lookups counted in c.
func (v View) WithCounters(c *Counters) View {
	v.stats = c
	return v
}

// In returns the same view of another database.
func (v View) In(db int) (View, error) {
	if db < 0 || db >= v.ks.databases {
		return View{}, ErrInvalidDB
	}
	v.db = db
	return v, nil
}

// DB returns the number of the view's database.
func (v View) DB() int { return v.db }

// Keyspace returns what the view is of.
func (v View) Keyspace() *Keyspace { return v.ks }

// Now returns the time in Unix milliseconds by the keyspace's clock.
func (v View) Now() int64 { return v.ks.now() }
