package bpf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"gordian/internal/trace"
)

const pageSize = 4096

// Memory reads the memory of the running kernel through a program, for where
// /proc/kcore is not there. It is safe for concurrent use.
type Memory struct {
	mu     sync.Mutex
	coll   *ebpf.Collection
	linear uint64 // where the kernel maps physical memory: page_offset_base
}

// request is struct request of src/memory.bpf.c.
type request struct {
	Addr   uint64
	Result int64
}

// OpenMemory loads the program. The symbols say where physical memory is
// mapped (x86-64: page_offset_base, which KASLR moves).
func OpenMemory(s *trace.Symbols) (*Memory, error) {
	if err := allowed(); err != nil {
		return nil, err
	}
	spec, err := loadMemory()
	if err != nil {
		return nil, fmt.Errorf("read the memory program: %w", err)
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, explain("load the memory program", err)
	}
	m := &Memory{coll: coll}
	if m.linear, err = m.word(s.Address("page_offset_base")); err != nil {
		coll.Close()
		return nil, fmt.Errorf("find physical memory: %w", err)
	}
	return m, nil
}

// Close unloads the program.
func (m *Memory) Close() error {
	m.coll.Close()
	return nil
}

// ReadPhysical fills p from physical memory, up to the end of a page, and
// returns how many bytes that were.
func (m *Memory) ReadPhysical(p []byte, pa uint64) (int, error) { return m.read(p, m.linear+pa) }

func (m *Memory) read(p []byte, addr uint64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	req := request{Addr: addr}
	if _, err := m.coll.Programs["read_page"].Run(&ebpf.RunOptions{Context: req, ContextOut: &req}); err != nil {
		return 0, fmt.Errorf("read the kernel's memory: %w", err)
	}
	if req.Result != 0 {
		return 0, fmt.Errorf("read the kernel's memory at %#x: error %d", addr, -req.Result)
	}
	page := make([]byte, pageSize)
	if err := m.coll.Maps["page"].Lookup(uint32(0), &page); err != nil {
		return 0, fmt.Errorf("read the kernel's memory: %w", err)
	}
	return copy(p, page[addr%pageSize:]), nil
}

func (m *Memory) word(addr uint64) (uint64, error) {
	if addr == 0 {
		return 0, errors.New("the kernel has no such symbol")
	}
	var b [8]byte
	if n, err := m.read(b[:], addr); err != nil || n < len(b) {
		return 0, err
	}
	return binary.NativeEndian.Uint64(b[:]), nil
}

// Info returns the text of VMCOREINFO, nil if the kernel keeps none. It says
// where the kernel's page table and its symbols are.
func (m *Memory) Info() []byte {
	data, err := os.ReadFile("/sys/kernel/vmcoreinfo") // "ADDRESS SIZE", in hexadecimal
	if err != nil {
		return nil
	}
	at, size, _ := strings.Cut(strings.TrimSpace(string(data)), " ")
	pa, err := strconv.ParseUint(strings.TrimPrefix(at, "0x"), 16, 64)
	n, err2 := strconv.ParseUint(size, 16, 32)
	if err != nil || err2 != nil || n > 1<<16 {
		return nil
	}
	out := make([]byte, n)
	for done := 0; done < len(out); {
		k, err := m.ReadPhysical(out[done:], pa+uint64(done))
		if err != nil || k == 0 {
			return nil
		}
		done += k
	}
	// An ELF note: three words, the name "VMCOREINFO" padded to 12 bytes.
	if len(out) < 24 {
		return nil
	}
	return out[24:]
}

// RAM lists the physical memory of this machine, from /proc/iomem.
func RAM() ([][2]uint64, error) {
	f, err := os.Open("/proc/iomem")
	if err != nil {
		return nil, fmt.Errorf("find physical memory: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	return parseRAM(f)
}

func parseRAM(r io.Reader) ([][2]uint64, error) {
	var out [][2]uint64
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		span, ok := strings.CutSuffix(sc.Text(), " : System RAM")
		if !ok {
			continue
		}
		from, to, _ := strings.Cut(strings.TrimSpace(span), "-")
		a, err := strconv.ParseUint(from, 16, 64)
		b, err2 := strconv.ParseUint(to, 16, 64)
		if err == nil && err2 == nil && b > a {
			out = append(out, [2]uint64{a, b + 1})
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("find physical memory: %w", err)
	}
	if len(out) == 0 {
		return nil, errors.New("find physical memory: /proc/iomem shows no System RAM: it hides addresses without CAP_SYS_ADMIN")
	}
	return out, nil
}

// linear is where the kernel maps all memory, and its struct pages.
type linear struct{ vmemmap, pageOffset, pageSize uint64 }

// linearMap finds the two bases. Without them locks in allocated memory are
// named by where they are taken, not by their slab cache.
func linearMap(s *trace.Symbols) (linear, bool) {
	l := linear{}
	spec, err := btf.LoadKernelSpec()
	if err != nil || s == nil {
		return l, false
	}
	var page *btf.Struct
	if spec.TypeByName("page", &page) != nil {
		return l, false
	}
	m, err := OpenMemory(s)
	if err != nil {
		return l, false
	}
	defer m.Close() //nolint:errcheck // returns nil
	l.pageSize, l.pageOffset = uint64(page.Size), m.linear
	l.vmemmap, err = m.word(s.Address("vmemmap_base"))
	return l, err == nil && l.vmemmap != 0
}
