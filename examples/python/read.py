"""Reads one secret through the component: python read.py STORE.wasm NAME [VERSION]"""

import os
import sys

try:
    from wasmtime import Engine, Store, WasiConfig, WasmtimeError
    from wasmtime.component import Component, Linker
except ImportError:
    sys.exit(f"{__doc__}\nIt needs wasmtime: pip install --requirement requirements.txt")

if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
wasm, name, *version = sys.argv[1:]
if not os.path.isfile(wasm):
    sys.exit(f"{wasm} is not there: README.md says how to build it")
engine = Engine()
linker = Linker(engine)
linker.add_wasip2()
linker.add_wasi_http()
store, wasi = Store(engine), WasiConfig()
# What configures the store, and nothing else of this process's environment.
wasi.env = [it for it in os.environ.items() if it[0].startswith("TENCENTCLOUD_")]
store.set_wasi(wasi)
store.set_wasi_http()
try:
    instance = linker.instantiate(store, Component.from_file(engine, wasm))
except WasmtimeError as why:
    sys.exit(f"{wasm} is no secret store: {str(why).splitlines()[0]}")
interface = instance.get_export_index(store, "dapr:secretstores/store@0.1.0")
if interface is None:
    sys.exit(f"{wasm} is no secret store: it exports no dapr:secretstores/store@0.1.0")
get = instance.get_func(store, instance.get_export_index(store, "get", interface))
result = get(store, name, [("version_id", it) for it in version])
if result.tag == "err":
    sys.exit(f"{result.payload.kind}: {result.payload.message}")
print(dict(result.payload.data)[result.payload.name])
