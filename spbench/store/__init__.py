"""Rows and the folders that keep them: what a run leaves behind, whatever happens to it.

stored_row.py   StoredRow              what rows of every kind have in common
schema.py       Row, Status            one measurement; field names are kept for ever
model_row.py    ModelRow               one runtime on one whole model
quality_row.py  QualityRow, Estimate   what a pruned model is still worth
rows_file.py    RowsFile               rows.jsonl and the like: append-only, fsync, one writer
json_file.py    read_json, write_json  the other files: whole or absent
run_folder.py   RunFolder              rows, sweep, machines and warnings of one run
export/         export_run             the rows in the formats of other tools
"""
