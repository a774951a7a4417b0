package guest

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

const tracing = "/sys/kernel/tracing/"

// probe is a role: it defines the kprobes that are the lines of the file
// args[0], and switches them on. Those of a module that is not loaded yet wait
// for it. The hits are counted in kprobe_profile; nothing is written to the
// trace buffer. It prints the lines that the kernel refuses.
func probe(args []string) error {
	if len(args) != 1 {
		return errors.New("probe: no definitions")
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(tracing+"tracing_on", []byte("0"), 0); err != nil {
		return fmt.Errorf("no tracing in this kernel: %w", err)
	}
	f, err := os.OpenFile(tracing+"kprobe_events", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("no kprobe events in this kernel (CONFIG_KPROBE_EVENTS): %w", err)
	}
	defer f.Close() //nolint:errcheck // each write is checked
	set := 0
	for _, line := range nonEmpty(string(b)) {
		if _, err := f.WriteString(line + "\n"); err != nil {
			fmt.Println(line)
			continue
		}
		set++
	}
	if set == 0 {
		return nil
	}
	group, _, _ := strings.Cut(strings.TrimPrefix(nonEmpty(string(b))[0], "p:"), "/")
	return os.WriteFile(tracing+"events/"+group+"/enable", []byte("1"), 0)
}
