package suppress

import (
	"reflect"
	"strings"
	"testing"
)

const source = `#include <linux/mutex.h>
/* gordian: ignore recursive-lock the outer one is another object */
static int whole(struct a *x,
		 int y)
{
	lock();
}

int two(void)
{
	lock(); /* gordian: ignore sleep-in-atomic,wait-under-lock: never blocks here */
	lock();
	// gordian: ignore missing-unlock
	return 1;
	/*
	 * gordian: ignore missing-unlock - released by
	 * the completion handler
	 */
	return 2;
	pr_info("gordian: ignore nothing in a string");
	/* gordian: ignored is no order */
	/* gordian: ignore */
}

/* gordian: ignore lock-order-inversion a declaration is no function */
int three(void);
`

func TestFind(t *testing.T) {
	want := []Comment{
		{2, []string{"recursive-lock"}, "the outer one is another object", 2, 7},
		{11, []string{"sleep-in-atomic", "wait-under-lock"}, "never blocks here", 11, 12},
		{13, []string{"missing-unlock"}, "", 13, 14},
		{16, []string{"missing-unlock"}, "released by the completion handler", 16, 19},
		{22, nil, "", 22, 23},
		{25, []string{"lock-order-inversion"}, "a declaration is no function", 25, 26},
	}
	got := Find(source)
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if c := got[0]; !c.Covers("recursive-lock", 6) || c.Covers("recursive-lock", 8) || c.Covers("missing-unlock", 6) {
		t.Error("covers")
	}
}

func FuzzFind(f *testing.F) {
	f.Add(source)
	f.Add("/* gordian: ignore")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, c := range Find(text) {
			if c.Line < 1 || c.Line > lines || c.From != c.Line || c.To < c.From || c.To > lines+2 {
				t.Errorf("%+v of %d lines", c, lines)
			}
		}
	})
}
