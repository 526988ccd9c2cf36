package keyspace

// View is what typed stores work through: a database of a keyspace, inside or
// outside of a transaction. It is a small value; copy it. It is as small as it is
// so that with a key and a buffer it fits into the registers of a call.
type View struct {
	*database
	session *session // nil for one without anything special
}

// session is what views may have beyond a database. It does not change once a
// view leads to it.
type session struct {
	tx        *Tx
	stats     *Counters
	noTouch   bool
	shortOnly bool
	origin    int64
}

func (v View) more() session {
	if v.session == nil {
		return session{}
	}
	return *v.session
}

func (v View) tx() *Tx {
	if v.session == nil {
		return nil
	}
	return v.session.tx
}

// View returns a view of database db.
func (ks *Keyspace) View(db int) (View, error) {
	if db < 0 || db >= len(ks.databases) {
		return View{}, ErrInvalidDB
	}
	return ks.view(db), nil
}

func (ks *Keyspace) view(db int) View { return View{database: &ks.databases[db]} }

// WithCounters returns the view with lookups counted in c.
func (v View) WithCounters(c *Counters) View {
	s := v.more()
	s.stats = c
	v.session = &s
	return v
}

// WithoutTouch returns the view with reads that leave the access bits alone, as
// CLIENT NO-TOUCH has it.
func (v View) WithoutTouch() View {
	s := v.more()
	s.noTouch = true
	v.session = &s
	return v
}

// ShortOnly returns the view for who has no time: operations that would take long fail with ErrLong, without effect.
func (v View) ShortOnly() View {
	s := v.more()
	s.shortOnly = true
	v.session = &s
	return v
}

// Patient returns the view for who has decided to take the time.
func (v View) Patient() View {
	if v.session == nil || !v.session.shortOnly {
		return v
	}
	s := v.more()
	s.shortOnly = false
	v.session = &s
	return v
}

// TakeTime returns ErrLong if an operation that takes long must not be done through the view. Within a transaction it
// may.
func (v View) TakeTime() error {
	if v.session != nil && v.session.shortOnly && v.session.tx == nil {
		return ErrLong
	}
	return nil
}

// WithOrigin returns the view with changes that are announced, in events of ClassChange, as coming from origin.
func (v View) WithOrigin(origin int64) View {
	s := v.more()
	s.origin = origin
	v.session = &s
	return v
}

func (v View) origin() int64 {
	if v.session == nil {
		return 0
	}
	return v.session.origin
}

func (v View) touches() bool { return v.session == nil || !v.session.noTouch }

// In returns the same view of another database.
func (v View) In(db int) (View, error) {
	if db < 0 || db >= len(v.ks.databases) {
		return View{}, ErrInvalidDB
	}
	v.database = &v.ks.databases[db]
	return v, nil
}

// DB returns the number of the view's database.
func (v View) DB() int { return v.db }

// Keyspace returns what the view is of.
func (v View) Keyspace() *Keyspace { return v.ks }

// Now returns the time in Unix milliseconds by the keyspace's clock.
func (v View) Now() int64 { return v.ks.now() }
