package resp

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/larderkv/larder/internal/acl"
	"github.com/larderkv/larder/internal/atomicfile"
	"github.com/larderkv/larder/internal/redisconf"
)

// ConfigFile is what a configuration file says.
type ConfigFile struct {
	Settings []Setting  // one for each parameter that it names, in the form of CONFIG GET
	Users    []UserRule // in the order of their lines
}

// UserRule declares a user: the directive user of a configuration file.
type UserRule struct {
	Name  string
	Rules []string
}

// ReadConfigFile reads a file in the format of redis.conf, and those that it includes. Of two lines about one parameter
// the last counts. The error lists everything that is wrong with the file, each with its line. Parameters of the
// program's own may stand in the file, too.
func ReadConfigFile(path string, own ...Parameter) (*ConfigFile, error) {
	directives, err := redisconf.Read(path)
	problems := []error{err}
	r := configReader{words: make(map[*parameter][]string), users: acl.NewUsers(aclCatalog)}
	for _, p := range own {
		r.own = append(r.own, &parameter{name: p.Name, kind: p.kind})
	}
	for _, d := range directives {
		if err := r.take(d); err != nil {
			problems = append(problems, d.Errorf("%w", err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &r.file, nil
}

// configReader gathers what directives say.
type configReader struct {
	file  ConfigFile
	own   []*parameter
	words map[*parameter][]string // what the lines so far say of it
	users *acl.Users              // where declarations of users are tried
}

func (r *configReader) take(d redisconf.Directive) error {
	switch d.Name {
	case "user":
		return r.takeUser(d.Args)
	case "rename-command":
		return errors.New("rename-command is not supported; take commands away from users by ACL rules instead")
	case "loadmodule":
		return errors.New("loadmodule is not supported: there are no modules")
	}
	p := r.find(d.Name)
	switch {
	case p == nil:
		return errors.New("unknown parameter '" + d.Name + "'")
	case len(d.Args) == 0 || len(d.Args) > 1 && p.form == oneWord:
		return errors.New("wrong number of arguments for '" + d.Name + "'")
	}
	words := d.Args
	if p.form == manyLines {
		words = slices.Concat(r.words[p], words)
	}
	v, err := p.kind.parse(strings.Join(words, " "))
	if err != nil {
		return errors.New(d.Name + ": " + err.Error())
	}
	r.words[p] = words
	r.set(Setting{p.name, p.kind.format(v)})
	return nil
}

func (r *configReader) find(name string) *parameter {
	for _, p := range r.own {
		if p.name == name {
			return p
		}
	}
	return findParameter(name)
}

// set makes the setting the only one of its parameter.
func (r *configReader) set(setting Setting) {
	r.file.Settings = slices.DeleteFunc(r.file.Settings, func(s Setting) bool { return s.Name == setting.Name })
	r.file.Settings = append(r.file.Settings, setting)
}

// takeUser takes the declaration of a user. It says everything of the user, who has no other rights.
func (r *configReader) takeUser(args []string) error {
	if len(args) == 0 {
		return errors.New("wrong number of arguments for 'user'")
	}
	name, rules := args[0], args[1:]
	if slices.ContainsFunc(r.file.Users, func(u UserRule) bool { return u.Name == name }) {
		return wording("Duplicate user found. A user can only be defined once in config files")
	}
	if name == acl.DefaultName {
		rules = append([]string{"reset"}, rules...)
	}
	if err := r.users.Set(name, rules); err != nil {
		return wording("Error in user declaration: " + err.Error())
	}
	r.file.Users = append(r.file.Users, UserRule{name, rules})
	return nil
}

const errNoConfigFile = wording("The server is running without a config file")

// RewriteConfig writes the parameters and users that are in force to the ConfigFile, all or nothing. Comments, the order
// of lines, and lines that say what is in force stay as they are. So do those about parameters that cannot change while
// the server runs. It is CONFIG REWRITE. O(length of the file + parameters + users).
func (s *Server) RewriteConfig() error {
	s.init()
	if s.ConfigFile == "" {
		return errNoConfigFile
	}
	text, err := os.ReadFile(s.ConfigFile)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = atomicfile.Write(s.ConfigFile, redisconf.Rewrite(string(text), s.configOptions()), 0o600)
	}
	if err != nil {
		s.log().Error("resp: configuration not rewritten", "file", s.ConfigFile, "error", err)
		return wording("Rewriting config file: " + systemText(err))
	}
	s.log().Info("resp: configuration rewritten", "file", s.ConfigFile)
	return nil
}

// configOptions returns what the configuration file is to say.
func (s *Server) configOptions() []redisconf.Option {
	var options []redisconf.Option
	for i := range parameters {
		p := &parameters[i]
		if _, fixed := p.kind.(only); p.set != nil && !fixed {
			options = append(options, p.option(p.kind.format(p.get(s))))
		}
	}
	users := redisconf.Option{Name: "user"}
	if s.ACLFile == "" {
		for _, line := range s.users.List() {
			users.Lines = append(users.Lines, strings.Split(line, " ")[1:])
		}
	}
	return append(options, users)
}

// option returns the parameter's line for a value. Older names of parameters are not brought into files that do not use
// them.
func (p *parameter) option(value string) redisconf.Option {
	o := redisconf.Option{Name: p.name, Lines: [][]string{{value}}}
	if p.form != oneWord && value != "" {
		o.Lines[0] = strings.Fields(value)
	}
	o.Implied = value == p.standard || strings.Contains(p.name, "ziplist")
	if p.form != manyLines {
		o.Same = func(args []string) bool {
			v, err := p.kind.parse(strings.Join(args, " "))
			return err == nil && p.kind.format(v) == value && (len(args) == 1 || p.form != oneWord)
		}
	}
	return o
}
