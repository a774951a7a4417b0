package kernels

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strings"

	"gordian/internal/kconfig"
)

//go:embed lockdep.config
var lockdepFragment string

//go:embed kasan.config
var kasanFragment string

// fragment is the configuration that a build merges into allnoconfig: ours,
// and the user's files behind it, so that theirs win.
func fragment(o BuildOptions) (string, error) {
	text := lockdepFragment
	if o.KASAN {
		text += "\n" + kasanFragment
	}
	for _, name := range o.Fragments {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("read configuration: %w", err)
		}
		text += "\n" + string(b)
	}
	return text, nil
}

// checkTaken compares what was asked for with what kconfig made of it. An
// option without which the kernel is no lockdep kernel, or that the user asked
// for, must be there; the others are returned, since a source may not know them.
func checkTaken(want, got kconfig.Config, user string) (dropped []string, err error) {
	essential, perr := kconfig.Parse(strings.NewReader(user))
	if perr != nil {
		return nil, perr
	}
	var lost []string
	for _, name := range want.Names() {
		if want[name] == got[name] || want[name] == "n" && got[name] == "" {
			continue
		}
		_, asked := essential[name]
		if asked || name == "PROVE_LOCKING" || name == "VIRTIO_CONSOLE" || name == "SERIAL_8250_CONSOLE" || name == "BLK_DEV_INITRD" {
			lost = append(lost, name+"="+want[name])
			continue
		}
		dropped = append(dropped, name)
	}
	if len(lost) > 0 {
		return dropped, errors.New("configure the kernel: this source does not take " + strings.Join(lost, ", ") + " (unknown, or something it depends on is off)")
	}
	return dropped, nil
}
