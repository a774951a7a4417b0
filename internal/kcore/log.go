package kcore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"gordian/internal/kmem"
)

// LogRecord is one message of the kernel's log.
type LogRecord struct {
	Seq    uint64 `json:"seq"`
	Nsec   uint64 `json:"nsec"` // since boot
	Level  uint8  `json:"level"`
	Caller string `json:"caller,omitempty"` // "T12": the task 12, "C1": an interrupt on CPU 1
	Text   string `json:"text"`             // as the kernel wrote it, line breaks included
}

// Limits that only a damaged ring reaches; log_buf_len is at most 2 GiB, but
// nobody reads so much.
const (
	maxRingBits = 25
	maxLogText  = 64 << 20
)

// ring is the printk ring buffer of 5.10 and later
// (kernel/printk/printk_ringbuffer.h): descriptors in a ring, and the text in
// another one.
type ring struct {
	mem              kmem.Memory
	descs, infos     uint64
	descSize         uint64
	infoSize         uint64
	count            uint64 // of descriptors, a power of two
	tail, head       uint64 // ids
	data, dataSize   uint64
	begin, next      uint64 // offsets in a descriptor
	state            uint64
	seq, ts, textLen uint64 // offsets in an info
	caller, flags    uint64
	hasCaller        bool
	hasFlags         bool
}

// Log reads the kernel's log. Records that are damaged or not in the dump are
// left out; lost says how many. An error means that there is no log to read.
func (k *Kernel) Log() (records []LogRecord, lost int, err error) {
	r, err := k.openRing()
	if err != nil {
		return nil, 0, fmt.Errorf("read kernel log: %w", err)
	}
	// Ids count up, and wrap at the number of bits that a descriptor has for
	// them (DESC_ID_MASK).
	n := (r.head - r.tail) & descIDMask
	if n >= r.count {
		return nil, 0, fmt.Errorf("read kernel log: its ends, %#x and %#x, do not fit its size", r.tail, r.head)
	}
	text := 0
	for i := range n + 1 {
		rec, there, err := r.record((r.tail + i) & descIDMask)
		switch {
		case err != nil:
			lost++
		case there:
			if text += len(rec.Text); text > maxLogText {
				return records, lost + int(n-i), nil
			}
			records = append(records, rec)
		}
	}
	if len(records) == 0 && lost > 0 {
		return nil, lost, errors.New("read kernel log: none of its records is in the dump")
	}
	return records, lost, nil
}

// layout returns the offset of a member: as BTF says, or as VMCOREINFO does,
// which has what is needed for the log even where BTF cannot be read.
func (k *Kernel) layout(structure, member string) (uint64, bool) {
	if f, ok := k.Types.Member(structure, member); ok {
		return f.Offset, true
	}
	return k.Image.Info.Offset(structure + "." + member)
}

func (k *Kernel) sizeOf(structure string) (uint64, bool) {
	if n, err := k.Types.Size(structure); err == nil {
		return n, true
	}
	return k.Image.Info.Size(structure)
}

// openRing reads the ring's own structure, which prb points to.
func (k *Kernel) openRing() (*ring, error) {
	at, ok := k.symbol("prb")
	if !ok {
		return nil, errors.New("no symbol prb: the kernel is older than 5.10")
	}
	rb, err := kmem.U64(k.Mem, at)
	if err != nil {
		return nil, err
	}
	r := &ring{mem: k.Mem}
	var descRing, dataRing uint64
	for _, f := range []struct {
		structure, member string
		to                *uint64
	}{
		{"printk_ringbuffer", "desc_ring", &descRing}, {"printk_ringbuffer", "text_data_ring", &dataRing},
		{"prb_desc", "state_var", &r.state}, {"prb_desc", "text_blk_lpos", &r.begin},
		{"printk_info", "seq", &r.seq}, {"printk_info", "ts_nsec", &r.ts}, {"printk_info", "text_len", &r.textLen},
	} {
		if *f.to, ok = k.layout(f.structure, f.member); !ok {
			return nil, fmt.Errorf("struct %s has no %s", f.structure, f.member)
		}
	}
	r.caller, r.hasCaller = k.layout("printk_info", "caller_id")
	// The level has three bits behind five of flags; VMCOREINFO leaves it out.
	r.flags, r.hasFlags = k.layout("printk_info", "level")
	begin, ok1 := k.layout("prb_data_blk_lpos", "begin")
	next, ok2 := k.layout("prb_data_blk_lpos", "next")
	var ok3, ok4 bool
	r.descSize, ok3 = k.sizeOf("prb_desc")
	r.infoSize, ok4 = k.sizeOf("printk_info")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, errors.New("the layout of its descriptors is not known")
	}
	r.begin, r.next = r.begin+begin, r.begin+next
	return r, k.readRings(r, rb+descRing, rb+dataRing)
}

