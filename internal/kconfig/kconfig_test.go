package kconfig

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"gordian/internal/check"
)

const sample = `#
# Automatically generated file; DO NOT EDIT.
#
CONFIG_PROVE_LOCKING=y
# CONFIG_DEBUG_ATOMIC_SLEEP is not set
CONFIG_RCU_CPU_STALL_TIMEOUT=21
CONFIG_LOCALVERSION="-test"
CONFIG_VIRTIO_BLK=m
`

func TestParse(t *testing.T) {
	c, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"PROVE_LOCKING": "y", "DEBUG_ATOMIC_SLEEP": "n", "RCU_CPU_STALL_TIMEOUT": "21",
		"LOCALVERSION": "-test", "VIRTIO_BLK": "m", "KASAN": ""} {
		if c[name] != want {
			t.Errorf("%s = %q, want %q", name, c[name], want)
		}
	}
	if !c.On("VIRTIO_BLK") || c.On("DEBUG_ATOMIC_SLEEP") || c.On("KASAN") {
		t.Error("On is wrong")
	}
	if _, err := Parse(strings.NewReader("hello\nworld\n")); !errors.Is(err, ErrNoConfig) {
		t.Errorf("text: %v", err)
	}
	if _, err := Parse(strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil {
		t.Error("an endless line was taken")
	}
}

// pack compresses with a writer.
func pack(t testing.TB, how, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w interface {
		Write([]byte) (int, error)
		Close() error
	}
	var err error
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "xz":
		w, err = xz.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	default:
		return []byte(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// image is a bzImage as far as its header goes, around a compressed kernel.
func image(t testing.TB, how, kernel string) []byte {
	t.Helper()
	payload := pack(t, how, kernel)
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(kernel))) // as the kernel's build appends it
	if how != "gzip" {
		payload = append(payload, size...)
	}
	img := make([]byte, 2*512+64)
	copy(img[0x202:], "HdrS")
	img[0x1f1] = 1 // setup sectors
	binary.LittleEndian.PutUint32(img[0x248:], 64)
	binary.LittleEndian.PutUint32(img[0x24c:], uint32(len(payload)))
	return append(img, payload...)
}

func TestRead(t *testing.T) {
	inside := strings.Repeat("\x00kernel", 1000) + "IKCFG_ST" + string(pack(t, "gzip", sample)) + "IKCFG_ED" + strings.Repeat("more", 100)
	tests := map[string]struct {
		data []byte
		from string
	}{
		"plain":      {[]byte(sample), "text"},
		"gzip":       {pack(t, "gzip", sample), "gzip"},
		"xz":         {pack(t, "xz", sample), "xz"},
		"zstd":       {pack(t, "zstd", sample), "zstd"},
		"image gzip": {image(t, "gzip", inside), "kernel image"},
		"image xz":   {image(t, "xz", inside), "kernel image"},
		"image zstd": {image(t, "zstd", inside), "kernel image"},
		"vmlinux":    {append([]byte("\x7fELF"), inside...), "kernel image"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, tt.data, 0o666); err != nil {
				t.Fatal(err)
			}
			f, err := ReadFile(path)
			if err != nil || f.From != tt.from || f.Config["PROVE_LOCKING"] != "y" {
				t.Errorf("%v, from %q, %d options", err, f.From, len(f.Config))
			}
		})
	}
}

func TestReadBad(t *testing.T) {
	cut := image(t, "xz", "IKCFG_ST"+string(pack(t, "gzip", sample)))
	tests := map[string]struct {
		data []byte
		want string
	}{
		"empty":               {nil, "no kernel configuration"},
		"binary":              {[]byte("\x01\x02\x00\x00"), "neither a kernel configuration nor"},
		"text":                {[]byte("[    0.000000] Linux version 6.1\n"), "no kernel configuration"},
		"cut gzip":            {pack(t, "gzip", sample)[:20], "gzip"},
		"image without":       {image(t, "gzip", "kernel"), "CONFIG_IKCONFIG"},
		"image, lz4":          {image(t, "", "\x02\x21\x4c\x18 kernel"), "compressed in a way"},
		"image cut":           {cut[:len(cut)/2], "damaged or cut"},
		"vmlinux without":     {[]byte("\x7fELF kernel"), "CONFIG_IKCONFIG"},
		"vmlinux, bad config": {[]byte("\x7fELF IKCFG_ST\x1f\x8bxx"), "damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something with %q", err, tt.want)
			}
		})
	}
}

// TestOptions: the table is complete, and speaks of rules that there are.
func TestOptions(t *testing.T) {
	rules := map[string]bool{}
	for _, r := range check.Rules() {
		rules[r.Doc.ID] = true
	}
	seen := map[string]bool{}
	for _, o := range Options() {
		if o.Catches == "" || o.Cost == "" || o.Source == "" || o.Level != "production" && o.Level != "test" || seen[o.Name] {
			t.Errorf("%s: incomplete, or twice: %+v", o.Name, o)
		}
		seen[o.Name] = true
		for _, r := range o.Rules {
			if !rules[r] {
				t.Errorf("%s: there is no rule %s", o.Name, r)
			}
		}
	}
	for _, o := range Options() {
		for _, by := range o.By {
			if !seen[by] {
				t.Errorf("%s is selected by %s, which is not in the table", o.Name, by)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	c, err := Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Status{}
	for _, s := range Judge(c) {
		got[s.Name] = s
	}
	for name, want := range map[string]struct {
		on    bool
		value string
	}{"PROVE_LOCKING": {true, "y"}, "DEBUG_ATOMIC_SLEEP": {false, "n"}, "RCU_CPU_STALL_TIMEOUT": {true, "21"}, "KASAN": {false, "absent"}} {
		if s := got[name]; s.On != want.on || s.Value != want.value {
			t.Errorf("%s: on %v, value %q", name, s.On, s.Value)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add(pack(f, "gzip", sample))
	f.Add(image(f, "xz", "IKCFG_ST"+string(pack(f, "gzip", sample))))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Read(bytes.NewReader(data))
		if err == nil && len(file.Config) == 0 {
			t.Error("nothing was read, and nobody is told")
		}
		Judge(file.Config)
	})
}
