package resp

import "github.com/larderkv/larder/datatypes"

func pubsubCommands() []*command {
	const (
		own    = flagPubSub | flagNoScript | flagLoading | flagStale
		tell   = flagPubSub | flagLoading | flagStale
		notKey = keyNotKey
	)
	return []*command{
		{name: "subscribe", handler: cmdSubscribe, arity: -2, flags: own, whileSubscribed: true},
		{name: "psubscribe", handler: cmdPSubscribe, arity: -2, flags: own, whileSubscribed: true},
		{name: "ssubscribe", handler: cmdSSubscribe, arity: -2, flags: own, whileSubscribed: true,
			keys: manyKeys(1, 1, notKey)},
		{name: "unsubscribe", handler: cmdUnsubscribe, arity: -1, flags: own, whileSubscribed: true},
		{name: "punsubscribe", handler: cmdPUnsubscribe, arity: -1, flags: own, whileSubscribed: true},
		{name: "sunsubscribe", handler: cmdSUnsubscribe, arity: -1, flags: own, whileSubscribed: true,
			keys: manyKeys(1, 1, notKey)},
		{name: "publish", handler: cmdPublish, arity: 3, flags: tell | flagFast, mayReplicate: true},
		{name: "spublish", handler: cmdSPublish, arity: 3, flags: tell | flagFast, keys: oneKey(1, notKey), mayReplicate: true},
		{name: "pubsub", arity: -2, subcommands: []*command{
			{name: "pubsub|channels", handler: cmdPubSubChannels, arity: -2, flags: tell},
			{name: "pubsub|help", handler: cmdPubSubHelp, arity: 2, flags: flagLoading | flagStale},
			{name: "pubsub|numpat", handler: cmdPubSubNumPat, arity: 2, flags: tell},
			{name: "pubsub|numsub", handler: cmdPubSubNumSub, arity: -2, flags: tell},
			{name: "pubsub|shardchannels", handler: cmdPubSubShardChannels, arity: -2, flags: tell},
			{name: "pubsub|shardnumsub", handler: cmdPubSubShardNumSub, arity: -2, flags: tell},
		}},
	}
}

// Deliver implements datatypes.Subscriber.
func (c *client) Deliver(m *datatypes.Message) bool {
	if m.Encoded == nil {
		m.Encoded = appendMessage(nil, m)
	}
	c.push(m.Encoded)
	return true
}

// messageNames are the first words of messages, by the kind of subscription.
var messageNames = [...]string{datatypes.Channel: "message", datatypes.Pattern: "pmessage", datatypes.ShardChannel: "smessage"}

func appendMessage(dst []byte, m *datatypes.Message) []byte {
	if m.Kind == datatypes.Pattern {
		dst = appendHeader(dst, '*', 4)
		dst = appendBulk(dst, messageNames[m.Kind])
		dst = appendBulk(dst, m.Pattern)
	} else {
		dst = appendHeader(dst, '*', 3)
		dst = appendBulk(dst, messageNames[m.Kind])
	}
	dst = appendBulk(dst, m.Channel)
	return appendBulk(dst, text(m.Payload))
}

// cmdSubscribe is SUBSCRIBE channel [channel …].
func cmdSubscribe(c *client, args [][]byte) { c.subscribe(datatypes.Channel, "subscribe", args[1:]) }

// cmdPSubscribe is PSUBSCRIBE pattern [pattern …].
func cmdPSubscribe(c *client, args [][]byte) { c.subscribe(datatypes.Pattern, "psubscribe", args[1:]) }

// cmdSSubscribe is SSUBSCRIBE shardchannel [shardchannel …].
func cmdSSubscribe(c *client, args [][]byte) {
	c.subscribe(datatypes.ShardChannel, "ssubscribe", args[1:])
}

// cmdUnsubscribe is UNSUBSCRIBE [channel …].
func cmdUnsubscribe(c *client, args [][]byte) {
	c.unsubscribe(datatypes.Channel, "unsubscribe", args[1:])
}

// cmdPUnsubscribe is PUNSUBSCRIBE [pattern …].
func cmdPUnsubscribe(c *client, args [][]byte) {
	c.unsubscribe(datatypes.Pattern, "punsubscribe", args[1:])
}

// cmdSUnsubscribe is SUNSUBSCRIBE [shardchannel …].
func cmdSUnsubscribe(c *client, args [][]byte) {
	c.unsubscribe(datatypes.ShardChannel, "sunsubscribe", args[1:])
}

// subscribe answers a subscription with one message for each topic. Messages published from here on stay in the mailbox
// until the command has been answered, so that the answers come first.
func (c *client) subscribe(kind datatypes.TopicKind, verb string, topics [][]byte) {
	for _, topic := range topics {
		if c.pubsub().Enlist(c, kind, text(topic)) {
			c.topics += int64(len(topic)) + topicCost
		}
		c.writeSubscription(verb)
		c.writeBulk(topic)
		c.writeInt(c.subscriptions(kind))
	}
	c.noteSubscriptions()
	// Whoever narrows the user's rights meanwhile looks at the subscriptions that there are by then.
	if !c.rights.Unrestricted() && !c.srv.listensRightly(c, c.user) {
		c.closing = true
	}
}

