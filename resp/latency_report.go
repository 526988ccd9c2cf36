package resp

import (
	"fmt"
	"strings"
	"time"
)

// The latency monitor's reports for people: the graph of one kind of event, and advice on all of them.

const (
	graphColumns = 80
	graphRows    = 4
	graphMarks   = "_o#" // thirds of a row
)

// graph draws the samples as columns, the highest one over all rows, each above how long ago it was.
func (e *LatencyEvent) graph(now time.Time) string {
	least, most := e.Samples[0].Duration, e.Samples[0].Duration
	for _, s := range e.Samples {
		least, most = min(least, s.Duration), max(most, s.Duration)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s - high %d ms, low %d ms (all time high %d ms)\n%s\n", e.Name, most.Milliseconds(),
		least.Milliseconds(), e.Longest.Milliseconds(), strings.Repeat("-", graphColumns))
	for at := 0; at < len(e.Samples); at += graphColumns {
		if at > 0 {
			out.WriteByte('\n')
		}
		drawColumns(&out, e.Samples[at:min(at+graphColumns, len(e.Samples))], least, most, now)
	}
	return out.String()
}

func drawColumns(out *strings.Builder, samples []Spike, least, most time.Duration, now time.Time) {
	const steps = graphRows * len(graphMarks) // of which each is a mark
	line := make([]byte, len(samples))
	for row := graphRows - 1; row >= 0; row-- {
		for i, s := range samples {
			step := min(int(time.Duration(steps)*(s.Duration-least)/max(most-least, time.Millisecond)), steps-1)
			switch mark := step - row*len(graphMarks); {
			case mark < 0:
				line[i] = ' '
			case mark < len(graphMarks):
				line[i] = graphMarks[mark]
			default:
				line[i] = '|'
			}
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	drawLabels(out, samples, now)
}

// drawLabels writes the labels from top to bottom, under a free line.
func drawLabels(out *strings.Builder, samples []Spike, now time.Time) {
	labels, longest := make([]string, len(samples)), 0
	for i, s := range samples {
		labels[i] = ago(now.Sub(s.Time))
		longest = max(longest, len(labels[i]))
	}
	line := make([]byte, len(samples))
	for row := -1; row < longest; row++ {
		for i, label := range labels {
			line[i] = ' '
			if 0 <= row && row < len(label) {
				line[i] = label[row]
			}
		}
		out.Write(line)
		out.WriteByte('\n')
	}
}

// ago writes a time in its largest unit.
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/day)
}

const (
	adviceDisabled = `I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use ` +
		`"CONFIG SET latency-monitor-threshold <milliseconds>." in order to enable it. If we weren't in a deep space ` +
		"mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
	adviceCalm = "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest " +
		"bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n"
	adviceSpikes = "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n"
	adviceNone   = "\nWhile there are latency events logged, I'm not able to suggest any easy fix. Please use the Redis " +
		"community to get some help, providing this report in your help request.\n"
)

// latencyAdvice says what the latency monitor has seen. The advice is that of Redis where it holds for larder, which
// does not free large values at once, nor has it a rate of background tasks to be set.
func (s *Server) latencyAdvice() string {
	events := s.ops().monitor.all()
	switch {
	case len(events) == 0 && s.settings.monitorThreshold.Load() == 0:
		return adviceDisabled
	case len(events) == 0:
		return adviceCalm
	}
	var out strings.Builder
	out.WriteString(adviceSpikes)
	var advice []string
	for i := range events {
		fmt.Fprintf(&out, "%d. %s\n", i+1, events[i].summary(time.Now()))
		advice = append(advice, s.adviceOn(events[i].Name)...)
	}
	if len(advice) == 0 {
		out.WriteString(adviceNone)
		return out.String()
	}
	out.WriteString("\nI have a few advices for you:\n\n")
	for _, line := range advice {
		out.WriteString("- " + line + "\n")
	}
	return out.String()
}

// summary describes the samples of an event.
func (e *LatencyEvent) summary(now time.Time) string {
	n := len(e.Samples)
	sum, deviation := int64(0), int64(0)
	for _, s := range e.Samples {
		sum += s.Duration.Milliseconds()
	}
	average := sum / int64(n)
	for _, s := range e.Samples {
		deviation += max(average-s.Duration.Milliseconds(), s.Duration.Milliseconds()-average)
	}
	period := max(int64(now.Sub(e.Samples[0].Time)/time.Second), 1)
	return fmt.Sprintf("%s: %d latency spikes (average %dms, mean deviation %dms, period %.2f sec). Worst all time event %dms.",
		e.Name, n, average, deviation/int64(n), float64(period)/float64(n), e.Longest.Milliseconds())
}

func (s *Server) adviceOn(event string) (advice []string) {
	threshold := s.spikeThreshold()
	switch event {
	case "command":
		switch {
		case s.settings.slowerThan.Load() < 0 || s.ops().slowlog.limit() == 0:
			advice = append(advice, fmt.Sprintf("There are latency issues with potentially slow commands you are using. "+
				"Try to enable the Slow Log Redis feature using the command 'CONFIG SET slowlog-log-slower-than %d'. "+
				"If the Slow log is disabled Redis is not able to log slow commands execution for you.", threshold.Microseconds()))
		case s.slowThreshold() > threshold:
			advice = append(advice, fmt.Sprintf("Your current Slow Log configuration only logs events that are slower than "+
				"your configured latency monitor threshold. Please use 'CONFIG SET slowlog-log-slower-than %d'.", threshold.Microseconds()))
		}
		return append(advice, "Check your Slow Log to understand what are the commands you are running which are too slow "+
			"to execute. Please check https://redis.io/commands/slowlog for more information.")
	case "fast-command":
		return []string{"The system is slow to execute code paths that contain no system calls. This usually means that it " +
			"does not give larder CPU time for long periods. Lower the load of the system, look for noisy neighbours of a " +
			"virtual machine, see that the process may use as many processors as GOMAXPROCS says, and measure with " +
			"'redis-cli --intrinsic-latency 100' what the system itself adds."}
	}
	return nil
}
