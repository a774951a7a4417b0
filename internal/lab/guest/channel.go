package guest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"gordian/internal/lab/proto"
)

// channel is the serial port to the host.
type channel struct {
	mu sync.Mutex
	f  *os.File
}

// openChannel opens the port and makes it raw: no echo, no translation.
func openChannel(path string) (*channel, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &channel{f: os.NewFile(uintptr(fd), path)}, nil
}

// send writes one event. An error cannot be told to anybody: the host notices
// by the silence.
func (c *channel) send(e proto.Event) {
	b, err := json.Marshal(e)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.f.Write(append(b, '\n'))
}

// beat tells the host that the guest is alive, and what is stuck in it.
func (c *channel) beat(p *pulse) {
	for {
		time.Sleep(proto.BeatEvery)
		c.send(proto.Event{Kind: proto.Beat, Text: p.stuck()})
	}
}

// obey carries out the host's commands.
func (c *channel) obey() {
	in := bufio.NewScanner(c.f)
	for in.Scan() {
		if in.Text() == proto.Show {
			c.send(proto.Event{Kind: proto.Answer, Text: proto.Show, Error: show()})
		}
	}
}

// show has the kernel print its blocked tasks and, with lockdep, all held
// locks, by magic SysRq (drivers/tty/sysrq.c).
func show() string {
	keys := "w"
	if _, err := os.Stat("/proc/lockdep"); err == nil {
		keys = "wd" // without lockdep, d prints the list of keys
	}
	for _, key := range keys {
		if err := os.WriteFile("/proc/sysrq-trigger", []byte(string(key)), 0); err != nil {
			return err.Error()
		}
	}
	return ""
}
