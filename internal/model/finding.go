package model

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Finding is one answer of gordian: what is wrong, why, the proof, the fix.
type Finding struct {
	Rule        string     `json:"rule"`
	Status      Status     `json:"status"`
	Verdict     Verdict    `json:"verdict"`
	Severity    Severity   `json:"severity"`
	Confidence  Confidence `json:"confidence"`
	Title       string     `json:"title"`
	Fingerprint string     `json:"fingerprint"`

	Function string `json:"function,omitempty"` // the function to look at first
	Module   string `json:"module,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Time     string `json:"time,omitempty"` // log time stamp of the first sighting
	CPU      *int   `json:"cpu,omitempty"`
	Boot     Boot   `json:"boot,omitempty"`

	Locks        []LockInfo   `json:"locks,omitempty"`
	Tasks        []TaskInfo   `json:"tasks,omitempty"`
	Path         []PathStep   `json:"path,omitempty"`         // the proof, in order; a cycle's last To is its first From
	Interleaving []Moment     `json:"interleaving,omitempty"` // how it happens, step by step
	Explanation  string       `json:"explanation"`
	Fix          []Fix        `json:"fix,omitempty"`
	Verify       []string     `json:"verify,omitempty"`
	Missing      []string     `json:"missing,omitempty"` // what further evidence would settle
	Evidence     []Provenance `json:"evidence,omitempty"`
	Locations    []Location   `json:"locations,omitempty"` // places in source, in order, path by path
	Reasons      []string     `json:"reasons,omitempty"`   // why it is this sure, and no surer

	Reports []int      `json:"reports,omitempty"` // indices into Document.Reports
	History []Sighting `json:"history,omitempty"` // repeated reports of the same thing
	Related []Relation `json:"related,omitempty"`
}

// LockInfo is a lock as a finding shows it.
type LockInfo struct {
	Name  string   `json:"name"`
	Type  LockType `json:"type,omitempty"`
	Addr  string   `json:"addr,omitempty"`
	Owner string   `json:"owner,omitempty"` // "comm/pid"
}

// TaskInfo is a task as a finding shows it.
type TaskInfo struct {
	PID      int      `json:"pid"`
	Comm     string   `json:"comm"`
	State    string   `json:"state,omitempty"`
	CPU      *int     `json:"cpu,omitempty"`
	Seconds  int      `json:"seconds,omitempty"`
	WaitsFor string   `json:"waits_for,omitempty"` // lock name
	Holds    []string `json:"holds,omitempty"`     // lock names
	Behind   string   `json:"behind,omitempty"`    // "comm/pid" of the task that it waits for, in a tree of waiters
	Stack    []string `json:"stack,omitempty"`     // innermost first
}

// PathStep is one edge of the proof.
type PathStep struct {
	Kind EdgeKind     `json:"kind"`
	From string       `json:"from"`
	To   string       `json:"to"`
	Mode Mode         `json:"mode,omitempty"`
	At   string       `json:"at,omitempty"` // "fn (file:line)"
	Why  []Provenance `json:"why"`
}

// Moment is one step of an interleaving. Moments happen in the order of the
// list; Actor says in which column ("CPU0", "rcu_gp/12", "hardirq on CPU0").
type Moment struct {
	Actor string `json:"actor"`
	Does  string `json:"does"`           // "mutex_lock(&a)"
	Note  string `json:"note,omitempty"` // "waits for &b, held by CPU1"
}

// Fix is one way to cut the knot.
type Fix struct {
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Diff   string `json:"diff,omitempty"`
	Edits  []Edit `json:"edits,omitempty"` // what Diff does, line by line
}

// Edit replaces whole lines of a source file. Edits of one fix do not overlap,
// and count lines in the text before any of them.
type Edit struct {
	File   string   `json:"file"`
	Line   int      `json:"line"`             // first line concerned, from 1
	Delete int      `json:"delete,omitempty"` // how many lines go, from Line on
	Insert []string `json:"insert,omitempty"` // what stands before Line, or in its place
}

// Location is a place in source code that a finding goes through.
type Location struct {
	// Thread heads the places of one path: "CPU0: rx() takes dev.lock, then bus_sem".
	// Places of a path follow each other.
	Thread   string   `json:"thread,omitempty"`
	Function string   `json:"function,omitempty"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Note     string   `json:"note,omitempty"`       // what happens there: "takes dev.lock"
	First    int      `json:"first_line,omitempty"` // of Excerpt
	Excerpt  []string `json:"excerpt,omitempty"`    // the lines around Line
}

// Sighting is one report among several of the same thing.
type Sighting struct {
	Time    string `json:"time,omitempty"`
	Seconds int    `json:"seconds,omitempty"`
	Report  int    `json:"report"`
}

// Relation ties a finding to another one.
type Relation struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	How         string `json:"how"`
}

// Fingerprint hashes a rule and the stable parts of a finding (lock classes,
// functions; never addresses, pids or times), so that it is equal across
// boots and hosts. The order of parts matters; sort them where it should not.
func Fingerprint(rule string, parts ...string) string {
	h := sha256.Sum256([]byte(rule + "\x00" + strings.Join(parts, "\x00")))
	return hex.EncodeToString(h[:8])
}
