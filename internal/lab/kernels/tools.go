package kernels

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// need is something that building a kernel takes, and the Debian package that
// has it (Documentation/process/changes.rst, 6.1, lists the programs).
type need struct{ program, header, pkg string }

func needs() []need {
	return []need{
		{program: "make", pkg: "make"},
		{program: "gcc", pkg: "gcc"},
		{program: "ld", pkg: "binutils"},
		{program: "flex", pkg: "flex"},
		{program: "bison", pkg: "bison"},
		{program: "bc", pkg: "bc"},
		{program: "python3", pkg: "python3"},
		{program: "pahole", pkg: "dwarves"},          // BTF
		{header: "libelf.h", pkg: "libelf-dev"},      // objtool
		{header: "openssl/ssl.h", pkg: "libssl-dev"}, // scripts/sign-file, certs
	}
}

// checkTools names everything that is missing at once.
func checkTools(ctx context.Context) error {
	var missing, packages []string
	for _, n := range needs() {
		switch {
		case n.program != "":
			if _, err := exec.LookPath(n.program); err == nil {
				continue
			}
			missing = append(missing, n.program)
		default:
			if hasHeader(ctx, n.header) {
				continue
			}
			missing = append(missing, n.header)
		}
		packages = append(packages, n.pkg)
	}
	if len(missing) == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.New("build a kernel: missing " + strings.Join(missing, ", ") + ": apt-get install " + strings.Join(packages, " "))
}

// hasHeader asks the preprocessor; without gcc nothing can be said, and the
// missing gcc is told anyway.
func hasHeader(ctx context.Context, name string) bool {
	if _, err := exec.LookPath("gcc"); err != nil {
		return true
	}
	c := exec.CommandContext(ctx, "gcc", "-E", "-o", "/dev/null", "-x", "c", "-")
	c.Stdin = strings.NewReader(fmt.Sprintf("#include <%s>\n", name))
	return c.Run() == nil
}

// compiler is the first line of `gcc --version`.
func compiler(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "gcc", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask gcc for its version: %w", err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first, nil
}
