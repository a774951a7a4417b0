// Package evidence opens whatever a person hands to gordian, finds out what
// it is, and lets the right reader turn it into facts.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gordian/internal/klog"
	"gordian/internal/model"
	"gordian/internal/trace"
)

// ErrUnsupported is wrapped by errors about evidence that is recognised but
// that this version has no reader for.
var ErrUnsupported = errors.New("no reader for this kind of evidence yet")

// Options says where standard input is and who wants to know of progress.
type Options struct {
	Stdin io.Reader
	// Progress is called now and then with the bytes read of all inputs (as
	// stored, before decompression) and their total, -1 when unknown.
	Progress func(done, total int64)
	// MaxMemory bounds the pages of a dump that are kept, in bytes; 0: the default.
	MaxMemory int64
	// Vmlinux names the file with the debug information of a dump's kernel; "": none.
	Vmlinux string
}

// Reader turns one kind of evidence into facts.
type Reader struct {
	Kind model.InputKind
	Name string // for people: "kernel log"
	// Sniff reports whether head, the first bytes of the decompressed input,
	// looks like this kind.
	Sniff func(head []byte) bool
	Read  func(ctx context.Context, r io.Reader, input int, f *model.Facts) error
}

// readers lists what gordian can read, most specific first.
func readers() []Reader {
	return []Reader{
		{Kind: model.InputTrace, Name: "saved lock orders", Sniff: trace.Sniff, Read: trace.Read},
		{Kind: model.InputLog, Name: "kernel log", Sniff: looksLikeText, Read: klog.Read},
	}
}

// Read reads every path ("-" is standard input) and returns the facts of all
// of them. Inputs that cannot be read do not stop the others: their errors
// are joined, and the facts of the rest are returned with them.
func Read(ctx context.Context, paths []string, o Options) (*model.Facts, error) {
	f := &model.Facts{}
	prog := newProgress(paths, o.Progress)
	var errs []error
	for _, group := range groups(paths) {
		if err := readOne(ctx, group, o, prog, f); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			return f, ctx.Err()
		}
	}
	return f, errors.Join(errs...)
}

// readOne reads one input: a file, or the files of a split dump.
func readOne(ctx context.Context, paths []string, o Options, prog *progress, f *model.Facts) error {
	path := paths[0]
	src, err := open(path, o.Stdin)
	if err != nil {
		return err
	}
	defer src.close()
	src.onRead = prog.add
	plain, format, err := decompress(src)
	if err != nil {
		return fmt.Errorf("%s: %w", src.name, err)
	}
	head, plain := peek(plain)
	if looksLikeDump(head) {
		return readDump(ctx, paths, plain, o, f)
	}
	if filtered, name := klogTransform(head, plain); filtered != nil {
		format = join(format, name)
		head, plain = peek(filtered)
	}
	rd, err := choose(src.name, head)
	if err != nil {
		return fmt.Errorf("%s: %w", src.name, err)
	}
	input := len(f.Inputs)
	f.Inputs = append(f.Inputs, model.Input{Path: src.name, Kind: rd.Kind, Format: format})
	before := len(f.Reports)
	err = rd.Read(ctx, plain, input, f)
	f.Inputs[input].Bytes = src.read
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// What came before the damage has been read; say where it ended.
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: "reading stopped after " + src.progress() + ": " + err.Error()})
		err = fmt.Errorf("%s: damaged or cut, read up to there (%s): %w", src.name, src.progress(), err)
	}
	if len(head) == 0 && err == nil {
		if path == "-" { // what fed the pipe failed, most likely
			err = errors.New("-: nothing came in on standard input")
		}
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: "the input is empty"})
	}
	if len(f.Reports) > before {
		f.Inputs[input].SHA256 = src.sum()
	}
	return err
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// choose finds the reader for an input by its first bytes.
func choose(name string, head []byte) (*Reader, error) {
	switch kind, why := unsupported(head); {
	case kind == sourceKind:
		return nil, fmt.Errorf("this is %s, and no evidence of a hang: `gordian check %s` reads it", kind, name)
	case kind != "":
		return nil, fmt.Errorf("this is %s: %w (%s)", kind, ErrUnsupported, why)
	}
	for _, r := range readers() {
		if r.Sniff(head) {
			return &r, nil
		}
	}
	return nil, fmt.Errorf("this is neither text nor any evidence that gordian knows (it begins with % x): expected a kernel log or a crash dump, plain or compressed with gzip, xz, zstd or bzip2", head[:min(len(head), 8)])
}

// source is one open input; it counts what is read of it.
type source struct {
	name   string
	r      io.Reader
	file   *os.File // to read it again for the checksum; nil for a pipe
	hash   *hasher  // set for inputs that cannot be read twice
	read   int64
	onRead func(n int64)
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if s.hash != nil {
		s.hash.write(p[:n])
	}
	if s.onRead != nil {
		s.onRead(int64(n))
	}
	return n, err
}

func (s *source) progress() string { return fmt.Sprintf("%d bytes", s.read) }

func (s *source) close() {
	if s.file != nil {
		s.file.Close() //nolint:errcheck // opened for reading
	}
}
