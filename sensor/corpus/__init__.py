"""Corpora: thousands of captures read into Parquet by Dask or one process, questions in SQL."""
