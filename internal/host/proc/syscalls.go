package proc

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed syscalls_amd64.txt
var syscallsAMD64 string

// SyscallName names a system call of x86-64, or gives its number.
func SyscallName(nr int) string {
	next := 0
	for l := range lines([]byte(syscallsAMD64)) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		if at, ok := strings.CutPrefix(l, "@"); ok { // the numbers go on there
			next, _ = strconv.Atoi(at)
			continue
		}
		names := strings.Fields(l)
		if i := nr - next; i >= 0 && i < len(names) && names[i] != "-" {
			return names[i]
		}
		next += len(names)
	}
	return "system call " + strconv.Itoa(nr)
}
