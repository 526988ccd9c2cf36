package resp

// Refuse has every command answered with an error until it is called with the empty text. The text begins with a code, as
// in "LOADING Redis is loading the dataset in memory". Commands that come after Refuse has returned are refused; what
// waits at that time is not disturbed. It is for tests of what clients do about such answers. O(connections).
func (s *Server) Refuse(text string) {
	s.init()
	s.refusal.Store(&text)
	for _, c := range s.snapshot() {
		c.post((*client).heedRefusal)
	}
}

// heedRefusal follows Server.Refuse. A new client does after it has become known, so that it cannot miss a change.
func (c *client) heedRefusal() {
	text := c.srv.refusal.Load()
	c.modes.set(modeRefused, text != nil && *text != "")
}
