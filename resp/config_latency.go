package resp

import (
	"math"
	"strconv"
	"strings"
)

// latencyParameterRows are the parameters of what is known about the time that commands take.
func latencyParameterRows() []parameter {
	return []parameter{
		{
			name: "latency-monitor-threshold", kind: integer{0, math.MaxInt64}, standard: "0",
			usage: "milliseconds from which on the latency monitor notes what took as long; 0 is never",
			get:   func(s *Server) value { return numberOf(s.settings.monitorThreshold.Load()) },
			set: func(s *Server, v value) error {
				s.settings.monitorThreshold.Store(v.number)
				s.setWatching()
				s.watchPauses(v.number > 0)
				return nil
			},
		},
		{
			name: "latency-tracking", kind: yesNo{}, standard: "no",
			usage: "keep histograms of how long commands take",
			get:   func(s *Server) value { return switchOf(s.settings.trackLatency.Load()) },
			set: func(s *Server, v value) error {
				s.settings.trackLatency.Store(v.number != 0)
				s.setWatching()
				return nil
			},
		},
		{
			name: "latency-tracking-info-percentiles", kind: percentiles{}, standard: standardPercentiles, form: manyWords,
			usage: "which percentiles INFO latencystats shows",
			get:   func(s *Server) value { return textOf(*s.settings.percentiles.Load()) },
			set:   func(s *Server, v value) error { s.settings.percentiles.Store(&v.text); return nil },
		},
		{
			name: "slowlog-log-slower-than", kind: integer{-1, math.MaxInt64}, standard: "10000",
			usage: "microseconds from which on the slow log takes a command; -1 is never",
			get:   func(s *Server) value { return numberOf(s.settings.slowerThan.Load()) },
			set: func(s *Server, v value) error {
				s.settings.slowerThan.Store(v.number)
				s.setWatching()
				return nil
			},
		},
		{
			name: "slowlog-max-len", kind: integer{0, math.MaxInt64}, standard: "128",
			usage: "most entries of the slow log",
			get:   func(s *Server) value { return numberOf(s.ops().slowlog.limit()) },
			set:   func(s *Server, v value) error { s.ops().slowlog.setLimit(v.number); return nil },
		},
	}
}

const (
	standardSlowerThan  = 10_000 // microseconds
	standardSlowlogLen  = 128
	standardPercentiles = "50 99 99.9"
)

// percentiles is the kind of lists of percentiles.
type percentiles struct{}

func (percentiles) parse(text string) (value, error) {
	var list []string
	for word := range strings.FieldsSeq(text) {
		p, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return value{}, redisError("Invalid latency-tracking-info-percentiles parameters")
		}
		if !(0 <= p && p <= 100) {
			return value{}, redisError("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
		}
		list = append(list, percentileText(p))
	}
	return textOf(strings.Join(list, " ")), nil
}

func (percentiles) format(v value) string { return v.text }

// percentileText writes a percentile with up to six decimals.
func percentileText(p float64) string {
	text := strings.TrimRight(strconv.FormatFloat(p, 'f', 6, 64), "0")
	return strings.TrimSuffix(text, ".")
}
