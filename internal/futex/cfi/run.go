package cfi

import (
	"errors"
	"fmt"
)

// how a register of the caller is found.
type how byte

const (
	same    how = iota // as it is in this frame
	gone               // not to be had
	saved              // in memory, at an offset from the CFA
	unknown            // by an expression
)

type rule struct {
	how    how
	offset int64
}

// cfaRule is where the canonical frame address is: a register plus an offset,
// or the expression of a procedure linkage table.
type cfaRule struct {
	reg    int
	offset int64
	plt    bool
	bad    bool
}

type rules struct {
	cfa  cfaRule
	regs [Count]rule
}

var errExpression = errors.New("the unwind entry is an expression")

// address computes the CFA.
//
// A linkage table has one entry for all of its stubs: 16 bytes each, of which
// the last 5 run after a push (binutils, elf_x86_64_eh_frame_plt: breg7 8,
// breg16 0, lit15, and, lit11, ge, lit3, shl, plus).
func (c cfaRule) address(regs Regs, pc uint64) (uint64, error) {
	if c.plt {
		sp, ok := regs.Get(RSP)
		if !ok {
			return 0, errors.New("stack pointer is not known")
		}
		if pc&15 >= 11 {
			return sp + 16, nil
		}
		return sp + 8, nil
	}
	if c.bad || c.reg >= Count {
		return 0, errExpression
	}
	v, ok := regs.Get(c.reg)
	if !ok {
		return 0, fmt.Errorf("register %d, from which the frame is found, is not known", c.reg)
	}
	return v + uint64(c.offset), nil
}

// Call frame instructions (DWARF 4, section 7.23).
const (
	opAdvance        = 0x40 // in the top two bits; the operand in the rest
	opOffset         = 0x80
	opRestore        = 0xc0
	opNop            = 0x00
	opAdvance1       = 0x02
	opAdvance2       = 0x03
	opAdvance4       = 0x04
	opOffsetExt      = 0x05
	opRestoreExt     = 0x06
	opUndefined      = 0x07
	opSameValue      = 0x08
	opRegister       = 0x09
	opRemember       = 0x0a
	opRestoreState   = 0x0b
	opDefCFA         = 0x0c
	opDefCFARegister = 0x0d
	opDefCFAOffset   = 0x0e
	opDefCFAExpr     = 0x0f
	opExpr           = 0x10
	opOffsetExtSF    = 0x11
	opDefCFASF       = 0x12
	opDefCFAOffsetSF = 0x13
	opValExpr        = 0x16
	opGNUArgsSize    = 0x2e
)

// machine runs the program of an entry up to an address.
type machine struct {
	reader
	now     rules
	first   rules // after the common entry's program: what restore goes back to
	stack   []rules
	c       *common
	loc, pc uint64
}

// run returns the rules that hold at pc.
func (e *entry) run(pc uint64) (rules, error) {
	m := machine{c: e.common, loc: e.start, pc: pc}
	m.now.regs[RIP].how = gone
	m.data = e.common.program
	if err := m.steps(); err != nil {
		return rules{}, err
	}
	m.first = m.now
	m.data, m.at = e.program, 0
	if err := m.steps(); err != nil {
		return rules{}, err
	}
	return m.now, nil
}

func (m *machine) steps() error {
	for m.at < len(m.data) && !m.bad {
		done, err := m.step()
		if done || err != nil {
			return err
		}
	}
	if m.bad {
		return errors.New("the unwind entry is cut")
	}
	return nil
}

// step does one instruction and reports whether the address is reached.
func (m *machine) step() (done bool, err error) {
	op := m.u8()
	low := uint64(op & 0x3f)
	switch op & 0xc0 {
	case opAdvance:
		return m.advance(low), nil
	case opOffset:
		m.set(low, rule{saved, int64(m.uleb()) * m.c.dataAlign})
		return false, nil
	case opRestore:
		m.restore(low)
		return false, nil
	}
	return m.extended(op)
}

func (m *machine) extended(op byte) (done bool, err error) {
	switch op {
	case opNop:
	case opAdvance1:
		return m.advance(uint64(m.u8())), nil
	case opAdvance2:
		return m.advance(uint64(m.u16())), nil
	case opAdvance4:
		return m.advance(uint64(m.u32())), nil
	case opOffsetExt:
		m.set(m.uleb(), rule{saved, int64(m.uleb()) * m.c.dataAlign})
	case opOffsetExtSF:
		m.set(m.uleb(), rule{saved, m.sleb() * m.c.dataAlign})
	case opRestoreExt:
		m.restore(m.uleb())
	case opUndefined:
		m.set(m.uleb(), rule{how: gone})
	case opSameValue:
		m.set(m.uleb(), rule{how: same})
	case opRegister:
		m.set(m.uleb(), rule{how: unknown})
		m.uleb()
	case opExpr, opValExpr:
		m.set(m.uleb(), rule{how: unknown})
		m.bytes(m.uleb())
	case opRemember:
		const deepest = 64
		if len(m.stack) >= deepest {
			return false, errors.New("the unwind entry remembers too much")
		}
		m.stack = append(m.stack, m.now)
	case opRestoreState:
		if n := len(m.stack); n > 0 {
			m.now, m.stack = m.stack[n-1], m.stack[:n-1]
		}
	case opGNUArgsSize:
		m.uleb()
	default:
		return false, m.frameAddress(op)
	}
	return false, nil
}

// frameAddress does the instructions that say where the CFA is.
func (m *machine) frameAddress(op byte) error {
	switch op {
	case opDefCFA:
		m.now.cfa = cfaRule{reg: m.register(), offset: int64(m.uleb())}
	case opDefCFASF:
		m.now.cfa = cfaRule{reg: m.register(), offset: m.sleb() * m.c.dataAlign}
	case opDefCFARegister:
		m.now.cfa.reg = m.register()
	case opDefCFAOffset:
		m.now.cfa.offset = int64(m.uleb())
	case opDefCFAOffsetSF:
		m.now.cfa.offset = m.sleb() * m.c.dataAlign
	case opDefCFAExpr:
		m.now.cfa = expression(m.bytes(m.uleb()))
	default:
		return fmt.Errorf("call frame instruction %#x is not known", op)
	}
	return nil
}

// expression recognises the one of linkage tables.
func expression(b []byte) cfaRule {
	const plt = "\x77\x08\x80\x00\x3f\x1a\x3b\x2a\x33\x24\x22"
	return cfaRule{plt: string(b) == plt, bad: string(b) != plt}
}

func (m *machine) advance(n uint64) bool {
	next := m.loc + n*m.c.codeAlign
	if next > m.pc || next < m.loc {
		return true
	}
	m.loc = next
	return false
}

func (m *machine) register() int {
	n := m.uleb()
	if n >= Count {
		return Count
	}
	return int(n)
}

func (m *machine) set(n uint64, r rule) {
	if n < Count {
		m.now.regs[n] = r
	}
}

func (m *machine) restore(n uint64) {
	if n < Count {
		m.now.regs[n] = m.first.regs[n]
	}
}
