package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"gordian/internal/lab/proto"
)

// stress works the module as args[0], a proto.Work, says, and prints a
// proto.Stressed. It is a process of its own: its end takes along the threads
// that sleep in the module for a reason that never comes. One that sleeps
// uninterruptibly stays, and that is what the watchdogs then report.
func stress(args []string) error {
	if len(args) != 1 {
		return errors.New("stress: no work")
	}
	var w proto.Work
	if err := json.Unmarshal([]byte(args[0]), &w); err != nil {
		return fmt.Errorf("stress: %w", err)
	}
	before, err := readSnapshot()
	if err != nil {
		return fmt.Errorf("stress: %w", err)
	}
	s := &stressor{work: w, did: map[string]int{}, failed: map[string]bool{}, end: time.Now().Add(w.For)}
	s.files, s.tasks = before.since()
	s.startAll()
	time.Sleep(time.Until(s.end))
	s.finish()
	out, err := json.Marshal(s.result())
	if err != nil {
		return err
	}
	fmt.Println(string(out))
	return nil
}

// stressor runs many loops at once, until end.
type stressor struct {
	work  proto.Work
	end   time.Time
	files []string // that came with the module
	tasks []int    // kernel threads that came with it
	loops uint64   // how many have been started; each gets its own choices

	mu     sync.Mutex
	did    map[string]int
	failed map[string]bool

	tidy sync.WaitGroup // loops that must put back what they took away
}

func (s *stressor) startAll() {
	for _, t := range s.work.Triggers {
		s.start(func(*rand.Rand) { s.trigger(t) })
	}
	if s.work.Devices {
		s.startFiles()
	}
	if s.work.Hotplug {
		s.tidy.Add(1)
		s.start(func(r *rand.Rand) { defer s.tidy.Done(); s.hotplug(r) })
	}
	if s.work.Memory {
		s.start(s.pressure)
	}
	if s.work.Shuffle {
		s.start(s.shuffle)
		s.start(s.preempt)
	}
}

// start runs f in a thread with choices of its own: random, and the same at
// each run.
func (s *stressor) start(f func(*rand.Rand)) {
	r := s.choices()
	go func() {
		runtime.LockOSThread()
		f(r)
	}()
}

func (s *stressor) choices() *rand.Rand {
	s.loops++
	return rand.New(rand.NewPCG(s.work.Seed, s.loops))
}

func (s *stressor) over() bool { return !time.Now().Before(s.end) }

// count notes that something was done, or the first failure of each kind.
func (s *stressor) count(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.did[what]++
		return
	}
	if text := what + ": " + err.Error(); len(s.failed) < 20 {
		s.failed[text] = true
	}
}

// finish waits for the loops that must put something back, but not for ever:
// a hang is the watchdogs' to report.
func (s *stressor) finish() {
	done := make(chan struct{})
	go func() {
		s.tidy.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
	}
}

func (s *stressor) result() proto.Stressed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return proto.Stressed{Files: s.files, Did: maps.Clone(s.did), Failures: slices.Sorted(maps.Keys(s.failed))}
}

// trigger writes or reads one file until the end.
func (s *stressor) trigger(t proto.Trigger) {
	for !s.over() {
		if t.Write != "" {
			s.count("write "+t.Write, writeOnce(t.Write, t.Data))
		}
		if t.Read != "" {
			s.count("read "+t.Read, readOnce(t.Read))
		}
		runtime.Gosched()
	}
}

func writeOnce(path, data string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err)
	}
	_, err = f.WriteString(data)
	return reason(errors.Join(err, f.Close()))
}

func readOnce(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return reason(err)
	}
	buf := make([]byte, 4096)
	_, err = f.Read(buf)
	if err != nil && err.Error() == "EOF" {
		err = nil
	}
	return reason(errors.Join(err, f.Close()))
}

// reason leaves the path out of an error: the caller says it.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// nonEmpty returns the lines of text that hold something.
func nonEmpty(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return s == "" })
}
