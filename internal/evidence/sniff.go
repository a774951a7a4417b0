package evidence

import (
	"bytes"
	"io"

	"gordian/internal/klog"
)

// unsupported recognises evidence that gordian will read one day, or that is
// for another command. It returns what it is and what to do.
func unsupported(head []byte) (kind, advice string) {
	switch {
	case bytes.HasPrefix(head, []byte("\x7fELF")):
		return "an ELF file that is no crash dump (a kernel, a module or a program)", "a crash dump of the hung kernel, or its log, is what to give"
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) && bytes.Contains(head[:min(len(head), 256)], []byte(`"gordian/v`)):
		return "a document that gordian wrote", "`gordian render` shows it again in any format"
	case bytes.HasPrefix(head, []byte("LPKSHHRH")):
		return "a binary journal file", "`journalctl --file FILE -k -o short-monotonic` prints the kernel log in it"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "a tar archive", "unpack it and name the logs in it"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a zip archive", "unpack it and name the logs in it"
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}), bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")), bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), bytes.HasPrefix(head, []byte("BZh")):
		return "compressed twice", "undo one layer and give the result"
	case looksLikeC(head):
		return sourceKind, ""
	}
	return "", ""
}

// sourceKind is what C source is called.
const sourceKind = "C source"

// looksLikeC: a preprocessor line or a licence tag begins the file, and no
// time stamp does.
func looksLikeC(head []byte) bool {
	t := bytes.TrimLeft(head, " \t\r\n")
	if bytes.HasPrefix(t, []byte("// SPDX")) || bytes.HasPrefix(t, []byte("/* SPDX")) {
		return true
	}
	return bytes.HasPrefix(t, []byte("#include <")) || bytes.HasPrefix(t, []byte("/*\n *"))
}

// looksLikeText: few control bytes. A serial console can hold some, and a
// kernel log can hold bytes that are no UTF-8.
func looksLikeText(head []byte) bool {
	bad := 0
	for _, c := range head {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\b' && c != '\f' {
			bad++
		}
	}
	return bad*20 <= len(head)
}

// klogTransform returns a reader that makes a log of a format whose records
// are no lines, or nil.
func klogTransform(head []byte, r io.Reader) (io.Reader, string) {
	switch {
	case bytes.HasPrefix(head, []byte("__CURSOR=")):
		return klog.NewJournalExport(r), "journal export"
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return klog.NewUTF16(r), "UTF-16"
	}
	return nil, ""
}
