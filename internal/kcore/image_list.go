package kcore

import (
	"fmt"

	"gordian/internal/kmem"
)

// List calls f for each node of a struct list_head, without the head. It stops
// at an error, which may be of f, at a node that was seen, and after max nodes:
// a damaged list may go anywhere.
func (k *Kernel) List(head uint64, max int, f func(node uint64) error) error {
	return List(k.Mem, head, max, f)
}

// List is Kernel.List for any memory.
func List(m kmem.Memory, head uint64, max int, f func(node uint64) error) error {
	node, err := kmem.U64(m, head)
	if err != nil {
		return err
	}
	// Brent: slow waits at powers of two for node to come by again.
	slow, wait := head, 1
	for n := 0; node != head; n++ {
		if n >= max {
			return fmt.Errorf("list at %#x has more than %d nodes", head, max)
		}
		if node == slow {
			return fmt.Errorf("list at %#x loops at %#x and does not come back", head, node)
		}
		if n == wait {
			slow, wait = node, 2*wait
		}
		if err := f(node); err != nil {
			return err
		}
		if node, err = kmem.U64(m, node); err != nil {
			return err
		}
	}
	return nil
}
