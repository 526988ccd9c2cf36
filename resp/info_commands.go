package resp

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// writeCommandStats reports the calls of each command. The times are those of the calls made while latency-tracking
// was on, and zero if there were none.
func (r *infoReport) writeCommandStats() {
	for _, st := range r.srv.recentCommandStats() {
		perCall := 0.0
		if st.Latency.count > 0 {
			perCall = float64(st.Latency.sum.Nanoseconds()) / 1000 / float64(st.Latency.count)
		}
		r.text("cmdstat_"+st.Name, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			st.Calls, st.Latency.sum.Microseconds(), perCall, st.Rejected, st.Failed))
	}
}

// writeLatencyStats reports percentiles of the time that calls took, in microseconds.
func (r *infoReport) writeLatencyStats() {
	names := strings.Fields(*r.srv.settings.percentiles.Load())
	for _, st := range r.srv.recentCommandStats() {
		if st.Latency.count == 0 {
			continue
		}
		shown := make([]string, len(names))
		for i, name := range names {
			p, _ := strconv.ParseFloat(name, 64)
			shown[i] = fmt.Sprintf("p%s=%.3f", name, float64(st.Latency.Quantile(p/100))/float64(time.Microsecond))
		}
		r.text("latency_percentiles_usec_"+st.Name, strings.Join(shown, ","))
	}
}
