package resp

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestUnserved: nothing that is served is listed as not served.
func TestUnserved(t *testing.T) {
	t.Parallel()
	for _, group := range unserved {
		for name := range strings.FieldsSeq(group.names) {
			if namedCommand([]byte(name)) != nil {
				t.Errorf("%s is served", name)
			}
		}
	}
}

// TestReadmeListsWhatIsNotServed compares the list in the README, which stands between two empty lines behind the words
// that announce it, with the commands that there are not.
func TestReadmeListsWhatIsNotServed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "`COMMAND LIST` of Redis 7.0 less that of larder:\n\n")
	list, _, _ = strings.Cut(list, "\n\n")
	listed := strings.Fields(strings.NewReplacer("`", "", ",", " ").Replace(list))
	var want []string
	eachUnserved(func(name string, _ aclCategory) {
		if container, _, isSub := strings.Cut(name, "|"); !isSub || namedCommand([]byte(container)) != nil {
			want = append(want, strings.ToUpper(strings.ReplaceAll(name, "|", "-")))
		}
	})
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("the list is\n%s\nwant\n%s", strings.Join(listed, " "), strings.Join(want, " "))
	}
}
