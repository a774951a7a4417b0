package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"gordian/internal/kcore"
	"gordian/internal/ktype"
)

func coreStruct() coreSub {
	return coreSub{name: "struct", args: "NAME[.MEMBER] [ADDR]", short: "layout of a structure, or what is in it at an address", run: runCoreStruct}
}

func runCoreStruct(_ context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	args, err := parseCore(fs, args, 1, 2)
	if err != nil {
		return coreAnswer{}, err
	}
	name, path, member := strings.Cut(args[0], ".")
	t, ok := findType(s.k, name)
	if !ok {
		return coreAnswer{}, fmt.Errorf("no structure %q in this kernel or its modules", name)
	}
	off := uint64(0)
	if member {
		f, ok := t.Member(path)
		if !ok {
			return coreAnswer{}, fmt.Errorf("struct %s has no member %q", name, path)
		}
		t, off = f.Type, f.Offset
	}
	v := s.k.Layout(t)
	if len(args) == 2 {
		addr, err := s.k.Address(args[1])
		if err != nil {
			return coreAnswer{}, err
		}
		v = s.k.ValueAt(t, addr+off)
	}
	return coreAnswer{value: v, text: func(w io.Writer) { printValue(w, &v, 0) }}, nil
}

// findType looks in the kernel's types first, then in those of its modules.
func findType(k *kcore.Kernel, name string) (ktype.Type, bool) {
	if t, ok := k.Types.Find(name); ok {
		return t.Strip(), true
	}
	for _, m := range k.Modules {
		types, err := k.TypesOf(m.Name)
		if err != nil {
			continue
		}
		if t, ok := types.Find(name); ok {
			return t.Strip(), true
		}
	}
	return ktype.Type{}, false
}

// printValue prints "[offset] type name = value", members below it.
func printValue(w io.Writer, v *kcore.Value, depth int) {
	line := fmt.Sprintf("%6s %s%s", fmt.Sprintf("[%d]", v.Offset), strings.Repeat("    ", depth), v.Type)
	if v.Name != "" {
		line += " " + v.Name
	}
	if v.Bits > 0 {
		line += fmt.Sprintf(":%d", v.Bits)
	}
	if v.Text != "" {
		line += " = " + v.Text
	}
	if len(v.Members) > 0 {
		line += " {"
	}
	if v.Missing != "" {
		line += " (" + v.Missing + ")"
	}
	if depth == 0 {
		line += fmt.Sprintf("  // %d bytes", v.Size)
	}
	fmt.Fprintln(w, safe(line))
	for i := range v.Members {
		printValue(w, &v.Members[i], depth+1)
	}
}
