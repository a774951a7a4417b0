package ksym

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"sort"
	"sync"

	"gordian/internal/kmem"
)

// kallsyms is the symbol table that the kernel has of itself
// (kernel/kallsyms.c, scripts/kallsyms.c): names as strings of tokens, and
// their addresses, sorted. Names are decoded when they are asked for.
type kallsyms struct {
	tokens  [256][]byte
	names   []byte
	starts  []uint32 // where in names every stride-th one begins
	offsets []byte   // 4 bytes each
	n       int      // symbols whose names and addresses are there
	base    uint64
	where   uint64 // address of offsets, for the encoding that is relative to itself
	enc     encoding

	index sync.Once
	seed  maphash.Seed
	slots []uint32 // hash table of 1 + number of symbol
}

// encoding says how an offset gives an address.
type encoding uint8

const (
	// fromBase: relative_base plus the offset.
	fromBase encoding = iota
	// percpuAbsolute: offsets from 0 on are addresses (of per-CPU variables),
	// negative ones count from relative_base - 1 (CONFIG_KALLSYMS_ABSOLUTE_PERCPU,
	// x86 before 6.15).
	percpuAbsolute
	// fromSelf: relative to where the offset itself is; there is no base.
	fromSelf
)

const (
	stride     = 64
	maxSymbols = 4 << 20
	maxNames   = 64 << 20
	maxTokens  = 64 << 10
	maxSymbol  = 64 << 20
	nameLimit  = 2048 // KSYM_NAME_LEN is 512
)

// Addresses says where the parts of kallsyms are. The kernel tells since 6.0
// (kernel/crash_core.c); Scan finds them in older ones.
type Addresses struct {
	NumSyms, Names, TokenTable, TokenIndex, Offsets uint64
	RelativeBase                                    uint64 // 0: offsets are relative to themselves
}

// FromInfo takes the addresses from VMCOREINFO.
func FromInfo(v kmem.VMCoreInfo) (Addresses, bool) {
	var a Addresses
	for name, to := range map[string]*uint64{
		"num_syms": &a.NumSyms, "names": &a.Names, "token_table": &a.TokenTable,
		"token_index": &a.TokenIndex, "offsets": &a.Offsets,
	} {
		addr, ok := v.Symbol("kallsyms_" + name)
		if !ok {
			return Addresses{}, false
		}
		*to = addr
	}
	a.RelativeBase, _ = v.Symbol("kallsyms_relative_base")
	return a, true
}

// Read reads the kernel's symbols. The second result says what is missing when
// only some of them can be had; an error means that there are none.
func Read(m kmem.Memory, a Addresses) (*Table, string, error) {
	k := &kallsyms{where: a.Offsets}
	n, err := kmem.U32(m, a.NumSyms)
	if err != nil {
		return nil, "", fmt.Errorf("read kallsyms: number of symbols: %w", err)
	}
	if n == 0 || n > maxSymbols {
		return nil, "", fmt.Errorf("read kallsyms: %d symbols", n)
	}
	if a.RelativeBase == 0 {
		k.enc = fromSelf
	} else if k.base, err = kmem.U64(m, a.RelativeBase); err != nil {
		return nil, "", fmt.Errorf("read kallsyms: base: %w", err)
	}
	if err := k.readTokens(m, a); err != nil {
		return nil, "", fmt.Errorf("read kallsyms: tokens: %w", err)
	}
	k.offsets = upTo(m, a.Offsets, 4*int(n))
	k.names = upTo(m, a.Names, nameBytes(a, n))
	k.n = min(k.walk(int(n)), len(k.offsets)/4)
	if k.n == 0 {
		return nil, "", errors.New("read kallsyms: no name can be read")
	}
	k.detect()
	if k.n < int(n) {
		return &Table{core: k}, fmt.Sprintf("kallsyms: only %d of %d symbols can be read", k.n, n), nil
	}
	return &Table{core: k}, "", nil
}

// nameBytes bounds the names: in every layout so far the token table follows
// them, at some distance.
func nameBytes(a Addresses, n uint32) int {
	most := uint64(n) * 128
	if a.TokenTable > a.Names {
		most = min(most, a.TokenTable-a.Names)
	}
	return int(min(most, maxNames))
}

// upTo reads n bytes, or as many as there are in one piece.
func upTo(m kmem.Memory, addr uint64, n int) []byte {
	out := make([]byte, 0, n)
	for len(out) < n {
		v, err := m.View(addr + uint64(len(out)))
		if err != nil {
			break
		}
		out = append(out, v[:min(len(v), n-len(out))]...)
	}
	return out
}

func (k *kallsyms) readTokens(m kmem.Memory, a Addresses) error {
	index, err := kmem.Bytes(m, a.TokenIndex, 512)
	if err != nil {
		return err
	}
	table := upTo(m, a.TokenTable, maxTokens+256)
	for i := range k.tokens {
		at := int(binary.LittleEndian.Uint16(index[2*i:]))
		if at >= len(table) {
			return fmt.Errorf("token %d is not in the dump", i)
		}
		end := bytes.IndexByte(table[at:], 0)
		if end < 0 {
			return fmt.Errorf("token %d has no end", i)
		}
		k.tokens[i] = table[at : at+end]
	}
	return nil
}

