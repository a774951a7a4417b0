package kmem

import (
	"bytes"
	"encoding/binary"
)

const (
	ntPRStatus = 1
	ntPRPSInfo = 3 // only the core of a process has it
	maxNotes   = 1 << 16
	// maxNoteBytes is room for the notes of 8192 CPUs, QEMU's own included.
	maxNoteBytes = 16 << 20
)

type note struct {
	name string
	typ  uint32
	desc []byte
}

// parseNotes splits the contents of an ELF note segment. It stops at the first
// note that does not fit, and says whether all of it was read.
func parseNotes(b []byte) ([]note, bool) {
	var out []note
	for len(b) >= 12 && len(out) < maxNotes {
		nameLen, descLen := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		typ := binary.LittleEndian.Uint32(b[8:])
		name, rest, ok := cutPadded(b[12:], nameLen)
		if !ok {
			return out, false
		}
		desc, rest, ok := cutPadded(rest, descLen)
		if !ok {
			return out, false
		}
		if nameLen|descLen|typ != 0 { // kdump pads with zeros
			out = append(out, note{string(bytes.TrimRight(name, "\x00")), typ, desc})
		}
		b = rest
	}
	return out, true
}

// cutPadded takes n bytes off b, and the padding to four bytes behind them.
func cutPadded(b []byte, n uint32) (head, rest []byte, ok bool) {
	if uint64(n) > uint64(len(b)) {
		return nil, nil, false
	}
	padded := min((uint64(n)+3)&^3, uint64(len(b)))
	return b[:n], b[padded:], true
}

// addNotes takes registers and VMCOREINFO from the notes of a dump.
func (im *Image) addNotes(b []byte) {
	im.notes = b
	notes, whole := parseNotes(b)
	if !whole {
		im.Incomplete = append(im.Incomplete, "the dump's notes are cut or damaged: registers of some CPUs may be missing")
	}
	a, err := archOf(im.Machine)
	if err != nil {
		im.Incomplete = append(im.Incomplete, err.Error())
		return
	}
	qemu := 0
	for _, n := range notes {
		switch {
		case n.name == "CORE" && n.typ == ntPRStatus:
			if r, ok := parsePRStatus(a, n.desc); ok {
				im.CPUs = append(im.CPUs, r)
			}
		case n.name == "CORE" && n.typ == ntPRPSInfo:
			im.process = true
		case n.name == "QEMU" && qemu < len(im.CPUs):
			a.more(&im.CPUs[qemu], n.desc)
			qemu++
		case n.name == "VMCOREINFO" && len(im.Info) == 0:
			im.Info, im.infoInNotes = parseVMCoreInfo(n.desc), true
		}
	}
}
