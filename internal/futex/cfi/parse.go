package cfi

import "encoding/binary"

// parser walks .eh_frame. It never fails: an entry that it does not understand
// covers nothing.
type parser struct {
	data    []byte
	addr    uint64 // of data[0]
	commons map[int]*common
}

func (p *parser) all() []entry {
	var out []entry
	for at := 0; at+4 <= len(p.data); {
		body, next, ok := p.record(at)
		if !ok {
			break
		}
		r := reader{data: p.data[:next], at: body, base: p.addr}
		id := r.u32()
		if id != 0 {
			if c := p.common(body - int(id)); c != nil {
				if e, ok := r.entry(c); ok {
					out = append(out, e)
				}
			}
		}
		at = next
	}
	return out
}

// record returns where the body of the record at a position starts, and where
// the next record does.
func (p *parser) record(at int) (body, next int, ok bool) {
	n := binary.LittleEndian.Uint32(p.data[at:])
	// 0 ends the table; 0xffffffff starts the 64-bit form, which nobody emits.
	if n == 0 || n == 0xffffffff || uint64(n) > uint64(len(p.data)-at-4) {
		return 0, 0, false
	}
	return at + 4, at + 4 + int(n), true
}

// common parses the CIE at a position, once.
func (p *parser) common(at int) *common {
	if c, ok := p.commons[at]; ok {
		return c
	}
	p.commons[at] = nil
	if at < 0 || at+4 > len(p.data) {
		return nil
	}
	body, next, ok := p.record(at)
	if !ok {
		return nil
	}
	r := reader{data: p.data[:next], at: body, base: p.addr}
	if r.u32() != 0 {
		return nil
	}
	if c, ok := r.common(); ok {
		p.commons[at] = c
	}
	return p.commons[at]
}

// Encodings of addresses (LSB, "DWARF Exception Header Encoding").
const (
	encAbs    = 0x00
	encUData4 = 0x03
	encSData4 = 0x0b
	encSData8 = 0x0c
	encPCRel  = 0x10
	encOmit   = 0xff
)

// reader reads a record; past its end everything is 0 and bad is set.
type reader struct {
	data []byte
	at   int
	base uint64
	bad  bool
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.data)-r.at) {
		r.bad = true
		return make([]byte, min(n, 8))
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) u8() byte    { return r.bytes(1)[0] }
func (r *reader) u16() uint16 { return binary.LittleEndian.Uint16(r.bytes(2)) }
func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }

func (r *reader) uleb() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := r.u8()
		if shift < 64 {
			v |= uint64(b&0x7f) << shift
		}
		if b&0x80 == 0 || r.bad {
			return v
		}
	}
}

func (r *reader) sleb() int64 {
	var v int64
	for shift := 0; ; {
		b := r.u8()
		if shift < 64 {
			v |= int64(b&0x7f) << shift
		}
		shift += 7
		if b&0x80 == 0 || r.bad {
			if b&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			return v
		}
	}
}

func (r *reader) text() string {
	from := r.at
	for r.u8() != 0 && !r.bad {
	}
	if r.bad {
		return ""
	}
	return string(r.data[from : r.at-1])
}

// pointer reads an address in the given encoding.
func (r *reader) pointer(enc byte) uint64 {
	here := r.base + uint64(r.at)
	var v uint64
	switch enc & 0x0f {
	case encAbs, encSData8, 0x04:
		v = r.u64()
	case encUData4:
		v = uint64(r.u32())
	case encSData4:
		v = uint64(int64(int32(r.u32())))
	default:
		r.bad = true
	}
	switch enc & 0x70 {
	case encAbs:
	case encPCRel:
		v += here
	default:
		r.bad = true
	}
	return v
}

// common parses the rest of a CIE, after its id.
func (r *reader) common() (*common, bool) {
	c := &common{}
	version := r.u8()
	augmentation := r.text()
	if version != 1 && version != 3 {
		return nil, false
	}
	c.codeAlign, c.dataAlign = r.uleb(), r.sleb()
	column := uint64(r.u8())
	if version == 3 {
		r.at--
		column = r.uleb()
	}
	if column != RIP {
		return nil, false // not x86-64
	}
	if augmentation != "" && augmentation[0] != 'z' {
		return nil, false
	}
	if augmentation != "" {
		n := r.uleb()
		end := uint64(r.at) + n
		for _, a := range augmentation[1:] {
			switch a {
			case 'R':
				c.pointers = r.u8()
			case 'P':
				r.pointer(r.u8() &^ 0x80) // the personality routine
			case 'L':
				r.u8()
			case 'S':
				c.signal = true
			}
		}
		if r.bad || end > uint64(len(r.data)) {
			return nil, false
		}
		r.at = int(end)
	}
	c.program = r.data[r.at:]
	return c, !r.bad
}

// entry parses the rest of an FDE, after its id.
func (r *reader) entry(c *common) (entry, bool) {
	e := entry{common: c}
	e.start = r.pointer(c.pointers)
	e.size = r.pointer(c.pointers & 0x0f)
	r.bytes(r.uleb()) // augmentation: the LSDA
	if r.bad || c.pointers == encOmit {
		return entry{}, false
	}
	e.program = r.data[r.at:]
	return e, true
}
