package kconfig

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// marker stands before the gzip'ed configuration of a kernel with
// CONFIG_IKCONFIG (kernel/configs.c, 6.1).
var marker = []byte("IKCFG_ST\x1f\x8b")

// ErrNoIKConfig says that an image holds no configuration.
var ErrNoIKConfig = errors.New("this kernel does not hold its configuration (CONFIG_IKCONFIG is off): give its /boot/config-*")

// isImage knows an x86 bzImage by its boot header, and an ELF vmlinux.
func isImage(data []byte) bool {
	return len(data) > 0x250 && string(data[0x202:0x206]) == "HdrS" || bytes.HasPrefix(data, []byte("\x7fELF"))
}

func fromImage(data []byte) (File, error) {
	kernel := data
	if !bytes.HasPrefix(data, []byte("\x7fELF")) {
		var err error
		if kernel, err = payload(data); err != nil {
			return File{}, err
		}
	}
	c, err := embedded(kernel)
	return File{From: "kernel image", Config: c}, err
}

// embedded takes the configuration out of an uncompressed kernel.
func embedded(data []byte) (Config, error) {
	i := bytes.Index(data, marker)
	if i < 0 {
		return nil, ErrNoIKConfig
	}
	text, err := decompress(data[i+len(marker)-2:], "gzip", maxText)
	if err != nil {
		return nil, fmt.Errorf("its configuration is damaged: %w", err)
	}
	f, err := parsed(text, "")
	return f.Config, err
}

// payload decompresses the kernel inside a bzImage. It lies payload_offset
// behind the setup sectors (Documentation/x86/boot.rst, 6.1: setup_sects at
// 0x1f1, payload_offset at 0x248, payload_length at 0x24c).
func payload(data []byte) ([]byte, error) {
	sectors := int(data[0x1f1])
	if sectors == 0 {
		sectors = 4
	}
	begin := uint64(sectors+1)*512 + uint64(binary.LittleEndian.Uint32(data[0x248:]))
	end := begin + uint64(binary.LittleEndian.Uint32(data[0x24c:]))
	if begin >= end || end > uint64(len(data)) {
		return nil, errors.New("kernel image: damaged or cut: its boot header points outside it")
	}
	body := data[begin:end]
	how := compression(body)
	if how == "" {
		return nil, errors.New("kernel image: compressed in a way that is not read here (only gzip, xz and zstd): give its /boot/config-*")
	}
	// Behind the stream stands the size of what it holds: 4 bytes that are no
	// part of it, and that a decoder may complain about once it has given all.
	plain, err := decompress(body[:len(body)-min(len(body), 4)], how, maxKernel)
	if err != nil && len(plain) == 0 {
		return nil, fmt.Errorf("kernel image: %w", err)
	}
	return plain, nil
}
