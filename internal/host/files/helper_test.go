package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// serveEnv makes this test program act as the helper.
const serveEnv = "GORDIAN_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func helper(t *testing.T, timeout time.Duration) *Helper {
	t.Helper()
	t.Setenv(serveEnv, "1")
	h := NewHelper(timeout, os.Args[0])
	t.Cleanup(h.Close)
	return h
}

func TestHelperReads(t *testing.T) {
	dir := t.TempDir()
	want := "one\ntwo\n"
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
	h := helper(t, 10*time.Second)
	for range 3 {
		got, err := h.Read(filepath.Join(dir, "a"), 100)
		if err != nil || string(got) != want {
			t.Fatalf("Read = %q, %v", got, err)
		}
	}
	if got, err := h.Read(filepath.Join(dir, "a"), 3); err != nil || string(got) != "one" {
		t.Errorf("Read of 3 bytes = %q, %v", got, err)
	}
	if names, err := h.List(dir); err != nil || !slices.Equal(names, []string{"a"}) {
		t.Errorf("List = %q, %v", names, err)
	}
	if _, err := h.Read(filepath.Join(dir, "b"), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v, want fs.ErrNotExist", err)
	}
	if _, err := h.List(filepath.Join(dir, "b")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v, want fs.ErrNotExist", err)
	}
}

// A pipe that nobody writes to blocks its reader in open(), as a stuck kernel
// would.
func TestHelperIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	pipe, plain := filepath.Join(dir, "pipe"), filepath.Join(dir, "plain")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := helper(t, 10*time.Second)
	if _, err := h.Read(plain, 10); err != nil {
		t.Fatal(err)
	}
	h.timeout = 300 * time.Millisecond
	for i := range 2 {
		if _, err := h.Read(pipe, 10); !errors.Is(err, ErrTimeout) {
			t.Fatalf("read %d of a pipe without a writer: %v, want ErrTimeout", i, err)
		}
		if got, err := h.Read(plain, 10); err != nil || string(got) != "x" { // by a new helper, which may take its time
			t.Fatalf("the read after it = %q, %v", got, err)
		}
	}
	h.left = maxLeft
	h.Close()
	if _, err := h.Read(plain, 10); !errors.Is(err, ErrTimeout) {
		t.Errorf("after too many hung reads: %v, want ErrTimeout", err)
	}
}

func TestDir(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "proc/1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "proc/1/stat"), []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := Dir(dir)
	if got, err := d.Read("/proc/1/stat", 10); err != nil || string(got) != "s" {
		t.Errorf("Read = %q, %v", got, err)
	}
	if _, err := d.Read("/proc/../../../../../../etc/passwd", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a path that climbs out of the folder: %v, want fs.ErrNotExist", err)
	}
	if _, err := d.Read("/proc/2/stat", 10); err == nil || err.Error() != "open /proc/2/stat: no such file or directory" {
		t.Errorf("error %v names another path than the host's", err)
	}
}

func FuzzWire(f *testing.F) {
	f.Add([]byte{'r', 10, 0, 0, 0, 1, 0, '/'}, []byte{0, 0, 1, 0, 0, 0, 'x'})
	f.Fuzz(func(_ *testing.T, request, answer []byte) {
		_, _, _, _ = readRequest(&slice{request})
		_, _ = readAnswer(&slice{answer}, "/proc/x")
	})
}

// slice is an io.Reader that gives a byte at a time.
type slice struct{ b []byte }

func (s *slice) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, errors.New("end")
	}
	n := copy(p[:min(len(p), 1)], s.b)
	s.b = s.b[n:]
	return n, nil
}
