package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"gordian/internal/ksym"
)

func coreSym() coreSub {
	return coreSub{name: "sym", args: "NAME|ADDR", short: "address of a symbol, symbol of an address", run: runCoreSym}
}

// symbolRow is a symbol as it is shown.
type symbolRow struct {
	Name   string `json:"name"`
	Addr   string `json:"addr"`
	Offset uint64 `json:"offset"` // of the address that was asked for
	Size   uint64 `json:"size,omitempty"`
	Type   string `json:"type,omitempty"`
	Module string `json:"module,omitempty"`
}

func runCoreSym(_ context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	args, err := parseCore(fs, args, 1, 1)
	if err != nil {
		return coreAnswer{}, err
	}
	var rows []symbolRow
	for _, sym := range s.k.Sym.FindAll(args[0]) {
		rows = append(rows, newSymbolRow(sym, 0))
	}
	if len(rows) == 0 {
		addr, err := s.k.Address(args[0])
		if err != nil {
			return coreAnswer{}, err
		}
		sym, off, ok := s.k.Sym.Lookup(addr)
		if !ok {
			return coreAnswer{}, fmt.Errorf("%#x: in no symbol of the kernel or its modules", addr)
		}
		rows = append(rows, newSymbolRow(sym, off))
	}
	return coreAnswer{value: rows, text: func(w io.Writer) {
		for _, r := range rows {
			fmt.Fprintln(w, r)
		}
	}}, nil
}

func newSymbolRow(s ksym.Symbol, off uint64) symbolRow {
	r := symbolRow{Name: s.Name, Addr: fmt.Sprintf("%#x", s.Addr), Offset: off, Size: s.Size, Module: s.Module}
	if s.Type > ' ' && s.Type < 0x7f {
		r.Type = string(s.Type)
	}
	return r
}

// String prints like nm, with the size behind.
func (r symbolRow) String() string {
	name := r.Name
	if r.Offset > 0 {
		name = fmt.Sprintf("%s+%#x", name, r.Offset)
	}
	if r.Module != "" {
		name += " [" + r.Module + "]"
	}
	return safe(fmt.Sprintf("%s %1s %s (%d bytes)", r.Addr, r.Type, name, r.Size))
}
