// Package cparse parses kernel C as it stands on disk into a cast.File.
//
// No header is read and few macros are expanded, so a name alone rarely says
// whether it is a type, an annotation or a macro. The parser decides by the
// tokens around it, looking ahead a bounded number of them and never parsing
// anything twice. Where it fails it skips one statement, or one file-scope
// construct, says so in Stats, and goes on.
package cparse
