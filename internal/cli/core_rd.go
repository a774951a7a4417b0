package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"gordian/internal/kmem"
)

func coreRd() coreSub {
	return coreSub{name: "rd", args: "ADDR [N]", short: "N words of 8 bytes of memory (default 8)", run: runCoreRd}
}

// word is 8 bytes of memory. Value is empty where the dump has none.
type word struct {
	Addr    string `json:"addr"`
	Value   string `json:"value,omitempty"`
	Symbol  string `json:"symbol,omitempty"`
	Missing string `json:"missing,omitempty"`
	bytes   []byte
}

const maxWords = 1 << 20

func runCoreRd(_ context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	args, err := parseCore(fs, args, 1, 2)
	if err != nil {
		return coreAnswer{}, err
	}
	addr, err := s.k.Address(args[0])
	if err != nil {
		return coreAnswer{}, err
	}
	n := 8
	if len(args) == 2 {
		if n, err = strconv.Atoi(args[1]); err != nil || n < 1 || n > maxWords {
			return coreAnswer{}, errors.New("N must be a number from 1 to " + strconv.Itoa(maxWords))
		}
	}
	fit := (math.MaxUint64-addr)/8 + 1 // from addr to the end of all addresses
	if -addr%8 != 0 {
		fit--
	}
	if fit == 0 {
		return coreAnswer{}, fmt.Errorf("%#x: addresses end before the end of that word", addr)
	}
	words := make([]word, min(uint64(n), fit))
	for i := range words {
		words[i] = readWord(s, addr+8*uint64(i))
	}
	return coreAnswer{value: words, text: func(w io.Writer) { printWords(w, words) }}, nil
}

func readWord(s *coreSession, addr uint64) word {
	x := word{Addr: fmt.Sprintf("%016x", addr)}
	var err error
	if x.bytes, err = kmem.Bytes(s.k.Mem, addr, 8); err != nil {
		x.Missing = err.Error()
		return x
	}
	v := binary.LittleEndian.Uint64(x.bytes)
	x.Value, x.Symbol = fmt.Sprintf("%016x", v), s.k.SymbolAt(v)
	return x
}

func printWords(w io.Writer, words []word) {
	for _, x := range words {
		if x.Missing != "" {
			fmt.Fprintln(w, x.Addr+":  "+safe(x.Missing))
			continue
		}
		text := make([]byte, 0, 8)
		for _, c := range x.bytes {
			if c < ' ' || c > '~' {
				c = '.'
			}
			text = append(text, c)
		}
		fmt.Fprintln(w, safe(strings.TrimRight(fmt.Sprintf("%s:  %s  %s  %s", x.Addr, x.Value, text, x.Symbol), " ")))
	}
}
