package proc

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"gordian/internal/model"
)

func diff(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return fmt.Sprintf("got %+v, want %+v", got, want)
}

func TestParseTaskStat(t *testing.T) {
	line := "4242 (a) b (c)) D 2 0 0 0 -1 2129984 0 0 0 0 7 1500 0 0 20 0 1 0 12345 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 1 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
	got, err := ParseTaskStat([]byte(line))
	want := TaskStat{PID: 4242, Comm: "a) b (c)", State: "D", PPID: 2, Flags: 2129984, UTime: 7, STime: 1500, Start: 12345, CPU: 3}
	if err != nil || got != want {
		t.Errorf("ParseTaskStat = %+v, %v, want %+v", got, err, want)
	}
	if !got.Kernel() || !got.Blocked() {
		t.Error("a kernel thread in state D is not seen as one")
	}
	for _, bad := range []string{"", "1 (x", "x (y) D 1", strings.Replace(line, "12345", "x", 1)} {
		if _, err := ParseTaskStat([]byte(bad)); err == nil {
			t.Errorf("ParseTaskStat(%q): no error", bad)
		}
	}
}

func TestParseStack(t *testing.T) {
	got := ParseStack([]byte("[<0>] flush+0x1a2/0x230 [pump]\n[<0>] __x64_sys_ioctl+0x8f/0xd0\n[<0>] odd+0x1/0x2 [m 0123abcd]\n[<0>] 0xffffffffc0001234\n"))
	want := []model.Frame{
		{Func: "flush", Offset: 0x1a2, Size: 0x230, Module: "pump"},
		{Func: "__x64_sys_ioctl", Offset: 0x8f, Size: 0xd0},
		{Func: "odd", Offset: 1, Size: 2, Module: "m"},
	}
	if d := diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseSyscall(t *testing.T) {
	for in, want := range map[string]Syscall{
		"running\n":          {Running: true, NR: -1},
		"-1 0x7ffd 0x7f00\n": {NR: -1},
		"16 0x3 0x5401 0x0 0x0 0x0 0x0 0x1 0x2\n": {NR: 16, Args: [6]uint64{3, 0x5401}},
	} {
		if got, err := ParseSyscall([]byte(in)); err != nil || got != want {
			t.Errorf("ParseSyscall(%q) = %+v, %v, want %+v", in, got, err, want)
		}
	}
	for nr, want := range map[int]string{0: "read", 16: "ioctl", 334: "rseq", 424: "pidfd_send_signal", 450: "set_mempolicy_home_node", 462: "mseal", 380: "system call 380", -5: "system call -5"} {
		if got := SyscallName(nr); got != want {
			t.Errorf("SyscallName(%d) = %q, want %q", nr, got, want)
		}
	}
}

func TestParseTaskSched(t *testing.T) {
	in := "x (7, #threads: 1)\n-----------\nse.exec_start                                :        123456.789012\nse.vruntime    :   1.0\nnr_switches                                  :                   17\n"
	if got, err := ParseTaskSched([]byte(in)); err != nil || got != (TaskSched{LastRan: 123456.789012, Switches: 17}) {
		t.Errorf("ParseTaskSched = %+v, %v", got, err)
	}
	if n, err := ParseSwitches([]byte("Name:\tx\nvoluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t4\n")); err != nil || n != 7 {
		t.Errorf("ParseSwitches = %d, %v", n, err)
	}
}

func TestParseCounters(t *testing.T) {
	in := `            CPU0       CPU2       
   1:          9          0   IO-APIC   1-edge      i8042
 LOC:     123456     654321   Local timer interrupts
 ERR:          5
 MIS:          0
`
	want := Counters{CPUs: []int{0, 2}, Rows: []Counter{
		{"1", "IO-APIC 1-edge i8042", []uint64{9, 0}},
		{"LOC", "Local timer interrupts", []uint64{123456, 654321}},
		{"ERR", "", []uint64{5}}, {"MIS", "", []uint64{0}},
	}}
	got, err := ParseCounters([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseFileLocks(t *testing.T) {
	in := `1: POSIX  ADVISORY  WRITE 700 08:01:131 0 EOF
1: -> POSIX  ADVISORY  WRITE 701 08:01:131 0 EOF
1:  -> POSIX  ADVISORY  READ 702 08:01:131 5 9
1: -> POSIX  ADVISORY  WRITE 703 08:01:131 0 EOF
2: FLOCK  ADVISORY  WRITE 800 00:2a:7 0 EOF
3: OFDLCK ADVISORY  WRITE -1 08:01:9 0 EOF
4: LEASE  ACTIVE    READ 900 08:01:10 0 EOF
`
	got, err := ParseFileLocks([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	var waits, levels []int
	for _, l := range got {
		waits, levels = append(waits, l.Waits), append(levels, l.Level)
	}
	if d := diff([]int{-1, 0, 1, 0, -1, -1, -1}, waits); d != "" {
		t.Error("what each line waits for:", d)
	}
	if d := diff([]int{0, 1, 2, 1, 0, 0, 0}, levels); d != "" {
		t.Error("levels:", d)
	}
	want := FileLock{ID: 1, Level: 2, Kind: "POSIX", Mode: "READ", PID: 702, Inode: "08:01:131", Range: "5 9", Waits: 1}
	if got[2] != want {
		t.Errorf("got %+v, want %+v", got[2], want)
	}
	if got, err := ParseFileLocks(nil); err != nil || got != nil {
		t.Errorf("no locks: %v, %v", got, err)
	}
}

func TestParseLockdep(t *testing.T) {
	in := ` lock-classes:                         1234 [max: 8192]
 direct dependencies:                  8000 [max: 32768]
 max locking depth:                      18
 debug_locks:                             0
`
	got, err := ParseLockdepStats([]byte(in))
	want := Lockdep{Limits: []Limit{{"lock-classes", 1234, 8192}, {"direct dependencies", 8000, 32768}}}
	if err != nil || diff(want, got) != "" {
		t.Errorf("ParseLockdepStats = %+v, %v", got, err)
	}
	stat := `lock_stat version 0.4
-----------------------------
                              class name    con-bounces    contentions   waittime-min   waittime-max waittime-total   waittime-avg    acq-bounces   acquisitions   holdtime-min   holdtime-max holdtime-total   holdtime-avg
-----------------------------

                        &mm->mmap_lock-W:          1           5           0.20           7.50          20.00           4.00        10      100       0.1       9.9      100.0    1.0
                        ----------------
                        &mm->mmap_lock          5          [<ffffffff81>] do_mmap+0x1
`
	rows := ParseLockStat([]byte(stat))
	if d := diff([]LockStat{{Class: "&mm->mmap_lock-W", Contentions: 5, WaitMax: 7.5, WaitTotal: 20, Acquired: 100, HoldMax: 9.9}}, rows); d != "" {
		t.Error(d)
	}
}

func TestTaints(t *testing.T) {
	var letters string
	for _, x := range Taints(1<<7 | 1<<9 | 1<<12 | 1<<40) {
		letters += x.Letter
	}
	if letters != "DWO?" {
		t.Errorf("letters %q, want DWO?", letters)
	}
}

func TestSmallTables(t *testing.T) {
	if l, err := ParseLoad([]byte("6.91 5.58 5.69 8/134 4711\n")); err != nil || l != (Load{6.91, 5.58, 5.69, 8, 134}) {
		t.Errorf("ParseLoad = %+v, %v", l, err)
	}
	p, err := ParsePressure([]byte("some avg10=1.50 avg60=2.00 avg300=3.00 total=99\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"))
	if err != nil || len(p) != 2 || p[0] != (Pressure{"some", 1.5, 2, 3, 99}) {
		t.Errorf("ParsePressure = %+v, %v", p, err)
	}
	if m, err := ParseMeminfo([]byte("MemTotal:       16 kB\nHugePages_Total:       3\n")); err != nil || m["MemTotal"] != 16 || m["HugePages_Total"] != 3 {
		t.Errorf("ParseMeminfo = %v, %v", m, err)
	}
	if up, err := ParseUptime([]byte("123.45 200.00\n")); err != nil || up != 123.45 {
		t.Errorf("ParseUptime = %v, %v", up, err)
	}
	s, err := ParseStat([]byte("cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\nintr 5 1\nctxt 77\nbtime 1700000000\nprocs_running 2\nprocs_blocked 1\n"))
	if err != nil || len(s.CPUs) != 1 || s.CPUs[0].Total() != 36 || s.Switches != 77 || s.Blocked != 1 || s.BootTime != 1700000000 {
		t.Errorf("ParseStat = %+v, %v", s, err)
	}
}

// A file of any bytes gives rows or an error, and nothing else happens.
func FuzzParse(f *testing.F) {
	f.Add([]byte("1: -> POSIX ADVISORY WRITE 1 0:1:2 0 EOF"))
	f.Add([]byte("  CPU0\n 1: 5 x"))
	f.Add([]byte("1 (x) D 1 2 3"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = ParseTaskStat(b)
		_, _ = ParseTaskSched(b)
		_, _ = ParseSwitches(b)
		_ = ParseStack(b)
		_, _ = ParseSyscall(b)
		_, _ = ParseCounters(b)
		_, _ = ParseStat(b)
		_, _ = ParseLoad(b)
		_, _ = ParsePressure(b)
		_, _ = ParseMeminfo(b)
		_, _ = ParseUptime(b)
		_, _ = ParseFileLocks(b)
		_, _ = ParseLockdepStats(b)
		_ = ParseLockStat(b)
	})
}
