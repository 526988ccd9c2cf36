package resp

import (
	"slices"
	"strings"
)

// cmdClientTracking is CLIENT TRACKING (ON | OFF) [REDIRECT id] [PREFIX prefix …] [BCAST] [OPTIN] [OPTOUT] [NOLOOP].
func cmdClientTracking(c *client, args [][]byte) {
	to, problem := c.parseTracking(args[3:])
	on := equalFold(args[2], "on")
	switch {
	case problem != "":
	case on:
		problem = c.startTracking(&to)
	case equalFold(args[2], "off"):
		c.stopTracking()
	default:
		problem = errSyntax
	}
	if problem != "" {
		c.writeError(problem)
		return
	}
	c.writeOK()
}

func (c *client) parseTracking(args [][]byte) (to tracking, problem string) {
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch option := args[i]; {
		case equalFold(option, "redirect") && more:
			i++
			if to.redirect != 0 {
				return to, "ERR A client can only redirect to a single other client"
			}
			id, ok := parseInt(args[i])
			if !ok {
				return to, errNotInteger
			}
			if c.srv.clientNumbered(id) == nil {
				return to, "ERR The client ID you want redirect to does not exist"
			}
			to.redirect = id
		case equalFold(option, "prefix") && more:
			i++
			to.prefixes = append(to.prefixes, string(args[i]))
		case equalFold(option, "bcast"):
			to.bcast = true
		case equalFold(option, "optin"):
			to.optIn = true
		case equalFold(option, "optout"):
			to.optOut = true
		case equalFold(option, "noloop"):
			to.noLoop = true
		default:
			return to, errSyntax
		}
	}
	return to, ""
}

// startTracking begins or changes tracking. It returns the text of an error reply where the options contradict each other
// or what holds already.
func (c *client) startTracking(to *tracking) (problem string) {
	var was tracking
	if c.tracking != nil {
		was = *c.tracking
	}
	const again = " mode before disabling tracking for this client, and then re-enabling it with a different mode."
	switch {
	case !to.bcast && len(to.prefixes) > 0:
		return "ERR PREFIX option requires BCAST mode to be enabled"
	case c.tracking != nil && was.bcast != to.bcast:
		return "ERR You can't switch BCAST mode on/off" + strings.TrimPrefix(again, " mode")
	case to.bcast && (to.optIn || to.optOut):
		return "ERR OPTIN and OPTOUT are not compatible with BCAST"
	case to.optIn && to.optOut:
		return "ERR You can't specify both OPTIN mode and OPTOUT mode"
	case to.optIn && was.optOut || to.optOut && was.optIn:
		return "ERR You can't switch OPTIN/OPTOUT" + again
	}
	if problem := collision(was.prefixes, to.prefixes); problem != "" {
		return problem
	}
	if to.bcast && len(to.prefixes) == 0 && !slices.Contains(was.prefixes, "") {
		to.prefixes = []string{""}
	}
	c.srv.tracker.enable(c, *to)
	c.modes |= modeTracking
	c.rebind()
	return ""
}

// collision returns the text of an error reply if a prefix of those given begins with another one, or with one that holds
// already, or the other way round.
func collision(existing, given []string) string {
	const must = "'. Prefixes for a single client must not overlap."
	overlap := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	for i, prefix := range given {
		for _, other := range existing {
			if overlap(prefix, other) {
				return "ERR Prefix '" + prefix + "' overlaps with an existing prefix '" + other + must
			}
		}
		for _, other := range given[i+1:] {
			if overlap(prefix, other) {
				return "ERR Prefix '" + prefix + "' overlaps with another provided prefix '" + other + must
			}
		}
	}
	return ""
}

func (c *client) stopTracking() {
	if c.tracking == nil {
		return
	}
	c.srv.tracker.disable(c)
	c.modes &^= modeTracking
	c.rebind()
}

// cmdClientCaching is CLIENT CACHING (YES | NO).
func cmdClientCaching(c *client, args [][]byte) {
	yes, no, tr := equalFold(args[2], "yes"), equalFold(args[2], "no"), c.tracking
	switch {
	case tr == nil:
		c.writeError("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	case yes && !tr.optIn:
		c.writeError("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	case no && !tr.optOut:
		c.writeError("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
	case !yes && !no:
		c.writeError(errSyntax)
	default:
		tr.caching = true
		c.writeOK()
	}
}

// cmdClientGetRedir is CLIENT GETREDIR.
func cmdClientGetRedir(c *client, _ [][]byte) { c.writeInt(c.redirect) }

// cmdClientTrackingInfo is CLIENT TRACKINGINFO.
func cmdClientTrackingInfo(c *client, _ [][]byte) {
	flags, prefixes := []string{"off"}, []string(nil)
	if tr := c.tracking; tr != nil {
		flags, prefixes = c.srv.tracker.describe(tr)
	}
	c.writeMap(3)
	c.writeBulkString("flags")
	c.writeSet(len(flags))
	for _, flag := range flags {
		c.writeBulkString(flag)
	}
	c.writeBulkString("redirect")
	c.writeInt(c.redirect)
	c.writeBulkString("prefixes")
	c.writeArray(len(prefixes))
	for _, prefix := range prefixes {
		c.writeBulkString(prefix)
	}
}

// describe returns the words of CLIENT TRACKINGINFO.
func (t *tracker) describe(tr *tracking) (flags, prefixes []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	flags = []string{"on"}
	for _, f := range []struct {
		on   bool
		name string
	}{
		{tr.bcast, "bcast"}, {tr.optIn, "optin"}, {tr.optIn && tr.caching, "caching-yes"},
		{tr.optOut, "optout"}, {tr.optOut && tr.caching, "caching-no"}, {tr.noLoop, "noloop"}, {tr.broken, "broken_redirect"},
	} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	return flags, slices.Sorted(slices.Values(tr.prefixes))
}
