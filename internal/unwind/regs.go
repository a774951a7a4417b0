package unwind

// Reg numbers the general registers as the instruction encoding does (Intel
// SDM volume 2, table 2-2).
type Reg uint8

// The registers of x86-64. SP is the stack pointer of every architecture.
const (
	AX Reg = iota
	CX
	DX
	BX
	SP
	BP
	SI
	DI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
	NumReg
)

// X numbers register x0 … x30 of arm64. Its stack pointer is SP too, and x4
// has the number that the encoding gives that one: 31.
func X(n int) Reg {
	if n == int(SP) {
		return MaxReg - 1
	}
	return Reg(n)
}

// MaxReg is the number of registers of the architecture that has most.
const MaxReg = 32

// CalleeSaved are the registers that a function of x86-64 hands back unchanged
// (System V ABI): the only ones of a caller that can be recovered.
func CalleeSaved() []Reg { return []Reg{BX, BP, R12, R13, R14, R15} }

// Regs are the register values of one frame, as far as they are known.
type Regs struct {
	IP    uint64
	val   [MaxReg]uint64
	known uint32
}

// Set makes a value known.
func (r *Regs) Set(n Reg, v uint64) {
	r.val[n] = v
	r.known |= 1 << n
}

// Get returns a value and whether it is known.
func (r *Regs) Get(n Reg) (uint64, bool) { return r.val[n], r.known>>n&1 == 1 }

// Holds reports whether a register other than the stack pointer has a value.
func (r *Regs) Holds(v uint64) bool {
	for n := range Reg(MaxReg) {
		if got, ok := r.Get(n); ok && got == v && n != SP {
			return true
		}
	}
	return false
}

// Forget makes a value unknown.
func (r *Regs) Forget(n Reg) { r.known &^= 1 << n }