// walk notes where names begin, and returns how many there are.
func (k *kallsyms) walk(n int) int {
	p := 0
	for i := range n {
		if i%stride == 0 {
			k.starts = append(k.starts, uint32(p))
		}
		_, next, ok := k.entry(p)
		if !ok {
			return i
		}
		p = next
	}
	return n
}

// entry returns the tokens of the name at p. A length of 128 and more has a
// second byte ("big symbols", 6.1).
func (k *kallsyms) entry(p int) (tokens []byte, next int, ok bool) {
	if p >= len(k.names) {
		return nil, 0, false
	}
	n := int(k.names[p])
	p++
	if n&0x80 != 0 {
		if p >= len(k.names) {
			return nil, 0, false
		}
		n = n&0x7f | int(k.names[p])<<7
		p++
	}
	if n == 0 || p+n > len(k.names) {
		return nil, 0, false
	}
	return k.names[p : p+n], p + n, true
}

// detect finds the encoding of the offsets: an image is far smaller than
// 2 GiB, so a negative offset means percpuAbsolute.
func (k *kallsyms) detect() {
	if k.enc == fromSelf {
		return
	}
	for i := range k.n {
		if k.offset(i) < 0 {
			k.enc = percpuAbsolute
			return
		}
	}
}

func (k *kallsyms) offset(i int) int32 {
	return int32(binary.LittleEndian.Uint32(k.offsets[4*i:]))
}

func (k *kallsyms) addr(i int) uint64 {
	o := k.offset(i)
	switch {
	case k.enc == fromSelf:
		return k.where + 4*uint64(i) + uint64(int64(o))
	case k.enc == fromBase:
		return k.base + uint64(uint32(o))
	case o >= 0:
		return uint64(o)
	}
	return k.base - 1 - uint64(int64(o))
}

// appendName appends the type and the name of symbol i.
func (k *kallsyms) appendName(b []byte, i int) []byte {
	p := int(k.starts[i/stride])
	for range i % stride {
		_, p, _ = k.entry(p)
	}
	tokens, _, _ := k.entry(p)
	return k.expand(b, tokens)
}

func (k *kallsyms) expand(b, tokens []byte) []byte {
	for _, t := range tokens {
		if len(b) > nameLimit {
			break
		}
		b = append(b, k.tokens[t]...)
	}
	return b
}

func (k *kallsyms) symbol(i int) Symbol {
	name := k.appendName(nil, i)
	s := Symbol{Addr: k.addr(i)}
	if len(name) > 0 {
		s.Type, s.Name = name[0], string(name[1:])
	}
	for j := i + 1; j < k.n; j++ {
		if next := k.addr(j); next > s.Addr {
			if next-s.Addr < maxSymbol { // no gap between two parts of the image
				s.Size = next - s.Addr
			}
			break
		}
	}
	return s
}

// lookup returns the symbol that addr is in, the first of several.
func (k *kallsyms) lookup(addr uint64) (Symbol, bool) {
	i := sort.Search(k.n, func(i int) bool { return k.addr(i) > addr })
	if i == 0 {
		return Symbol{}, false
	}
	for i--; i > 0 && k.addr(i-1) == k.addr(i); i-- {
	}
	s := k.symbol(i)
	for ; hollow(s.Name) && i+1 < k.n && k.addr(i+1) == s.Addr; s = k.symbol(i) {
		i++
	}
	// Behind the last symbol of all there is nothing.
	return s, s.Size > 0 || s.Addr == addr
}

func (k *kallsyms) find(name string) (Symbol, bool) {
	if i := k.each(name, func(int) bool { return false }); i >= 0 {
		return k.symbol(i), true
	}
	return Symbol{}, false
}

func (k *kallsyms) findAll(name string) []Symbol {
	var found []int
	k.each(name, func(i int) bool { found = append(found, i); return true })
	sort.Ints(found)
	var out []Symbol
	for _, i := range found {
		out = append(out, k.symbol(i))
	}
	return out
}

// each calls f for every symbol of a name until f returns false, and returns
// the last one it was called for, or -1.
func (k *kallsyms) each(name string, f func(i int) bool) int {
	k.index.Do(k.buildIndex)
	mask := uint64(len(k.slots) - 1)
	last := -1
	var buf []byte
	for h := maphash.String(k.seed, name) & mask; k.slots[h] != 0; h = (h + 1) & mask {
		i := int(k.slots[h] - 1)
		buf = k.appendName(buf[:0], i)
		if len(buf) > 0 && string(buf[1:]) == name {
			last = i
			if !f(i) {
				break
			}
		}
	}
	return last
}

// buildIndex hashes all names, once, when the first is asked for. The order of
// symbols is kept among those of one name: the lowest address is found first.
func (k *kallsyms) buildIndex() {
	k.seed = maphash.MakeSeed()
	size := 1024
	for size < 2*k.n {
		size *= 2
	}
	k.slots = make([]uint32, size)
	mask := uint64(size - 1)
	var buf []byte
	p := 0
	for i := range k.n {
		var tokens []byte
		tokens, p, _ = k.entry(p)
		if buf = k.expand(buf[:0], tokens); len(buf) == 0 {
			continue
		}
		h := maphash.Bytes(k.seed, buf[1:]) & mask
		for k.slots[h] != 0 {
			h = (h + 1) & mask
		}
		k.slots[h] = uint32(i + 1)
	}
}
