package resp

func trackingDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"client|caching": {
			summary: "Instruct the server about tracking or not keys in the next request",
			since:   "6.0.0", group: "connection",
			complexity: "O(1)",
			args:       []argument{argOneOf("mode", argToken("YES"), argToken("NO"))},
		},
		"client|getredir": {
			summary: "Get tracking notifications redirection client ID if any",
			since:   "6.0.0", group: "connection",
			complexity: "O(1)",
		},
		"client|reply": {
			summary: "Instruct the server whether to reply to commands",
			since:   "3.2.0", group: "connection",
			complexity: "O(1)",
			args:       []argument{argOneOf("on_off_skip", argToken("ON"), argToken("OFF"), argToken("SKIP"))},
		},
		"client|tracking": {
			summary: "Enable or disable server assisted client side caching support",
			since:   "6.0.0", group: "connection",
			complexity: "O(1). Some options may introduce additional complexity.",
			args: []argument{
				argOneOf("status", argToken("ON"), argToken("OFF")),
				argInt("client-id").after("REDIRECT").optional(),
				argString("prefix").after("PREFIX").optional().multipleToken(),
				argToken("BCAST").optional(),
				argToken("OPTIN").optional(),
				argToken("OPTOUT").optional(),
				argToken("NOLOOP").optional(),
			},
		},
		"client|trackinginfo": {
			summary: "Return information about server assisted client side caching for the current connection",
			since:   "6.2.0", group: "connection",
			complexity: "O(1)",
		},
	}
}
