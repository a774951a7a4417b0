package kmem

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// arm64 has pages of 4, 16 or 64 KiB, and 36 to 52 bits of virtual addresses.
type arm64 struct{}

func (arm64) imageOffset(info VMCoreInfo) (uint64, error) {
	off, ok := info.Number("kimage_voffset")
	if !ok {
		return 0, errors.New("VMCOREINFO does not say kimage_voffset")
	}
	return uint64(off), nil
}

// tables takes the size of pages and of addresses from VMCOREINFO
// (arch/arm64/kernel/vmcore_info.c). The kernel was made for VA_BITS; on a
// processor that has fewer, TCR_EL1.T1SZ says so: a level of the tree that is
// not needed is then left out (6.9, folded at run time), and a top table that
// is too big is used from its end.
func (arm64) tables(info VMCoreInfo) (tables, error) {
	size, ok := info.number("PAGESIZE", 10)
	shift := uint(bits.TrailingZeros64(size))
	if !ok || size != 1<<shift || shift != 12 && shift != 14 && shift != 16 {
		return tables{}, fmt.Errorf("VMCOREINFO: pages of %q bytes, and arm64 has 4, 16 and 64 KiB", info["PAGESIZE"])
	}
	made, ok := info.Number("VA_BITS")
	if !ok {
		return tables{}, errors.New("VMCOREINFO does not say VA_BITS")
	}
	used := made
	if t1sz, ok := info.Number("TCR_EL1_T1SZ"); ok {
		used = 64 - t1sz
	}
	if used < 36 || used > made || made > 52 {
		return tables{}, fmt.Errorf("VMCOREINFO: virtual addresses of %d bits, made for %d", used, made)
	}
	levels := arm64Levels(uint(used), shift)
	top := uint(used)
	if arm64Levels(uint(made), shift) == levels {
		top = uint(made)
	}
	return tables{
		levels: levels, pageShift: shift, topBits: top - shift - uint(levels-1)*(shift-3),
		valid: func(va uint64) bool { return int64(va)>>used == -1 }, // TTBR1 has the upper half
		entry: arm64Entry(shift),
	}, nil
}

// arm64Levels is ARM64_HW_PGTABLE_LEVELS (arch/arm64/include/asm/pgtable-hwdef.h).
func arm64Levels(vaBits, pageShift uint) int { return int((vaBits - 4) / (pageShift - 3)) }

// arm64Entry reads descriptors of the VMSAv8-64 tables (Arm ARM, D8.3): bit 0
// is "valid"; bit 1 is "table", or "page" at the last level. With pages of 64
// KiB, address bits 48 to 51 stand in bits 12 to 15. (With smaller pages and
// LPA2, bits 50 and 51 stand where others keep the shareability: memory beyond
// 1 PiB is not told from it.)
func arm64Entry(shift uint) func(e uint64, level int) (uint64, entryKind) {
	const valid, table = 1, 2
	return func(e uint64, level int) (uint64, entryKind) {
		pa := e & (1<<50 - 1) &^ (1<<shift - 1)
		if shift == 16 {
			pa = e&(1<<48-1)&^(1<<shift-1) | e>>12&15<<48
		}
		switch {
		case e&valid == 0, level == 1 && e&table == 0:
			return 0, entryNone
		case level == 1, e&table == 0:
			return pa, entryPage
		}
		return pa, entryTable
	}
}

// Regs.GP of arm64 has x0 to x30 under their numbers, and sp.
const (
	ArmFP = 29
	ArmLR = 30
	ArmSP = 31
)

// prstatusArm64 is the size of struct elf_prstatus: struct user_pt_regs has
// 31 registers, sp, pc and pstate.
const prstatusArm64 = prstatusRegs + 34*8

func (arm64) registers(r *Regs, b []byte) bool {
	if len(b) < prstatusArm64 {
		return false
	}
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[prstatusRegs+8*i:]) }
	for i := range r.GP {
		r.GP[i] = u(i)
	}
	const modeEL, irqMask = 0xf, 1 << 7 // pstate.M is 0 in EL0, whether of 64 or of 32 bits; pstate.I
	r.PC = u(32)
	r.User, r.IRQsOff = u(33)&modeEL == 0, u(33)&irqMask != 0
	return true
}

// more: QEMU writes the floating point registers, and nothing that helps.
func (arm64) more(*Regs, []byte) {}
