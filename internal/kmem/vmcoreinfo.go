package kmem

import (
	"bytes"
	"strconv"
)

// VMCoreInfo is the note in which a kernel tells readers of its dumps where
// things are (Documentation/admin-guide/kdump/vmcoreinfo.rst): lines of
// KEY=VALUE.
type VMCoreInfo map[string]string

// maxInfo is more than any kernel writes: VMCOREINFO_BYTES is one page.
const maxInfo = 64 << 10

func parseVMCoreInfo(b []byte) VMCoreInfo {
	v := VMCoreInfo{}
	for line := range bytes.Lines(b[:min(len(b), maxInfo)]) {
		line = bytes.Trim(line, "\n\x00")
		if key, value, ok := bytes.Cut(line, []byte("=")); ok {
			v[string(key)] = string(value)
		}
	}
	return v
}

// Symbol returns the address of a symbol, as in SYMBOL(init_top_pgt)=ffff….
func (v VMCoreInfo) Symbol(name string) (uint64, bool) {
	return v.number("SYMBOL("+name+")", 16)
}

// Number returns a NUMBER(…), which may be negative or hexadecimal.
func (v VMCoreInfo) Number(name string) (int64, bool) {
	s := v["NUMBER("+name+")"]
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return int64(n), err == nil
}

// Offset returns the offset of a member, as in OFFSET(printk_info.seq)=0.
func (v VMCoreInfo) Offset(member string) (uint64, bool) { return v.number("OFFSET("+member+")", 10) }

// Size returns a SIZE(…), in bytes.
func (v VMCoreInfo) Size(name string) (uint64, bool) { return v.number("SIZE("+name+")", 10) }

// Release returns the kernel's release: "6.1.0-56-cloud-amd64".
func (v VMCoreInfo) Release() string { return v["OSRELEASE"] }

// BuildID returns the kernel's build id in hexadecimal, "" before 5.9.
func (v VMCoreInfo) BuildID() string { return v["BUILD-ID"] }

// KASLR returns by how much the kernel's image was moved.
func (v VMCoreInfo) KASLR() uint64 {
	n, _ := v.number("KERNELOFFSET", 16)
	return n
}

func (v VMCoreInfo) number(key string, base int) (uint64, bool) {
	n, err := strconv.ParseUint(v[key], base, 64)
	return n, err == nil
}