// readRings reads the two rings' sizes and places.
func (k *Kernel) readRings(r *ring, descRing, dataRing uint64) error {
	var descBits, dataBits uint64
	for _, f := range []struct {
		base              uint64
		structure, member string
		size              int
		to                *uint64
	}{
		{descRing, "prb_desc_ring", "count_bits", 4, &descBits}, {descRing, "prb_desc_ring", "descs", 8, &r.descs},
		{descRing, "prb_desc_ring", "infos", 8, &r.infos}, {descRing, "prb_desc_ring", "head_id", 8, &r.head},
		{descRing, "prb_desc_ring", "tail_id", 8, &r.tail},
		{dataRing, "prb_data_ring", "size_bits", 4, &dataBits}, {dataRing, "prb_data_ring", "data", 8, &r.data},
	} {
		off, ok := k.layout(f.structure, f.member)
		if !ok {
			return fmt.Errorf("struct %s has no %s", f.structure, f.member)
		}
		var err error
		if *f.to, err = kmem.Uint(k.Mem, f.base+off, f.size); err != nil {
			return err
		}
	}
	if descBits > maxRingBits || dataBits > 31 {
		return fmt.Errorf("damaged: 2^%d descriptors, 2^%d bytes", descBits, dataBits)
	}
	r.count, r.dataSize = 1<<descBits, 1<<dataBits
	return nil
}

// A descriptor's state variable has its id below two bits of state
// (DESC_SV); committed and finalized records can be read.
const (
	descIDMask    = 1<<62 - 1
	descCommitted = 1
	descFinalized = 2
	callerCPU     = 0x80000000 // printk_caller_id()
)

// record reads the record of an id. There is none when it is being written or
// is free; an error says that it cannot be read.
func (r *ring) record(id uint64) (rec LogRecord, there bool, err error) {
	i := id & (r.count - 1)
	desc := r.descs + i*r.descSize
	sv, err := kmem.U64(r.mem, desc+r.state)
	if err != nil {
		return rec, false, err
	}
	if state := sv >> 62; sv&descIDMask != id || (state != descCommitted && state != descFinalized) {
		return rec, false, nil
	}
	var info [128]byte
	b := info[:min(uint64(len(info)), r.infoSize)]
	if err := kmem.Read(r.mem, b, r.infos+i*r.infoSize); err != nil {
		return rec, false, err
	}
	if max(r.seq+8, r.ts+8, r.textLen+2, r.caller+4, r.flags+1) > uint64(len(b)) {
		return rec, false, errors.New("struct printk_info is too long")
	}
	rec.Seq, rec.Nsec = binary.LittleEndian.Uint64(b[r.seq:]), binary.LittleEndian.Uint64(b[r.ts:])
	if r.hasFlags {
		rec.Level = b[r.flags] >> 5
	}
	if r.hasCaller {
		rec.Caller = callerName(binary.LittleEndian.Uint32(b[r.caller:]))
	}
	rec.Text, err = r.text(id, desc, uint64(binary.LittleEndian.Uint16(b[r.textLen:])))
	return rec, err == nil, err
}

func callerName(id uint32) string {
	if id&callerCPU != 0 {
		return fmt.Sprintf("C%d", id&^callerCPU)
	}
	return fmt.Sprintf("T%d", id)
}

// text reads the text of a descriptor: its block begins with the id, and one
// that would cross the end of the ring stands at the ring's start instead
// (get_data()).
func (r *ring) text(id, desc, size uint64) (string, error) {
	begin, err := kmem.U64(r.mem, desc+r.begin)
	if err != nil {
		return "", err
	}
	next, err := kmem.U64(r.mem, desc+r.next)
	if err != nil {
		return "", err
	}
	if begin&next&1 == 1 { // LPOS_DATALESS: an empty line, or one that did not fit
		return "", nil
	}
	at, have := begin&(r.dataSize-1), next-begin
	if begin/r.dataSize != (next-1)/r.dataSize {
		at, have = 0, next&(r.dataSize-1)
	}
	if have < 8 || have > r.dataSize-at {
		return "", errors.New("its text is outside of the ring")
	}
	if owner, err := kmem.U64(r.mem, r.data+at); err != nil || owner != id {
		return "", fmt.Errorf("its text belongs to record %#x (%w)", owner, errOr(err))
	}
	b, err := kmem.Bytes(r.mem, r.data+at+8, int(min(size, have-8)))
	return string(b), err
}

var errForeign = errors.New("it was overwritten")

func errOr(err error) error {
	if err == nil {
		return errForeign
	}
	return err
}
