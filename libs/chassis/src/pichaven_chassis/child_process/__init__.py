"""Work that may crash, hang or exhaust memory, in processes of its own.

`pool` and `process` are the parent's side. `child` is the child's side and imports nothing but
the standard library.

A request is a JSON object on a line, `{"job": …, "payload_bytes": n}`, and n bytes after it. The
child answers with lines of JSON: any number of `{"report": …}`, then one `{"result": …}` or
`{"failed": {"kind": …, "detail": …}}`. Its first line, `{"ready": true}`, ends its start.
"""