// unsubscribe answers the end of subscriptions with one message for each. Without topics it ends all of that kind. What
// was published before must reach the client before: afterwards it may take a message for a reply.
func (c *client) unsubscribe(kind datatypes.TopicKind, verb string, topics [][]byte) {
	var names []string
	for _, topic := range topics {
		names = append(names, text(topic))
	}
	if len(topics) == 0 {
		names = c.pubsub().Subscribed(c, kind)
	}
	for _, name := range names {
		if c.pubsub().Dismiss(c, kind, name) {
			c.topics -= int64(len(name)) + topicCost
		}
		c.writeSubscription(verb)
		c.writeBulkString(name)
		c.writeInt(c.subscriptions(kind))
	}
	if len(names) == 0 {
		c.writeSubscription(verb)
		c.writeNull()
		c.writeInt(c.subscriptions(kind))
	}
	c.takePushes()
	c.noteSubscriptions()
}

func (c *client) writeSubscription(verb string) {
	c.writePush(3)
	c.writeBulkString(verb)
}

// subscriptions returns the number that messages about subscriptions of that kind show: channels and patterns are
// counted together.
func (c *client) subscriptions(kind datatypes.TopicKind) int64 {
	channels, patterns, shardChannels := c.pubsub().Subscriptions(c)
	if kind == datatypes.ShardChannel {
		return int64(shardChannels)
	}
	return int64(channels + patterns)
}

// unsubscribeAll ends all subscriptions without a word.
func (c *client) unsubscribeAll() {
	c.pubsub().Leave(c)
	c.topics = 0
	c.takePushes()
	c.noteSubscriptions()
}

// noteSubscriptions is for when subscriptions, or what they mean for the client, have changed.
func (c *client) noteSubscriptions() {
	channels, patterns, shardChannels := c.pubsub().Subscriptions(c)
	subs := [3]int{datatypes.Channel: channels, datatypes.Pattern: patterns, datatypes.ShardChannel: shardChannels}
	if subs != c.subs {
		c.setProfile(func(p *profile) { p.subs = subs })
	}
	c.modes.set(modeSubscribed, c.resp == 2 && c.subscribed())
}

// cmdPublish is PUBLISH channel message.
func cmdPublish(c *client, args [][]byte) {
	c.writePublished(c.pubsub().Publish(text(args[1]), args[2]))
}

// cmdSPublish is SPUBLISH shardchannel message.
func cmdSPublish(c *client, args [][]byte) {
	c.writePublished(c.pubsub().SPublish(text(args[1]), args[2]))
}

// writePublished answers with the number of receivers. If the client is one of them it gets the message first, or in a
// transaction after all replies.
func (c *client) writePublished(receivers int) {
	if c.subscribed() && c.exec == nil {
		c.takePushes()
	}
	c.writeInt(int64(receivers))
}

// cmdPubSubChannels is PUBSUB CHANNELS [pattern].
func cmdPubSubChannels(c *client, args [][]byte) {
	c.writeTopics(args, c.pubsub().Channels)
}

// cmdPubSubShardChannels is PUBSUB SHARDCHANNELS [pattern].
func cmdPubSubShardChannels(c *client, args [][]byte) {
	c.writeTopics(args, c.pubsub().ShardChannels)
}

func (c *client) writeTopics(args [][]byte, matching func(pattern string) []string) {
	pattern := "*"
	switch len(args) {
	case 2:
	case 3:
		pattern = text(args[2])
	default:
		c.writeError(errForm(args[1], "PUBSUB"))
		return
	}
	topics := matching(pattern)
	c.writeArray(len(topics))
	for _, topic := range topics {
		c.writeBulkString(topic)
	}
}

// cmdPubSubNumSub is PUBSUB NUMSUB [channel …].
func cmdPubSubNumSub(c *client, args [][]byte) { c.writeCounts(args[2:], c.pubsub().NumSub) }

// cmdPubSubShardNumSub is PUBSUB SHARDNUMSUB [shardchannel …].
func cmdPubSubShardNumSub(c *client, args [][]byte) { c.writeCounts(args[2:], c.pubsub().ShardNumSub) }

func (c *client) writeCounts(topics [][]byte, count func(string) int) {
	c.writeArray(2 * len(topics))
	for _, topic := range topics {
		c.writeBulk(topic)
		c.writeInt(int64(count(text(topic))))
	}
}

func cmdPubSubNumPat(c *client, _ [][]byte) { c.writeInt(int64(c.pubsub().NumPat())) }

func cmdPubSubHelp(c *client, _ [][]byte) {
	writeHelp(c, "PUBSUB",
		"CHANNELS [<pattern>]", "List the channels that have subscribers and match; without a pattern all of them.",
		"NUMPAT", "Count the patterns that are subscribed to.",
		"NUMSUB [<channel> ...]", "Count the subscribers of each channel, without those by pattern.",
		"SHARDCHANNELS [<pattern>]", "List the shard channels that have subscribers and match.",
		"SHARDNUMSUB [<shardchannel> ...]", "Count the subscribers of each shard channel.",
	)
}
