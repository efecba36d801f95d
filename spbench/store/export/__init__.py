"""A run's rows in the formats of other people's tools, one file each.

export.py            export_run: run folder in, file or stdout out
  csv_file.py          every field; lists as JSON text
  parquet_file.py      every field, typed; lists as lists
  markdown_file.py     what a person reads of a row
  google_benchmark.py  --benchmark_format=json of Google Benchmark
  pyperf_file.py       a suite of pyperf
typed_frame.py       rows as a data frame whose types do not depend on the values
benchmark_name.py    one name for each row, the same in every run of a sweep
"""
