package access

import (
	_ "embed" // for builtin.json
	"encoding/json"
)

//go:embed builtin.json
var builtin []byte

// BuiltinRoles gives the roles that a new site starts with. They are data like
// any other role and may be changed; builtin.json says what they may do at
// first. It panics when that file, which is part of the program, is broken.
func BuiltinRoles() []Role {
	var roles []Role
	if err := json.Unmarshal(builtin, &roles); err != nil {
		panic("access: builtin.json: " + err.Error())
	}
	return roles
}
