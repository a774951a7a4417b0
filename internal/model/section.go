package model

// Section is a table of what was looked at, whether or not anything is wrong
// with it: the blocked tasks of a host, the most contended locks. Renderers
// show it as it is; nothing in it is a verdict.
type Section struct {
	ID    string `json:"id"` // stable: "blocked-tasks"
	Title string `json:"title"`
	// Command is what a person would type to see the same, "" if there is
	// nothing like it.
	Command string     `json:"command,omitempty"`
	Columns []string   `json:"columns,omitempty"`
	Rows    [][]string `json:"rows,omitempty"` // as long as Columns, each
	Notes   []string   `json:"notes,omitempty"`
}
