package unwind

import (
	"encoding/binary"

	"gordian/internal/kmem"
)

// Guess returns a frame for each word of the stack [sp, end) that IsReturn
// takes for a return address. Old calls leave such words behind, so every
// frame is unreliable. The stack is read in small pieces: what lies behind an
// unreadable one is still looked at.
func Guess(m kmem.Memory, sp, end uint64, isReturn func(ip uint64) bool) []Frame {
	const chunk = 512
	var out []Frame
	sp &^= 7
	if end < sp || end-sp > 64<<10 {
		end = sp + 64<<10
	}
	for at := sp; at < end && len(out) < MaxFrames; at = (at + chunk) &^ (chunk - 1) {
		b := make([]byte, min(chunk-at%chunk, end-at)&^7)
		if kmem.Read(m, b, at) != nil {
			continue
		}
		for i := 0; i+8 <= len(b) && len(out) < MaxFrames; i += 8 {
			ip := binary.LittleEndian.Uint64(b[i:])
			if !isReturn(ip) {
				continue
			}
			f := Frame{Unreliable: true}
			f.Regs.IP = ip
			f.Regs.Set(SP, at+uint64(i)+8)
			out = append(out, f)
		}
	}
	return out
}
