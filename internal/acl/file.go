package acl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larderkv/larder/internal/atomicfile"
)

const errNotLoaded = "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"

// Load replaces all users by those of a file's text, or, when it returns an error, none. The error lists everything that
// is wrong with the text, each with its line, in the words of Redis. The default user stays the same User, with new
// rights; of all others it returns those that there were, who have no rights any more. It is ACL LOAD.
func (us *Users) Load(file, text string) (former []*User, err error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	loaded := make(map[string]*rights)
	var problems strings.Builder
	for i, line := range strings.Split(text, "\n") {
		us.loadLine(loaded, line, fmt.Sprintf("%s:%d", file, i+1), i+1, &problems)
	}
	if problems.Len() > 0 {
		return nil, errors.New(problems.String() + errNotLoaded)
	}
	if loaded[DefaultName] == nil {
		loaded[DefaultName] = us.unlimited()
	}
	us.standard.set(loaded[DefaultName])
	for _, u := range us.byName {
		if u != us.standard {
			u.set(&rights{})
			former = append(former, u)
		}
	}
	us.byName = map[string]*User{DefaultName: us.standard}
	for name, r := range loaded {
		if name != DefaultName {
			us.byName[name] = newUser(name, r)
		}
	}
	return former, nil
}

// loadLine adds the user of a line to those loaded.
func (us *Users) loadLine(loaded map[string]*rights, line, where string, number int, problems *strings.Builder) {
	line = strings.Trim(line, " \t\r\n")
	if line == "" {
		return
	}
	parts := strings.Split(line, " ")
	if parts[0] != "user" || len(parts) < 2 {
		fmt.Fprintf(problems, "%s should start with user keyword followed by the username. ", where)
		return
	}
	name := parts[1]
	switch {
	case hasSpaces(name):
		fmt.Fprintf(problems, "'%s: username '%s' contains invalid characters. ", where, name)
		return
	case loaded[name] != nil:
		fmt.Fprintf(problems, "WARNING: Duplicate user '%s' found on line %d. ", name, number)
		return
	}
	r := us.fresh()
	loaded[name] = r
	rules, err := joinSelectors(parts[2:])
	if err != nil {
		fmt.Fprintf(problems, "%s: Unmatched parenthesis in selector definition.", where)
		return
	}
	us.loadRules(r, rules, where, problems)
}

// loadRules applies the rules of a line. Of errors that others may follow from it reports the first only.
func (us *Users) loadRules(r *rights, rules []string, where string, problems *strings.Builder) {
	reported := false
	for _, rule := range rules {
		rule = strings.Trim(rule, "\t\r\n")
		switch err := us.apply(r, rule); {
		case err == nil:
		case err == ErrUnknown:
			fmt.Fprintf(problems, "%s: Error in applying operation '%s': %s. ", where, rule, err)
		case !reported:
			fmt.Fprintf(problems, "%s: %s. ", where, err)
			reported = true
		}
	}
}

// Save writes all users to a file in such a way that there is either the old file or the whole new one. It is ACL SAVE.
func (us *Users) Save(file string) error {
	return atomicfile.Write(file, strings.Join(us.List(), "\n")+"\n", 0o600)
}
