// Package engine keeps the two graphs that decide what is a deadlock: the
// wait graph (tasks and lock instances, now: a cycle is a deadlock) and the
// order graph (lock classes, ever: a cycle could deadlock). Its Machine turns
// a stream of lock operations into edges and uses for the order graph.
//
// Every result is deterministic: it depends on the facts, not on their order.
// Every search is iterative and bounded, so that hostile evidence costs time
// in proportion to its size; where a bound can cut a result, the result says
// so. docs/engine.md explains the semantics.
package engine
