package resp

func bitmapDocs() map[string]*commandDoc {
	return map[string]*commandDoc{
		"setbit": {
			summary: "Sets or clears the bit at offset in the string value stored at key",
			since:   "2.2.0", group: "bitmap",
			complexity: "O(1)",
			args: []argument{
				argKey("key", 0),
				argInt("offset"),
				argInt("value"),
			},
		},
		"getbit": {
			summary: "Returns the bit value at offset in the string value stored at key",
			since:   "2.2.0", group: "bitmap",
			complexity: "O(1)",
			args: []argument{
				argKey("key", 0),
				argInt("offset"),
			},
		},
		"bitcount": {
			summary: "Count set bits in a string",
			since:   "2.6.0", group: "bitmap",
			complexity: "O(N)",
			history:    []change{{"7.0.0", "Added the `BYTE|BIT` option."}},
			args: []argument{
				argKey("key", 0),
				argBlock("index",
					argInt("start"),
					argInt("end"),
					argOneOf("index_unit",
						argToken("BYTE"),
						argToken("BIT")).from("7.0.0").optional()).optional(),
			},
		},
		"bitpos": {
			summary: "Find first bit set or clear in a string",
			since:   "2.8.7", group: "bitmap",
			complexity: "O(N)",
			history:    []change{{"7.0.0", "Added the `BYTE|BIT` option."}},
			args: []argument{
				argKey("key", 0),
				argInt("bit"),
				argBlock("index",
					argInt("start"),
					argBlock("end_index",
						argInt("end"),
						argOneOf("index_unit",
							argToken("BYTE"),
							argToken("BIT")).from("7.0.0").optional()).optional()).optional(),
			},
		},
		"bitop": {
			summary: "Perform bitwise operations between strings",
			since:   "2.6.0", group: "bitmap",
			complexity: "O(N)",
			args: []argument{
				argString("operation"),
				argKey("destkey", 0),
				argKey("key", 1).multiple(),
			},
		},
		"bitfield": {
			summary: "Perform arbitrary bitfield integer operations on strings",
			since:   "3.2.0", group: "bitmap",
			complexity: "O(1) for each subcommand specified",
			args: []argument{
				argKey("key", 0),
				argOneOf("operation",
					argBlock("encoding_offset",
						argString("encoding"),
						argInt("offset")).after("GET"),
					argBlock("write",
						argOneOf("wrap_sat_fail",
							argToken("WRAP"),
							argToken("SAT"),
							argToken("FAIL")).after("OVERFLOW").optional(),
						argOneOf("write_operation",
							argBlock("encoding_offset_value",
								argString("encoding"),
								argInt("offset"),
								argInt("value")).after("SET"),
							argBlock("encoding_offset_increment",
								argString("encoding"),
								argInt("offset"),
								argInt("increment")).after("INCRBY")))).optional().multiple(),
			},
		},
		"bitfield_ro": {
			summary: "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD",
			since:   "6.0.0", group: "bitmap",
			complexity: "O(1) for each subcommand specified",
			args: []argument{
				argKey("key", 0),
				argBlock("encoding_offset",
					argString("encoding"),
					argInt("offset")).after("GET").optional().multipleToken(),
			},
		},
	}
}
