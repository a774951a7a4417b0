package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// QMP is the monitor of a machine (QEMU's docs/interop/qmp-spec.txt): one
// JSON object per message; each command gets one answer, in order.
type QMP struct {
	mu  sync.Mutex
	f   *os.File
	dec *json.Decoder
}

// greetTime is how long QEMU may take to start.
const greetTime = 20 * time.Second

func dialQMP(f *os.File) (*QMP, error) {
	q := &QMP{f: f, dec: json.NewDecoder(f)}
	if err := f.SetReadDeadline(time.Now().Add(greetTime)); err != nil {
		return nil, err
	}
	var greeting struct{ QMP json.RawMessage }
	if err := q.dec.Decode(&greeting); err != nil || greeting.QMP == nil {
		return nil, errors.Join(errors.New("its monitor does not answer"), err)
	}
	return q, q.Do("qmp_capabilities", nil, greetTime)
}

// Do executes a command and waits for its answer, at most limit. Events that
// come between are passed over.
func (q *QMP) Do(command string, args map[string]any, limit time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	msg := map[string]any{"execute": command}
	if args != nil {
		msg["arguments"] = args
	}
	b, err := json.Marshal(msg)
	if err != nil {
		return err
	}
	if err := q.f.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := q.f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("qmp %s: %w", command, err)
	}
	for {
		var r struct {
			Return json.RawMessage
			Error  *struct{ Desc string }
		}
		if err := q.dec.Decode(&r); err != nil {
			return fmt.Errorf("qmp %s: %w", command, err)
		}
		switch {
		case r.Error != nil:
			return fmt.Errorf("qmp %s: %s", command, r.Error.Desc)
		case r.Return != nil:
			return nil
		}
	}
}

func (q *QMP) close() { q.f.Close() } //nolint:errcheck // QEMU is gone
