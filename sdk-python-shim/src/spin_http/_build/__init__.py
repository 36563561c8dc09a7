"""The command `spin-http`, which builds components.

`cli`, `component`, `componentize`, `diagnosis`, `environment`, `program` and `watch` run natively.
`guest`, `frozen_reads`, `function_imports` and `named_files` run in the component while it is built, in its Python.
"""
