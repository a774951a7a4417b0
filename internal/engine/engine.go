// Package engine keeps the two graphs that decide what is a deadlock: the
// wait graph (tasks and lock instances, now: a cycle is a deadlock) and the
// order graph (lock classes, ever: a cycle could deadlock).
package engine

import "gordian/internal/model"

// WaitGraph is the wait-for graph of every boot.
type WaitGraph struct {
	facts *model.Facts
}

// NewWaitGraph builds the graph from the Waits and HeldBy edges of f.
func NewWaitGraph(f *model.Facts) *WaitGraph { return &WaitGraph{facts: f} }

// OrderGraph is the lock-order graph over classes.
type OrderGraph struct {
	facts *model.Facts
}

// NewOrderGraph builds the graph from the Before edges and the ContextUses of f.
func NewOrderGraph(f *model.Facts) *OrderGraph { return &OrderGraph{facts: f} }
