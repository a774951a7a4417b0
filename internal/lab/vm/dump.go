package vm

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// DumpFormats are the formats of Dump, as QEMU names them.
func DumpFormats() []string { return []string{"elf", "kdump-zlib"} }

// dumpTime bounds the writing of a dump.
const dumpTime = 5 * time.Minute

// Dump writes the memory of the guest into path, which appears whole or not at
// all. The guest stands still meanwhile.
func (m *Machine) Dump(path, format string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	part := filepath.Join(filepath.Dir(abs), fmt.Sprintf(".%s.%d.part", filepath.Base(abs), os.Getpid()))
	defer os.Remove(part) //nolint:errcheck // renamed when all went well
	err = m.QMP.Do("dump-guest-memory", map[string]any{
		"paging": false, "protocol": "file:" + part, "format": format,
	}, dumpTime)
	if err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	if err := os.Rename(part, abs); err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	return nil
}

// Break sends a BREAK and a key over the console: magic SysRq, which needs
// nothing of the guest but one CPU that takes interrupts.
func (m *Machine) Break(key string) error {
	if err := m.QMP.Do("chardev-send-break", map[string]any{"id": "console"}, time.Second*5); err != nil {
		return err
	}
	if _, err := m.keys.WriteString(key); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	return nil
}

// NMI sends a non-maskable interrupt to the first CPU.
func (m *Machine) NMI() error { return m.QMP.Do("inject-nmi", nil, time.Second*5) }
