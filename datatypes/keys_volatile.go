package datatypes

// Volatile returns the number of keys of the database that have an expiry.
// Keys that expired count until they are met. INFO keyspace shows it as expires.
// O(shards).
func (k Keys) Volatile() (int, error) {
	_, n, err := k.view.Len()
	return n, err
}
