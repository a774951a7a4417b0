package tree

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
)

// TestKernelTypes asks for what every kernel tree has:
// KERNEL_SRC=/usr/src/linux go test ./internal/csource/tree
func TestKernelTypes(t *testing.T) {
	root := kernel(t)
	const from = "drivers/net/ethernet/intel/e1000/e1000_main.c"
	tr, err := Load(t.Context(), Options{Root: root, Paths: []string{filepath.Join(root, from)}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(_ int, src *Source, _ int, _ *cast.File) error {
		if src.Path == from {
			askTypes(t, tr.Types, from)
		}
		return nil
	}
	if err := tr.Each(t.Context(), lockNames, ask); err != nil {
		t.Fatal(err)
	}
	if n := tr.Notes(); len(n) > 0 {
		t.Errorf("notes: %v", n)
	}
}

func askTypes(t *testing.T, db *ctype.DB, from string) {
	tests := []struct{ path, owner, typ string }{
		{"e1000_adapter.stats_lock", "e1000_adapter", "spinlock_t"},
		{"e1000_adapter.netdev.addr_list_lock", "net_device", "spinlock_t"},
		{"e1000_adapter.pdev.dev.mutex", "device", "struct mutex"},
		{"e1000_adapter.reset_task", "e1000_adapter", "struct work_struct"},
		{"inode.i_rwsem", "inode", "struct rw_semaphore"},
		{"inode.i_sb.s_umount", "super_block", "struct rw_semaphore"},
		{"task_struct.pi_lock", "task_struct", "raw_spinlock_t"},
		{"task_struct.mm.mmap_lock", "mm_struct", "struct rw_semaphore"},
		{"task_struct.sighand.siglock", "sighand_struct", "spinlock_t"},
		{"page.mapping.host.i_lock", "inode", "spinlock_t"},
		{"sk_buff.sk.sk_lock.slock", "socket_lock_t", "spinlock_t"},
		{"sk_buff_head.lock", "sk_buff_head", "spinlock_t"},
		{"delayed_work.work", "delayed_work", "struct work_struct"},
		{"completion.wait.lock", "swait_queue_head", "raw_spinlock_t"},
		{"mutex.wait_lock", "mutex", "raw_spinlock_t"},
		{"net_device.netdev_ops.ndo_open", "net_device_ops", "function"},
	}
	for _, tt := range tests {
		names := strings.Split(tt.path, ".")
		typ, owner := db.Of(&cast.Type{Kind: cast.StructType, Name: names[0]}, from), ""
		for _, n := range names[1:] {
			typ, owner = db.Member(typ, n, from)
		}
		if owner != tt.owner || spell(typ) != tt.typ {
			t.Errorf("%s: %s of %q, want %s of %q", tt.path, spell(typ), owner, tt.typ, tt.owner)
		}
	}
	if typ, file, _, _ := db.Var("tasklist_lock", from); spell(typ) != "rwlock_t" || file != "include/linux/sched/task.h" {
		t.Errorf("tasklist_lock: %s in %s", spell(typ), file)
	}
	if typ := db.FuncResult("netdev_priv", from); spell(typ) != "void*" {
		t.Errorf("netdev_priv(): %s", spell(typ))
	}
	lock := db.Resolve(db.Of(&cast.Type{Kind: cast.NamedType, Name: "spinlock_t"}, from), from)
	if d := db.Struct(lock.Tag, from); d == nil || !slices.ContainsFunc(d.Fields, func(f ctype.Field) bool { return f.Name == "" }) {
		t.Errorf("spinlock_t: %s, %v", spell(lock), d)
	}
}

func spell(t *ctype.Type) string {
	switch {
	case t == nil:
		return "nothing"
	case t.Kind == ctype.Pointer && t.Elem.Kind == ctype.Func:
		return "function"
	case t.Kind == ctype.Pointer:
		return spell(t.Elem) + "*"
	case t.Kind == ctype.Struct:
		return "struct " + t.Tag
	}
	return t.Tag
}
