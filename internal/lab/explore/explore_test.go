package explore

import (
	"reflect"
	"strings"
	"testing"

	"gordian/internal/csource/lockapi"
)

func TestSchedule(t *testing.T) {
	log := `[    5.1] gordian_explore: schedule of 2 tasks:
[    5.1] gordian_explore: old/1 holds x+0x0/0x10 [m] since f+0x1/0x2 [m], and takes y+0x0/0x10 [m] at f+0x2/0x2 [m]
[    6.679140] gordian_explore: schedule of 2 tasks:
[    6.679468] gordian_explore: my task holds/121 holds a+0x0/0xffffffffffffefc0 [abba] since one+0x11/0x62 [abba], and takes 0xffff888100a3c040 at one+0x27/0x62 [abba]
[    6.680125] gordian_explore: two/122 holds dev+0x48/0x100 [abba] since two+0x11/0x70 [abba], and takes a+0x0/0xffffffffffffefc0 [abba] at two+0x27/0x70 [abba]
[    6.69] gordian_explore: two/122 holds`
	got, err := Schedule(strings.NewReader(log))
	for i := range got {
		if !strings.Contains(log, got[i].Text) || got[i].Line != 4+i {
			t.Errorf("line %d: %q", got[i].Line, got[i].Text)
		}
		got[i].Line, got[i].Text = 0, ""
	}
	if len(got) == 2 && got[0].PID() != 121 {
		t.Errorf("pid %d", got[0].PID())
	}
	want := []Turn{
		{0, "", "my task holds/121", "a [abba]", "one+0x11/0x62 [abba]", "0xffff888100a3c040", "one+0x27/0x62 [abba]"},
		{0, "", "two/122", "dev+0x48 [abba]", "two+0x11/0x70 [abba]", "a [abba]", "two+0x27/0x70 [abba]"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLockFunctions(t *testing.T) {
	table, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"mutex_lock", "mutex_lock_nested", "mutex_lock_interruptible", "down", "down_read", "down_write",
		"_raw_spin_lock", "_raw_spin_lock_irqsave", "_raw_spin_lock_bh", "_raw_read_lock", "rt_mutex_lock",
	} {
		if !does(table, s, lockapi.Acquire) || does(table, s, lockapi.Release) {
			t.Errorf("%s takes a lock", s)
		}
	}
	for _, s := range []string{"mutex_unlock", "up", "up_read", "up_write", "_raw_spin_unlock", "_raw_spin_unlock_irqrestore", "rt_mutex_unlock"} {
		if !does(table, s, lockapi.Release) || does(table, s, lockapi.Acquire) {
			t.Errorf("%s releases a lock", s)
		}
	}
	for _, s := range []string{"mutex_trylock", "_raw_spin_trylock", "rtnl_lock", "kfree", "printk", "synchronize_rcu"} {
		if does(table, s, lockapi.Acquire) {
			t.Errorf("%s does not wait for a lock that is its argument", s)
		}
	}
}

func TestParams(t *testing.T) {
	m := Module{Acquire: []string{"down"}, Release: []string{"up"}, own: map[string]bool{"fill": true, "buffer": false}}
	for _, tt := range []struct {
		functions []string
		want      string
	}{
		{nil, "target=x acquire=down release=up"},
		{[]string{"fill", "inlined"}, "target=x acquire=down release=up only=fill"},
		{[]string{"inlined", "buffer"}, ""},
	} {
		got, err := m.Params("x", tt.functions)
		if strings.Join(got, " ") != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%v: %v, %v", tt.functions, got, err)
		}
	}
}

func TestInspectRefuses(t *testing.T) {
	if _, err := Inspect([]byte("no module")); err == nil {
		t.Error("text was taken for a module")
	}
}
