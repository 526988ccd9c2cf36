package resp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larderkv/larder/internal/acl"
)

var (
	// ErrWrongPassword: there is no such user, he is off, or has another password.
	ErrWrongPassword = errors.New("resp: wrong user name or password")

	// ErrNoPermission: the user may not execute a command.
	ErrNoPermission = errors.New("resp: user has no permission to execute a command")
)

// Authorize checks a name and a password, as AUTH does, and that the user may execute all of the commands, which are
// given as one would type them. It is for doors other than the server's own that show what those commands do, such as a
// web page. The user "default" without a password is who has not said who he is. O(commands × the user's rules).
//
// It returns ErrWrongPassword or ErrNoPermission, or an error for what is no command.
func (s *Server) Authorize(name, password string, commands ...string) error {
	s.init()
	if err := s.ready(); err != nil {
		return err
	}
	user := s.users.Authenticate(name, []byte(password))
	if user == nil {
		if password != "" {
			s.log().Warn("resp: wrong password for a door that is not the server's own", "user", name)
		}
		return ErrWrongPassword
	}
	var g guard
	for _, command := range commands {
		var args [][]byte
		for word := range strings.FieldsSeq(command) {
			args = append(args, []byte(word))
		}
		if len(args) == 0 {
			return errors.New("resp: empty command")
		}
		cmd, problem := findCommand(args)
		if problem != "" {
			return fmt.Errorf("resp: %s", problem)
		}
		if user.Check(g.describe(cmd, args)).Reason != acl.Permitted {
			return ErrNoPermission
		}
	}
	return nil
}
