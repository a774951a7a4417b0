package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"
)

func coreLog() coreSub {
	return coreSub{name: "log", short: "the kernel's log", run: runCoreLog}
}

func runCoreLog(_ context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	if _, err := parseCore(fs, args, 0, 0); err != nil {
		return coreAnswer{}, err
	}
	records, lost, err := s.k.Log()
	if err != nil {
		return coreAnswer{}, err
	}
	return coreAnswer{
		value: map[string]any{"records": records, "lost": lost},
		text: func(w io.Writer) {
			var b []byte
			for i := range records {
				b = records[i].AppendText(b[:0])
				fmt.Fprintf(w, "%s", b)
			}
			if lost > 0 {
				fmt.Fprintf(w, "(%d more records cannot be read)\n", lost)
			}
		},
	}, nil
}
