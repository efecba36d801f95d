"""Rows and the folders that keep them: what a run leaves behind, whatever happens to it.

schema.py       Row, Status            one measurement; field names are kept for ever
run_folder.py   RunFolder              rows.jsonl (append-only, fsync), sweep.json, machine.json
"""
